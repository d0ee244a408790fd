import CIM
import HypervisorAPI
import MigrationLogic
import WBEMServer

/// The service's methods for an administrator whom something went wrong for: an outcome that is not proved, a journal
/// that is not to be relied on.
struct RecoveryMethods: Sendable {
    private static let job = ParameterKey<CIMObjectPath>("Job")
    private static let keep = ParameterKey<UInt16>("Keep")
    private static let fencedHosts = ParameterKey<[String]>("FencedHosts")
    private static let adoptedDaemons = ParameterKey<[String]>("AdoptedDaemons")
    private static let hostsRead = ParameterKey<[String]>("HostsRead")
    private static let guestsRead = ParameterKey<UInt32>("GuestsRead")
    private static let jobsMadeAnew = ParameterKey<[CIMObjectPath]>("JobsMadeAnew")
    private static let warnings = ParameterKey<[String]>("Warnings")
    private static let path = ParameterKey<String>("Path")

    private static let completed = CIMValue.uint32(0)

    static let declarations = [
        MethodDeclaration("ResolveJob", requires: .admin, inputs: [job, keep, fencedHosts]),
        MethodDeclaration(
            "Recover", requires: .admin, inputs: [fencedHosts, adoptedDaemons],
            outputs: [hostsRead, guestsRead, jobsMadeAnew, warnings]),
        MethodDeclaration("BackUpJournal", requires: .admin, outputs: [path]),
    ]

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        switch call.name {
        case "ResolveJob": return try await resolve(call)
        case "Recover": return try await recover(call)
        case "BackUpJournal": return try await backUp()
        default: throw CIMError(.methodNotAvailable, "\(call.name) is not carried out here.")
        }
    }

    private func resolve(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        guard let path = call[Self.job], let id = MigrationJobProvider.jobID(path) else {
            throw CIMError(
                .invalidParameter, "Job is no path of a migration job: its key is InstanceID, migrationd:NUMBER.")
        }
        let side: Side
        switch call[Self.keep] {
        case .some(2): side = .source
        case .some(3): side = .destination
        default: throw CIMError(.invalidParameter, "Keep is 2 (source) or 3 (destination).")
        }
        let resolution = Resolution(keep: side, fenced: try hosts(call), owner: call.caller.description)
        _ = try await refusing { () throws(RequestError) in try await context.driver.resolve(id, resolution) }
        return MethodOutcome(returnValue: Self.completed)
    }

    private func recover(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        let adopted = try texts(Self.adoptedDaemons, call)
        for owner in adopted where DomainUUID(owner) == nil {
            throw CIMError(
                .invalidParameter, "AdoptedDaemons: '\(owner)' is no UUID. The marks of guests name their daemon.")
        }
        // As the marks have it, whatever form the caller's UUID has.
        let order = RecoveryOrder(fenced: try hosts(call), adopt: adopted.compactMap { DomainUUID($0)?.text })
        let report = try await refusing { () throws(RequestError) in try await context.driver.recover(order) }
        var outcome = MethodOutcome(returnValue: Self.completed)
        outcome[Self.hostsRead] = report.hosts
        outcome[Self.guestsRead] = UInt32(clamping: report.guests)
        outcome[Self.jobsMadeAnew] = report.reconstructed.map { MigrationJobProvider.path($0, context) }
        outcome[Self.warnings] = report.warnings
        return outcome
    }

    private func backUp() async throws(CIMError) -> MethodOutcome {
        do {
            var outcome = MethodOutcome(returnValue: Self.completed)
            outcome[Self.path] = try await context.actions.backUpJournal()
            return outcome
        } catch {
            throw CIMError(.failed, "Nothing was backed up: \(error)")
        }
    }

    // MARK: Reading the call

    /// The fenced hosts by the names that the configuration gives them, which are the same in any case.
    private func hosts(_ call: MethodCall) throws(CIMError) -> [String] {
        let known = context.driver.state.orderedHosts.map(\.description.name)
        return try texts(Self.fencedHosts, call).map { name in
            known.first { $0.lowercased() == name.lowercased() } ?? name
        }
    }

    private func texts(_ key: ParameterKey<[String]>, _ call: MethodCall) throws(CIMError) -> [String] {
        if call.has(key.name), call[key] == nil {
            throw CIMError(.invalidParameter, "\(key.name) holds a NULL element.")
        }
        return call[key] ?? []
    }
}
