import CIM

/// What the commands show of instances: plain values, also as JSON.
struct ServiceRow: Encodable {
    var version: String
    var hypervisor: String
    var startTime: String
    /// The directory; `nil` when they are off.
    var externalChecks: String?
    var externalChecksAreOn: Bool
    var journal: String
    /// The daemon's own, as the marks in its guests have it.
    var uuid: String
    /// Why the daemon only reads; `nil` when it does not.
    var recoveryNeed: String?
    /// Guests with another daemon's mark.
    var foreignGuests: [String]

    init(_ instance: CIMInstance) {
        version = instance.text("SoftwareVersion")
        hypervisor = instance.text("HypervisorDriver")
        startTime = instance.text("StartTime")
        externalChecks = instance["ExternalChecksDirectory"]?.stringValue
        externalChecksAreOn = externalChecks != nil
        journal = instance.text("JournalState")
        uuid = instance.text("DaemonUUID")
        recoveryNeed = instance["RecoveryNeed"]?.stringValue
        foreignGuests = instance.texts("ForeignGuests")
    }
}

struct HostRow: Encodable {
    var name: String
    var uri: String
    /// `up`, `no contact` or `not read yet`.
    var state: String
    var hypervisor: String
    var migrationAddress: String?
    var bandwidthCapMiBps: Int64?
    var lastError: String?

    /// `nil` for the daemon's machine where it is no host that guests move between.
    init?(_ instance: CIMInstance) {
        guard instance["ConnectionURI"] != nil else { return nil }
        name = instance.text("Name")
        uri = instance.text("ConnectionURI")
        state =
            switch instance["OperationalStatus"]?.elements?.first??.integerValue {
            case 2: "up"
            case 12: "no contact"
            default: "not read yet"
            }
        hypervisor = [instance.text("HypervisorType"), instance.text("HypervisorVersion")].filter { !$0.isEmpty }
            .joined(separator: " ")
        migrationAddress = instance["MigrationAddress"]?.stringValue
        bandwidthCapMiBps = instance["BandwidthCapMiBps"]?.integerValue
        lastError = instance["LastError"]?.stringValue
    }
}

struct GuestRow: Encodable {
    var name: String
    var uuid: String
    var host: String
    var state: String
    var memoryMiB: Int64
    var virtualCPUs: Int64
    var isPersistent: Bool
    var startsWithHost: Bool
    /// The daemon that moved the guest last; `nil` when it carries no mark.
    var migrationOwner: String?
    var migrationGeneration: Int64?

    init(_ instance: CIMInstance) {
        name = instance.text("Name")
        uuid = instance.text("UUID")
        host = instance.text("HostName")
        state =
            switch instance["OperatingStatus"]?.integerValue {
            case 5: "shut off"
            case 6: "crashed"
            case 7: "paused"
            case 9: "migrating"
            case 32768: "running"
            default: "unknown"
            }
        memoryMiB = (instance["MemoryKiB"]?.integerValue ?? 0) / 1024
        virtualCPUs = instance["VirtualCPUs"]?.integerValue ?? 0
        isPersistent = instance["IsPersistent"]?.booleanValue ?? false
        startsWithHost = instance["StartsWithHost"]?.booleanValue ?? false
        migrationOwner = instance["MigrationOwner"]?.stringValue
        migrationGeneration = instance["MigrationGeneration"]?.integerValue
    }
}

struct FindingRow: Encodable {
    var check: String
    /// `pass`, `warning`, `refusal`, `error` or `unknown`.
    var severity: String
    var message: String
    var seen: String?
    var needed: String?
    var remedy: String?
    var elapsedMicroseconds: Int64

    init(_ instance: CIMInstance) {
        check = instance.text("CheckID")
        severity =
            switch instance["Severity"]?.integerValue {
            case 2: "pass"
            case 3: "warning"
            case 4: "refusal"
            case 5: "error"
            default: "unknown"
            }
        message = instance.text("Message")
        seen = instance["Seen"]?.stringValue
        needed = instance["Needed"]?.stringValue
        remedy = instance["Remedy"]?.stringValue
        elapsedMicroseconds = instance["ElapsedMicroseconds"]?.integerValue ?? 0
    }

    var refuses: Bool { severity == "refusal" || severity == "error" }

    static func all(_ value: CIMValue?) -> [FindingRow] {
        (value?.elements ?? []).compactMap { $0?.instanceValue.map(FindingRow.init) }
    }
}

/// A job's error, of its GetErrors.
struct ErrorRow: Encodable {
    var message: String
    /// What the hypervisor said, verbatim; `nil` when it was not its doing.
    var hypervisor: String?
    var remedy: String?

    init(_ instance: CIMInstance) {
        message = instance.text("Message")
        hypervisor = instance.texts("MessageArguments").first
        remedy = instance.texts("RecommendedActions").first
    }

    static func all(_ value: CIMValue?) -> [ErrorRow] {
        (value?.elements ?? []).compactMap { $0?.instanceValue.map(ErrorRow.init) }
    }
}

struct JobRow: Encodable {
    var id: String
    var guest: String
    var source: String
    var destination: String
    var phase: String
    var percent: Int64
    var status: String
    var submitted: String
    var virshCommand: String?
    var unsafeDisksAllowed: Bool
    var bytesTotal: Int64?
    var bytesRemaining: Int64?
    var errors: String?
    /// Each error by itself; of `migrationd job` only.
    var errorDetails: [ErrorRow]?
    /// `source` or `destination`: where the guest was proved to be; `nil` before.
    var settledSide: String?
    var knowledge: [String]
    var timeline: [String]
    var findings: [FindingRow]
    /// As the property has it: `HOST:FILE`, then its lines, each after a tab.
    var hypervisorLog: [String]
    var resolvedBy: String?
    var fencedHosts: [String]

    init(_ instance: CIMInstance) {
        id = Self.number(instance.text("InstanceID"))
        guest = instance.text("GuestName")
        source = instance.text("SourceHost")
        destination = instance.text("DestinationHost")
        phase = Self.phase(instance["Phase"]?.integerValue)
        percent = instance["PercentComplete"]?.integerValue ?? 0
        status = instance.text("JobStatus")
        submitted = instance.text("TimeSubmitted")
        virshCommand = instance["VirshCommand"]?.stringValue
        unsafeDisksAllowed = instance["UnsafeDisksAllowed"]?.booleanValue ?? false
        bytesTotal = instance["BytesTotal"]?.integerValue
        bytesRemaining = instance["BytesRemaining"]?.integerValue
        errors = instance["ErrorDescription"]?.stringValue
        settledSide = [2: "source", 3: "destination"][instance["SettledSide"]?.integerValue ?? 0]
        knowledge = instance.texts("Knowledge")
        timeline = instance.texts("Timeline")
        findings = FindingRow.all(instance["Findings"])
        hypervisorLog = instance.texts("HypervisorLog")
        resolvedBy = instance["ResolvedBy"]?.stringValue
        fencedHosts = instance.texts("FencedHosts")
    }

    /// A job's number: what follows the colon of its InstanceID.
    static func number(_ instanceID: String) -> String { String(instanceID.split(separator: ":").last ?? "") }

    var hasEnded: Bool { ["completed", "failed", "cancelled"].contains(phase) }

    private static func phase(_ value: Int64?) -> String {
        switch value {
        case 2: "queued"
        case 3: "checking"
        case 4: "transferring"
        case 5: "verifying"
        case 6: "completed"
        case 7: "failed"
        case 8: "cancelled"
        case 9: "undecided"
        case 10: "preparing"
        case 11: "finishing"
        default: "unknown"
        }
    }
}

extension CIMInstance {
    /// A property as text; empty when it is NULL or absent.
    func text(_ name: CIMName) -> String { self[name]?.text ?? "" }

    func texts(_ name: CIMName) -> [String] { (self[name]?.elements ?? []).compactMap { $0?.stringValue } }
}
