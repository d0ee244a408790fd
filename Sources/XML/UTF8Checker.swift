/// Checks bytes one by one for being UTF-8 (RFC 3629) and characters of XML 1.0 (production 2, `Char`).
struct UTF8Checker {
    enum Verdict { case accepted, malformed, forbidden }

    /// Continuation bytes still to come.
    private var awaited = 0
    /// What the next continuation byte may be: overlong forms and surrogates are excluded by the second byte.
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF
    /// After EF BF: U+FFFE and U+FFFF end in BE and BF.
    private var atPlaneEnd = false
    private var lead: UInt8 = 0

    /// Whether no character is half read.
    var isComplete: Bool { awaited == 0 }

    mutating func check(_ byte: UInt8) -> Verdict {
        awaited == 0 ? begin(byte) : proceed(byte)
    }

    private mutating func begin(_ byte: UInt8) -> Verdict {
        switch byte {
        case 0x20..<0x80, 0x09, 0x0A, 0x0D: return .accepted
        case 0..<0x20: return .forbidden
        case 0xC2...0xDF: expect(1, 0x80...0xBF)
        case 0xE0: expect(2, 0xA0...0xBF)
        case 0xED: expect(2, 0x80...0x9F)
        case 0xE1...0xEF: expect(2, 0x80...0xBF)
        case 0xF0: expect(3, 0x90...0xBF)
        case 0xF1...0xF3: expect(3, 0x80...0xBF)
        case 0xF4: expect(3, 0x80...0x8F)
        default: return .malformed
        }
        lead = byte
        return .accepted
    }

    private mutating func proceed(_ byte: UInt8) -> Verdict {
        guard allowed.contains(byte) else { return .malformed }
        awaited -= 1
        allowed = 0x80...0xBF
        if atPlaneEnd {
            atPlaneEnd = false
            return byte >= 0xBE ? .forbidden : .accepted
        }
        atPlaneEnd = lead == 0xEF && awaited == 1 && byte == 0xBF
        return .accepted
    }

    private mutating func expect(_ count: Int, _ range: ClosedRange<UInt8>) {
        awaited = count
        allowed = range
    }
}
