import CIM
import HTTPTransport
import Testing

@testable import WBEMServer

@Suite struct ServerStatisticsTests {
    private let statistics = ServerStatistics()
    private let names = Sent.intrinsic("EnumerateInstanceNames", Sent.className("VM_Guest"))
    private let instances = Sent.intrinsic("EnumerateInstances", Sent.className("VM_Guest"))

    /// A response's body as it goes over the wire.
    private func bytes(_ response: HTTPResponse) async throws -> [UInt8] {
        switch response.body {
        case .bytes(let bytes): return bytes
        case .stream(let stream):
            let writer = HTTPBodyWriter(pieceBytes: .max) { _ in }
            _ = try await stream.write(to: writer)
            return writer.takeRest()
        }
    }

    @Test func theTimeIsToldWhileStatisticsAreGathered() async throws {
        let face = try Face.make(statistics: statistics)
        #expect(await face.respond(to: names).headers["WBEMServerResponseTime"] == nil)
        #expect(statistics.figures.isEmpty)
        statistics.isGathered = true
        let told = try #require(await face.respond(to: names).headers["WBEMServerResponseTime"])
        #expect(try #require(Int64(told)) >= 0)
    }

    @Test func eachKindOfOperationIsCountedWithItsSizes() async throws {
        let face = try Face.make(statistics: statistics)
        statistics.isGathered = true
        var sent = 0
        var answered = 0
        for _ in 1...3 {
            answered += try await bytes(await face.respond(to: instances)).count
            sent += instances.body.count
        }
        _ = try await bytes(await face.respond(to: Sent.method("Ping", "")))
        // Refused as no message at all: no operation.
        _ = await face.respond(to: Sent.request("GetClass", "root/virt", body: "<CIM"))
        #expect(statistics.figures.map(\.operation.name) == ["EnumerateInstances", "InvokeMethod"])
        #expect(statistics.figures.map(\.operation.type) == [13, 1])
        let figures = try #require(statistics.figures.first?.figures)
        #expect(figures.operations == 3)
        #expect(figures.requestBytes == UInt64(sent))
        #expect(figures.responseBytes == UInt64(answered))
        #expect(figures.elapsed > .zero)
    }

    @Test func countingBeginsAnewWhenItIsSwitchedOn() async throws {
        let face = try Face.make(statistics: statistics)
        statistics.isGathered = true
        _ = try await bytes(await face.respond(to: names))
        statistics.isGathered = true
        #expect(statistics.figures.count == 1)
        statistics.isGathered = false
        #expect(statistics.figures.count == 1)
        statistics.isGathered = true
        #expect(statistics.figures.isEmpty)
    }
}
