import CIM
import Testing

@testable import MOF

@Suite struct DiagnosticTests {
    @Test func aDiagnosticShowsTheLineAndPointsIntoIt() {
        var compiler = preparedCompiler()
        let text = "class T_X {\n\tuint32 Foo, uint16 Bar;\n};"
        let found = compiler.compile(source: MOFSource(file: "dir/t.mof", text: text))
        #expect(
            found.map(\.description) == [
                "dir/t.mof:2:12: error: expected \";\" after property Foo, found \",\"\n"
                    + "\tuint32 Foo, uint16 Bar;\n\t          ^"
            ])
    }

    @Test func theWholeOfAWordIsUnderlinedAndOtherPlacesAreNoted() {
        var compiler = preparedCompiler()
        let text = "class T_X {\n  uint32 Foo;\n  string foo;\n};"
        let found = compiler.compile(source: MOFSource(file: "t.mof", text: text))
        #expect(
            found.map(\.description) == [
                """
                t.mof:3:10: error: property foo is declared twice in this class
                  string foo;
                         ^~~
                t.mof:2:10: note: it is here first
                  uint32 Foo;
                         ^~~
                """
            ])
    }

    @Test func aLineTooLongToShowIsCutAroundThePlace() {
        var compiler = preparedCompiler()
        let text = "class T_X { \(String(repeating: " ", count: 5000))uint9 P; };"
        let found = compiler.compile(source: MOFSource(file: "t.mof", text: text))
        let lines = found.first?.description.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        #expect(found.map(\.brief) == ["1:5013 syntax"])
        #expect(lines.allSatisfy { $0.count <= 300 })
        let indent = lines[2].prefix { $0 == " " }.count
        #expect(lines[1].dropFirst(indent).hasPrefix("uint9"))
    }

    @Test func linesEndInEveryCustomaryWay() {
        #expect(errors("\r\n\r\n  ?") == ["3:3 character"])
        #expect(errors("\r\r  ?") == ["3:3 character"])
        #expect(errors("\n\n/* x\n y */ ?") == ["4:7 character"])
        #expect(errors("// é\n/* é */ ?") == ["2:9 character"])
    }

    @Test(arguments: [
        ("class", "1:6 syntax"),
        ("class T_X", "1:10 syntax"),
        ("class T_X {", "1:12 syntax"),
        ("class T_X { }", "1:14 syntax"),
        ("class T_X : { };", "1:13 syntax"),
        ("class 5 { };", "1:7 syntax"),
        ("class 1x { };", "1:7 number"),
        ("class T_X { uint9 P; };", "1:13 syntax"),
        ("class T_X { uint8 };", "1:19 syntax"),
        ("class T_X { uint8[] P; };", "1:18 syntax"),
        ("class T_X { uint8 P[0]; };", "1:21 syntax"),
        ("class T_X { uint8 P[-1]; };", "1:21 syntax"),
        ("class T_X { uint8 P[4; };", "1:22 syntax"),
        ("class T_X { void M(); };", "1:13 syntax"),
        ("class T_X { uint8 M()[]; };", "1:22 syntax"),
        ("class T_X { uint8 M[](); };", "1:22 syntax"),
        ("class T_X { T_X REF M(); };", "1:13 syntax"),
        ("class T_X { uint8 M(uint8); };", "1:26 syntax"),
        ("class T_X { uint8 M(uint8 P = 5); };", "1:29 syntax"),
        ("class T_X { uint8 M(uint8 P,); };", "1:29 syntax"),
        ("class T_X { uint8 P = ; };", "1:23 syntax"),
        ("class T_X { uint8 P = x; };", "1:23 syntax"),
        ("class T_X { [] uint8 P; };", "1:14 syntax"),
        ("class T_X { [Key uint8 P; };", "1:18 syntax"),
        ("class T_X { [Key()] uint8 P; };", "1:18 syntax"),
        ("class T_X { [Description(\"\" 5)] uint8 P; };", "1:29 syntax"),
        ("class T_X { [Key : Loud] uint8 P; };", "1:20 syntax"),
        ("[Abstract]", "1:11 syntax"),
        ("[Abstract] uint8 P;", "1:12 syntax"),
        (";", "1:1 syntax"),
        ("uint8 P;", "1:1 syntax"),
        ("enumeration E : string { a };", "1:1 syntax"),
        ("Qualifier Q;", "1:12 syntax"),
        ("Qualifier Q : uint9, Scope(any);", "1:15 syntax"),
        ("Qualifier Q : uint8;", "1:20 syntax"),
        ("Qualifier Q : uint8, Flavor(ToSubclass), Scope(any);", "1:22 syntax"),
        ("Qualifier Q : uint8, Scope(any, all);", "1:33 syntax"),
        ("Qualifier Q : uint8, Scope();", "1:28 syntax"),
        ("Qualifier Q : uint8, Scope(any), Flavor(Sour);", "1:41 syntax"),
        ("Qualifier Q : uint8 = \"5\", Scope(any);", "1:23 valueType"),
        ("#pragma", "1:8 syntax"),
        ("#pragma include", "1:16 syntax"),
        ("#include \"x\"", "1:1 character"),
        ("class T_X { }; /* open", "1:16 comment"),
        ("class T_X as x { };", "1:14 syntax"),
        ("class T_X as $ { };", "1:14 character"),
        ("instance T_X { };", "1:10 syntax"),
        ("class T_X { uint8 P; }; instance of T_X { P 5; };", "1:45 syntax"),
    ])
    func aSlipIsOneErrorAtItsPlace(text: String, expected: String) {
        let found = errors(text)
        // A #include leaves its file name behind, which can't be understood either.
        #expect(found.first == expected)
        #expect(found.count == (text.hasPrefix("#include") ? 2 : 1), "\(found)")
    }

    @Test(arguments: [
        ("class T_X { [Bogus] uint8 P; };", "1:14 undeclaredQualifier"),
        ("[Key] class T_X { };", "1:2 qualifierScope"),
        ("class T_X { uint8 M([Key] uint8 P); };", "1:22 qualifierScope"),
        ("class T_X { [Key(5)] uint8 P; };", "1:18 valueType"),
        ("class T_X { [Values(\"a\")] uint8 P; };", "1:21 valueType"),
        ("class T_X { [Key{true}] uint8 P; };", "1:17 valueType"),
        ("class T_X { [Key, key] uint8 P; };", "1:19 duplicateQualifier"),
        ("class T_X : T_Y { };", "1:13 unknownSuperclass"),
        ("class T_X : T_X { };", "1:13 unknownSuperclass"),
        ("class T_X { };\nclass t_x { };", "2:7 duplicateClass"),
        ("class T_X { uint8 M(); uint8 m(); };", "1:30 duplicateMethod"),
        ("class T_X { uint8 M(uint8 P, uint8 p); };", "1:36 duplicateParameter"),
        ("class T_X { T_X REF R; };", "1:21 referenceOutsideAssociation"),
        ("[Association] class T_X { T_X REF R; };", "1:21 tooFewReferences"),
        ("class T_X { uint8 M(T_Y REF R); };", "1:21 unknownReferenceClass"),
        ("class T_X { [EmbeddedInstance(\"T_Y\")] string P; };", "1:14 unknownEmbeddedClass"),
        ("class T_X { [EmbeddedObject] uint8 P; };", "1:36 embeddedType"),
        ("class T_X { [ValueMap{\"1\"}, Values{\"a\", \"b\"}] uint8 P; };", "1:53 valueMap"),
        ("Qualifier Key : uint8, Scope(any);", "1:11 duplicateQualifierType"),
        ("class T_X { uint8 P; };\nclass T_Y : T_X { uint8 P; };", "2:25 overrideMissing"),
        ("class T_X { uint8 P; };\nclass T_Y : T_X { [Override(\"P\")] uint16 P; };", "2:42 overrideType"),
        ("class T_X { [Key] uint8 P; };\nclass T_Y : T_X { [Key] uint8 Q; };", "2:31 addedKey"),
        ("class T_X { [Override(\"P\")] uint8 P; };", "1:14 overrideTarget"),
    ])
    func aBrokenRuleIsOneErrorAtItsPlace(text: String, expected: String) {
        #expect(errors(text) == [expected])
    }

    @Test func allErrorsOfATextAreFound() {
        let text = """
            Qualifier Odd : uint9, Scope(any);
            class T_A {
                uint9 First;
                [Bogus] uint8 Second
                uint8 Third = 256;
                uint8 Fourth(uint8);
                [Description("open] string Fifth;
                uint8 Sixth;
            };
            class T_B : T_None { uint8 A; uint8 a; }
            [Association] class T_C { };
            class T_D {
                uint8 P;
            [Abstract] class T_E { };
            instance of T_A {
                Sixth = "six";
                Seventh = 7;
                Class = 5;
            };
            class T_F {
                uint8 Last;
            """
        #expect(
            errors(text) == [
                "1:17 syntax", "3:5 syntax", "4:6 undeclaredQualifier", "4:25 syntax", "5:19 valueRange", "6:23 syntax",
                "7:18 string", "10:13 unknownSuperclass", "10:37 duplicateProperty", "10:41 syntax",
                "11:21 tooFewReferences", "14:12 syntax", "16:13 valueType", "21:16 syntax",
            ])
    }

    @Test func whatFollowsFromAnErrorIsNotReportedAgain() {
        let text = """
            class T_A { uint9 P; };
            class T_B : T_A { [Override("P")] uint8 P; };
            [Association] class T_C { T_A REFF One; T_A REF Two; };
            """
        #expect(errors(text) == ["1:13 syntax", "3:27 syntax"])
    }

    @Test func afterVeryManyErrorsReadingStops() {
        let found = errors(String(repeating: "?\n", count: 5000))
        #expect(found.count == Compilation.maximumDiagnostics)
        #expect(found.last == "\(Compilation.maximumDiagnostics):1 limit")
    }

    @Test func aLineOfAnyLengthTakesLittleRoom() {
        var compiler = preparedCompiler()
        let text = String(repeating: " ", count: 1 << 12) + String(repeating: "?a ", count: 5000)
        let found = compiler.compile(source: MOFSource(file: "t.mof", text: text))
        #expect(found.count == Compilation.maximumDiagnostics)
        #expect(found.allSatisfy { $0.place.excerpt.count <= 160 })
        let client = #expect(throws: MOFFailure.self) { try compiler.parseInstance(mof: String(text.suffix(9000))) }
        #expect(client?.diagnostics.count == Compilation.maximumEmbeddedDiagnostics)
    }

    @Test func everyPrefixAndEveryDamageIsReadToTheEnd() {
        let text = Array(
            """
            Qualifier Q : string[] = {"a"}, Scope(any), Flavor(Restricted);
            [Q{"x", NULL}, Description("a\\x41" "b") : ToSubclass] class T_X as $X : T_X {
                [Key] uint8 K = 0x1F; T_X REF R; real32 F[2] = {1.5e3}; /* c */ char16 C = '\\'';
                uint32 M([In] string P[], [Out] T_X REF O); // e
            };
            #pragma include ("é.mof")
            instance of T_X as $Y { K = 1; R = "T_X.K=5"; };
            """.utf8)
        var compiler = preparedCompiler()
        for end in text.indices {
            _ = compiler.compile(source: MOFSource(file: "t.mof", bytes: Array(text[..<end])))
            for replacement in "}\"\\(".utf8 {
                var damaged = text
                damaged[end] = replacement
                let found = compiler.compile(source: MOFSource(file: "t.mof", bytes: damaged))
                #expect(!found.isEmpty)
                #expect(found.allSatisfy { !$0.description.isEmpty })
            }
        }
    }

    @Test(arguments: [
        "{", "}", "[[[[", "((((", "class T_X {{{{{{", "class T_X { [", "class T_X { uint8 P = {{", "\"", "'", "$", "#",
        "instance of", "instance of T_X {", "[Key(", "Qualifier Q : string = {", "class T_X { uint8 M(((((", "/*", "0x",
        "\u{0}", "\u{FEFF}\u{FEFF}", "class T_X { uint8 P; } } } }", ":::::", "class class class class", "[] [] []",
    ])
    func noTextKeepsTheCompilerFromItsEnd(text: String) {
        #expect(!errors(text).isEmpty)
    }
}
