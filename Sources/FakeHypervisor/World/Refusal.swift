import HypervisorAPI

/// An error as a host gives it, before it is known which call it answers. Numbers and words are those of
/// libvirt 9.0 with QEMU 7.2, as seen on real hosts.
struct Refusal: Error, Hashable, Sendable {
    let code: HypervisorError.Code
    let number: Int32
    let message: String

    init(_ code: HypervisorError.Code, _ number: Int32, _ message: String) {
        self.code = code
        self.number = number
        self.message = message
    }

    func error(call: HostCall, uri: String) -> HypervisorError {
        HypervisorError(code: code, number: number, message: message, call: call.libvirtName, uri: uri)
    }
}

/// What is wrong with a domain or a job.
extension Refusal {
    static func noDomain(_ uuid: DomainUUID) -> Refusal {
        Refusal(.noSuchDomain, 42, "Domain not found: no domain with matching uuid '\(uuid)'")
    }

    static let notRunning = invalid("domain is not running", .domainNotRunning)
    static let noJob = invalid("no job is active on the domain")

    static func alreadyMigrating(_ name: String) -> Refusal {
        invalid("another migration job is already running for domain '\(name)'")
    }

    static let incomingHasNoStatistics = Refusal(
        .unsupported, 84, "Operation not supported: migration statistics are available only on the source host")

    /// libvirt waits 30 s before it says so.
    static let incomingIsLocked = Refusal(
        .operationTimeout, 68, "Timed out during operation: cannot acquire state change lock")

    /// The same, with the holder's name.
    static func locked(by job: DomainRecord.Job?) -> Refusal {
        let holder = if case .outgoing? = job { "Perform3Params" } else { "Prepare3Params" }
        return Refusal(
            .operationTimeout, 68,
            "\(incomingIsLocked.message) (held by monitor=remoteDispatchDomainMigrate\(holder))")
    }

    static let alreadyRunning = invalid("domain is already running")
    static let transientCannotStartWithHost = invalid("cannot set autostart for transient domain")

    /// What a call requires does not hold; the hypervisor was not asked.
    static func notSent(_ reason: String) -> Refusal { Refusal(.operationInvalid, 0, "not sent: \(reason)") }

    static let aborted = Refusal(
        .operationAborted, 78, "operation aborted: job 'migration out' canceled by client")

    static let guestEnded = Refusal(.domainNotRunning, 9, "operation failed: domain is not running")

    static func unsafe(_ reason: String) -> Refusal { Refusal(.migrationUnsafe, 81, "Unsafe migration: \(reason)") }

    fileprivate static func invalid(
        _ reason: String, _ code: HypervisorError.Code = .operationInvalid
    ) -> Refusal {
        Refusal(code, 55, "Requested operation is not valid: \(reason)")
    }
}

/// What is wrong at a destination.
extension Refusal {
    static func alreadyActive(_ name: String) -> Refusal {
        invalid("domain '\(name)' is already active", .domainExists)
    }

    static func nameTaken(_ name: String, by uuid: DomainUUID) -> Refusal {
        failed("domain '\(name)' already exists with uuid \(uuid)", .domainExists)
    }

    static func uuidTaken(by name: String, _ uuid: DomainUUID) -> Refusal {
        failed("domain '\(name)' is already defined with uuid \(uuid)", .domainExists)
    }

    static func sameHost(_ uuid: DomainUUID) -> Refusal {
        Refusal(.internalError, 1, "internal error: Attempt to migrate guest to the same host \(uuid)")
    }

    /// libvirt's words for a peer URI that names no other machine.
    static let peerIsLocal = Refusal(.invalidArgument, 8, "Attempt to migrate guest to the same host")

    static func diskMissing(_ path: String) -> Refusal {
        Refusal(.operationFailed, 38, "Cannot access storage file '\(path)': No such file or directory")
    }

    static func noPool(named name: String) -> Refusal {
        Refusal(.other, 49, "Storage pool not found: no storage pool with matching name '\(name)'")
    }

    /// A disk is to be copied and its file is not there: libvirt would make it, in the pool of its directory.
    static func noPool(at path: String) -> Refusal {
        Refusal(.other, 49, "Storage pool not found: no storage pool with matching target path '\(path)'")
    }

    static func volumeExists(_ name: String) -> Refusal {
        Refusal(.volumeExists, 90, "storage volume '\(name)' exists already")
    }

    static func noVolume(_ path: String) -> Refusal {
        Refusal(.noSuchStorageVolume, 50, "Storage volume not found: no storage vol with matching path '\(path)'")
    }

    static func notCovered(_ path: String) -> Refusal {
        Refusal(.operationFailed, 0, "no running storage pool covers \(path)")
    }

    /// What is there is not what was meant; the hypervisor was not asked.
    static func volumeDiffers(_ reason: String) -> Refusal { Refusal(.volumeDiffers, 0, "not sent: \(reason)") }

    static func otherSize(disk target: String) -> Refusal {
        failed("migration of disk \(target) failed: Source and target image have different sizes", .operationFailed)
    }

    /// QEMU's words for a volume that is in use where the disk comes from, too: it is the same file.
    static let copyOntoItself = Refusal(
        .internalError, 1,
        "internal error: unable to execute QEMU command 'block-export-add': Block node is read-only")

    static func otherFormat(_ format: String) -> Refusal {
        Refusal(
            .internalError, 1,
            "internal error: process exited while connecting to monitor: Image is not in \(format) format")
    }

    static func featuresMissing(_ features: [String]) -> Refusal {
        failed(
            "guest CPU doesn't match specification: missing features: \(features.joined(separator: ","))",
            .cpuIncompatible)
    }

    static func unsupported(_ what: String, emulator: String) -> Refusal {
        Refusal(
            .configurationUnsupported, 67, "unsupported configuration: Emulator '\(emulator)' does not support \(what)")
    }

    static let noMemory = Refusal(
        .internalError, 1,
        "internal error: process exited while connecting to monitor: cannot set up guest memory 'pc.ram': "
            + "Cannot allocate memory")

    static let emulatorEnded = Refusal(.internalError, 1, "internal error: qemu unexpectedly closed the monitor")

    private static func failed(_ reason: String, _ code: HypervisorError.Code) -> Refusal {
        Refusal(code, 9, "operation failed: \(reason)")
    }
}

/// What is wrong with a connection.
extension Refusal {
    static func refused(_ address: String) -> Refusal {
        Refusal(.connectionFailed, 38, "unable to connect to server at '\(address):16509': Connection refused")
    }

    static func noRoute(_ address: String) -> Refusal {
        Refusal(.connectionFailed, 38, "unable to connect to server at '\(address):16509': No route to host")
    }

    static func unresolved(_ address: String) -> Refusal { unresolved(address, .connectionFailed) }

    /// The source does not know the destination's address: its failure, not one of the caller's connection.
    static func peerUnresolved(_ address: String) -> Refusal { unresolved(address, .operationFailed) }

    private static func unresolved(_ address: String, _ code: HypervisorError.Code) -> Refusal {
        Refusal(code, 38, "Unable to resolve address '\(address)' service '16509': Name or service not known")
    }

    /// The connection between two hosts ended.
    static let peerLost = Refusal(.internalError, 1, "internal error: client socket is closed")

    static let connectionLost = Refusal(.connectionLost, 38, "End of file while reading data: Input/output error")
}

extension HypervisorError.Code {
    /// What a libvirt error number means, for errors that a fault gives by number.
    init(libvirtNumber number: Int32) {
        self =
            switch number {
            case 1: .internalError
            case 3, 84: .unsupported
            case 8, 27: .invalidArgument
            case 9, 38: .operationFailed
            case 28: .domainExists
            case 42: .noSuchDomain
            case 45, 88: .accessDenied
            case 50: .noSuchStorageVolume
            case 55: .operationInvalid
            case 67: .configurationUnsupported
            case 68: .operationTimeout
            case 78: .operationAborted
            case 81: .migrationUnsafe
            case 90: .volumeExists
            case 91: .cpuIncompatible
            default: .other
            }
    }
}
