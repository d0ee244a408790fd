import Testing

@testable import Daemon

@Suite struct DescriptorBudgetTests {
    @Test func enoughDescriptorsAreEnoughWithoutAWord() throws {
        let budget = try DescriptorBudget(connections: 2000, hosts: 3, limit: 65536)
        #expect(budget.connections == 2000)
        #expect(budget.warning == nil)
    }

    @Test func fewerConnectionsAreTakenThanThereAreDescriptorsFor() throws {
        let budget = try DescriptorBudget(connections: 10_000, hosts: 3, limit: 4096)
        #expect((3000..<4000).contains(budget.connections))
        let warning = try #require(budget.warning)
        #expect(warning.contains("LimitNOFILE"))
        #expect(warning.contains("limits.connections"))
    }

    @Test func aDaemonThatCouldServeNobodyDoesNotStart() {
        let error = #expect(throws: StartError.self) {
            try DescriptorBudget(connections: 10, hosts: 1, limit: 64)
        }
        #expect(error?.description.contains("LimitNOFILE") == true)
    }
}
