/// Writes XML as UTF-8 bytes. Elements are closed by construction and always with an end tag of their own:
/// wbemcli rejects self-closed elements.
///
/// Characters that XML 1.0 has no way to say (most control characters, U+FFFE, U+FFFF) become U+FFFD: a message
/// that quotes a hypervisor's odd text must still be sent.
package struct XMLWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(reservingBytes capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// `<?xml version="1.0" encoding="utf-8" ?>` and a line end.
    package mutating func declaration() {
        bytes.append(contentsOf: "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n".utf8)
    }

    /// An element with what `content` writes inside. The names must be XML names: they are the program's own.
    package mutating func element<Failure: Error>(
        _ name: String, _ attributes: [XMLAttribute] = [], content: (inout XMLWriter) throws(Failure) -> Void
    ) throws(Failure) {
        startTag(name, attributes)
        try content(&self)
        endTag(name)
    }

    /// An element whose attributes are written one by one, without an array of them: for what every answer is full of.
    package mutating func element<Failure: Error>(
        _ name: String, attributes: (inout XMLAttributeWriter) -> Void,
        content: (inout XMLWriter) throws(Failure) -> Void
    ) throws(Failure) {
        bytes.append(UInt8(ascii: "<"))
        append(name)
        var writer = XMLAttributeWriter(writer: XMLWriter())
        swap(&writer.writer, &self)
        attributes(&writer)
        swap(&writer.writer, &self)
        bytes.append(UInt8(ascii: ">"))
        try content(&self)
        endTag(name)
    }

    /// An element without content, still with an end tag.
    package mutating func element(_ name: String, _ attributes: [XMLAttribute] = []) {
        startTag(name, attributes)
        endTag(name)
    }

    /// An element that holds only text.
    package mutating func element(_ name: String, _ attributes: [XMLAttribute] = [], text: String) {
        startTag(name, attributes)
        self.text(text)
        endTag(name)
    }

    /// A whole tree.
    package mutating func element(_ element: XMLElement) {
        startTag(element.name, element.attributes)
        for child in element.children {
            switch child {
            case .element(let child): self.element(child)
            case .text(let text): self.text(text)
            }
        }
        endTag(element.name)
    }

    /// Character data, escaped so that a parser gives back the same string. Carriage returns are written as
    /// references, because a parser turns bare ones into line feeds (XML 1.0 2.11).
    package mutating func text(_ text: String) { escape(text, inAttribute: false) }

    // MARK: Bytes

    private mutating func startTag(_ name: String, _ attributes: [XMLAttribute]) {
        bytes.append(UInt8(ascii: "<"))
        append(name)
        for attribute in attributes { self.attribute(attribute.name, attribute.value) }
        bytes.append(UInt8(ascii: ">"))
    }

    fileprivate mutating func attribute(_ name: String, _ value: String) {
        bytes.append(UInt8(ascii: " "))
        append(name)
        bytes.append(UInt8(ascii: "="))
        bytes.append(UInt8(ascii: "\""))
        escape(value, inAttribute: true)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ name: String) {
        var name = name
        name.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func endTag(_ name: String) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(UInt8(ascii: "/"))
        append(name)
        bytes.append(UInt8(ascii: ">"))
    }

    /// Copies what needs no escape in one go: nearly all of any text.
    private mutating func escape(_ text: String, inAttribute: Bool) {
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices where Self.needsLook[Int(utf8[index])] {
                bytes.append(contentsOf: utf8[start..<index])
                escape(utf8[index], at: index, of: utf8, inAttribute: inAttribute)
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
    }

    /// For each byte, whether it may have to be written otherwise than it stands.
    private static let needsLook: [Bool] = {
        var table = [Bool](repeating: false, count: 256)
        for byte in 0..<0x20 { table[byte] = true }
        for byte in "&<>\"'".utf8 { table[Int(byte)] = true }
        table[0xBE] = true
        table[0xBF] = true
        return table
    }()

    private mutating func escape(_ byte: UInt8, at index: Int, of text: UnsafeBufferPointer<UInt8>, inAttribute: Bool) {
        switch byte {
        case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
        case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
        case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
        case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
        case UInt8(ascii: "'"): bytes.append(contentsOf: "&apos;".utf8)
        case UInt8(ascii: "\r"): bytes.append(contentsOf: "&#13;".utf8)
        case UInt8(ascii: "\n") where inAttribute: bytes.append(contentsOf: "&#10;".utf8)
        case UInt8(ascii: "\t") where inAttribute: bytes.append(contentsOf: "&#9;".utf8)
        case UInt8(ascii: "\n"), UInt8(ascii: "\t"): bytes.append(byte)
        case 0..<0x20: bytes.append(contentsOf: "\u{FFFD}".utf8)
        case 0xBE, 0xBF:
            // The last byte of U+FFFE or U+FFFF (EF BF BE, EF BF BF) becomes that of U+FFFD (EF BF BD).
            let forbidden = index >= 2 && text[index - 1] == 0xBF && text[index - 2] == 0xEF
            bytes.append(forbidden ? 0xBD : byte)
        default: bytes.append(byte)
        }
    }
}

/// Writes the attributes of one start tag.
package struct XMLAttributeWriter: Sendable {
    fileprivate var writer: XMLWriter

    package mutating func attribute(_ name: String, _ value: String) { writer.attribute(name, value) }
}
