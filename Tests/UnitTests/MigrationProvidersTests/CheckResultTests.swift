import CIM
import HypervisorAPI
import MigrationDriver
import Synchronization
import Testing

@testable import MigrationLogic
@testable import MigrationProviders

@Suite struct CheckResultTests {
    @Test func theReasonsOfAPlainFalseAreReadFromTheGuest() async throws {
        try await ModelUnderTest.with { model in
            // A guest is not moved to where it is.
            let outcome = try await model.call(
                "CheckVirtualSystemIsMigratableToHost",
                ["ComputerSystem": .reference(model.guest()), "DestinationHost": .string("alpha")])
            #expect(outcome.outputs.first { $0.name == "IsMigratable" }?.value == .boolean(false))
            let paths = try await model.associated(
                model.guest(), by: "Migrationd_ElementCheckResult", role: "CheckResult")
            let path = try #require(paths.first)
            let result = try #require(try await model.instance(at: path))
            #expect(result["Verdict"] == .uint16(4))
            #expect(result["IsMigratable"] == .boolean(false))
            #expect(result["MethodName"] == .string("CheckVirtualSystemIsMigratableToHost"))
            #expect(result["Owner"] == .string("uid 7"))
            #expect(result["InstanceID"] == .string("migrationd:check:\(ModelUnderTest.web):alpha"))
            let refusals = result["Findings"]?.elements?.compactMap { $0?.instanceValue }.filter {
                $0["Severity"] == .uint16(4)
            }
            #expect(refusals?.isEmpty == false)
        }
    }

    @Test func theLastCheckOfAPairReplacesTheOneBefore() async throws {
        try await ModelUnderTest.with { model in
            for (method, host) in [
                ("CheckVirtualSystemIsMigratableToHost", "beta"), ("CheckIsVSMigratable", "alpha"),
                ("CheckIsVSMigratable", "beta"),
            ] as [(CIMName, String)] {
                try await model.call(
                    method, ["ComputerSystem": .reference(model.guest()), "DestinationHost": .string(host)])
            }
            let results = try await model.instances("Migrationd_CheckResult")
            #expect(results.map { $0["DestinationHost"] } == [.string("beta"), .string("alpha")])
            #expect(results[0]["MethodName"] == .string("CheckIsVSMigratable"))
        }
    }

    @Test func aUUIDInAnotherSpellingIsNoKey() async throws {
        try await ModelUnderTest.with { model in
            try await model.call(
                "CheckIsVSMigratable",
                ["ComputerSystem": .reference(model.guest()), "DestinationHost": .string("beta")])
            func find(_ id: String) async throws -> CIMInstance? {
                try await model.instance(
                    at: CIMObjectPath(
                        namespace: ModelUnderTest.virt, className: "Migrationd_CheckResult",
                        keys: [CIMKeyBinding("InstanceID", .string(id))]))
            }
            #expect(try await find("migrationd:check:\(ModelUnderTest.web):beta") != nil)
            #expect(try await find("migrationd:check:\(ModelUnderTest.web.text.replacing("-", with: "")):beta") == nil)
            #expect(try await find("migrationd:check:\(ModelUnderTest.web)") == nil)
            #expect(try await find("migrationd:check:") == nil)
        }
    }
}

/// The store by itself, with a clock of its own.
@Suite struct CheckResultsTests {
    private final class Clock: Sendable {
        let seconds = Mutex<Int64>(0)
        var now: Timestamp { Timestamp(microseconds: seconds.withLock { $0 } * 1_000_000) }
    }

    private let clock = Clock()

    private func report(_ destination: String) -> CheckReport {
        let alpha = HostDescription(name: "alpha", uri: "fake:///a")
        return CheckReport(
            plan: MigrationPlan(
                guestName: "web", guestUUID: ModelUnderTest.web, source: alpha,
                destination: HostDescription(name: destination, uri: "fake:///b"),
                request: MigrationRequest(guest: .name("web"), destination: destination)), findings: [])
    }

    private func results(bound: Int) -> CheckResults {
        CheckResults(bound: bound, lifetime: .seconds(60), now: { [clock] in clock.now })
    }

    @Test func theOldestGivesWayToTheNewest() {
        let results = results(bound: 3)
        for (second, name) in ["a", "b", "c", "a", "d"].enumerated() {
            clock.seconds.withLock { $0 = Int64(second) }
            results.add(report(name))
        }
        #expect(results.all.map(\.key.destination) == ["d", "a", "c"])
    }

    @Test func aResultIsForgottenWhenItsTimeIsOver() {
        let results = results(bound: 3)
        results.add(report("a"))
        clock.seconds.withLock { $0 = 30 }
        results.add(report("b"))
        clock.seconds.withLock { $0 = 60 }
        #expect(results.all.map(\.key.destination) == ["b", "a"])
        clock.seconds.withLock { $0 = 61 }
        #expect(results[CheckResults.Key(guest: ModelUnderTest.web, destination: "a")] == nil)
        #expect(results.of(ModelUnderTest.web).map(\.key.destination) == ["b"])
    }
}
