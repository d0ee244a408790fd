import CIM
import Testing

@testable import MOF

@Suite struct DeclarationTests {
    @Test func aClassHasPropertiesMethodsAndASuperclass() throws {
        let compiler = compiled(
            """
            [Abstract, Description("Root")] class T_Root { [Key] string Name; uint16 List[]; uint8 Fixed[4] = {1, 2}; };
            CLASS T_Leaf : T_Root {
                [Override("Name"), MaxLen(64)] STRING Name = "x";
                UINT32 Run([In, Description("a" "b")] T_Root REF Target, [In(false), Out] string Result[]);
                datetime When;
            };
            """)
        let leaf = try #require(compiler.repository.declaration(of: "T_Leaf"))
        #expect(leaf.superclass == "T_Root")
        #expect(leaf.properties.map(\.name) == ["Name", "When"])
        #expect(leaf.properties[0].defaultValue == .string("x"))
        let run = try #require(leaf.method("Run"))
        #expect(run.returnType == .uint32)
        #expect(run.parameters.map(\.type) == [.reference, .string])
        #expect(run.parameters[0].referenceClass == "T_Root")
        #expect(run.parameters[0].qualifiers["Description"]?.value == .string("ab"))
        #expect(run.parameters[1].isArray && run.parameters[1].isOutput && !run.parameters[1].isInput)
        let root = try #require(compiler.repository["T_Root"])
        #expect(root.isAbstract)
        #expect(root.property("Fixed")?.arraySize == 4)
        #expect(root.property("Fixed")?.defaultValue == .array(.uint8, [.uint8(1), .uint8(2)]))
        #expect(root.property("List")?.isArray == true)
        #expect(compiler.repository["T_Leaf"]?.property("Name")?.isKey == true)
    }

    @Test func associationsAndIndicationsAreClasses() throws {
        let compiler = compiled(
            """
            class T_A { [Key] uint32 K; };
            [Association] class T_Link { [Key] T_A REF One; [Key] T_A REF Two = "T_A.K=5"; };
            class T_Sublink : T_Link { [Override("One")] T_B REF One; };
            class T_B : T_A { };
            [Indication] class T_Event { string What; };
            """)
        #expect(compiler.repository["T_Sublink"]?.isAssociation == true)
        #expect(compiler.repository["T_Sublink"]?.property("One")?.referenceClass == "T_B")
        #expect(compiler.repository["T_Event"]?.isIndication == true)
        let two = try #require(compiler.repository["T_Link"]?.property("Two")?.defaultValue?.referenceValue)
        #expect(two["K"] == .uint32(5))
    }

    @Test func wordsAreKeywordsOnlyWhereTheyMeanSomething() throws {
        let names = [
            "Method", "Property", "Qualifier", "String", "Scope", "Flavor", "Of", "As", "Schema", "Any", "Reference",
            "Restricted", "Instance", "Class", "Association", "Ref", "Pragma",
        ]
        let compiler = compiled("class T_X { \(names.map { "uint8 \($0);\n" }.joined()) };")
        #expect(compiler.repository["T_X"]?.properties.map(\.name.text) == names)
        for reserved in ["true", "False", "NULL"] {
            #expect(errors("class T_X { uint8 \(reserved); };") == ["1:19 syntax"])
        }
    }

    @Test func namesMayHaveLettersBeyondASCII() {
        let compiler = compiled("class T_Größe { uint8 _é1; };")
        #expect(compiler.repository["t_größe"]?.property("_É1") != nil)
    }

    // MARK: Qualifiers

    @Test func aQualifierTypeHasScopesFlavorsAndADefault() throws {
        let compiler = compiled(
            """
            Qualifier Q1 : uint8[] = {1, 2}, Scope(class, property), Flavor(DisableOverride, Restricted, Translatable);
            qualifier Q2 : string[3], scope(ANY);
            Qualifier Q3 : real32 = 1.5, Scope(method), Flavor(ToInstance);
            """)
        let first = try #require(compiler.repository.qualifierType("q1"))
        #expect(first.defaultValue == .array(.uint8, [.uint8(1), .uint8(2)]))
        #expect(first.scopes == [.classes, .property])
        #expect(first.flavor == CIMFlavor(overridable: false, toSubclass: false, translatable: true))
        let second = try #require(compiler.repository.qualifierType("Q2"))
        #expect(second.isArray && second.arraySize == 3)
        #expect(second.scopes == Set(CIMScope.allCases))
        #expect(second.flavor == CIMFlavor())
        #expect(compiler.repository.qualifierType("Q3")?.flavor == CIMFlavor())
    }

    @Test func aQualifierWithoutValueIsTrueOrItsDefault() {
        let repository = compiled("[Abstract] class T_X { [ArrayType, MaxLen] string P[]; };").repository
        #expect(repository["T_X"]?.isAbstract == true)
        #expect(repository["T_X"]?.property("P")?.qualifiers["ArrayType"]?.value == .string("Bag"))
        #expect(repository["T_X"]?.property("P")?.qualifiers["MaxLen"]?.value == nil)
    }

    @Test func flavorIsThatOfTheDeclarationUnlessAUseIsStricter() {
        let repository = compiled(
            """
            class T_X {
                [Description("d") : Restricted DisableOverride, Values{"a"} : Translatable ToSubclass] string P;
            };
            class T_Y : T_X { [Override("P")] string P; };
            """
        ).repository
        let qualifiers = repository["T_X"]?.property("P")?.qualifiers
        #expect(
            qualifiers?["Description"]?.flavor
                == CIMFlavor(overridable: false, toSubclass: false, translatable: true))
        #expect(qualifiers?["Values"]?.flavor == CIMFlavor(translatable: true))
        #expect(repository["T_Y"]?.property("P")?.qualifiers["Description"] == nil)
        #expect(repository["T_Y"]?.property("P")?.qualifiers["Values"] != nil)
    }

    @Test func flavorsThatContradictAreRefused() {
        #expect(errors("Qualifier Q : uint8, Scope(any), Flavor(ToSubclass, Restricted);") == ["1:53 flavor"])
        #expect(errors("class T_X { [Description(\"\") : Restricted ToSubclass] uint8 P; };") == ["1:43 flavor"])
        #expect(errors("class T_X { [Key : EnableOverride] uint8 P; };") == ["1:20 flavor"])
        #expect(errors("[Abstract : ToSubclass] class T_X { };") == ["1:13 flavor"])
    }

    // MARK: Pragmas and files

    @Test func includedFilesAreReadInPlace() {
        var compiler = preparedCompiler(files: [
            "dir/a.mof": "class T_A { };\n#pragma include (\"sub\\\\b.mof\")\nclass T_C : T_B { };",
            "dir/sub/b.mof": "class T_B : T_A { };",
        ])
        #expect(compiler.compile(source: MOFSource(file: "dir/t.mof", text: "#PRAGMA Include (\"a\" \".mof\")")) == [])
        #expect(compiler.repository.superclasses(of: "T_C") == ["T_B", "T_A"])
    }

    @Test func whatCannotBeIncludedIsReportedAtThePragma() {
        #expect(errors("\n#pragma include(\"no.mof\")") == ["2:17 include"])
        let loop = ["a.mof": "#pragma include(\"b.mof\")", "b.mof": " #pragma include(\"a.mof\")"]
        #expect(errors("#pragma include(\"a.mof\")", files: loop) == ["1:18 include"])
        #expect(errors("#pragma include(5)") == ["1:18 syntax"])
        let endless = Dictionary(
            uniqueKeysWithValues: (0..<40).map { ("\($0).mof", "#pragma include(\"\($0 + 1).mof\")") })
        #expect(errors("#pragma include(\"0.mof\")", files: endless) == ["1:17 limit"])
    }

    @Test func unknownPragmasAreQuiet() {
        let compiler = compiled(
            """
            #pragma locale ("en_US")
            #pragma nonlocal ("x", nofail, (1))
            #pragma autorecover
            class T_X { };
            """)
        #expect(compiler.repository["T_X"] != nil)
    }

    @Test func aCompilationWithAnErrorChangesNothing() {
        var compiler = preparedCompiler()
        let text = "#pragma namespace(\"a\")\nclass T_A { };\nclass T_B { uint9 P; };"
        #expect(!compiler.compile(source: MOFSource(file: "t.mof", text: text)).isEmpty)
        #expect(compiler.repository["T_A"] == nil)
        #expect(compiler.contents.map(\.namespace) == [nil])
        #expect(compiler.compile(source: MOFSource(file: "t.mof", text: "class T_A { };")) == [])
    }

    @Test func aTextMayReferToALaterOne() {
        var compiler = preparedCompiler()
        let first = MOFSource(file: "1.mof", text: "[Association] class T_L { T_B REF A; T_C REF B; };")
        let second = MOFSource(file: "2.mof", text: "class T_B { };")
        let found = compiler.compile(sources: [first, second])
        #expect(found.map(\.brief) == ["1:38 unknownReferenceClass"])
        #expect(found.first?.place.file == "1.mof")
    }

    // MARK: Encodings

    private func compile(_ bytes: [UInt8]) -> (repository: ClassRepository, errors: [String]) {
        var compiler = preparedCompiler()
        let found = compiler.compile(source: MOFSource(file: "t.mof", bytes: bytes))
        return (compiler.repository, found.map(\.brief))
    }

    @Test func textIsUTF8OrUTF16WithAMark() {
        let text = "[Description(\"é😀\")]\r\nclass T_X { };"
        let units = Array(text.utf16)
        let little: [UInt8] = [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big: [UInt8] = [0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        for bytes in [Array(text.utf8), [0xEF, 0xBB, 0xBF] + Array(text.utf8), little, big] {
            let (repository, errors) = compile(bytes)
            #expect(errors == [])
            #expect(repository["T_X"]?.qualifiers["Description"]?.value == .string("é😀"))
        }
    }

    @Test func otherEncodingsAreRefusedWithThePlace() {
        #expect(
            compile(Array("class T_X {\n // \u{E9}".unicodeScalars.map { UInt8($0.value) }) + [10, 125, 59]).errors
                == ["2:5 encoding"])
        #expect(compile([0xFF, 0xFE, 0x20]).errors == ["1:1 encoding"])
        #expect(compile([0xFE, 0xFF, 0, 0x20, 0xD8, 0, 0, 0x20]).errors.first == "1:2 encoding")
        #expect(compile([0x63, 0, 0x6C, 0]).errors.contains("1:2 character"))
    }
}
