/// The clock that was injected, seen as the time since the world began.
struct WallTime: Sendable {
    let now: @Sendable () -> Duration
    /// Throws `CancellationError` only.
    let sleep: @Sendable (_ until: Duration) async throws -> Void

    init(_ clock: any Clock<Duration>) { self.init(opened: clock) }

    private init<C: Clock>(opened clock: C) where C.Duration == Duration {
        let origin = clock.now
        now = { origin.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: origin.advanced(by: $0), tolerance: nil) }
    }
}
