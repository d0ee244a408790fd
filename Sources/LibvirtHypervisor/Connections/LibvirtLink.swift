import CLibvirt
import HypervisorAPI

/// An open libvirt connection.
///
/// `@unchecked Sendable`: a connection is the one kind of handle that libvirt lets many threads use at once
/// ("Architecture and threading" in its documentation); `ConnectionState` closes it after the last of them is done.
struct LibvirtLink: @unchecked Sendable {
    let connection: OpaquePointer
    let events: EventHub
    /// Why there are no events; `nil` when there are.
    let eventsFailure: HypervisorError?
    private let eventCallbacks: [Int32]

    /// - Parameter wantsEvents: registers for the host's events.
    static func connector(uri: HypervisorURI, options: Libvirt.Options, wantsEvents: Bool) -> Connector<LibvirtLink> {
        Connector(
            open: { lost throws(HypervisorError) in
                try LibvirtLink(uri: uri.text, options: options, wantsEvents: wantsEvents, lost: lost)
            },
            close: { $0.close() })
    }

    private init(
        uri: String, options: Libvirt.Options, wantsEvents: Bool, lost: @escaping @Sendable () -> Void
    ) throws(HypervisorError) {
        guard let connection = virConnectOpen(uri) else {
            throw HypervisorError.lastOfThisThread(call: "virConnectOpen", uri: uri)
        }
        let events = EventHub()
        do throws(HypervisorError) {
            try Self.keepAlive(connection, uri, options)
            try Self.reportLoss(connection, uri, events, lost)
        } catch {
            virConnectClose(connection)
            throw error
        }
        self.connection = connection
        self.events = events
        (eventCallbacks, eventsFailure) = wantsEvents ? Self.register(connection, uri, events) : ([], nil)
    }

    private static func keepAlive(
        _ connection: OpaquePointer, _ uri: String, _ options: Libvirt.Options
    ) throws(HypervisorError) {
        let status = virConnectSetKeepAlive(connection, options.keepaliveIntervalSeconds, options.keepaliveCount)
        guard status < 0 else { return }
        let error = HypervisorError.lastOfThisThread(call: "virConnectSetKeepAlive", uri: uri)
        // Drivers inside this process have no connection that could die.
        guard error.code == .unsupported else { throw error }
    }

    private static func reportLoss(
        _ connection: OpaquePointer, _ uri: String, _ events: EventHub, _ lost: @escaping @Sendable () -> Void
    ) throws(HypervisorError) {
        let report = Unmanaged.passRetained(
            LossReport {
                lost()
                events.finish()
            })
        let status = virConnectRegisterCloseCallback(
            connection, EventCallbacks.connectionClosed, report.toOpaque(), EventCallbacks.releaseLossReport)
        guard status < 0 else { return }
        report.release()
        throw HypervisorError.lastOfThisThread(call: "virConnectRegisterCloseCallback", uri: uri)
    }

    /// A host without events can still be asked; only `events()` fails then.
    private static func register(
        _ connection: OpaquePointer, _ uri: String, _ events: EventHub
    ) -> (callbacks: [Int32], failure: HypervisorError?) {
        let hub = Unmanaged.passUnretained(events)
        var callbacks: [Int32] = []
        let lifecycle = clibvirt_register_lifecycle(
            connection, EventCallbacks.lifecycle, hub.retain().toOpaque(), EventCallbacks.releaseHub)
        guard lifecycle >= 0 else {
            hub.release()
            return ([], HypervisorError.lastOfThisThread(call: "virConnectDomainEventRegisterAny", uri: uri))
        }
        callbacks.append(lifecycle)
        let jobCompleted = clibvirt_register_job_completed(
            connection, EventCallbacks.jobCompleted, hub.retain().toOpaque(), EventCallbacks.releaseHub)
        guard jobCompleted >= 0 else {
            hub.release()
            let error = HypervisorError.lastOfThisThread(call: "virConnectDomainEventRegisterAny", uri: uri)
            // A host too old to report ended jobs reports the rest.
            return (callbacks, error.code == .unsupported ? nil : error)
        }
        callbacks.append(jobCompleted)
        return (callbacks, nil)
    }

    /// What fails here fails because the connection is gone already, which is what was wanted.
    private func close() {
        events.finish()
        for callback in eventCallbacks { virConnectDomainEventDeregisterAny(connection, callback) }
        virConnectUnregisterCloseCallback(connection, EventCallbacks.connectionClosed)
        virConnectClose(connection)
    }
}
