/// What kept a check directory, a parameter file or a user from being used. Equality is by code.
package struct ProgramError: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// The directory of checks is missing, cannot be read, or is not safe to run programs from.
        case directoryUnusable
        /// A parameter holds a character that would end its line, or there is too much of them.
        case parameterUnusable
        /// The directory given for parameter files is not private, or the run-as user cannot enter it.
        case parameterDirectoryUnsafe
        /// The parameter file could not be created, written or removed.
        case parameterFileFailed
        /// No such user on this host.
        case noSuchUser
    }

    package let code: Code
    /// For people: what was tried, on what, why it failed, what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ProgramError: Equatable {
    package static func == (lhs: ProgramError, rhs: ProgramError) -> Bool { lhs.code == rhs.code }
}

extension ProgramError: CustomStringConvertible {
    package var description: String { message }
}
