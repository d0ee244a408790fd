/// How the world's time follows the wall's: at `speed`, or not at all while it is held. Both are times since
/// the world began.
struct Timeline: Sendable {
    private var wallAnchor = Duration.zero
    private var worldAnchor = Duration.zero
    private(set) var speed: Double
    private(set) var isHeld = false

    /// - Parameter speed: world seconds per wall second, above 0.
    init(speed: Double) { self.speed = speed }

    func world(atWall wall: Duration) -> Duration {
        guard !isHeld else { return worldAnchor }
        return worldAnchor + scaled(wall - wallAnchor, by: speed)
    }

    /// When the wall shows what the world will show as `world`; `nil` while the time is held.
    func wall(atWorld world: Duration) -> Duration? {
        if world <= worldAnchor { return wallAnchor }
        guard !isHeld else { return nil }
        return wallAnchor + scaled(world - worldAnchor, by: 1 / speed)
    }

    mutating func hold(atWall wall: Duration) {
        anchor(atWall: wall)
        isHeld = true
    }

    mutating func release(atWall wall: Duration) {
        anchor(atWall: wall)
        isHeld = false
    }

    mutating func change(speed: Double, atWall wall: Duration) {
        anchor(atWall: wall)
        self.speed = speed
    }

    mutating func skip(_ duration: Duration, atWall wall: Duration) {
        anchor(atWall: wall)
        worldAnchor += duration
    }

    private mutating func anchor(atWall wall: Duration) {
        worldAnchor = world(atWall: wall)
        wallAnchor = wall
    }

    /// Exact at the speed that simulations use.
    private func scaled(_ duration: Duration, by factor: Double) -> Duration {
        factor == 1 ? duration : duration * factor
    }
}
