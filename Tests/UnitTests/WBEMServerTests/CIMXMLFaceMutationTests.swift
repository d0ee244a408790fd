import HTTPTransport
import Testing
import WBEMServer

/// Whatever bytes come in, a response goes out. The sequence of mutations is the same in every run.
@Suite struct CIMXMLFaceMutationTests {
    /// A linear congruential generator (Knuth's MMIX constants).
    private struct Sequence: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    private static let pieces = [
        "<", ">", "/>", "&", "\"", "'", "<VALUE>", "</VALUE>", "<VALUE.NULL/>", "<![CDATA[", "]]>", "<!--", "&lt;",
        #"NAME="x""#, "\u{0}", "\u{FFFD}", "é", "<INSTANCE CLASSNAME='A'/>", "=", " ",
    ].map { Array($0.utf8) }

    private func mutated(_ body: [UInt8], _ random: inout Sequence) -> [UInt8] {
        var body = body
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0..<max(body.count, 1), using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: body.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 1 where !body.isEmpty: body[place] = UInt8.random(in: 0...255, using: &random)
            case 2: body.removeSubrange(place..<min(place + Int.random(in: 1...40, using: &random), body.count))
            default: body.removeLast(min(body.count, Int.random(in: 0...20, using: &random)))
            }
        }
        return body
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func everyMutationIsAnswered(seed: UInt64) async throws {
        let face = try Face.make()
        let requests = [
            Sent.intrinsic("EnumerateInstances", Sent.className("VM_Guest") + Sent.flag("DeepInheritance", "TRUE")),
            Sent.method("Move", Sent.guest + Sent.host),
        ]
        var random = Sequence(state: seed)
        var statuses: Set<UInt16> = []
        for round in 0..<500 {
            var request = requests[round % requests.count]
            request.body = mutated(request.body, &random)
            let response = try await face.wholeResponse(to: request)
            #expect(!response.body.isEmpty)
            statuses.insert(response.status)
        }
        #expect(statuses.isSubset(of: [200, 400, 501]))
        #expect(statuses.contains(400))
    }
}
