import CIM
import XML

/// What EmbeddedObject says a string holds. Source: DSP0201 5.2.3.1.
package enum CIMXMLEmbedding: String, Hashable, Sendable {
    /// An instance.
    case instance
    /// An instance or a class.
    case object
}

/// Instances and classes that travel as the text of a string: as XML, or (older tools) as MOF.
package enum EmbeddedObject {
    /// Reads MOF text (`instance of X { ... };`). CIMXML does not know MOF; whoever does passes this in.
    package typealias MOFReader = @Sendable (_ text: String) throws(CIMError) -> CIMInstance

    private static let limits = XMLLimits(bytes: 4 << 20, elements: 50_000)
    /// Objects embedded in each other deeper than this stay strings; each level takes stack.
    private static let maximumDepth = 8

    /// The object in a text.
    /// - Returns: `.instance` or `.classObject`.
    /// - Throws: `.invalidParameter`, saying why the text is neither.
    package static func decode(_ text: String, mof: MOFReader? = nil) throws(CIMError) -> CIMValue {
        if looksLikeXML(text) { return try decodeXML(text, depth: 0) }
        guard let mof else {
            throw CIMError(.invalidParameter, "an embedded object must be an <INSTANCE> element, escaped")
        }
        return .instance(try mof(text))
    }

    /// The object as XML text.
    package static func encode(_ instance: CIMInstance) -> String {
        var writer = XMLWriter()
        writer.write(instance)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The object as XML text.
    package static func encode(_ object: CIMClass) -> String {
        var writer = XMLWriter()
        writer.write(object)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The object, or the text itself when it is none: the schema's check will then say what was expected in its
    /// place, which a message refused as a whole could not.
    /// - Parameter depth: how many objects the text is already inside of.
    static func valueOrString(_ text: String, depth: Int = 0) -> CIMValue {
        guard depth < maximumDepth, let value = try? decodeXML(text, depth: depth) else { return .string(text) }
        return value
    }

    private static func looksLikeXML(_ text: String) -> Bool {
        text.unicodeScalars.first { !$0.properties.isWhitespace } == "<"
    }

    private static func decodeXML(_ text: String, depth: Int) throws(CIMError) -> CIMValue {
        do throws(CIMXMLError) {
            let root = try element(text)
            let reader = try ElementReader(root, depth: depth)
            switch root.name {
            case "INSTANCE": return .instance(try reader.instance())
            case "CLASS": return .classObject(try reader.classDeclaration())
            default: throw reader.invalid("an embedded object is an <INSTANCE> or a <CLASS>, not a <\(root.name)>")
            }
        } catch {
            throw CIMError(.invalidParameter, "the embedded object cannot be read: \(error)")
        }
    }

    private static func element(_ text: String) throws(CIMXMLError) -> XMLElement {
        do { return try XMLElement(parsing: Array(text.utf8), limits: limits) } catch { throw CIMXMLError(error) }
    }
}
