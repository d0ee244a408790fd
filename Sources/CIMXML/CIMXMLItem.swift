import CIM

/// An instance or a class, where the document type allows either.
package enum CIMXMLObject: Hashable, Sendable {
    case instance(CIMInstance)
    case `class`(CIMClass)
}

/// What a parameter or a return value holds: one element, named after it. Values are as they stand on the wire; what
/// type a `VALUE` has is said beside it (PARAMTYPE) or by the operation. Source: DSP0201 5.2.3, 5.2.4, 5.2.6.
package enum CIMXMLItem: Hashable, Sendable {
    /// `VALUE`.
    case value(String)
    /// `VALUE.ARRAY`; `nil` elements are `VALUE.NULL`.
    case valueArray([String?])
    /// `VALUE.REFERENCE`.
    case reference(CIMObjectPath)
    /// `VALUE.REFARRAY`.
    case referenceArray([CIMObjectPath?])
    /// `CLASSNAME`.
    case className(CIMName)
    /// `INSTANCENAME`: a path without host and namespace.
    case instanceName(CIMObjectPath)
    /// `INSTANCEPATH`: a path with both.
    case instancePath(CIMObjectPath)
    /// `OBJECTPATH`.
    case objectPath(CIMObjectPath)
    /// `CLASS`.
    case `class`(CIMClass)
    /// `INSTANCE`.
    case instance(CIMInstance)
    /// `QUALIFIER.DECLARATION`.
    case qualifierType(CIMQualifierType)
    /// `VALUE.NAMEDINSTANCE`.
    case namedInstance(CIMObjectPath, CIMInstance)
    /// `VALUE.INSTANCEWITHPATH`.
    case instanceWithPath(CIMObjectPath, CIMInstance)
    /// `VALUE.OBJECT`.
    case object(CIMXMLObject)
    /// `VALUE.OBJECTWITHPATH`.
    case objectWithPath(CIMObjectPath, CIMXMLObject)
    /// `VALUE.OBJECTWITHLOCALPATH`.
    case objectWithLocalPath(CIMObjectPath, CIMXMLObject)

    /// The name of the element, for messages.
    package var elementName: String {
        switch self {
        case .value: "VALUE"
        case .valueArray: "VALUE.ARRAY"
        case .reference: "VALUE.REFERENCE"
        case .referenceArray: "VALUE.REFARRAY"
        case .className: "CLASSNAME"
        case .instanceName: "INSTANCENAME"
        case .instancePath: "INSTANCEPATH"
        case .objectPath: "OBJECTPATH"
        case .class: "CLASS"
        case .instance: "INSTANCE"
        case .qualifierType: "QUALIFIER.DECLARATION"
        case .namedInstance: "VALUE.NAMEDINSTANCE"
        case .instanceWithPath: "VALUE.INSTANCEWITHPATH"
        case .object: "VALUE.OBJECT"
        case .objectWithPath: "VALUE.OBJECTWITHPATH"
        case .objectWithLocalPath: "VALUE.OBJECTWITHLOCALPATH"
        }
    }

    /// What may stand in each place (DSP0203).
    static let inIntrinsicParameter = [
        "VALUE", "VALUE.ARRAY", "VALUE.REFERENCE", "CLASSNAME", "INSTANCENAME", "QUALIFIER.DECLARATION", "CLASS",
        "INSTANCE", "VALUE.NAMEDINSTANCE",
    ]
    static let inParameter = [
        "VALUE", "VALUE.REFERENCE", "VALUE.ARRAY", "VALUE.REFARRAY", "CLASSNAME", "INSTANCENAME", "CLASS", "INSTANCE",
        "VALUE.NAMEDINSTANCE",
    ]
    static let inReturnValue = ["VALUE", "VALUE.REFERENCE"]
    static let inIntrinsicReturnValue = [
        "CLASSNAME", "INSTANCENAME", "VALUE", "VALUE.OBJECTWITHPATH", "VALUE.OBJECTWITHLOCALPATH", "VALUE.OBJECT",
        "OBJECTPATH", "QUALIFIER.DECLARATION", "VALUE.ARRAY", "VALUE.REFERENCE", "CLASS", "INSTANCE", "INSTANCEPATH",
        "VALUE.NAMEDINSTANCE", "VALUE.INSTANCEWITHPATH",
    ]
}

extension CIMXMLItem {
    init(_ reader: ElementReader) throws(CIMXMLError) {
        switch reader.name {
        case "VALUE": self = .value(reader.text)
        case "VALUE.ARRAY": self = .valueArray(try reader.texts())
        case "VALUE.REFERENCE": self = .reference(try reader.reference())
        case "VALUE.REFARRAY": self = .referenceArray(try reader.references())
        case "CLASSNAME": self = .className(try reader.className())
        case "INSTANCENAME": self = .instanceName(try reader.instanceName())
        case "INSTANCEPATH": self = .instancePath(try reader.path())
        case "OBJECTPATH":
            self = .objectPath(
                try reader.contents { (inner) throws(CIMXMLError) in
                    try inner.required("INSTANCEPATH", "CLASSPATH").path()
                })
        case "CLASS": self = .class(try reader.classDeclaration())
        case "INSTANCE": self = .instance(try reader.instance())
        case "QUALIFIER.DECLARATION": self = .qualifierType(try reader.qualifierType())
        case "VALUE.OBJECT": self = .object(try reader.contents { (inner) throws(CIMXMLError) in try inner.object() })
        default: self = try Self.pair(reader)
        }
    }

    /// The elements that hold a path and an object.
    private static func pair(_ reader: ElementReader) throws(CIMXMLError) -> CIMXMLItem {
        try reader.contents { (inner) throws(CIMXMLError) in
            switch reader.name {
            case "VALUE.NAMEDINSTANCE":
                let path = try inner.required("INSTANCENAME").instanceName()
                return .namedInstance(path, try inner.required("INSTANCE").instance())
            case "VALUE.INSTANCEWITHPATH":
                let path = try inner.required("INSTANCEPATH").path()
                return .instanceWithPath(path, try inner.required("INSTANCE").instance())
            case "VALUE.OBJECTWITHPATH":
                let path = try inner.required("INSTANCEPATH", "CLASSPATH").path()
                return .objectWithPath(path, try inner.object(isClass: path.isClassPath))
            case "VALUE.OBJECTWITHLOCALPATH":
                let path = try inner.required("LOCALINSTANCEPATH", "LOCALCLASSPATH").path()
                return .objectWithLocalPath(path, try inner.object(isClass: path.isClassPath))
            default: throw reader.invalid("<\(reader.name)> may not stand here")
            }
        }
    }
}

extension ElementReader {
    /// An INSTANCE or a CLASS; only one of them when `isClass` says which.
    fileprivate mutating func object(isClass: Bool? = nil) throws(CIMXMLError) -> CIMXMLObject {
        let names = isClass.map { $0 ? ["CLASS"] : ["INSTANCE"] } ?? ["CLASS", "INSTANCE"]
        guard let child = try optional(in: names) else {
            throw invalid("<\(names.joined(separator: "> or <"))> is missing in <\(name)>")
        }
        return child.name == "CLASS" ? .class(try child.classDeclaration()) : .instance(try child.instance())
    }
}
