import CIM
import Testing

@testable import MOF

/// What is printed compiles to what was printed.
@Suite struct RoundTripTests {
    /// What the generated declarations refer to.
    private static let fixed = """
        Qualifier Association : boolean = false, Scope(association), Flavor(DisableOverride, ToSubclass);
        Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride, ToSubclass);
        Qualifier EmbeddedInstance : string = null, Scope(property, method, parameter);
        Qualifier EmbeddedObject : boolean = false, Scope(property, method, parameter), Flavor(DisableOverride);
        class G_Key { [Key] string Name; [Key] uint64 Number; };
        [Association] class G_Link { [Key] G_Key REF One; [Key] G_Key REF Two; };

        """

    private func compile(_ text: String) -> MOFCompiler {
        var compiler = MOFCompiler()
        let found = compiler.compile(source: MOFSource(file: "printed.mof", text: text))
        let errors = found.filter { $0.severity == .error }
        #expect(errors == [], "\(errors.map(\.description).joined(separator: "\n"))")
        return compiler
    }

    @Test(arguments: 0..<40)
    func generatedDeclarationsComeBack(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let types = generator.qualifierTypes()
        let declared = generator.classDeclaration("G_A", types)
        let holder = CIMClass(
            name: "G_Holder",
            properties: [
                CIMProperty(name: "Any", type: .string, isArray: true, qualifiers: [Self.embeddedObject]),
                CIMProperty(name: "One", type: .string, qualifiers: [Self.embedded("G_A")]),
            ])
        let inner = generator.instance(of: declared)
        let holding = CIMInstance(
            className: "G_Holder",
            properties: [
                CIMPropertyValue("One", .instance(inner)),
                CIMPropertyValue(
                    name: "Any", type: .string, isArray: true,
                    value: .array(.string, [.instance(generator.instance(of: declared)), nil, .classObject(declared)])),
            ])
        let link = CIMInstance(
            className: "G_Link",
            properties: [
                CIMPropertyValue("One", generator.scalar(.reference)),
                CIMPropertyValue("Two", generator.scalar(.reference)),
            ])
        var repository = compile(Self.fixed).repository
        for type in types { #expect(repository.declare(type) == []) }
        #expect(repository.add(declared) == [])
        #expect(repository.add(holder) == [])
        let printer = MOFPrinter(repository: repository)
        let instances = [inner, holding, link]
        let text =
            Self.fixed + types.map(printer.text).joined() + printer.text(of: declared) + printer.text(of: holder)
            + instances.map(printer.text).joined()
        let again = compile(text)
        #expect(again.repository.qualifierTypes.suffix(types.count) == types[...])
        #expect(again.repository.declaration(of: "G_A") == declared)
        #expect(again.instances == instances)
    }

    private static let embeddedObject = CIMQualifier(
        name: .embeddedObject, type: .boolean, value: .boolean(true), flavor: CIMFlavor(overridable: false))

    private static func embedded(_ name: String) -> CIMQualifier {
        CIMQualifier(name: .embeddedInstance, type: .string, value: .string(name))
    }

    @Test func anAliasComesBackAsThePathThatItStandsFor() throws {
        let compiler = compile(
            Self.fixed + """
                instance of G_Key as $A { Name = "a\\"b"; Number = 18446744073709551615; };
                instance of G_Link { One = $A; Two = $A; };
                """)
        let printer = MOFPrinter(repository: compiler.repository)
        let again = compile(Self.fixed + compiler.instances.map(printer.text).joined())
        #expect(again.instances == compiler.instances)
    }

    @Test func aResolvedClassShowsEverythingAndCompiles() throws {
        let compiler = compile(
            Self.fixed + """
                class G_Top { [Key] string K = "x"; uint8 M(uint8 A); };
                class G_Sub : G_Top { uint8 P; };
                """)
        let resolved = try #require(compiler.repository["G_Sub"])
        let text = MOFPrinter(repository: compiler.repository).resolvedText(of: resolved)
        let again = try #require(compile(Self.fixed + text).repository["G_Sub"])
        #expect(again.properties.map(\.name) == ["K", "P"] && again.methods.map(\.name) == ["M"])
        #expect(text.contains("// from G_Top"))
    }
}

/// Texts damaged by chance: each is read to its end, and what is wrong with it is told within bounds.
@Suite struct MutationTests {
    private static let seeds: [String] = [
        """
        Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride, ToSubclass);
        [Description("a" "b\\x41\\n") : Translatable, Q{1, -0x2, 1.5e3, 'c', NULL, TRUE}]
        class T_A as $A : T_B { [Key] uint8 K[4] = {1, 2}; T_A REF R = "T_A.K=1"; /* c */
            uint32 M([In, Out] string P[], T_B REF O); };
        #pragma include ("x.mof")
        """,
        """
        #pragma namespace ("root/x")
        class T_B { [Key] string K; [EmbeddedObject] string E; datetime D = "20261121052311.123456+060"; };
        instance of T_B as $B { K = "k"; E = "instance of T_B { K = \\"i\\"; };"; D = NULL; };
        instance of T_B { K = $B; E = instance of T_B { K = "j"; }; };
        """,
    ]
    private static let pieces = [
        "{", "}", "[", "]", "(", ")", ";", ",", "\"", "'", "\\", "$", "#", "/*", "*/", "//", "class ", "instance of ",
        "Qualifier ", "#pragma ", " REF ", ":", "=", "0x", "1.", "\u{0}", "é", "😀", "\n", "void ", "object:", " as $A ",
    ]

    @Test(arguments: 0..<60)
    func aDamagedTextIsReadToItsEnd(seed: UInt64) {
        var generator = Generator(seed: seed)
        var bytes = Array(generator.one(of: Self.seeds).utf8)
        for _ in 0..<(1 + generator.below(12)) {
            let place = generator.below(bytes.count)
            switch generator.below(4) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.bits())
            case 1: bytes.insert(contentsOf: generator.one(of: Self.pieces).utf8, at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + generator.below(20)))
            default: bytes += bytes[..<place]
            }
            if bytes.isEmpty { bytes = [0] }
        }
        for options in [MOFOptions(), MOFOptions(isLenient: true), MOFOptions(isLatin1: true)] {
            var compiler = preparedCompiler(files: ["x.mof": "class T_I { };"], options: options)
            let found = compiler.compile(source: MOFSource(file: "t.mof", bytes: bytes))
            #expect(found.count <= 4 * Compilation.maximumDiagnostics)
            #expect(found.allSatisfy { $0.place.excerpt.unicodeScalars.count <= 160 && $0.place.line >= 1 })
        }
    }

    @Test(arguments: [
        "{", "[", "(", "class T_X { ", "[Key(", "instance of T_X { P = ", "$", "#", "'", "/*", "T_X P = {",
    ])
    func nestingWithoutEndIsReadToItsEnd(piece: String) {
        let text = String(repeating: piece, count: 20000)
        for options in [MOFOptions(), MOFOptions(isLenient: true)] {
            var compiler = preparedCompiler(options: options)
            let found = compiler.compile(source: MOFSource(file: "t.mof", text: text))
            #expect(!found.isEmpty)
        }
    }
}
