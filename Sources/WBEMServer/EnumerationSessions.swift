import CIM
import Synchronization

/// The enumerations that clients have opened and pull from. Source: DSP0200 5.3.2.24 (pull operations).
///
/// A session is a snapshot and a position in it, never instances that were made. It ends when all is pulled, when it is
/// closed, when a pull fails, or when nothing was asked of it for its timeout. It answers its owner alone, in the namespace
/// that it was opened in, and one Pull at a time.
package final class EnumerationSessions: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Sessions at once.
        package var total: Int
        /// Sessions at once of one user.
        package var perUser: Int
        /// What a client gets that asks for no timeout.
        package var defaultTimeout: Duration
        package var maximumTimeout: Duration
        /// Objects in one answer, however many are asked for.
        package var objectsAtOnce: Int

        package init(
            total: Int = 100, perUser: Int = 50, defaultTimeout: Duration = .seconds(300),
            maximumTimeout: Duration = .seconds(3600), objectsAtOnce: Int = 1000
        ) {
            self.total = total
            self.perUser = perUser
            self.defaultTimeout = defaultTimeout
            self.maximumTimeout = maximumTimeout
            self.objectsAtOnce = objectsAtOnce
        }
    }

    /// Which of the Pull operations goes on with a session.
    package enum Kind: Hashable, Sendable {
        case instancesWithPath, instancePaths, instances

        var pull: String {
            switch self {
            case .instancesWithPath: "PullInstancesWithPath"
            case .instancePaths: "PullInstancePaths"
            case .instances: "PullInstances"
            }
        }
    }

    /// What an Open or a Pull answers.
    package struct Portion: Sendable {
        package var objects: [LocatedInstance] = []
        /// `nil`: that was the last.
        package var context: String?
    }

    /// How to name the session that a request is about.
    package struct Claim: Sendable {
        package let namespace: CIMNamespace
        package let user: UInt32?

        package init(namespace: CIMNamespace, caller: Caller) {
            self.namespace = namespace
            user = caller.userID
        }
    }

    private struct Session {
        let claim: Claim
        let kind: Kind
        let timeout: Duration
        /// `nil` while a request reads them.
        var rest: ResultReader?
        /// On the clock of `now`.
        var deadline: Duration
    }

    package let limits: Limits
    private let now: @Sendable () -> Duration
    private let sessions = Mutex<[String: Session]>([:])

    /// - Parameter now: a clock that never goes back.
    package init(limits: Limits, now: @escaping @Sendable () -> Duration) {
        self.limits = limits
        self.now = now
    }

    package var count: Int { sessions.withLock { $0.count } }

    // MARK: Operations

    /// - Parameters:
    ///   - timeout: `nil`: the server's own.
    ///   - count: how many objects to answer at once; may be 0.
    /// - Throws: 22, 27, and what reading the results ends with.
    package func open(
        _ results: InstanceResults, _ kind: Kind, _ claim: Claim, timeout: Duration?, count: Int
    ) async throws(CIMError) -> Portion {
        let timeout = try checked(timeout)
        let context = try enter(Session(claim: claim, kind: kind, timeout: timeout, deadline: now() + timeout))
        return try await read(ResultReader(results), count, context)
    }

    /// - Parameter count: at least 0; 0 keeps the session alive.
    /// - Throws: 21, 23, and what reading the results ends with.
    package func pull(_ context: String, _ kind: Kind, _ claim: Claim, count: Int) async throws(CIMError) -> Portion {
        let reader = try sessions.withLock { sessions throws(CIMError) -> ResultReader in
            let session = try self.session(context, claim, in: &sessions)
            guard session.kind == kind else {
                throw CIMError(
                    .invalidEnumerationContext,
                    "This enumeration is pulled with \(session.kind.pull), not \(kind.pull).")
            }
            guard let rest = session.rest else {
                throw CIMError(
                    .invalidEnumerationContext,
                    "Another Pull is under way in this enumeration: send the next when it has been answered.")
            }
            sessions[context]?.rest = nil
            return rest
        }
        return try await read(reader, count, context)
    }

    /// A Pull that is under way ends with 23.
    /// - Throws: 21.
    package func close(_ context: String, _ claim: Claim) throws(CIMError) {
        try sessions.withLock { sessions throws(CIMError) in
            _ = try session(context, claim, in: &sessions)
            sessions[context] = nil
        }
    }

    /// How many objects are left at most; `nil` while a Pull is under way.
    /// - Throws: 21.
    package func remaining(_ context: String, _ claim: Claim) throws(CIMError) -> Int? {
        try sessions.withLock { sessions throws(CIMError) in
            try session(context, claim, in: &sessions).rest?.remaining
        }
    }

    /// Forgets what has expired. To be called again and again: a client that has gone asks for nothing any more.
    package func sweep() {
        let now = now()
        sessions.withLock { sessions in sessions = sessions.filter { $0.value.rest == nil || $0.value.deadline > now } }
    }

    // MARK: The table

    /// - Returns: how long an enumeration stays open for which this was asked.
    /// - Throws: 22.
    @discardableResult
    func checked(_ timeout: Duration?) throws(CIMError) -> Duration {
        guard let timeout else { return limits.defaultTimeout }
        guard timeout > .zero, timeout <= limits.maximumTimeout else {
            throw CIMError(
                .invalidOperationTimeout,
                "OperationTimeout is 1 to \(limits.maximumTimeout.components.seconds) s here; 0, which asks for none, is not "
                    + "supported.")
        }
        return timeout
    }

    private func enter(_ session: Session) throws(CIMError) -> String {
        sweep()
        let context = Self.makeContext()
        try sessions.withLock { sessions throws(CIMError) in
            let own = sessions.values.count { $0.claim.user == session.claim.user }
            guard sessions.count < limits.total, own < limits.perUser else {
                throw CIMError(
                    .serverLimitsExceeded,
                    "Too many open enumerations (\(own) of yours, \(sessions.count) in all): close some, or wait until they "
                        + "expire.")
            }
            sessions[context] = session
        }
        return context
    }

    /// 128 random bits: nobody guesses another's.
    private static func makeContext() -> String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// A session that has not expired, or is being read. Whose it is is not told to others.
    private func session(
        _ context: String, _ claim: Claim, in sessions: inout [String: Session]
    ) throws(CIMError) -> Session {
        if let session = sessions[context], session.claim.namespace == claim.namespace,
            session.claim.user == claim.user
        {
            if session.rest == nil || session.deadline > now() { return session }
            sessions[context] = nil
        }
        throw CIMError(
            .invalidEnumerationContext,
            "No such enumeration is open in this namespace: it has ended, was closed, or has expired.")
    }

    private func read(_ reader: ResultReader, _ count: Int, _ context: String) async throws(CIMError) -> Portion {
        var reader = reader
        var portion = Portion()
        do throws(CIMError) {
            portion.objects = try await reader.take(min(count, limits.objectsAtOnce))
        } catch {
            sessions.withLock { $0[context] = nil }
            throw error
        }
        let deadline = now()
        portion.context = try sessions.withLock { sessions throws(CIMError) in
            guard let session = sessions[context] else {
                throw CIMError(.pullHasBeenAbandoned, "The enumeration was closed while it was being pulled.")
            }
            guard !reader.isAtEnd else {
                sessions[context] = nil
                return nil
            }
            sessions[context]?.rest = reader
            sessions[context]?.deadline = deadline + session.timeout
            return context
        }
        return portion
    }
}
