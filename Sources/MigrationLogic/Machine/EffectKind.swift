import HypervisorAPI

/// Every kind of effect, by a name that does not change: crash points are enumerated from it, so that a new effect gets
/// its own by itself.
package enum EffectKind: String, Hashable, Sendable, CaseIterable {
    case reply
    case locateGuest = "locate-guest"
    case gatherFacts = "gather-facts"
    case runExternalChecks = "run-external-checks"
    case cancelRun = "cancel-run"
    case mark
    case setStartsWithHost = "set-starts-with-host"
    case makePersistent = "make-persistent"
    case undefine
    case resume
    case destroy
    case createVolume = "create-volume"
    case deleteVolume = "delete-volume"
    case transfer
    case sampleProgress = "sample-progress"
    case abortTransfer = "abort-transfer"
    case readEvidence = "read-evidence"
    case readEvidenceToResolve = "read-evidence-to-resolve"
    case readLogs = "read-logs"
    case readHost = "read-host"
    case readHosts = "read-hosts"
    case watchHost = "watch-host"
    case unwatchHost = "unwatch-host"
    case dismissCallers = "dismiss-callers"
    case adoptConfiguration = "adopt-configuration"
    case wake

    /// Whether it changes anything at a hypervisor, and so was journalled first.
    package var changesHost: Bool {
        switch self {
        case .mark, .setStartsWithHost, .makePersistent, .undefine, .resume, .destroy, .createVolume, .deleteVolume,
            .transfer,
            .abortTransfer:
            true
        case .reply, .locateGuest, .gatherFacts, .runExternalChecks, .cancelRun, .sampleProgress, .readEvidence,
            .readEvidenceToResolve, .readLogs, .readHost, .readHosts, .watchHost, .unwatchHost,
            .dismissCallers, .adoptConfiguration, .wake:
            false
        }
    }
}

extension Effect {
    package var kind: EffectKind {
        switch self {
        case .reply: .reply
        case .locateGuest: .locateGuest
        case .gatherFacts: .gatherFacts
        case .runExternalChecks: .runExternalChecks
        case .cancelRun: .cancelRun
        case .transfer: .transfer
        case .sampleProgress: .sampleProgress
        case .abortTransfer: .abortTransfer
        case .readEvidence: .readEvidence
        case .readEvidenceToResolve: .readEvidenceToResolve
        case .act(_, let call): call.act.kind
        case .readLogs: .readLogs
        case .readHost: .readHost
        case .readHosts: .readHosts
        case .watchHost: .watchHost
        case .unwatchHost: .unwatchHost
        case .dismissCallers: .dismissCallers
        case .adoptConfiguration: .adoptConfiguration
        case .wake: .wake
        }
    }
}

extension DomainAct {
    fileprivate var kind: EffectKind {
        switch self {
        case .mark: .mark
        case .setStartsWithHost: .setStartsWithHost
        case .makePersistent: .makePersistent
        case .undefine: .undefine
        case .resume: .resume
        case .destroy: .destroy
        case .createVolume: .createVolume
        case .deleteVolume: .deleteVolume
        }
    }
}

/// Where a process may die with regard to an effect: the three sides of "decide, commit, do".
package enum CrashMoment: String, Hashable, Sendable, CaseIterable {
    /// Decided; nothing is durable yet.
    case beforeCommit = "before-commit"
    /// Durable; the effect has not begun.
    case afterCommit = "after-commit"
    /// Done; nobody has heard of it.
    case afterEffect = "after-effect"
}
