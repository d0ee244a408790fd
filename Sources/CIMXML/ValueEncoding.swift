import CIM
import XML

// Values and paths, written. Source: DSP0201 5.2.3 and 5.2.4.

extension XMLWriter {
    mutating func write(_ item: CIMXMLItem) {
        switch item {
        case .value(let text): element("VALUE", text: text)
        case .valueArray(let texts): write(texts)
        case .reference(let path): write(reference: path)
        case .referenceArray(let paths): write(references: paths)
        case .className(let name): element("CLASSNAME", [XMLAttribute("NAME", name.text)])
        case .instanceName(let path): write(instanceName: path)
        case .instancePath(let path): write(fullPath: path)
        case .objectPath(let path): element("OBJECTPATH") { $0.write(fullPath: path) }
        case .class(let object): write(object)
        case .instance(let instance): write(instance)
        case .qualifierType(let type): write(type)
        case .namedInstance(let path, let instance):
            element("VALUE.NAMEDINSTANCE") { writer in
                writer.write(instanceName: path)
                writer.write(instance)
            }
        case .instanceWithPath(let path, let instance):
            element("VALUE.INSTANCEWITHPATH") { writer in
                writer.write(fullPath: path)
                writer.write(instance)
            }
        case .object(let object): element("VALUE.OBJECT") { $0.write(object) }
        case .objectWithPath(let path, let object):
            element("VALUE.OBJECTWITHPATH") { writer in
                writer.write(fullPath: path)
                writer.write(object)
            }
        case .objectWithLocalPath(let path, let object):
            element("VALUE.OBJECTWITHLOCALPATH") { writer in
                writer.write(localPath: path)
                writer.write(object)
            }
        }
    }

    private mutating func write(_ object: CIMXMLObject) {
        switch object {
        case .instance(let instance): write(instance)
        case .class(let object): write(object)
        }
    }

    mutating func write(_ texts: [String?]) {
        element("VALUE.ARRAY") { writer in
            for text in texts {
                if let text { writer.element("VALUE", text: text) } else { writer.element("VALUE.NULL") }
            }
        }
    }

    private mutating func write(references paths: [CIMObjectPath?]) {
        element("VALUE.REFARRAY") { writer in
            for path in paths {
                if let path { writer.write(reference: path) } else { writer.element("VALUE.NULL") }
            }
        }
    }

    /// VALUE.REFERENCE around whichever of the six elements the path has the parts for.
    mutating func write(reference path: CIMObjectPath) {
        element("VALUE.REFERENCE") { writer in
            switch (path.namespace, path.host) {
            case (nil, _): writer.write(bareName: path)
            case (.some, nil): writer.write(localPath: path)
            case (.some, .some): writer.write(fullPath: path)
            }
        }
    }

    /// LOCALINSTANCEPATH or LOCALCLASSPATH.
    mutating func write(localPath path: CIMObjectPath) {
        element(path.isClassPath ? "LOCALCLASSPATH" : "LOCALINSTANCEPATH") { writer in
            writer.write(path.namespace)
            writer.write(bareName: path)
        }
    }

    /// INSTANCEPATH or CLASSPATH; a host that is not known is left empty.
    private mutating func write(fullPath path: CIMObjectPath) {
        element(path.isClassPath ? "CLASSPATH" : "INSTANCEPATH") { writer in
            writer.element("NAMESPACEPATH") { place in
                place.element("HOST", text: path.host ?? "")
                place.write(path.namespace)
            }
            writer.write(bareName: path)
        }
    }

    mutating func write(_ namespace: CIMNamespace?) {
        element("LOCALNAMESPACEPATH") { writer in
            for component in namespace?.components ?? [] {
                writer.element("NAMESPACE", [XMLAttribute("NAME", component)])
            }
        }
    }

    private mutating func write(bareName path: CIMObjectPath) {
        if path.isClassPath {
            element("CLASSNAME", [XMLAttribute("NAME", path.className.text)])
        } else {
            write(instanceName: path)
        }
    }

    private mutating func write(instanceName path: CIMObjectPath) {
        element("INSTANCENAME", [XMLAttribute("CLASSNAME", path.className.text)]) { writer in
            for key in path.keys {
                writer.element("KEYBINDING", [XMLAttribute("NAME", key.name.text)]) { $0.write(key: key.value) }
            }
        }
    }

    private mutating func write(key value: CIMValue) {
        if case .reference(let path) = value { return write(reference: path) }
        let kind = value.type == .boolean ? "boolean" : value.type.isNumeric ? "numeric" : "string"
        element(
            "KEYVALUE", [XMLAttribute("VALUETYPE", kind), XMLAttribute("TYPE", value.type.rawValue)],
            text: value.elementText)
    }
}
