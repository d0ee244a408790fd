import Yams

/// A node of a YAML or JSON text, read strictly: what is not understood is an error with its place.
struct StrictNode {
    let node: Node
    /// The file's name, or whatever else names the text.
    let source: String

    /// The root of a text. JSON is read as the part of YAML that it is.
    /// - Throws: `.malformed` when the text is no YAML, holds more than one document or none.
    init(text: String, source: String) throws(SimulationError) {
        let root: Node?
        do {
            root = try compose(yaml: text, .basic)
        } catch let error as YamlError {
            throw Self.malformed(error, source: source)
        } catch {
            throw SimulationError(.malformed, "\(error)", remedy: "write YAML or JSON", place: source)
        }
        guard let root else {
            throw SimulationError(.malformed, "the text is empty", remedy: "write YAML or JSON", place: "\(source):1:1")
        }
        self.init(node: root, source: source)
    }

    init(node: Node, source: String) {
        self.node = node
        self.source = source
    }

    var place: String { node.mark.map { "\(source):\($0.line):\($0.column)" } ?? source }

    /// The node as a mapping with no other keys than `keys`.
    func mapping(_ what: String, keys: [String]) throws(SimulationError) -> StrictMapping {
        try StrictMapping(self, what, keys: keys)
    }

    /// One value of a mapping whose other keys are looked at later.
    /// - Throws: `.wrongType` for anything but a mapping, `.missingKey`
    func member(_ key: String) throws(SimulationError) -> StrictNode {
        guard case .mapping(let mapping) = node else { throw wrongType("a mapping", example: "{\(key): ...}") }
        guard let value = mapping[Node(key)] else {
            throw SimulationError(.missingKey, "the key “\(key)” is missing", remedy: "add it", place: place)
        }
        return StrictNode(node: value, source: source)
    }

    func list() throws(SimulationError) -> [StrictNode] {
        guard case .sequence(let sequence) = node else { throw wrongType("a list", example: "[a, b]") }
        return sequence.map { StrictNode(node: $0, source: source) }
    }

    func string() throws(SimulationError) -> String {
        guard case .scalar(let scalar) = node, !isNull(scalar) else { throw wrongType("text", example: "\"text\"") }
        guard !scalar.string.isEmpty else { throw invalid("the text is empty", remedy: "write something or leave the key out") }
        return scalar.string
    }

    func integer(_ range: ClosedRange<Int>) throws(SimulationError) -> Int {
        guard let value = plain.flatMap({ Int($0) }) else { throw wrongType("a whole number", example: "12") }
        guard range.contains(value) else {
            throw invalid("\(value) is out of range", remedy: "use \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// - Parameter range: both ends are allowed.
    func number(_ range: ClosedRange<Double>) throws(SimulationError) -> Double {
        guard let value = plain.flatMap({ Double($0) }), value.isFinite else { throw wrongType("a number", example: "1.5") }
        guard range.contains(value) else {
            throw invalid("\(value) is out of range", remedy: "use \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func boolean() throws(SimulationError) -> Bool {
        switch plain {
        case "true": return true
        case "false": return false
        default: throw wrongType("true or false", example: "true")
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) throws(SimulationError) -> Choice
    where Choice.RawValue == String {
        let text = try string()
        guard let choice = Choice(rawValue: text) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw invalid("“\(text)” is unknown here", remedy: "use one of: \(choices)")
        }
        return choice
    }

    func invalid(_ message: String, remedy: String) -> SimulationError {
        SimulationError(.invalidValue, message, remedy: remedy, place: place)
    }

    private var plain: String? {
        if case .scalar(let scalar) = node, scalar.style == .plain { scalar.string } else { nil }
    }

    private func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    private func wrongType(_ wanted: String, example: String) -> SimulationError {
        let found =
            switch node {
            case .scalar(let scalar): isNull(scalar) ? "nothing" : "“\(scalar.string)”"
            case .mapping: "a mapping"
            case .sequence: "a list"
            case .alias: "an alias"
            }
        return SimulationError(
            .wrongType, "\(wanted) is wanted here, not \(found)", remedy: "write it like \(example)", place: place)
    }

    private static func malformed(_ error: YamlError, source: String) -> SimulationError {
        let (problem, mark): (String, Mark?) =
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (problem, mark)
            case .duplicatedKeysInMapping(let duplicates, let context):
                ("the key “\(duplicates.first ?? "")” stands twice", context.mark)
            case .reader(let problem, _, _, _): (problem, nil)
            default: ("\(error)", nil)
            }
        return SimulationError(
            .malformed, problem, remedy: "correct the text there",
            place: mark.map { "\(source):\($0.line):\($0.column)" } ?? source)
    }
}

/// A mapping whose keys are all known.
struct StrictMapping {
    let place: String
    private let what: String
    private let values: [String: StrictNode]

    /// - Throws: `.wrongType` for anything but a mapping, `.unknownKey` for a key outside `keys`.
    fileprivate init(_ node: StrictNode, _ what: String, keys: [String]) throws(SimulationError) {
        guard case .mapping(let mapping) = node.node else {
            throw SimulationError(
                .wrongType, "\(what) is wanted here", remedy: "write a mapping with the keys \(Self.listed(keys))",
                place: node.place)
        }
        var values: [String: StrictNode] = [:]
        for (key, value) in mapping {
            let key = StrictNode(node: key, source: node.source)
            let name = try key.string()
            guard keys.contains(name) else {
                throw SimulationError(
                    .unknownKey, "\(what) has no key “\(name)”", remedy: "use one of \(Self.listed(keys))", place: key.place)
            }
            values[name] = StrictNode(node: value, source: node.source)
        }
        self.place = node.place
        self.what = what
        self.values = values
    }

    /// The value of a key that must be there.
    /// - Throws: `.missingKey`
    subscript(required key: String) -> StrictNode {
        get throws(SimulationError) {
            guard let value = values[key] else {
                throw SimulationError(.missingKey, "\(what) lacks the key “\(key)”", remedy: "add it", place: place)
            }
            return value
        }
    }

    /// The value of a key that may be left out.
    subscript(key: String) -> StrictNode? { values[key] }

    /// What `read` makes of a key's value, or `fallback` when the key is left out.
    func value<Value>(
        _ key: String, default fallback: Value, _ read: (StrictNode) throws(SimulationError) -> Value
    ) throws(SimulationError) -> Value {
        guard let node = values[key] else { return fallback }
        return try read(node)
    }

    /// The elements of a list; none when the key is left out.
    func list<Element>(
        _ key: String, _ read: (StrictNode) throws(SimulationError) -> Element
    ) throws(SimulationError) -> [Element] {
        guard let node = values[key] else { return [] }
        var elements: [Element] = []
        for element in try node.list() { elements.append(try read(element)) }
        return elements
    }

    private static func listed(_ keys: [String]) -> String { keys.joined(separator: ", ") }
}
