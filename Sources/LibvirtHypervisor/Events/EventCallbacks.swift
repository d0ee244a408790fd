import CLibvirt
import HypervisorAPI

/// The callbacks that libvirt makes on the event loop's thread. They copy values and call nothing that could block:
/// `virDomainGetUUIDString` and `virDomainGetName` read the handle they were given.
enum EventCallbacks {
    static let lifecycle: virConnectDomainEventCallback = { _, domain, event, detail, opaque in
        if let event = DomainEvent(type: event, detail: detail) { publish(event, domain, opaque) }
        return 0
    }

    static let jobCompleted: virConnectDomainEventJobCompletedCallback = { _, domain, _, _, opaque in
        publish(.jobCompleted, domain, opaque)
    }

    static let connectionClosed: virConnectCloseFunc = { _, _, opaque in
        guard let opaque else { return }
        Unmanaged<LossReport>.fromOpaque(opaque).takeUnretainedValue().lost()
    }

    static let releaseHub: virFreeCallback = { opaque in
        if let opaque { Unmanaged<EventHub>.fromOpaque(opaque).release() }
    }

    static let releaseLossReport: virFreeCallback = { opaque in
        if let opaque { Unmanaged<LossReport>.fromOpaque(opaque).release() }
    }

    private static func publish(_ event: DomainEvent, _ domain: OpaquePointer?, _ opaque: UnsafeMutableRawPointer?) {
        guard let domain, let opaque, let uuid = DomainUUID(ofDomain: domain) else { return }
        let name = virDomainGetName(domain).map { String(cString: $0) } ?? ""
        Unmanaged<EventHub>.fromOpaque(opaque).takeUnretainedValue().publish(.domain(uuid, name: name, event))
    }
}

/// What the close callback is given.
final class LossReport: Sendable {
    let lost: @Sendable () -> Void
    init(_ lost: @escaping @Sendable () -> Void) { self.lost = lost }
}

extension DomainEvent {
    /// `nil` for a type that libvirt added later. Source: libvirt `virDomainEventType` and the detail types of each.
    init?(type: Int32, detail: Int32) {
        guard type >= 0, detail >= 0 else { return nil }
        let detail = UInt32(detail)
        switch virDomainEventType(UInt32(type)) {
        case VIR_DOMAIN_EVENT_DEFINED: self = .defined
        case VIR_DOMAIN_EVENT_UNDEFINED: self = .undefined
        case VIR_DOMAIN_EVENT_STARTED: self = .started(migrated: detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED.rawValue)
        case VIR_DOMAIN_EVENT_SUSPENDED:
            self = .suspended(migrated: detail == VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED.rawValue)
        case VIR_DOMAIN_EVENT_RESUMED: self = .resumed(migrated: detail == VIR_DOMAIN_EVENT_RESUMED_MIGRATED.rawValue)
        case VIR_DOMAIN_EVENT_STOPPED: self = .stopped(migrated: detail == VIR_DOMAIN_EVENT_STOPPED_MIGRATED.rawValue)
        case VIR_DOMAIN_EVENT_SHUTDOWN: self = .shutDown
        case VIR_DOMAIN_EVENT_PMSUSPENDED: self = .powerManagementSuspended
        case VIR_DOMAIN_EVENT_CRASHED: self = .crashed
        default: return nil
        }
    }
}
