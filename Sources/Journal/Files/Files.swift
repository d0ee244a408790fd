import Glibc

/// The system calls of a journal's files, with errors that say what to do.
enum Files {
    /// A database's other files, by what is added to its path. `-journal` is there only if a program died while it
    /// turned the write-ahead log on.
    static let parts = ["", "-wal", "-shm", "-journal"]

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// Whether something is there under this name, be it a dangling link.
    static func exists(_ path: String) throws(JournalError) -> Bool {
        var status = stat()
        if lstat(path, &status) == 0 { return true }
        let number = errno
        if number == ENOENT { return false }
        throw JournalError(errno: number, path: path, doing: "looking for it")
    }

    /// Whether a database, or a part that one left, is there.
    static func isAnyPart(of path: String) throws(JournalError) -> Bool {
        for part in parts where try exists(path + part) { return true }
        return false
    }

    /// Opens a file, runs `body`, closes it. A new file is readable by its owner only.
    static func with<Value>(
        _ path: String, _ flags: Int32, doing what: String, _ body: (Int32) throws(JournalError) -> Value
    ) throws(JournalError) -> Value {
        let descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw JournalError(errno: errno, path: path, doing: what) }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    /// Makes what was written to a file, or the names in a directory, survive a loss of power.
    static func sync(_ path: String) throws(JournalError) {
        try with(path, O_RDONLY, doing: "opening it to sync it") { descriptor throws(JournalError) in
            guard fsync(descriptor) == 0 else { throw JournalError(errno: errno, path: path, doing: "syncing it") }
        }
    }

    static func syncDirectory(of path: String) throws(JournalError) { try sync(directory(of: path)) }

    static func rename(_ old: String, to new: String) throws(JournalError) {
        guard Glibc.rename(old, new) == 0 else {
            throw JournalError(errno: errno, path: old, doing: "renaming it to \(new)")
        }
    }

    static func remove(_ path: String) throws(JournalError) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw JournalError(errno: errno, path: path, doing: "removing it")
        }
    }

    /// Removes a database that is only ours, with its parts.
    static func removeDatabase(_ path: String) throws(JournalError) {
        for part in parts { try remove(path + part) }
    }

    /// The whole file; `nil` when there is none.
    static func read(_ path: String) throws(JournalError) -> [UInt8]? {
        guard try exists(path) else { return nil }
        var bytes: [UInt8] = []
        try forEachChunk(path) { chunk in bytes += chunk }
        return bytes
    }

    /// Copies a file to a new one.
    static func copy(_ path: String, to new: String) throws(JournalError) {
        try with(new, O_WRONLY | O_CREAT | O_EXCL, doing: "making it") { target throws(JournalError) in
            try forEachChunk(path) { chunk throws(JournalError) in try write(chunk, target, new) }
        }
    }

    /// Puts a small file in place, whole or not at all, durably.
    static func replace(_ path: String, with bytes: [UInt8]) throws(JournalError) {
        let new = path + ".new"
        try with(new, O_WRONLY | O_CREAT | O_TRUNC, doing: "making it") { descriptor throws(JournalError) in
            try write(bytes[...], descriptor, new)
            guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else {
                throw JournalError(errno: errno, path: new, doing: "syncing it")
            }
        }
        try rename(new, to: path)
        try syncDirectory(of: path)
    }

    /// The names in a directory.
    static func names(in directory: String) throws(JournalError) -> [String] {
        guard let stream = opendir(directory) else {
            throw JournalError(errno: errno, path: directory, doing: "reading the directory")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    private static func forEachChunk(
        _ path: String, _ body: (ArraySlice<UInt8>) throws(JournalError) -> Void
    ) throws(JournalError) {
        try with(path, O_RDONLY, doing: "opening it") { descriptor throws(JournalError) in
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw JournalError(errno: errno, path: path, doing: "reading it") }
                if count == 0 { return }
                try body(buffer[..<count])
            }
        }
    }

    private static func write(
        _ bytes: ArraySlice<UInt8>, _ descriptor: Int32, _ path: String
    ) throws(JournalError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw JournalError(errno: errno, path: path, doing: "writing to it") }
            rest = rest.dropFirst(count)
        }
    }
}
