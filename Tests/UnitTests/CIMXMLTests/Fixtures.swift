import CIM
import CIMXML

/// Messages as clients in the field write them: shape and quirks are theirs, names and values are made up.
enum Fixture {
    static func message(_ body: String, id: String = "1001") -> String {
        #"<?xml version="1.0" encoding="utf-8" ?>\#n<CIM CIMVERSION="2.0" DTDVERSION="2.0">"#
            + #"<MESSAGE ID="\#(id)" PROTOCOLVERSION="1.0">\#(body)</MESSAGE></CIM>"#
    }

    static func request(_ call: String) -> String { message("<SIMPLEREQ>\(call)</SIMPLEREQ>") }
    static func response(_ reply: String) -> String { message("<SIMPLERSP>\(reply)</SIMPLERSP>") }

    static let namespace =
        #"<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="virt"/></LOCALNAMESPACEPATH>"#

    static func instanceName(_ className: String, _ key: String, _ value: String) -> String {
        #"<INSTANCENAME CLASSNAME="\#(className)"><KEYBINDING NAME="\#(key)">"#
            + #"<KEYVALUE VALUETYPE="string" TYPE="string">"#
            + "\(value)</KEYVALUE></KEYBINDING></INSTANCENAME>"
    }

    static func methodCall(_ arguments: String, name: String = "Move") -> String {
        let target = "<LOCALINSTANCEPATH>\(namespace)\(instanceName("VM_Service", "Name", "mover"))</LOCALINSTANCEPATH>"
        return request(#"<METHODCALL NAME="\#(name)">\#(target)\#(arguments)</METHODCALL>"#)
    }

    static func intrinsicCall(_ name: String, _ parameters: String) -> String {
        request(#"<IMETHODCALL NAME="\#(name)">\#(namespace)\#(parameters)</IMETHODCALL>"#)
    }

    /// As pywbem calls a method: every argument typed, the setting data as escaped XML in a string.
    static let pywbemCall = methodCall(
        #"<PARAMVALUE NAME="Guest" PARAMTYPE="reference"><VALUE.REFERENCE><LOCALINSTANCEPATH>\#(namespace)"#
            + "\(instanceName("VM_Guest", "Name", "vm1"))</LOCALINSTANCEPATH></VALUE.REFERENCE></PARAMVALUE>"
            + #"<PARAMVALUE NAME="Host" PARAMTYPE="string"><VALUE>h2.example.com</VALUE></PARAMVALUE>"#
            + #"<PARAMVALUE NAME="Setting" PARAMTYPE="string" EmbeddedObject="instance"><VALUE>"#
            + "&lt;INSTANCE CLASSNAME=&quot;VM_Setting&quot;&gt;"
            + "&lt;PROPERTY NAME=&quot;Kind&quot; TYPE=&quot;uint16&quot;&gt;"
            + "&lt;VALUE&gt;2&lt;/VALUE&gt;&lt;/PROPERTY&gt;"
            + "&lt;PROPERTY NAME=&quot;Note&quot; TYPE=&quot;string&quot;&gt;&lt;VALUE&gt;"
            + "a &amp;quot;b&amp;quot; &amp;lt;c&amp;gt; é&lt;/VALUE&gt;"
            + "&lt;/PROPERTY&gt;&lt;/INSTANCE&gt;</VALUE></PARAMVALUE>"
            + #"<PARAMVALUE NAME="Nothing" PARAMTYPE="string"/>"#)

    /// As wbemcli calls a method: arguments without types, white space between elements, another message ID.
    static let wbemcliCall =
        #"<?xml version="1.0" encoding="utf-8" ?>\#n<CIM CIMVERSION="2.0" DTDVERSION="2.0">\#n"#
        + #"<MESSAGE ID="4711" PROTOCOLVERSION="1.0"><SIMPLEREQ><METHODCALL NAME="Move"><LOCALINSTANCEPATH>"#
        + #"\#(namespace)<INSTANCENAME CLASSNAME="VM_Service"><KEYBINDING NAME="Name"><KEYVALUE VALUETYPE="string">"#
        + #"mover</KEYVALUE></KEYBINDING></INSTANCENAME></LOCALINSTANCEPATH>\#n"#
        + #"<PARAMVALUE NAME="Host"><VALUE>h2</VALUE>"#
        + "</PARAMVALUE></METHODCALL></SIMPLEREQ>\n</MESSAGE></CIM>"

    /// As OpenPegasus delivers an indication.
    static let pegasusExport = message(
        #"<SIMPLEEXPREQ>\#n<EXPMETHODCALL NAME="ExportIndication">\#n<EXPPARAMVALUE NAME="NewIndication">\#n"#
            + #"<INSTANCE CLASSNAME="VM_Alert" >\#n<PROPERTY NAME="IndicationTime"  TYPE="datetime">\#n"#
            + #"<VALUE>20260102030405.678901+060</VALUE>\#n</PROPERTY>\#n"#
            + #"<PROPERTY.ARRAY NAME="Related"  TYPE="string">\#n"#
            + #"<VALUE.ARRAY>\#n</VALUE.ARRAY>\#n</PROPERTY.ARRAY>\#n"#
            + #"<PROPERTY NAME="SequenceNumber"  TYPE="sint64">\#n"#
            + "<VALUE>0</VALUE>\n</PROPERTY>\n</INSTANCE>\n</EXPPARAMVALUE>\n</EXPMETHODCALL>\n</SIMPLEEXPREQ>\n",
        id: "1029")

    /// As OpenPegasus answers GetClass: origin attributes on everything, two blanks between attributes.
    static let pegasusClass = response(
        #"<IMETHODRESPONSE NAME="GetClass">\#n<IRETURNVALUE>\#n<CLASS NAME="VM_Service"  SUPERCLASS="CIM_Service" >\#n"#
            + #"<QUALIFIER NAME="Version" TYPE="string" TOSUBCLASS="false" TRANSLATABLE="true">\#n"#
            + "<VALUE>2.8.0</VALUE>\n"
            + #"</QUALIFIER>\#n<PROPERTY NAME="Name"  CLASSORIGIN="CIM_Service" PROPAGATED="true" TYPE="string">\#n"#
            + #"<QUALIFIER NAME="Key" TYPE="boolean" OVERRIDABLE="false">\#n<VALUE>TRUE</VALUE>\#n</QUALIFIER>\#n"#
            + #"</PROPERTY>\#n<PROPERTY.ARRAY NAME="States"  TYPE="uint16" ARRAYSIZE="4" CLASSORIGIN="VM_Service">\#n"#
            + #"<QUALIFIER NAME="ValueMap" TYPE="string">\#n<VALUE.ARRAY>\#n<VALUE>2</VALUE>\#n<VALUE>3..</VALUE>\#n"#
            + "</VALUE.ARRAY>\n</QUALIFIER>\n"
            + "<VALUE.ARRAY><VALUE>2</VALUE><VALUE.NULL/></VALUE.ARRAY></PROPERTY.ARRAY>\n"
            + #"<PROPERTY.REFERENCE NAME="Home" REFERENCECLASS="CIM_System"></PROPERTY.REFERENCE>\#n"#
            + #"<METHOD NAME="Move"  TYPE="uint32" CLASSORIGIN="VM_Service" PROPAGATED="false">\#n"#
            + #"<PARAMETER NAME="Host"  TYPE="string">"#
            + #"<QUALIFIER NAME="In" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER>"#
            + #"</PARAMETER>\#n<PARAMETER.REFERENCE NAME="Guest" REFERENCECLASS="VM_Guest"></PARAMETER.REFERENCE>\#n"#
            + #"<PARAMETER.ARRAY NAME="Flags" TYPE="uint8" ARRAYSIZE="3"></PARAMETER.ARRAY>\#n"#
            + #"<PARAMETER.REFARRAY NAME="Peers" REFERENCECLASS="VM_Guest"></PARAMETER.REFARRAY>\#n"#
            + "</METHOD>\n</CLASS>\n"
            + "</IRETURNVALUE>\n</IMETHODRESPONSE>\n")
}

func decodedRequest(_ text: String) throws -> CIMXMLRequest { try CIMXMLRequest(parsing: Array(text.utf8)) }
func decodedResponse(_ text: String) throws -> CIMXMLResponse { try CIMXMLResponse(parsing: Array(text.utf8)) }

/// The error that refuses a request; `nil` when it is accepted.
func refusal(_ text: String) -> CIMXMLError? {
    do throws(CIMXMLError) {
        _ = try CIMXMLRequest(parsing: Array(text.utf8))
        return nil
    } catch {
        return error
    }
}
