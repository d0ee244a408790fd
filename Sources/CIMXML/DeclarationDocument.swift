import CIM
import XML

/// What is declared in one namespace, to be written as one DECLGROUP. Source: DSP0201 5.2.1.
package struct CIMXMLDeclarations: Sendable {
    /// `nil` where whoever reads the document decides.
    package let namespace: CIMNamespace?
    package let qualifierTypes: [CIMQualifierType]
    package let classes: [CIMClass]
    package let instances: [CIMInstance]

    package init(
        namespace: CIMNamespace?, qualifierTypes: [CIMQualifierType], classes: [CIMClass], instances: [CIMInstance]
    ) {
        self.namespace = namespace
        self.qualifierTypes = qualifierTypes
        self.classes = classes
        self.instances = instances
    }

    /// A document that declares, as UTF-8. It is valid by DSP0203 when there is at least one group.
    package static func encoded(_ groups: [CIMXMLDeclarations]) -> [UInt8] {
        var writer = XMLWriter(reservingBytes: 1 << 16)
        writer.declaration()
        let versions = CIMXMLVersions()
        writer.element(
            "CIM", [XMLAttribute("CIMVERSION", versions.cim), XMLAttribute("DTDVERSION", versions.dtd)]
        ) { cim in
            cim.element("DECLARATION") { declaration in
                for group in groups { declaration.element("DECLGROUP") { $0.write(group) } }
            }
        }
        return writer.bytes
    }
}

extension XMLWriter {
    fileprivate mutating func write(_ group: CIMXMLDeclarations) {
        if let namespace = group.namespace { write(namespace) }
        for type in group.qualifierTypes { write(type) }
        for declared in group.classes { element("VALUE.OBJECT") { $0.write(declared) } }
        for instance in group.instances { element("VALUE.OBJECT") { $0.write(instance) } }
    }
}
