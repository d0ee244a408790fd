/// A CIM datetime: a point in time or an interval, in its 25-character form. Source: DSP0004 5.2.4.
///
/// Fields that are not significant are asterisks and are kept as given.
package struct CIMDateTime: Hashable, Sendable, CustomStringConvertible {
    /// `yyyymmddhhmmss.mmmmmmsutc` or `ddddddddhhmmss.mmmmmm:000`.
    package let text: String

    package var description: String { text }
    package var isInterval: Bool { text.utf8.dropFirst(21).first == UInt8(ascii: ":") }

    /// Fails (`nil`) when the text is not one of the two forms or a field is out of its range.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 25, bytes[14] == UInt8(ascii: ".") else { return nil }
        let valid =
            switch bytes[21] {
            case UInt8(ascii: ":"): Self.isInterval(bytes)
            case UInt8(ascii: "+"), UInt8(ascii: "-"): Self.isTimestamp(bytes)
            default: false
            }
        guard valid else { return nil }
        self.text = text
    }

    /// A point in time, in UTC.
    /// - Parameter microseconds: since 1970-01-01T00:00:00Z; years 1 to 9999.
    package init(microsecondsSince1970 microseconds: Int64) {
        let (seconds, micro) = Self.floorDivide(microseconds, 1_000_000)
        let (days, secondOfDay) = Self.floorDivide(seconds, 86_400)
        let (year, month, day) = Self.civil(fromDays: days)
        let date = Self.padded(year, 4) + Self.padded(month, 2) + Self.padded(day, 2)
        self.text = date + Self.time(secondOfDay) + "." + Self.padded(micro, 6) + "+000"
    }

    /// An interval.
    /// - Parameter microseconds: not negative (a negative one counts as zero); up to 99,999,999 days.
    package init(intervalMicroseconds microseconds: Int64) {
        let (seconds, micro) = Self.floorDivide(max(0, microseconds), 1_000_000)
        let (days, secondOfDay) = Self.floorDivide(seconds, 86_400)
        self.text =
            Self.padded(min(days, 99_999_999), 8) + Self.time(secondOfDay) + "." + Self.padded(micro, 6) + ":000"
    }

    /// A point in time as microseconds since 1970-01-01T00:00:00Z, or an interval's length in
    /// microseconds; `nil` when a field is not significant.
    package var microseconds: Int64? {
        let bytes = Array(text.utf8)
        guard !bytes.contains(UInt8(ascii: "*")) else { return nil }
        func field(_ range: Range<Int>) -> Int64 { bytes[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) } }
        let clock = field(8..<10) * 3600 + field(10..<12) * 60 + field(12..<14)
        if isInterval { return (field(0..<8) * 86_400 + clock) * 1_000_000 + field(15..<21) }
        let days = Self.days(fromCivil: (field(0..<4), field(4..<6), field(6..<8)))
        let offset = field(22..<25) * (bytes[21] == UInt8(ascii: "-") ? -60 : 60)
        return (days * 86_400 + clock - offset) * 1_000_000 + field(15..<21)
    }

    // MARK: Validation

    private static func isTimestamp(_ bytes: [UInt8]) -> Bool {
        inRange(bytes[0..<4], 0...9999) && inRange(bytes[4..<6], 1...12) && inRange(bytes[6..<8], 1...31)
            && isClock(bytes) && bytes[22..<25].allSatisfy(isDigit)
    }

    private static func isInterval(_ bytes: [UInt8]) -> Bool {
        inRange(bytes[0..<8], 0...99_999_999) && isClock(bytes) && bytes[22..<25].allSatisfy { $0 == UInt8(ascii: "0") }
    }

    private static func isClock(_ bytes: [UInt8]) -> Bool {
        inRange(bytes[8..<10], 0...23) && inRange(bytes[10..<12], 0...59) && inRange(bytes[12..<14], 0...59)
            && isFraction(bytes[15..<21])
    }

    /// Digits, of which the last may be asterisks.
    private static func isFraction(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.drop(while: isDigit).allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func inRange(_ bytes: ArraySlice<UInt8>, _ range: ClosedRange<Int>) -> Bool {
        if bytes.allSatisfy({ $0 == UInt8(ascii: "*") }) { return true }
        guard bytes.allSatisfy(isDigit) else { return false }
        return range.contains(bytes.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    // MARK: Calendar (proleptic Gregorian, days since 1970-01-01)

    private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = floorDivide(shifted, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    private static func days(fromCivil date: (year: Int64, month: Int64, day: Int64)) -> Int64 {
        let (era, yearOfEra) = floorDivide(date.month <= 2 ? date.year - 1 : date.year, 400)
        let monthIndex = date.month > 2 ? date.month - 3 : date.month + 9
        let dayOfYear = (153 * monthIndex + 2) / 5 + date.day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func time(_ secondOfDay: Int64) -> String {
        padded(secondOfDay / 3600, 2) + padded(secondOfDay / 60 % 60, 2) + padded(secondOfDay % 60, 2)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
