import CIM

// Values and paths, read. Source: DSP0201 5.2.3 and 5.2.4.

extension ElementReader {
    /// VALUE.ARRAY: the texts of its VALUEs, `nil` for VALUE.NULL.
    func texts() throws(CIMXMLError) -> [String?] {
        try contents { (inner) throws(CIMXMLError) in
            try inner.all("VALUE", "VALUE.NULL").map { (child) throws(CIMXMLError) -> String? in
                if child.name == "VALUE" { return child.text }
                try child.finish()
                return nil
            }
        }
    }

    /// VALUE.REFARRAY.
    func references() throws(CIMXMLError) -> [CIMObjectPath?] {
        try contents { (inner) throws(CIMXMLError) in
            try inner.all("VALUE.REFERENCE", "VALUE.NULL").map { (child) throws(CIMXMLError) -> CIMObjectPath? in
                if child.name == "VALUE.REFERENCE" { return try child.reference() }
                try child.finish()
                return nil
            }
        }
    }

    /// VALUE.REFERENCE.
    func reference() throws(CIMXMLError) -> CIMObjectPath {
        try contents { (inner) throws(CIMXMLError) in
            let target = try inner.required(
                "INSTANCENAME", "LOCALINSTANCEPATH", "INSTANCEPATH", "CLASSNAME", "LOCALCLASSPATH", "CLASSPATH")
            return try target.path()
        }
    }

    /// Any of the six elements that name an instance or a class.
    func path() throws(CIMXMLError) -> CIMObjectPath {
        switch name {
        case "INSTANCENAME": return try instanceName()
        case "CLASSNAME": return CIMObjectPath(className: try className(), isClassPath: true)
        default: break
        }
        return try contents { (inner) throws(CIMXMLError) in
            let isLocal = name.hasPrefix("LOCAL")
            let place = try inner.required(isLocal ? "LOCALNAMESPACEPATH" : "NAMESPACEPATH")
            let (host, namespace) = isLocal ? (nil, try place.localNamespace()) : try place.namespacePath()
            var path = try inner.required(name.hasSuffix("INSTANCEPATH") ? "INSTANCENAME" : "CLASSNAME").path()
            path.host = host
            path.namespace = namespace
            return path
        }
    }

    private func namespacePath() throws(CIMXMLError) -> (host: String?, namespace: CIMNamespace) {
        try contents { (inner) throws(CIMXMLError) in
            let host = try inner.required("HOST").text
            return (host, try inner.required("LOCALNAMESPACEPATH").localNamespace())
        }
    }

    /// LOCALNAMESPACEPATH.
    func localNamespace() throws(CIMXMLError) -> CIMNamespace {
        try contents { (inner) throws(CIMXMLError) in
            let parts = try inner.all("NAMESPACE").map { (child) throws(CIMXMLError) -> String in
                try child.finish()
                return try child.required(attribute: "NAME")
            }
            guard !parts.contains(where: { $0.contains("/") }),
                let namespace = CIMNamespace(parts.joined(separator: "/"))
            else { throw wrong("\"\(parts.joined(separator: "/"))\" is not a namespace", .invalidNamespace) }
            return namespace
        }
    }

    /// CLASSNAME.
    func className() throws(CIMXMLError) -> CIMName {
        try finish()
        return try cimName("NAME")
    }

    /// INSTANCENAME. One bare KEYVALUE or VALUE.REFERENCE is the only key of its class, which the schema can name.
    func instanceName() throws(CIMXMLError) -> CIMObjectPath {
        let className = try cimName("CLASSNAME")
        return try contents { (inner) throws(CIMXMLError) in
            if let bare = try inner.optional("KEYVALUE", "VALUE.REFERENCE") {
                return CIMObjectPath(
                    className: className, keys: [CIMKeyBinding(.unnamedKey, try bare.valueOfKey())])
            }
            let keys = try inner.all("KEYBINDING").map { (child) throws(CIMXMLError) in try child.keyBinding() }
            return CIMObjectPath(className: className, keys: keys)
        }
    }

    private func keyBinding() throws(CIMXMLError) -> CIMKeyBinding {
        let key = try cimName("NAME")
        return try contents { (inner) throws(CIMXMLError) in
            CIMKeyBinding(key, try inner.required("KEYVALUE", "VALUE.REFERENCE").valueOfKey())
        }
    }

    private func valueOfKey() throws(CIMXMLError) -> CIMValue {
        name == "KEYVALUE" ? try keyValue() : .reference(try reference())
    }

    /// KEYVALUE. Without TYPE a number is the widest integer of its sign or a `real64`; the class will say more.
    private func keyValue() throws(CIMXMLError) -> CIMValue {
        if attribute("TYPE") != nil { return try value(text, as: try cimType("TYPE")) }
        switch attribute("VALUETYPE") ?? "string" {
        case "string": return .string(text)
        case "boolean": return try value(text, as: .boolean)
        case "numeric":
            for type in [CIMType.uint64, .sint64, .real64] {
                if let number = CIMValue(text: text, type: type) { return number }
            }
            throw wrong("\"\(text.prefix(64))\" is not a number")
        case let other: throw invalid("VALUETYPE=\"\(other)\" is none of string, boolean, numeric")
        }
    }

    /// A text as a value of a type.
    func value(_ text: String, as type: CIMType) throws(CIMXMLError) -> CIMValue {
        guard let value = CIMValue(text: text, type: type) else {
            throw wrong("\"\(text.prefix(64))\" is not a \(type.rawValue)")
        }
        return value
    }
}

extension CIMName {
    /// Stands in a path for the name of the only key, where the message does not give it (DSP0201 5.2.4, `INSTANCENAME`).
    package static let unnamedKey: CIMName = "__KEY"
}
