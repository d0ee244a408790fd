import CIM
import CIMXML
import Testing
import XML

/// Structure that the document type does not allow is refused, with the element and the remedy in the message.
@Suite struct StrictnessTests {
    @Test(arguments: [
        ("", CIMXMLError.Code.notWellFormed),
        ("<CIM", .notWellFormed),
        ("<!DOCTYPE CIM><CIM/>", .notWellFormed),
        (#"<CIM CIMVERSION="2.0" DTDVERSION="2.0"/>"#, .notValid),
        ("<XIM/>", .notValid),
        (Fixture.message("<MULTIREQ></MULTIREQ>"), .multipleRequestsUnsupported),
        (Fixture.message("<MULTIEXPREQ></MULTIEXPREQ>"), .multipleRequestsUnsupported),
        (Fixture.response(#"<METHODRESPONSE NAME="A"/>"#), .notValid),
        (Fixture.message("<MULTIRSP></MULTIRSP>"), .notValid),
    ])
    func eachFaultHasItsCode(text: String, code: CIMXMLError.Code) {
        #expect(refusal(text)?.code == code)
    }

    @Test(arguments: ["3.0", "1.0", "2", "", "2.x", "2.0.0.0", "-2.0"])
    func otherVersionsAreUnsupported(version: String) {
        let text = Fixture.intrinsicCall("A", "")
        #expect(
            refusal(text.replacing(#"CIMVERSION="2.0""#, with: #"CIMVERSION="\#(version)""#))?.code
                == .unsupportedCIMVersion)
        #expect(
            refusal(text.replacing(#"DTDVERSION="2.0""#, with: #"DTDVERSION="\#(version)""#))?.code
                == .unsupportedDTDVersion)
    }

    @Test(arguments: ["2.0", "0.9", "1", "one"])
    func otherProtocolVersionsAreUnsupported(version: String) {
        let text = Fixture.intrinsicCall("A", "")
        let error = refusal(text.replacing(#"PROTOCOLVERSION="1.0""#, with: #"PROTOCOLVERSION="\#(version)""#))
        #expect(error?.code == .unsupportedProtocolVersion)
        #expect(error?.code.httpStatus == 501)
    }

    @Test(arguments: ["2.1", "2.8.0", "2.65535"])
    func minorVersionsAreNotJudged(version: String) {
        #expect(
            refusal(Fixture.intrinsicCall("A", "").replacing(#"CIMVERSION="2.0""#, with: #"CIMVERSION="\#(version)""#))
                == nil)
    }

    private static func item(_ content: String) -> String { #"<IPARAMVALUE NAME="X">\#(content)</IPARAMVALUE>"# }
    private static func property(_ element: String) -> String {
        item(#"<INSTANCE CLASSNAME="A">\#(element)</INSTANCE>"#)
    }

    @Test(arguments: [
        (#"<IPARAMVALUE NAME="X" COLOUR="red"/>"#, "<IPARAMVALUE> has no attribute COLOUR"),
        ("<IPARAMVALUE/>", "<IPARAMVALUE> lacks the attribute NAME"),
        (#"<IPARAMVALUE NAME="1x"/>"#, #"NAME="1x" is not a CIM name"#),
        (item(#"<BOX/>"#), "<BOX> may not stand here in <IPARAMVALUE>"),
        (
            item(#"<VALUE.REFARRAY/>"#),
            "<VALUE.REFARRAY> may not stand here in <IPARAMVALUE>"
        ),
        (item(#"<VALUE/><VALUE/>"#), "<VALUE> may not stand here in <IPARAMVALUE>"),
        (item(#"text"#), "<IPARAMVALUE> holds elements, not text"),
        (
            item(#"<VALUE><A/></VALUE>"#),
            "<VALUE> holds text, not elements; escape the <A> in it"
        ),
        (
            item(#"<CLASSNAME NAME="A"><VALUE/></CLASSNAME>"#),
            "<VALUE> may not stand here in <CLASSNAME>"
        ),
        (
            item(#"<INSTANCENAME CLASSNAME="A"><KEYVALUE>x</KEYVALUE><KEYVALUE>y</KEYVALUE></INSTANCENAME>"#),
            "<KEYVALUE> may not stand here in <INSTANCENAME>"
        ),
        (
            item(#"<INSTANCENAME CLASSNAME="A"><KEYBINDING NAME="K"/></INSTANCENAME>"#),
            "<KEYVALUE> or <VALUE.REFERENCE> is missing in <KEYBINDING>"
        ),
        (
            property(#"<PROPERTY NAME="P" TYPE="int"/>"#),
            #"TYPE="int" is not a CIM type"#
        ),
        (
            property(#"<PROPERTY NAME="P" TYPE="reference"/>"#),
            #"TYPE="reference" is not a CIM type"#
        ),
        (
            property(#"<PROPERTY NAME="P" TYPE="uint8"><VALUE>x</VALUE></PROPERTY>"#),
            #""x" is not a uint8"#
        ),
        (
            property(#"<PROPERTY NAME="P" TYPE="uint8" PROPAGATED="TRUE"/>"#),
            #"PROPAGATED="TRUE" is neither "true" nor "false""#
        ),
        (
            property(#"<PROPERTY NAME="P" TYPE="uint8"><VALUE.ARRAY/></PROPERTY>"#),
            "<VALUE.ARRAY> may not stand here in <PROPERTY>"
        ),
        (
            item(#"<CLASS NAME="A"><METHOD NAME="M" TYPE="uint8"/><PROPERTY NAME="P" TYPE="uint8"/></CLASS>"#),
            "<PROPERTY> may not stand here in <CLASS>"
        ),
        (
            item(#"<VALUE.NAMEDINSTANCE><INSTANCE CLASSNAME="A"/></VALUE.NAMEDINSTANCE>"#),
            "<VALUE.NAMEDINSTANCE> needs <INSTANCENAME> where <INSTANCE> stands"
        ),
        (
            item(
                #"<QUALIFIER.DECLARATION NAME="Q" TYPE="uint8" ISARRAY="true"><VALUE>1</VALUE></QUALIFIER.DECLARATION>"#
            ),
            "ISARRAY says otherwise than the value of qualifier Q"
        ),
    ])
    func theMessageNamesTheFault(parameters: String, message: String) {
        let error = refusal(Fixture.intrinsicCall("Any", parameters))
        #expect(error?.code == .notValid)
        #expect(error?.message == message)
        #expect(error?.position?.line == 2)
    }

    @Test(arguments: [
        (#"<PARAMVALUE NAME="X" PARAMTYPE="int"/>"#, #"PARAMTYPE="int" is not a type"#),
        (
            #"<PARAMVALUE NAME="X" EmbeddedObject="yes"/>"#,
            #"EmbeddedObject="yes" is neither "instance" nor "object""#
        ),
        (
            #"<PARAMVALUE NAME="X"><QUALIFIER.DECLARATION NAME="Q" TYPE="string"/></PARAMVALUE>"#,
            "<QUALIFIER.DECLARATION> may not stand here in <PARAMVALUE>"
        ),
        ("<VALUE/>", "<VALUE> may not stand here in <METHODCALL>"),
    ])
    func argumentsAreCheckedAlike(arguments: String, message: String) {
        #expect(refusal(Fixture.methodCall(arguments))?.message == message)
    }

    @Test func aMethodNeedsATargetWithANamespace() {
        #expect(
            refusal(Fixture.request(#"<METHODCALL NAME="M"/>"#))?.message
                == "<LOCALINSTANCEPATH> or <LOCALCLASSPATH> is missing in <METHODCALL>")
        #expect(
            refusal(Fixture.request(#"<IMETHODCALL NAME="M"><LOCALNAMESPACEPATH/></IMETHODCALL>"#))?.message
                == #""" is not a namespace"#)
        #expect(
            refusal(
                Fixture.request(
                    #"<IMETHODCALL NAME="M"><LOCALNAMESPACEPATH><NAMESPACE NAME="root/virt"/></LOCALNAMESPACEPATH>"#
                        + "</IMETHODCALL>"
                ))?
                .message == #""root/virt" is not a namespace"#)
    }

    @Test func limitsOfTheDocumentAreKept() {
        let bytes = Array(Fixture.pywbemCall.utf8)
        for limits in [XMLLimits(bytes: 100), XMLLimits(elements: 10), XMLLimits(depth: 3), XMLLimits(attributes: 1)] {
            #expect(throws: CIMXMLError(.notValid, "")) { try CIMXMLRequest(parsing: bytes, limits: limits) }
        }
    }

    @Test func faultsOfTheRequestAre400AndOfItsVersion501() {
        #expect(CIMXMLError.Code.allCases.filter { $0.httpStatus == 400 } == [.notWellFormed, .notValid])
        #expect(CIMXMLError.Code.notValid.rawValue == "request-not-valid")
    }
}
