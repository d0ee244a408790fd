import CIM

/// A value with what the message says of its type: the content of PARAMVALUE and RETURNVALUE. Source: DSP0201 5.2.6.
package struct CIMXMLTypedItem: Hashable, Sendable {
    /// PARAMTYPE; `nil` when absent, and then a VALUE is text whose type only the method's declaration tells.
    package var type: CIMType?
    package var embedding: CIMXMLEmbedding?
    /// `nil` is NULL.
    package var item: CIMXMLItem?

    package init(type: CIMType?, embedding: CIMXMLEmbedding? = nil, item: CIMXMLItem?) {
        self.type = type
        self.embedding = embedding
        self.item = item
    }

    /// What to write for a value; embedded objects become escaped XML.
    /// - Parameter type: the declared type, which a NULL does not tell.
    package init(_ value: CIMValue?, type: CIMType) {
        self.init(type: value?.type ?? type, embedding: value?.embedding, item: value.map(CIMXMLItem.init(value:)))
    }

    /// The value, with PARAMTYPE applied. Text without PARAMTYPE comes as a string, and so does a text that is marked
    /// as an embedded object but is none.
    /// - Throws: `.invalidParameter` when the text is no value of the type.
    package func value() throws(CIMError) -> CIMValue? {
        switch item {
        case nil: return nil
        case .value(let text): return try scalar(text)
        case .valueArray(let texts):
            let elements = try texts.map { (text) throws(CIMError) -> CIMValue? in
                guard let text else { return nil }
                return try scalar(text)
            }
            return .array(type ?? .string, elements)
        case .reference(let path), .instanceName(let path), .instancePath(let path), .objectPath(let path):
            return .reference(path)
        case .referenceArray(let paths): return .array(.reference, paths.map { $0.map(CIMValue.reference) })
        case .className(let name): return .reference(CIMObjectPath(className: name, isClassPath: true))
        case .instance(let instance), .namedInstance(_, let instance), .instanceWithPath(_, let instance),
            .object(.instance(let instance)), .objectWithPath(_, .instance(let instance)),
            .objectWithLocalPath(_, .instance(let instance)):
            return .instance(instance)
        case .class(let object), .object(.class(let object)), .objectWithPath(_, .class(let object)),
            .objectWithLocalPath(_, .class(let object)):
            return .classObject(object)
        case .qualifierType: throw CIMError(.invalidParameter, "a qualifier declaration is not a value")
        }
    }

    private func scalar(_ text: String) throws(CIMError) -> CIMValue {
        guard let type, type != .string else {
            return embedding == nil ? .string(text) : EmbeddedObject.valueOrString(text)
        }
        guard let value = CIMValue(text: text, type: type) else {
            throw CIMError(.invalidParameter, "\"\(text.prefix(64))\" is not a \(type.rawValue)")
        }
        return value
    }
}

/// PARAMVALUE: an argument of a method, in or out.
package struct CIMXMLArgument: Hashable, Sendable {
    package var name: CIMName
    package var content: CIMXMLTypedItem

    package init(_ name: CIMName, _ content: CIMXMLTypedItem) {
        self.name = name
        self.content = content
    }

    package init(_ name: CIMName, _ value: CIMValue?, type: CIMType) {
        self.init(name, CIMXMLTypedItem(value, type: type))
    }
}

extension CIMValue {
    var embedding: CIMXMLEmbedding? {
        switch self {
        case .instance: return .instance
        case .classObject: return .object
        case .array(_, let elements):
            let kinds = Set(elements.compactMap { $0?.embedding })
            return kinds.contains(.object) ? .object : kinds.first
        default: return nil
        }
    }

    /// The content of a VALUE element for a scalar that is no reference.
    var elementText: String {
        switch self {
        case .instance(let instance): EmbeddedObject.encode(instance)
        case .classObject(let object): EmbeddedObject.encode(object)
        case .reference(let path): path.text
        default: text ?? ""
        }
    }
}

extension CIMXMLItem {
    /// The element for a value.
    package init(value: CIMValue) {
        switch value {
        case .reference(let path): self = .reference(path)
        case .array(.reference, let elements): self = .referenceArray(elements.map { $0?.referenceValue })
        case .array(_, let elements): self = .valueArray(elements.map { $0?.elementText })
        default: self = .value(value.elementText)
        }
    }
}
