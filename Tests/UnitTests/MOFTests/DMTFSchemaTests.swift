import CIM
import FoundationEssentials
import Glibc
import Testing

@testable import MOF

/// Compiles the DMTF's CIM Schema 2.49 and compares every declaration with what another compiler read in it.
///
/// Neither is part of this project. The test runs when MIGRATIOND_DMTF_SCHEMA names a folder that holds the extracted
/// schema (cim_schema_2.49.0.mof and what it includes) and, as oracle.json, the other compiler's declarations.
@Suite struct DMTFSchemaTests {
    private static let folder: String? = {
        guard let value = getenv("MIGRATIOND_DMTF_SCHEMA") else {
            print("SKIPPED: MIGRATIOND_DMTF_SCHEMA names no folder with the DMTF's schema")
            return nil
        }
        return String(cString: value)
    }()

    @Test(.enabled(if: folder != nil)) func everyDeclarationOfTheDMTFSchemaIsReadAsAnotherCompilerReadsIt() throws {
        let folder = try #require(Self.folder)
        let entry = folder + "/cim_schema_2.49.0.mof"
        let bytes = try #require(Files.read(entry), "no \(entry)")
        var compiler = MOFCompiler(readInclude: Files.include)
        let clock = ContinuousClock()
        var found: [MOFDiagnostic] = []
        let elapsed = clock.measure {
            found = compiler.compile(source: MOFSource(file: entry, bytes: bytes))
        }
        print("DMTF schema: \(compiler.repository.classNames.count) classes in \(elapsed)")
        #expect(found.map(\.description) == [])
        let oracleBytes = try #require(Files.read(folder + "/oracle.json"), "no oracle.json")
        let oracle = try JSONDecoder().decode(Oracle.self, from: Data(oracleBytes))
        #expect(compiler.repository.classNames.count == oracle.classes.count)
        #expect(compiler.repository.qualifierTypes.count == oracle.qualifierTypes.count)
        for type in compiler.repository.qualifierTypes {
            let expected = try #require(oracle.qualifierTypes[type.name.text])
            #expect(expected.differences(from: type) == [])
        }
        for name in compiler.repository.classNames {
            let declared = try #require(compiler.repository.declaration(of: name))
            let expected = try #require(oracle.classes[name.text])
            #expect(expected.differences(from: declared) == [])
        }
    }

    @Test(.enabled(if: folder != nil)) func theDMTFSchemaPrintsToItself() throws {
        let entry = try #require(Self.folder) + "/cim_schema_2.49.0.mof"
        let bytes = try #require(Files.read(entry), "no \(entry)")
        var compiler = MOFCompiler(readInclude: Files.include)
        #expect(compiler.compile(source: MOFSource(file: entry, bytes: bytes)) == [])
        let repository = compiler.repository
        let printer = MOFPrinter(repository: repository)
        let text =
            repository.qualifierTypes.map(printer.text).joined()
            + repository.classNames.compactMap { repository.declaration(of: $0).map(printer.text) }.joined()
        var second = MOFCompiler()
        #expect(second.compile(source: MOFSource(file: "printed.mof", text: text)).map(\.description) == [])
        for name in repository.classNames {
            let same = second.repository.declaration(of: name) == repository.declaration(of: name)
            #expect(same, "\(name) changed")
        }
    }
}

// MARK: - The other compiler's declarations

private struct Oracle: Decodable {
    let qualifierTypes: [String: QualifierType]
    let classes: [String: Class]

    struct QualifierType: Decodable {
        let type: String
        let isArray: Bool
        let arraySize: Int?
        let `default`: Value?
        let scopes: [String]
        let overridable: Bool?
        let tosubclass: Bool?
        let translatable: Bool?
    }

    struct Qualifier: Decodable, Equatable {
        let name: String
        let type: String
        let isArray: Bool
        let value: Value?
    }

    struct Property: Decodable, Equatable {
        let name: String
        let type: String
        let isArray: Bool
        let arraySize: Int?
        let referenceClass: String?
        let `default`: Value?
        let qualifiers: [Qualifier]
    }

    struct Parameter: Decodable, Equatable {
        let name: String
        let type: String
        let isArray: Bool
        let arraySize: Int?
        let referenceClass: String?
        let qualifiers: [Qualifier]
    }

    struct Method: Decodable, Equatable {
        let name: String
        let returnType: String
        let qualifiers: [Qualifier]
        let parameters: [Parameter]
    }

    struct Class: Decodable {
        let superclass: String?
        let qualifiers: [Qualifier]
        let properties: [Property]
        let methods: [Method]
    }

    /// A value as its text, or the texts of an array's elements.
    enum Value: Decodable, Equatable {
        case scalar(String)
        case array([String?])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let elements = try? container.decode([Scalar?].self) {
                self = .array(elements.map { $0?.text })
            } else {
                self = .scalar(try container.decode(Scalar.self).text)
            }
        }

        init(_ value: CIMValue) {
            if let elements = value.elements {
                self = .array(elements.map { $0?.text })
            } else {
                self = .scalar(value.text ?? "")
            }
        }
    }

    struct Scalar: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                text = flag ? "TRUE" : "FALSE"
            } else if let number = try? container.decode(Int64.self) {
                text = String(number)
            } else if let number = try? container.decode(UInt64.self) {
                text = String(number)
            } else {
                text = try container.decode(String.self)
            }
        }
    }
}

extension Oracle.QualifierType {
    func differences(from type: CIMQualifierType) -> [String] {
        var found: [String] = []
        func compare(_ what: String, _ same: Bool) { if !same { found.append("\(type.name): \(what)") } }
        compare("type", type.type.rawValue == self.type && type.isArray == isArray && type.arraySize == arraySize)
        compare("default", type.defaultValue.map(Oracle.Value.init) == `default`)
        let expected = scopes.contains("ANY") ? Set(CIMScope.allCases) : Set(scopes.compactMap(CIMScope.init(name:)))
        compare("scopes", type.scopes == expected)
        let flavor = CIMFlavor(
            overridable: overridable ?? true, toSubclass: tosubclass ?? true, translatable: translatable ?? false)
        compare("flavor", type.flavor == flavor)
        return found
    }
}

extension Oracle.Class {
    func differences(from declared: CIMClass) -> [String] {
        var found: [String] = []
        func compare(_ what: String, _ same: Bool) { if !same { found.append("\(declared.name): \(what)") } }
        compare("superclass", declared.superclass?.text == superclass)
        compare("qualifiers", declared.qualifiers.map(Oracle.Qualifier.init) == qualifiers)
        compare("property count", declared.properties.count == properties.count)
        for (one, other) in zip(declared.properties, properties) {
            compare("property \(one.name)", Oracle.Property(one) == other)
        }
        compare("method count", declared.methods.count == methods.count)
        for (one, other) in zip(declared.methods, methods) {
            compare("method \(one.name)", Oracle.Method(one) == other)
        }
        return found
    }
}

extension Oracle.Qualifier {
    init(_ qualifier: CIMQualifier) {
        name = qualifier.name.text
        type = qualifier.type.rawValue
        isArray = qualifier.isArray
        value = qualifier.value.map(Oracle.Value.init)
    }
}

extension Oracle.Property {
    init(_ property: CIMProperty) {
        name = property.name.text
        type = property.type.rawValue
        isArray = property.isArray
        arraySize = property.arraySize
        referenceClass = property.referenceClass?.text
        `default` = property.defaultValue.map(Oracle.Value.init)
        qualifiers = property.qualifiers.map(Oracle.Qualifier.init)
    }
}

extension Oracle.Parameter {
    init(_ parameter: CIMParameter) {
        name = parameter.name.text
        type = parameter.type.rawValue
        isArray = parameter.isArray
        arraySize = parameter.arraySize
        referenceClass = parameter.referenceClass?.text
        qualifiers = parameter.qualifiers.map(Oracle.Qualifier.init)
    }
}

extension Oracle.Method {
    init(_ method: CIMMethod) {
        name = method.name.text
        returnType = method.returnType.rawValue
        qualifiers = method.qualifiers.map(Oracle.Qualifier.init)
        parameters = method.parameters.map(Oracle.Parameter.init)
    }
}
