/// A text with its lines, for finding what stands at a position. Lines break where YAML breaks them (YAML 1.2.2, 5.4,
/// and for libyaml's sake also at NEL, LS and PS).
struct SettingsSource: Sendable {
    let file: String
    let scalars: [Unicode.Scalar]
    private let lineStarts: [Int]

    /// A byte order mark at the start is dropped.
    init(text: String, file: String) {
        var scalars = Array(text.unicodeScalars)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var starts = [0]
        for (index, scalar) in scalars.enumerated() where Self.isLineBreak(scalar) {
            let isFirstOfTwo = scalar == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
            if !isFirstOfTwo { starts.append(index + 1) }
        }
        self.file = file
        self.scalars = scalars
        lineStarts = starts
    }

    static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// The position of a scalar, counted from 0.
    func position(ofIndex index: Int) -> SettingsPosition {
        // The last line that starts at or before the index.
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= index { low = middle } else { high = middle }
        }
        return SettingsPosition(line: low + 1, column: index - lineStarts[low] + 1)
    }

    /// The index of the scalar at a position; `nil` past the end of its line's text or of the file.
    func index(at position: SettingsPosition) -> Int? {
        guard (1...lineStarts.count).contains(position.line), position.column >= 1 else { return nil }
        let index = lineStarts[position.line - 1] + position.column - 1
        return index < end(ofLine: position.line) ? index : nil
    }

    func scalar(at position: SettingsPosition) -> Unicode.Scalar? { index(at: position).map { scalars[$0] } }

    /// The nearest position that the text has: the parser may point behind its end.
    func clamped(line: Int, column: Int) -> SettingsPosition {
        guard line <= lineStarts.count else { return position(ofIndex: scalars.count) }
        return SettingsPosition(line: max(line, 1), column: max(column, 1))
    }

    /// The line at a position and a caret below it. Of a long line a window is shown.
    func excerpt(at position: SettingsPosition) -> String? {
        guard (1...lineStarts.count).contains(position.line) else { return nil }
        let start = lineStarts[position.line - 1]
        let end = end(ofLine: position.line)
        let caret = min(start + position.column - 1, end)
        let from = end - start > Self.excerptWidth ? max(start, caret - Self.excerptWidth / 2) : start
        let shown = scalars[from..<min(end, from + Self.excerptWidth)]
        guard !shown.isEmpty else { return nil }
        // Whatever is not printable takes one column, so that the caret points right.
        let line = String(String.UnicodeScalarView(shown.map { Self.isPrintable($0) ? $0 : " " }))
        return line + "\n" + String(repeating: " ", count: caret - from) + "^"
    }

    private static let excerptWidth = 120

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    /// The index behind the last scalar of a line, its break not counted.
    private func end(ofLine line: Int) -> Int {
        var end = line < lineStarts.count ? lineStarts[line] : scalars.count
        while end > lineStarts[line - 1], Self.isLineBreak(scalars[end - 1]) { end -= 1 }
        return end
    }
}
