import NIOCore

/// Runs tasks on the thread of an event loop, between its other work. A task that was started there and waits for nothing
/// changes no thread from a request's last byte to its response: on an idle machine that is most of the time a short
/// request takes.
///
/// Whatever runs here holds up every connection of the loop: nothing may block, and nothing may compute for long.
final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
