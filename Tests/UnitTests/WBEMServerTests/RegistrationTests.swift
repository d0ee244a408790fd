import CIM
import Testing
import WBEMServer

@Suite struct RegistrationTests {
    private func problems(_ providers: any InstanceProvider...) throws -> [String] {
        let repository = try WorldSchema.repository()
        do {
            _ = try ServedNamespace(name: World.here, repository: repository, providers: providers)
            return []
        } catch {
            return error.problems
        }
    }

    private struct NoAssociationProvider: InstanceProvider {
        let declaration = ProviderDeclaration(className: "W_Link", properties: [])
        func instances() async throws(CIMError) -> InstanceList { [] }
    }

    private struct KeyChanger: InstanceProvider {
        let declaration = ProviderDeclaration(
            className: "W_Box", properties: [BoxProvider.name],
            changes: ChangeDeclaration(modifiable: [BoxProvider.name, BoxProvider.note]))
        func instances() async throws(CIMError) -> InstanceList { [] }
    }

    @Test func anAssociationClassNeedsAnAssociationProvider() throws {
        #expect(try problems(NoAssociationProvider()).count == 1)
        #expect(try problems(LinkProvider("W_Link", [("Left", World.box("a"))])) == [])
        #expect(
            try problems(LinkProvider("W_Box", [("Name", World.box("a"))])).contains { $0.contains("no association") })
    }

    @Test func whatIsModifiableIsNoKeyAndIsSet() throws {
        let found = try problems(KeyChanger())
        #expect(found.count == 2)
        #expect(found.first?.contains("W_Box.Name: a key") == true)
        #expect(found.last?.contains("W_Box.Note: modifiable") == true)
    }
}
