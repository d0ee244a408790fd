import HypervisorAPI
import Testing

@testable import MigrationLogic

@Suite struct CheckTests {
    private func finding(_ id: String, _ change: (inout Facts) -> Void, kind: MigrationKind = .live) throws -> Finding {
        var facts = Samples.facts(kind: kind)
        change(&facts)
        return try #require(BuiltInChecks.evaluate(facts).first { $0.checkID == id })
    }

    @Test func everyCheckPassesWhereNothingStandsInTheWay() {
        let findings = BuiltInChecks.evaluate(Samples.facts(kind: .offline))
        #expect(findings.filter { $0.severity != .pass } == [])
        #expect(Verdict(findings) == .migratable)
    }

    @Test func theUnsafeFlagIsAlwaysShown() {
        let findings = BuiltInChecks.evaluate(Samples.facts())
        #expect(findings.filter { $0.severity == .warning }.map(\.checkID) == ["disks-reachable"])
        #expect(Verdict(findings) == .migratableWithWarnings)
    }

    @Test func everyRefusalSaysWhatWasSeenWhatIsNeededAndWhatToDo() {
        var facts = Samples.facts(kind: .offline, disk: "/var/lib/private.img")
        facts.guest = .known(Samples.domain(.running))
        facts.destinationIdentity = .known(Samples.identity("a", type: "Xen", version: 1))
        facts.destinationCapabilities = .known(Samples.capabilities(type: "xen"))
        facts.sameName = .known(Samples.domain(uuid: Samples.otherUUID))
        facts.cpu = .known(.incompatible(reason: "missing features: smap"))
        var job = JobStatistics(kind: .unbounded)
        job.elapsedMilliseconds = 5
        facts.guestJob = .known(job)
        let refusals = BuiltInChecks.evaluate(facts).filter { $0.severity == .refusal }
        #expect(refusals.count == 8)
        for refusal in refusals {
            #expect(!refusal.message.isEmpty && !refusal.seen.isEmpty && !refusal.needed.isEmpty && !refusal.remedy.isEmpty)
        }
    }

    @Test func offlineMigrationOfARunningGuestIsRefusedBeforeLibvirtDoublesIt() throws {
        let found = try finding("guest-state", { $0.guest = .known(Samples.domain(.running)) }, kind: .offline)
        #expect(found.severity == .refusal)
    }

    @Test func liveMigrationOfAGuestThatIsOffIsRefused() throws {
        #expect(try finding("guest-state", { $0.guest = .known(Samples.domain(.shutOff)) }).severity == .refusal)
    }

    @Test func aGuestPausedByAnErrorIsRefusedAndOnePausedByItsOwnerWarned() throws {
        let broken = Samples.domain(.paused, pausedReason: .inputOutputError)
        #expect(try finding("guest-state", { $0.guest = .known(broken) }).severity == .refusal)
        let paused = Samples.domain(.paused, pausedReason: .user)
        #expect(try finding("guest-state", { $0.guest = .known(paused) }).severity == .warning)
    }

    @Test func aDestinationThatDoesNotAnswerIsRefusedWithTheReason() throws {
        let found = try finding("destination-reachable") {
            $0.destinationIdentity = .failed(Samples.error(.connectionFailed, "Connection refused"))
        }
        #expect(found.severity == .refusal)
        #expect(found.seen.contains("Connection refused"))
    }

    @Test func twoNamesOfOneHostAreOneHost() throws {
        #expect(try finding("another-host", { $0.destinationIdentity = .known(Samples.identity("a")) }).severity == .refusal)
    }

    @Test func hostsWithoutAnIdentityAreNotTakenForDifferentOnes() throws {
        #expect(try finding("another-host", { $0.destinationIdentity = .known(Samples.identity("")) }).severity == .error)
    }

    @Test func anOlderHypervisorIsRefusedAndANewerOneIsNot() throws {
        let older = Samples.identity("b", version: 6_002_000)
        #expect(try finding("hypervisor-version", { $0.destinationIdentity = .known(older) }).severity == .refusal)
        let newer = Samples.identity("b", version: 8_002_000)
        #expect(try finding("hypervisor-version", { $0.destinationIdentity = .known(newer) }).severity == .pass)
    }

    @Test func anUnknownMachineTypeIsRefused() throws {
        let found = try finding("capabilities") { $0.destinationCapabilities = .known(Samples.capabilities(machine: "pc-q35-5.0")) }
        #expect(found.severity == .refusal)
        #expect(found.needed == "pc-q35-7.2")
    }

    @Test func aFactThatCouldNotBeReadFailsClosed() throws {
        let found = try finding("cpu", { $0.cpu = .failed(Samples.error(.internalError)) })
        #expect(found.severity == .error)
        #expect(!Verdict([found]).isMigratable)
    }

    @Test func aNameOrUUIDOfSomebodyElseIsRefused() throws {
        let stranger = Samples.domain(.shutOff, uuid: Samples.otherUUID)
        #expect(try finding("identity-free", { $0.sameName = .known(stranger) }).severity == .refusal)
        let renamed = Samples.domain(.shutOff, name: "other")
        #expect(try finding("identity-free", { $0.sameUUID = .known(renamed) }).severity == .refusal)
    }

    @Test func theSameGuestDefinedThereIsALeftoverForALiveMoveAndAnObstacleForAnOfflineOne() throws {
        let leftover = Samples.domain(.shutOff)
        let change: (inout Facts) -> Void = {
            $0.sameName = .known(leftover)
            $0.sameUUID = .known(leftover)
        }
        #expect(try finding("identity-free", change).severity == .warning)
        #expect(try finding("identity-free", change, kind: .offline).severity == .refusal)
    }

    @Test(arguments: ["/srv/shared-not/x.img", "/srv/shared", "/srv/shared/../x.img", "/srv/shared//x.img", "srv/shared/x"])
    func aPathIsSharedOnlyUnderADeclaredDirectory(path: String) throws {
        let found = try finding("disks-reachable", { $0.definition = .known(Samples.definition(disk: path)) })
        #expect(found.severity == .refusal)
    }

    @Test func aDiskMissingFromTheDestinationsPoolIsRefused() throws {
        let found = try finding("disks-reachable", { $0.volumes["/srv/shared/web.img"] = .known(.missing(pool: "shared")) })
        #expect(found.severity == .refusal)
    }

    @Test func aBaseImageMustBeSharedToo() throws {
        let overlay = """
            <domain type='kvm'><name>web</name><uuid>\(Samples.guestUUID)</uuid><os><type arch='x86_64'>hvm</type></os>
            <devices><disk type='file' device='disk'><source file='/srv/shared/top.qcow2'/>
            <backingStore type='file'><format type='qcow2'/><source file='/var/lib/libvirt/images/base.qcow2'/>
            <backingStore/></backingStore><target dev='vda'/></disk></devices></domain>
            """
        let found = try finding("disks-reachable") { $0.definition = .known(try! DomainDefinition(xml: overlay)) }
        #expect(found.severity == .refusal)
        #expect(found.seen.contains("base.qcow2"))
        var facts = Samples.facts()
        facts.definition = .known(try DomainDefinition(xml: overlay))
        #expect(SharedDisks.unsafeFlag(facts) == nil)
    }

    @Test func theUnsafeFlagIsSetOnlyWhenEveryDiskIsDeclaredShared() {
        #expect(SharedDisks.unsafeFlag(Samples.facts()) == ["vda"])
        #expect(SharedDisks.unsafeFlag(Samples.facts(disk: "/elsewhere/web.img")) == nil)
        #expect(SharedDisks.unsafeFlag(Samples.facts(kind: .offline)) == nil)
    }

    @Test func aDestinationThatOnlyTheDaemonReachesIsRefused() throws {
        let found = try finding("transport", { $0.plan.destination = Samples.gamma })
        #expect(found.severity == .refusal)
        #expect(found.remedy.contains("peerURI"))
    }

    @Test func tlsIsNeverTakenAwaySilently() throws {
        #expect(try finding("transport", { $0.plan.request.transport = .tlsStrict }).severity == .refusal)
        #expect(try finding("transport", { $0.plan.request.transport = .ssh }).severity == .warning)
        #expect(try finding("transport", { $0.plan.request.transport = .tcp }).severity == .pass)
    }

    @Test func noFindingsAreNoEvidence() {
        #expect(Verdict([]) == .undetermined)
        #expect(!Verdict([]).isMigratable)
    }
}
