import HypervisorAPI
import Testing

/// An implementation under the contract suite.
struct ContractFixtureKind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let make: @Sendable () async throws -> any ContractFixture

    init(_ name: String, make: @escaping @Sendable () async throws -> any ContractFixture) {
        testDescription = name
        self.make = make
    }

    /// Makes a fixture, runs `body` and tears the fixture down even when `body` fails.
    func run(_ body: @Sendable (any ContractFixture) async throws -> Void) async throws {
        let fixture = try await make()
        do {
            try await body(fixture)
        } catch {
            do { try await fixture.tearDown() } catch { Issue.record("after the failure, tearing down failed too: \(error)") }
            throw error
        }
        try await fixture.tearDown()
    }
}
