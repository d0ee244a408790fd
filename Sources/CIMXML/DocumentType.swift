/// What the document type definition says of each element's attributes and text; the decoders say what may stand
/// inside. Source: DSP0203 2.4.0. Attributes that earlier versions knew are accepted too (`EMBEDDEDOBJECT`, of 2.2).
enum DocumentType {
    struct Rule {
        let required: Set<String>
        let optional: Set<String>
        /// Holds character data rather than elements.
        let isText: Bool

        init(_ required: Set<String> = [], optional: Set<String> = [], isText: Bool = false) {
            self.required = required
            self.optional = optional
            self.isText = isText
        }
    }

    private static let flavor: Set = ["OVERRIDABLE", "TOSUBCLASS", "TOINSTANCE", "TRANSLATABLE"]
    private static let origin: Set = ["CLASSORIGIN", "PROPAGATED"]
    private static let embedded: Set = ["EmbeddedObject", "EMBEDDEDOBJECT"]
    private static let scopes: Set = [
        "CLASS", "ASSOCIATION", "REFERENCE", "PROPERTY", "METHOD", "PARAMETER", "INDICATION",
    ]

    static let rules: [String: Rule] = messages.merging(declarations) { rule, _ in rule }.merging(values) { rule, _ in
        rule
    }

    private static let messages: [String: Rule] = [
        "CIM": Rule(["CIMVERSION", "DTDVERSION"]),
        "MESSAGE": Rule(["ID", "PROTOCOLVERSION"]),
        "DECLARATION": Rule(), "MULTIREQ": Rule(), "MULTIRSP": Rule(), "MULTIEXPREQ": Rule(), "MULTIEXPRSP": Rule(),
        "SIMPLEREQ": Rule(), "SIMPLERSP": Rule(), "SIMPLEEXPREQ": Rule(), "SIMPLEEXPRSP": Rule(),
        "CORRELATOR": Rule(["NAME", "TYPE"]),
        "METHODCALL": Rule(["NAME"]), "IMETHODCALL": Rule(["NAME"]), "EXPMETHODCALL": Rule(["NAME"]),
        "METHODRESPONSE": Rule(["NAME"]), "IMETHODRESPONSE": Rule(["NAME"]), "EXPMETHODRESPONSE": Rule(["NAME"]),
        "PARAMVALUE": Rule(["NAME"], optional: embedded.union(["PARAMTYPE"])),
        "IPARAMVALUE": Rule(["NAME"]), "EXPPARAMVALUE": Rule(["NAME"]),
        "RETURNVALUE": Rule(optional: embedded.union(["PARAMTYPE"])), "IRETURNVALUE": Rule(),
        "ERROR": Rule(["CODE"], optional: ["DESCRIPTION"]),
    ]

    private static let declarations: [String: Rule] = [
        "CLASS": Rule(["NAME"], optional: ["SUPERCLASS"]),
        "INSTANCE": Rule(["CLASSNAME"], optional: ["xml:lang"]),
        "QUALIFIER": Rule(["NAME", "TYPE"], optional: flavor.union(["PROPAGATED", "xml:lang"])),
        "QUALIFIER.DECLARATION": Rule(["NAME", "TYPE"], optional: flavor.union(["ISARRAY", "ARRAYSIZE"])),
        "SCOPE": Rule(optional: scopes),
        "PROPERTY": Rule(["NAME", "TYPE"], optional: origin.union(embedded).union(["xml:lang"])),
        "PROPERTY.ARRAY": Rule(["NAME", "TYPE"], optional: origin.union(embedded).union(["ARRAYSIZE", "xml:lang"])),
        "PROPERTY.REFERENCE": Rule(["NAME"], optional: origin.union(["REFERENCECLASS"])),
        "METHOD": Rule(["NAME"], optional: origin.union(["TYPE"])),
        "PARAMETER": Rule(["NAME", "TYPE"]),
        "PARAMETER.REFERENCE": Rule(["NAME"], optional: ["REFERENCECLASS"]),
        "PARAMETER.ARRAY": Rule(["NAME", "TYPE"], optional: ["ARRAYSIZE"]),
        "PARAMETER.REFARRAY": Rule(["NAME"], optional: ["REFERENCECLASS", "ARRAYSIZE"]),
    ]

    private static let values: [String: Rule] = [
        "VALUE": Rule(isText: true), "VALUE.NULL": Rule(), "VALUE.ARRAY": Rule(),
        "VALUE.REFERENCE": Rule(), "VALUE.REFARRAY": Rule(), "VALUE.OBJECT": Rule(),
        "VALUE.NAMEDINSTANCE": Rule(), "VALUE.NAMEDOBJECT": Rule(), "VALUE.INSTANCEWITHPATH": Rule(),
        "VALUE.OBJECTWITHPATH": Rule(), "VALUE.OBJECTWITHLOCALPATH": Rule(),
        "HOST": Rule(isText: true), "NAMESPACE": Rule(["NAME"]),
        "NAMESPACEPATH": Rule(), "LOCALNAMESPACEPATH": Rule(),
        "CLASSNAME": Rule(["NAME"]), "CLASSPATH": Rule(), "LOCALCLASSPATH": Rule(),
        "INSTANCENAME": Rule(["CLASSNAME"]), "INSTANCEPATH": Rule(), "LOCALINSTANCEPATH": Rule(),
        "OBJECTPATH": Rule(), "KEYBINDING": Rule(["NAME"]),
        // TYPE came with 2.4, where it is required; older clients leave it out.
        "KEYVALUE": Rule(optional: ["VALUETYPE", "TYPE"], isText: true),
    ]
}
