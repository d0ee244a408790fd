/// How a command ends. Stable: scripts rely on these (docs/command-line.md).
enum ExitStatus: Int32, Sendable {
    case success = 0
    /// The answer is no: the guest cannot be migrated, or its migration failed or was cancelled.
    case negative = 1
    /// The daemon could not be reached, or did not answer as a CIM server does.
    case unreachable = 3
    /// The daemon refused the request.
    case refused = 4
    /// The outcome of a migration is not proved.
    case undecided = 5
    /// EX_USAGE: the command line is wrong.
    case usage = 64
    /// EX_CONFIG: the configuration is wrong.
    case configuration = 78
}

/// A command that ends with something other than success, and what to say then.
struct CommandFailure: Error, Sendable {
    let status: ExitStatus
    /// Empty when everything has been said on standard output.
    let message: String

    init(_ status: ExitStatus, _ message: String = "") {
        self.status = status
        self.message = message
    }
}
