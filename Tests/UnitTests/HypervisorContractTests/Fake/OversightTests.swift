import FakeHypervisor
import HypervisorAPI
import Testing

@Suite("Oversight", .timeLimit(.minutes(2))) struct OversightTests {
    @Test func twoRunningCopiesAreAViolationThatStays() throws {
        let still = try StillWorld([guest(10, "web")])
        try still.world.perform(.guestDefine(host: "beta", guest(10, "web")))
        try still.world.perform(.guestStop(host: "beta", guest: "web"))
        #expect(Set(still.world.violations().map(\.kind)) == [.runsTwice, .activeTwice])
    }

    @Test func guestsThatWriteToOneDiskAreAViolation() throws {
        let still = try StillWorld([guest(10, "web")])
        let thief = try guest(11, "thief") { $0.disks[0].path = "/srv/shared/web.qcow2" }
        try still.world.perform(.guestDefine(host: "beta", thief))
        #expect(still.world.violations().map(\.kind) == [.diskShared])
    }

    @Test func tooManyMovesOnAHostAreAViolation() async throws {
        let still = try StillWorld([guest(10, "a"), guest(11, "b")], migrationsPerHost: 1)
        try await still.run {
            let first = try await still.beginMove(10)
            #expect(still.world.violations().isEmpty)
            let second = try await still.beginMove(11)
            #expect(still.world.violations().first?.kind == .tooManyMigrations)
            still.clock.advance(by: .seconds(10))
            try await first.value.get()
            try await second.value.get()
        }
    }

    @Test func guestRemovedOnPurposeIsNotLost() throws {
        let still = try StillWorld([guest(10, "web"), guest(11, "build", isPersistent: false)])
        try still.world.perform(.guestStop(host: "alpha", guest: "build"))
        try still.world.perform(.guestStop(host: "alpha", guest: "web"))
        try still.world.perform(.guestUndefine(host: "alpha", guest: "web"))
        #expect(still.world.violations().isEmpty)
    }

    @Test func commandsThatContradictTheWorldChangeNothing() throws {
        let still = try StillWorld([guest(10, "web"), guest(11, "build", isPersistent: false)])
        let before = still.world.dump()
        let refused: [(WorldCommand, SimulationError.Code)] = [
            (.hostDown("nowhere"), .unknownHost), (.guestStop(host: "alpha", guest: "nobody"), .unknownGuest),
            (.guestStart(host: "alpha", guest: "web"), .conflict),
            (.guestUndefine(host: "alpha", guest: "build"), .conflict),
            (.guestDefine(host: "alpha", try guest(12, "web")), .conflict),
            (.guestDefine(host: "alpha", try guest(10, "other")), .conflict),
            (.guestResume(host: "alpha", guest: "web"), .conflict), (.linkCut("alpha", "alpha"), .invalidValue),
            (.clockSpeed(0), .invalidValue), (.clockAdvance(.seconds(-1)), .invalidValue),
        ]
        for (command, code) in refused {
            let error = #expect(throws: SimulationError.self) { try still.world.perform(command) }
            #expect(error?.code == code, "\(command)")
        }
        #expect(still.world.dump() == before)
    }
}
