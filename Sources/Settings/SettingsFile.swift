import Glibc

extension SettingsDocument {
    /// Reads a file. Only a regular file: a pipe could make the reader wait without end.
    /// - Throws: `SettingsError`: `.unreadable`, `.tooLarge`, `.syntax`.
    package init(contentsOf path: String) throws(SettingsError) {
        try self.init(bytes: Self.bytes(ofFile: path), file: path)
    }

    private static func bytes(ofFile path: String) throws(SettingsError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path, String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable(path, "not a regular file") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= sizeLimitBytes {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw unreadable(path, String(cString: strerror(errno))) }
            bytes.append(contentsOf: chunk[..<count])
        }
        throw tooLarge(file: path)
    }

    private static func unreadable(_ path: String, _ reason: String) -> SettingsError {
        SettingsError([SettingsProblem(SettingsFault(.unreadable, "cannot be read: \(reason)"), at: .file(path, nil))])
    }
}
