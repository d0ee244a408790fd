import Testing
import XML

/// How a document is cut makes no difference to the tree, to the error or to its place.
@Suite struct ChunkTests {
    private enum Outcome: Equatable {
        case tree(XMLElement, [XMLPosition?])
        case error(XMLParseError.Code, XMLPosition, String)
    }

    private func outcome(_ bytes: [UInt8], cutEvery size: Int, limits: XMLLimits) -> Outcome {
        do {
            let parser = try XMLTreeParser(limits: limits)
            for start in stride(from: 0, to: bytes.count, by: size) {
                try parser.push(bytes[start..<min(start + size, bytes.count)])
            }
            let root = try parser.finish()
            return .tree(root, root.elements.map(\.position))
        } catch {
            return .error(error.code, error.position, error.message)
        }
    }

    private static let long = String(repeating: "<p q='é&amp;'>😀 text\r\n <![CDATA[x]]]]> &lt;</p>\n", count: 900)

    private static let documents = [
        #"<?xml version="1.0" encoding="utf-8" ?>\#n<a b='1'>é<!-- c --><d/>\#r\#n&#13;</a>\#n"#,
        "\u{FEFF}<a>x</a>",
        "<a>" + long + "</a>",
        "<a>" + long + "<b></c></a>",
        "<a>" + long + "&x;</a>",
        "<a>" + long + "\u{1}</a>",
        "<a>" + long,
        "<a></b>" + long + "<!DOCTYPE x>",
        "<a>" + long + "<z a='' b='' c='' d='' e=''/></a>",
    ]

    @Test(arguments: documents.indices)
    func chunksMakeNoDifference(index: Int) {
        let bytes = Array(Self.documents[index].utf8)
        let limits = XMLLimits(attributes: 4)
        let whole = outcome(bytes, cutEvery: max(bytes.count, 1), limits: limits)
        for size in [1, 2, 3, 7, 4095, 16 << 10, (16 << 10) + 1] {
            #expect(outcome(bytes, cutEvery: size, limits: limits) == whole)
        }
    }

    @Test func everyTwoWaySplitOfAShortDocumentAgrees() throws {
        let bytes = Array("<?xml version='1.0' encoding='UTF-8'?><a b='é'><![CDATA[😀]]><!--x--><c/>&amp;</a>".utf8)
        let whole = try XMLElement(parsing: bytes)
        for cut in bytes.indices {
            let parser = try XMLTreeParser()
            try parser.push(bytes[..<cut])
            try parser.push(bytes[cut...])
            #expect(try parser.finish() == whole)
        }
    }

    @Test func longTextIsReadInLinearTime() throws {
        let text = String(repeating: "0123456789abcde\n", count: 256 << 10)
        let clock = ContinuousClock()
        var root = XMLElement("none")
        let time = try clock.measure { root = try XMLElement(parsing: Array("<a>\(text)</a>".utf8)) }
        #expect(root.text == text)
        #expect(time < .seconds(10))
    }
}
