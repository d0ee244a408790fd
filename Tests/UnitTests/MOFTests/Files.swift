import Glibc
import MOF

/// Reads files for the tests that take a schema from disk.
enum Files {
    /// `nil` when the file can't be read.
    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return ferror(file) == 0 ? bytes : nil }
            bytes += buffer[..<count]
        }
    }

    static let include: MOFCompiler.IncludeReader = { file, parent in
        let path = MOFInclude.path(of: file, includedFrom: parent)
        guard let bytes = read(path) else { return .unreadable(reason: "it can't be read") }
        return .source(MOFSource(file: path, bytes: bytes))
    }
}
