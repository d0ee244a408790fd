import CIM
import MigrationDriver
import MigrationLogic
import WBEMServer

/// Migration jobs. Source: CIM_ConcreteJob, DSP1081; a job that failed is 10 (Exception), never 7 (Completed).
struct MigrationJobProvider: InstanceProvider {
    private static let requestedState = ParameterKey<UInt16>("RequestedState")
    private static let timeoutPeriod = ParameterKey<CIMDateTime>("TimeoutPeriod")
    private static let deleteOnKill = ParameterKey<Bool>("DeleteOnKill")
    private static let error = ParameterKey<CIMInstance>("Error")
    private static let errors = ParameterKey<[CIMInstance]>("Errors")

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    static func path(_ id: JobID, _ context: ProviderContext) -> CIMObjectPath {
        context.path(context.family.migrationJob, [CIMKeyBinding("InstanceID", .string(instanceID(id)))])
    }

    /// `<OrgID>:<LocalID>`, as CIM_ConcreteJob.InstanceID recommends.
    static func instanceID(_ id: JobID) -> String { "migrationd:\(id)" }

    private static func jobID(_ instanceID: String) -> JobID? {
        let prefix = "migrationd:"
        return instanceID.hasPrefix(prefix) ? JobID(String(instanceID.dropFirst(prefix.count))) : nil
    }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.migrationJob, properties: JobInstance.keys,
            methods: [
                MethodDeclaration(
                    "RequestStateChange", requires: .operator, inputs: [Self.requestedState, Self.timeoutPeriod]),
                MethodDeclaration("KillJob", requires: .operator, inputs: [Self.deleteOnKill]),
                MethodDeclaration("GetError", requires: .observer, outputs: [Self.error]),
                MethodDeclaration("GetErrors", requires: .observer, outputs: [Self.errors]),
            ])
    }

    var revision: InstanceRevision? { context.revision }

    func instances() async throws(CIMError) -> InstanceList {
        let state = context.driver.state
        return InstanceList(state.orderedJobs) { instance($0, state.options) }
    }

    func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
        let state = context.driver.state
        return Self.jobID(path).flatMap { state.jobs[$0] }.map { instance($0, state.options) }
    }

    private func instance(_ job: JobRecord, _ options: LogicOptions) -> CIMInstance {
        JobInstance.make(job, context.family.migrationJob, keptForDays: options.jobHistoryDays)
    }

    /// The number of the job that a path names; `nil` when it names no job.
    static func jobID(_ path: CIMObjectPath) -> JobID? { path["InstanceID"]?.stringValue.flatMap(jobID) }

    private func job(_ path: CIMObjectPath) -> JobRecord? {
        Self.jobID(path).flatMap { context.driver.state.jobs[$0] }
    }

    func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        guard let job = job(call.object) else { throw CIMError(.notFound, "No such job: \(call.object.text).") }
        switch call.name {
        case "RequestStateChange": return try await requestStateChange(job, call)
        case "KillJob": return try await stop(job, refused: 4)
        case "GetError":
            var outcome = MethodOutcome(returnValue: .uint32(0))
            outcome[Self.error] = job.errors.first.map { JobErrorInstance.make($0, of: call.object) }
            return outcome
        case "GetErrors":
            var outcome = MethodOutcome(returnValue: .uint32(0))
            outcome[Self.errors] = job.errors.map { JobErrorInstance.make($0, of: call.object) }
            return outcome
        default: throw CIMError(.methodNotAvailable, "\(call.name) is not carried out here.")
        }
    }

    /// Returns of CIM_ConcreteJob.RequestStateChange: 0 completed, 1 not supported, 5 invalid parameter, 4096 transition
    /// started, 4097 invalid transition, 4098 timeouts not supported.
    private func requestStateChange(_ job: JobRecord, _ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        // NULL and 0 ask for no limit.
        if let limit = call[Self.timeoutPeriod], limit.microseconds != 0 {
            return MethodOutcome(returnValue: .uint32(4098))
        }
        switch call[Self.requestedState] {
        case .some(4), .some(5): return try await stop(job, refused: 4097)
        case .some(2), .some(3), .some(6): return MethodOutcome(returnValue: .uint32(1))
        default: return MethodOutcome(returnValue: .uint32(5))
        }
    }

    /// - Parameter refused: what to return when the job cannot be stopped any more.
    private func stop(_ job: JobRecord, refused: UInt32) async throws(CIMError) -> MethodOutcome {
        do {
            let stopping = try await context.driver.cancel(job.id)
            return MethodOutcome(returnValue: .uint32(stopping.isEnded || refused == 4 ? 0 : 4096))
        } catch {
            if error.code == .jobNotCancellable { return MethodOutcome(returnValue: .uint32(refused)) }
            throw CIMError(error)
        }
    }
}
