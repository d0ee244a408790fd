import HypervisorAPI
import Testing

@Suite("Domain UUIDs") struct DomainUUIDTests {
    private static let canonical = "12345678-9abc-4def-8012-3456789abcde"

    @Test(arguments: [
        canonical, "12345678-9ABC-4DEF-8012-3456789ABCDE", "123456789abc4def80123456789abcde",
        "1234-5678-9abc-4def-8012-3456-789a-bcde",
    ])
    func everySpellingIsTheSameUUID(text: String) throws {
        let uuid = try #require(DomainUUID(text))
        #expect(uuid.text == Self.canonical)
        #expect(uuid == DomainUUID(Self.canonical))
        #expect(uuid.description == Self.canonical)
    }

    @Test(arguments: [
        "", "-", "12345678-9abc-4def-8012-3456789abcd", "12345678-9abc-4def-8012-3456789abcdef",
        "12345678-9abc-4def-8012-3456789abcdg", "{12345678-9abc-4def-8012-3456789abcde}",
        "12345678 9abc 4def 8012 3456789abcde", "１２３４５６７８-9abc-4def-8012-3456789abcde",
    ])
    func anythingElseIsNoUUID(text: String) {
        #expect(DomainUUID(text) == nil)
    }

    @Test func uuidsAreOrderedByTheirText() throws {
        let low = try #require(DomainUUID("00000000-0000-4000-8000-000000000001"))
        let high = try #require(DomainUUID("f0000000-0000-4000-8000-000000000000"))
        #expect(low < high)
        #expect([high, low].sorted() == [low, high])
    }
}
