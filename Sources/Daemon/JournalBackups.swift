import CIM
import MigrationDriver
import MigrationLogic

/// Copies of the journal, each in a file of its own under a name made of the time. None is ever removed here: what an
/// admin may need is not ours to choose.
struct JournalBackups: Sendable {
    let directory: String
    let driver: Driver

    /// - Returns: the file.
    func make(at now: Timestamp) async throws -> String {
        let path = "\(directory)/\(Self.name(now))"
        try await driver.backUpJournal(to: path)
        return path
    }

    /// `journal-20261121T052311.123456Z.sqlite`
    static func name(_ time: Timestamp) -> String {
        // A CIM datetime: yyyymmddhhmmss.mmmmmm, then the offset.
        let digits = CIMDateTime(microsecondsSince1970: time.microseconds).text.prefix(21)
        return "journal-\(digits.prefix(8))T\(digits.dropFirst(8))Z.sqlite"
    }
}
