import CIM
import HTTPTransport
import Synchronization

/// What the server counts of its own work, and whether it does. Switched by CIM_ObjectManager.GatherStatisticalData, for as
/// long as the process lives; what was counted before is forgotten when counting begins again.
package final class ServerStatistics: Sendable {
    /// Tells a client how long its request took, in microseconds, while figures are gathered.
    static let header = "WBEMServerResponseTime"

    /// Of one kind of operation.
    struct Figures: Hashable, Sendable {
        var operations: UInt64 = 0
        var elapsed = Duration.zero
        var requestBytes: UInt64 = 0
        var responseBytes: UInt64 = 0
    }

    private struct Contents {
        var isGathered = false
        var figures: [CountedOperation: Figures] = [:]
    }

    private let contents = Mutex(Contents())

    package init() {}

    package var isGathered: Bool {
        get { contents.withLock { $0.isGathered } }
        set {
            contents.withLock { contents in
                if newValue && !contents.isGathered { contents.figures = [:] }
                contents.isGathered = newValue
            }
        }
    }

    /// In the order of their names.
    var figures: [(operation: CountedOperation, figures: Figures)] {
        contents.withLock { $0.figures }.map { ($0.key, $0.value) }.sorted { $0.operation.name < $1.operation.name }
    }

    /// Answers a request, counts it where it was an operation, and tells the client how long it took.
    ///
    /// An answer that is made while it is sent has its head before its end: the client is told the time up to its
    /// beginning, and the whole is counted when it has ended.
    func measuring(_ request: HTTPRequest, _ answer: () async -> HTTPResponse) async -> HTTPResponse {
        guard isGathered else { return await answer() }
        let began = ContinuousClock.now
        var response = await answer()
        let elapsed = ContinuousClock.now - began
        response.headers.append(Self.header, String(Int64(elapsed / .microseconds(1))))
        guard response.status == 200, let operation = CountedOperation(request) else { return response }
        let size = UInt64(request.body.count)
        switch response.body {
        case .bytes(let bytes):
            count(
                operation,
                Figures(
                    operations: 1, elapsed: elapsed, requestBytes: size, responseBytes: UInt64(bytes.count)))
        case .stream(let stream):
            response.body = .stream(
                counting(stream) { [self] bytes in
                    let elapsed = ContinuousClock.now - began
                    count(operation, Figures(operations: 1, elapsed: elapsed, requestBytes: size, responseBytes: bytes))
                })
        }
        return response
    }

    /// The same body, whose size is told when it has ended, however that was.
    private func counting(
        _ stream: HTTPBodyStream, _ ended: @escaping @Sendable (UInt64) -> Void
    ) -> HTTPBodyStream {
        HTTPBodyStream(trailerNames: stream.trailerNames) { writer in
            let bytes = Atomic<UInt64>(0)
            defer { ended(bytes.load(ordering: .relaxed)) }
            let counted = HTTPBodyWriter(pieceBytes: 1) { (piece) async throws(HTTPTransportError) in
                bytes.wrappingAdd(UInt64(piece.count), ordering: .relaxed)
                try await writer.write(piece)
            }
            return try await stream.write(to: counted)
        }
    }

    private func count(_ operation: CountedOperation, _ one: Figures) {
        contents.withLock { contents in
            guard contents.isGathered else { return }
            var figures = contents.figures[operation] ?? Figures()
            figures.operations &+= 1
            figures.elapsed += one.elapsed
            figures.requestBytes &+= one.requestBytes
            figures.responseBytes &+= one.responseBytes
            contents.figures[operation] = figures
        }
    }
}

/// A kind of operation as CIM_CIMOMStatisticalData.OperationType tells them apart.
struct CountedOperation: Hashable, Sendable {
    let name: String

    /// All calls of methods are one kind, under the name that DSP0223 has for them.
    static let method = CountedOperation(name: "InvokeMethod")

    /// `nil` for what is no operation, such as OPTIONS.
    init?(_ request: HTTPRequest) {
        guard let header = request.headers.fields.first(where: { Self.isMethodHeader($0.name) })?.value else {
            return nil
        }
        let name = CIMName(header)
        self = (Self.types.keys + Self.others).first { CIMName($0) == name }.map(CountedOperation.init) ?? Self.method
    }

    private init(name: String) { self.name = name }

    /// M-POST has a number before it.
    private static func isMethodHeader(_ name: String) -> Bool {
        let name = name.lowercased()
        return name == "cimmethod" || name.hasSuffix("-cimmethod")
    }

    /// The value of OperationType; 1 (Other) where it has none for the operation.
    var type: UInt16 { Self.types[name] ?? 1 }

    private static let types: [String: UInt16] = [
        "GetClass": 3, "GetInstance": 4, "DeleteClass": 5, "DeleteInstance": 6, "CreateClass": 7, "CreateInstance": 8,
        "ModifyClass": 9, "ModifyInstance": 10, "EnumerateClasses": 11, "EnumerateClassNames": 12,
        "EnumerateInstances": 13, "EnumerateInstanceNames": 14, "ExecQuery": 15, "Associators": 16,
        "AssociatorNames": 17, "References": 18, "ReferenceNames": 19, "GetProperty": 20, "SetProperty": 21,
        "GetQualifier": 22, "SetQualifier": 23, "DeleteQualifier": 24, "EnumerateQualifiers": 25,
    ]

    private static let others = [
        "OpenEnumerateInstances", "OpenEnumerateInstancePaths", "OpenAssociatorInstances",
        "OpenAssociatorInstancePaths", "OpenReferenceInstances", "OpenReferenceInstancePaths", "OpenQueryInstances",
        "PullInstancesWithPath", "PullInstancePaths", "PullInstances", "CloseEnumeration", "EnumerationCount",
    ]
}
