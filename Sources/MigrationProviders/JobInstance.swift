import CIM
import MigrationLogic
import WBEMServer

/// A job's record as an instance of the family's MigrationJob class.
enum JobInstance {
    private static let instanceID = PropertyKey<String>("InstanceID")
    private static let name = PropertyKey<String>("Name")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let jobState = PropertyKey<UInt16>("JobState")
    private static let status = PropertyKey<String>("Status")
    private static let jobStatus = PropertyKey<String>("JobStatus")
    private static let percentComplete = PropertyKey<UInt16>("PercentComplete")
    private static let timeSubmitted = PropertyKey<CIMDateTime>("TimeSubmitted")
    private static let startTime = PropertyKey<CIMDateTime>("StartTime")
    private static let elapsedTime = PropertyKey<CIMDateTime>("ElapsedTime")
    private static let timeOfLastStateChange = PropertyKey<CIMDateTime>("TimeOfLastStateChange")
    private static let timeBeforeRemoval = PropertyKey<CIMDateTime>("TimeBeforeRemoval")
    private static let deleteOnCompletion = PropertyKey<Bool>("DeleteOnCompletion")
    private static let owner = PropertyKey<String>("Owner")
    private static let priority = PropertyKey<UInt32>("Priority")
    private static let errorCode = PropertyKey<UInt16>("ErrorCode")
    private static let errorDescription = PropertyKey<String>("ErrorDescription")
    private static let operationalStatus = PropertyKey<[UInt16]>("OperationalStatus")
    private static let guestName = PropertyKey<String>("GuestName")
    private static let guestUUID = PropertyKey<String>("GuestUUID")
    private static let sourceHost = PropertyKey<String>("SourceHost")
    private static let destinationHost = PropertyKey<String>("DestinationHost")
    private static let migrationType = PropertyKey<UInt16>("MigrationType")
    private static let phase = PropertyKey<UInt16>("Phase")
    private static let virshCommand = PropertyKey<String>("VirshCommand")
    private static let verdict = PropertyKey<UInt16>("Verdict")
    private static let findings = PropertyKey<[CIMInstance]>("Findings")
    private static let settledSide = PropertyKey<UInt16>("SettledSide")
    private static let knowledge = PropertyKey<[String]>("Knowledge")
    private static let unsafeDisksAllowed = PropertyKey<Bool>("UnsafeDisksAllowed")
    private static let bytesTotal = PropertyKey<UInt64>("BytesTotal")
    private static let bytesProcessed = PropertyKey<UInt64>("BytesProcessed")
    private static let bytesRemaining = PropertyKey<UInt64>("BytesRemaining")
    private static let timeline = PropertyKey<[String]>("Timeline")
    private static let hypervisorLog = PropertyKey<[String]>("HypervisorLog")
    private static let resolvedBy = PropertyKey<String>("ResolvedBy")
    private static let fencedHosts = PropertyKey<[String]>("FencedHosts")

    static let keys: [any DeclaredKey] = [
        instanceID, name, elementName, jobState, status, jobStatus, percentComplete, timeSubmitted, startTime,
        elapsedTime,
        timeOfLastStateChange, timeBeforeRemoval, deleteOnCompletion, owner, priority, errorCode, errorDescription,
        operationalStatus, guestName, guestUUID, sourceHost, destinationHost, migrationType, phase, virshCommand,
        verdict, findings, settledSide, knowledge, unsafeDisksAllowed, bytesTotal, bytesProcessed, bytesRemaining,
        timeline, hypervisorLog, resolvedBy, fencedHosts,
    ]

    /// - Parameter keptForDays: how long an ended job is kept; `nil`: until enough others have ended after it.
    static func make(_ job: JobRecord, _ className: CIMName, keptForDays: Int?) -> CIMInstance {
        var builder = InstanceBuilder(className)
        builder[instanceID] = MigrationJobProvider.instanceID(job.id)
        builder[name] = "Migration"
        builder[elementName] = "\(job.plan.guestName): \(job.plan.source.name) to \(job.plan.destination.name)"
        addState(job, &builder)
        addTimes(job, keptForDays: keptForDays, &builder)
        addMigration(job, &builder)
        addAftermath(job, &builder)
        return builder.instance
    }

    private static func addState(_ job: JobRecord, _ builder: inout InstanceBuilder) {
        builder[jobState] = state(job.phase)
        builder[status] = word(job.phase)
        builder[jobStatus] = job.timeline.last?.text
        builder[percentComplete] = job.percent
        builder[operationalStatus] = operationalStatus(job.phase)
        builder[deleteOnCompletion] = true
        builder[owner] = job.plan.request.owner.isEmpty ? nil : job.plan.request.owner
        builder[priority] = UInt32(job.plan.request.priority)
        builder[errorCode] = job.errors.isEmpty ? 0 : 1
        builder[errorDescription] = job.errors.isEmpty ? nil : job.errors.map(\.message).joined(separator: "\n")
    }

    /// The longest interval that a CIM datetime has.
    private static let forever = CIMDateTime("99999999235959.999999:000")

    private static func addTimes(_ job: JobRecord, keptForDays: Int?, _ builder: inout InstanceBuilder) {
        builder[timeSubmitted] = time(job.submittedAt)
        builder[startTime] = job.startedAt.map(time)
        builder[timeOfLastStateChange] = time(job.changedAt)
        builder[timeBeforeRemoval] =
            keptForDays.map { CIMDateTime(intervalMicroseconds: Int64($0) * 86_400_000_000) } ?? forever
        if let started = job.startedAt, let ended = job.endedAt {
            builder[elapsedTime] = CIMDateTime(intervalMicroseconds: ended.microseconds(since: started))
        }
    }

    private static func addMigration(_ job: JobRecord, _ builder: inout InstanceBuilder) {
        builder[guestName] = job.plan.guestName
        builder[guestUUID] = job.plan.guestUUID.text
        builder[sourceHost] = job.plan.source.name
        builder[destinationHost] = job.plan.destination.name
        builder[migrationType] = job.plan.kind.rawValue
        builder[phase] = job.phase.rawValue
        builder[virshCommand] = job.virshCommand
        builder[verdict] = job.verdict?.rawValue
        builder[findings] = job.findings.map(FindingInstance.make)
        builder[settledSide] = job.settled.map { $0.side == .source ? 2 : 3 }
        builder[knowledge] = job.knowledge
        builder[unsafeDisksAllowed] = job.allowsUnsafeDisks
        builder[bytesTotal] = job.progress.total
        builder[bytesProcessed] = job.progress.processed
        // The last sample was taken before the last bytes went over.
        builder[bytesRemaining] = job.phase == .completed && job.progress.total != nil ? 0 : job.progress.remaining
        builder[timeline] = job.timeline.map { "\(time($0.at)) \($0.text)" }
    }

    private static func addAftermath(_ job: JobRecord, _ builder: inout InstanceBuilder) {
        builder[hypervisorLog] = job.logs.flatMap { log in
            ["\(log.host):\(log.file)"] + log.lines.map { "\t\($0)" }
        }
        builder[resolvedBy] = job.resolution.map { $0.owner.isEmpty ? "an unnamed client" : $0.owner }
        builder[fencedHosts] = job.resolution?.fenced
    }

    static func time(_ timestamp: Timestamp) -> CIMDateTime {
        CIMDateTime(microsecondsSince1970: timestamp.microseconds)
    }

    /// CIM_ConcreteJob.JobState: 2 New, 4 Running, 7 Completed, 8 Terminated, 10 Exception, 11 Service.
    private static func state(_ phase: JobPhase) -> UInt16 {
        switch phase {
        case .queued: 2
        case .checking, .preparing, .transferring, .verifying, .finishing: 4
        case .completed: 7
        case .failed: 10
        case .cancelled: 8
        case .undecided: 11
        }
    }

    /// The words that libvirt-cim's clients compare with: `Completed` beside JobState 7.
    private static func word(_ phase: JobPhase) -> String {
        switch phase {
        case .queued: "Queued"
        case .checking, .preparing, .transferring, .verifying, .finishing: "Running"
        case .completed: "Completed"
        case .failed: "Failed"
        case .cancelled: "Cancelled"
        case .undecided: "Undecided"
        }
    }

    /// CIM_ManagedSystemElement.OperationalStatus: 2 OK, 6 Error, 10 Stopped, 15 Dormant, 17 Completed, 3 Degraded.
    private static func operationalStatus(_ phase: JobPhase) -> [UInt16] {
        switch phase {
        case .queued: [2, 15]
        case .checking, .preparing, .transferring, .verifying, .finishing: [2]
        case .completed: [17, 2]
        case .failed: [6]
        case .cancelled: [10]
        case .undecided: [3]
        }
    }
}

/// A job's error as a CIM_Error.
enum JobErrorInstance {
    static let className: CIMName = "CIM_Error"
    private static let errorType = PropertyKey<UInt16>("ErrorType")
    private static let owningEntity = PropertyKey<String>("OwningEntity")
    private static let messageID = PropertyKey<String>("MessageID")
    private static let message = PropertyKey<String>("Message")
    private static let messageArguments = PropertyKey<[String]>("MessageArguments")
    private static let perceivedSeverity = PropertyKey<UInt16>("PerceivedSeverity")
    private static let recommendedActions = PropertyKey<[String]>("RecommendedActions")
    private static let errorSource = PropertyKey<String>("ErrorSource")
    private static let errorSourceFormat = PropertyKey<UInt16>("ErrorSourceFormat")
    private static let statusCode = PropertyKey<UInt32>("CIMStatusCode")
    private static let statusDescription = PropertyKey<String>("CIMStatusCodeDescription")

    static func make(_ error: JobError, of job: CIMObjectPath) -> CIMInstance {
        var builder = InstanceBuilder(className)
        // 4 Software Error; 2 Communications Error where the hypervisor's connection failed.
        builder[errorType] =
            error.hypervisor.map { [.connectionFailed, .connectionLost].contains($0.code) } == true ? 2 : 4
        builder[owningEntity] = "migrationd"
        builder[messageID] = "MIGRATIOND:\(error.source)"
        builder[message] = error.message
        builder[messageArguments] = error.hypervisor.map { [$0.description] }
        builder[perceivedSeverity] = 5
        builder[recommendedActions] = error.remedy.isEmpty ? nil : [error.remedy]
        builder[errorSource] = job.text
        builder[errorSourceFormat] = 2
        builder[statusCode] = CIMStatusCode.failed.rawValue
        builder[statusDescription] = CIMStatusCode.failed.symbol
        return builder.instance
    }
}
