import NIOCore

/// One deadline at a time for a connection; confined to its event loop. A deadline that moves back costs
/// nothing: the task that was scheduled earlier looks, when it runs, whether there is still time left.
/// (Cancelling a scheduled task searches all tasks of the event loop.)
final class HTTPTimer<Wait: Hashable> {
    private let loop: any EventLoop
    private let timeout: (Wait) -> Duration
    private var wait: Wait?
    private var deadline = NIODeadline.distantFuture
    private var scheduled: (at: NIODeadline, task: Scheduled<Void>)?
    /// Called once when the time of a wait is over.
    var expired: ((Wait) -> Void)?

    init(loop: any EventLoop, timeout: @escaping (Wait) -> Duration) {
        self.loop = loop
        self.timeout = timeout
    }

    /// Starts the time of another wait; the same wait goes on, and `nil` waits for nothing.
    func set(_ wait: Wait?) {
        guard wait != self.wait else { return }
        self.wait = wait
        guard let wait else { return }
        deadline = .now() + TimeAmount(timeout(wait))
        if let scheduled {
            if scheduled.at <= deadline { return }
            scheduled.task.cancel()
        }
        schedule()
    }

    func stop() {
        wait = nil
        expired = nil
        scheduled?.task.cancel()
        scheduled = nil
    }

    private func schedule() {
        scheduled = (deadline, loop.assumeIsolated().scheduleTask(deadline: deadline) { self.fire() })
    }

    private func fire() {
        scheduled = nil
        guard let wait else { return }
        if deadline > .now() { return schedule() }
        self.wait = nil
        expired?(wait)
    }
}
