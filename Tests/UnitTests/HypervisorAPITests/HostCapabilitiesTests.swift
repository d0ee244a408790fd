import HypervisorAPI
import Testing

@Suite("Host capabilities") struct HostCapabilitiesTests {
    private static let full = """
        <capabilities>
          <host>
            <uuid>AAAAAAAA-0000-4000-8000-00000000000A</uuid>
            <cpu><arch>x86_64</arch><model>Haswell</model></cpu>
            <migration_features>
              <live/>
              <uri_transports><uri_transport>tcp</uri_transport><uri_transport>rdma</uri_transport></uri_transports>
            </migration_features>
          </host>
          <guest>
            <os_type>hvm</os_type>
            <arch name='x86_64'>
              <machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine>
              <machine maxCpus='255'>pc-i440fx-7.2</machine>
              <domain type='qemu'/>
              <domain type='kvm'><machine>pc-kvm-only</machine></domain>
            </arch>
          </guest>
          <guest><os_type>hvm</os_type><arch name='aarch64'><machine>virt</machine><domain type='qemu'/></arch></guest>
        </capabilities>
        """

    @Test func everythingThatIsReadIsThere() throws {
        let capabilities = try HostCapabilities(xml: Self.full)
        #expect(capabilities.xml == Self.full)
        #expect(capabilities.hostUUID == "aaaaaaaa-0000-4000-8000-00000000000a")
        #expect(capabilities.supportsLiveMigration)
        #expect(capabilities.migrationTransports == ["tcp", "rdma"])
        #expect(capabilities.guests.map(\.architecture) == ["x86_64", "aarch64"])
    }

    @Test func machinesCountByNameAndByAlias() throws {
        let kinds = try HostCapabilities(xml: Self.full).guests(architecture: "x86_64", virtualizationType: "kvm")
        #expect(kinds.count == 1)
        #expect(kinds.first?.machines == ["q35", "pc-q35-7.2", "pc-i440fx-7.2", "pc-kvm-only"])
        #expect(kinds.first?.virtualizationTypes == ["qemu", "kvm"])
    }

    @Test func guestKindsAreFoundByBothCriteria() throws {
        let capabilities = try HostCapabilities(xml: Self.full)
        #expect(capabilities.guests(architecture: "aarch64", virtualizationType: "kvm").isEmpty)
        #expect(capabilities.guests(architecture: "aarch64", virtualizationType: "qemu").count == 1)
        #expect(capabilities.guests(architecture: "s390x", virtualizationType: "qemu").isEmpty)
    }

    @Test func hostThatSaysNothingOffersNothing() throws {
        let capabilities = try HostCapabilities(xml: "<capabilities/>")
        #expect(capabilities.hostUUID == "")
        #expect(!capabilities.supportsLiveMigration)
        #expect(capabilities.migrationTransports.isEmpty && capabilities.guests.isEmpty)
    }

    @Test(arguments: ["", "<capabilities>", "<capabilities></host></capabilities>", "<domain/>", "{}"])
    func malformedDocumentIsRefused(xml: String) {
        #expect(throws: DefinitionError.self) { try HostCapabilities(xml: xml) }
    }
}
