import CIM

/// A condition whose names are those of a class, ready to be asked of its instances.
///
/// A comparison with NULL is neither true nor false, and NOT does not change that: only what is true is accepted.
package struct BoundQuery: Sendable {
    private indirect enum Condition: Sendable {
        case all([Condition])
        case any([Condition])
        case not(Condition)
        case comparison(CIMName, QueryComparison, Constant)
        case isNull(CIMName)
        case like(CIMName, LikePattern)
        /// The classes that the instance may be of.
        case isOf(Set<CIMName>)
    }

    /// What a property is compared with, in the property's own kind.
    private enum Constant: Sendable {
        case text(String)
        case integer(Int128)
        case real(Double)
        case flag(Bool)
        case moment(CIMDateTime)
        case path(CIMObjectPath)
    }

    private let condition: Condition

    /// - Throws: 15 for names that the class does not have and constants that do not fit, 29.
    init(_ condition: QueryCondition, of schema: CIMClass, _ repository: ClassRepository) throws(CIMError) {
        self.condition = try Self.bind(condition, schema, repository)
    }

    /// - Parameter instance: whole, with all its properties.
    package func accepts(_ instance: CIMInstance) -> Bool { Self.value(condition, instance) == true }

    // MARK: Binding

    private static func bind(
        _ condition: QueryCondition, _ schema: CIMClass, _ repository: ClassRepository
    ) throws(CIMError) -> Condition {
        switch condition {
        case .all(let terms):
            return .all(try terms.map { term throws(CIMError) in try bind(term, schema, repository) })
        case .any(let terms):
            return .any(try terms.map { term throws(CIMError) in try bind(term, schema, repository) })
        case .not(let term): return .not(try bind(term, schema, repository))
        case .isNull(let name): return .isNull(try property(name, schema).name)
        case .like(let name, let pattern):
            let property = try scalar(name, schema)
            guard property.type == .string else { throw QueryLexer.invalid("LIKE takes strings", at: name.position) }
            return .like(property.name, pattern)
        case .isa(let name):
            guard repository[name.name] != nil else {
                throw QueryLexer.invalid("there is no class \(name.name)", at: name.position)
            }
            return .isOf(Set([name.name] + repository.subclasses(of: name.name, deep: true)))
        case .isOfClass(let text): return .isOf(CIMName(text).map { [$0] } ?? [])
        case .comparison(let name, let comparison, let literal):
            let property = try scalar(name, schema)
            let constant = try constant(literal, for: property, comparison, at: name.position, repository)
            return .comparison(property.name, comparison, constant)
        }
    }

    static func property(_ name: QueryName, _ schema: CIMClass) throws(CIMError) -> CIMProperty {
        guard let property = schema.property(name.name) else {
            throw QueryLexer.invalid("\(schema.name) has no property \(name.name)", at: name.position)
        }
        return property
    }

    private static func scalar(_ name: QueryName, _ schema: CIMClass) throws(CIMError) -> CIMProperty {
        let property = try property(name, schema)
        guard !property.isArray, property.embedding == nil else {
            throw CIMError(
                .queryFeatureNotSupported,
                "Character \(name.position) of the query: \(name.name) is \(property.isArray ? "an array" : "an embedded object")"
                    + ", and comparisons of those are not supported.")
        }
        return property
    }

    private static func constant(
        _ literal: QueryLiteral, for property: CIMProperty, _ comparison: QueryComparison, at position: Int,
        _ repository: ClassRepository
    ) throws(CIMError) -> Constant {
        let isOrder = comparison != .equal && comparison != .notEqual
        switch (property.type, literal) {
        case (.string, .string(let text)), (.char16, .string(let text)): return .text(text)
        case (.boolean, .boolean(let flag)) where !isOrder: return .flag(flag)
        case (let type, .integer(let number)) where type.isInteger: return .integer(number)
        case (let type, .integer(let number)) where type.isReal: return .real(Double(number))
        case (let type, .real(let number)) where type.isNumeric: return .real(number)
        case (.datetime, .string(let text)):
            if let moment = CIMDateTime(text) { return .moment(moment) }
        case (.reference, .string(let text)) where !isOrder:
            do { return .path(try repository.normalized(try CIMObjectPath(text: text))) } catch {
                throw QueryLexer.invalid("\(property.name): \(error.message)", at: position)
            }
        default: break
        }
        throw QueryLexer.invalid(
            "\(property.name) is a \(property.type.rawValue) and cannot be compared so with what is given", at: position
        )
    }

    // MARK: Asking

    /// `nil`: neither true nor false.
    private static func value(_ condition: Condition, _ instance: CIMInstance) -> Bool? {
        switch condition {
        case .all(let terms):
            var unknown = false
            for term in terms {
                guard let value = value(term, instance) else {
                    unknown = true
                    continue
                }
                if !value { return false }
            }
            return unknown ? nil : true
        case .any(let terms):
            var unknown = false
            for term in terms {
                guard let value = value(term, instance) else {
                    unknown = true
                    continue
                }
                if value { return true }
            }
            return unknown ? nil : false
        case .not(let term): return value(term, instance).map { !$0 }
        case .isNull(let name): return instance[name] == nil
        case .like(let name, let pattern): return instance[name]?.stringValue.map(pattern.matches)
        case .isOf(let classes): return classes.contains(instance.className)
        case .comparison(let name, let comparison, let constant):
            return instance[name].flatMap { compare($0, comparison, constant) }
        }
    }

    private static func compare(_ value: CIMValue, _ comparison: QueryComparison, _ constant: Constant) -> Bool? {
        switch constant {
        case .text(let text): value.text.map { comparison.holds($0, text) }
        case .integer(let number): integer(value).map { comparison.holds($0, number) }
        case .real(let number): real(value).map { comparison.holds($0, number) }
        case .flag(let flag): value.booleanValue.map { ($0 == flag) == (comparison == .equal) }
        case .moment(let moment): compare(value, comparison, moment)
        case .path(let path): value.referenceValue.map { names($0, path) == (comparison == .equal) }
        }
    }

    private static func integer(_ value: CIMValue) -> Int128? {
        if case .uint64(let number) = value { return Int128(number) }
        return value.integerValue.map { Int128($0) }
    }

    private static func real(_ value: CIMValue) -> Double? {
        switch value {
        case .real64(let number): number
        case .real32(let number): Double(number)
        default: integer(value).map { Double($0) }
        }
    }

    /// A point in time and an interval have no order; nor have two of which fields are unknown.
    private static func compare(_ value: CIMValue, _ comparison: QueryComparison, _ moment: CIMDateTime) -> Bool? {
        guard case .datetime(let own) = value, own.isInterval == moment.isInterval,
            let left = own.microseconds, let right = moment.microseconds
        else { return nil }
        return comparison.holds(left, right)
    }

    /// Whether a reference is the path that was written, which may leave out the namespace.
    private static func names(_ reference: CIMObjectPath, _ path: CIMObjectPath) -> Bool {
        var reference = reference
        reference.host = path.host
        if path.namespace == nil { reference.namespace = nil }
        return reference == path
    }
}
