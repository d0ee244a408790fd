import Testing

@testable import Settings

@Suite struct NearestTests {
    private let keys = ["socketPath", "stateDirectory", "schemaDirectory", "logLevel", "bandwidthMiBps", "uri"]

    @Test(arguments: [
        ("socketpath", "socketPath"), ("soketPath", "socketPath"), ("loglvl", "logLevel"), ("log", "logLevel"),
        ("bandwith", "bandwidthMiBps"), ("url", "uri"), ("stateDirectroy", "stateDirectory"),
    ])
    func slipsAreRecognized(word: String, meant: String) {
        #expect(Nearest.candidate(to: word, among: keys) == meant)
    }

    @Test(arguments: ["x", "timeout", "hosts", "", String(repeating: "uri", count: 1000)])
    func otherWordsAreNot(word: String) {
        #expect(Nearest.candidate(to: word, among: keys) == nil)
    }

    @Test func nothingIsNearInAnEmptyList() {
        #expect(Nearest.candidate(to: "uri", among: []) == nil)
    }
}
