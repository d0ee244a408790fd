import Testing
import XML

@Suite struct TreeTests {
    private func parse(_ document: String) throws -> XMLElement { try XMLElement(parsing: Array(document.utf8)) }

    @Test func attributesChildrenAndTextAreFound() throws {
        let root = try parse(
            #"<disk type='file'>one<driver name="qemu"/>two<source file='/a'/><source file='/b'/></disk>"#)
        #expect(root.name == "disk")
        #expect(root["type"] == "file")
        #expect(root["device"] == nil)
        #expect(root.text == "onetwo")
        #expect(root.first("driver")?["name"] == "qemu")
        #expect(root.first("target") == nil)
        #expect(root.all("source").map { $0["file"] } == ["/a", "/b"])
        #expect(root.elements.count == 3)
    }

    @Test func entitiesReferencesAndSectionsBecomeText() throws {
        let root = try parse("<a b='&lt;&amp;&quot;&apos;&gt;&#10;&#x1F600;'>&lt;&#65;<![CDATA[<&>]]>&gt;</a>")
        #expect(root["b"] == #"<&"'>\#n😀"#)
        #expect(root.text == "<A<&>>")
        #expect(root.children.count == 1)
    }

    @Test func prefixesAndNamespaceDeclarationsArePreserved() throws {
        let root = try parse(
            "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:commandline><qemu:arg value='-s'/>"
                + "</qemu:commandline><x:y z:w='1' xml:lang='en'/></domain>")
        #expect(root["xmlns:qemu"] == "http://libvirt.org/schemas/domain/qemu/1.0")
        #expect(root.first("qemu:commandline")?.first("qemu:arg")?["value"] == "-s")
        #expect(root.first("x:y")?["z:w"] == "1")
        #expect(root.first("x:y")?["xml:lang"] == "en")
        #expect(try parse(root.serialized()) == root)
    }

    @Test func commentsAndInstructionsAreDropped() throws {
        #expect(try parse("<!-- x --><?p q?><a>1<!-- y -->2<?r?>3</a><!-- z -->\n").children == [.text("123")])
    }

    @Test func startTagsKnowTheirPlace() throws {
        let root = try parse(#"<?xml version="1.0"?>\#n<a>\#n  <b\#n c='1'/><d/>\#n</a>"#)
        #expect(root.position == XMLPosition(line: 2, column: 1))
        #expect(root.elements.map(\.position) == [XMLPosition(line: 3, column: 3), XMLPosition(line: 4, column: 9)])
    }

    @Test func placesStayRightAcrossBlocks() throws {
        let lines = (0..<5000).map { "<e n='\($0)'>t</e>" }.joined(separator: "\n")
        let root = try parse("<a>\n\(lines)</a>")
        #expect(root.elements.count == 5000)
        #expect(root.elements.enumerated().allSatisfy { $1.position?.line == $0 + 2 && $1["n"] == "\($0)" })
    }

    @Test func placeIsNoPartOfEquality() throws {
        #expect(try parse("<a><b></b></a>") == parse("<a ><b/></a>"))
        #expect(try parse("<a><b></b></a>") != parse("<a> <b/></a>"))
    }

    @Test func emptyElementsGetExplicitEndTags() throws {
        #expect(try parse("<a><b c='1'/></a>").serialized() == #"<a><b c="1"></b></a>"#)
    }
}

@Suite struct WriterTests {
    private func written(_ write: (inout XMLWriter) -> Void) -> String {
        var writer = XMLWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func elementsCloseThemselves() {
        let text = written { writer in
            writer.declaration()
            writer.element("A", [XMLAttribute("N", "1")]) { inner in
                inner.element("B")
                inner.element("C", text: "x")
            }
        }
        #expect(text == #"<?xml version="1.0" encoding="utf-8" ?>\#n<A N="1"><B></B><C>x</C></A>"#)
    }

    @Test func specialCharactersAreEscaped() {
        #expect(written { $0.text(#"<&>"'\#r\#n\#t"#) } == "&lt;&amp;&gt;&quot;&apos;&#13;\n\t")
        #expect(
            written { $0.element("a", [XMLAttribute("b", #"<&>"'\#r\#n\#t"#)]) }
                == #"<a b="&lt;&amp;&gt;&quot;&apos;&#13;&#10;&#9;"></a>"#)
    }

    @Test func whatXMLCannotSayIsReplaced() {
        #expect(
            written { $0.text("a\u{0}b\u{1B}c\u{FFFE}d\u{FFFF}e\u{FFFD}f\u{1FFBF}g") }
                == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e\u{FFFD}f\u{1FFBF}g")
    }

    @Test(arguments: [
        "", " ", "\r\n\t", "a\rb", #"<a b="c">&amp;</a>"#, "é€😀", "]]>", "&#38;", "&amp;#38;&", #"'""#,
        "\u{85}\u{2028}",
    ])
    func whatIsWrittenIsReadBack(text: String) throws {
        let element = XMLElement(
            "a", attributes: [XMLAttribute("b", text)], children: text.isEmpty ? [] : [.text(text)])
        let read = try XMLElement(parsing: Array(element.serialized().utf8))
        #expect(read == element)
    }

    @Test func embeddedDocumentsSurviveTwoLevels() throws {
        let inner = XMLElement("INSTANCE", attributes: [XMLAttribute("N", #"<"&'\#n>"#)], children: [.text("é\r")])
        let outer = XMLElement("VALUE", children: [.text(inner.serialized())])
        let read = try XMLElement(parsing: Array(outer.serialized().utf8))
        #expect(try XMLElement(parsing: Array(read.text.utf8)) == inner)
    }
}
