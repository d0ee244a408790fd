import CIM
import Testing

@testable import MOF

@Suite struct NamespaceTests {
    private func namespaces(_ compiler: MOFCompiler) -> [String?] { compiler.contents.map { $0.namespace?.text } }

    @Test func declarationsGoIntoTheNamespaceThatWasNamedLast() throws {
        let compiler = compiled(
            """
            class T_Common { };
            #pragma namespace ("root/one")
            class T_A { [Key] uint8 K; };
            instance of T_A { K = 1; };
            #pragma namespace ("/root/two")
            class T_A { string Other; };
            #pragma namespace ("ROOT/ONE")
            class T_B : T_A { };
            """)
        #expect(namespaces(compiler) == [nil, "root/one", "root/two"])
        let one = compiler.contents[1]
        #expect(one.repository.superclasses(of: "T_B") == ["T_A"])
        #expect(one.instances.map(\.className) == ["T_A"])
        let two = compiler.contents[2].repository
        #expect(two["T_A"]?.property("Other") != nil && two["T_B"] == nil)
        #expect(compiler.contents[0].repository["T_A"] == nil)
    }

    @Test func whatStandsOutsideAnyNamespaceIsInAllOfThem() throws {
        let compiler = compiled(
            "#pragma namespace (\"n\")\nclass T_B : T_A { [Key] uint8 K; };\n",
            also: "class T_A { };")
        let contents = compiler.contents[1]
        #expect(contents.repository.superclasses(of: "T_B") == ["T_A"])
        #expect(contents.repository.qualifierType("Key") != nil)
        #expect(compiler.contents[0].repository["T_B"] == nil)
    }

    @Test func aNamespaceMayRepeatWhatStandsOutsideButNotChangeIt() {
        let text = "class T_A { uint8 P; };\n#pragma namespace (\"n\")\n"
        #expect(errors(text + "class T_A { uint8 P; };\nQualifier MaxLen : uint32, Scope(any);").count == 1)
        #expect(errors(text + "class T_A { uint8 P; };") == [])
        #expect(errors(text + "class T_A { uint16 P; };") == ["3:7 duplicateClass"])
    }

    @Test func aNamespaceDoesNotSeeAnother() {
        let text = "#pragma namespace (\"a\")\nclass T_A { };\n#pragma namespace (\"b\")\nclass T_B : T_A { };"
        #expect(errors(text) == ["4:13 unknownSuperclass"])
    }

    @Test func aNamespaceHoldsToTheEndOfItsFile() {
        var compiler = preparedCompiler(files: [
            "a.mof": "class T_A { };\n#pragma namespace (\"b\")\nclass T_B { };"
        ])
        let text = "#pragma namespace (\"a\")\n#pragma include (\"a.mof\")\nclass T_C { };"
        #expect(compiler.compile(source: MOFSource(file: "t.mof", text: text)) == [])
        let inA: [CIMName] = ["T_A", "T_C"]
        #expect(compiler.contents[1].repository.classNames == inA)
        #expect(compiler.contents[2].repository.classNames == ["T_B"])
    }

    @Test func anAliasKnowsTheNamespaceOfItsInstance() throws {
        let compiler = compiled(
            """
            class T_A { [Key] uint8 K; };
            [Association] class T_L { [Key] T_A REF One; [Key] T_A REF Two; };
            #pragma namespace ("a")
            instance of T_A as $A { K = 1; };
            #pragma namespace ("b")
            instance of T_L { One = $A; Two = "T_A.K=2"; };
            """)
        let link = try #require(compiler.contents[2].instances.first)
        #expect(link["One"]?.referenceValue?.namespace == CIMNamespace("a"))
        #expect(link["Two"]?.referenceValue?.namespace == nil)
    }

    @Test func aNamespaceHasAProperName() {
        #expect(errors("#pragma namespace(\"//h/ root\")") == ["1:19 namespace"])
        #expect(errors("#pragma namespace(\"\")") == ["1:19 namespace"])
        #expect(errors(#"#pragma namespace("\\\\.\\root\\cimv2")"#) == ["1:19 namespace"])
        let (compiler, warnings) = tolerated(#"#pragma namespace("\\\\.\\root\\cimv2") class T_A { };"#)
        #expect(namespaces(compiler) == [nil, "root/cimv2"])
        #expect(warnings == ["1:19 namespace"])
        #expect(tolerated("#pragma namespace(\"\\\\\\\\host\\\\root\")").warnings == ["1:19 namespace"])
    }
}

// MARK: - Order

@Suite struct OrderTests {
    private func compile(_ texts: [String: String], only names: [String]? = nil) -> (MOFCompiler, [String]) {
        var compiler = preparedCompiler(files: texts)
        let sources = (names ?? texts.keys.sorted()).map { MOFSource(file: $0, text: texts[$0] ?? "") }
        let found = compiler.compile(sources: sources)
        return (compiler, found.map { "\($0.place.file):\($0.brief)" })
    }

    @Test func declarationsMayComeInAnyOrder() {
        let compiler = compiled(
            """
            instance of T_C { K = 1; };
            class T_C : T_B { };
            class T_B : T_A { [Mine] uint8 Q; };
            class T_A { [Key] uint8 K; };
            Qualifier Mine : boolean = false, Scope(property);
            """)
        #expect(compiler.repository.classNames == ["T_A", "T_B", "T_C"])
        #expect(compiler.instances.first?["K"] == .uint8(1))
    }

    @Test func filesMayComeInAnyOrder() {
        let (compiler, found) = compile([
            "a.mof": "class T_C : T_B { }; instance of T_A as $X { };", "b.mof": "class T_B : T_A { };",
            "c.mof": "class T_A { }; instance of T_C as $X { };",
        ])
        #expect(found == [])
        #expect(compiler.repository.superclasses(of: "T_C") == ["T_B", "T_A"])
    }

    @Test func aFileThatAnotherIncludesIsReadThereOnly() {
        let texts = [
            "a.mof": "class T_A { };", "b/c.mof": "#pragma include (\"../a.mof\")\nclass T_B : T_A { };",
            "z.mof": "#pragma namespace (\"n\")\n#pragma include (\"a.mof\")\n#pragma include (\"./b/c.mof\")",
        ]
        let (compiler, found) = compile(texts)
        #expect(found == [])
        #expect(compiler.contents[0].repository.classNames == [])
        #expect(compiler.contents[1].repository.classNames == ["T_A", "T_B"])
        #expect(compile(texts, only: ["z.mof"]).1 == [])
    }

    @Test func aFileIsReadOnceInEachNamespace() {
        let include = "#pragma include (\"a.mof\")\n"
        let (compiler, found) = compile(
            ["a.mof": "class T_A { };", "z.mof": include + include + "#pragma namespace (\"n\")\n" + include],
            only: ["z.mof"])
        #expect(found == [])
        #expect(compiler.contents.map(\.repository.classNames) == [["T_A"], ["T_A"]])
    }

    @Test func filesThatIncludeOnlyEachOtherAreAnError() {
        let (_, found) = compile(["a.mof": "#pragma include (\"b.mof\")", "b.mof": "#pragma include (\"a.mof\")"])
        #expect(found == ["b.mof:1:18 include"])
    }

    @Test func classesThatDeriveFromEachOtherAreAnError() {
        #expect(
            errors("class T_A : T_B { };\nclass T_B : T_C { };\nclass T_C : T_A { };") == ["3:13 unknownSuperclass"])
    }

    @Test func aClassIsDeclaredOnceInAllFiles() {
        let (_, found) = compile(["a.mof": "class T_A { };", "b.mof": "\nclass t_a { };"])
        #expect(found == ["b.mof:2:7 duplicateClass"])
    }
}
