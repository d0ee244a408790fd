import CIM

/// Boxes, links between them, and a class with a method for each type: what the operations are tried on.
enum WorldSchema {
    static func flag(_ name: CIMName, _ value: Bool = true) -> CIMQualifier {
        CIMQualifier(name: name, type: .boolean, value: .boolean(value))
    }

    private static let qualifierTypes: [CIMQualifierType] = [
        CIMQualifierType(
            name: "Association", type: .boolean, scopes: [.association], flavor: CIMFlavor(overridable: false)),
        CIMQualifierType(
            name: "Abstract", type: .boolean, scopes: [.classes, .association], flavor: CIMFlavor(toSubclass: false)),
        CIMQualifierType(name: "Key", type: .boolean, scopes: [.property, .reference]),
        CIMQualifierType(name: "In", type: .boolean, scopes: [.parameter]),
        CIMQualifierType(name: "Out", type: .boolean, scopes: [.parameter]),
        CIMQualifierType(
            name: "Description", type: .string, scopes: Set(CIMScope.allCases), flavor: CIMFlavor(translatable: true)),
        CIMQualifierType(name: "EmbeddedInstance", type: .string, scopes: [.parameter, .property]),
        CIMQualifierType(name: "EmbeddedObject", type: .boolean, scopes: [.parameter, .property]),
    ]

    private static let element = CIMClass(
        name: "W_Element",
        qualifiers: [flag("Abstract"), CIMQualifier(name: "Description", type: .string, value: .string("Anything"))],
        properties: [CIMProperty(name: "Caption", type: .string)])

    private static let box = CIMClass(
        name: "W_Box", superclass: "W_Element",
        properties: [
            CIMProperty(name: "Name", type: .string, qualifiers: [flag("Key")]),
            CIMProperty(name: "Size", type: .uint32), CIMProperty(name: "Note", type: .string),
            CIMProperty(name: "Tags", type: .string, isArray: true), CIMProperty(name: "Seen", type: .datetime),
            CIMProperty(name: "Weight", type: .real64), CIMProperty(name: "Open", type: .boolean),
            CIMProperty(name: "Kind", type: .uint16, defaultValue: .uint16(7)),
            CIMProperty(
                name: "Setting", type: .string,
                qualifiers: [CIMQualifier(name: "EmbeddedInstance", type: .string, value: .string("W_Setting"))]),
        ])

    private static let bigBox = CIMClass(
        name: "W_BigBox", superclass: "W_Box", properties: [CIMProperty(name: "Extra", type: .string)])

    private static let many = CIMClass(
        name: "W_Many",
        properties: [
            CIMProperty(name: "Number", type: .uint32, qualifiers: [flag("Key")]),
            CIMProperty(name: "Text", type: .string),
        ])

    private static let setting = CIMClass(
        name: "W_Setting", properties: [CIMProperty(name: "Note", type: .string)])

    private static func association(_ name: CIMName, _ left: CIMName, _ right: CIMName) -> CIMClass {
        CIMClass(
            name: name, qualifiers: [flag("Association")],
            properties: [
                CIMProperty(name: left, type: .reference, referenceClass: "W_Element", qualifiers: [flag("Key")]),
                CIMProperty(name: right, type: .reference, referenceClass: "W_Box", qualifiers: [flag("Key")]),
                CIMProperty(name: "Rank", type: .uint16),
            ])
    }

    /// Echo_TYPE takes and gives back a value and an array of the type.
    private static var types: CIMClass {
        CIMClass(
            name: "W_Types", properties: [CIMProperty(name: "Name", type: .string, qualifiers: [flag("Key")])],
            methods: echoes.map { echo in
                CIMMethod(name: echo.method, returnType: .uint32, parameters: parameters(of: echo))
            } + [CIMMethod(name: "Declared", returnType: .uint32)])
    }

    struct Echo: Hashable, Sendable {
        var method: CIMName
        var type: CIMType
        var qualifiers: [CIMQualifier] = []
    }

    static let echoes: [Echo] =
        CIMType.allCases.map { Echo(method: CIMName("Echo_\($0.rawValue)") ?? "Echo", type: $0) } + [
            Echo(
                method: "Echo_instance", type: .string,
                qualifiers: [CIMQualifier(name: "EmbeddedInstance", type: .string, value: .string("W_Setting"))]),
            Echo(method: "Echo_object", type: .string, qualifiers: [flag("EmbeddedObject")]),
        ]

    private static func parameters(of echo: Echo) -> [CIMParameter] {
        [("Value", false, false), ("Values", true, false), ("Result", false, true), ("Results", true, true)].map {
            name, isArray, isOutput in
            CIMParameter(
                name: CIMName(name) ?? "Value", type: echo.type, isArray: isArray,
                referenceClass: echo.type == .reference ? "W_Element" : nil,
                qualifiers: echo.qualifiers + (isOutput ? [flag("In", false), flag("Out")] : []))
        }
    }

    static func repository() throws -> ClassRepository {
        var repository = ClassRepository()
        var violations = qualifierTypes.flatMap { repository.declare($0) }
        let special = CIMClass(
            name: "W_SpecialLink", superclass: "W_Link", qualifiers: [flag("Association")],
            properties: [CIMProperty(name: "Reason", type: .string)])
        for declared in [
            element, box, bigBox, many, setting, association("W_Link", "Left", "Right"), special,
            association("W_Across", "Here", "There"), types,
        ] { violations += repository.add(declared) }
        if let violation = violations.first { throw violation }
        return repository
    }
}
