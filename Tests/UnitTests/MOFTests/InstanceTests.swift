import CIM
import Testing

@testable import MOF

private let classes = """
    class T_Host { [Key] string Name; [Key] uint16 Number = 7; boolean Up; };
    [Association] class T_Link { [Key] T_Host REF One; [Key] T_Host REF Two; T_Link REF Next; };
    class T_Setting { string Name; uint16 Weight; sint32 Slots[2]; real32 Share; char16 Sign; datetime Since;
        [EmbeddedInstance("T_Setting")] string Inner; [EmbeddedObject] string Others[]; string Texts[]; };
    class T_Sub : T_Setting { };

    """

@Suite struct InstanceTests {
    private func parsed(_ mof: String) throws(MOFFailure) -> CIMInstance {
        try compiled(classes).parseInstance(mof: mof)
    }

    private func failures(_ mof: String) -> [String] {
        do throws(MOFFailure) {
            _ = try parsed(mof)
            return []
        } catch {
            return error.diagnostics.map(\.brief)
        }
    }

    // MARK: Embedded instances

    @Test func anEmbeddedInstanceTakesItsTypesFromTheClass() throws {
        let instance = try parsed(
            """
            instance of t_setting {
              name = "a" "b"; Weight = 5; Slots = {-1, NULL}; Share = 0.5; Sign = 'x';
              Since = "00000000000500.000000:000"; Texts = {"one", "two"}; Inner = NULL;
            };
            """)
        #expect(instance.className.text == "T_Setting")
        #expect(
            instance.properties.map(\.name.text) == [
                "Name", "Weight", "Slots", "Share", "Sign", "Since", "Texts", "Inner",
            ])
        #expect(instance["Name"] == .string("ab"))
        #expect(instance["Weight"] == .uint16(5))
        #expect(instance["Slots"] == .array(.sint32, [.sint32(-1), nil]))
        #expect(instance["Share"] == .real32(0.5))
        #expect(instance["Sign"] == .char16(120))
        #expect(instance["Since"]?.type == .datetime)
        #expect(instance["Texts"] == .strings(["one", "two"]))
        #expect(instance.property("Inner")?.value == nil)
        #expect(compiled(classes).repository.violations(in: instance) == [])
    }

    @Test func oldClientsLeaveTheLastSemicolonOut() throws {
        #expect(try parsed("instance of T_Sub { Weight = 1; }")["Weight"] == .uint16(1))
        #expect(try parsed("\ninstance of T_Sub {\n};\n").properties == [])
    }

    @Test func instancesAreEmbeddedInEachOther() throws {
        let instance = try parsed(
            #"instance of T_Setting { Inner = "instance of T_Sub { Name = \"x\"; };"; "#
                + #"Others = {"instance of T_Host {};"}; };"#
        )
        #expect(instance["Inner"]?.instanceValue?["Name"] == .string("x"))
        #expect(instance["Others"]?.elements?.first??.instanceValue?.className == "T_Host")
    }

    @Test func errorsInsideAnEmbeddedTextAreTold() {
        #expect(failures(#"instance of T_Setting { Inner = "instance of T_Host { };"; };"#) == ["1:33 embedded"])
        #expect(failures(#"instance of T_Setting { Inner = "T_Sub"; };"#) == ["1:33 embedded"])
        #expect(
            failures(#"instance of T_Setting { Inner = "instance of T_Sub { Weight = -1; X = 2; };"; };"#) == [
                "1:33 embedded", "1:33 embedded",
            ])
    }

    @Test func everyErrorOfAnInstanceIsFound() {
        #expect(failures("instance of T_None { };") == ["1:13 property"])
        let five = "Weight = 65536;\nName = 5;\nBogus = 1;\nSlots = {1, 2, 3};\nname = \"\";"
        #expect(
            failures("instance of T_Setting {\n\(five)\n};") == [
                "2:10 valueRange", "3:8 valueType", "4:1 property", "5:9 valueRange", "6:1 property",
            ])
        #expect(failures("instance of T_Setting { Weight = 1 Name = \"\"; };") == ["1:36 syntax"])
        #expect(failures("") == ["1:1 embedded"])
        #expect(failures("class T_X { };") == ["1:1 embedded"])
        #expect(failures("instance of T_Sub { }; instance of T_Sub { };") == ["1:1 embedded"])
        #expect(failures("#pragma include(\"/etc/passwd\")\ninstance of T_Sub { };") == ["1:1 embedded"])
    }

    @Test func embeddingAndLengthAreBounded() {
        var text = "instance of T_Setting { };"
        for _ in 0..<12 {
            let escaped = text.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : "\($1)" }
            text = "instance of T_Setting { Inner = \"\(escaped)\"; };"
        }
        #expect(failures(text) == ["1:33 embedded"])
        let long = "instance of T_Setting { Name = \"" + String(repeating: "x", count: 1 << 20) + "\"; };"
        #expect(failures(long) == ["1:1 limit"])
    }

    // MARK: Declared instances and aliases

    @Test func anAliasStandsForThePathOfItsInstance() throws {
        let compiler = compiled(
            classes + """
                instance of T_Link as $L { One = $A; Two = $B; Next = $M; };
                instance of T_Link as $M { One = $B; Two = "root/x:T_Host.Number=3,Name=\\"c\\""; Next = $L; };
                instance of T_Host as $A { Name = "a"; Number = 1; };
                instance of T_Host as $B { Name = "b"; };
                """)
        let links = compiler.instances.filter { $0.className == "T_Link" }
        #expect(compiler.instances.count == 4)
        let one = try #require(links[0]["One"]?.referenceValue)
        #expect(one["Name"] == .string("a") && one["Number"] == .uint16(1))
        #expect(links[0]["Two"]?.referenceValue?["Number"] == .uint16(7))
        let next = try #require(links[0]["Next"]?.referenceValue)
        #expect(next["One"]?.referenceValue?["Name"] == .string("b"))
        #expect(next["Two"]?.referenceValue?.namespace == CIMNamespace("root/x"))
        #expect(links[1]["Next"]?.referenceValue?["One"] == .reference(one))
    }

    @Test func aliasesAreDefinedOnceAndHavePaths() {
        #expect(errors(classes + "instance of T_Link { One = $None; };") == ["6:28 alias"])
        let twice = "instance of T_Host as $A { Name = \"\"; };\ninstance of T_Host as $a { Name = \"\"; };"
        #expect(errors(classes + twice) == ["7:23 alias"])
        #expect(errors(classes + "instance of T_Link as $L { One = $L; Two = $L; };") == ["6:34 alias", "6:44 alias"])
        #expect(errors(classes + "instance of T_Host as $A { };\ninstance of T_Link { One = $A; };") == ["7:28 alias"])
    }

    @Test func aliasesMayNameClasses() throws {
        let compiler = compiled(
            classes + "class T_More as $C : T_Host { };\ninstance of T_Link { One = $C; };")
        let path = try #require(compiler.instances.first?["One"]?.referenceValue)
        #expect(path.isClassPath && path.className == "T_More")
    }

    @Test(arguments: [
        "T_Host.Name=\\\"a", "T_Host.Name=a", "T_Host.Name=\\\"a\\\",Number=70000", "T_Host.Name=\\\"a\\\",Up=TRUE",
        "T_Setting=@", "x y", "",
    ])
    func aReferenceIsThePathOfAnInstanceOfItsClass(path: String) {
        let text = classes + "instance of T_Link { One = \"\(path)\"; };"
        #expect(errors(text).count == (path == "T_Setting=@" ? 0 : 1))
    }
}
