import HypervisorAPI

@testable import MigrationLogic

/// Drives the machine by hand: an event in, commit and effects out. What is committed is kept as a journal would.
struct MachineUnderTest {
    var state: MigrationState
    var clock: Int64 = 0
    var contents: JournalContents
    var lastStep = Step()
    private let change: (inout LogicOptions) -> Void

    var journal: [JobID: JobRecord] {
        Dictionary(uniqueKeysWithValues: contents.jobs.map { ($0.id, $0) })
    }

    init(
        contents: JournalContents = JournalContents(daemon: Samples.daemon),
        _ change: @escaping (inout LogicOptions) -> Void = { _ in }
    ) {
        var options = LogicOptions(resolver: DestinationResolver(hosts: Samples.hosts), sharedPaths: ["/srv/shared"])
        change(&options)
        self.change = change
        self.contents = contents
        state = MigrationState(options: options, contents: contents)
    }

    /// What the next process begins from, whatever this one had in memory.
    func restarted(_ change: ((inout LogicOptions) -> Void)? = nil) -> MachineUnderTest {
        var next = MachineUnderTest(contents: contents, change ?? self.change)
        next.clock = clock
        return next
    }

    @discardableResult
    mutating func send(_ event: Event) -> [Effect] {
        clock += 1000
        lastStep = state.receive(event, at: Timestamp(microseconds: clock))
        contents.apply(lastStep.commit)
        return lastStep.effects
    }

    /// Asks for a migration of a guest that is found on alpha.
    @discardableResult
    mutating func submit(
        _ job: String, _ request: MigrationRequest = Samples.request(), guest: DomainSummary = Samples.domain()
    ) -> [Effect] {
        let id = RequestID(UInt64(clock))
        send(.migrateRequested(id, JobID(job), request))
        return send(
            .guestLocated(
                id,
                Samples.hosts.map { host in
                    GuestLocation(host: host, answer: .known(host == Samples.alpha ? guest : nil))
                }))
    }

    /// Lets the checks end and every act of the preparation succeed.
    @discardableResult
    mutating func gather(_ job: String, _ facts: Facts = Samples.facts()) -> [Effect] {
        finishActs(send(.factsGathered(.job(JobID(job)), facts)))
    }

    /// Lets acts succeed, one after the other, until none is asked for.
    @discardableResult
    mutating func finishActs(_ effects: [Effect]) -> [Effect] {
        var effects = effects
        while case .act(let id, _)? = effects.first(where: \.isAct) { effects = send(.actEnded(id, nil)) }
        return effects
    }

    func job(_ id: String) -> JobRecord? { state.jobs[JobID(id)] }
}

extension JournalContents {
    /// As a journal does it.
    mutating func apply(_ commit: Commit) {
        for job in commit.jobs {
            jobs.removeAll { $0.id == job.id }
            jobs.append(job)
        }
        jobs.removeAll { commit.removed.contains($0.id) }
        generations.merge(commit.generations) { max($0, $1) }
        adopted.formUnion(commit.adopted)
        if commit.endsRecovery { recoveryNeed = nil }
    }
}

extension Effect {
    var isAct: Bool { if case .act = self { true } else { false } }
}

extension [Effect] {
    var refusal: RequestError? {
        for case .reply(_, .refused(let error)) in self { return error }
        return nil
    }
    var transfers: [TransferCall] {
        compactMap { if case .transfer(_, let call) = $0 { call } else { nil } }
    }
    var acts: [ActCall] {
        compactMap { if case .act(_, let call) = $0 { call } else { nil } }
    }
    var readsEvidence: Bool { contains { if case .readEvidence = $0 { true } else { false } } }
    var aborts: Bool { contains { if case .abortTransfer = $0 { true } else { false } } }
}
