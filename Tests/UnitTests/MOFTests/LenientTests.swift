import CIM
import Testing

@testable import MOF

/// Forms that vendors write beside the standard: errors, and for a lenient reader warnings at the same places.
@Suite struct LenientTests {
    @Test(arguments: [
        // Qualifiers
        ("[Dynamic, Provider(\"p\")] class T_X { };", ["1:2 undeclaredQualifier", "1:11 undeclaredQualifier"]),
        ("[Key] class T_X { };", ["1:2 qualifierScope"]),
        ("[Description(\"d\") : ToSubclass Restricted] class T_X { };", ["1:32 flavor"]),
        ("class T_X { [Key : EnableOverride] uint8 P; };", ["1:20 flavor"]),
        ("[Description(\"d\") : Amended] class T_X { };", ["1:21 syntax"]),
        ("[Description(\"d\") : ToSubclass, DisableOverride] class T_X { };", ["1:33 syntax"]),
        ("class T_X { [Key,] uint8 P; };", ["1:18 syntax"]),
        ("class T_X { [] uint8 P; };", ["1:13 syntax"]),
        ("class T_X { [Key Description(\"d\")] uint8 P; };", ["1:17 syntax"]),
        ("class T_X { [Values(\"a\", \"b\")] uint8 P; };", ["1:24 syntax"]),
        ("class T_X { [Values({\"a\"})] uint8 P; };", ["1:21 syntax"]),
        ("class T_X { [Values(\"a\")] uint8 P; };", ["1:21 valueType"]),
        ("class T_X { [Key()] uint8 P; };", ["1:18 syntax"]),
        ("class T_X { [MaxLen(\"5\")] string P; };", ["1:21 valueType"]),
        ("class T_X { [Key, Key] uint8 P; };", ["1:19 duplicateQualifier"]),
        // Types
        ("class T_X { void M(); };", ["1:13 syntax"]),
        ("class T_X { uint8[] P; };", ["1:18 syntax"]),
        ("class T_X { bool P; };", ["1:13 syntax"]),
        ("class T_X { object P; };", ["1:13 syntax"]),
        ("class T_X { object:T_X P; };", ["1:13 syntax"]),
        ("class T_X { T_X P[]; };", ["1:13 syntax"]),
        ("class T_X { T_X REF M(); };", ["1:13 syntax"]),
        ("class T_X { uint8 M[](); };", ["1:22 syntax"]),
        ("class T_X { uint8 M()[]; };", ["1:22 syntax"]),
        ("class T_X { uint8 M(uint8 P = 5); };", ["1:29 syntax"]),
        ("class T_X { uint8 M(uint8 P,); };", ["1:29 syntax"]),
        // What is missing, or there twice
        ("class T_X : T_None { };", ["1:13 unknownSuperclass"]),
        ("class T_X { [EmbeddedInstance(\"T_None\")] string P; };", ["1:14 unknownEmbeddedClass"]),
        ("class T_X { uint8 M(T_None REF P); };", ["1:21 unknownReferenceClass"]),
        ("class T_X { T_X REF P; };", ["1:21 referenceOutsideAssociation"]),
        ("class T_X { };\nclass T_X { };", ["2:7 duplicateClass"]),
        ("class T_X { uint8 P; };\nclass T_Y : T_X { uint8 P; };", ["2:25 overrideMissing"]),
        ("class T_X { uint8 P; uint8 p; };", ["1:28 duplicateProperty"]),
        ("class T_X { uint8 P; ; };", ["1:22 syntax"]),
        ("class T_X { };;", ["1:15 syntax"]),
        ("class T_X { }", ["1:14 syntax"]),
        ("class T_X;\nclass T_X { };", ["1:7 syntax"]),
        ("Qualifier T_Q : boolean, Flavor(ToSubclass), Scope(any);", ["1:26 syntax"]),
        // Literals
        ("class T_X { uint8 P[] = {1, 2,}; };", ["1:31 syntax"]),
        ("class T_X { uint8 P = \"5\"; };", ["1:23 valueType"]),
        ("class T_X { boolean P = 1; };", ["1:25 valueType"]),
        ("class T_X { sint32 P = 0xFFFFFFFF; };", ["1:24 valueRange"]),
        ("class T_X { real32 P = 1e3; };", ["1:24 number"]),
        ("class T_X { uint8 P = 08; };", ["1:23 number"]),
        ("class T_X { string P = 'abc'; };", ["1:24 characterLiteral"]),
        ("class T_X { string P = Word; };", ["1:24 syntax"]),
        (#"class T_X { string P = "\)"; };"#, ["1:25 escape"]),
        (#"class T_X { string P = "\x"; };"#, ["1:25 escape"]),
        ("class T_X { string P = \"a\nb\"; };", ["1:24 string"]),
        ("class T_X { datetime P = \"now\"; };", ["1:26 valueType"]),
        // The text
        ("#include \"x.mof\"\nclass T_X { };", ["1:1 character"]),
        ("#ifdef X\nclass T_X { };\n#endif", ["1:1 character", "3:1 character"]),
        ("#pragma include (\"none.mof\")\nclass T_X { };", ["1:18 include"]),
        ("#pragma namespace \"n\"\nclass T_X { };", ["1:19 syntax"]),
        ("class T_X { };\u{C}\u{1A}", ["1:15 character", "1:16 character"]),
        ("class\u{A0}T_X { };", ["1:6 character"]),
    ])
    func whatVendorsWriteIsAWarning(text: String, expected: [String]) {
        let (compiler, warnings) = tolerated(text)
        #expect(warnings == expected)
        let found = compiler.contents.last?.repository["T_X"] != nil || text.hasPrefix("Qualifier")
        #expect(found)
        #expect(!errors(text).isEmpty)
    }

    private func property(_ declaration: String) -> CIMProperty? {
        tolerated("class T_X { \(declaration) };").compiler.repository["T_X"]?.properties.first
    }

    @Test func whatIsToleratedHasItsPlainMeaning() {
        #expect(property("object P;")?.embedding == .object)
        #expect(property("T_X P[];")?.embedding == .instance(of: "T_X"))
        #expect(property("T_X P[];")?.isArray == true)
        #expect(property("object:T_X P;")?.embedding == .instance(of: "T_X"))
        #expect(property("bool P = 1;")?.defaultValue == .boolean(true))
        #expect(property("uint8 P = \"5\";")?.defaultValue == .uint8(5))
        #expect(property("sint32 P = 0xFFFFFFFF;")?.defaultValue == .sint32(-1))
        #expect(property("uint8 P = 1000;")?.defaultValue == nil)
        #expect(property("real32 P = 1e3;")?.defaultValue == .real32(1000))
        #expect(property("uint8 P = 09;")?.defaultValue == .uint8(9))
        #expect(property("string P = Word;")?.defaultValue == .string("Word"))
        #expect(property("string P = 5;")?.defaultValue == .string("5"))
        #expect(property("string P = 'a\"b';")?.defaultValue == .string("a\"b"))
        #expect(property(#"string P = "a\)b\qc\é";"#)?.defaultValue == .string("a)bqcé"))
        #expect(property("string P[] = \"a\";")?.defaultValue == .strings(["a"]))
        #expect(property("string P = \"a\r\nb\";")?.defaultValue == .string("a\r\nb"))
        #expect(
            property("[Q1, Q2(\"s\"), Q3{1, 2}, Q4(-1)] uint8 P;")?.qualifiers.map(\.value) == [
                .boolean(true), .string("s"), .array(.sint64, [.sint64(1), .sint64(2)]), .sint64(-1),
            ])
        let flavor = property("[Description(\"d\") : Amended, DisableOverride] uint8 P;")?.qualifiers.first?.flavor
        #expect(flavor == CIMFlavor(overridable: false, translatable: true))
    }

    @Test func instancesOfUnknownClassesHaveTheTypesThatTheyShow() throws {
        let (compiler, warnings) = tolerated(
            """
            instance of MSFT_Credential as $C { UserName = "u"; };
            instance of MSFT_File as $F
            {
              ResourceID = "[File]x"; Size = 5; Share = 1.5; Force = True; Big = 18446744073709551615;
              Names = {"a", "b"}; Credential = $C; All = {$C, $C}; Nothing = NULL;
            };
            """)
        #expect(warnings == ["1:13 property", "2:13 property"])
        let file = try #require(compiler.instances.last)
        #expect(file["Size"] == .sint64(5) && file["Share"] == .real64(1.5) && file["Force"] == .boolean(true))
        #expect(file["Big"] == .uint64(.max) && file["Names"] == .strings(["a", "b"]))
        #expect(file["Credential"]?.referenceValue?.className == "MSFT_Credential")
        #expect(file["All"]?.elements?.count == 2)
        #expect(file.property("Nothing") != nil && file["Nothing"] == nil)
    }

    @Test func anAliasOrAnInstanceMayBeEmbedded() throws {
        let (compiler, warnings) = tolerated(
            """
            class T_In { uint8 N; };
            class T_Out { [EmbeddedInstance("T_In")] string One; [EmbeddedObject] string All[]; };
            instance of T_In as $I { N = 3; };
            instance of T_Out { One = $I; All = { instance of T_In { N = 4; }, $I }; };
            """)
        #expect(warnings == ["4:27 alias", "4:39 syntax", "4:68 alias"])
        let out = try #require(compiler.instances.last)
        #expect(out["One"]?.instanceValue?["N"] == .uint8(3))
        #expect(out["All"]?.elements?.first??.instanceValue?["N"] == .uint8(4))
    }

    @Test func aValueMayBeMissingAnywhere() {
        let (compiler, warnings) = tolerated(
            "class T_X { uint8 P; uint8 Q; };\ninstance of T_X { [Key] P; Q = 5 };\ninstance of T_X { R = 1; };")
        #expect(warnings == ["2:26 syntax", "2:33 syntax", "3:19 property"])
        #expect(compiler.instances.first?["Q"] == .uint8(5))
    }

    @Test func whatCannotBeReadStaysAnError() {
        var compiler = preparedCompiler(options: MOFOptions(isLenient: true))
        for text in ["class T_X { uint8 P", "class { };", "garbage", "class T_X { \"", "/*", "instance of", "\u{1}"] {
            let found = compiler.compile(source: MOFSource(file: "t.mof", text: text))
            #expect(found.contains { $0.severity == .error }, "\(text)")
        }
    }

    @Test func manyWarningsHideNoError() {
        var compiler = preparedCompiler(options: MOFOptions(isLenient: true))
        let text = String(repeating: "#x\n", count: 3000) + "class T_X { uint8 ; };"
        let found = compiler.compile(source: MOFSource(file: "t.mof", text: text))
        #expect(found.count { $0.severity == .warning } == Compilation.maximumDiagnostics)
        #expect(found.last?.brief == "3001:19 syntax")
    }

    // MARK: Encodings

    private func description(of bytes: [UInt8], _ options: MOFOptions) -> (CIMValue?, [String]) {
        var compiler = preparedCompiler(options: options)
        let found = compiler.compile(source: MOFSource(file: "t.mof", bytes: bytes))
        return (compiler.repository["T_X"]?.qualifiers["Description"]?.value, found.map(\.brief))
    }

    @Test func latin1IsReadWhereItIsAskedForOrTolerated() {
        let bytes = Array("// é\n[Description(\"Größe®\")] class T_X { };".unicodeScalars.map { UInt8($0.value) })
        #expect(description(of: bytes, MOFOptions(isLatin1: true)) == (.string("Größe®"), []))
        #expect(description(of: bytes, MOFOptions(isLenient: true)) == (.string("Größe®"), ["1:4 encoding"]))
        #expect(description(of: bytes, MOFOptions()).1 == ["1:4 encoding"])
        let marked = [0xEF, 0xBB, 0xBF] + Array("[Description(\"ö\")] class T_X { };".utf8)
        #expect(description(of: marked, MOFOptions(isLatin1: true)) == (.string("ö"), []))
    }

    @Test func utf16WithoutItsMarkIsTolerated() {
        let units = Array("[Description(\"d\")] class T_X { };".utf16)
        let little = units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        for bytes in [little, big] {
            #expect(description(of: bytes, MOFOptions(isLenient: true)) == (.string("d"), ["1:1 encoding"]))
        }
    }
}
