import CIM
import MigrationLogic
import WBEMServer

/// What a migration job is tied to: the service, what it moves between what, and the call that it began with.
enum JobAssociations {
    static func all(_ context: ProviderContext) -> [any InstanceProvider] {
        [owning(context), affected(context), methodResult(context)]
    }

    private static func owning(_ context: ProviderContext) -> TieProvider {
        @Sendable func tie(_ job: JobRecord) -> Tie {
            Tie(context.servicePath, MigrationJobProvider.path(job.id, context))
        }
        return TieProvider(
            context.family.owningJobElement, in: context.namespace, roles: ("OwningElement", "OwnedElement"),
            TieRule(
                narrowEnd: .second,
                all: { make in InstanceList(context.driver.state.orderedJobs) { make(tie($0)) } },
                of: { path in
                    if path == context.servicePath { return context.driver.state.orderedJobs.map(tie) }
                    return context.job(at: path).map { [tie($0)] } ?? []
                }))
    }

    /// ElementEffects 3, Performance Impact: a guest that is moved is slowed down, and so are the hosts. What is no longer
    /// there, a guest that was undefined or a host that left the configuration, is not tied.
    private static func affected(_ context: ProviderContext) -> TieProvider {
        let effects = PropertyKey<[UInt16]>("ElementEffects")
        return TieProvider(
            context.family.affectedJobElement, in: context.namespace, roles: ("AffectedElement", "AffectingElement"),
            extra: [effects], fill: { $1[effects] = [3] },
            TieRule(
                narrowEnd: .second,
                all: { make in
                    let elements = AffectedElements(context)
                    return InstanceList(context.driver.state.orderedJobs.flatMap(elements.ties), make)
                },
                of: { path in
                    let elements = AffectedElements(context)
                    if let job = context.job(at: path) { return elements.ties(job) }
                    return elements.jobs(affecting: path).map {
                        Tie(path, MigrationJobProvider.path($0.id, context))
                    }
                }))
    }

    /// A job that no method began, and one of a journal from before calls were kept, has no call to show.
    private static func methodResult(_ context: ProviderContext) -> TieProvider {
        @Sendable func tie(_ job: JobRecord) -> Tie {
            Tie(MigrationJobProvider.path(job.id, context), MethodResultProvider.path(job.id, context))
        }
        return TieProvider(
            context.family.associatedJobMethodResult, in: context.namespace, roles: ("Job", "JobParameters"),
            TieRule(
                all: { make in InstanceList(MethodResultProvider.jobs(context)) { make(tie($0)) } },
                of: { path in
                    let job = context.job(at: path) ?? MethodResultProvider.job(at: path, context)
                    return job.flatMap { $0.plan.request.method == nil ? nil : [tie($0)] } ?? []
                }))
    }
}

/// The guest and the hosts of jobs, as far as they have instances.
private struct AffectedElements {
    private let context: ProviderContext
    private let guests: GuestDirectory.Table
    private let hosts: Set<String>

    init(_ context: ProviderContext) {
        self.context = context
        guests = context.guests
        hosts = Set(context.hostSystems.map(\.name))
    }

    /// The guest first.
    func ties(_ job: JobRecord) -> [Tie] {
        let path = MigrationJobProvider.path(job.id, context)
        let guest = guests[job.plan.guestUUID].map { context.guestPath($0) }
        let places = [job.plan.source.name, job.plan.destination.name].filter(hosts.contains).map(context.hostPath)
        return ((guest.map { [$0] } ?? []) + places).map { Tie($0, path) }
    }

    /// Oldest first.
    func jobs(affecting path: CIMObjectPath) -> [JobRecord] {
        let jobs = context.driver.state.jobs.values
        var found: [JobRecord] = []
        if let guest = context.guest(at: path) {
            found = jobs.filter { $0.plan.guestUUID == guest.domain.uuid }
        } else if let host = context.hostSystem(at: path) {
            found = jobs.filter { $0.plan.source.name == host.name || $0.plan.destination.name == host.name }
        }
        return found.sorted { ($0.submittedAt, $0.id) < ($1.submittedAt, $1.id) }
    }
}
