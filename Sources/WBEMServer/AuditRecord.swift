import CIM

/// Who asked for what, on what, and how it ended. Every text in it is bounded: a request may have megabytes.
package struct AuditRecord: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// - Parameter job: the path of the job that carries it on.
        case done(returned: String?, job: String?)
        /// The caller may not, or has had its share.
        case refused(CIMStatusCode, reason: String)
        case failed(CIMStatusCode, reason: String)
        /// Answered with an HTTP status; the message was none, or says otherwise than its headers.
        case unreadable(httpStatus: UInt16, cimError: String?, reason: String)

        package var isDone: Bool { if case .done = self { true } else { false } }
    }

    /// A parameter as it came, in words.
    package struct Parameter: Hashable, Sendable {
        package var name: String
        package var text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// When the request was read. Microseconds since 1970-01-01T00:00:00Z.
    package var atMicroseconds: Int64
    package var caller: Caller
    package var connection: UInt64
    /// What the caller was then; `nil`: nothing.
    package var level: AccessLevel?
    package var messageID: String?
    /// The operation or the method.
    package var operation: String
    package var namespace: String?
    package var object: String?
    package var parameters: [Parameter]
    package var outcome: Outcome
    package var durationMicroseconds: Int64?

    package init(
        atMicroseconds: Int64, caller: Caller, connection: UInt64, level: AccessLevel? = nil,
        messageID: String? = nil, operation: String, namespace: String? = nil, object: String? = nil,
        parameters: [Parameter] = [], outcome: Outcome, durationMicroseconds: Int64? = nil
    ) {
        self.atMicroseconds = atMicroseconds
        self.caller = caller
        self.connection = connection
        self.level = level
        self.messageID = messageID
        self.operation = operation
        self.namespace = namespace
        self.object = object
        self.parameters = parameters
        self.outcome = outcome
        self.durationMicroseconds = durationMicroseconds
    }
}

/// Where records go. Returns at once: requests do not wait for a disk.
package protocol AuditLog: Sendable {
    func record(_ record: AuditRecord)
    /// Counts a record that is not written.
    func omit()
}
