/// The intrinsic data types of CIM 2.x, and `reference`. Source: DSP0004 5.2 (table 2).
package enum CIMType: String, Hashable, Sendable, CaseIterable {
    case boolean, string, char16, datetime, reference
    case uint8, uint16, uint32, uint64
    case sint8, sint16, sint32, sint64
    case real32, real64

    /// Reads a type's name in any case (`UINT32`); `nil` when there is no such type.
    package init?(name: String) {
        self.init(rawValue: name.lowercased())
    }

    package var isInteger: Bool {
        switch self {
        case .uint8, .uint16, .uint32, .uint64, .sint8, .sint16, .sint32, .sint64: true
        case .boolean, .string, .char16, .datetime, .reference, .real32, .real64: false
        }
    }

    package var isReal: Bool { self == .real32 || self == .real64 }
    package var isNumeric: Bool { isInteger || isReal }
}
