/// What came back instead of an answer. Equality is by code.
package struct HypervisorError: Error, Sendable, Codable {
    package enum Code: String, Sendable, Codable, CaseIterable {
        /// No connection could be made.
        case connectionFailed
        /// The connection ended while the call was under way: its outcome is not known.
        case connectionLost
        /// The deadline passed or the wait was cancelled: the outcome is not known.
        case unknownOutcome
        /// Too many calls to this host hang: no more are started until one returns.
        case hostStuck
        /// This process is stopping and makes no more calls.
        case shutDown
        case noSuchDomain
        /// The name or UUID is taken.
        case domainExists
        case domainNotRunning
        /// The domain's state forbids it now.
        case operationInvalid
        case operationFailed
        /// Stopped on request.
        case operationAborted
        case operationTimeout
        /// The hypervisor refused a migration as unsafe for the disks.
        case migrationUnsafe
        case unsupported
        case cpuIncompatible
        case configurationUnsupported
        case accessDenied
        case invalidArgument
        case noSuchStorageVolume
        /// A storage volume, or its file, is there already.
        case volumeExists
        /// What is there is not what was meant: nothing was done to it.
        case volumeDiffers
        case internalError
        case other

        /// Nothing is known of what the call did, or may still do.
        package var leavesOutcomeOpen: Bool {
            switch self {
            case .connectionLost, .unknownOutcome, .shutDown: true
            case .connectionFailed, .hostStuck, .noSuchDomain, .domainExists, .domainNotRunning, .operationInvalid,
                .operationFailed, .operationAborted, .operationTimeout, .migrationUnsafe, .unsupported,
                .cpuIncompatible,
                .configurationUnsupported, .accessDenied, .invalidArgument, .noSuchStorageVolume,
                .volumeExists, .volumeDiffers, .internalError,
                .other:
                false
            }
        }
    }

    package let code: Code
    /// The hypervisor's own number (libvirt's `virErrorNumber`); 0 when it did not speak.
    package let number: Int32
    /// The hypervisor's own words, verbatim, or ours where it did not speak.
    package let message: String
    /// The call that was made, in libvirt's terms (`virDomainMigrateToURI3`).
    package let call: String
    /// The URI it was made to.
    package let uri: String

    package init(code: Code, number: Int32 = 0, message: String, call: String, uri: String) {
        self.code = code
        self.number = number
        self.message = message
        self.call = call
        self.uri = uri
    }
}

extension HypervisorError: Hashable {
    package static func == (lhs: HypervisorError, rhs: HypervisorError) -> Bool { lhs.code == rhs.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension HypervisorError: CustomStringConvertible {
    package var description: String {
        let number = number == 0 ? "" : " (\(number))"
        return "\(call) on \(uri): \(message)\(number)"
    }
}
