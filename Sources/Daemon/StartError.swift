/// Why the daemon did not start, or had to end.
package struct StartError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case schema, stateDirectory, journal, hypervisor, checks, audit, socket, program
    }

    package let code: Code
    /// What was tried, what came back, what to do.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
