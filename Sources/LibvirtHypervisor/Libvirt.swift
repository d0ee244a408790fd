import HypervisorAPI
import Synchronization

/// Hosts over libvirt's client library, for every driver that it has (`qemu`, `xen`, `test`, ...). To be shut down:
/// dropped without that, its connections stay open and the event loop goes on.
package final class Libvirt: Hypervisor {
    private struct State {
        var hosts: [HypervisorURI: LibvirtHost] = [:]
        var isShutDown = false
    }

    private let options: Options
    private let state = Mutex(State())

    /// Starts libvirt's event loop, on a thread of its own, unless another `Libvirt` has.
    /// - Throws: `internalError` when libvirt cannot be initialized or there is no thread.
    package init(options: Options = Options()) throws(HypervisorError) {
        self.options = options
        try EventLoop.retain()
    }

    package func host(_ uri: HypervisorURI) -> any HypervisorHost {
        state.withLock { state in
            if let host = state.hosts[uri] { return host }
            let host = LibvirtHost(uri: uri, options: options)
            if state.isShutDown { host.refuseCalls() }
            state.hosts[uri] = host
            return host
        }
    }

    /// Waits for the connections to be closed, for `Options.closeTimeout` at most. Calls that hang are left to the
    /// end of the process.
    package func shutDown() async {
        let hosts: [LibvirtHost]? = state.withLock { state in
            guard !state.isShutDown else { return nil }
            state.isShutDown = true
            return Array(state.hosts.values)
        }
        guard let hosts else { return }
        await withTaskGroup(of: Void.self) { group in
            for host in hosts { group.addTask { await host.shutDown() } }
        }
        EventLoop.release()
    }
}
