import CIM

/// The languages of queries that are understood, each in part.
package enum QueryLanguage: String, Hashable, Sendable, CaseIterable {
    /// Microsoft's, which libvirt-cim's tools speak.
    case wql = "WQL"
    /// DSP0202.
    case cql = "DMTF:CQL"
    /// DSP0212: the condition alone, for the filters of enumerations.
    case fql = "DMTF:FQL"

    /// The languages of whole statements, which ExecQuery and OpenQueryInstances take.
    package static let ofStatements: [QueryLanguage] = [.wql, .cql]

    /// Whether LIKE takes `%` and `_`; in the languages of the DMTF it takes regular expressions, which are not supported.
    var hasWildcards: Bool { self == .wql }
}

enum QueryComparison: String, Hashable, Sendable {
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// The comparison with its sides exchanged.
    var mirrored: QueryComparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }

    /// Whether it holds for two values in this order.
    func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}

enum QueryLiteral: Hashable, Sendable {
    case string(String)
    case integer(Int128)
    case real(Double)
    case boolean(Bool)
    case null
}

/// A name in a query, with its place for messages.
struct QueryName: Hashable, Sendable {
    let name: CIMName
    let position: Int
}

/// A condition as it was written; names are not looked up yet.
indirect enum QueryCondition: Hashable, Sendable {
    case all([QueryCondition])
    case any([QueryCondition])
    case not(QueryCondition)
    case comparison(QueryName, QueryComparison, QueryLiteral)
    case isNull(QueryName)
    case like(QueryName, LikePattern)
    /// The instance is of this class or a subclass.
    case isa(QueryName)
    /// The instance is of exactly this class.
    case isOfClass(String)
}

/// `SELECT ... FROM ... [WHERE ...]`.
struct SelectStatement: Hashable, Sendable {
    /// `nil`: all.
    let properties: [QueryName]?
    let className: QueryName
    let condition: QueryCondition?
}
