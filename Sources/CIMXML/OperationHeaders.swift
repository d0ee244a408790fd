import CIM

/// The HTTP extension headers that name the call outside of the message. Source: DSP0200 6.3.
extension CIMXMLRequest {
    /// What a client sends beside the message.
    package var operationHeaders: [(name: String, value: String)] {
        switch call {
        case .intrinsic, .method:
            [
                ("CIMOperation", "MethodCall"), ("CIMMethod", OperationHeaderText.encode(call.name.text)),
                ("CIMObject", OperationHeaderText.encode(operationObject)),
            ]
        case .export:
            [("CIMExport", "MethodRequest"), ("CIMExportMethod", OperationHeaderText.encode(call.name.text))]
        }
    }

    /// What CIMObject says, not encoded: the namespace of an operation, the path a method is called on; empty for an
    /// export.
    package var operationObject: String {
        switch call {
        case .intrinsic(let call): return call.namespace.text
        case .method(let call):
            var path = call.target
            path.host = nil
            return path.text
        case .export: return ""
        }
    }
}

/// Header values that hold names and paths: UTF-8 with percent escapes (DSP0200 6.3.3).
package enum OperationHeaderText {
    /// Escapes what HTTP does not carry safely (anything outside of visible ASCII and the blank), and `%` itself.
    package static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "%") {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a value may mean. pywbem sends `%` unescaped, so the text as it came is one reading; with escapes undone,
    /// as UTF-8 or else as Latin-1, it is another.
    package static func readings(_ value: String) -> [String] {
        guard value.utf8.contains(UInt8(ascii: "%")) else { return [value] }
        let bytes = unescaped(Array(value.utf8))
        let decoded =
            String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.map(Unicode.Scalar.init)))
        return decoded == value ? [value] : [decoded, value]
    }

    private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = hexadecimal(bytes[index + 1]), let low = hexadecimal(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
