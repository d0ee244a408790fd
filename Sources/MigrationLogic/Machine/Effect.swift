import HypervisorAPI

/// What the driver is asked to do, after the commit that goes with it is durable.
///
/// An effect that changes anything at a hypervisor is exactly one remote call; one that only reads may be
/// several (docs/decisions/0003).
package enum Effect: Sendable {
    case reply(RequestID, Reply)
    case locateGuest(RequestID, GuestSelector, [HostDescription])
    case gatherFacts(RunID, Facts)
    case runExternalChecks(RunID, ExternalCheckContext)
    case cancelRun(RunID)
    case transfer(JobID, TransferCall)
    case sampleProgress(JobID, HostDescription, DomainUUID)
    case abortTransfer(JobID, HostDescription, DomainUUID)
    case readEvidence(JobID, EvidenceQuery)
    /// The same, for an admin who asked for the job to be resolved.
    case readEvidenceToResolve(RequestID, JobID, EvidenceQuery)
    /// One act on one host, which the job's record intends.
    case act(JobID, ActCall)
    /// The end of what the guest's hypervisor wrote, on the hosts whose files can be read here.
    case readLogs(JobID, guestName: String, [HostDescription])
    case readHost(HostDescription)
    /// Reads every host once, for `migrationd recover`.
    case readHosts(RequestID, [HostDescription])
    /// Follows a host's events until `unwatchHost`.
    case watchHost(HostDescription)
    case unwatchHost(HostDescription)
    /// Those who still wait for an answer are told that the daemon stops.
    case dismissCallers
    /// What was given with the configuration takes effect.
    case adoptConfiguration
    case wake(Alarm, afterMilliseconds: Int)
}

/// What a transfer needs to be called.
package struct TransferCall: Hashable, Sendable {
    package var source: HostDescription
    package var guest: DomainUUID
    package var transfer: Transfer
    package var deadlineSeconds: Int
}

/// What to read of both hosts, and who they must be.
package struct EvidenceQuery: Hashable, Sendable {
    package var source: HostDescription
    package var destination: HostDescription
    package var guest: DomainUUID
    /// `nil` where it was never read.
    package var sourceHostUUID: String?
    package var destinationHostUUID: String?
}

/// An act and the domain that it is done to.
package struct ActCall: Hashable, Sendable {
    package var host: HostDescription
    package var guest: DomainUUID
    package var act: DomainAct
}

/// What external checks are told.
package struct ExternalCheckContext: Hashable, Sendable {
    package var plan: MigrationPlan
    /// `nil` for a check alone.
    package var jobID: JobID?
}

/// An answer to a request.
package enum Reply: Sendable {
    case checked(CheckReport)
    case accepted(JobRecord)
    case cancelling(JobRecord)
    case resolving(JobRecord)
    case recovered(RecoveryReport)
    case refused(RequestError)
}

/// The outcome of a check alone.
package struct CheckReport: Hashable, Sendable {
    package var plan: MigrationPlan
    package var findings: [Finding]
    package var verdict: Verdict { Verdict(findings) }
}

/// What must be durable before any of a step's effects starts.
package struct Commit: Hashable, Sendable {
    /// Jobs as they are now.
    package var jobs: [JobRecord]
    /// Finished jobs that history no longer keeps.
    package var removed: [JobID]
    /// Guests' generations as they are now; they never go down.
    package var generations: [DomainUUID: UInt64]
    /// Daemons whose marks count as ours from now on.
    package var adopted: Set<String>
    /// Every host has been read: the journal can be relied on again.
    package var endsRecovery: Bool

    package init(
        jobs: [JobRecord] = [], removed: [JobID] = [], generations: [DomainUUID: UInt64] = [:],
        adopted: Set<String> = [], endsRecovery: Bool = false
    ) {
        self.jobs = jobs
        self.removed = removed
        self.generations = generations
        self.adopted = adopted
        self.endsRecovery = endsRecovery
    }

    package var isEmpty: Bool { self == Commit() }

    /// Two steps' commits as one transaction: the later record of a job stands.
    package mutating func merge(_ later: Commit) {
        for job in later.jobs {
            if let index = jobs.firstIndex(where: { $0.id == job.id }) { jobs[index] = job } else { jobs.append(job) }
        }
        jobs.removeAll { later.removed.contains($0.id) }
        removed += later.removed
        generations.merge(later.generations) { max($0, $1) }
        adopted.formUnion(later.adopted)
        endsRecovery = endsRecovery || later.endsRecovery
    }
}

/// What an event leads to.
package struct Step: Sendable {
    package var commit = Commit()
    package var effects: [Effect] = []

    package init() {}
}
