import HypervisorAPI
import Testing

@testable import MigrationLogic

/// A generator that gives the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Any events in any order, late and repeated ones included, keep the machine's invariants.
@Suite struct MachinePropertyTests {
    @Test(arguments: 0..<200) func invariantsHoldUnderAnyEvents(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var machine = MachineUnderTest { options in
            options.runningMigrations = 2
            options.queuedMigrations = 2
            options.verifyAttempts = 2
            options.jobHistory = 4
        }
        var transferring: Set<JobID> = []
        for number in 0..<120 {
            let before = machine.state.jobs
            let effects = machine.send(Self.event(number, &random))
            for case .act(let id, let call) in effects {
                #expect(machine.journal[id]?.intendedAct?.act == call.act, "seed \(seed): intent before act")
            }
            for case .transfer(let id, _) in effects {
                #expect(machine.journal[id]?.phase == .transferring, "seed \(seed): intent before effect")
                #expect(transferring.insert(id).inserted, "seed \(seed): one transfer a job")
            }
            let live = machine.state.orderedJobs.filter { !$0.isEnded }
            #expect(Set(live.map(\.plan.guestUUID)).count == live.count, "seed \(seed): one job a guest")
            #expect(live.count { $0.phase.isRunning } <= 2, "seed \(seed): limit")
            for job in before.values where job.isEnded {
                #expect(
                    machine.state.jobs[job.id].map { $0.phase == job.phase } ?? true, "seed \(seed): an end is an end")
            }
            for job in machine.state.orderedJobs {
                #expect(machine.journal[job.id]?.phase == job.phase, "seed \(seed): what is shown is durable")
            }
        }
    }

    private static func event(_ number: Int, _ random: inout SeededGenerator) -> Event {
        let job = JobID("j\(Int.random(in: 0..<6, using: &random))")
        let request = RequestID(UInt64(Int.random(in: 0..<8, using: &random)))
        let digit = Int.random(in: 0..<4, using: &random)
        let guest = Samples.domain(
            name: "g\(digit)", uuid: DomainUUID("0000000\(digit)-2222-4333-8444-555555555555")!)
        let any = JobID("j\(Int.random(in: 0...number, using: &random))")
        switch Int.random(in: 0..<19, using: &random) {
        case 0, 1: return .migrateRequested(request, JobID("j\(number)"), Samples.request(guest: guest.name))
        case 2, 3:
            let locations = Samples.hosts.map { host in
                GuestLocation(host: host, answer: .known(host == Samples.alpha ? guest : nil))
            }
            return .guestLocated(request, locations)
        case 4: return .cancelRequested(request, job)
        case 5, 6:
            let disk = Bool.random(using: &random) ? "/srv/shared/x" : "/private/x"
            return .factsGathered(
                .job(JobID("j\(Int.random(in: 0...number, using: &random))")), Samples.facts(disk: disk))
        case 7: return .transferEnded(JobID("j\(Int.random(in: 0...number, using: &random))"), .returned)
        case 8:
            let other = JobID("j\(Int.random(in: 0...number, using: &random))")
            return .transferEnded(other, .failed(Samples.error(.unknownOutcome)))
        case 9, 10: return .evidenceRead(JobID("j\(Int.random(in: 0...number, using: &random))"), evidence(&random))
        case 11, 12, 13: return .actEnded(any, nil)
        case 14: return .actEnded(any, Samples.error(Bool.random(using: &random) ? .operationFailed : .connectionLost))
        case 15: return .alarm(.actAgain(any))
        case 16:
            return .resolveRequested(
                request, any, Resolution(keep: Bool.random(using: &random) ? .source : .destination))
        case 17: return .evidenceReadToResolve(request, any, evidence(&random))
        default: return .alarm(.verifyAgain(job))
        }
    }

    private static func evidence(_ random: inout SeededGenerator) -> Evidence {
        func observation() -> Observation {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: .absent
            case 1: .unreadable("down")
            case 2: .present(Samples.domain(.shutOff))
            default: .present(Samples.domain(.running))
            }
        }
        let destination = observation()
        return Evidence(
            destinationFirst: destination, source: observation(), destinationAgain: destination,
            jobIsActive: [true, false, nil].randomElement(using: &random) ?? nil)
    }
}
