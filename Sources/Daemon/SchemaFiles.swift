import Glibc
import MOF

/// MOF files as they are on disk.
package enum SchemaFiles {
    /// Why a file can't be read; for people.
    package struct ReadFailure: Error {
        package let file: String
        package let reason: String
    }

    /// A schema file larger than this is none.
    private static let fileBound = 16 << 20
    /// Folders deeper than this are a loop, or no schema.
    private static let depthBound = 32
    private static let fileEnding = ".mof"

    /// The files that are named, and those of the folders that are named, however deep, whose names end in `.mof`;
    /// those of a folder by name.
    package static func read(_ paths: [String]) -> Result<[MOFSource], ReadFailure> {
        var sources: [MOFSource] = []
        for path in paths {
            let files: [String]
            switch list(path, depth: 0) {
            case .success(let found): files = found
            case .failure(let failure): return .failure(failure)
            }
            for file in files {
                switch read(file) {
                case .success(let source): sources.append(source)
                case .failure(let failure): return .failure(failure)
                }
            }
        }
        return .success(sources)
    }

    /// Reads what a text includes: relative to the text's own folder, or else to one of these.
    package static func includeReader(folders: [String]) -> MOFCompiler.IncludeReader {
        { file, includedFrom in
            let beside = MOFInclude.path(of: file, includedFrom: includedFrom)
            let candidates = [beside] + folders.map { MOFInclude.path(of: file, includedFrom: "\($0)/") }
            var reasons: [String] = []
            for path in candidates {
                switch read(path) {
                case .success(let source): return .source(source)
                case .failure(let failure): reasons.append(failure.reason)
                }
            }
            return .unreadable(reason: reasons.first ?? "")
        }
    }

    package static func read(_ path: String) -> Result<MOFSource, ReadFailure> {
        func failure(_ reason: String) -> Result<MOFSource, ReadFailure> {
            .failure(ReadFailure(file: path, reason: reason))
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return failure(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return failure("not a regular file")
        }
        guard status.st_size <= fileBound else { return failure("larger than \(fileBound) bytes") }
        var bytes: [UInt8] = []
        // One byte more than the file has: the read that finds its end needs no further buffer.
        var room = Int(status.st_size) + 1
        while true {
            let before = bytes.count
            var count = 0
            bytes += [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(0, count)
            }
            if count == 0 { return .success(MOFSource(file: path, bytes: bytes)) }
            guard count > 0, bytes.count <= fileBound else {
                return failure(count < 0 ? String(cString: strerror(errno)) : "grew while being read")
            }
            room = max(1, room - (bytes.count - before))
        }
    }

    // MARK: Folders

    private static func list(_ path: String, depth: Int) -> Result<[String], ReadFailure> {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .failure(ReadFailure(file: path, reason: String(cString: strerror(errno))))
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return .success([path]) }
        guard depth < depthBound else {
            return .failure(ReadFailure(file: path, reason: "more than \(depthBound) folders deep"))
        }
        var files: [String] = []
        switch names(in: path) {
        case .failure(let failure): return .failure(failure)
        case .success(let names):
            for name in names {
                let inner = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
                guard isFolder(inner) || name.lowercased().hasSuffix(fileEnding) else { continue }
                switch list(inner, depth: depth + 1) {
                case .success(let found): files += found
                case .failure(let failure): return .failure(failure)
                }
            }
        }
        return .success(files)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        // A link to a folder may lead back.
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func names(in folder: String) -> Result<[String], ReadFailure> {
        guard let stream = opendir(folder) else {
            return .failure(ReadFailure(file: folder, reason: String(cString: strerror(errno))))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return .success(names.sorted())
    }
}
