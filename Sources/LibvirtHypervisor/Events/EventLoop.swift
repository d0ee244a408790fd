import CLibvirt
import Glibc
import HypervisorAPI
import Synchronization

/// libvirt's event loop, on a thread of its own while someone uses it. There is one in a process: libvirt keeps it in
/// global variables. Keepalives, events and the news that a connection ended come through it.
enum EventLoop {
    private struct State {
        var isRegistered = false
        var users = 0
        var isRunning = false

        /// Whether the loop goes round once more; decided together with whether it still counts as running, so that
        /// a new user finds either a thread that goes on or none.
        mutating func mayRun() -> Bool {
            if users == 0 { isRunning = false }
            return isRunning
        }
    }

    private static let state = Mutex(State())

    /// Starts the loop if it does not run.
    /// - Throws: `internalError` when libvirt cannot be initialized or no thread can be had.
    static func retain() throws(HypervisorError) {
        try register()
        let mustStart = state.withLock { state in
            state.users += 1
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard mustStart else { return }
        do throws(ThreadError) {
            try startThread { run() }
        } catch {
            state.withLock { state in
                state.users -= 1
                state.isRunning = false
            }
            throw HypervisorError(code: .internalError, message: error.message, call: "pthread_create", uri: "")
        }
    }

    /// Stops the loop when it was the last user's.
    static func release() {
        let isUnused = state.withLock { state in
            state.users -= 1
            return state.users == 0
        }
        guard isUnused else { return }
        // Wakes the thread. Should it have ended already, this is done and over when it starts again.
        virEventAddTimeout(0, { timer, _ in _ = virEventRemoveTimeout(timer) }, nil, nil)
    }

    private static func run() {
        while state.withLock({ $0.mayRun() }) {
            // An error leaves nothing to wait for; without a pause the loop would take a whole processor.
            if virEventRunDefaultImpl() < 0 { usleep(10_000) }
        }
    }

    private static func register() throws(HypervisorError) {
        let call: String? = state.withLock { state in
            guard !state.isRegistered else { return nil }
            guard virInitialize() == 0 else { return "virInitialize" }
            // Else libvirt prints every error to standard error; ours carry them to whoever asked.
            virSetErrorFunc(nil) { _, _ in }
            guard virEventRegisterDefaultImpl() == 0 else { return "virEventRegisterDefaultImpl" }
            state.isRegistered = true
            return nil
        }
        if let call { throw HypervisorError.lastOfThisThread(call: call, uri: "") }
    }
}
