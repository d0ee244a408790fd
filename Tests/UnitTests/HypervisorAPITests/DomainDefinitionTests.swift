import HypervisorAPI
import Testing

@Suite("Domain definitions") struct DomainDefinitionTests {
    private static let uuid = "10000000-0000-4000-8000-000000000001"

    private static let full = """
        <domain type='kvm' id='7'>
          <name>web &amp; more</name>
          <uuid>\(uuid.uppercased())</uuid>
          <metadata><own:x xmlns:own='urn:own'><disk type='file'><source file='/not/a/disk'/></disk></own:x></metadata>
          <memory unit='KiB'>1048576</memory>
          <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
          <cpu mode='custom' match='exact'><model>Haswell</model><feature policy='require' name='pku'/></cpu>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <disk type='file' device='disk'>
              <driver name='qemu' type='qcow2' cache='none'/><source file='/srv/a.qcow2'/><target dev='vda' bus='virtio'/>
            </disk>
            <disk type='block'><source dev='/dev/vg/b'/><target dev='vdb'/></disk>
            <disk type='network' device='disk'>
              <source protocol='rbd' name='pool/c'><host name='mon'/></source><target dev='vdc'/>
            </disk>
            <disk type='volume'><source pool='images' volume='d.qcow2'/><target dev='vdd'/></disk>
            <disk type='nvme'><source type='pci'/><target dev='vde'/></disk>
            <disk type='file' device='cdrom'><target dev='sda'/><readonly/></disk>
          </devices>
        </domain>
        """

    @Test func everythingThatIsReadIsThere() throws {
        let definition = try DomainDefinition(xml: Self.full)
        #expect(definition.xml == Self.full)
        #expect(definition.name == "web & more")
        #expect(definition.uuid.text == Self.uuid)
        #expect(definition.virtualizationType == "kvm")
        #expect(definition.architecture == "x86_64")
        #expect(definition.machine == "pc-q35-7.2")
        #expect(definition.emulator == "/usr/bin/qemu-system-x86_64")
        #expect(definition.cpuMode == "custom")
        #expect(definition.cpuXML?.contains("<model>Haswell</model>") == true)
    }

    @Test func everyKindOfDiskHasItsSource() throws {
        let disks = try DomainDefinition(xml: Self.full).disks
        #expect(disks.map(\.target) == ["vda", "vdb", "vdc", "vdd", "vde", "sda"])
        #expect(
            disks.map(\.source) == [
                .file("/srv/a.qcow2"), .block("/dev/vg/b"), .network(protocol: "rbd", name: "pool/c"),
                .volume(pool: "images", volume: "d.qcow2"), .other("nvme"), .empty,
            ])
        #expect(disks.map(\.path) == ["/srv/a.qcow2", "/dev/vg/b", nil, nil, nil, nil])
        #expect(disks.map(\.cache) == ["none", nil, nil, nil, nil, nil])
        #expect(disks.map(\.isReadOnly) == [false, false, false, false, false, true])
        #expect(disks.map(\.device) == ["disk", "disk", "disk", "disk", "disk", "cdrom"])
    }

    @Test func leastDefinitionIsRead() throws {
        let definition = try DomainDefinition(xml: "<domain><name>a</name><uuid>\(Self.uuid)</uuid></domain>")
        #expect(definition.disks.isEmpty)
        #expect(definition.machine == nil && definition.emulator == nil && definition.cpuXML == nil)
        #expect(definition.architecture == "" && definition.virtualizationType == "")
    }

    @Test(arguments: [
        ("", "not well-formed"),
        ("no XML", "not well-formed"),
        ("<domain><name>a</name>", "not well-formed"),
        ("<domain><name>a</name></domain><domain/>", "not well-formed"),
        ("<!DOCTYPE d [<!ENTITY e 'x'>]><domain><name>&e;</name></domain>", "not well-formed"),
        ("<network><name>a</name></network>", "<network>"),
        ("<domain><uuid>\(uuid)</uuid></domain>", "<name> is missing"),
        ("<domain><name></name><uuid>\(uuid)</uuid></domain>", "<name> is missing"),
        ("<domain><name>a</name></domain>", "<uuid> is missing"),
        ("<domain><name>a</name><uuid>1234</uuid></domain>", "<uuid> is missing or malformed"),
    ])
    func malformedDefinitionIsRefusedByName(xml: String, reason: String) {
        let error = #expect(throws: DefinitionError.self) { try DomainDefinition(xml: xml) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
}
