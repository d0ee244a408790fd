extension ContractFixtureKind {
    /// Every implementation that can be tested here.
    static let all: [ContractFixtureKind] = [.fake, .remoteFake] + lab
}
