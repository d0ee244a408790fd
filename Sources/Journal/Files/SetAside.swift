import MigrationLogic

/// Files that were the journal and are no more. They are renamed, never removed: an admin may want to look into them.
enum SetAside: String, CaseIterable {
    case damaged
    /// Another daemon's.
    case foreign
    /// Replaced by a backup.
    case replaced

    /// Renames what is there of a database, and makes that durable. The file itself goes first: between it and its log
    /// a crash leaves a log without a file, which the next start sets aside too; the other way round it would leave a
    /// file that looks whole and lacks its last transactions.
    /// - Returns: the new path of the file itself, `nil` when nothing was there.
    func take(_ path: String, at now: Timestamp) throws(JournalError) -> String? {
        var present: [String] = []
        for part in Files.parts where try Files.exists(path + part) { present.append(part) }
        guard !present.isEmpty else { return nil }
        let name = try freeName("\(path).\(rawValue)-\(UTCText.compact(now))")
        for part in present {
            try Files.rename(path + part, to: name + part)
            try Files.syncDirectory(of: path)
        }
        return name
    }

    /// A name under which no part of an earlier one is.
    private func freeName(_ wanted: String) throws(JournalError) -> String {
        var name = wanted
        var number = 1
        while try Files.isAnyPart(of: name) {
            number += 1
            name = "\(wanted)-\(number)"
        }
        return name
    }

    /// What was set aside of a journal, by earlier starts too.
    static func all(of path: String) throws(JournalError) -> [String] {
        let prefixes = allCases.map { "\(Files.name(of: path)).\($0.rawValue)-" }
        return try Files.names(in: Files.directory(of: path)).filter { name in
            prefixes.contains { name.hasPrefix($0) }
        }.sorted()
    }
}
