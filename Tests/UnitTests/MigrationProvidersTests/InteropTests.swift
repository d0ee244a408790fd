import CIM
import MigrationLogic
import Testing
import WBEMServer

@testable import MigrationProviders

@Suite struct InteropTests {
    @Test(arguments: ModelUnderTest.interop)
    func eachInteropNamespaceTellsOfTheWholeServer(namespace: CIMNamespace) async throws {
        try await ModelUnderTest.with { model in
            let managers = try await model.instances("CIM_ObjectManager", in: namespace)
            #expect(managers.count == 1)
            #expect(managers[0]["ElementName"] == .string("migrationd"))
            #expect(managers[0]["Description"] == .string("migrationd version 1.2.3"))
            let names = try await model.instances("CIM_Namespace", in: namespace).map { $0["Name"]?.stringValue }
            #expect(names == ["root/virt", "interop", "root/interop"])
            #expect(try await model.instances("CIM_NamespaceInManager", in: namespace).count == 3)
            #expect(try await model.instances("CIM_CommMechanismForManager", in: namespace).count == 1)
        }
    }

    @Test(arguments: ModelUnderTest.interop)
    func theProfileLeadsToTheServiceAndBack(namespace: CIMNamespace) async throws {
        try await ModelUnderTest.with { model in
            let service = try await model.service
            let profile = CIMObjectPath(
                namespace: namespace, className: "KVM_RegisteredProfile",
                keys: [CIMKeyBinding("InstanceID", .string("CIM:DSP1081-VirtualSystemMigration-0.8.1"))])
            #expect(try await model.instance(at: profile)?["RegisteredName"] == .string("Virtual System Migration"))
            #expect(
                try await model.provider("KVM_ElementConformsToProfile", in: namespace).instances()
                    .filter { $0["ConformantStandard"] == .reference(profile) }.map { $0["ManagedElement"] }
                    == [.reference(service)])
            let back = try await model.associated(
                service, by: "KVM_ElementConformsToProfile", role: "ConformantStandard")
            #expect(back.contains(profile))
            let outcome = try await model.provider("KVM_RegisteredProfile", in: namespace).invoke(
                MethodCall(name: "GetCentralInstances", object: profile, parameters: [:]))
            #expect(outcome.returnValue == .uint8(0))
            #expect(outcome.outputs.first?.value == .array(.reference, [.reference(service)]))
        }
    }

    @Test(arguments: ClassFamily.allCases)
    func everyFamilyHasTheWholeModel(family: ClassFamily) async throws {
        try await ModelUnderTest.with(family: family) { model in
            let prefix = "\(family.rawValue)_"
            var answered: Set<String> = []
            for served in model.served.values {
                for name in served.repository.classNames where served.provider(for: name) != nil {
                    answered.insert(name.text)
                }
            }
            let declared = model.served[ModelUnderTest.virt]!.repository.classNames.map(\.text)
                .filter { $0.hasPrefix(prefix) }
            #expect(declared.count == 18)
            #expect(Set(declared).isSubset(of: answered))
        }
    }

    @Test func theProfileBuildsOnTheRegistrationProfile() async throws {
        try await ModelUnderTest.with { model in
            let references = try await model.instances("KVM_ReferencedProfile", in: ModelUnderTest.interop[1])
            #expect(references.count == 1)
            #expect(
                references[0]["Antecedent"]?.referenceValue?["InstanceID"]
                    == .string("CIM:DSP1033-ProfileRegistration-1.0.0"))
        }
    }

    @Test func statisticsAreSwitchedByTheObjectManager() async throws {
        try await ModelUnderTest.with { model in
            let provider = model.provider("CIM_ObjectManager", in: ModelUnderTest.interop[0])
            #expect(provider.declaration.changes.modifiable.map(\.name) == ["GatherStatisticalData"])
            let path = CIMObjectPath(className: "CIM_ObjectManager")
            func switched(to value: CIMValue?) -> [CIMPropertyValue] {
                [CIMPropertyValue(name: "GatherStatisticalData", type: .boolean, value: value)]
            }
            try await provider.modify(path, switched(to: .boolean(true)), by: ModelUnderTest.caller)
            #expect(model.statistics.isGathered)
            // One server, under both names.
            let other = try await model.instances("CIM_ObjectManager", in: ModelUnderTest.interop[1])
            #expect(other[0]["GatherStatisticalData"] == .boolean(true))
            await #expect(throws: CIMError.self) {
                try await provider.modify(path, switched(to: nil), by: ModelUnderTest.caller)
            }
            try await provider.modify(path, switched(to: .boolean(false)), by: ModelUnderTest.caller)
            #expect(!model.statistics.isGathered)
        }
    }
}
