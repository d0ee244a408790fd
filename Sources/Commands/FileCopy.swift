import Glibc

/// Copies a file so that the copy is there, whole, after a loss of power.
enum FileCopy {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: when the copy exists already, or cannot be made; a part of one is removed.
    static func make(of source: String, at copy: String) throws(Failure) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure("\(source) cannot be read") }
        defer { close(input) }
        let output = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw failure("\(copy) cannot be made") }
        defer { close(output) }
        do throws(Failure) {
            // The file's mode is this one, whatever the umask says.
            guard fchmod(output, 0o600) == 0 else { throw failure("\(copy) cannot be made private") }
            try pour(input, into: output, copy)
            guard fsync(output) == 0 else { throw failure("\(copy) cannot be made durable") }
            try makeNameDurable(of: copy)
        } catch {
            unlink(copy)
            throw error
        }
    }

    private static func pour(_ input: Int32, into output: Int32, _ copy: String) throws(Failure) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count == 0 { return }
            guard count > 0 else { throw failure("the backup cannot be read") }
            var written = 0
            while written < count {
                let step = buffer.withUnsafeBytes { write(output, $0.baseAddress! + written, count - written) }
                guard step > 0 else { throw failure("\(copy) cannot be written") }
                written += step
            }
        }
    }

    private static func makeNameDurable(of copy: String) throws(Failure) {
        let slash = copy.lastIndex(of: "/")
        let parent = slash.map { $0 == copy.startIndex ? "/" : String(copy[..<$0]) } ?? "."
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("\(parent) cannot be opened") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("\(copy) cannot be made durable") }
    }

    private static func failure(_ what: String) -> Failure {
        Failure(description: "\(what): \(String(cString: strerror(errno))).")
    }
}
