import ArgumentParser
import CIM
import WBEMClient

/// Where the daemon listens.
struct SocketOptions: ParsableArguments {
    @Option(help: "The daemon's socket.")
    var socket = Self.defaults.socket

    @Option(help: "The namespace of the migration classes.")
    var namespace = Self.defaults.namespace

    /// What another command needs to reach the same daemon; empty for the default.
    var suffix: String {
        let defaults = SocketOptions.defaults
        return (socket == defaults.socket ? "" : " --socket \(socket)")
            + (namespace == defaults.namespace ? "" : " --namespace \(namespace)")
    }

    private static let defaults = (socket: "/run/migrationd/migrationd.sock", namespace: "root/virt")

    func connect() throws -> DaemonConnection {
        guard let name = CIMNamespace(namespace) else {
            throw CommandFailure(.usage, "'\(namespace)' is no CIM namespace.")
        }
        var options = WBEMConnection.Options()
        // A check may run programs: longer than all of them together.
        options.callTimeout = .seconds(600)
        return DaemonConnection(client: WBEMConnection(socketPath: socket, namespace: name, options: options))
    }
}

/// What a method answered.
struct MethodAnswer: Sendable {
    var returnValue: CIMValue?
    var outputs: [(name: CIMName, value: CIMValue?)]

    func output(_ name: CIMName) -> CIMValue? { outputs.first { $0.name == name }?.value }
}

/// The daemon as the commands use it: through CIM, as anybody could.
struct DaemonConnection: Sendable {
    let client: WBEMConnection

    func instances(of name: CIMName) async throws -> [CIMInstance] {
        try await asking { () async throws(WBEMClientError) in
            try await client.enumerateInstances(of: name).map(\.instance)
        }
    }

    /// The one migration service, whatever the hypervisor's family.
    func service() async throws -> CIMObjectPath {
        let paths = try await asking { () async throws(WBEMClientError) in
            try await client.enumerateInstanceNames(of: "CIM_VirtualSystemMigrationService")
        }
        guard let path = paths.first else { throw CommandFailure(.unreachable, "the server has no migration service.") }
        return path
    }

    func instance(at path: CIMObjectPath) async throws -> CIMInstance {
        try await asking { () async throws(WBEMClientError) in try await client.getInstance(path) }
    }

    func call(
        _ method: CIMName, on object: CIMObjectPath, _ parameters: [(CIMName, CIMValue?)]
    ) async throws -> MethodAnswer {
        let answer = try await asking { () async throws(WBEMClientError) in
            try await client.invokeMethod(method, on: object, parameters: parameters)
        }
        return MethodAnswer(returnValue: answer.returnValue, outputs: answer.outParameters)
    }

    func jobs() async throws -> [(path: CIMObjectPath, row: JobRow)] {
        let found = try await asking { () async throws(WBEMClientError) in
            try await client.enumerateInstances(of: "Migrationd_MigrationJob")
        }
        return found.map { ($0.path, JobRow($0.instance)) }
    }

    /// A job by its number or the beginning of it.
    func job(_ id: String) async throws -> (path: CIMObjectPath, row: JobRow) {
        let wanted = id.lowercased().split(separator: ":").last.map(String.init) ?? ""
        let found = try await jobs().filter { !wanted.isEmpty && $0.row.id.hasPrefix(wanted) }
        guard let job = found.first else {
            throw CommandFailure(
                .refused,
                "no such job: \(id). `migrationd jobs` lists them, `migrationd jobs --history` all that have ended.")
        }
        guard found.count == 1 else {
            throw CommandFailure(.refused, "\(id) begins the numbers of \(found.count) jobs.")
        }
        return job
    }

    /// Turns what a call fails with into an exit status and words.
    private func asking<Value>(_ call: () async throws(WBEMClientError) -> Value) async throws -> Value {
        do {
            return try await call()
        } catch {
            if let refusal = error.status { throw CommandFailure(.refused, refusal.message) }
            throw CommandFailure(.unreachable, "\(error)")
        }
    }
}
