import Daemon
import Testing

@Suite struct CrashPointTests {
    @Test func everyListedPointIsOneAndHasACount() throws {
        for line in CrashPoint.list {
            let text = String(line.prefix { $0 != " " })
            #expect(CrashPoint(text)?.count == 1)
            #expect(CrashPoint(text + ":3")?.count == 3)
        }
    }

    @Test(arguments: [
        "", ":", "transfer", "transfer:", "transfer:soon", "dance:after-commit", "transfer:after-commit:",
        "transfer:after-commit:0", "transfer:after-commit:-1", "transfer:after-commit:1:1", " transfer:after-commit",
    ])
    func anythingElseIsNone(text: String) { #expect(CrashPoint(text) == nil) }

    @Test func pointsThatChangeAHostAreMarked() {
        #expect(CrashPoint.list.contains("transfer:after-commit changes-host"))
        #expect(CrashPoint.list.contains("read-evidence:after-commit"))
    }
}
