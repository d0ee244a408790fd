import Glibc
import Testing

@testable import ProgramRunner

@Suite struct ProgramNameTests {
    @Test func backupsAndLeftoversAreNoChecks() {
        for name in [
            "check~", "check.bak", "check.BAK", "check.orig", "check.rej", "check.rpmsave", "check.rpmnew",
            "check.rpmorig", "check.dpkg-old", "check.dpkg-new", "check.dpkg-dist", "check.swp", "check.tmp",
            "check.py~", "check.~1~", ".check", ".check.swp", "#check#", "check.ucf-old", "check.disabled",
        ] {
            guard case .leftover = ProgramName(name) else {
                Issue.record("\(name) would be run")
                continue
            }
        }
    }

    @Test func lettersDigitsAndThreeSignsMakeAName() {
        for name in ["a", "10-disk.sh", "Z_9", "check.py", "backup", "tmp", "99.rpm"] {
            #expect(ProgramName(name) == .check, "\(name)")
        }
        for name in ["", "-a", "_a", "a b", "a/b", "ä", "a\n", "a;b", "#a"] {
            #expect(ProgramName(name) == .invalid, "\(name)")
        }
    }
}

@Suite struct ProgramDirectoryTests {
    private let sandbox: Sandbox
    private let checks: String
    private var directory: ProgramDirectory { ProgramDirectory(path: checks, trustedRoot: sandbox.path) }

    init() throws {
        sandbox = try Sandbox()
        checks = try sandbox.directory("checks.d")
    }

    private func entry(_ name: String, runAs user: ProgramUser? = nil) throws -> ProgramDirectory.Entry {
        let directory = ProgramDirectory(path: checks, runAs: user, trustedRoot: sandbox.path)
        return try #require(try directory.entries().first { $0.name == name })
    }

    private func refusal(_ name: String, runAs user: ProgramUser? = nil) throws -> ProgramRefusal {
        guard case .refused(let refusal) = try entry(name, runAs: user) else {
            Issue.record("\(name) is not refused")
            return ProgramRefusal(name: "", reason: "", remedy: "")
        }
        #expect(refusal.name == name)
        #expect(!refusal.remedy.isEmpty)
        return refusal
    }

    private func isIgnored(_ name: String) throws -> Bool {
        if case .ignored = try entry(name) { true } else { false }
    }

    // MARK: Order and names

    @Test func checksAreListedInBytewiseOrder() throws {
        for name in ["b", "a", "10", "9", "B", "a.sh", "a-b", "Z"] { try sandbox.script("checks.d/" + name) }
        let names = try directory.entries().map { entry in
            if case .runnable(let program) = entry { program.path } else { "not runnable: \(entry.name)" }
        }
        #expect(names == ["10", "9", "B", "Z", "a", "a-b", "a.sh", "b"].map { checks + "/" + $0 })
    }

    @Test func emptyDirectoryHasNoChecks() throws {
        #expect(try directory.entries() == [])
    }

    @Test func backupFilesAreIgnored() throws {
        for name in ["x~", "x.rpmsave", ".x.swp", "#x#"] { try sandbox.script("checks.d/" + name) }
        for entry in try directory.entries() { #expect(try isIgnored(entry.name), "\(entry.name)") }
        #expect(try directory.entries().count == 4)
    }

    @Test func executableWithANameThatIsNoChecksIsRefused() throws {
        try sandbox.script("checks.d/my check")
        try sandbox.file("checks.d/READ ME")
        #expect(try refusal("my check").reason.contains("name"))
        #expect(try isIgnored("READ ME"))
    }

    @Test func filesWithoutExecuteBitAndDirectoriesAreIgnored() throws {
        try sandbox.script("checks.d/README", mode: 0o644)
        try sandbox.directory("checks.d/lib")
        #expect(try isIgnored("README"))
        #expect(try isIgnored("lib"))
    }

    // MARK: Unsafe programs

    @Test func worldWritableCheckIsRefused() throws {
        try sandbox.script("checks.d/check", mode: 0o757)
        #expect(try refusal("check").reason.contains("writable by everybody (mode 0757)"))
    }

    @Test func groupWritableCheckIsRefused() throws {
        try sandbox.script("checks.d/check", mode: 0o775)
        #expect(try refusal("check").reason.contains("writable by its group"))
    }

    @Test func symbolicLinkIsRefusedNotFollowed() throws {
        let script = try sandbox.script("elsewhere")
        try #require(symlink(script, checks + "/check") == 0)
        try #require(symlink("/nonexistent", checks + "/dangling") == 0)
        #expect(try refusal("check").reason == "it is a symbolic link")
        #expect(try refusal("dangling").reason == "it is a symbolic link")
    }

    @Test func pipeIsRefused() throws {
        try #require(mkfifo(checks + "/check", 0o755) == 0)
        #expect(try refusal("check").reason == "it is not a regular file")
    }

    @Test(.enabled(if: isRoot, "gives files away")) func checkOfAStrangerIsRefused() throws {
        let path = try sandbox.script("checks.d/check")
        try #require(chown(path, stranger.uid, stranger.gid) == 0)
        #expect(try refusal("check").reason.contains("belongs to user 64998, not to root"))
    }

    @Test func checkTheUserMayNotExecuteIsRefused() throws {
        try sandbox.script("checks.d/check", mode: 0o700)
        let refusal = try refusal("check", runAs: stranger)
        #expect(refusal.reason.contains("user 64998, who runs the checks, may not execute it"))
        #expect(refusal.remedy.contains("chmod"))
        try sandbox.script("checks.d/open", mode: 0o755)
        guard case .runnable = try entry("open", runAs: stranger) else {
            Issue.record("it may execute that one")
            return
        }
    }

    @Test func groupsDecideWhoMayExecute() throws {
        try sandbox.script("checks.d/check", mode: 0o710)
        let group = ProgramUser(uid: stranger.uid, gid: stranger.gid, groups: [getegid()])
        guard case .runnable = try entry("check", runAs: group) else {
            Issue.record("its group may execute it")
            return
        }
        #expect(try refusal("check", runAs: stranger).reason.contains("may not execute"))
    }

    // MARK: Unsafe directories

    private func unusable(_ directory: ProgramDirectory) -> String {
        do {
            let entries = try directory.entries()
            return "usable: \(entries.count)"
        } catch {
            #expect(error == ProgramError(.directoryUnusable, ""))
            return error.message
        }
    }

    @Test func missingDirectoryIsAnErrorNotNoChecks() {
        let message = unusable(ProgramDirectory(path: sandbox.path + "/none", trustedRoot: sandbox.path))
        #expect(message.hasPrefix("Unable to execute migration checks: "))
        #expect(message.contains("No such file or directory"))
    }

    @Test func fileIsNoDirectory() throws {
        let path = try sandbox.file("file")
        #expect(unusable(ProgramDirectory(path: path, trustedRoot: sandbox.path)).contains("is not a directory"))
    }

    @Test func writableDirectoryIsRefused() throws {
        try sandbox.script("checks.d/check")
        try #require(chmod(checks, 0o775) == 0)
        #expect(unusable(directory).contains("checks.d is writable by its group"))
        try #require(chmod(checks, 0o1777) == 0)
        #expect(unusable(directory).contains("checks.d is writable by everybody (mode 01777)"))
    }

    @Test func writableParentIsRefused() throws {
        let parent = try sandbox.directory("parent")
        let inner = try sandbox.directory("parent/checks.d")
        let directory = ProgramDirectory(path: inner, trustedRoot: sandbox.path)
        #expect(try directory.entries() == [])
        try #require(chmod(parent, 0o1777) == 0)
        #expect(unusable(directory).contains("\(parent) is writable by everybody"))
    }

    @Test func stickyDirectoryAboveIsRefusedWhenNotTrusted() {
        // The sandbox itself lies in a directory where everybody may write.
        #expect(unusable(ProgramDirectory(path: checks)).contains("/tmp is writable by everybody (mode 01777)"))
    }

    @Test func symbolicLinkAmongTheParentsIsRefused() throws {
        try #require(symlink(checks, sandbox.path + "/link") == 0)
        let link = ProgramDirectory(path: sandbox.path + "/link", trustedRoot: sandbox.path)
        #expect(unusable(link).contains("link is a symbolic link"))
    }

    @Test func pathMustBeAbsoluteAndPlain() {
        for path in ["checks.d", "", sandbox.path + "/../checks.d", sandbox.path + "/./checks.d"] {
            #expect(
                unusable(ProgramDirectory(path: path, trustedRoot: sandbox.path)).contains("is not an absolute path"))
        }
        #expect(unusable(ProgramDirectory(path: "/usr", trustedRoot: sandbox.path)).contains("is not within"))
    }

    @Test(.enabled(if: isRoot, "gives files away")) func directoryOfAStrangerIsRefused() throws {
        try #require(chown(checks, stranger.uid, stranger.gid) == 0)
        #expect(unusable(directory).contains("belongs to user 64998"))
    }

    // MARK: Between listing and running

    private func verified() throws -> VerifiedProgram {
        guard case .runnable(let program) = try entry("check") else {
            throw ProgramError(.directoryUnusable, "the check is not runnable")
        }
        return program
    }

    private func run(_ program: VerifiedProgram) async -> ProgramResult {
        await runner.run(ProgramInvocation(program, arguments: ["guest"], environment: [], timeout: ample))
    }

    @Test func verifiedCheckRuns() async throws {
        try sandbox.script("checks.d/check", "echo \"$0 $1\"; exit 3")
        let result = await run(try verified())
        #expect(result.ending == .exited(3))
        #expect(result.output == Array("\(checks)/check guest\n".utf8))
    }

    @Test func onlyThePathThatWasVerifiedIsRun() async throws {
        try sandbox.script("checks.d/check")
        var invocation = ProgramInvocation(try verified(), arguments: [], environment: [])
        invocation.path = "/bin/true"
        guard case .couldNotStart(EINVAL, _) = await runner.run(invocation).ending else {
            Issue.record("another program was run")
            return
        }
    }

    @Test func checkSwappedBetweenListingAndRunningIsNotRun() async throws {
        try sandbox.script("checks.d/check", "exit 1")
        let program = try verified()
        try sandbox.script("other", "exit 0")
        try #require(rename(sandbox.path + "/other", checks + "/check") == 0)
        guard case .couldNotStart(ESTALE, let reason) = await run(program).ending else {
            Issue.record("the other program was run")
            return
        }
        #expect(reason.contains("replaced or changed"))
    }

    @Test func checkRewrittenInPlaceIsNotRun() async throws {
        let path = try sandbox.script("checks.d/check", "exit 1")
        let program = try verified()
        // The kernel stamps changes with the time of its last tick.
        let before = program.identity
        repeat {
            try sandbox.script("checks.d/check", "exit 0")
        } while FileIdentity(try FileStatus(ofPath: path)) == before
        guard case .couldNotStart(ESTALE, _) = await run(program).ending else {
            Issue.record("the changed program was run")
            return
        }
    }

    @Test func checkThatBecameUnsafeOrVanishedIsNotRun() async throws {
        let path = try sandbox.script("checks.d/check", "exit 0")
        let program = try verified()
        try #require(chmod(path, 0o777) == 0)
        #expect(program.refusalNow()?.reason.contains("writable by everybody") == true)
        try #require(unlink(path) == 0)
        #expect(program.refusalNow()?.reason.contains("cannot be found") == true)
        try #require(symlink("/bin/true", path) == 0)
        #expect(program.refusalNow()?.reason == "it is a symbolic link")
        guard case .couldNotStart(ESTALE, _) = await run(program).ending else {
            Issue.record("it was run")
            return
        }
    }

    @Test func parentThatBecameWritableIsNoticed() throws {
        try sandbox.script("checks.d/check")
        let program = try verified()
        #expect(program.refusalNow() == nil)
        try #require(chmod(checks, 0o777) == 0)
        #expect(program.refusalNow()?.reason.contains("checks.d is writable by everybody") == true)
    }
}
