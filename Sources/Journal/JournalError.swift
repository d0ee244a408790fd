import Glibc

/// What went wrong with the journal. Equality is by code.
package struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case cannotOpen
        /// Another process has it open.
        case inUse
        /// The file is not a journal, or is damaged.
        case corrupt
        /// Written by a newer version of the program.
        case newer
        /// A backup of another daemon's journal.
        case foreign
        /// The settings that make a commit durable did not take.
        case notDurable
        case diskFull
        case closed
        case failed
    }

    package let code: Code
    package let path: String
    /// What was tried, what came back, what to do.
    package let message: String

    package init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    package var description: String { "journal \(path): \(message)" }
    package static func == (lhs: JournalError, rhs: JournalError) -> Bool { lhs.code == rhs.code }
}

extension JournalError {
    /// What a system call said.
    /// - Parameter number: its `errno`, taken before anything else can change it.
    init(errno number: Int32, path: String, doing what: String) {
        let words = "\(what) failed: \(String(cString: strerror(number)))."
        let (code, remedy): (Code, String) =
            switch number {
            case ENOSPC, EDQUOT: (.diskFull, "Make room on its disk.")
            case EROFS: (.cannotOpen, "Its file system is mounted read-only: mount it for writing.")
            case EACCES, EPERM: (.cannotOpen, "Let the daemon's user read and write it and its directory.")
            case ELOOP: (.cannotOpen, "It must not be a symbolic link: see daemon.stateDirectory.")
            case ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG: (.cannotOpen, "See daemon.stateDirectory.")
            case EEXIST: (.cannotOpen, "It exists already: name a new file.")
            case EIO: (.failed, "The disk reports an error: look at the kernel's log.")
            default: (.failed, "See daemon.stateDirectory.")
            }
        self.init(code, path: path, "\(words) \(remedy)")
    }
}
