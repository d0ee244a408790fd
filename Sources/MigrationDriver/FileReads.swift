import Dispatch
import Synchronization

/// Reads of files that may never return, as on a file server that is gone: each is made on a thread off the ones on which
/// Swift's tasks run, and waited for until a deadline.
///
/// Invariants: a reader gets exactly one answer; at most `places` reads are under way, hanging ones among them.
final class FileReads: Sendable {
    struct Failure: Error, Equatable { let message: String }
    typealias Answer = Result<String, Failure>
    /// The last `bound` bytes of a file. Blocks.
    typealias Read = @Sendable (_ path: String, _ bound: Int) -> Answer

    static let deadline = Duration.seconds(5)
    static let places = 4
    static let late = Failure(message: "no answer within 5 s")
    static let stuck = Failure(message: "earlier reads hang")

    private struct Desk {
        /// Has no place yet.
        var queue: [FileRead] = []
        var underWay: Set<ObjectIdentifier> = []
        /// Those under way for which nobody waits any more.
        var hanging: Set<ObjectIdentifier> = []
    }

    private let clock: any Clock<Duration>
    private let read: Read
    private let desk = Mutex(Desk())
    /// Of its own: the reads that hang must not keep others' work from the global one.
    private let threads = DispatchQueue(label: "file-reads", attributes: .concurrent)

    init(clock: any Clock<Duration>, read: @escaping Read) {
        self.clock = clock
        self.read = read
    }

    func tail(of path: String, bound: Int) async -> Answer {
        let order = FileRead(path: path, bound: bound)
        guard enter(order) else { return .failure(Self.stuck) }
        // Ended when this returns.
        async let _: Void = expire(order)
        return await order.answer
    }

    /// `false`: nothing is begun, since all places are taken by reads that hang.
    private func enter(_ order: FileRead) -> Bool {
        let begins = desk.withLock { desk -> Bool? in
            guard desk.hanging.count < Self.places else { return nil }
            guard desk.underWay.count < Self.places else {
                desk.queue.append(order)
                return false
            }
            desk.underWay.insert(ObjectIdentifier(order))
            return true
        }
        if begins == true { begin(order) }
        return begins != nil
    }

    private func begin(_ order: FileRead) {
        threads.async {
            let answer = self.read(order.path, order.bound)
            let next = self.leave(order)
            order.resume(answer)
            if let next { self.begin(next) }
        }
    }

    /// Gives the place to the next in the queue.
    private func leave(_ order: FileRead) -> FileRead? {
        desk.withLock { desk in
            desk.underWay.remove(ObjectIdentifier(order))
            desk.hanging.remove(ObjectIdentifier(order))
            guard !desk.queue.isEmpty else { return nil }
            let next = desk.queue.removeFirst()
            desk.underWay.insert(ObjectIdentifier(next))
            return next
        }
    }

    /// Also when the reader's task is cancelled: a process that stops does not wait for a disk.
    private func expire(_ order: FileRead) async {
        try? await clock.sleep(for: Self.deadline)
        let id = ObjectIdentifier(order)
        let hadNoPlace = desk.withLock { desk in
            if desk.underWay.contains(id) { desk.hanging.insert(id) }
            guard let place = desk.queue.firstIndex(where: { $0 === order }) else { return false }
            desk.queue.remove(at: place)
            return true
        }
        order.resume(.failure(hadNoPlace ? Self.stuck : Self.late))
    }
}

/// One read and who waits for it: the first answer counts.
private final class FileRead: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<FileReads.Answer, Never>)
        case answered(FileReads.Answer)
    }

    let path: String
    let bound: Int
    private let state = Mutex(State.open)

    init(path: String, bound: Int) {
        self.path = path
        self.bound = bound
    }

    /// Asked for once.
    var answer: FileReads.Answer {
        get async {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> FileReads.Answer? in
                    if case .answered(let answer) = state { return answer }
                    state = .awaited(continuation)
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        }
    }

    func resume(_ answer: FileReads.Answer) {
        let waiting = state.withLock { state -> CheckedContinuation<FileReads.Answer, Never>? in
            if case .answered = state { return nil }
            defer { state = .answered(answer) }
            if case .awaited(let continuation) = state { return continuation }
            return nil
        }
        waiting?.resume(returning: answer)
    }
}
