import HypervisorAPI
import Testing

extension ContractSuite {
    /// Who a host is and what it offers.
    @Suite("Hosts", .serialized) struct Hosts {
        @Test(arguments: ContractFixtureKind.all)
        func everyHostHasItsOwnUUID(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let source = try await fixture.sourceHost.identity()
                let destination = try await fixture.destinationHost.identity()
                #expect(source.uuid != destination.uuid)
                #expect(source.uuid == source.uuid.lowercased() && !source.uuid.isEmpty)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func identityAndCapabilitiesNameTheSameHost(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let identity = try await fixture.sourceHost.identity()
                let capabilities = try await fixture.sourceHost.capabilities()
                #expect(identity.uuid == capabilities.hostUUID)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func identityHasNamesAndVersions(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let identity = try await fixture.sourceHost.identity()
                #expect(!identity.hostName.isEmpty)
                #expect(!identity.hypervisorType.isEmpty)
                #expect(identity.hypervisorVersion >= 1_000_000)
                #expect(identity.libraryVersion >= 1_000_000)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func capabilitiesTellWhatCanRunAndMove(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let capabilities = try await fixture.sourceHost.capabilities()
                #expect(capabilities.supportsLiveMigration)
                #expect(capabilities.migrationTransports.contains("tcp"))
                let kinds = capabilities.guests(architecture: "x86_64", virtualizationType: "qemu")
                #expect(kinds.contains { !$0.machines.isEmpty })
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func oneURIGivesOneHost(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let first = fixture.hypervisor.host(fixture.source.uri) as AnyObject
                let second = fixture.hypervisor.host(fixture.source.uri) as AnyObject
                let isSame = first === second
                #expect(isSame)
                #expect(fixture.sourceHost.uri == fixture.source.uri)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func cpusAreComparedWithTheHosts(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                guard !fixture.inabilities.contains(.compareCPUs) else { return }
                let examples = try await fixture.cpuExamples()
                #expect(!examples.isEmpty)
                for example in examples {
                    switch (try await fixture.sourceHost.compareCPU(example.request), example.expected) {
                    case (.identical, .identical), (.superset, .superset): break
                    case (.incompatible(let reason), .incompatible): #expect(!reason.isEmpty)
                    case (let answer, _): Issue.record("\(answer) for \(example)")
                    }
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func malformedCPUIsAnErrorAndNoAnswer(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let request = CPUComparisonRequest(
                    cpuXML: "<cpu><model>", emulator: nil, architecture: "x86_64", machine: nil,
                    virtualizationType: "qemu")
                let result = await outcome { () async throws(HypervisorError) in
                    try await fixture.sourceHost.compareCPU(request)
                }
                #expect(throws: HypervisorError.self) { _ = try result.get() }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func volumesAreFoundMissingOrNotCovered(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                guard !fixture.inabilities.contains(.storagePools) else { return }
                let examples = try await fixture.volumeExamples()
                #expect(!examples.isEmpty)
                for example in examples {
                    let answer = try await fixture.sourceHost.storageVolume(atPath: example.path)
                    #expect(answer == example.expected, "\(example.path)")
                }
            }
        }
    }
}
