@testable import CIM

/// A schema small enough to read, built without a parser.
enum Schema {
    static func boolean(_ name: CIMName, _ value: Bool = true) -> CIMQualifier {
        CIMQualifier(name: name, type: .boolean, value: .boolean(value))
    }

    static func string(_ name: CIMName, _ value: String) -> CIMQualifier {
        CIMQualifier(name: name, type: .string, value: .string(value))
    }

    static func strings(_ name: CIMName, _ values: [String]) -> CIMQualifier {
        CIMQualifier(name: name, type: .string, isArray: true, value: .strings(values))
    }

    static func override(_ name: String) -> CIMQualifier { string("Override", name) }

    static let qualifierTypes: [CIMQualifierType] = {
        let fixed = CIMFlavor(overridable: false)
        let restricted = CIMFlavor(toSubclass: false)
        let features: Set<CIMScope> = [.property, .method, .parameter]
        return [
            CIMQualifierType(name: "Association", type: .boolean, scopes: [.association], flavor: fixed),
            CIMQualifierType(name: "Indication", type: .boolean, scopes: [.classes, .indication], flavor: fixed),
            CIMQualifierType(
                name: "Abstract", type: .boolean, scopes: [.classes, .association, .indication], flavor: restricted),
            CIMQualifierType(name: "Terminal", type: .boolean, scopes: [.classes]),
            CIMQualifierType(name: "Key", type: .boolean, scopes: [.property, .reference], flavor: fixed),
            CIMQualifierType(
                name: "Override", type: .string, scopes: [.property, .reference, .method], flavor: restricted),
            CIMQualifierType(name: "Description", type: .string, scopes: Set(CIMScope.allCases)),
            CIMQualifierType(name: "MaxLen", type: .uint32, scopes: features),
            CIMQualifierType(name: "EmbeddedInstance", type: .string, scopes: features),
            CIMQualifierType(name: "EmbeddedObject", type: .boolean, scopes: features),
            CIMQualifierType(name: "ValueMap", type: .string, isArray: true, scopes: features),
            CIMQualifierType(name: "Values", type: .string, isArray: true, scopes: features),
            CIMQualifierType(name: "In", type: .boolean, scopes: [.parameter], flavor: fixed),
            CIMQualifierType(name: "Out", type: .boolean, scopes: [.parameter], flavor: fixed),
        ]
    }()

    /// The qualifier types and no class.
    static var bare: ClassRepository {
        var repository = ClassRepository()
        for type in qualifierTypes { precondition(repository.declare(type).isEmpty) }
        return repository
    }

    static func repository(_ classes: CIMClass...) -> ClassRepository {
        var repository = bare
        for declared in classes {
            let violations = repository.add(declared)
            precondition(violations.isEmpty, "\(violations)")
        }
        return repository
    }

    static let element = CIMClass(
        name: "T_Element", qualifiers: [boolean("Abstract"), string("Description", "Root")],
        properties: [
            CIMProperty(name: "Caption", type: .string, qualifiers: [string("Description", "Short")]),
            CIMProperty(name: "InstanceID", type: .string),
        ],
        methods: [
            CIMMethod(
                name: "Reset", returnType: .uint32,
                parameters: [
                    CIMParameter(name: "Force", type: .boolean, qualifiers: [string("Description", "Now")])
                ], qualifiers: [string("Description", "Resets")])
        ])

    static let system = CIMClass(
        name: "T_System", superclass: "T_Element",
        properties: [
            CIMProperty(name: "Name", type: .string, qualifiers: [boolean("Key")]),
            CIMProperty(name: "Number", type: .uint16, qualifiers: [boolean("Key")]),
            CIMProperty(name: "Since", type: .datetime),
            CIMProperty(name: "Slots", type: .uint8, isArray: true, arraySize: 2),
        ])

    static let guest = CIMClass(
        name: "T_Guest", superclass: "T_System",
        properties: [
            CIMProperty(name: "Caption", type: .string, qualifiers: [override("Caption")]),
            CIMProperty(name: "Setting", type: .string, qualifiers: [string("EmbeddedInstance", "T_Setting")]),
        ])

    static let setting = CIMClass(
        name: "T_Setting",
        properties: [CIMProperty(name: "Weight", type: .uint32, defaultValue: .uint32(7))])

    static let hosts = CIMClass(
        name: "T_Hosts", qualifiers: [boolean("Association")],
        properties: [
            CIMProperty(name: "Antecedent", type: .reference, referenceClass: "T_System", qualifiers: [boolean("Key")]),
            CIMProperty(name: "Dependent", type: .reference, referenceClass: "T_Element", qualifiers: [boolean("Key")]),
        ])

    static var whole: ClassRepository { repository(element, system, setting, guest, hosts) }
}
