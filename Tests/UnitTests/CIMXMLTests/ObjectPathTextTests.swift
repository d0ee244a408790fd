import CIM
import Testing

@Suite struct ObjectPathTextTests {
    private let virt = CIMNamespace("root/virt")

    @Test func pathsOfInstancesAreRead() throws {
        let path = try CIMObjectPath(
            text: #"//h1:5989/root/virt:CIM_Job.InstanceID="a:b,c=\"d\"\\",N=7,M=-7,B=TRUE,R=1.5,C='x'"#)
        #expect(path.host == "h1:5989")
        #expect(path.namespace == virt)
        #expect(path.className == "CIM_Job")
        #expect(!path.isClassPath)
        #expect(
            path.keys == [
                CIMKeyBinding("InstanceID", .string(#"a:b,c="d"\"#)), CIMKeyBinding("N", .uint64(7)),
                CIMKeyBinding("M", .sint64(-7)), CIMKeyBinding("B", .boolean(true)), CIMKeyBinding("R", .real64(1.5)),
                CIMKeyBinding("C", .char16(0x78)),
            ])
    }

    @Test func pathsOfClassesAndSingletonsAreRead() throws {
        #expect(
            try CIMObjectPath(text: "root/virt:A") == CIMObjectPath(namespace: virt, className: "A", isClassPath: true))
        #expect(
            try CIMObjectPath(text: "/root/virt:A") == CIMObjectPath(namespace: virt, className: "A", isClassPath: true)
        )
        #expect(try CIMObjectPath(text: "A") == CIMObjectPath(className: "A", isClassPath: true))
        #expect(try CIMObjectPath(text: "/:A") == CIMObjectPath(className: "A", isClassPath: true))
        #expect(try CIMObjectPath(text: "//h/A") == CIMObjectPath(host: "h", className: "A", isClassPath: true))
        #expect(try CIMObjectPath(text: "root/virt:A=@") == CIMObjectPath(namespace: virt, className: "A"))
        #expect(try CIMObjectPath(text: #"A.K="x:y""#).namespace == nil)
    }

    @Test func datetimesMayStandUnquoted() throws {
        let moment = try #require(CIMDateTime("20260102030405.678901+060"))
        #expect(try CIMObjectPath(text: "A.T=20260102030405.678901+060")["T"] == .datetime(moment))
    }

    @Test(arguments: [
        ("", "a class name at character 1"), ("root/virt:", "a class name at character 11"),
        ("1A", "a class name at character 1"), ("ro ot:A", "a namespace before ':' at character 1"),
        ("A.", "a key name at character 3"), ("A.K", "'=' after key K at character 4"),
        ("A.K=", "a value: a quoted string, a number, TRUE or FALSE at character 5"),
        ("A.K=x", "a value: a quoted string, a number, TRUE or FALSE at character 5"),
        (#"A.K="x"#, #"a closing " for the one at character 5"#),
        (#"A.K="\q""#, #"one of \" \' \\ \b \t \n \f \r at character 6"#),
        (#"A.K="x"y"#, "',' or the end at character 8"), ("A.K=1,", "a key name at character 7"),
        ("A=", "'@' after 'Class=' (a keyless instance) at character 3"), ("A=@x", "',' or the end at character 4"),
        ("//h", "'//host/' at character 4"), ("A.K='xy'", "one character in single quotes at character 5"),
        ("A.K=99999999999999999999999999x", "a value: a quoted string, a number, TRUE or FALSE at character 5"),
    ])
    func theErrorSaysWhatAndWhere(text: String, expectation: String) {
        do throws(CIMError) {
            let path = try CIMObjectPath(text: text)
            Issue.record("read as \(path)")
        } catch {
            #expect(error.message == "not an object path: expected " + expectation)
        }
    }

    @Test func pathsAreWrittenWithKeysInOrder() throws {
        let moment = try #require(CIMDateTime("20260102030405.678901+060"))
        let inner = CIMObjectPath(namespace: virt, className: "I", keys: [CIMKeyBinding("N", .string(#"a"b"#))])
        let path = CIMObjectPath(
            host: "h", namespace: virt, className: "A",
            keys: [
                CIMKeyBinding("Z", .string(#"\""#)), CIMKeyBinding("A", .uint8(3)), CIMKeyBinding("B", .boolean(true)),
                CIMKeyBinding("D", .datetime(moment)), CIMKeyBinding("R", .reference(inner)),
                CIMKeyBinding("C", .char16(39)),
            ])
        #expect(
            path.text == #"//h/root/virt:A.Z="\\\"",A=3,B=TRUE,D="20260102030405.678901+060","#
                + #"R="root/virt:I.N=\"a\\\"b\"",C='\''"#)
        #expect(CIMObjectPath(className: "A").text == "A=@")
        #expect(CIMObjectPath(className: "A", isClassPath: true).text == "A")
    }

    @Test func aNestedReferenceIsReadFromItsQuotedText() throws {
        let inner = CIMObjectPath(namespace: virt, className: "I", keys: [CIMKeyBinding("N", .string(#"a"b"#))])
        let outer = CIMObjectPath(className: "A", keys: [CIMKeyBinding("R", .reference(inner))])
        let read = try CIMObjectPath(text: outer.text)
        let text = try #require(read["R"]?.stringValue)
        #expect(try CIMObjectPath(text: text) == inner)
    }

    @Test func aCombiningMarkDoesNotHideAQuote() throws {
        #expect(try CIMObjectPath(text: #"A.K="\#u{301}x\#u{301}""#)["K"] == .string("\u{301}x\u{301}"))
    }
}
