import CIM
import CIMXML

extension CIMXMLCall {
    /// Whether a CIMObject header names the target of this call: the namespace of an operation, the path that a
    /// method is called on. Source: DSP0200 6.3.7.
    ///
    /// A path in a header is untyped, and clients differ in the order of keys, in how they write numbers and in
    /// whether they name the host; none of that makes another object.
    func isCalled(onObjectNamed text: String) -> Bool {
        switch self {
        case .intrinsic(let call): return CIMNamespace(text) == call.namespace
        case .method(let call):
            guard let path = try? CIMObjectPath(text: text) else { return false }
            return path.namespace == call.target.namespace && path.names(call.target)
        case .export: return false
        }
    }
}

extension CIMObjectPath {
    /// Whether this path, which was read from text, may mean the other one.
    fileprivate func names(_ other: CIMObjectPath) -> Bool {
        guard className == other.className, keys.count == other.keys.count else { return false }
        // Without keys, clients write a keyless instance as they write the class.
        guard isClassPath == other.isClassPath || keys.isEmpty else { return false }
        if other.keys.count == 1, other.keys[0].name == .unnamedKey { return keys[0].value.spells(other.keys[0].value) }
        return other.keys.allSatisfy { key in self[key.name].map { $0.spells(key.value) } ?? false }
    }
}

extension CIMValue {
    /// Whether this value, which was read from a path's text, may mean the other one.
    fileprivate func spells(_ other: CIMValue) -> Bool {
        switch (self, other) {
        case (.string(let text), .reference(let target)):
            guard let path = try? CIMObjectPath(text: text) else { return false }
            return (path.namespace == nil || path.namespace == target.namespace) && path.names(target)
        case (.real64(let number), .real32(let single)): return Float(number) == single
        case (.uint64(let number), .real32(let single)): return Float(number) == single
        case (.uint64(let number), .real64(let double)): return Double(number) == double
        default: return text != nil && text == other.text
        }
    }
}

extension ClassRepository {
    /// The path with the name of its key, where the message left out the only one that the class has.
    func naming(_ path: CIMObjectPath) -> CIMObjectPath {
        guard path.keys.count == 1, path.keys[0].name == .unnamedKey, let keys = self[path.className]?.keys,
            keys.count == 1
        else { return path }
        var named = path
        named.keys[0].name = keys[0].name
        return named
    }
}
