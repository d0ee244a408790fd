import CIM
import Testing

@testable import MigrationLogic
@testable import MigrationProviders

@Suite struct MethodResultTests {
    /// The MethodResult that a job leads to.
    private func result(of job: CIMObjectPath, _ model: ModelUnderTest) async throws -> CIMInstance {
        let paths = try await model.associated(job, by: "KVM_AssociatedJobMethodResult", role: "JobParameters")
        let path = try #require(paths.first)
        let found = try #require(try await model.instance(at: path))
        #expect(model.served[ModelUnderTest.virt]!.repository.violations(in: found) == [])
        return found
    }

    private func parameters(_ result: CIMInstance, _ call: CIMName) -> CIMInstance? {
        result[call]?.instanceValue?["MethodParameters"]?.instanceValue
    }

    @Test func aJobLeadsToItsCallAndWhatCameOfIt() async throws {
        try await ModelUnderTest.with { model in
            let job = try await model.migrate(by: "MigrateVirtualSystemToSystem")
            let result = try await result(of: job, model)
            let before = try #require(parameters(result, "PreCallIndication"))
            #expect(before["ComputerSystem"] == .reference(model.guest()))
            #expect(before["DestinationSystem"] == .reference(model.host("beta")))
            #expect(before["MigrationSettingData"]?.instanceValue?["MigrationType"] == .uint16(2))
            #expect(before["Job"] == nil)
            let call = try #require(result["PostCallIndication"]?.instanceValue)
            #expect(call["MethodName"] == .string("MigrateVirtualSystemToSystem"))
            #expect(call["ReturnValue"] == .string("0"))
            #expect(call["PreCall"] == .boolean(false))
            #expect(parameters(result, "PostCallIndication")?["Job"] == .reference(job))
            #expect(parameters(result, "PostCallIndication")?["NewComputerSystem"] == .reference(model.guest()))
        }
    }

    @Test func aJobThatFailedReturnsTwo() async throws {
        try await ModelUnderTest.with { model in
            _ = try await model.migrate()
            // It is at beta already.
            let job = try await model.migrate()
            let result = try await result(of: job, model)
            #expect(result["PostCallIndication"]?.instanceValue?["ReturnValue"] == .string("2"))
            #expect(parameters(result, "PreCallIndication")?["DestinationHost"] == .string("beta"))
        }
    }

    @Test func aJobThatRunsHasNoOutcomeYet() async throws {
        try await ModelUnderTest.with(guests: ["busy"]) { model in
            let outcome = try await model.call(
                "MigrateVSTo",
                ["ComputerSystem": .reference(model.guest("busy")), "DestinationHost": .string("beta")])
            let job = try #require(outcome.outputs.first { $0.name == "Job" }?.value?.referenceValue)
            try await model.until { $0.orderedJobs.first?.phase == .transferring }
            let result = try await result(of: job, model)
            #expect(result["PreCallIndication"] != nil)
            #expect(result["PostCallIndication"] == nil)
            #expect(try await model.instance(at: job)?["Status"] == .string("Running"))
            let id = try #require(MigrationJobProvider.jobID(job))
            _ = try await model.driver.cancel(id)
            try await model.until { $0.orderedJobs.first?.isEnded == true }
            #expect(try await model.instance(at: job)?["Status"] == .string("Cancelled"))
        }
    }
}
