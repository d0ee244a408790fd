import CIM
import Glibc
import Testing

@testable import MOF

@Suite struct PrinterTests {
    /// Prints everything a compiler declares, compiles the text and compares.
    private func expectRoundTrip(of repository: ClassRepository, _ location: SourceLocation = #_sourceLocation) {
        let printer = MOFPrinter(repository: repository)
        var text = repository.qualifierTypes.map(printer.text).joined()
        for name in repository.classNames {
            if let declared = repository.declaration(of: name) { text += printer.text(of: declared) }
        }
        var compiler = MOFCompiler()
        let found = compiler.compile(source: MOFSource(file: "printed.mof", text: text))
        #expect(found == [], "\(found.map(\.description).joined(separator: "\n"))", sourceLocation: location)
        #expect(compiler.repository.qualifierTypes == repository.qualifierTypes, sourceLocation: location)
        #expect(compiler.repository.classNames == repository.classNames, sourceLocation: location)
        for name in repository.classNames {
            let same = compiler.repository.declaration(of: name) == repository.declaration(of: name)
            #expect(same, "\(name) changed", sourceLocation: location)
        }
    }

    @Test func whatIsPrintedCompilesToTheSame() {
        let compiler = compiled(
            #"""
            Qualifier Level : sint8 = -3, Scope(class, property), Flavor(DisableOverride);
            Qualifier Ratio : real32[2] = {0.1, 1.0e20}, Scope(any), Flavor(Restricted, Translatable);
            Qualifier Mark : char16 = '\'', Scope(any);
            [Level(5), Ratio{NULL, 1.5}, Mark('\x0007'), Description("a\n\"b\"\\\x0001c 'd' é😀 \xFEFF")]
            class T_X {
                [Key, Description("x") : Restricted DisableOverride, ValueMap{}, MaxLen(NULL)] string Name;
                [ArrayType("Indexed"), EmbeddedObject(false), Values{"a", NULL}] string List[] = {"a", NULL, ""};
                boolean B = TRUE; char16 C = '\xD800'; uint64 U = 18446744073709551615; sint64 S = -9223372036854775808;
                real64 R = 1.0e-300; real32 F = .1; datetime D = "00000000000500.000000:000"; uint8 E[3] = {};
                uint32 M(); uint32 N([In(false), Out, Description("o")] T_X REF P[], [In] uint8 Q[4], string S);
            };
            [Association] class T_L { [Key] T_X REF A = "root/a:T_X.Name=\"\\\"\""; [Key] T_X REF B = "T_X"; };
            class T_M : T_L { [Override("A")] T_Y REF A; };
            class T_Y : T_X { };
            """#)
        expectRoundTrip(of: compiler.repository)
    }

    @Test func longTextIsBrokenIntoPieces() {
        let words = (0..<200).map { "word\($0)" }.joined(separator: " ")
        let word = String(repeating: "x", count: 300)
        let compiler = compiled("[Description(\"\(words)\")] class T_X { string P = \"\(word)\"; };")
        let text = MOFPrinter(repository: compiler.repository).text(of: compiler.repository.declaration(of: "T_X")!)
        let lines = text.split(separator: "\n")
        #expect(lines.count > 10)
        #expect(lines.count { $0.count > 120 } == 1)
        expectRoundTrip(of: compiler.repository)
    }

    @Test func aResolvedClassPrintsAsItsDeclaration() throws {
        let compiler = compiled(
            """
            [Description("A")] class T_A { [Description("p")] uint8 P; uint32 M(); };
            class T_B : T_A { [Override("P")] uint8 P = 5; };
            """)
        let printer = MOFPrinter(repository: compiler.repository)
        let resolved = try #require(compiler.repository["T_B"])
        let declared = try #require(compiler.repository.declaration(of: "T_B"))
        #expect(resolved != declared)
        #expect(printer.text(of: resolved) == printer.text(of: declared))
    }

    @Test func anInstancePrintsAsItWasGiven() throws {
        let compiler = compiled(
            "class T_A { [Key] uint8 K; string T[]; [EmbeddedInstance(\"T_A\")] string E; };\n"
                + "[Association] class T_L { [Key] T_A REF A; [Key] T_A REF B; };")
        let instance = try compiler.parseInstance(
            mof: #"instance of T_A { K = 5; T = {"a\"", NULL}; E = "instance of T_A { T = {\"\\\"\"}; };"; };"#)
        let printer = MOFPrinter(repository: compiler.repository)
        #expect(try compiler.parseInstance(mof: printer.text(of: instance)) == instance)
        let link = try compiler.parseInstance(mof: "instance of T_L { A = \"n:T_A.K=1\"; B = NULL; };")
        #expect(try compiler.parseInstance(mof: printer.text(of: link)) == link)
    }

    // MARK: Our schema

    private static let schemaDirectory: String = {
        let parts = #filePath.split(separator: "/").dropLast(4)
        return "/" + parts.joined(separator: "/") + "/schema"
    }()

    private static var hasSchema: Bool {
        let exists = access(schemaDirectory + "/migrationd.mof", R_OK) == 0
        if !exists { print("SKIPPED: there is no \(schemaDirectory)/migrationd.mof") }
        return exists
    }

    @Test(.enabled(if: hasSchema)) func ourSchemaCompilesAndPrintsToItself() throws {
        var compiler = MOFCompiler(readInclude: Files.include)
        let entry = Self.schemaDirectory + "/migrationd.mof"
        let bytes = try #require(Files.read(entry))
        let found = compiler.compile(source: MOFSource(file: entry, bytes: bytes))
        #expect(found == [], "\(found.map(\.description).joined(separator: "\n"))")
        #expect(compiler.repository["CIM_VirtualSystemMigrationService"] != nil)
        expectRoundTrip(of: compiler.repository)
    }
}
