import Dispatch
import Glibc
import Logging
import Synchronization
import Testing
import WBEMServer

@testable import Daemon

@Suite struct AuditTrailTests {
    /// What is logged.
    private struct Log: LogHandler {
        final class Lines: Sendable {
            private let lines = Mutex<[String]>([])
            var all: [String] { lines.withLock { $0 } }
            func add(_ line: String) { lines.withLock { $0.append(line) } }
        }

        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.add("\(event.level) \(event.message)") }
    }

    private final class Place {
        let path: String
        let lines = Log.Lines()
        var log: String { "\(path)/audit.log" }
        var logger: Logger { Logger(label: "test") { [lines] _ in Log(lines: lines) } }

        init() throws {
            var template = Array("/tmp/audit-tests-XXXXXX".utf8CString)
            path = String(cString: try #require(mkdtemp(&template)))
        }

        deinit {
            for name in ["audit.log", "audit.log.1"] { unlink("\(path)/\(name)") }
            rmdir("\(path)/audit.log")
            rmdir(path)
        }

        func trail(name: @escaping @Sendable (UInt32) -> String? = { "user\($0)" }) throws -> AuditTrail {
            try AuditTrail(path: log, logger: logger, userName: name)
        }

        func text(_ name: String = "audit.log") throws -> String {
            let file = try #require(fopen("\(path)/\(name)", "r"))
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 24)
            let count = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    private func record(_ number: Int, user: UInt32 = 1000) -> AuditRecord {
        AuditRecord(
            atMicroseconds: 0, caller: Caller(userID: user), connection: 1, operation: "Act\(number)",
            outcome: .done(returned: nil, job: nil))
    }

    private func operations(_ text: String) -> [String] {
        text.matches(of: #/"operation":"([^"]*)"/#).map { String($0.output.1) }
    }

    @Test func recordsAreLinesInTheirOrder() async throws {
        let place = try Place()
        let trail = try place.trail()
        for number in 0..<1000 { trail.record(record(number)) }
        await trail.flush()
        let text = try place.text()
        #expect(operations(text) == (0..<1000).map { "Act\($0)" })
        #expect(text.hasSuffix("\n"))
        #expect(text.hasPrefix(#"{"time":"1970-01-01T00:00:00.000000Z","connection":1,"uid":1000,"user":"user1000","#))
        var status = stat()
        #expect(stat(place.log, &status) == 0 && status.st_mode & 0o7777 == 0o600)
    }

    @Test func whatWasThereStays() async throws {
        let place = try Place()
        for number in 0..<2 {
            let trail = try place.trail()
            trail.record(record(number))
            await trail.flush()
        }
        #expect(operations(try place.text()) == ["Act0", "Act1"])
    }

    @Test func aRenamedFileIsLeftBehindByReopening() async throws {
        let place = try Place()
        let trail = try place.trail()
        trail.record(record(0))
        rename(place.log, place.log + ".1")
        trail.record(record(1))
        await trail.reopen()
        trail.record(record(2))
        await trail.flush()
        #expect(operations(try place.text("audit.log.1")) == ["Act0", "Act1"])
        #expect(operations(try place.text()) == ["Act2"])
    }

    @Test func namesAreLookedUpOnceUntilReopened() async throws {
        let place = try Place()
        let asked = Mutex(0)
        let trail = try place.trail { _ in
            asked.withLock {
                $0 += 1
                return nil
            }
        }
        for number in 0..<3 { trail.record(record(number)) }
        await trail.flush()
        #expect(asked.withLock { $0 } == 1)
        await trail.reopen()
        trail.record(record(3))
        await trail.flush()
        #expect(asked.withLock { $0 } == 2)
        #expect(!(try place.text().contains("\"user\"")))
    }

    /// Anything but a file of ours that nobody else may write, at the start.
    @Test func whatIsNoLogOfOursIsRefused() throws {
        let place = try Place()
        mkdir(place.log, 0o700)
        #expect(throws: StartError.self) { try place.trail() }
        rmdir(place.log)
        mkfifo(place.log, 0o600)
        #expect(throws: StartError.self) { try place.trail() }
        unlink(place.log)
        symlink("/etc/passwd", place.log)
        #expect(throws: StartError.self) { try place.trail() }
        unlink(place.log)
        close(creat(place.log, 0o600))
        chmod(place.log, 0o620)
        #expect(throws: StartError.self) { try place.trail() }
        chmod(place.log, 0o640)
        _ = try place.trail()
    }

    @Test func aFileThatCannotBeWrittenIsToldOnceAndAgainWhenItCan() async throws {
        let place = try Place()
        let trail = try place.trail()
        rename(place.log, place.log + ".1")
        mkdir(place.log, 0o700)
        await trail.flush()
        for number in 0..<3 { trail.record(record(number)) }
        await trail.flush()
        #expect(
            place.lines.all == [
                "error the audit log cannot be written; until it can, its records are here", "warning audit",
                "warning audit", "warning audit",
            ])
        rmdir(place.log)
        trail.record(record(3))
        await trail.flush()
        #expect(place.lines.all.last == "notice the audit log is written again")
        #expect(operations(try place.text()) == ["Act3"])
    }

    @Test func withoutAFileTheLogHasTheRecords() async throws {
        let place = try Place()
        let trail = try AuditTrail(path: nil, logger: place.logger, userName: { _ in nil })
        trail.record(record(0))
        await trail.flush()
        #expect(place.lines.all == ["notice audit"])
    }

    @Test func whatFindsNoRoomIsCountedAndTheCountIsWritten() async throws {
        let place = try Place()
        let (entered, hold) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let trail = try place.trail { user in
            if user == 1 {
                entered.signal()
                hold.wait()
            }
            return nil
        }
        trail.record(record(0, user: 1))
        // The queue is stuck in a slow directory of users; nobody who records waits for it.
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                entered.wait()
                continuation.resume()
            }
        }
        for number in 0..<AuditTrail.capacity + 7 { trail.record(record(number)) }
        trail.omit()
        hold.signal()
        await trail.flush()
        let text = try place.text()
        #expect(operations(text).count == AuditTrail.capacity + 1)
        #expect(text.contains(#""outcome":"unrecorded","records":8}"#))
        #expect(place.lines.all == ["warning audit records were not written, for there were too many"])
    }
}
