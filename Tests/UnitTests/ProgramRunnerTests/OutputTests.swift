import Glibc
import Testing

@testable import ProgramRunner

@Suite struct OutputTests {
    @Test func bothStreamsAreKeptInTheOrderWritten() async {
        let result = await runner.run(.shell("echo one; echo two >&2; echo three; exit 4"))
        #expect(result.ending == .exited(4))
        #expect(result.output == Array("one\ntwo\nthree\n".utf8))
        #expect(!result.truncated)
    }

    @Test func outputBeyondTheLimitIsCutAndSaidToBe() async {
        let cut = await runner.run(.shell("printf 12345678", outputLimit: 7))
        #expect(cut.output == Array("1234567".utf8) && cut.truncated)
        let whole = await runner.run(.shell("printf 12345678", outputLimit: 8))
        #expect(whole.output == Array("12345678".utf8) && !whole.truncated)
        let none = await runner.run(.shell("printf 12345678", outputLimit: 0))
        #expect(none.output == [] && none.truncated && none.ending == .exited(0))
    }

    @Test func gibibyteOfOutputNeitherBlocksNorIsStored() async throws {
        let sandbox = try Sandbox()
        let result = await runner.run(
            .shell(
                "head -c 1073741824 /dev/zero && grep VmHWM /proc/$PPID/status >'\(sandbox.path)/memory'",
                outputLimit: 1000))
        #expect(result.ending == .exited(0))
        #expect(result.output == [UInt8](repeating: 0, count: 1000))
        #expect(result.truncated)
        let peak = try sandbox.contents("memory").split(separator: " ").compactMap { Int($0.filter(\.isNumber)) }
        #expect(try #require(peak.first) < 16_384, "KiB at the supervisor's peak")
    }

    @Test func largeOutputArrivesWhole() async {
        let result = await runner.run(.shell("head -c 8000000 /dev/zero | tr '\\0' x", outputLimit: 8_000_000))
        #expect(result.output.count == 8_000_000)
        #expect(result.output.allSatisfy { $0 == UInt8(ascii: "x") })
        #expect(!result.truncated)
    }

    @Test func outputOfAProgramThatTimedOutIsKept() async {
        let result = await runner.run(.shell("echo reason; exec sleep 1000", timeout: .seconds(8)))
        #expect(result.ending == .timedOut)
        #expect(result.output == Array("reason\n".utf8))
    }

    @Test func outputTextCanBeQuotedAnywhere() {
        func text(_ bytes: [UInt8]) -> String { ProgramResult(ending: .exited(1), output: bytes).outputText }
        #expect(text(Array("no space\r\nleft\ton disk \n\n".utf8)) == "no space\nleft\ton disk")
        #expect(text(Array("\u{1B}[31mred\u{7}\0\u{FFFE}\u{9B}".utf8)) == "\\u{1B}[31mred\\u{7}\\u{0}\\u{FFFE}\\u{9B}")
        #expect(text([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(text(Array("grüße 日本 👩‍👩‍👧".utf8)) == "grüße 日本 👩‍👩‍👧")
        #expect(text([]) == "")
    }
}
