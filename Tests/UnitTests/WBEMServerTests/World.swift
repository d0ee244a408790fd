import CIM
import Logging
import Synchronization
import WBEMServer

/// A manager of two namespaces over `WorldSchema`, with what it holds in the open.
struct World: Sendable {
    static let here = CIMNamespace("root/virt")!
    static let there = CIMNamespace("root/interop")!

    let boxes = BoxProvider("W_Box")
    let bigBoxes = BoxProvider("W_BigBox")
    let remote = BoxProvider("W_Box")
    let clock = Mutable(Duration.zero)
    let manager: ObjectManager
    let sessions: EnumerationSessions

    /// - Parameters:
    ///   - many: how many instances W_Many has.
    ///   - failing: the place of the one among them that does not fit the schema.
    init(many: Int = 5, failing: Int? = nil, limits: EnumerationSessions.Limits = .init()) throws {
        let repository = try WorldSchema.repository()
        let clock = clock
        sessions = EnumerationSessions(limits: limits) { clock.value }
        let here = try ServedNamespace(
            name: Self.here, repository: repository,
            providers: [
                boxes, bigBoxes, ManyProvider(count: many, failing: failing), TypesProvider(),
                LinkProvider(
                    "W_Link",
                    [("Left", Self.box("a")), ("Right", Self.box("b"))],
                    [("Left", Self.box("a")), ("Right", Self.box("big"))]),
                LinkProvider("W_SpecialLink", [("Left", Self.box("b")), ("Right", Self.box("a"))]),
                LinkProvider("W_Across", [("Here", Self.box("a")), ("There", Self.box("far", in: Self.there))]),
            ])
        let there = try ServedNamespace(name: Self.there, repository: repository, providers: [remote])
        manager = ObjectManager(
            namespaces: [here, there], hostName: "h0", embedded: Face.embedded, enumerations: sessions,
            logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() })
        boxes.fill("a", size: 1, tags: ["x"])
        boxes.fill("b", size: 20)
        bigBoxes.fill("big", size: 300)
        remote.fill("far", size: 4)
    }

    var face: CIMXMLFace {
        CIMXMLFace(
            manager: manager, access: .open(), logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() })
    }

    static func box(_ name: String, in namespace: CIMNamespace = here) -> CIMObjectPath {
        CIMObjectPath(
            namespace: namespace, className: name == "big" ? "W_BigBox" : "W_Box",
            keys: [CIMKeyBinding("Name", .string(name))])
    }
}

final class Mutable<Value: Sendable>: Sendable {
    private let contents: Mutex<Value>
    init(_ value: Value) { contents = Mutex(value) }
    var value: Value {
        get { contents.withLock { $0 } }
        set { contents.withLock { $0 = newValue } }
    }
}

/// Boxes, which clients may create, delete, and write notes on.
struct BoxProvider: InstanceProvider {
    static let name = PropertyKey<String>("Name")
    static let size = PropertyKey<UInt32>("Size")
    static let note = PropertyKey<String>("Note")
    static let tags = PropertyKey<[String]>("Tags")
    static let kind = PropertyKey<UInt16>("Kind")
    static let setting = PropertyKey<CIMInstance>("Setting")

    let declaration: ProviderDeclaration
    private let held = Mutable<[CIMInstance]>([])

    init(_ className: CIMName) {
        declaration = ProviderDeclaration(
            className: className, properties: [Self.name, Self.size, Self.note, Self.tags, Self.kind, Self.setting],
            changes: ChangeDeclaration(
                canCreate: true, canDelete: true, modifiable: [Self.note, Self.tags, Self.setting]))
    }

    func fill(_ name: String, size: UInt32, tags: [String]? = nil) {
        var box = InstanceBuilder(declaration.className)
        box[Self.name] = name
        box[Self.size] = size
        box[Self.tags] = tags
        held.value.append(box.instance)
    }

    func instances() async throws(CIMError) -> InstanceList { InstanceList(held.value) }

    func create(_ instance: CIMInstance, by caller: Caller) async throws(CIMError) -> CIMObjectPath {
        guard let name = instance["Name"] else { throw CIMError(.invalidParameter, "A box needs a Name.") }
        held.value.append(instance)
        return CIMObjectPath(className: declaration.className, keys: [CIMKeyBinding("Name", name)])
    }

    func modify(_ path: CIMObjectPath, _ values: [CIMPropertyValue], by caller: Caller) async throws(CIMError) {
        guard let index = held.value.firstIndex(where: { $0["Name"] == path["Name"] }) else { return }
        for value in values {
            held.value[index].properties.removeAll { $0.name == value.name }
            held.value[index].properties.append(value)
        }
    }

    func delete(_ path: CIMObjectPath, by caller: Caller) async throws(CIMError) {
        held.value.removeAll { $0["Name"] == path["Name"] }
    }
}

/// Instances that are numbers until they are asked for.
struct ManyProvider: InstanceProvider {
    static let number = PropertyKey<UInt32>("Number")
    static let text = PropertyKey<String>("Text")

    let count: Int
    let failing: Int?
    let declaration = ProviderDeclaration(className: "W_Many", properties: [number, text])

    func instances() async throws(CIMError) -> InstanceList {
        InstanceList(0..<count) { position in
            var builder = InstanceBuilder("W_Many")
            builder[Self.number] = UInt32(position)
            builder[Self.text] = String(repeating: "text ", count: 20)
            var instance = builder.instance
            if position == failing { instance.properties.append(CIMPropertyValue("Bogus", .boolean(true))) }
            return instance
        }
    }
}

struct LinkProvider: AssociationProvider {
    let declaration: ProviderDeclaration
    private let links: [CIMInstance]

    init(_ className: CIMName, _ links: [(CIMName, CIMObjectPath)]...) {
        declaration = ProviderDeclaration(
            className: className, properties: links[0].map { PropertyKey<CIMObjectPath>($0.0) })
        self.links = links.map { ends in
            CIMInstance(className: className, properties: ends.map { CIMPropertyValue($0.0, .reference($0.1)) })
        }
    }

    func instances() async throws(CIMError) -> InstanceList { InstanceList(links) }
}

/// Gives back what it got.
struct TypesProvider: InstanceProvider {
    private static let name = PropertyKey<String>("Name")

    let declaration = ProviderDeclaration(
        className: "W_Types", properties: [name],
        methods: WorldSchema.echoes.map { MethodDeclaration($0.method, requires: .observer) })

    func instances() async throws(CIMError) -> InstanceList {
        var builder = InstanceBuilder("W_Types")
        builder[Self.name] = "types"
        return [builder.instance]
    }

    func invoke(_ call: WBEMServer.MethodCall) async throws(CIMError) -> MethodOutcome {
        guard let echo = WorldSchema.echoes.first(where: { $0.method == call.name }) else {
            throw CIMError(.methodNotAvailable, "\(call.name)")
        }
        var outcome = MethodOutcome(returnValue: .uint32(0))
        for (input, output, isArray) in [("Value", "Result", false), ("Values", "Results", true)]
            as [(CIMName, CIMName, Bool)]
        {
            outcome.answer(
                CIMPropertyValue(name: output, type: echo.type, isArray: isArray, value: call.value(of: input)))
        }
        return outcome
    }
}
