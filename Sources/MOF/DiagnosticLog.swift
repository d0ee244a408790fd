/// What has been found wrong in the texts of one run, as offsets. Lines and columns are worked out once, in the end.
struct DiagnosticLog {
    struct Note {
        let text: Int
        let range: Range<Int>
        let message: String
    }

    private struct Entry {
        let severity: MOFDiagnostic.Severity
        let code: MOFDiagnostic.Code
        let range: Range<Int>
        let message: String
        let notes: [Note]
    }

    private struct Page {
        let text: SourceText
        var entries: [Entry] = []
        var errorCount = 0
    }

    /// How many errors, and how many warnings, are kept for each text.
    private let bound: Int
    private var pages: [Page] = []
    /// What is reported is not kept: it is, or will be, reported elsewhere.
    var isQuiet = false
    private(set) var hasErrors = false

    init(bound: Int) {
        self.bound = bound
    }

    /// Makes a text one of this run.
    mutating func open(_ text: SourceText) -> Int {
        pages.append(Page(text: text))
        return pages.count - 1
    }

    subscript(text: Int) -> SourceText { pages[text].text }

    /// Too many errors in a text to go on with it.
    func isFull(_ text: Int) -> Bool { pages[text].errorCount >= bound }

    mutating func add(
        _ severity: MOFDiagnostic.Severity, _ code: MOFDiagnostic.Code, at range: Range<Int>, in text: Int,
        _ message: String, notes: [Note] = []
    ) {
        guard !isQuiet else { return }
        if severity == .error { hasErrors = true }
        let count = severity == .error ? pages[text].errorCount : pages[text].entries.count - pages[text].errorCount
        guard count < bound else { return }
        if severity == .error { pages[text].errorCount += 1 }
        let isLast = count == bound - 1
        pages[text].entries.append(
            Entry(
                severity: severity, code: isLast ? .limit : code, range: range,
                message: isLast ? "too many \(severity.rawValue)s: no more are shown for this file" : message,
                notes: isLast ? [] : notes))
    }

    /// Text by text, in the order in which they were opened, from top to bottom.
    func diagnostics() -> [MOFDiagnostic] {
        var tables: [Int: LineTable] = [:]
        func place(_ range: Range<Int>, _ text: Int) -> MOFDiagnostic.Place {
            MOFDiagnostic.Place(range, in: &tables[text, default: LineTable(pages[text].text)])
        }
        return pages.indices.flatMap { text in
            let entries = pages[text].entries.enumerated().sorted {
                ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
            }
            return entries.map { _, entry in
                MOFDiagnostic(
                    severity: entry.severity, code: entry.code, place: place(entry.range, text), message: entry.message,
                    notes: entry.notes.map { MOFDiagnostic.Note(place: place($0.range, $0.text), message: $0.message) })
            }
        }
    }
}
