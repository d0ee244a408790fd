import HypervisorAPI

/// The daemon's UUID in a file beside the journal: what tells "there never was a journal" from "there was one". Two
/// lines: the UUID, and its CRC-64 in hexadecimal digits, since a wrong digit would be another daemon.
struct IdentityFile {
    enum Content: Equatable {
        case missing
        case damaged
        case known(String)
    }

    let path: String

    /// - Throws: `.cannotOpen` when it is there and cannot be read.
    func read() throws(JournalError) -> Content {
        guard let bytes = try Files.read(path) else { return .missing }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let uuid = String(decoding: line, as: UTF8.self)
        guard DomainUUID(uuid)?.text == uuid, bytes == Self.bytes(uuid) else { return .damaged }
        return .known(uuid)
    }

    /// Puts it in place, whole and durably, readable by its owner only.
    func write(_ uuid: String) throws(JournalError) { try Files.replace(path, with: Self.bytes(uuid)) }

    private static func bytes(_ uuid: String) -> [UInt8] {
        var checksum = RowChecksum()
        checksum.add(uuid.utf8)
        let digits = String(checksum.value, radix: 16)
        return Array("\(uuid)\n\(String(repeating: "0", count: 16 - digits.count))\(digits)\n".utf8)
    }
}
