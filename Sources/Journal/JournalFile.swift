import FoundationEssentials
import Glibc
import MigrationLogic

/// A journal that was opened, and what was found on the way.
package struct OpenedJournal: Sendable {
    package enum Outcome: Hashable, Sendable {
        /// There never was a journal here.
        case fresh
        case intact
        /// There was a journal, and what it said is unknown: this is a new one with a recovery need. The path of the
        /// old one where it is now; `nil` when none was there.
        case unknown(setAside: String?)
    }

    package let journal: SQLiteJournal
    package let contents: JournalContents
    package let outcome: Outcome
    /// What an admin should read, though nothing has to be done.
    package let notices: [String]
}

/// Where the journal is, and the daemon's identity beside it.
package struct JournalFile: Sendable {
    package let path: String
    package let identityFile: String

    package init(path: String, identityFile: String) {
        self.path = path
        self.identityFile = identityFile
    }

    /// Opens the journal, makes the first one, or sets a damaged one aside and makes a new one that says so
    /// (docs/decisions/0008).
    /// - Throws: what an admin has to mend first: `.inUse`, `.newer`, `.cannotOpen`, `.diskFull`, `.notDurable`,
    ///   `.failed`. Nothing was set aside then.
    package func open(now: Timestamp) async throws(JournalError) -> OpenedJournal {
        try await offThePool { () throws(JournalError) in
            let lock = try FileLock(journal: path)
            return try Opening(file: self, lock: lock, now: now).run()
        }
    }

    var identity: IdentityFile { IdentityFile(path: identityFile) }
    /// A journal that is being made, until it is renamed.
    var unfinished: String { path + ".new" }

    /// Puts the journal that was made under `unfinished` in place, where nothing is.
    func putInPlace() throws(JournalError) {
        try Files.sync(unfinished)
        try Files.rename(unfinished, to: path)
        try Files.syncDirectory(of: path)
    }
}

/// One start, with the lock held.
private struct Opening {
    let file: JournalFile
    let lock: FileLock
    let now: Timestamp
    private var path: String { file.path }

    init(file: JournalFile, lock: FileLock, now: Timestamp) {
        self.file = file
        self.lock = lock
        self.now = now
    }

    func run() throws(JournalError) -> OpenedJournal {
        try Files.removeDatabase(file.unfinished)
        let identity = try file.identity.read()
        switch try Examination.of(path) {
        case .missing: return try openMissing(identity)
        case .damaged(let why): return try replace(.damaged, identity, "The journal was damaged: \(why)")
        case .intact(let stored, let notice):
            let notices = [notice, Self.notice(identity, file)].compactMap(\.self)
            guard case .known(let own) = identity, stored.daemon != own else {
                return try use(stored.daemon ?? UUID().uuidString.lowercased(), identity, nil, notices)
            }
            guard let other = stored.daemon else {
                return try use(own, identity, "The journal is an older one than daemon \(own) had.", notices)
            }
            return try replace(.foreign, identity, "The journal was daemon \(other)'s, and this is daemon \(own).")
        }
    }

    private func openMissing(_ identity: IdentityFile.Content) throws(JournalError) -> OpenedJournal {
        let earlier = try SetAside.all(of: path)
        let isOrphaned = try Files.isAnyPart(of: path)
        guard identity == .missing, earlier.isEmpty, !isOrphaned else {
            let beside = earlier.isEmpty ? "" : " Set aside earlier: \(earlier.joined(separator: ", "))."
            return try replace(.damaged, identity, "The journal was missing, though there was one before.\(beside)")
        }
        return try make(identity, nil, .fresh)
    }

    /// Sets aside what is there of the journal, and makes a new one that says why.
    private func replace(
        _ kind: SetAside, _ identity: IdentityFile.Content, _ why: String
    ) throws(JournalError) -> OpenedJournal {
        let old = try kind.take(path, at: now)
        let place = old.map { " What was there is now \($0)." } ?? ""
        return try make(identity, why + place, .unknown(setAside: old))
    }

    /// Makes a journal under another name, complete and durable, before it appears under its own.
    private func make(
        _ identity: IdentityFile.Content, _ why: String?, _ outcome: OpenedJournal.Outcome
    ) throws(JournalError) -> OpenedJournal {
        var uuid = UUID().uuidString.lowercased()
        var reason = why
        if case .known(let own) = identity {
            uuid = own
        } else if let why {
            reason = "\(why) The daemon's identity was lost too; it is now \(uuid)."
        }
        let database = try JournalDatabase(creating: file.unfinished)
        let written = Result { () throws(JournalError) in
            try database.write(at: now) { ledger in
                try ledger.setDaemon(uuid)
                if let reason { try ledger.setRecoveryNeed(RecoveryNeed(reason: reason, since: now)) }
            }
        }
        try database.close()
        try written.get()
        try file.putInPlace()
        let notices = [Self.notice(identity, file)].compactMap(\.self)
        let opened = try use(uuid, identity, nil, why == nil ? [] : notices)
        return OpenedJournal(
            journal: opened.journal, contents: opened.contents, outcome: outcome, notices: opened.notices)
    }

    /// Opens a journal that was examined. The identity file comes last: a crash before leaves a journal without one,
    /// from which it is written at the next start.
    private func use(
        _ daemon: String, _ identity: IdentityFile.Content, _ reason: String?, _ notices: [String]
    ) throws(JournalError) -> OpenedJournal {
        let database = try JournalDatabase(path: path)
        try database.migrate()
        var stored = try database.load()
        if stored.daemon == nil {
            try database.write(at: now) { ledger in
                try ledger.setDaemon(daemon)
                if let reason { try ledger.setRecoveryNeed(RecoveryNeed(reason: reason, since: now)) }
            }
            stored = try database.load()
        }
        if identity != .known(daemon) { try file.identity.write(daemon) }
        return OpenedJournal(
            journal: SQLiteJournal(database, daemon: daemon, lock), contents: stored.contents(daemon: daemon),
            outcome: .intact, notices: notices)
    }

    private static func notice(_ identity: IdentityFile.Content, _ file: JournalFile) -> String? {
        switch identity {
        case .known: nil
        case .missing: "The identity file \(file.identityFile) was missing and was written anew."
        case .damaged: "The identity file \(file.identityFile) was damaged and was written anew."
        }
    }
}
