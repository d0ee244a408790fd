import Glibc

/// The names in a directory, without `.` and `..`, in bytewise order, and the descriptor they were
/// read through, for `fstatat` and `unlinkat`.
struct DirectoryListing: ~Copyable {
    let names: [String]
    let descriptor: Int32
    private let stream: OpaquePointer

    /// Throws EFBIG when there are more than `bound` names.
    init(of path: String, bound: Int) throws(SystemFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure.last() }
        guard let stream = fdopendir(descriptor) else {
            let failure = SystemFailure.last()
            close(descriptor)
            throw failure
        }
        do {
            names = try Self.read(stream, bound).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            closedir(stream)
            throw error
        }
        self.descriptor = descriptor
        self.stream = stream
    }

    deinit { closedir(stream) }

    private static func read(_ stream: OpaquePointer, _ bound: Int) throws(SystemFailure) -> [String] {
        var names: [String] = []
        while true {
            errno = 0  // the only way to tell the end from a failure
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            guard names.count < bound else { throw SystemFailure(code: EFBIG) }
            names.append(name)
        }
        guard errno == 0 else { throw SystemFailure.last() }
        return names
    }
}
