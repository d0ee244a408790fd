/// A text to compile: its bytes as they are in the file, and the name that diagnostics call it by.
package struct MOFSource: Hashable, Sendable {
    package let file: String
    /// UTF-8 with or without a byte order mark, UTF-16 with one, or Latin-1 where the options say so.
    package let bytes: [UInt8]

    package init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    package init(file: String, text: String) {
        self.init(file: file, bytes: Array(text.utf8))
    }
}

/// What came of reading a file that a `#pragma include` names.
package enum MOFInclude: Sendable {
    case source(MOFSource)
    /// It can't be read; the reason follows the file's name in the diagnostic.
    case unreadable(reason: String)
}

extension MOFInclude {
    private static let slash = UInt8(ascii: "/")

    /// The path of an included file, which is relative to the folder of the file that includes it unless it
    /// begins with `/`. Backslashes, which schemas written elsewhere use, count as slashes.
    package static func path(of file: String, includedFrom parent: String) -> String {
        let file = file.utf8.map { $0 == UInt8(ascii: "\\") ? slash : $0 }
        let folder = parent.utf8.lastIndex(of: slash).map { parent.utf8[...$0] }
        if let folder, file.first != slash { return normalized(folder + file) }
        return normalized(file[...])
    }

    /// The path without `.` and, where a folder is before it, `..`: one file has one name.
    package static func normalized(_ path: String) -> String { normalized(Array(path.utf8)[...]) }

    private static func normalized(_ path: some Collection<UInt8>) -> String {
        let up = [UInt8(ascii: "."), UInt8(ascii: ".")]
        var parts: [ArraySlice<UInt8>] = []
        for part in Array(path).split(separator: slash) where !part.elementsEqual(up.prefix(1)) {
            if part.elementsEqual(up), let last = parts.last, !last.elementsEqual(up) {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        let joined = Array(parts.joined(separator: [slash]))
        return String(decoding: path.first == slash ? [slash] + joined : joined, as: UTF8.self)
    }
}
