import HTTPTransport
import Logging
import Testing
import WBEMServer

@Suite struct ResponseTimeTests {
    @Test func theTimeIsToldWhileStatisticsAreGathered() async throws {
        let times = ResponseTimes()
        let face = try Face.make(responseTimes: times)
        let request = Sent.intrinsic("EnumerateInstanceNames", Sent.className("VM_Guest"))
        #expect(await face.respond(to: request).headers["WBEMServerResponseTime"] == nil)
        times.areTold = true
        let told = try #require(await face.respond(to: request).headers["WBEMServerResponseTime"])
        #expect(try #require(Int64(told)) >= 0)
    }
}
