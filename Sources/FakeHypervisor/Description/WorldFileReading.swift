import Glibc

extension WorldDescription {
    /// Bytes of a world's file.
    private static let longestFile = 4 << 20

    /// Reads a world from its YAML file. Reads files from the disk, once: not for the middle of asynchronous work.
    /// - Throws: `.inputOutput`, or the first thing that is wrong, with file, line and column.
    package init(file path: String) throws(SimulationError) {
        try self.init(yaml: try Self.text(ofFile: path), source: path)
    }

    private static func text(ofFile path: String) throws(SimulationError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= longestFile else { throw failure(path, "more than \(longestFile) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure(path, "it is not UTF-8") }
        return text
    }

    private static func failure(_ path: String, _ reason: String) -> SimulationError {
        SimulationError(.inputOutput, "\(path) cannot be read: \(reason)", remedy: "give the path of a world's YAML file")
    }
}
