import CIM

/// Makes declarations by chance, the same ones for the same seed.
struct Generator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func bits() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(bits() % UInt64(bound)) }
    mutating func chance(_ of: Int) -> Bool { below(of) == 0 }
    mutating func one<Element>(of list: [Element]) -> Element { list[below(list.count)] }

    // MARK: Values

    private static let scalars: [Unicode.Scalar] = [
        "\0", "\u{8}", "\t", "\n", "\u{C}", "\r", "\"", "'", "\\", "x", "0", "F", " ", "a", "é", "€", "\u{7F}",
        "\u{85}",
        "\u{2028}", "\u{D7FF}", "\u{E000}", "\u{FEFF}", "\u{FFFF}", "\u{10000}", "😀", "\u{10FFFF}", "/", "*", "$", "{",
    ]

    mutating func string() -> String {
        let longest = chance(8) ? 200 : 12
        var text = String.UnicodeScalarView()
        for _ in 0..<below(longest + 1) { text.append(one(of: Self.scalars)) }
        return String(text)
    }

    /// Any bits, of which the extremes are more likely.
    private mutating func integer<Number: FixedWidthInteger>() -> Number {
        one(of: [.min, .max, 0, Number(truncatingIfNeeded: bits())])
    }

    private mutating func real<Number: BinaryFloatingPoint>(_ make: (UInt64) -> Number) -> Number {
        let extremes: [Number] = [0, -0.0, .greatestFiniteMagnitude, -.leastNonzeroMagnitude, 1, 0.1]
        let random = make(bits())
        return chance(2) || !random.isFinite ? one(of: extremes) : random
    }

    mutating func scalar(_ type: CIMType) -> CIMValue {
        switch type {
        case .boolean: .boolean(chance(2))
        case .string: .string(string())
        case .char16: .char16(integer())
        case .datetime:
            .datetime(
                CIMDateTime(
                    one(of: [
                        "20261121052311.123456+060", "99991231235959.999999-999", "00000000000000.000000:000",
                        "99999999235959.999999:000", "2026**************.******+000".replacingTail(),
                    ]))!)
        case .reference:
            .reference(
                CIMObjectPath(
                    namespace: chance(2) ? nil : CIMNamespace("root/x"), className: "G_Key",
                    keys: [CIMKeyBinding("Name", .string(string())), CIMKeyBinding("Number", .uint64(integer()))]))
        case .uint8: .uint8(integer())
        case .uint16: .uint16(integer())
        case .uint32: .uint32(integer())
        case .uint64: .uint64(integer())
        case .sint8: .sint8(integer())
        case .sint16: .sint16(integer())
        case .sint32: .sint32(integer())
        case .sint64: .sint64(integer())
        case .real32: .real32(real { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
        case .real64: .real64(real { Double(bitPattern: $0) })
        }
    }

    mutating func value(_ type: CIMType, isArray: Bool, size: Int? = nil) -> CIMValue {
        guard isArray else { return scalar(type) }
        var elements: [CIMValue?] = []
        for _ in 0..<below((size ?? 4) + 1) { elements.append(chance(5) ? nil : scalar(type)) }
        return .array(type, elements)
    }

    // MARK: Declarations

    static let types = CIMType.allCases.filter { $0 != .reference }

    mutating func flavor() -> CIMFlavor {
        CIMFlavor(overridable: chance(2), toSubclass: chance(2), translatable: chance(2))
    }

    mutating func qualifierTypes() -> [CIMQualifierType] {
        var made: [CIMQualifierType] = []
        for type in Self.types {
            for isArray in [false, true] {
                let size = isArray && chance(2) ? 1 + below(5) : nil
                var scopes = Set(CIMScope.allCases.filter { _ in chance(2) })
                if chance(3) { scopes = Set(CIMScope.allCases) }
                made.append(
                    CIMQualifierType(
                        name: CIMName("Q_\(type.rawValue)\(isArray ? "_é" : "")")!, type: type, isArray: isArray,
                        arraySize: size, defaultValue: chance(3) ? nil : value(type, isArray: isArray, size: size),
                        scopes: scopes.isEmpty ? [.classes] : scopes, flavor: flavor()))
            }
        }
        return made
    }

    /// Uses of qualifiers that may stand in a scope, no looser than declared.
    mutating func qualifiers(_ types: [CIMQualifierType], _ scope: CIMScope) -> [CIMQualifier] {
        var made: [CIMQualifier] = []
        for type in types where type.scopes.contains(scope) && chance(4) {
            let stricter = flavor()
            made.append(
                CIMQualifier(
                    name: type.name, type: type.type, isArray: type.isArray,
                    value: chance(6) ? nil : value(type.type, isArray: type.isArray),
                    flavor: CIMFlavor(
                        overridable: type.flavor.overridable && stricter.overridable,
                        toSubclass: type.flavor.toSubclass && stricter.toSubclass,
                        translatable: type.flavor.translatable || stricter.translatable)))
        }
        return made
    }

    mutating func classDeclaration(_ name: String, _ types: [CIMQualifierType]) -> CIMClass {
        var declared = CIMClass(name: CIMName(name)!, qualifiers: qualifiers(types, .classes))
        for type in Self.types {
            let isArray = chance(2)
            let size = isArray && chance(2) ? 1 + below(5) : nil
            declared.properties.append(
                CIMProperty(
                    name: CIMName("P_\(type.rawValue)")!, type: type, isArray: isArray, arraySize: size,
                    qualifiers: qualifiers(types, .property),
                    defaultValue: chance(3) ? nil : value(type, isArray: isArray, size: size)))
        }
        for number in 0..<below(3) {
            var method = CIMMethod(
                name: CIMName("M\(number)")!, returnType: one(of: Self.types), qualifiers: qualifiers(types, .method))
            for number in 0..<below(4) {
                let isReference = chance(4)
                method.parameters.append(
                    CIMParameter(
                        name: CIMName("A\(number)")!, type: isReference ? .reference : one(of: Self.types),
                        isArray: chance(2), referenceClass: isReference ? "G_Key" : nil,
                        qualifiers: qualifiers(types, .parameter)))
            }
            declared.methods.append(method)
        }
        return declared
    }

    mutating func instance(of declared: CIMClass, depth: Int = 0) -> CIMInstance {
        var instance = CIMInstance(className: declared.name)
        for property in declared.properties where !chance(3) {
            let given = chance(6) ? nil : value(property.type, isArray: property.isArray, size: property.arraySize)
            instance.properties.append(
                CIMPropertyValue(name: property.name, type: property.type, isArray: property.isArray, value: given))
        }
        return instance
    }
}

extension String {
    /// A datetime whose fields from the month on say nothing, cut to its 25 characters.
    fileprivate func replacingTail() -> String { String(prefix(14)) + ".******+000" }
}
