import CIM
import HypervisorAPI
import MigrationLogic
import WBEMServer

/// Migrationd_CheckResult: why the last check of a guest for a host said what it said.
struct CheckResultProvider: InstanceProvider {
    static let className: CIMName = "Migrationd_CheckResult"
    private static let instanceID = PropertyKey<String>("InstanceID")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let guestName = PropertyKey<String>("GuestName")
    private static let guestUUID = PropertyKey<String>("GuestUUID")
    private static let sourceHost = PropertyKey<String>("SourceHost")
    private static let destinationHost = PropertyKey<String>("DestinationHost")
    private static let migrationType = PropertyKey<UInt16>("MigrationType")
    private static let checkedAt = PropertyKey<CIMDateTime>("CheckedAt")
    private static let owner = PropertyKey<String>("Owner")
    private static let methodName = PropertyKey<String>("MethodName")
    private static let isMigratable = PropertyKey<Bool>("IsMigratable")
    private static let verdict = PropertyKey<UInt16>("Verdict")
    private static let findings = PropertyKey<[CIMInstance]>("Findings")
    private static let prefix = "migrationd:check:"

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: Self.className,
            properties: [
                Self.instanceID, Self.elementName, Self.guestName, Self.guestUUID, Self.sourceHost,
                Self.destinationHost, Self.migrationType, Self.checkedAt, Self.owner, Self.methodName,
                Self.isMigratable, Self.verdict, Self.findings,
            ])
    }

    func instances() async throws(CIMError) -> InstanceList { InstanceList(context.checks.all, Self.instance) }

    func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
        Self.key(path).flatMap { context.checks[$0] }.map(Self.instance)
    }

    // MARK: Paths

    static func path(_ key: CheckResults.Key, _ context: ProviderContext) -> CIMObjectPath {
        context.path(className, [CIMKeyBinding(instanceID.name, .string(id(key)))])
    }

    /// The result that a path leads to; `nil` when it leads to none.
    static func result(at path: CIMObjectPath, _ context: ProviderContext) -> CheckResult? {
        guard path.className == className, path.namespace == context.namespace else { return nil }
        return key(path).flatMap { context.checks[$0] }
    }

    private static func id(_ key: CheckResults.Key) -> String { "\(prefix)\(key.guest.text):\(key.destination)" }

    private static func key(_ path: CIMObjectPath) -> CheckResults.Key? {
        guard let id = path[instanceID.name]?.stringValue, id.hasPrefix(prefix) else { return nil }
        let parts = id.dropFirst(prefix.count).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let guest = DomainUUID(String(parts[0])) else { return nil }
        let key = CheckResults.Key(guest: guest, destination: String(parts[1]))
        // A UUID has more than one spelling, a key has one.
        return Self.id(key) == id ? key : nil
    }

    @Sendable private static func instance(_ result: CheckResult) -> CIMInstance {
        let plan = result.report.plan
        var builder = InstanceBuilder(className)
        builder[instanceID] = id(result.key)
        builder[elementName] = "\(plan.guestName): \(plan.source.name) to \(plan.destination.name)"
        builder[guestName] = plan.guestName
        builder[guestUUID] = plan.guestUUID.text
        builder[sourceHost] = plan.source.name
        builder[destinationHost] = plan.destination.name
        builder[migrationType] = plan.kind.rawValue
        builder[checkedAt] = JobInstance.time(result.checkedAt)
        builder[owner] = plan.request.owner.isEmpty ? nil : plan.request.owner
        builder[methodName] = plan.request.method
        builder[isMigratable] = result.report.verdict.isMigratable
        builder[verdict] = result.report.verdict.rawValue
        builder[findings] = result.report.findings.map(FindingInstance.make)
        return builder.instance
    }
}

/// The ways to a check's result: from the guest, and from the service.
enum CheckResultAssociations {
    static func all(_ context: ProviderContext) -> [any InstanceProvider] { [ofGuests(context), ofService(context)] }

    private static func ofGuests(_ context: ProviderContext) -> TieProvider {
        @Sendable func tie(_ result: CheckResult) -> Tie? {
            context.guests[result.key.guest].map {
                Tie(context.guestPath($0), CheckResultProvider.path(result.key, context))
            }
        }
        return TieProvider(
            "Migrationd_ElementCheckResult", in: context.namespace, roles: ("CheckedElement", "CheckResult"),
            TieRule(
                narrowEnd: .second, all: { make in InstanceList(context.checks.all.compactMap(tie), make) },
                of: { path in
                    if let guest = context.guest(at: path) {
                        return context.checks.of(guest.domain.uuid).compactMap(tie)
                    }
                    return CheckResultProvider.result(at: path, context).flatMap(tie).map { [$0] } ?? []
                }))
    }

    private static func ofService(_ context: ProviderContext) -> TieProvider {
        @Sendable func tie(_ result: CheckResult) -> Tie {
            Tie(context.servicePath, CheckResultProvider.path(result.key, context))
        }
        return TieProvider(
            "Migrationd_ServiceCheckResult", in: context.namespace, roles: ("Service", "CheckResult"),
            TieRule(
                narrowEnd: .second, all: { make in InstanceList(context.checks.all) { make(tie($0)) } },
                of: { path in
                    if path == context.servicePath { return context.checks.all.map(tie) }
                    return CheckResultProvider.result(at: path, context).map { [tie($0)] } ?? []
                }))
    }
}
