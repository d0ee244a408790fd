import Glibc
import HypervisorAPI
import Testing

@testable import LibvirtHypervisor

/// A running lab (`Tests/Lab/lab.sh`), as `lab.sh env` describes it; `Tests/Lab/run-contract.sh` sets all that.
struct LibvirtLab: Sendable {
    enum Host: String, Sendable, CaseIterable {
        case a = "A"
        case b = "B"
    }

    /// `nil` when the environment names no lab.
    static let standing = LibvirtLab()

    let directory: String
    private let controlURIs: [Host: HypervisorURI]
    private let peerURIs: [Host: String]

    private init?() {
        guard let directory = Self.variable("MIGRATIOND_LAB_DIR") else { return nil }
        var controlURIs: [Host: HypervisorURI] = [:]
        var peerURIs: [Host: String] = [:]
        for host in Host.allCases {
            guard let uri = Self.variable("MIGRATIOND_LAB_URI_\(host.rawValue)").flatMap({ HypervisorURI($0) }),
                let peer = Self.variable("MIGRATIOND_LAB_PEER_\(host.rawValue)")
            else { return nil }
            controlURIs[host] = uri
            peerURIs[host] = peer
        }
        self.directory = directory
        self.controlURIs = controlURIs
        self.peerURIs = peerURIs
    }

    func uri(_ host: Host) throws -> HypervisorURI { try #require(controlURIs[host]) }
    func peerURI(_ host: Host) throws -> String { try #require(peerURIs[host]) }
    /// As a host sees its own pool.
    func privatePath(_ name: String) -> String { "\(directory)/private/\(name)" }
    /// A file of a host's own pool, as this process sees it.
    func privateFile(_ name: String, of host: Host) -> String { "\(directory)/host\(host.rawValue)/private/\(name)" }
    func sharedPath(_ name: String) -> String { "\(directory)/shared/\(name)" }

    /// Runs `lab.sh` to its end; what it printed. 60 s at most.
    /// - Throws: `LabFailure` when it fails.
    @discardableResult
    func run(_ arguments: String...) async throws -> String { try await run(arguments) }

    @discardableResult
    func run(_ arguments: [String]) async throws -> String {
        let script = String(
            #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))
        let words = ["timeout", "60", script + "/Lab/lab.sh"] + arguments
        let (status, output) = try await withCheckedThrowingContinuation { continuation in
            do throws(ThreadError) {
                try startThread { continuation.resume(with: Result { try Self.runProgram(words) }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        guard status == 0 else {
            throw LabFailure(description: "\(words.joined(separator: " ")): \(status)\n\(output)")
        }
        return output
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Blocks until the program has ended and closed its output. Its wait status, and its output and errors together.
    private static func runProgram(_ words: [String]) throws -> (status: Int32, output: String) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw LabFailure(description: "no pipe") }
        // Else a daemon that another program leaves behind might hold them, and this one's output would never end.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var process = pid_t()
        let status = spawn(words, output: ends[1], &process)
        close(ends[1])
        guard status == 0 else { throw LabFailure(description: "\(words[0]): \(String(cString: strerror(status)))") }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count > 0 { output += buffer.prefix(count) } else if count == 0 || errno != EINTR { break }
        }
        var end: Int32 = 0
        while waitpid(process, &end, 0) < 0 && errno == EINTR {}
        return (end, String(decoding: output, as: UTF8.self))
    }

    /// With no blocked signal: this thread blocks all of them.
    private static func spawn(_ words: [String], output: Int32, _ process: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let copies = words.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return posix_spawnp(&process, words[0], &actions, &attributes, copies + [nil], environ)
    }
}

struct LabFailure: Error, CustomStringConvertible {
    let description: String
}

/// Says in every test report whether libvirt itself was tested.
struct LibvirtLabPresence {
    @Test(
        .enabled(
            if: LibvirtLab.standing != nil, "NO LAB: libvirt is not tested. Tests/Lab/run-contract.sh brings one up"))
    func libvirtIsTestedOnTheLab() async throws {
        let lab = try #require(LibvirtLab.standing)
        #expect(try await lab.run("status").contains("host A: up"))
    }
}
