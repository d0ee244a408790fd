import HypervisorAPI

/// Names a caller who waits for a reply.
package struct RequestID: Hashable, Sendable, Comparable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package static func < (lhs: RequestID, rhs: RequestID) -> Bool { lhs.number < rhs.number }
}

/// Names one run of the checks: of a request that only checks, or inside a job.
package enum RunID: Hashable, Sendable {
    case check(RequestID)
    case job(JobID)
}

/// Something to be done later.
package enum Alarm: Hashable, Sendable {
    case refresh(host: String)
    case sampleProgress(JobID)
    case verifyAgain(JobID)
    case abortAgain(JobID)
    case actAgain(JobID)
}

/// How a transfer's call ended.
package enum TransferEnding: Hashable, Sendable {
    case returned
    case failed(HypervisorError)
}

/// Everything that can happen to the machine. Restart is one of them.
package enum Event: Sendable {
    /// The process started; the journal has been read into the state.
    case started
    case checkRequested(RequestID, MigrationRequest)
    case migrateRequested(RequestID, JobID, MigrationRequest)
    case cancelRequested(RequestID, JobID)
    case guestLocated(RequestID, [GuestLocation])
    /// The caller has been told that the journal did not take the request: forget it.
    case requestDropped(RequestID)
    /// What a run had read became old before it could be acted on: it begins anew.
    case checksStale(RunID)
    case factsGathered(RunID, Facts)
    case externalChecksEnded(RunID, [Finding])
    case transferEnded(JobID, TransferEnding)
    case progressSampled(JobID, Reading<JobStatistics>)
    case abortEnded(JobID, HypervisorError?)
    case evidenceRead(JobID, Evidence)
    case resolveRequested(RequestID, JobID, Resolution)
    case evidenceReadToResolve(RequestID, JobID, Evidence)
    /// The error is `nil` when the act was done.
    case actEnded(JobID, HypervisorError?)
    case logsRead(JobID, [LogExcerpt])
    case recoveryRequested(RequestID, RecoveryOrder)
    case hostsRead(RequestID, [String: Reading<HostReading>])
    /// The configuration was read again.
    case reconfigured(LogicOptions)
    /// Something changed on a host, or its events were lost: read it again.
    case hostChanged(String)
    case hostRead(String, Reading<HostReading>)
    case alarm(Alarm)
    /// Nobody waits for an answer any more: what has been asked and not been accepted is refused.
    case closing
    /// The process is asked to stop: nothing new is accepted; what runs at the hypervisors runs on.
    case stopping
}
