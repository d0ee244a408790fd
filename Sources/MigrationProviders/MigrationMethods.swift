import CIM
import MigrationDriver
import MigrationLogic
import WBEMServer

/// The service's methods: the profile's four and our two. Source: DSP1081 8.4; signatures as the schema declares them.
struct MigrationMethods: Sendable {
    static let computerSystem = ParameterKey<CIMObjectPath>("ComputerSystem")
    static let destinationHost = ParameterKey<String>("DestinationHost")
    static let destinationSystem = ParameterKey<CIMObjectPath>("DestinationSystem")
    static let settingData = ParameterKey<CIMInstance>("MigrationSettingData")
    private static let newSystemSettings = ParameterKey<CIMInstance>("NewSystemSettingData")
    private static let newResourceSettings = ParameterKey<[CIMInstance]>("NewResourceSettingData")
    private static let isMigratable = ParameterKey<Bool>("IsMigratable")
    static let newComputerSystem = ParameterKey<CIMObjectPath>("NewComputerSystem")
    static let job = ParameterKey<CIMObjectPath>("Job")
    private static let verdict = ParameterKey<UInt16>("Verdict")
    private static let findings = ParameterKey<[CIMInstance]>("Findings")

    /// "Method Parameters Checked - Job Started".
    private static let jobStarted = CIMValue.uint32(4096)
    private static let completed = CIMValue.uint32(0)

    static var declarations: [MethodDeclaration] {
        let common: [any DeclaredKey] = [computerSystem, settingData]
        let ignored: [any DeclaredKey] = [newSystemSettings, newResourceSettings]
        let toHost = common + ignored + [destinationHost]
        let toSystem = common + ignored + [destinationSystem]
        return [
            MethodDeclaration(
                "CheckVirtualSystemIsMigratableToHost", requires: .checker, inputs: toHost, outputs: [isMigratable]),
            MethodDeclaration(
                "CheckVirtualSystemIsMigratableToSystem", requires: .checker, inputs: toSystem, outputs: [isMigratable]),
            MethodDeclaration(
                "MigrateVirtualSystemToHost", requires: .operator, inputs: toHost, outputs: [job]),
            MethodDeclaration(
                "MigrateVirtualSystemToSystem", requires: .operator, inputs: toSystem,
                outputs: [job, newComputerSystem]),
            MethodDeclaration(
                "CheckIsVSMigratable", requires: .checker, inputs: common + [destinationHost],
                outputs: [isMigratable, verdict, findings]),
            MethodDeclaration(
                "MigrateVSTo", requires: .operator, inputs: common + [destinationHost],
                outputs: [job, verdict, findings]),
        ]
    }

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        let request = try request(call)
        switch call.name {
        case "CheckVirtualSystemIsMigratableToHost", "CheckVirtualSystemIsMigratableToSystem":
            return try await check(request, withFindings: false)
        case "CheckIsVSMigratable":
            return try await check(request, withFindings: true)
        case "MigrateVirtualSystemToHost", "MigrateVirtualSystemToSystem":
            return try await migrate(request, withFindings: false)
        case "MigrateVSTo":
            return try await migrate(request, withFindings: true)
        default:
            throw CIMError(.methodNotAvailable, "\(call.name) is not carried out here.")
        }
    }

    // MARK: Doing

    private func check(_ request: MigrationRequest, withFindings: Bool) async throws(CIMError) -> MethodOutcome {
        let report = try await refusing { () throws(RequestError) in try await context.driver.check(request) }
        context.checks.add(report)
        var outcome = MethodOutcome(returnValue: Self.completed)
        outcome[Self.isMigratable] = report.verdict.isMigratable
        if withFindings { Self.add(report.findings, to: &outcome) }
        return outcome
    }

    private func migrate(_ request: MigrationRequest, withFindings: Bool) async throws(CIMError) -> MethodOutcome {
        let record = try await refusing { () throws(RequestError) in try await context.driver.migrate(request) }
        var outcome = MethodOutcome(returnValue: Self.jobStarted)
        outcome[Self.job] = MigrationJobProvider.path(record.id, context)
        // A job that waits for a place has nothing to tell yet.
        guard withFindings, record.phase != .queued else { return outcome }
        let checked = await context.driver.job(record.id, within: context.description.checkDeadline) { job in
            !job.findings.isEmpty || job.isEnded
        }
        Self.add(checked?.findings ?? [], to: &outcome)
        return outcome
    }

    /// Without findings (the job still waits or checks) the verdict is NULL: not known yet.
    private static func add(_ found: [Finding], to outcome: inout MethodOutcome) {
        outcome[verdict] = found.isEmpty ? nil : Verdict(found).rawValue
        outcome[findings] = found.map(FindingInstance.make)
    }

    // MARK: Reading the call

    private func request(_ call: MethodCall) throws(CIMError) -> MigrationRequest {
        // An empty list of resources asks for nothing.
        let resources = call.has(Self.newResourceSettings.name) && call[Self.newResourceSettings]?.isEmpty != true
        for (key, isGiven) in [
            (Self.newSystemSettings.name, call.has(Self.newSystemSettings.name)),
            (Self.newResourceSettings.name, resources),
        ] where isGiven {
            throw CIMError(.notSupported, "\(key) is not supported: a guest moves as it is. Leave it out.")
        }
        let guest = try guest(call)
        let destination = try destination(call)
        let settings = try MigrationSettings(call[Self.settingData])
        return MigrationRequest(
            guest: guest, destination: destination, kind: settings.kind, transport: settings.transport,
            bandwidthMiBPerSecond: settings.bandwidthMiBPerSecond, priority: settings.priority,
            copiesStorage: settings.copiesStorage, checkParameters: settings.checkParameters,
            owner: call.caller.description, method: call.name.text)
    }

    private func guest(_ call: MethodCall) throws(CIMError) -> GuestSelector {
        guard let path = call[Self.computerSystem] else {
            throw CIMError(
                .invalidParameter, "Missing required parameter ComputerSystem (CIM_ComputerSystem REF) of \(call.name)."
            )
        }
        let family = context.family.computerSystem
        guard [family, "Migrationd_VirtualSystem", "CIM_ComputerSystem"].contains(path.className) else {
            throw CIMError(
                .failed, "Invalid REF in ComputerSystem: \(path.className) is no guest here; guests are \(family).")
        }
        if let creation = path["CreationClassName"]?.stringValue, creation.lowercased() != family.text.lowercased() {
            throw CIMError(.failed, "Invalid REF in ComputerSystem: CreationClassName is \(creation), not \(family).")
        }
        // wbemcli takes `root` for a host's name and sends the rest as the namespace.
        if let namespace = path.namespace,
            !"/\(context.namespace.text.lowercased())".hasSuffix("/\(namespace.text.lowercased())")
        {
            throw CIMError(.failed, "Invalid REF in ComputerSystem: namespace \(namespace), not \(context.namespace).")
        }
        return GuestSelector(try name(in: path, "ComputerSystem"))
    }

    private func destination(_ call: MethodCall) throws(CIMError) -> String {
        if let host = call[Self.destinationHost] { return host }
        if let path = call[Self.destinationSystem] { return try name(in: path, "DestinationSystem") }
        let missing =
            call.name.text.hasSuffix("ToSystem") ? "DestinationSystem (CIM_System REF)" : "DestinationHost (string)"
        throw CIMError(.invalidParameter, "Missing required parameter \(missing) of \(call.name).")
    }

    private func name(in path: CIMObjectPath, _ parameter: String) throws(CIMError) -> String {
        guard let name = path["Name"]?.stringValue, !name.isEmpty else {
            throw CIMError(.failed, "Missing key (Name) in \(parameter)")
        }
        return name
    }
}
