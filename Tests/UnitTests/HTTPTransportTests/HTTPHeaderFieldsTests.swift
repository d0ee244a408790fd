import Testing

@testable import HTTPTransport

@Suite struct HTTPHeaderFieldsTests {
    @Test func namesAreComparedWithoutRegardToCase() {
        let fields: HTTPHeaderFields = ["Content-Type": "text/xml", "CIMMethod": "M"]
        #expect(fields["content-type"] == "text/xml")
        #expect(fields["CIMMETHOD"] == "M")
        #expect(fields.contains("cimMethod"))
        #expect(fields["CIMObject"] == nil)
        #expect(fields == ["content-type": "text/xml", "cimmethod": "M"])
        #expect(fields.hashValue == HTTPHeaderFields([("content-type", "text/xml"), ("cimmethod", "M")]).hashValue)
    }

    @Test func lettersOutsideASCIIAreNotFolded() {
        // The Kelvin sign lowercases to k in Unicode; in a header name it is another byte.
        #expect(!isSameToken("\u{212A}ey", "key"))
        #expect(!isSameToken("[", "{"))
        #expect(!isSameToken("@", "`"))
    }

    @Test func orderAndRepetitionAreKept() {
        var fields: HTTPHeaderFields = ["A": "1", "B": "2"]
        fields.append("a", "3")
        #expect(fields.all("A") == ["1", "3"])
        #expect(fields["A"] == "1")
        #expect(fields.fields.map(\.name) == ["A", "B", "a"])
        #expect(fields != ["B": "2", "A": "1", "a": "3"])
    }

    @Test func replacingLeavesOneField() {
        var fields: HTTPHeaderFields = ["A": "1", "B": "2", "a": "3"]
        fields.replace("A", with: "4")
        #expect(fields == ["B": "2", "A": "4"])
        fields.remove("b")
        #expect(fields == ["A": "4"])
    }

    @Test func listsSpreadOverSeveralFields() {
        let fields: HTTPHeaderFields = ["Connection": " close ,, TE", "connection": "\tUpgrade"]
        #expect(fields.list("Connection") == ["close", "TE", "Upgrade"])
        #expect(fields.list("Expect").isEmpty)
    }
}
