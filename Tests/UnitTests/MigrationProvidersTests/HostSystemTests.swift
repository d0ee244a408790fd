import CIM
import Testing

@testable import MigrationProviders

@Suite struct HostSystemTests {
    @Test func theMachineOfTheDaemonIsAlwaysAHostSystem() async throws {
        try await ModelUnderTest.with(machine: "manager") { model in
            let systems = try await model.instances("KVM_HostSystem")
            #expect(systems.map { $0["Name"]?.stringValue } == ["manager", "alpha", "beta"])
            #expect(systems[0]["ConnectionURI"] == nil)
            #expect(systems[0]["Dedicated"] == .array(.uint16, [.uint16(14)]))
            #expect(systems[1]["Dedicated"] == nil)
            #expect(try await model.service["SystemName"] == .string("manager"))
            #expect(
                try await model.associated(try await model.service, by: "KVM_HostedService", role: "Antecedent")
                    == [model.host("manager")])
        }
    }

    @Test func aConfiguredHostOfTheMachinesNameIsTheMachine() async throws {
        try await ModelUnderTest.with(machine: "Beta") { model in
            let systems = try await model.instances("KVM_HostSystem")
            #expect(systems.map { $0["Name"]?.stringValue } == ["alpha", "beta"])
            #expect(try await model.service["SystemName"] == .string("beta"))
            #expect(try await model.instance(at: model.host("beta", in: ModelUnderTest.interop[0])) != nil)
            #expect(try await model.instance(at: model.host("alpha", in: ModelUnderTest.interop[0])) == nil)
        }
    }

    @Test func everyHostSystemHasTheCapabilities() async throws {
        try await ModelUnderTest.with { model in
            for name in ["manager", "alpha", "beta"] {
                let found = try await model.associated(
                    model.host(name), by: "KVM_ElementCapabilities", role: "Capabilities")
                #expect(found.map { $0["InstanceID"] } == [.string("MigrationCapabilities")])
            }
        }
    }
}
