import CIM
import Testing

@testable import MOF

@Suite struct LiteralTests {
    // MARK: Integers

    @Test(arguments: [
        ("0", 0), ("00", 0), ("010", 8), ("0x10", 16), ("0X1f", 31), ("10b", 2), ("0B", 0), ("-0b", 0), ("+7", 7),
        ("-42", -42), ("-0x2A", -42), ("-052", -42), ("0x1b", 27), ("1B", 1),
    ])
    func integersAreDecimalOctalHexadecimalOrBinary(literal: String, expected: Int64) {
        #expect(value(literal, as: "sint64") == .sint64(expected))
    }

    @Test(arguments: [
        ("uint8", "0", "255"), ("uint16", "0", "65535"), ("uint32", "0", "4294967295"),
        ("uint64", "0", "18446744073709551615"), ("sint8", "-128", "127"), ("sint16", "-32768", "32767"),
        ("sint32", "-2147483648", "2147483647"), ("sint64", "-9223372036854775808", "9223372036854775807"),
    ])
    func everyIntegerTypeTakesItsExtremesAndNothingBeyond(type: String, least: String, most: String) {
        #expect(value(least, as: type)?.text == least)
        #expect(value(most, as: type)?.text == most)
        let above = "\(Int128(most)! + 1)"
        let below = "\(Int128(least)! - 1)"
        #expect(literalErrors(above, as: type) == ["2:1 valueRange"])
        #expect(literalErrors(below, as: type) == ["2:1 valueRange"])
    }

    @Test(arguments: ["08", "2b", "0x", "0xg", "12a", "1e3", "0b1", "1_000", "b", "99999999999999999999999"])
    func aMalformedNumberIsOneErrorAtItsPlace(literal: String) {
        let found = literalErrors(literal, as: "uint64")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("2:1 ") == true)
    }

    // MARK: Reals

    @Test(arguments: [
        ("1.5", 1.5), (".5", 0.5), ("-.0e-0", 0), ("+1.5E+3", 1500), ("1.5e-3", 0.0015), ("3", 3), ("0x10", 16),
    ])
    func realsHaveAPointAndPerhapsAnExponent(literal: String, expected: Double) {
        #expect(value(literal, as: "real64") == .real64(expected))
        #expect(value(literal, as: "real32") == .real32(Float(expected)))
    }

    @Test func realsOutOfRangeAreRefused() {
        #expect(value("1.7976931348623157e308", as: "real64") == .real64(.greatestFiniteMagnitude))
        #expect(literalErrors("1.0e309", as: "real64") == ["2:1 valueRange"])
        #expect(literalErrors("1.0e39", as: "real32") == ["2:1 valueRange"])
    }

    @Test(arguments: ["1.", "1.e3", "1.0e", "1.0e+", "1.2.3", "1.0x"])
    func aMalformedRealIsOneErrorAtItsPlace(literal: String) {
        #expect(literalErrors(literal, as: "real64") == ["2:1 number"])
    }

    // MARK: Strings

    @Test func escapesStandForTheirCharacters() {
        #expect(value(#""\b\t\n\f\r\"\'\\""#, as: "string") == .string("\u{8}\t\n\u{C}\r\"'\\"))
        #expect(value(#""\x41g\X42bc \x416""#, as: "string") == .string("Ag\u{42BC} \u{416}"))
        #expect(value(#""end \x9""#, as: "string") == .string("end \t"))
        #expect(value(#""\x00e9\x20ac1""#, as: "string") == .string("é€1"))
    }

    @Test func aSurrogatePairMayBeEscapedButNotHalfOfIt() {
        #expect(value(#""\xD83D\xDE00!""#, as: "string") == .string("😀!"))
        #expect(literalErrors(#""\xD83D!""#, as: "string") == ["2:2 escape"])
    }

    @Test func piecesOfAStringAreOneString() {
        #expect(value("\"a\" \"b\"\n /* between */ \"c\" // end\n\"\"", as: "string") == .string("abc"))
        #expect(value("\"a // b /* c */\"", as: "string") == .string("a // b /* c */"))
        #expect(value("\"é€😀\t\"", as: "string") == .string("é€😀\t"))
    }

    @Test func whatIsWrongInAStringIsFoundWhereItIs() {
        #expect(literalErrors(#""ab\)c""#, as: "string") == ["2:4 escape"])
        #expect(literalErrors(#""ab\)c\qd" "e\z""#, as: "string") == ["2:4 escape", "2:7 escape", "2:14 escape"])
        #expect(literalErrors(#""é\é""#, as: "string") == ["2:3 escape"])
        #expect(literalErrors(#""\x""#, as: "string") == ["2:2 escape"])
        #expect(literalErrors(#""\xg""#, as: "string") == ["2:2 escape"])
    }

    @Test func aStringEndsOnItsLine() {
        #expect(literalErrors("\"abc\n\"d\"", as: "string") == ["2:1 string"])
        #expect(errors("class T_X { string P = \"abc") == ["1:24 string"])
        #expect(errors("class T_X { string P = \"abc\\\";\n uint8 Q; };") == ["1:24 string"])
    }

    // MARK: Characters

    @Test(arguments: [
        ("'a'", UInt16(97)), ("'\"'", 34), (#"'\''"#, 39), (#"'\n'"#, 10), (#"'\x41'"#, 65), ("'é'", 0xE9),
        (#"'\xD800'"#, 0xD800),
    ])
    func aCharacterIsOneUnit(literal: String, expected: UInt16) {
        #expect(value(literal, as: "char16") == .char16(expected))
    }

    @Test(arguments: ["''", "'ab'", "'😀'", "'a"])
    func anythingElseBetweenQuotesIsNoCharacter(literal: String) {
        #expect(literalErrors(literal, as: "char16") == ["2:1 characterLiteral"])
    }

    // MARK: The others

    @Test func keywordsOfValuesHaveNoCase() {
        #expect(value("TRUE", as: "boolean") == .boolean(true))
        #expect(value("False", as: "boolean") == .boolean(false))
        #expect(value("nUlL", as: "boolean") == nil)
    }

    @Test(arguments: [
        "20160409061213.123456+120", "00000011111111.000000:000", "201604********.******+120",
    ])
    func datetimesAreCheckedStrings(literal: String) {
        #expect(value("\"\(literal)\"", as: "datetime") == .datetime(CIMDateTime(literal)!))
    }

    @Test func aDatetimeThatIsNoneIsRefused() {
        #expect(literalErrors("\"2016\"", as: "datetime") == ["2:1 valueType"])
        #expect(literalErrors("\"20161309061213.123456+120\"", as: "datetime") == ["2:1 valueType"])
    }

    @Test func arraysTakeBracesAndScalarsTakeNone() {
        #expect(value("{1, 2, NULL, 0x3}", as: "uint8[]") == .array(.uint8, [.uint8(1), .uint8(2), nil, .uint8(3)]))
        #expect(value("{}", as: "string[]") == .array(.string, []))
        #expect(value("NULL", as: "string[]") == nil)
        #expect(literalErrors("1", as: "uint8[]") == ["2:1 valueType"])
        #expect(literalErrors("{1}", as: "uint8") == ["2:1 valueType"])
        #expect(literalErrors("{1, 256, 3, -1}", as: "uint8[]") == ["2:5 valueRange", "2:13 valueRange"])
        #expect(literalErrors("{1, }", as: "uint8[]") == ["2:5 syntax"])
    }

    @Test(arguments: [
        ("5", "string"), ("5", "boolean"), ("5", "char16"), ("5", "datetime"), ("\"5\"", "uint8"),
        ("\"true\"", "boolean"), ("true", "uint8"), ("'a'", "string"), ("\"a\"", "char16"), ("1.0", "uint8"),
        ("1.0", "string"), ("$a", "string"),
    ])
    func aLiteralOfAnotherKindIsRefused(literal: String, type: String) {
        let code = literal == "$a" ? "alias" : "valueType"
        #expect(literalErrors(literal, as: type) == ["2:1 \(code)"])
    }
}
