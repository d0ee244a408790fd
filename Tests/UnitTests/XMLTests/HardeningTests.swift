import Testing
import XML

/// What a document may not do, with the place that the error names.
@Suite struct HardeningTests {
    private func refusal(_ document: String, limits: XMLLimits = .default) -> XMLParseError? {
        refusal(Array(document.utf8), limits: limits)
    }

    private func refusal(_ bytes: [UInt8], limits: XMLLimits = .default) -> XMLParseError? {
        do {
            _ = try XMLElement(parsing: bytes, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "<!DOCTYPE a><a></a>",
        #"<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"#,
        #"<?xml version="1.0"?><!DOCTYPE a PUBLIC "x" "http://127.0.0.1/x.dtd"><a></a>"#,
    ])
    func documentTypesAreRefused(document: String) {
        #expect(refusal(document)?.code == .documentTypeForbidden)
    }

    @Test(arguments: ["<a>&b;</a>", #"<a b="&c;"></a>"#, "<a>&nbsp;</a>"])
    func onlyTheFivePredefinedEntitiesExist(document: String) {
        #expect(refusal(document)?.code == .entityForbidden)
    }

    @Test func utf16IsRefusedWithItsRemedy() {
        let text = Array("<a></a>".utf16)
        let little = text.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = text.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        for bytes in [[0xFF, 0xFE] + little, [0xFE, 0xFF] + big, little, big] {
            let error = refusal(bytes)
            #expect(error?.code == .encodingUnsupported)
            #expect(error?.message.contains("send UTF-8") == true)
        }
    }

    @Test(arguments: ["ISO-8859-1", "UTF-16", "latin1", "windows-1252", ""])
    func anotherDeclaredEncodingIsRefused(name: String) {
        #expect(refusal("<?xml version='1.0' encoding='\(name)'?><a></a>")?.code == .encodingUnsupported)
    }

    @Test(arguments: ["utf-8", "UTF-8", "Utf-8"])
    func utf8MayBeDeclaredInAnyCase(name: String) throws {
        #expect(
            try XMLElement(parsing: Array(#"<?xml version="1.0" encoding = "\#(name)" ?><a>é</a>"#.utf8)).text == "é")
    }

    @Test func aByteOrderMarkOfUTF8IsAccepted() throws {
        #expect(try XMLElement(parsing: [0xEF, 0xBB, 0xBF] + Array("<a>x</a>".utf8)).text == "x")
    }

    @Test(
        arguments: [
            [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE9], [0xC3, 0x28],
        ] as [[UInt8]])
    func whatIsNotUTF8IsRefused(bytes: [UInt8]) {
        #expect(refusal(Array("<a>".utf8) + bytes + Array("</a>".utf8))?.code == .invalidUTF8)
    }

    @Test func anUnfinishedCharacterAtTheEndIsRefused() {
        #expect(refusal(Array("<a></a>".utf8) + [0xC3])?.code == .invalidUTF8)
    }

    @Test(arguments: [
        "<a>\u{0}</a>", "<a>\u{1}</a>", "<a>\u{1F}</a>", #"<a b="\#u{B}"></a>"#, "<a>\u{FFFE}</a>", "<a>&#0;</a>",
        "<a>&#xFFFF;</a>",
    ])
    func charactersOutsideXMLAreRefused(document: String) {
        #expect(refusal(document)?.code == .forbiddenCharacter)
    }

    @Test func aHundredThousandAttributesCostNothing() {
        let attributes = (0..<100_000).map { #" a\#($0)="""# }.joined()
        let clock = ContinuousClock()
        let limits = XMLLimits(tagBytes: 8 << 20)
        var error: XMLParseError?
        let time = clock.measure { error = refusal("<a\(attributes)></a>", limits: limits) }
        #expect(error?.code == .tooManyAttributes)
        #expect(time < .seconds(2))
    }

    @Test func limitsAreReachedExactly() {
        let deep = { (count: Int) in String(repeating: "<a>", count: count) + String(repeating: "</a>", count: count) }
        #expect(refusal(deep(64)) == nil)
        #expect(refusal(deep(65))?.code == .tooDeep)
        #expect(refusal("<a>" + String(repeating: "<b/>", count: 9) + "</a>", limits: XMLLimits(elements: 10)) == nil)
        #expect(
            refusal("<a>" + String(repeating: "<b/>", count: 10) + "</a>", limits: XMLLimits(elements: 10))?.code
                == .tooManyElements)
        #expect(refusal("<a></a>", limits: XMLLimits(bytes: 7)) == nil)
        #expect(refusal("<a></a>", limits: XMLLimits(bytes: 6))?.code == .tooLarge)
        #expect(refusal("<a b='1' c='2'/>", limits: XMLLimits(attributes: 2)) == nil)
        #expect(refusal("<a b='1' c='2' d='3'/>", limits: XMLLimits(attributes: 2))?.code == .tooManyAttributes)
        #expect(refusal("<abcd/>", limits: XMLLimits(tagBytes: 7)) == nil)
        #expect(refusal("<abcde/>", limits: XMLLimits(tagBytes: 7))?.code == .tagTooLong)
        #expect(refusal("<!-- long --><a/>", limits: XMLLimits(tagBytes: 12))?.code == .tagTooLong)
        #expect(refusal("<?p long ?><a/>", limits: XMLLimits(tagBytes: 10))?.code == .tagTooLong)
    }

    @Test func depthBeyondLibxml2sOwnIsNotForHaving() {
        #expect(XMLLimits(depth: 10_000).depth == 200)
        let deep = String(repeating: "<a>", count: 200) + String(repeating: "</a>", count: 200)
        #expect(refusal(deep, limits: XMLLimits(depth: 10_000)) == nil)
    }

    @Test func markupInQuotesCommentsAndSectionsCountsForNothing() throws {
        let limits = XMLLimits(depth: 1, elements: 1, attributes: 1)
        let document = "<a b='= = > >'><!-- <x> a=b --><![CDATA[<y z=''>]]]]><?p <q> ?></a>"
        #expect(try XMLElement(parsing: Array(document.utf8), limits: limits).text == "<y z=''>]]")
    }

    @Test(arguments: [
        "", "   ", "text", "<a>", "<a></b>", "<a></a><b></b>", "<a b></a>", "<a b='1' b='2'></a>", "<a>&</a>", "<>",
        "<a b='<'></a>", "<!ELEMENT a ANY><a></a>", "<a>]]></a>", " <?xml version='1.0'?><a></a>", "<a/>x", "<a",
        "<![CDATA[x]]>",
    ])
    func whatIsNotWellFormedIsRefused(document: String) {
        #expect(refusal(document)?.code == .notWellFormed)
    }

    @Test func errorsNameLineAndColumn() {
        let mismatch = refusal("<a>\n  <b>\n  </c>\n</a>")
        #expect(mismatch?.line == 3)
        #expect(refusal("<a>\n é<!DOCTYPE x></a>")?.position == XMLPosition(line: 2, column: 5))
        #expect(refusal("<a>\n\n\u{7}</a>")?.position == XMLPosition(line: 3, column: 1))
        #expect(
            refusal("<a>\n<b x='1' y='2'/></a>", limits: XMLLimits(attributes: 1))?.description
                == "line 2, column 11: a tag has more than 1 attributes")
    }

    @Test func anErrorStaysTheError() throws {
        let parser = try XMLTreeParser()
        #expect(throws: XMLParseError(.documentTypeForbidden, "", at: XMLPosition(line: 1, column: 1))) {
            try parser.push(Array("<!DOCTYPE a>".utf8))
        }
        #expect(throws: XMLParseError(.documentTypeForbidden, "", at: XMLPosition(line: 1, column: 1))) {
            try parser.push(Array("<a></a>".utf8))
        }
        #expect(throws: XMLParseError(.documentTypeForbidden, "", at: XMLPosition(line: 1, column: 1))) {
            _ = try parser.finish()
        }
    }
}
