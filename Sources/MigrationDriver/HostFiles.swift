import Glibc
import HypervisorAPI
import MigrationLogic

/// Files of a host that libvirt does not pass on: read where this process runs on that host, and nowhere else.
struct HostFiles: Sendable {
    private let host: HostDescription
    private let reads: FileReads

    init(_ host: HostDescription, _ reads: FileReads) {
        self.host = host
        self.reads = reads
    }

    /// Bytes read from a log's end, and lines kept of them.
    private static let logBound = 32 << 10
    private static let logLines = 40

    /// The end of QEMU's log of a guest; what kept it from being read stands in its place. `nil` when this process cannot
    /// read the host's files.
    func logExcerpt(of guest: String) async -> LogExcerpt? {
        guard let directory = host.qemuLogDirectory else { return nil }
        // A domain's name has no slash in libvirt; one that has must not lead elsewhere.
        guard !guest.contains("/"), guest != "..", guest != "." else { return nil }
        let path = "\(directory)/\(guest).log"
        switch await reads.tail(of: path, bound: Self.logBound) {
        case .success(let text):
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).suffix(Self.logLines + 1)
            return LogExcerpt(
                host: host.name, file: path, lines: lines.map(String.init).filter { !$0.isEmpty }.suffix(Self.logLines))
        case .failure(let failure):
            return LogExcerpt(host: host.name, file: path, lines: ["(not read: \(failure.message))"])
        }
    }

    /// Which lock manager the host's QEMU driver uses.
    func lockManager() async -> Reading<LockManager> {
        guard let path = host.qemuConfiguration else { return .notRead("its qemu.conf cannot be read from here") }
        switch await reads.tail(of: path, bound: Self.configurationBound) {
        case .success(let text): return .known(Self.lockManager(in: text))
        case .failure(let failure): return .notRead("\(path): \(failure.message)")
        }
    }

    private static let configurationBound = 1 << 20

    /// The last assignment stands, as libvirt reads its files; a line that begins with # is a comment.
    static func lockManager(in text: String) -> LockManager {
        let assignments = text.split(separator: "\n").compactMap { line -> String? in
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
            guard parts.count == 2, parts[0] == "lock_manager" else { return nil }
            return parts[1].filter { $0 != "\"" && $0 != "'" }
        }
        switch assignments.last {
        case nil, "", "nop": return .none
        case "lockd": return .lockd
        case "sanlock": return .sanlock
        default: return .other
        }
    }

    /// The end of a file. Blocks for as long as its file system does.
    static func tail(of path: String, bound: Int) -> FileReads.Answer {
        // Without waiting for a writer, should it be a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(FileReads.Failure(message: String(cString: strerror(errno)))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(FileReads.Failure(message: "it is no regular file"))
        }
        let start = max(0, Int(status.st_size) - bound)
        var bytes = [UInt8](repeating: 0, count: bound)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, start) }
        guard count >= 0 else { return .failure(FileReads.Failure(message: String(cString: strerror(errno)))) }
        return .success(String(decoding: bytes.prefix(count), as: UTF8.self))
    }
}
