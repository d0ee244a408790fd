import CIM
import Glibc
import MOF

/// Reads the schema's files into classes.
package enum SchemaLoader {
    /// The file that includes all others.
    package static let entryFile = "migrationd.mof"
    /// A schema file larger than this is none.
    private static let fileBound = 16 << 20

    /// - Throws: `StartError(.schema)` with every diagnostic: file, line, column and caret.
    package static func load(directory: String) throws(StartError) -> ClassRepository {
        let entry = "\(directory)/\(entryFile)"
        var compiler = MOFCompiler { file, includedFrom in
            let path = MOFInclude.path(of: file, includedFrom: includedFrom)
            switch read(path) {
            case .success(let bytes): return .source(MOFSource(file: path, bytes: bytes))
            case .failure(let failure): return .unreadable(reason: failure.reason)
            }
        }
        let bytes: [UInt8]
        switch read(entry) {
        case .success(let read): bytes = read
        case .failure(let failure):
            throw StartError(.schema, "\(entry): \(failure.reason). Set daemon.schemaDirectory to the directory of the schema.")
        }
        let diagnostics = compiler.compile(source: MOFSource(file: entry, bytes: bytes))
        guard diagnostics.isEmpty else {
            throw StartError(.schema, diagnostics.map { "\($0)" }.joined(separator: "\n"))
        }
        return compiler.repository
    }

    private struct ReadFailure: Error {
        let reason: String
    }

    private static func read(_ path: String) -> Result<[UInt8], ReadFailure> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(ReadFailure(reason: String(cString: strerror(errno)))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(ReadFailure(reason: "not a regular file"))
        }
        guard status.st_size <= fileBound else { return .failure(ReadFailure(reason: "larger than \(fileBound) bytes")) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return .success(bytes) }
            guard count > 0, bytes.count + count <= fileBound else {
                return .failure(ReadFailure(reason: count < 0 ? String(cString: strerror(errno)) : "grew while being read"))
            }
            bytes += buffer[..<count]
        }
    }
}
