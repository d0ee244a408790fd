/// What SQLite's write-ahead log tells before SQLite opens it.
///
/// SQLite takes the frames up to the first that does not fit the checksum, and silently drops all others: right for a
/// transaction that power cut short, wrong for a flipped bit with acknowledged transactions behind it. This tells the
/// two apart. Format: https://www.sqlite.org/fileformat2.html, section 4.
struct WriteAheadLog: Equatable {
    enum Finding: Equatable {
        /// Nothing behind the last commit.
        case whole
        /// Frames behind the last commit that can be one transaction which never returned.
        case torn(frames: Int)
        /// Transactions that had returned cannot be read.
        case damaged(String)
    }

    private(set) var finding: Finding
    /// Of the frames up to and with the last that can be read.
    private(set) var commits = 0
}

extension WriteAheadLog {
    private static let headerLength = 32
    private static let frameHeaderLength = 24

    init(_ bytes: [UInt8]) {
        finding = .whole
        guard !bytes.isEmpty else { return }
        bytes.withUnsafeBytes { raw in
            guard let header = Header(raw) else {
                finding = Self.withoutHeader(raw)
                return
            }
            read(header, raw)
        }
    }

    /// A log's first 32 bytes are synced before its first frame is written: with frames behind it, it was once whole.
    private static func withoutHeader(_ raw: UnsafeRawBufferPointer) -> Finding {
        raw.count <= headerLength + frameHeaderLength || raw.dropFirst(headerLength).allSatisfy { $0 == 0 }
            ? .torn(frames: 0) : .damaged("the header of the write-ahead log is damaged")
    }

    private mutating func read(_ header: Header, _ raw: UnsafeRawBufferPointer) {
        let length = Self.frameHeaderLength + header.pageSize
        let count = (raw.count - Self.headerLength) / length
        var sums = header.sums
        var sinceCommit: [Frame] = []
        for index in 0..<count {
            let bytes = UnsafeRawBufferPointer(rebasing: raw[(Self.headerLength + index * length)...].prefix(length))
            let frame = Frame(bytes)
            guard frame.isNext(of: header, &sums, bytes) else {
                let rest = (index..<count).map { Frame(raw, at: Self.headerLength + $0 * length) }
                finding = Self.judge(sinceCommit, rest.filter { $0.belongs(to: header) }, firstIsBad: rest[0], index)
                return
            }
            sinceCommit.append(frame)
            if frame.isCommit {
                commits += 1
                sinceCommit = []
            }
        }
        let isCutOff = Self.headerLength + count * length < raw.count
        if isCutOff || !sinceCommit.isEmpty { finding = .torn(frames: sinceCommit.count + (isCutOff ? 1 : 0)) }
    }

    /// A transaction's frames are in ascending order of pages, without a page twice, and only its last says "commit"
    /// (the cache never spills: `PRAGMA cache_spill`). What does not fit that is more than one transaction, and only
    /// the last of them can have been under way.
    /// - Parameters:
    ///   - before: frames that can be read, behind the last commit.
    ///   - behind: this log's frames from the first on that cannot be read.
    private static func judge(_ before: [Frame], _ behind: [Frame], firstIsBad: Frame, _ index: Int) -> Finding {
        guard !before.isEmpty || !behind.isEmpty else { return .whole }
        let isCommitBeforeEnd = behind.dropLast().contains(where: \.isCommit)
        let pages = (before + (behind.first == firstIsBad ? behind.dropFirst() : behind[...])).map(\.page)
        let isAscending = zip(pages, pages.dropFirst()).allSatisfy { $0 < $1 }
        guard isCommitBeforeEnd || (!isAscending && behind.contains(where: \.isCommit)) else {
            return .torn(frames: before.count + behind.count)
        }
        return .damaged(
            "frame \(index + 1) of the write-ahead log is damaged, and transactions that were complete are behind it")
    }
}

extension WriteAheadLog {
    private struct Header {
        let pageSize: Int
        let isBigEndian: Bool
        let salts: (UInt32, UInt32)
        let sums: Sums

        /// `nil` when SQLite would ignore the log because of it.
        init?(_ raw: UnsafeRawBufferPointer) {
            guard raw.count >= WriteAheadLog.headerLength else { return nil }
            let magic = raw.bigEndian(0)
            pageSize = Int(raw.bigEndian(8))
            guard magic & ~1 == 0x377F_0682, raw.bigEndian(4) == 3_007_000 else { return nil }
            guard pageSize.nonzeroBitCount == 1, (512...65536).contains(pageSize) else { return nil }
            isBigEndian = magic & 1 == 1
            salts = (raw.bigEndian(16), raw.bigEndian(20))
            var sums = Sums()
            sums.add(raw[..<24], isBigEndian: isBigEndian)
            guard sums == Sums(raw.bigEndian(24), raw.bigEndian(28)) else { return nil }
            self.sums = sums
        }
    }

    private struct Frame: Equatable {
        let offset: Int
        let page: UInt32
        let isCommit: Bool
        let salts: (UInt32, UInt32)
        let sums: Sums

        init(_ raw: UnsafeRawBufferPointer, at offset: Int = 0) {
            self.offset = offset
            page = raw.bigEndian(offset)
            isCommit = raw.bigEndian(offset + 4) != 0
            salts = (raw.bigEndian(offset + 8), raw.bigEndian(offset + 12))
            sums = Sums(raw.bigEndian(offset + 16), raw.bigEndian(offset + 20))
        }

        /// Whether SQLite would take it as the frame behind the one with `sums`, which move on.
        func isNext(of header: Header, _ sums: inout Sums, _ bytes: UnsafeRawBufferPointer) -> Bool {
            guard salts == header.salts, page != 0 else { return false }
            sums.add(bytes[..<8], isBigEndian: header.isBigEndian)
            sums.add(bytes[WriteAheadLog.frameHeaderLength...], isBigEndian: header.isBigEndian)
            return sums == self.sums
        }

        /// Frames that an earlier use of the file left have neither salt: the first is counted up and the second drawn
        /// anew each time. One of the two may be what is damaged.
        func belongs(to header: Header) -> Bool { salts.0 == header.salts.0 || salts.1 == header.salts.1 }

        static func == (lhs: Frame, rhs: Frame) -> Bool { lhs.offset == rhs.offset }
    }

    /// SQLite's running checksum (section 4.2).
    private struct Sums: Equatable {
        var first: UInt32
        var second: UInt32

        init(_ first: UInt32 = 0, _ second: UInt32 = 0) {
            self.first = first
            self.second = second
        }

        mutating func add(_ bytes: Slice<UnsafeRawBufferPointer>, isBigEndian: Bool) {
            let words = UnsafeRawBufferPointer(rebasing: bytes)
            for offset in stride(from: 0, to: words.count, by: 8) {
                first &+= words.word(offset, isBigEndian) &+ second
                second &+= words.word(offset + 4, isBigEndian) &+ first
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func bigEndian(_ offset: Int) -> UInt32 { word(offset, true) }

    fileprivate func word(_ offset: Int, _ isBigEndian: Bool) -> UInt32 {
        let word = loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
    }
}
