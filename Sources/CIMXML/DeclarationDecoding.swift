import CIM

// Classes, instances and qualifier types, read. Source: DSP0201 5.2.2 and 5.2.5.

extension ElementReader {
    /// CLASS. The attributes that describe origin are kept; EmbeddedObject is not, its qualifiers say as much.
    func classDeclaration() throws(CIMXMLError) -> CIMClass {
        let name = try cimName("NAME")
        let superclass = try optionalName("SUPERCLASS")
        return try contents { (inner) throws(CIMXMLError) in
            let qualifiers = try inner.qualifiers()
            let properties = try inner.propertyElements().map { (child) throws(CIMXMLError) in
                try child.propertyElement()
            }
            let methods = try inner.all("METHOD").map { (child) throws(CIMXMLError) in try child.method() }
            return CIMClass(
                name: name, superclass: superclass, qualifiers: qualifiers, properties: properties, methods: methods)
        }
    }

    /// INSTANCE. Qualifiers on instances are deprecated and mean nothing (DSP0201 5.2.5.2): checked and dropped.
    func instance() throws(CIMXMLError) -> CIMInstance {
        let className = try cimName("CLASSNAME")
        return try contents { (inner) throws(CIMXMLError) in
            _ = try inner.qualifiers()
            let properties = try inner.propertyElements().map { (child) throws(CIMXMLError) in
                try child.propertyElement().value
            }
            return CIMInstance(className: className, properties: properties)
        }
    }

    private mutating func propertyElements() throws(CIMXMLError) -> [ElementReader] {
        try all("PROPERTY", "PROPERTY.ARRAY", "PROPERTY.REFERENCE")
    }

    private mutating func qualifiers() throws(CIMXMLError) -> [CIMQualifier] {
        try all("QUALIFIER").map { (child) throws(CIMXMLError) in try child.qualifier() }
    }

    // MARK: Properties

    private func propertyElement() throws(CIMXMLError) -> CIMProperty {
        var property = CIMProperty(
            name: try cimName("NAME"), type: name == "PROPERTY.REFERENCE" ? .reference : try cimType("TYPE"),
            isArray: name == "PROPERTY.ARRAY", arraySize: try arraySize(),
            referenceClass: try optionalName("REFERENCECLASS"), classOrigin: try optionalName("CLASSORIGIN"),
            propagated: try flag("PROPAGATED", default: false))
        try contents { (inner) throws(CIMXMLError) in
            property.qualifiers = try inner.qualifiers()
            property.defaultValue = try inner.propertyValue(property.type, embedding: try embedding())
        }
        return property
    }

    private mutating func propertyValue(
        _ type: CIMType, embedding: CIMXMLEmbedding?
    ) throws(CIMXMLError) -> CIMValue? {
        let child: ElementReader? =
            switch name {
            case "PROPERTY.ARRAY": try optional("VALUE.ARRAY")
            case "PROPERTY.REFERENCE": try optional("VALUE.REFERENCE")
            default: try optional("VALUE")
            }
        guard let child else { return nil }
        switch child.name {
        case "VALUE.REFERENCE": return .reference(try child.reference())
        case "VALUE.ARRAY":
            let elements = try child.texts().map { (text) throws(CIMXMLError) -> CIMValue? in
                guard let text else { return nil }
                return try child.value(text, as: type, embedding)
            }
            return .array(type, elements)
        default: return try child.value(child.text, as: type, embedding)
        }
    }

    private func value(
        _ text: String, as type: CIMType, _ embedding: CIMXMLEmbedding?
    ) throws(CIMXMLError) -> CIMValue {
        embedding != nil && type == .string
            ? EmbeddedObject.valueOrString(text, depth: depth + 1) : try value(text, as: type)
    }

    // MARK: Methods

    private func method() throws(CIMXMLError) -> CIMMethod {
        guard attribute("TYPE") != nil else {
            throw invalid("METHOD \(try required(attribute: "NAME")) has no TYPE; CIM methods return a value")
        }
        var method = CIMMethod(
            name: try cimName("NAME"), returnType: try cimType("TYPE"), classOrigin: try optionalName("CLASSORIGIN"),
            propagated: try flag("PROPAGATED", default: false))
        try contents { (inner) throws(CIMXMLError) in
            method.qualifiers = try inner.qualifiers()
            let parameters = try inner.all(
                "PARAMETER", "PARAMETER.REFERENCE", "PARAMETER.ARRAY", "PARAMETER.REFARRAY")
            method.parameters = try parameters.map { (child) throws(CIMXMLError) in try child.parameter() }
        }
        return method
    }

    private func parameter() throws(CIMXMLError) -> CIMParameter {
        let isReference = name == "PARAMETER.REFERENCE" || name == "PARAMETER.REFARRAY"
        var parameter = CIMParameter(
            name: try cimName("NAME"), type: isReference ? .reference : try cimType("TYPE"),
            isArray: name == "PARAMETER.ARRAY" || name == "PARAMETER.REFARRAY", arraySize: try arraySize(),
            referenceClass: try optionalName("REFERENCECLASS"))
        try contents { (inner) throws(CIMXMLError) in parameter.qualifiers = try inner.qualifiers() }
        return parameter
    }

    // MARK: Qualifiers

    private func qualifier() throws(CIMXMLError) -> CIMQualifier {
        let type = try cimType("TYPE")
        let value = try contents { (inner) throws(CIMXMLError) in try inner.qualifierValue(type) }
        return CIMQualifier(
            name: try cimName("NAME"), type: type, isArray: value?.isArray ?? false, value: value,
            flavor: try flavor(), propagated: try flag("PROPAGATED", default: false))
    }

    private mutating func qualifierValue(_ type: CIMType) throws(CIMXMLError) -> CIMValue? {
        guard let child = try optional("VALUE", "VALUE.ARRAY") else { return nil }
        if child.name == "VALUE" { return try child.value(child.text, as: type) }
        let elements = try child.texts().map { (text) throws(CIMXMLError) -> CIMValue? in
            guard let text else { return nil }
            return try child.value(text, as: type)
        }
        return .array(type, elements)
    }

    /// TOINSTANCE is deprecated and has no effect; it is checked only.
    private func flavor() throws(CIMXMLError) -> CIMFlavor {
        _ = try flag("TOINSTANCE", default: false)
        return CIMFlavor(
            overridable: try flag("OVERRIDABLE", default: true), toSubclass: try flag("TOSUBCLASS", default: true),
            translatable: try flag("TRANSLATABLE", default: false))
    }

    /// QUALIFIER.DECLARATION; one without SCOPE may stand anywhere.
    func qualifierType() throws(CIMXMLError) -> CIMQualifierType {
        let type = try cimType("TYPE")
        var declaration = CIMQualifierType(
            name: try cimName("NAME"), type: type, arraySize: try arraySize(), scopes: Set(CIMScope.allCases),
            flavor: try flavor())
        try contents { (inner) throws(CIMXMLError) in
            if let scope = try inner.optional("SCOPE") {
                try scope.finish()
                var scopes: Set<CIMScope> = []
                for candidate in CIMScope.allCases
                where try scope.flag(candidate.rawValue.uppercased(), default: false) {
                    scopes.insert(candidate)
                }
                declaration.scopes = scopes
            }
            declaration.defaultValue = try inner.qualifierValue(type)
        }
        declaration.isArray = try flag("ISARRAY", default: declaration.defaultValue?.isArray ?? false)
        guard declaration.defaultValue.map({ $0.isArray == declaration.isArray }) ?? true else {
            throw invalid("ISARRAY says otherwise than the value of qualifier \(declaration.name)")
        }
        return declaration
    }
}

extension CIMProperty {
    /// What the element says when it stands in an instance, where its value is no default.
    fileprivate var value: CIMPropertyValue {
        CIMPropertyValue(
            name: name, type: type, isArray: isArray, value: defaultValue, classOrigin: classOrigin,
            propagated: propagated)
    }
}
