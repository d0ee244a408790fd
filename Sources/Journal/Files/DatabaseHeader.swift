/// The first 100 bytes of a database file, as far as they decide whether and how SQLite reads and writes the rest;
/// their damage would come back as "read-only", "unsupported" or as text in another encoding.
/// Format: https://www.sqlite.org/fileformat2.html, section 1.3.
enum DatabaseHeader {
    static let length = 100

    /// What is wrong; `nil` when nothing is.
    static func fault(in bytes: some Collection<UInt8>) -> String? {
        let bytes = Array(bytes.prefix(length))
        if bytes.isEmpty { return "it is empty" }
        guard bytes.count == length else { return "it ends after \(bytes.count) bytes" }
        guard bytes.starts(with: "SQLite format 3\0".utf8) else { return "it is not an SQLite database" }
        guard isSane(bytes) else { return "its header is damaged" }
        return nil
    }

    private static func isSane(_ bytes: [UInt8]) -> Bool {
        let pageSize = Int(bytes[16]) << 8 | Int(bytes[17])
        return (pageSize == 1 || pageSize >= 512 && pageSize.nonzeroBitCount == 1)
            // Versions for writing and reading: 1 rollback journal, 2 write-ahead log.
            && bytes[18] == bytes[19] && (1...2).contains(bytes[18])
            // Reserved bytes of each page, and the fractions of a page that a payload may take.
            && bytes[20..<24].elementsEqual([0, 64, 32, 32])
            // The schema's format, and UTF-8.
            && bytes[44..<48].elementsEqual([0, 0, 0, 4]) && bytes[56..<60].elementsEqual([0, 0, 0, 1])
    }
}
