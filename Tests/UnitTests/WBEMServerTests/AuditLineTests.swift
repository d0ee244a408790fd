import CIM
import CIMXML
import Testing

@testable import WBEMServer

@Suite struct AuditLineTests {
    private func record(_ outcome: AuditRecord.Outcome = .done(returned: "0", job: nil)) -> AuditRecord {
        AuditRecord(
            atMicroseconds: 1_795_000_000_123_456,
            caller: Caller(userID: 1000, groupIDs: [100, 27], processID: 42), connection: 3, level: .checker,
            messageID: "1001", operation: "Move", namespace: "root/virt", object: "VM_Service.Name=\"x\"",
            parameters: [.init(name: "Host", text: "h2")], outcome: outcome, durationMicroseconds: 1234)
    }

    @Test func aLineSaysWhoWhatOnWhatAndHowItEnded() {
        #expect(
            AuditLine(record(), user: "alice").text == """
                {"time":"2026-11-18T11:06:40.123456Z","connection":3,"message":"1001","uid":1000,"user":"alice",\
                "gid":100,"groups":[100,27],"pid":42,"role":"checker","operation":"Move","namespace":"root/virt",\
                "object":"VM_Service.Name=\\"x\\"","parameters":{"Host":"h2"},"outcome":"done","returned":"0",\
                "microseconds":1234}
                """)
    }

    @Test func everyOutcomeHasItsWords() {
        func end(_ outcome: AuditRecord.Outcome) -> Substring {
            let text = AuditLine(record(outcome), user: nil).text
            return text[(text.firstRange(of: "\"outcome\"")?.lowerBound ?? text.startIndex)...]
        }
        #expect(
            end(.done(returned: "4096", job: "J.ID=1"))
                == #""outcome":"done","returned":"4096","job":"J.ID=1","microseconds":1234}"#)
        #expect(
            end(.refused(.accessDenied, reason: "no"))
                == #""outcome":"refused","status":2,"statusName":"CIM_ERR_ACCESS_DENIED","reason":"no","microseconds":1234}"#
        )
        #expect(
            end(.failed(.notFound, reason: "none"))
                == #""outcome":"failed","status":6,"statusName":"CIM_ERR_NOT_FOUND","reason":"none","microseconds":1234}"#
        )
        #expect(
            end(.unreadable(httpStatus: 400, cimError: "header-mismatch", reason: "x"))
                == #""outcome":"unreadable","httpStatus":400,"cimError":"header-mismatch","reason":"x","microseconds":1234}"#
        )
        #expect(
            AuditLine(lost: 5, atMicroseconds: 0).text
                == #"{"time":"1970-01-01T00:00:00.000000Z","outcome":"unrecorded","records":5}"#)
    }

    @Test func nobodyHasNoNumbers() {
        var nobody = record()
        nobody.caller = Caller()
        nobody.level = nil
        let text = AuditLine(nobody, user: nil).text
        #expect(["uid", "gid", "groups", "pid", "role", "user"].allSatisfy { !text.contains("\"\($0)\":") })
    }

    /// No text of a client's ends a line, begins a key or turns what follows it around.
    @Test(arguments: [
        ("a\nb", #"a\u000ab"#), ("a\r\"}", #"a\u000d\"}"#), ("\\\"", #"\\\""#), ("\0\u{1B}[2J", #"\u0000\u001b[2J"#),
        ("\u{85}\u{2028}\u{2029}\u{7F}", #"\u0085\u2028\u2029\u007f"#), ("\u{202E}x\u{2066}", #"\u202ex\u2066"#),
        ("\u{E0001}", #"\udb40\udc01"#), ("é 漢 😀", "é 漢 😀"), ("e\u{301}", "e\u{301}"),
        ("\r\n", #"\u000d\u000a"#),
    ])
    func hostileTextIsEscaped(_ text: String, _ escaped: String) {
        #expect(AuditLine.quoted(text) == "\"\(escaped)\"")
        var hostile = record(.failed(.failed, reason: text))
        hostile.operation = text
        hostile.object = text
        hostile.messageID = text
        hostile.parameters = [.init(name: text, text: text)]
        let line = AuditLine(hostile, user: text).text
        #expect(line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(line.unicodeScalars.filter { ["\u{2028}", "\u{2029}", "\u{202E}"].contains($0) }.isEmpty)
    }

    @Test func groupsAreBounded() {
        var many = record()
        many.caller.groupIDs = (0..<70).map { $0 }
        #expect(AuditLine(many, user: nil).text.contains(#",63],"moreGroups":6,"#))
    }

    @Test func textsAreBounded() {
        #expect(AuditText.bounded(String(repeating: "é", count: 512)).unicodeScalars.count == 512)
        #expect(AuditText.bounded(String(repeating: "é", count: 513)) == String(repeating: "é", count: 512) + "…")
        // One character of very many scalars.
        #expect(AuditText.bounded("e" + String(repeating: "\u{301}", count: 5000)).unicodeScalars.count == 513)
    }

    // MARK: Parameters

    private func parameters(_ arguments: [CIMXMLArgument]) -> [String] {
        let call = CIMXML.MethodCall("Move", on: CIMObjectPath(className: "VM_Service"), arguments: arguments)
        return AuditText.parameters(of: call).map { "\($0.name)=\($0.text)" }
    }

    @Test func parametersAreInWords() {
        let setting = CIMInstance(
            className: "VM_Setting",
            properties: [CIMPropertyValue("Kind", .uint16(2)), CIMPropertyValue("Note", .strings(["a", "b"]))])
        let guest = CIMObjectPath(className: "VM_Guest", keys: [CIMKeyBinding("Name", .string("vm1"))])
        #expect(
            parameters([
                CIMXMLArgument("Setting", .instance(setting), type: .string),
                CIMXMLArgument("Guest", .reference(guest), type: .reference),
                CIMXMLArgument("Flags", .uint16s([1, 2]), type: .uint16), CIMXMLArgument("None", nil, type: .string),
                CIMXMLArgument("Odd", CIMXMLTypedItem(type: .uint16, item: .value("many"))),
            ]) == [
                "Setting=VM_Setting{Kind=2, Note=[a, b]}", #"Guest=VM_Guest.Name="vm1""#, "Flags=[1, 2]", "None=NULL",
                #"Odd=("many" is not a uint16)"#,
            ])
    }

    @Test func secretsAreNotWritten() {
        let setting = CIMInstance(
            className: "VM_Setting",
            properties: [
                CIMPropertyValue("UserPassword", .string("swordfish")),
                CIMPropertyValue("Note", .string("token=swordfish")),
            ])
        let shown = parameters([
            CIMXMLArgument("PassPhrase", .string("swordfish"), type: .string),
            CIMXMLArgument("Setting", .instance(setting), type: .string),
            CIMXMLArgument("Text", .string("<PROPERTY NAME='Password'>swordfish"), type: .string),
            CIMXMLArgument("Host", .string("qemu+ssh://root:swordfish@h2/system"), type: .string),
            CIMXMLArgument("Lines", .strings(["ok", "secret=swordfish"]), type: .string),
        ])
        #expect(!shown.joined().contains("swordfish"))
        #expect(shown[1] == "Setting=VM_Setting{UserPassword=(hidden), Note=(hidden)}")
        #expect(shown[4] == "Lines=[ok, (hidden)]")
        let named = CIMObjectPath(
            className: "VM_Guest", keys: [CIMKeyBinding("Name", .string("password=db")), CIMKeyBinding("N", .uint8(1))])
        #expect(parameters([CIMXMLArgument("Guest", .reference(named), type: .reference)])[0].contains("password=db"))
        #expect(
            parameters([CIMXMLArgument("Host", .string("token-db.example"), type: .string)]) == [
                "Host=token-db.example"
            ])
        #expect(
            parameters([CIMXMLArgument("H", .string("qemu+ssh://root@h2:22/x@y:z"), type: .string)])[0].contains(
                "root@h2"))
    }

    @Test func neitherManyNorLongParametersAreKept() {
        let many = (0..<20).map { CIMXMLArgument(CIMName("P\($0)") ?? "P", .string("x"), type: .string) }
        #expect(parameters(many).count == 17)
        #expect(parameters(many).last == "…=4 more")
        let long = String(repeating: "x", count: 70_000)
        #expect(parameters([CIMXMLArgument("Setting", .string(long), type: .string)]) == ["Setting=(70000 bytes)"])
        let setting = CIMInstance(className: "VM_Setting", properties: [CIMPropertyValue("Note", .string(long))])
        let argument = CIMXMLArgument("Setting", CIMXMLTypedItem(type: nil, item: .instance(setting)))
        #expect(parameters([argument]) == ["Setting=VM_Setting{Note=(70000 bytes)}"])
    }
}
