import Glibc

/// A thread could not be had; `number` is `errno`'s.
struct ThreadError: Error {
    let number: Int32
    var message: String { "no thread could be started: \(String(cString: strerror(number)))" }
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs `body` on a new detached thread of its own, where it may block: libvirt's calls must not hold a thread of
/// the cooperative pool. Starting one takes some 15 µs, little beside any remote call, so none is kept waiting.
///
/// All signals are blocked in it: signals are for the threads that expect them, and a broken pipe is an error
/// of `write`.
func startThread(_ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 1 << 20)
    let box = Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { argument in
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, nil)
            if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
        }, box.toOpaque())
    guard status == 0 else {
        box.release()
        throw ThreadError(number: status)
    }
}
