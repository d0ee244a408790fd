import HypervisorAPI
import Testing

@testable import MigrationLogic

@Suite struct TransferTests {
    @Test func aPersistentGuestIsDefinedThereAndUndefinedHereByTheHypervisorItself() throws {
        let transfer = try #require(TransferPlan.make(Samples.facts()))
        guard case .live(let live) = transfer else {
            Issue.record("not live: \(transfer)")
            return
        }
        #expect(live.isPersistent)
        #expect(live.peerURI == Samples.beta.uri)
        #expect(live.migrationURI == "tcp://10.1.0.2")
        #expect(live.bandwidthMiBPerSecond == 100)
    }

    @Test func theLeastOfAllBandwidthsHolds() throws {
        var facts = Samples.facts()
        facts.plan.request.bandwidthMiBPerSecond = 30
        #expect(facts.plan.bandwidthMiBPerSecond == 30)
        facts.plan.source.bandwidthMiBPerSecond = 10
        #expect(facts.plan.bandwidthMiBPerSecond == 10)
    }

    @Test func theVirshLineIsWhatAShellWouldRun() throws {
        let transfer = try #require(TransferPlan.make(Samples.facts()))
        #expect(
            VirshCommand.text(guest: "it's a guest", sourceURI: "qemu:///system", transfer)
                == "virsh -c qemu:///system migrate --live --p2p --abort-on-error --persistent --undefinesource --unsafe "
                + "'it'\\''s a guest' qemu+tcp://10.0.0.2/system --migrateuri tcp://10.1.0.2 --bandwidth 100")
    }

    @Test func theVirshLineNamesTheDisksThatAreCopied() {
        let live = LiveTransfer(
            peerURI: "qemu+tcp://b/system", isPersistent: false, allowsUnsafeDisks: false, copiedDisks: ["vda", "vdb"])
        #expect(
            VirshCommand.text(guest: "g", sourceURI: "qemu:///system", .live(live))
                == "virsh -c qemu:///system migrate --live --p2p --abort-on-error "
                + "--copy-storage-all --migrate-disks vda,vdb g qemu+tcp://b/system")
    }

    @Test func progressNeverGoesBackAndNeverSaysDoneByItself() {
        var progress = TransferProgress()
        var statistics = JobStatistics(kind: .unbounded)
        statistics.memoryTotal = 1000
        var seen: [UInt16] = []
        for remaining: UInt64 in [900, 400, 700, 0, 300] {
            statistics.memoryRemaining = remaining
            progress.take(statistics)
            seen.append(progress.percent)
        }
        #expect(seen == [10, 60, 60, 99, 99])
        #expect(progress.remaining == 300)
    }

    @Test func figuresThatMakeNoSenseDoNoHarm() {
        var progress = TransferProgress()
        var statistics = JobStatistics(kind: .unbounded)
        statistics.memoryTotal = UInt64.max
        statistics.diskTotal = UInt64.max
        statistics.memoryRemaining = UInt64.max
        statistics.memoryProcessed = UInt64.max
        statistics.diskProcessed = UInt64.max
        progress.take(statistics)
        #expect(progress.percent == 0)
    }

    @Test func disksAloneShowProgressBeforeMemoryBegins() {
        var progress = TransferProgress()
        var statistics = JobStatistics(kind: .unbounded)
        statistics.memoryTotal = 0
        statistics.diskTotal = 1000
        statistics.diskProcessed = 1000
        progress.take(statistics)
        #expect(progress.percent == 50 && progress.remaining == 0)
        statistics.memoryTotal = 1000
        statistics.memoryRemaining = 1000
        progress.take(statistics)
        #expect(progress.percent == 50, "it never goes back")
    }
}
