import GRDB

/// CRC-64/XZ (polynomial of ECMA-182, reflected): finds every burst of up to 64 wrong bits. Against damage, not against
/// an adversary, who could as well compute it.
struct RowChecksum {
    private static let table: [UInt64] = (0..<256).map { index in
        (0..<8).reduce(UInt64(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xC96C_5795_D787_0F42 : value >> 1 }
    }

    private var register = UInt64.max
    var value: UInt64 { ~register }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        var register = register
        let table = Self.table
        for byte in bytes { register = table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] ^ register >> 8 }
        self.register = register
    }

    private mutating func add(_ number: UInt64) {
        add((0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
    }

    private mutating func add(tag: UInt8, _ bytes: some Collection<UInt8>) {
        add(CollectionOfOne(tag))
        add(UInt64(bytes.count))
        add(bytes)
    }

    /// Adds a column as SQLite stores it: its type, its length and its bytes, so that no two rows read alike.
    mutating func add(_ value: DatabaseValue) {
        switch value.storage {
        case .null: add(tag: 0, EmptyCollection())
        case .int64(let number):
            add(CollectionOfOne(1))
            add(UInt64(bitPattern: number))
        case .double(let number):
            add(CollectionOfOne(2))
            add(number.bitPattern)
        case .string(let text): add(tag: 3, text.utf8)
        case .blob(let data): add(tag: 4, data)
        }
    }

    /// Of a row with all its columns; the table's name goes in, so that a row cannot pass for another table's.
    static func of(_ values: [DatabaseValue], in table: String) -> UInt64 {
        var checksum = RowChecksum()
        checksum.add(tag: 5, table.utf8)
        for value in values { checksum.add(value) }
        return checksum.value
    }
}
