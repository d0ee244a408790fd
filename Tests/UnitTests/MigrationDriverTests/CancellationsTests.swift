import Testing

@testable import MigrationDriver

@Suite(.timeLimit(.minutes(1))) struct CancellationsTests {
    private let cancellations = Cancellations<String>()

    /// Ends when it is cancelled, and only then.
    private static func untilCancelled() async -> String {
        let (forever, _) = AsyncStream<Void>.makeStream()
        for await _ in forever {}
        return Task.isCancelled ? "cancelled" : "ended"
    }

    private func run(_ work: @escaping @Sendable () async -> String = untilCancelled) async -> String {
        await cancellations.run("a", fallback: "nothing", work)
    }

    @Test func workThatEndsLeavesNewerWorkUnderItsKeyCancellable() async {
        cancellations.prepare("a")
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        async let older = run {
            begin.finish()
            for await _ in gate {}
            return "ended"
        }
        for await _ in begun {}
        cancellations.prepare("a")
        open.finish()
        #expect(await older == "ended")
        async let newer = run()
        cancellations.cancel("a")
        #expect(await newer == "cancelled")
    }

    @Test func aCancelHoldsForWorkThatHasNotRunYetAndNotForNewerWork() async {
        cancellations.prepare("a")
        cancellations.cancel("a")
        cancellations.prepare("a")
        #expect(await run() == "cancelled")
        #expect(await run { Task.isCancelled ? "cancelled" : "ended" } == "ended")
    }
}
