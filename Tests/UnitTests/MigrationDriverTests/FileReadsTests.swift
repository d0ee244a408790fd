import Dispatch
import MigrationLogic
import Synchronization
import Testing

@testable import MigrationDriver

/// A clock on which a sleep takes no time or, while its time has not passed, does not end but by cancellation.
private final class DeadlineClock: Clock {
    private let hasPassed: Mutex<Bool>

    init(hasPassed: Bool) { self.hasPassed = Mutex(hasPassed) }

    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Duration { .zero }
    func setPassed(_ value: Bool) { hasPassed.withLock { $0 = value } }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        if !hasPassed.withLock({ $0 }) { try await Task.sleep(for: .seconds(3600)) }
    }
}

@Suite(.timeLimit(.minutes(1))) struct FileReadsTests {
    /// Reads that hang until `release` is signalled, once for each.
    private let release = DispatchSemaphore(value: 0)
    private let clock = DeadlineClock(hasPassed: true)

    private func reads(begun: @escaping @Sendable (String) -> Void = { _ in }) -> FileReads {
        FileReads(clock: clock) { [release] path, _ in
            begun(path)
            if path.hasPrefix("/hung") { release.wait() }
            return .success(path)
        }
    }

    private func releaseAll() { for _ in 0..<10 { release.signal() } }

    @Test func aReadThatHangsIsGivenUp() async {
        #expect(await reads().tail(of: "/hung/a", bound: 1) == .failure(FileReads.late))
        releaseAll()
    }

    @Test func itsAnswerIsOneFinding() async {
        let host = MigrationLogic.HostDescription(
            name: "a", uri: "qemu:///system", qemuLogDirectory: "/hung", qemuConfiguration: "/hung/qemu.conf")
        let files = HostFiles(host, reads())
        #expect(await files.logExcerpt(of: "web")?.lines == ["(not read: no answer within 5 s)"])
        #expect(await files.lockManager() == .notRead("/hung/qemu.conf: no answer within 5 s"))
        releaseAll()
    }

    @Test func fourMayHangAndNoMoreAreBegunUntilOneReturns() async {
        let begun = Mutex<[String]>([])
        let reads = reads { path in begun.withLock { $0.append(path) } }
        for number in 0..<4 {
            #expect(await reads.tail(of: "/hung/\(number)", bound: 1) == .failure(FileReads.late))
        }
        #expect(await reads.tail(of: "/local", bound: 1) == .failure(FileReads.stuck))
        #expect(begun.withLock { !$0.contains("/local") })
        clock.setPassed(false)
        releaseAll()
        while await reads.tail(of: "/local", bound: 1) != .success("/local") { await Task.yield() }
    }

    @Test func aReadWaitsForAPlaceThatReadsUnderWayTake() async {
        clock.setPassed(false)
        let reads = reads()
        let paths = (0..<4).map { "/hung/\($0)" } + (0..<20).map { "/local/\($0)" }
        await withTaskGroup(of: Bool.self) { group in
            for path in paths { group.addTask { await reads.tail(of: path, bound: 1) == .success(path) } }
            releaseAll()
            for await isRead in group { #expect(isRead) }
        }
    }

    @Test func aCancelledReaderDoesNotWait() async {
        clock.setPassed(false)
        let reads = reads()
        let reader = Task { await reads.tail(of: "/hung/a", bound: 1) }
        reader.cancel()
        #expect(await reader.value == .failure(FileReads.late))
        releaseAll()
    }
}
