import CIM
import HypervisorAPI
import MigrationLogic
import Testing
import WBEMServer

@testable import MigrationProviders

/// The associations as a whole: whatever is tied exists, and is tied from both ends.
@Suite struct AssociationTests {
    @Test func whateverIsTiedExistsAndIsTiedFromBothEnds() async throws {
        try await ModelUnderTest.with(guests: ["web", "db", "mail"]) { model in
            _ = try await model.migrate()
            _ = try await model.migrate("db", by: "MigrateVirtualSystemToSystem")
            try await model.call(
                "CheckVirtualSystemIsMigratableToHost",
                ["ComputerSystem": .reference(model.guest("mail")), "DestinationHost": .string("beta")])
            var classes: Set<CIMName> = []
            for served in model.served.values {
                for name in served.repository.classNames {
                    guard let provider = served.provider(for: name) as? any AssociationProvider else { continue }
                    let found = try await self.check(provider, served, model)
                    if found > 0 { classes.insert(name) }
                }
            }
            #expect(classes.count == 14, "\(classes.map(\.text).sorted())")
        }
    }

    /// - Returns: how many instances there are.
    private func check(
        _ provider: any AssociationProvider, _ served: ServedNamespace, _ model: ModelUnderTest
    ) async throws -> Int {
        let instances = try await provider.instances()
        for instance in instances {
            #expect(served.repository.violations(in: instance) == [])
            let path = try #require(served.repository.path(of: instance))
            #expect(try await provider.instance(at: path) == instance)
            for end in instance.properties.compactMap({ $0.value?.referenceValue }) {
                #expect(try await model.instance(at: end) != nil, "\(end.text) of \(instance.className)")
                // From its own namespace, where a client looks.
                let there = try #require(end.namespace.flatMap { model.served[$0] })
                let other = try #require(there.provider(for: instance.className) as? any AssociationProvider)
                #expect(try await other.references(to: end).contains(instance), "\(end.text) of \(instance.className)")
            }
        }
        return instances.count
    }

    @Test func whatDoesNotExistIsTiedToNothing() async throws {
        try await ModelUnderTest.with { model in
            _ = try await model.migrate()
            let nothing = [
                model.guest("none"), model.host("none"),
                CIMObjectPath(
                    namespace: ModelUnderTest.virt, className: "KVM_MigrationJob",
                    keys: [CIMKeyBinding("InstanceID", .string("migrationd:none"))]),
                CIMObjectPath(
                    namespace: ModelUnderTest.interop[0], className: "KVM_ComputerSystem",
                    keys: model.guest().keys),
            ]
            for name in model.served[ModelUnderTest.virt]!.repository.classNames {
                guard let provider = model.served[ModelUnderTest.virt]!.provider(for: name) as? any AssociationProvider
                else { continue }
                for path in nothing {
                    #expect(try await provider.references(to: path).isEmpty, "\(path.text) in \(name)")
                }
            }
        }
    }

    @Test func aTieThatIsNotThereIsNoInstance() async throws {
        try await ModelUnderTest.with(guests: ["web", "db"]) { model in
            let job = try await model.migrate()
            func owner(_ element: CIMObjectPath) -> CIMObjectPath {
                CIMObjectPath(
                    className: "KVM_AffectedJobElement",
                    keys: [
                        CIMKeyBinding("AffectedElement", .reference(element)),
                        CIMKeyBinding("AffectingElement", .reference(job)),
                    ])
            }
            let provider = model.provider("KVM_AffectedJobElement")
            #expect(try await provider.instance(at: owner(model.guest("web"))) != nil)
            #expect(try await provider.instance(at: owner(model.host("beta"))) != nil)
            #expect(try await provider.instance(at: owner(model.guest("db"))) == nil)
            // A client may leave the namespace of a reference out: it is the association's own then.
            var here = model.guest("web")
            here.namespace = nil
            #expect(try await provider.instance(at: owner(here)) != nil)
        }
    }

    @Test func aJobIsTiedToItsGuestFirstAndThenToTheHosts() async throws {
        try await ModelUnderTest.with { model in
            let job = try await model.migrate()
            #expect(
                try await model.associated(job, by: "KVM_AffectedJobElement", role: "AffectedElement") == [
                    model.guest(), model.host("alpha"), model.host("beta"),
                ])
            #expect(
                try await model.associated(model.guest(), by: "KVM_AffectedJobElement", role: "AffectingElement")
                    == [job])
            #expect(
                try await model.associated(job, by: "KVM_OwningJobElement", role: "OwningElement")
                    == [try await model.service])
        }
    }
}
