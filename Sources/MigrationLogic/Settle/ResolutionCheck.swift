import HypervisorAPI

/// Whether what both hosts say allows what an admin asks for. A dead host needs the admin's word that it is off, and a
/// host that answers has none to need.
struct ResolutionCheck {
    private let resolution: Resolution
    private let job: JobRecord
    private let evidence: Evidence
    private let kept: Sighting
    private let other: Sighting
    private let keptName: String
    private let otherName: String

    init(_ resolution: Resolution, _ job: JobRecord, _ evidence: Evidence) {
        self.resolution = resolution
        self.job = job
        self.evidence = evidence
        kept = Sighting(evidence.last(resolution.keep))
        other = Sighting(evidence.last(resolution.keep.other))
        keptName = job.plan.host(resolution.keep).name
        otherName = job.plan.host(resolution.keep.other).name
    }

    /// For a job whose outcome is not proved.
    func check() throws(RequestError) {
        try checkFencing()
        try checkKept()
        try checkStill()
        try checkOther()
    }

    /// For a job that is settled and cannot finish.
    func checkLeaving(_ settled: SettledOutcome) throws(RequestError) {
        guard resolution.keep == settled.side else {
            throw refusal(
                "The guest was proved to be on \(otherName): keep that one (--keep \(settled.side.rawValue)).")
        }
        for side in Side.allCases where resolution.fenced.contains(job.plan.host(side).name) {
            guard case .unreadable = evidence.last(side) else { throw answers(job.plan.host(side).name) }
        }
    }

    private var otherIsFenced: Bool { resolution.fenced.contains(otherName) }

    private func checkFencing() throws(RequestError) {
        switch other {
        case .unreadable where !otherIsFenced:
            throw refusal(
                "\(words(resolution.keep.other)): the guest may run there. Switch \(otherName) off, make sure that it is off, "
                    + "and say so: --fenced \(otherName).")
        case .absent, .defined, .running, .held: if otherIsFenced { throw answers(otherName) }
        case .unreadable: break
        }
    }

    /// Nothing is on its way, as far as anybody can tell.
    private func checkStill() throws(RequestError) {
        guard evidence.readsAgree, evidence.jobIsActive != true else {
            throw refusal("A move of the guest is still under way: wait, or stop it first.")
        }
        guard evidence.jobIsActive == false || other == .unreadable else {
            throw refusal("Whether a job runs on the guest could not be read: wait until both hosts can say.")
        }
        if RecoveryTable.row(for: RecoveryCase(job, evidence)).action == .lookAgain {
            throw refusal(
                "The transfer's call may still be on its way: the job ends by itself once it cannot be any more.")
        }
    }

    private func checkKept() throws(RequestError) {
        switch kept {
        case .unreadable: throw refusal("\(words(resolution.keep)): it cannot be kept unseen.")
        case .absent where other != .absent:
            throw refusal("\(keptName) knows no such guest. \(words(resolution.keep.other)).")
        case .defined where other == .running || other == .held:
            throw refusal("The guest is active on \(otherName) and only defined on \(keptName): keep that one.")
        case .held where other == .running:
            throw refusal(
                "The guest runs on \(otherName), and is one half of a move on \(keptName): keep the one that runs.")
        case .absent, .defined, .running, .held: break
        }
    }

    private func checkOther() throws(RequestError) {
        guard other == .running || other == .held,
            evidence.last(resolution.keep.other).domain?.mark != job.mark(resolution.keep.other)
        else { return }
        throw refusal(
            "The copy on \(otherName) does not carry this job's mark: it is not ended by this job. End it by hand if it is not "
                + "the guest.")
    }

    private func words(_ side: Side) -> String { evidence.last(side).text(on: job.plan.host(side).name) }

    private func answers(_ host: String) -> RequestError {
        refusal("\(host) answers: it is not switched off. Leave out --fenced.")
    }

    private func refusal(_ message: String) -> RequestError { RequestError(.jobNotResolvable, message) }
}
