import Glibc
import Journal

/// The daemon's directory on disk: the journal, who the daemon is, copies of the journal, and parameter files of
/// external checks.
struct StateDirectory: Sendable {
    let path: String
    var journal: String { "\(path)/journal.sqlite" }
    /// The daemon's own UUID, beside the journal: it outlives a journal that is lost.
    var identity: String { "\(path)/identity" }
    var journalFile: JournalFile { JournalFile(path: journal, identityFile: identity) }
    var backups: String { "\(path)/backups" }
    var checkParameters: String { "\(path)/checks" }

    /// Makes what is missing; parents too, so that a first start needs no preparation.
    /// - Parameter isReachable: another user must be able to reach the parameter files (and nothing else) in it.
    init(path: String, isReachable: Bool) throws(StartError) {
        self.path = path
        let mode: mode_t = isReachable ? 0o711 : 0o700
        try Self.make(path, mode)
        try Self.make("\(path)/checks", mode)
        try Self.make("\(path)/backups", 0o700)
    }

    private static func make(_ path: String, _ mode: mode_t) throws(StartError) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            let parent = String(path[..<slash])
            var status = stat()
            if stat(parent, &status) != 0 { try make(parent, 0o755) }
        }
        guard mkdir(path, mode) == 0 || errno == EEXIST else {
            throw StartError(
                .stateDirectory,
                "\(path) cannot be made: \(String(cString: strerror(errno))). See daemon.stateDirectory.")
        }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StartError(.stateDirectory, "\(path) is not a directory. See daemon.stateDirectory.")
        }
        guard status.st_uid == geteuid() else {
            throw StartError(
                .stateDirectory,
                "\(path) belongs to user \(status.st_uid), not to the daemon's (\(geteuid())). Change its owner.")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw StartError(.stateDirectory, "\(path) can be written by others. Remove that: chmod go-w \(path)")
        }
        guard chmod(path, mode) == 0 else {
            throw StartError(.stateDirectory, "\(path): its mode cannot be set: \(String(cString: strerror(errno))).")
        }
    }
}
