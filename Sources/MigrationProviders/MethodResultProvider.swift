import CIM
import MigrationLogic
import WBEMServer

/// CIM_MethodResult of each migration: the call that it began with, and what came of it.
struct MethodResultProvider: InstanceProvider {
    private static let instanceID = PropertyKey<String>("InstanceID")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let preCall = PropertyKey<CIMInstance>("PreCallIndication")
    private static let postCall = PropertyKey<CIMInstance>("PostCallIndication")
    private static let prefix = "migrationd:call:"

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.methodResult,
            properties: [Self.instanceID, Self.elementName, Self.preCall, Self.postCall])
    }

    func instances() async throws(CIMError) -> InstanceList { InstanceList(Self.jobs(context), instance) }

    func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
        var path = path
        path.host = nil
        path.namespace = context.namespace
        return Self.job(at: path, context).map(instance)
    }

    // MARK: Paths

    static func path(_ id: JobID, _ context: ProviderContext) -> CIMObjectPath {
        context.path(context.family.methodResult, [CIMKeyBinding(instanceID.name, .string("\(prefix)\(id)"))])
    }

    /// The jobs that have one, oldest first.
    static func jobs(_ context: ProviderContext) -> [JobRecord] {
        context.driver.state.orderedJobs.filter { $0.plan.request.method != nil }
    }

    /// The job of the result that a path leads to; `nil` when it leads to none.
    static func job(at path: CIMObjectPath, _ context: ProviderContext) -> JobRecord? {
        guard path.className == context.family.methodResult, path.namespace == context.namespace,
            let id = path[instanceID.name]?.stringValue, id.hasPrefix(prefix),
            let job = context.driver.state.jobs[JobID(String(id.dropFirst(prefix.count)))],
            job.plan.request.method != nil
        else { return nil }
        return job
    }

    private func instance(_ job: JobRecord) -> CIMInstance {
        let call = CallInstance(job: job, context: context)
        var builder = InstanceBuilder(context.family.methodResult)
        builder[Self.instanceID] = "\(Self.prefix)\(job.id)"
        builder[Self.elementName] = job.plan.request.method
        builder[Self.preCall] = call.before
        builder[Self.postCall] = call.after
        return builder.instance
    }
}

/// A migration's call as CIM_InstMethodCall has it.
private struct CallInstance {
    private static let indicationTime = PropertyKey<CIMDateTime>("IndicationTime")
    private static let sourceInstance = PropertyKey<CIMInstance>("SourceInstance")
    private static let sourcePath = PropertyKey<String>("SourceInstanceModelPath")
    private static let methodName = PropertyKey<String>("MethodName")
    private static let parameters = PropertyKey<CIMInstance>("MethodParameters")
    private static let returnValue = PropertyKey<String>("ReturnValue")
    private static let isPreCall = PropertyKey<Bool>("PreCall")

    let job: JobRecord
    let context: ProviderContext

    /// As it was made.
    var before: CIMInstance {
        var builder = common(at: job.submittedAt)
        builder[Self.isPreCall] = true
        builder[Self.parameters] = CallParameters(job: job, context: context).inputs
        return builder.instance
    }

    /// What the method would have answered if it had waited for the job: 0 completed, 2 failed; `nil` before.
    var after: CIMInstance? {
        guard let ended = job.endedAt else { return nil }
        var builder = common(at: ended)
        builder[Self.isPreCall] = false
        builder[Self.parameters] = CallParameters(job: job, context: context).inputsAndOutputs
        builder[Self.returnValue] = job.phase == .completed ? "0" : "2"
        return builder.instance
    }

    private func common(at time: Timestamp) -> InstanceBuilder {
        let service = context.servicePath
        var builder = InstanceBuilder("CIM_InstMethodCall")
        builder[Self.indicationTime] = JobInstance.time(time)
        // Its keys alone: the rest of what it was then is not kept.
        builder[Self.sourceInstance] = CIMInstance(
            className: service.className, properties: service.keys.map { CIMPropertyValue($0.name, $0.value) })
        builder[Self.sourcePath] = service.text
        builder[Self.methodName] = job.plan.request.method
        return builder
    }
}

/// The parameters of a migration's call, as properties of the made-up class that CIM_InstMethodCall wants for them.
private struct CallParameters {
    private static let className: CIMName = "__MethodParameters"

    let job: JobRecord
    let context: ProviderContext

    var inputs: CIMInstance { CIMInstance(className: Self.className, properties: inputProperties) }

    var inputsAndOutputs: CIMInstance {
        var properties = inputProperties
        properties.append(property(MigrationMethods.job, MigrationJobProvider.path(job.id, context)))
        if namesSystem, job.phase == .completed, let guest = context.guests[job.plan.guestUUID] {
            properties.append(property(MigrationMethods.newComputerSystem, context.guestPath(guest)))
        }
        return CIMInstance(className: Self.className, properties: properties)
    }

    private var namesSystem: Bool { job.plan.request.method?.hasSuffix("ToSystem") == true }

    private var inputProperties: [CIMPropertyValue] {
        let request = job.plan.request
        // As the client named it, which may be by its UUID.
        let guest = context.guestPath(named: request.guest.description)
        let destination =
            namesSystem
            ? property(MigrationMethods.destinationSystem, context.hostPath(request.destination))
            : property(MigrationMethods.destinationHost, request.destination)
        return [
            property(MigrationMethods.computerSystem, guest), destination,
            property(MigrationMethods.settingData, MigrationSettings.instance(of: request, context.family.settingData)),
        ]
    }

    private func property<Value>(_ key: ParameterKey<Value>, _ value: Value) -> CIMPropertyValue {
        CIMPropertyValue(name: key.name, type: Value.cimType, isArray: Value.isCIMArray, value: value.cimValue)
    }
}
