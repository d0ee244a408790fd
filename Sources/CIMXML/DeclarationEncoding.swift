import CIM
import XML

// Classes, instances and qualifier types, written. Source: DSP0201 5.2.2 and 5.2.5. Attributes that say what is the
// default anyway are left out.

extension XMLWriter {
    mutating func write(_ instance: CIMInstance) {
        element("INSTANCE", [XMLAttribute("CLASSNAME", instance.className.text)]) { writer in
            for property in instance.properties {
                let origin = Origin(classOrigin: property.classOrigin, isPropagated: property.propagated)
                writer.write(
                    PropertyElement(
                        name: property.name, type: property.type, isArray: property.isArray, value: property.value,
                        embedding: property.value?.embedding, origin: origin))
            }
        }
    }

    mutating func write(_ object: CIMClass) {
        var attributes = [XMLAttribute("NAME", object.name.text)]
        if let superclass = object.superclass { attributes.append(XMLAttribute("SUPERCLASS", superclass.text)) }
        element("CLASS", attributes) { writer in
            for qualifier in object.qualifiers { writer.write(qualifier) }
            for property in object.properties { writer.write(PropertyElement(property)) }
            for method in object.methods { writer.write(method) }
        }
    }

    mutating func write(_ type: CIMQualifierType) {
        var attributes = [
            XMLAttribute("NAME", type.name.text), XMLAttribute("TYPE", type.type.rawValue),
            XMLAttribute("ISARRAY", type.isArray ? "true" : "false"),
        ]
        if let size = type.arraySize { attributes.append(XMLAttribute("ARRAYSIZE", String(size))) }
        element("QUALIFIER.DECLARATION", attributes + Self.attributes(of: type.flavor)) { writer in
            let scopes = CIMScope.allCases.filter(type.scopes.contains)
            writer.element("SCOPE", scopes.map { XMLAttribute($0.rawValue.uppercased(), "true") })
            if let value = type.defaultValue { writer.write(CIMXMLItem(value: value)) }
        }
    }

    private mutating func write(_ qualifier: CIMQualifier) {
        var attributes = [XMLAttribute("NAME", qualifier.name.text), XMLAttribute("TYPE", qualifier.type.rawValue)]
        if qualifier.propagated { attributes.append(XMLAttribute("PROPAGATED", "true")) }
        element("QUALIFIER", attributes + Self.attributes(of: qualifier.flavor)) { writer in
            if let value = qualifier.value { writer.write(CIMXMLItem(value: value)) }
        }
    }

    private static func attributes(of flavor: CIMFlavor) -> [XMLAttribute] {
        var attributes: [XMLAttribute] = []
        if !flavor.overridable { attributes.append(XMLAttribute("OVERRIDABLE", "false")) }
        if !flavor.toSubclass { attributes.append(XMLAttribute("TOSUBCLASS", "false")) }
        if flavor.translatable { attributes.append(XMLAttribute("TRANSLATABLE", "true")) }
        return attributes
    }

    // MARK: Properties

    /// References are PROPERTY.REFERENCE. An array of references, for which there is no element, goes as the paths'
    /// texts; DSP0004 knows such arrays as parameters only.
    private mutating func write(_ property: PropertyElement) {
        let isReference = property.type == .reference && !property.isArray
        let name = isReference ? "PROPERTY.REFERENCE" : property.isArray ? "PROPERTY.ARRAY" : "PROPERTY"
        element(name) { tag in
            tag.attribute("NAME", property.name.text)
            if !isReference {
                tag.attribute("TYPE", (property.type == .reference ? CIMType.string : property.type).rawValue)
            } else if let target = property.referenceClass {
                tag.attribute("REFERENCECLASS", target.text)
            }
            if let size = property.arraySize { tag.attribute("ARRAYSIZE", String(size)) }
            property.origin.write(to: &tag)
            if let embedding = property.embedding { tag.attribute("EmbeddedObject", embedding.rawValue) }
        } content: { writer in
            for qualifier in property.qualifiers { writer.write(qualifier) }
            guard let value = property.value else { return }
            if case .array(_, let elements) = value {
                writer.write(elements.map { $0?.elementText })
            } else {
                writer.write(CIMXMLItem(value: value))
            }
        }
    }

    // MARK: Methods

    private mutating func write(_ method: CIMMethod) {
        element("METHOD") { tag in
            tag.attribute("NAME", method.name.text)
            tag.attribute("TYPE", method.returnType.rawValue)
            Origin(classOrigin: method.classOrigin, isPropagated: method.propagated).write(to: &tag)
        } content: { writer in
            for qualifier in method.qualifiers { writer.write(qualifier) }
            for parameter in method.parameters { writer.write(parameter) }
        }
    }

    private mutating func write(_ parameter: CIMParameter) {
        var attributes = [XMLAttribute("NAME", parameter.name.text)]
        let isReference = parameter.type == .reference
        if !isReference { attributes.append(XMLAttribute("TYPE", parameter.type.rawValue)) }
        if let target = parameter.referenceClass { attributes.append(XMLAttribute("REFERENCECLASS", target.text)) }
        if let size = parameter.arraySize { attributes.append(XMLAttribute("ARRAYSIZE", String(size))) }
        let name =
            switch (isReference, parameter.isArray) {
            case (false, false): "PARAMETER"
            case (false, true): "PARAMETER.ARRAY"
            case (true, false): "PARAMETER.REFERENCE"
            case (true, true): "PARAMETER.REFARRAY"
            }
        element(name, attributes) { writer in
            for qualifier in parameter.qualifiers { writer.write(qualifier) }
        }
    }
}

private struct Origin {
    let classOrigin: CIMName?
    let isPropagated: Bool

    func write(to tag: inout XMLAttributeWriter) {
        if let classOrigin { tag.attribute("CLASSORIGIN", classOrigin.text) }
        if isPropagated { tag.attribute("PROPAGATED", "true") }
    }
}

/// What PROPERTY, PROPERTY.ARRAY and PROPERTY.REFERENCE have in common, in a class or in an instance.
private struct PropertyElement {
    var name: CIMName
    var type: CIMType
    var isArray: Bool
    var arraySize: Int?
    var referenceClass: CIMName?
    var qualifiers: [CIMQualifier] = []
    var value: CIMValue?
    var embedding: CIMXMLEmbedding?
    var origin: Origin
}

extension PropertyElement {
    init(_ property: CIMProperty) {
        let embedding: CIMXMLEmbedding? =
            switch property.embedding {
            case .instance: .instance
            case .object: .object
            case nil: nil
            }
        self.init(
            name: property.name, type: property.type, isArray: property.isArray, arraySize: property.arraySize,
            referenceClass: property.referenceClass, qualifiers: property.qualifiers, value: property.defaultValue,
            embedding: embedding, origin: Origin(classOrigin: property.classOrigin, isPropagated: property.propagated))
    }
}
