import Dispatch
import Logging
import MigrationLogic
import Synchronization
import WBEMServer

/// Writes audit records, in their order, on a queue of its own: no request waits for the disk or for a directory of users.
///
/// When the disk or the directory is slower than the clients, records wait, at most `capacity`; what finds no room is
/// counted, and the count is written. While the file cannot be written, records go to the ordinary log.
final class AuditTrail: AuditLog {
    static let capacity = 10_000
    /// Places for what was done: refusals, which anybody can cause, do not take them.
    static let keptForDone = 2_000
    /// Names of users that are kept until the next `reopen`.
    private static let nameLimit = 1024

    private struct Waiting {
        var records: [AuditRecord] = []
        var lost = 0
        var isScheduled = false
    }

    /// Touched on the queue only, and at the start.
    private struct Output {
        var file: AuditFile?
        var isFailing = false
        var names: [UInt32: String?] = [:]
    }

    private let waiting = Mutex(Waiting())
    private let output: Mutex<Output>
    private let queue = DispatchQueue(label: "audit")
    private let userName: @Sendable (UInt32) -> String?
    private let logger: Logger

    /// - Parameters:
    ///   - path: `nil`: everything goes to the ordinary log.
    ///   - userName: the name of a user; may wait.
    /// - Throws: `.audit` when the file cannot be written.
    init(
        path: String?, logger: Logger, userName: @escaping @Sendable (UInt32) -> String? = Accounts.userName
    ) throws(StartError) {
        var file = path.map(AuditFile.init)
        do { try file?.open() } catch {
            throw StartError(.audit, "the audit log \(path ?? ""): \(error.reason). See access.auditLog.")
        }
        output = Mutex(Output(file: file))
        self.logger = logger
        self.userName = userName
    }

    func record(_ record: AuditRecord) {
        let mustSchedule = waiting.withLock { waiting in
            if waiting.records.count < Self.capacity - (record.outcome.isDone ? 0 : Self.keptForDone) {
                waiting.records.append(record)
            } else {
                waiting.lost += 1
            }
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        if mustSchedule { queue.async { self.drain() } }
    }

    /// Told with the next record: a line for each would be as much as the records themselves.
    func omit() { waiting.withLock { $0.lost += 1 } }

    /// Opens the file again when everything recorded so far is written: it may have been renamed. Returns when that is
    /// done; what is recorded from then on is in the new file.
    func reopen() async {
        await onQueue {
            self.drain()
            self.openAgain()
        }
    }

    /// Returns when everything recorded so far is written. What is recorded later opens the file again.
    func flush() async {
        await onQueue {
            self.drain()
            self.output.withLock { $0.file?.close() }
        }
    }

    // MARK: On the queue

    private func onQueue(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            queue.async {
                body()
                continuation.resume()
            }
        }
    }

    private func drain() {
        let (records, lost) = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return (waiting.records, waiting.lost)
        }
        output.withLock { output in
            for record in records { write(AuditLine(record, user: name(of: record.caller, &output)).text, &output) }
            guard lost > 0 else { return }
            logger.warning("audit records were not written, for there were too many", metadata: ["count": "\(lost)"])
            let now = Timestamp.wallClock().microseconds
            write(AuditLine(lost: lost, atMicroseconds: now).text, &output)
        }
    }

    private func write(_ line: String, _ output: inout Output) {
        guard output.file != nil else { return logger.notice("audit", metadata: ["record": "\(line)"]) }
        do throws(AuditFile.Failure) {
            try output.file?.append(line)
            if output.isFailing { logger.notice("the audit log is written again") }
            output.isFailing = false
        } catch {
            told(error, &output)
            logger.warning("audit", metadata: ["record": "\(line)"])
        }
    }

    private func openAgain() {
        output.withLock { output in
            output.names = [:]
            do throws(AuditFile.Failure) { try output.file?.open() } catch { told(error, &output) }
        }
    }

    /// Once, until it works again.
    private func told(_ failure: AuditFile.Failure, _ output: inout Output) {
        if !output.isFailing {
            let path = output.file?.path ?? ""
            logger.error(
                "the audit log cannot be written; until it can, its records are here",
                metadata: ["file": "\(path)", "reason": "\(failure.reason)"])
        }
        output.isFailing = true
    }

    private func name(of caller: Caller, _ output: inout Output) -> String? {
        guard let user = caller.userID else { return nil }
        if let known = output.names[user] { return known }
        if output.names.count >= Self.nameLimit { output.names = [:] }
        let name = userName(user)
        output.names[user] = .some(name)
        return name
    }
}
