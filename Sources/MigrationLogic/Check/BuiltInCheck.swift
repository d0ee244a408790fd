/// A check that decides from facts alone.
package protocol BuiltInCheck: Sendable {
    /// Stable; also the name by which a site refers to the check.
    static var id: String { get }
    static func evaluate(_ facts: Facts) -> Finding
}

extension BuiltInCheck {
    static func pass(_ message: String, seen: String = "") -> Finding {
        Finding(checkID: id, severity: .pass, message: message, seen: seen)
    }

    static func warning(_ message: String, seen: String = "", needed: String = "", remedy: String = "") -> Finding {
        Finding(checkID: id, severity: .warning, message: message, seen: seen, needed: needed, remedy: remedy)
    }

    static func refusal(_ message: String, seen: String, needed: String, remedy: String) -> Finding {
        Finding(checkID: id, severity: .refusal, message: message, seen: seen, needed: needed, remedy: remedy)
    }

    /// The check cannot know, and another finding says why.
    static func unknown(_ message: String, seen: String = "", remedy: String = "") -> Finding {
        Finding(checkID: id, severity: .unknown, message: message, seen: seen, remedy: remedy)
    }

    /// A fact that the check needs could not be had: fails closed.
    static func error(_ message: String, seen: String, remedy: String) -> Finding {
        Finding(checkID: id, severity: .error, message: message, seen: seen, remedy: remedy)
    }

    /// For a fact that is missing: an error when it was asked for in vain, unknown when an earlier obstacle
    /// (which has its own finding) kept it from being asked for.
    static func missing<Value>(_ reading: Reading<Value>, _ what: String) -> Finding {
        switch reading {
        case .failed(let failure):
            error(
                "\(what) could not be read.", seen: "\(failure)", remedy: "Mend what the message names and check again."
            )
        case .notRead(let reason): unknown("Not evaluated: \(reason).")
        case .known: unknown("Not evaluated.")
        }
    }
}

/// All built-in checks, in the order in which their findings are shown (document 003: guest, hosts,
/// versions, capabilities; then the rest).
package enum BuiltInChecks {
    package static let all: [any BuiltInCheck.Type] = [
        GuestExistsCheck.self,
        GuestStateCheck.self,
        GuestBusyCheck.self,
        OwnershipCheck.self,
        DestinationReachableCheck.self,
        AnotherHostCheck.self,
        TransportCheck.self,
        HypervisorVersionCheck.self,
        CapabilitiesCheck.self,
        CPUCheck.self,
        IdentityFreeCheck.self,
        DisksCheck.self,
        FirmwareStateCheck.self,
        ExclusionCheck.self,
    ]

    package static func evaluate(_ facts: Facts) -> [Finding] { all.map { $0.evaluate(facts) } }
}
