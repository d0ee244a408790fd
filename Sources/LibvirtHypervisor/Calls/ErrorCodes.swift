import CLibvirt
import HypervisorAPI

extension HypervisorError {
    /// The calling thread's last libvirt error, copied. To be called right after the call that failed, before any
    /// handle is freed: the next call on this thread overwrites it.
    static func lastOfThisThread(call: String, uri: String) -> HypervisorError {
        guard let error = virGetLastError(), error.pointee.code != 0 else {
            return HypervisorError(
                code: .internalError, message: "the call failed and libvirt gave no reason", call: call, uri: uri)
        }
        let number = error.pointee.code
        let message = error.pointee.message.map { String(cString: $0) } ?? ""
        return HypervisorError(
            code: ErrorCodes.code(number: number, message: message), number: number, message: message, call: call,
            uri: uri)
    }

    /// The same error, known to come from the end of our own connection.
    func asConnectionLost() -> HypervisorError {
        HypervisorError(code: .connectionLost, number: number, message: message, call: call, uri: uri)
    }
}

/// libvirt's error numbers (`virErrorNumber`) in our terms; the test `everyLibvirtErrorNumberHasItsCode` walks them
/// all.
enum ErrorCodes {
    /// The first number that this library's headers do not know.
    static let end = Int32(VIR_ERR_NUMBER_LAST.rawValue)

    /// - Parameter message: refines numbers that libvirt uses for many things.
    static func code(number: Int32, message: String) -> HypervisorError.Code {
        refinements.first { $0.numbers.contains(number) && message.contains($0.fragment) }?.code
            ?? code(number: number) ?? .other
    }

    /// Numbers that come back when a connection ended under a call, among other reasons: whether ours did end has to
    /// be asked of libvirt.
    static func mayMeanConnectionLost(_ number: Int32) -> Bool {
        switch virErrorNumber(UInt32(max(number, 0))) {
        case VIR_ERR_INTERNAL_ERROR, VIR_ERR_SYSTEM_ERROR, VIR_ERR_RPC, VIR_ERR_INVALID_CONN, VIR_ERR_GNUTLS_ERROR,
            VIR_ERR_SSH, VIR_ERR_LIBSSH, VIR_ERR_NO_CONNECT:
            true
        default: false
        }
    }

    /// libvirt's untranslated words where the number does not tell (9, 55 and 1 stand for most of them). The daemon
    /// writes the messages, in its own locale: in another one the number's code remains.
    private static let refinements: [(numbers: Set<Int32>, fragment: String, code: HypervisorError.Code)] = [
        ([9, 55], "domain is not running", .domainNotRunning),
        ([9], "already exists with uuid", .domainExists),
        ([9, 55], "is already defined with uuid", .domainExists),
        ([55], "is already active", .domainExists),
        // A file that the pool's list does not have yet: "volume target path '...' already exists".
        ([55], "volume target path", .volumeExists),
        ([9, 67], "guest CPU doesn't match specification", .cpuIncompatible),
        ([38], "unable to connect to server at", .connectionFailed),
        ([38], "Unable to resolve address", .connectionFailed),
        ([9], "Failed to connect to remote libvirt URI", .connectionFailed),
    ]

    /// `nil` for a number that this table does not know.
    static func code(number: Int32) -> HypervisorError.Code? {
        guard number > 0 else { return nil }
        let number = virErrorNumber(UInt32(number))
        return connection(number) ?? request(number) ?? state(number) ?? uncommon(number)
    }

    private static func connection(_ number: virErrorNumber) -> HypervisorError.Code? {
        switch number {
        case VIR_ERR_NO_CONNECT, VIR_ERR_UNKNOWN_HOST, VIR_ERR_GNUTLS_ERROR, VIR_ERR_SSH, VIR_ERR_LIBSSH,
            VIR_ERR_NO_SERVER, VIR_ERR_NO_CLIENT:
            .connectionFailed
        case VIR_ERR_INVALID_CONN: .connectionLost
        case VIR_ERR_AUTH_FAILED, VIR_ERR_AUTH_CANCELLED, VIR_ERR_AUTH_UNAVAILABLE, VIR_ERR_OPERATION_DENIED,
            VIR_ERR_ACCESS_DENIED, VIR_ERR_NO_ROOT:
            .accessDenied
        case VIR_ERR_OPERATION_TIMEOUT, VIR_ERR_AGENT_UNRESPONSIVE: .operationTimeout
        default: nil
        }
    }

    private static func request(_ number: virErrorNumber) -> HypervisorError.Code? {
        switch number {
        case VIR_ERR_NO_SUPPORT, VIR_ERR_CALL_FAILED, VIR_ERR_ARGUMENT_UNSUPPORTED, VIR_ERR_OPERATION_UNSUPPORTED:
            .unsupported
        case VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_OS_TYPE: .configurationUnsupported
        case VIR_ERR_INVALID_ARG, VIR_ERR_INVALID_DOMAIN, VIR_ERR_INVALID_NETWORK, VIR_ERR_INVALID_MAC,
            VIR_ERR_INVALID_STORAGE_POOL, VIR_ERR_INVALID_STORAGE_VOL, VIR_ERR_INVALID_NODE_DEVICE,
            VIR_ERR_INVALID_INTERFACE, VIR_ERR_INVALID_NWFILTER, VIR_ERR_INVALID_SECRET,
            VIR_ERR_INVALID_DOMAIN_SNAPSHOT, VIR_ERR_INVALID_STREAM, VIR_ERR_INVALID_NWFILTER_BINDING,
            VIR_ERR_INVALID_DOMAIN_CHECKPOINT, VIR_ERR_INVALID_NETWORK_PORT, VIR_ERR_XML_ERROR, VIR_ERR_XML_DETAIL,
            VIR_ERR_XML_INVALID_SCHEMA, VIR_ERR_OVERFLOW, VIR_ERR_SEXPR_SERIAL, VIR_ERR_NO_KERNEL,
            VIR_ERR_NO_SOURCE, VIR_ERR_NO_TARGET, VIR_ERR_NO_NAME, VIR_ERR_NO_OS, VIR_ERR_NO_DEVICE:
            .invalidArgument
        default: nil
        }
    }

    private static func state(_ number: virErrorNumber) -> HypervisorError.Code? {
        switch number {
        case VIR_ERR_NO_DOMAIN: .noSuchDomain
        case VIR_ERR_DOM_EXIST: .domainExists
        case VIR_ERR_OPERATION_INVALID, VIR_ERR_RESOURCE_BUSY, VIR_ERR_BLOCK_COPY_ACTIVE: .operationInvalid
        // 38 is every failed system call, of the host or of its connection to the peer.
        case VIR_ERR_OPERATION_FAILED, VIR_ERR_SYSTEM_ERROR, VIR_ERR_HOOK_SCRIPT_FAILED: .operationFailed
        case VIR_ERR_OPERATION_ABORTED: .operationAborted
        case VIR_ERR_MIGRATE_UNSAFE: .migrationUnsafe
        case VIR_ERR_CPU_INCOMPATIBLE: .cpuIncompatible
        case VIR_ERR_NO_STORAGE_VOL: .noSuchStorageVolume
        case VIR_ERR_STORAGE_VOL_EXIST: .volumeExists
        case VIR_ERR_INTERNAL_ERROR, VIR_ERR_NO_MEMORY, VIR_ERR_RPC: .internalError
        default: nil
        }
    }

    /// Numbers that no call of ours brings, or that have no code of their own. 69 and 93 belong here on purpose: the
    /// guest has moved and the host could not finish the rest, which is neither success nor failure.
    private static func uncommon(_ number: virErrorNumber) -> HypervisorError.Code? {
        switch number {
        case VIR_ERR_MIGRATE_PERSIST_FAILED, VIR_ERR_MIGRATE_FINISH_OK, VIR_ERR_GET_FAILED, VIR_ERR_POST_FAILED,
            VIR_ERR_HTTP_ERROR, VIR_ERR_NO_XEN, VIR_ERR_XEN_CALL, VIR_ERR_NO_XENSTORE, VIR_ERR_DRIVER_FULL,
            VIR_ERR_OPEN_FAILED, VIR_ERR_READ_FAILED, VIR_ERR_PARSE_FAILED, VIR_ERR_CONF_SYNTAX, VIR_ERR_WRITE_FAILED,
            VIR_ERR_NETWORK_EXIST, VIR_WAR_NO_NETWORK, VIR_ERR_NO_NETWORK, VIR_WAR_NO_STORAGE, VIR_ERR_NO_STORAGE_POOL,
            VIR_WAR_NO_NODE, VIR_ERR_NO_NODE_DEVICE, VIR_ERR_NO_SECURITY_MODEL, VIR_WAR_NO_INTERFACE,
            VIR_ERR_NO_INTERFACE, VIR_ERR_MULTIPLE_INTERFACES, VIR_WAR_NO_NWFILTER, VIR_ERR_NO_NWFILTER,
            VIR_ERR_BUILD_FIREWALL, VIR_WAR_NO_SECRET, VIR_ERR_NO_SECRET, VIR_ERR_NO_DOMAIN_SNAPSHOT,
            VIR_ERR_STORAGE_PROBE_FAILED, VIR_ERR_STORAGE_POOL_BUILT, VIR_ERR_SNAPSHOT_REVERT_RISKY,
            VIR_ERR_NO_DOMAIN_METADATA, VIR_ERR_DBUS_SERVICE, VIR_ERR_AGENT_UNSYNCED, VIR_ERR_DEVICE_MISSING,
            VIR_ERR_NO_NWFILTER_BINDING, VIR_ERR_NO_DOMAIN_CHECKPOINT,
            VIR_ERR_NO_DOMAIN_BACKUP, VIR_ERR_NETWORK_PORT_EXIST, VIR_ERR_NO_NETWORK_PORT, VIR_ERR_NO_HOSTNAME,
            VIR_ERR_CHECKPOINT_INCONSISTENT, VIR_ERR_MULTIPLE_DOMAINS:
            .other
        default: nil
        }
    }
}
