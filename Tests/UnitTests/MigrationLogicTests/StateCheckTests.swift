import HypervisorAPI
import Testing

@testable import MigrationLogic

/// What a guest's firmware remembers, and what keeps it from running twice.
@Suite struct StateCheckTests {
    private static func facts(_ parts: String, kind: MigrationKind) throws -> Facts {
        var facts = Samples.facts(kind: kind)
        let (system, devices) = parts.hasPrefix("<nvram") ? (parts, "") : ("", parts)
        facts.definition = .known(
            try DomainDefinition(
                xml: """
                    <domain type='kvm'><name>web</name><uuid>\(Samples.guestUUID)</uuid>
                    <os><type arch='x86_64'>hvm</type>\(system)</os><devices>\(devices)</devices></domain>
                    """))
        return facts
    }

    @Test(arguments: [
        ("", MigrationKind.offline, Finding.Severity.pass),
        ("<nvram>/var/lib/libvirt/qemu/nvram/web.fd</nvram>", .live, .pass),
        ("<nvram>/var/lib/libvirt/qemu/nvram/web.fd</nvram>", .offline, .refusal),
        ("<nvram>/srv/shared/web.fd</nvram>", .offline, .pass),
        ("<tpm model='tpm-crb'><backend type='emulator'/></tpm>", .live, .pass),
        ("<tpm model='tpm-crb'><backend type='emulator'/></tpm>", .offline, .refusal),
        ("<tpm model='tpm-tis'><backend type='passthrough'/></tpm>", .live, .refusal),
    ])
    func firmwareAndTPMStateAreNotLeftBehind(parts: String, kind: MigrationKind, severity: Finding.Severity) throws {
        let found = FirmwareStateCheck.evaluate(try Self.facts(parts, kind: kind))
        #expect(found.severity == severity, "\(found)")
    }

    @Test func whatExcludesASecondRunnerIsSaid() throws {
        var facts = try Self.facts("<lease><key>web-disk</key><target path='/srv/leases'/></lease>", kind: .live)
        #expect(ExclusionCheck.evaluate(facts).severity == .pass)
        #expect(ExclusionCheck.evaluate(facts).seen.contains("leases of the guest: web-disk"))
        facts.lockManagers = ["alpha": .known(.lockd), "beta": .notRead("its qemu.conf cannot be read from here")]
        let half = ExclusionCheck.evaluate(facts)
        #expect(half.severity == .pass && half.seen.contains("of alpha: lockd") && half.seen.contains("not known"))
        facts.lockManagers["beta"] = .known(.none)
        #expect(ExclusionCheck.evaluate(facts).severity == .warning)
    }
}
