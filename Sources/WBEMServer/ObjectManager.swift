import CIM
import Logging

/// The operations of a CIM server over the namespaces it serves. Source: DSP0200 5.3.2.
///
/// Reads are projections of one sequence of instances. Every instance and every answer of a method is compared
/// with the schema before it leaves: what the schema does not declare cannot be answered.
///
/// Of several faults of a call the one is reported that comes first in the operation's list of status codes: the namespace
/// (3) before the class (5), the class before the instance (6), whether a change is possible at all (7) before what it
/// would be.
package struct ObjectManager: Sendable {
    private let namespaces: [CIMNamespace: ServedNamespace]
    /// What `HOST` in paths says: the machine's name.
    package let hostName: String
    package let enumerations: EnumerationSessions
    let embedded: EmbeddedTextReader
    private let logger: Logger

    package init(
        namespaces: [ServedNamespace], hostName: String, embedded: EmbeddedTextReader,
        enumerations: EnumerationSessions, logger: Logger
    ) {
        self.namespaces = Dictionary(namespaces.map { ($0.name, $0) }) { first, _ in first }
        self.hostName = hostName
        self.embedded = embedded
        self.enumerations = enumerations
        self.logger = logger
    }

    // MARK: Finding

    /// - Throws: 3.
    @discardableResult
    package func served(_ namespace: CIMNamespace) throws(CIMError) -> ServedNamespace {
        guard let served = namespaces[namespace] else {
            let known = namespaces.keys.map(\.text).sorted().joined(separator: ", ")
            throw CIMError(.invalidNamespace, "No such namespace: \(namespace). There is \(known).")
        }
        return served
    }

    /// The namespace that a reference leads into, if it is one of this server.
    func servedIfKnown(_ namespace: CIMNamespace) -> ServedNamespace? { namespaces[namespace] }

    /// - Throws: 5.
    func schema(of name: CIMName, _ served: ServedNamespace) throws(CIMError) -> CIMClass {
        guard let schema = served.repository[name] else {
            throw CIMError(.invalidClass, "No such class: \(name) in \(served.name).")
        }
        return schema
    }

    /// An instance that must be there.
    /// - Throws: 5, 6 also for a path that is none of its class.
    func find(
        _ path: CIMObjectPath, _ served: ServedNamespace
    ) async throws(CIMError) -> (path: CIMObjectPath, instance: CIMInstance, provider: any InstanceProvider) {
        _ = try schema(of: path.className, served)
        let path = try existing(path, served)
        guard let provider = served.provider(for: path.className) else { throw missing(path, nil) }
        guard let instance = try await provider.instance(at: path) else {
            throw missing(path, try await provider.keyWithoutMatch(of: path))
        }
        try check(instance, isOf: path.className, served)
        return (path, instance, provider)
    }

    /// libvirt-cim names the key, and its clients look for that.
    private func missing(_ path: CIMObjectPath, _ key: CIMName?) -> CIMError {
        CIMError(.notFound, "No such instance\(key.map { " (\($0))" } ?? ""): \(path.text).")
    }

    /// A path whose keys are not its class' leads to no instance: 6, as other servers answer.
    private func existing(_ path: CIMObjectPath, _ served: ServedNamespace) throws(CIMError) -> CIMObjectPath {
        do throws(CIMError) {
            return try localized(path, served)
        } catch {
            throw error.code == .invalidParameter
                ? CIMError(.notFound, "No such instance: \(path.text): \(error.message).") : error
        }
    }

    /// A path with its keys as the class declares them, and in the namespace that it was used in.
    func localized(_ path: CIMObjectPath, _ served: ServedNamespace) throws(CIMError) -> CIMObjectPath {
        var path = try served.repository.normalized(served.repository.naming(path))
        path.host = nil
        path.namespace = served.name
        return path
    }

    /// The path of an instance that a provider gave.
    func path(of instance: CIMInstance, _ served: ServedNamespace) throws(CIMError) -> CIMObjectPath {
        guard var path = served.repository.path(of: instance) else {
            throw broken("an instance of \(instance.className) has no value for one of its keys")
        }
        path.namespace = served.name
        return path
    }

    // MARK: Nothing leaves that the schema does not declare

    func check(
        _ instance: CIMInstance, isOf className: CIMName, _ served: ServedNamespace
    ) throws(CIMError) {
        guard instance.className == className else {
            throw broken("the provider of \(className) gave a \(instance.className)")
        }
        try check(instance, served)
    }

    func check(_ instance: CIMInstance, _ served: ServedNamespace) throws(CIMError) {
        let violations = served.repository.violations(in: instance)
        guard violations.isEmpty else { throw broken(violations.joined(separator: "; ")) }
    }

    /// A provider's mistake: the client learns that the server failed, the log learns why, and both have a number by which
    /// whoever runs the server finds the one for the other.
    func broken(_ reason: String) -> CIMError {
        let incident = String(UInt32.random(in: .min ... .max), radix: 16)
        logger.error(
            "an answer does not fit the schema", metadata: ["reason": "\(reason)", "incident": "\(incident)"])
        return CIMError(.failed, "The server's answer does not fit its schema: \(reason) (incident \(incident))")
    }
}

extension InstanceProvider {
    /// The first key of a path that no instance shares with it, beside the keys before; `nil` where looking for it would
    /// take long.
    fileprivate func keyWithoutMatch(of path: CIMObjectPath) async throws(CIMError) -> CIMName? {
        let all = try await instances()
        guard all.count <= 64 else { return nil }
        var rest = Array(all)
        for key in path.keys {
            rest = rest.filter { $0[key.name] == key.value }
            if rest.isEmpty { return key.name }
        }
        return nil
    }
}
