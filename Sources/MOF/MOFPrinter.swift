import CIM

/// Writes declarations as MOF that compiles to the same declarations again.
package struct MOFPrinter: Sendable {
    /// Where a string goes on in another piece, in characters from its line's begin.
    private static let width = 110

    private let repository: ClassRepository

    /// - Parameter repository: knows the qualifier types. A flavor is written where it differs from the declared one.
    package init(repository: ClassRepository) {
        self.repository = repository
    }

    // MARK: Declarations

    package func text(of type: CIMQualifierType) -> String {
        var text = "Qualifier \(type.name) : \(type.type.rawValue)\(brackets(type.isArray, type.arraySize))"
        if let value = type.defaultValue { text += " = \(literal(value, indent: 4))" }
        let scopes = CIMScope.allCases.filter(type.scopes.contains)
        let names = scopes.count == CIMScope.allCases.count ? "any" : scopes.map(\.rawValue).joined(separator: ", ")
        text += ",\n    Scope(\(names))"
        let flavors = flavorWords(type.flavor, declared: CIMFlavor())
        if !flavors.isEmpty { text += ",\n    Flavor(\(flavors.joined(separator: ", ")))" }
        return text + ";\n"
    }

    /// A class with what it declares itself; what is propagated from a superclass is left out.
    package func text(of declared: CIMClass) -> String {
        var text = qualifiers(declared.qualifiers, indent: 0, separator: "\n")
        text += "class \(declared.name)" + (declared.superclass.map { " : \($0)" } ?? "") + " {\n"
        for property in declared.properties where !property.propagated {
            text += "\n" + self.text(of: property)
        }
        for method in declared.methods where !method.propagated {
            text += "\n" + self.text(of: method)
        }
        return text + "};\n"
    }

    /// A class with everything that it inherits; a comment says which class each feature is from. It compiles to
    /// a class that has the same features, but none of them inherited.
    package func resolvedText(of resolved: CIMClass) -> String {
        var text = qualifiers(Self.own(resolved.qualifiers), indent: 0, separator: "\n")
        text += "class \(resolved.name)\(resolved.superclass.map { " /* : \($0) */" } ?? "") {\n"
        for property in resolved.properties {
            var own = property
            own.qualifiers = Self.own(property.qualifiers)
            text += "\n" + origin(property.classOrigin, of: resolved) + self.text(of: own)
        }
        for method in resolved.methods {
            var own = method
            own.qualifiers = Self.own(method.qualifiers)
            for index in own.parameters.indices {
                own.parameters[index].qualifiers = Self.own(own.parameters[index].qualifiers)
            }
            text += "\n" + origin(method.classOrigin, of: resolved) + self.text(of: own)
        }
        return text + "};\n"
    }

    /// Qualifiers as if they stood on the element itself. Override has nothing to override there.
    private static func own(_ qualifiers: [CIMQualifier]) -> [CIMQualifier] {
        qualifiers.filter { $0.name != .override }.map { qualifier in
            var qualifier = qualifier
            qualifier.propagated = false
            return qualifier
        }
    }

    private func origin(_ origin: CIMName?, of resolved: CIMClass) -> String {
        guard let origin, origin != resolved.name else { return "" }
        return "    // from \(origin)\n"
    }

    private func text(of property: CIMProperty) -> String {
        var text = qualifiers(property.qualifiers, indent: 4, separator: "\n    ")
        text = "    \(text)\(type(property.type, property.referenceClass)) \(property.name)"
        text += brackets(property.isArray, property.arraySize)
        if let value = property.defaultValue { text += " = \(literal(value, indent: 8))" }
        return text + ";\n"
    }

    private func text(of method: CIMMethod) -> String {
        var text = qualifiers(method.qualifiers, indent: 4, separator: "\n    ")
        text = "    \(text)\(method.returnType.rawValue) \(method.name)("
        for (index, parameter) in method.parameters.enumerated() {
            text += (index == 0 ? "" : ",") + "\n        "
            text += qualifiers(parameter.qualifiers, indent: 8, separator: "\n        ")
            text += "\(type(parameter.type, parameter.referenceClass)) \(parameter.name)"
            text += brackets(parameter.isArray, parameter.arraySize)
        }
        return text + ");\n"
    }

    /// An instance with the values it has; an embedded one becomes a string of MOF.
    package func text(of instance: CIMInstance) -> String {
        var text = "instance of \(instance.className) {\n"
        for property in instance.properties {
            text += "    \(property.name) = \(property.value.map { literal($0, indent: 8) } ?? "NULL");\n"
        }
        return text + "};\n"
    }

    // MARK: Parts

    private func type(_ type: CIMType, _ target: CIMName?) -> String { target.map { "\($0) REF" } ?? type.rawValue }

    private func brackets(_ isArray: Bool, _ size: Int?) -> String {
        isArray ? "[\(size.map(String.init) ?? "")]" : ""
    }

    private func qualifiers(_ qualifiers: [CIMQualifier], indent: Int, separator: String) -> String {
        let own = qualifiers.filter { !$0.propagated }
        guard !own.isEmpty else { return "" }
        let padding = String(repeating: " ", count: indent + 4)
        return "[" + own.map { text(of: $0, indent: indent + 4) }.joined(separator: ",\n\(padding)") + "]" + separator
    }

    private func text(of qualifier: CIMQualifier, indent: Int) -> String {
        let declared = repository.qualifierType(qualifier.name)
        var text = qualifier.name.text
        switch qualifier.value {
        case .boolean(true)?: break
        case .array?: text += " " + (qualifier.value.map { literal($0, indent: indent + 4) } ?? "")
        case let value?: text += "(\(literal(value, indent: indent + 4)))"
        // Alone the name would stand for the default.
        case nil: text += "(NULL)"
        }
        let flavors = flavorWords(qualifier.flavor, declared: declared?.flavor ?? CIMFlavor())
        return text + (flavors.isEmpty ? "" : " : " + flavors.joined(separator: " "))
    }

    private func flavorWords(_ flavor: CIMFlavor, declared: CIMFlavor) -> [String] {
        var words: [FlavorSyntax] = []
        if flavor.overridable != declared.overridable {
            words.append(flavor.overridable ? .enableOverride : .disableOverride)
        }
        if flavor.toSubclass != declared.toSubclass { words.append(flavor.toSubclass ? .toSubclass : .restricted) }
        if flavor.translatable && !declared.translatable { words.append(.translatable) }
        return words.map(\.spelling)
    }

    // MARK: Literals

    private func literal(_ value: CIMValue, indent: Int) -> String {
        switch value {
        case .string(let text): string(text, indent: indent)
        case .char16(let unit): "'\(escaped(unit))'"
        case .datetime(let value): "\"\(value.text)\""
        case .reference(let path): string(path.text, indent: indent)
        case .instance(let instance): string(text(of: instance), indent: indent)
        case .classObject(let object): string(text(of: object), indent: indent)
        case .real32(let number) where !number.isFinite: "NULL"
        case .real64(let number) where !number.isFinite: "NULL"
        case .array(_, let elements):
            "{" + elements.map { $0.map { literal($0, indent: indent) } ?? "NULL" }.joined(separator: ", ") + "}"
        default: value.text ?? "NULL"
        }
    }

    /// A string in as many pieces as it takes, broken after spaces.
    private func string(_ text: String, indent: Int) -> String {
        var pieces = [""]
        var word = ""
        for scalar in text.unicodeScalars {
            word += escaped(scalar)
            guard scalar == " " || scalar == "\n" else { continue }
            if indent + pieces[pieces.count - 1].count + word.count > Self.width { pieces.append("") }
            pieces[pieces.count - 1] += word
            word = ""
        }
        if indent + pieces[pieces.count - 1].count + word.count > Self.width, !word.isEmpty { pieces.append("") }
        pieces[pieces.count - 1] += word
        let padding = "\n" + String(repeating: " ", count: indent)
        let quoted = pieces.filter { !$0.isEmpty }.map { "\"\($0)\"" }
        guard quoted.count > 1 else { return quoted.first ?? "\"\"" }
        return padding + quoted.joined(separator: padding)
    }

    private func escaped(_ scalar: Unicode.Scalar) -> String {
        guard let unit = UInt16(exactly: scalar.value) else { return String(scalar) }
        return unit == UInt16(UInt8(ascii: "'")) ? "'" : escaped(unit)
    }

    private func escaped(_ unit: UInt16) -> String {
        switch unit {
        case 0x08: "\\b"
        case 0x09: "\\t"
        case 0x0A: "\\n"
        case 0x0C: "\\f"
        case 0x0D: "\\r"
        case 0x22: "\\\""
        case 0x27: "\\'"
        case 0x5C: "\\\\"
        // Four digits, so that what follows is not taken for another.
        case 0..<0x20, 0x7F, 0xD800...0xDFFF, 0xFEFF: "\\x" + hex(UInt32(unit), 4)
        default: String(decoding: [unit], as: UTF16.self)
        }
    }
}
