import Glibc
import MigrationLogic

/// Files of a host that libvirt does not pass on: read where this process runs on that host, and nowhere else.
struct HostFiles: Sendable {
    private let host: HostDescription

    init(_ host: HostDescription) { self.host = host }

    /// Bytes read from a log's end, and lines kept of them.
    private static let logBound = 32 << 10
    private static let logLines = 40

    /// The end of QEMU's log of a guest; what kept it from being read stands in its place. `nil` when this process cannot
    /// read the host's files.
    func logExcerpt(of guest: String) -> LogExcerpt? {
        guard let directory = host.qemuLogDirectory else { return nil }
        // A domain's name has no slash in libvirt; one that has must not lead elsewhere.
        guard !guest.contains("/"), guest != "..", guest != "." else { return nil }
        let path = "\(directory)/\(guest).log"
        switch Self.tail(of: path) {
        case .success(let text):
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).suffix(Self.logLines + 1)
            return LogExcerpt(
                host: host.name, file: path, lines: lines.map(String.init).filter { !$0.isEmpty }.suffix(Self.logLines))
        case .failure(let failure):
            return LogExcerpt(host: host.name, file: path, lines: ["(not read: \(failure.message))"])
        }
    }

    private struct ReadFailure: Error { let message: String }

    private static func tail(of path: String) -> Result<String, ReadFailure> {
        // Without waiting for a writer, should it be a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(ReadFailure(message: String(cString: strerror(errno)))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(ReadFailure(message: "it is no regular file"))
        }
        let start = max(0, Int(status.st_size) - logBound)
        var bytes = [UInt8](repeating: 0, count: logBound)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, start) }
        guard count >= 0 else { return .failure(ReadFailure(message: String(cString: strerror(errno)))) }
        return .success(String(decoding: bytes.prefix(count), as: UTF8.self))
    }
}
