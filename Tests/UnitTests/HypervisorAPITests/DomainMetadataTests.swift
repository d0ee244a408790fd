import HypervisorAPI
import Testing

@Suite("The mark in a definition") struct DomainMetadataTests {
    private static let mark = OwnershipMark(owner: "o", generation: 7, job: "a \"b\" & <c>")
    private static let element =
        "<migrationd:ownership xmlns:migrationd=\"urn:migrationd:ownership:1\" owner=\"o\" generation=\"7\" "
        + "job=\"a &quot;b&quot; &amp; &lt;c&gt;\"></migrationd:ownership>"
    private static let head = "<name>n</name><uuid>10000000-0000-4000-8000-000000000001</uuid>"

    private static func domain(_ rest: String, attributes: String = "") -> String {
        "<domain\(attributes) type=\"kvm\">\(head)\(rest)</domain>"
    }

    @Test(arguments: [
        ("<metadata></metadata>", "<metadata>@</metadata>"),
        ("<metadata/>", "<metadata>@</metadata>"),
        ("<memory>1</memory>", "<metadata>@</metadata><memory>1</memory>"),
        (
            "<genid>g</genid><title>t</title><description>d</description><memory>1</memory>",
            "<genid>g</genid><title>t</title><description>d</description><metadata>@</metadata><memory>1</memory>"
        ),
        (
            "<metadata><a:x xmlns:a=\"urn:a\">\n<a:y z=\"1\">t</a:y></a:x></metadata><memory>1</memory>",
            "<metadata><a:x xmlns:a=\"urn:a\">\n<a:y z=\"1\">t</a:y></a:x>@</metadata><memory>1</memory>"
        ),
    ])
    func markIsPutWhereItBelongs(before: String, after: String) throws {
        let expected = Self.domain(after.replacing("@", with: Self.element))
        let marked = try Self.mark.put(into: Self.domain(before))
        #expect(marked == expected)
        #expect(try DomainDefinition(xml: marked).mark == Self.mark)
        #expect(try Self.mark.put(into: marked) == marked)
    }

    /// By its namespace, whatever prefix somebody gave it, and wherever that is declared.
    @Test(arguments: [
        ("", "<migrationd:ownership xmlns:migrationd=\"urn:migrationd:ownership:1\" owner=\"x\"/>"),
        ("", "<m:other xmlns:m=\"urn:migrationd:ownership:1\" generation=\"3\"><m:child/></m:other>"),
        ("", "<ownership xmlns=\"urn:migrationd:ownership:1\"/>"),
        (" xmlns:m=\"urn:migrationd:ownership:1\"", "<m:ownership/>"),
        ("", "<m:a xmlns:m=\"urn:migrationd:ownership:1\"/><n:b xmlns:n=\"urn:migrationd:ownership:1\"/>"),
    ])
    func elementOfOurNamespaceIsReplaced(attributes: String, old: String) throws {
        let before = Self.domain(
            "<metadata>\(old)<migrationd:x xmlns:migrationd=\"urn:else\"/></metadata>", attributes: attributes)
        #expect(try DomainDefinition(xml: before).mark == OwnershipMark(owner: "", generation: 0, job: ""))
        let marked = try Self.mark.put(into: before)
        #expect(
            marked
                == Self.domain(
                    "<metadata><migrationd:x xmlns:migrationd=\"urn:else\"></migrationd:x>\(Self.element)</metadata>",
                    attributes: attributes))
        #expect(try DomainDefinition(xml: marked).mark == Self.mark)
    }

    @Test func everythingElseSurvives() throws {
        let qemu = " xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\""
        let rest =
            "\n  <devices>\n<graphics type=\"vnc\" passwd=\"ge&amp;heim\"></graphics></devices>"
            + "<qemu:commandline><qemu:arg value=\"-s\"></qemu:arg></qemu:commandline>"
            + "<seclabel type=\"dynamic\">ü</seclabel>\n"
        let marked = try Self.mark.put(into: Self.domain(rest, attributes: qemu))
        #expect(marked == Self.domain("<metadata>\(Self.element)</metadata>\(rest)", attributes: qemu))
    }

    @Test(arguments: ["", "<domain passwd='geheim'", "<network><name>geheim</name></network>"])
    func whatIsNoDomainIsRefusedWithoutItsText(xml: String) {
        let error = #expect(throws: DefinitionError.self) { try Self.mark.put(into: xml) }
        #expect(error?.description.contains("geheim") == false)
    }

    @Test func definitionWithoutMarkHasNone() throws {
        for rest in ["", "<metadata/>", "<metadata><ownership/><m:ownership xmlns:m='urn:else'/></metadata>"] {
            #expect(try DomainDefinition(xml: Self.domain(rest)).mark == nil)
        }
        let elsewhere = "<devices><m:ownership xmlns:m='urn:migrationd:ownership:1'/></devices>"
        #expect(try DomainDefinition(xml: Self.domain(elsewhere)).mark == nil)
    }

    @Test func markReadsAsItWasWritten() {
        #expect(OwnershipMark(xml: Self.mark.xml) == Self.mark)
        #expect(Self.mark.raised.generation == 8)
        for xml in ["<a", "<a/>", "<a owner='o' generation='-1' job='j'/>", "<a owner='o' generation='1'/>"] {
            #expect(OwnershipMark(xml: xml) == OwnershipMark(owner: "", generation: 0, job: ""))
        }
    }
}

@Suite("Devices that hold state") struct DomainDeviceTests {
    private func definition(os: String = "", devices: String = "") throws -> DomainDefinition {
        try DomainDefinition(
            xml: "<domain><name>n</name><uuid>10000000-0000-4000-8000-000000000001</uuid><os>\(os)</os>"
                + "<devices>\(devices)</devices></domain>")
    }

    @Test func leasesAreRead() throws {
        let leases = try definition(
            devices: """
                <lease><lockspace>somearea</lockspace><key>somekey</key><target path='/some/lease' offset='1024'/></lease>
                <lease><key>k</key></lease>
                """
        ).leases
        #expect(leases.map(\.lockspace) == ["somearea", nil])
        #expect(leases.map(\.key) == ["somekey", "k"])
        #expect(leases.map(\.path) == ["/some/lease", nil])
    }

    @Test(arguments: [
        ("", nil), ("<nvram/>", nil), ("<nvram template='/t'> </nvram>", nil),
        ("<nvram>/var/n.fd</nvram>", "/var/n.fd"), ("<nvram template='/t'>\n  /var/a b.fd\n</nvram>", "/var/a b.fd"),
        ("<nvram type='file'>\n<source file='/var/s.fd'/>\n</nvram>", "/var/s.fd"),
        ("<nvram type='block'><source dev='/dev/vg/n'/></nvram>", "/dev/vg/n"),
        ("<nvram type='network'><source protocol='iscsi' name='x'/></nvram>", nil),
    ])
    func pathOfTheFirmwaresVariablesIsRead(os: String, path: String?) throws {
        #expect(try definition(os: os).nvram == path)
    }

    @Test func tpmsAreRead() throws {
        let tpms = try definition(
            devices: """
                <tpm model='tpm-crb'><backend type='emulator' version='2.0' persistent_state='yes'/></tpm>
                <tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>
                <tpm><backend type='external'><source type='unix' mode='connect' path='/s'/></backend></tpm>
                <tpm><backend type='quantum' persistent_state='no'/></tpm>
                """
        ).tpms
        #expect(tpms.map(\.model) == ["tpm-crb", "tpm-tis", nil, nil])
        #expect(tpms.map(\.backend) == [.emulator, .passthrough, .external, .other("quantum")])
        #expect(tpms.map(\.keepsState) == [true, false, false, false])
    }
}
