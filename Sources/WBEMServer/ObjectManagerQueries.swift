import CIM

/// What a query answers, and what class its results look like.
package struct QueryAnswer: Sendable {
    package let results: InstanceResults
    package let resultClass: CIMClass
}

extension ObjectManager {
    /// ExecQuery and OpenQueryInstances. Source: DSP0200 5.3.2.13, 5.3.2.30.
    /// - Throws: 3, 14, 15, 29; and, while the results are read, 1.
    package func query(
        _ text: String, language: String, in namespace: CIMNamespace
    ) async throws(CIMError) -> QueryAnswer {
        let served = try served(namespace)
        let statement = try QueryParser.select(text, try Self.language(language, among: QueryLanguage.ofStatements))
        guard let schema = served.repository[statement.className.name] else {
            throw QueryLexer.invalid(
                "there is no class \(statement.className.name) in \(namespace)", at: statement.className.position)
        }
        let names = try statement.properties.map { names throws(CIMError) in
            try names.map { name throws(CIMError) in try BoundQuery.property(name, schema).name.text }
        }
        let condition = try statement.condition.map { condition throws(CIMError) in
            try BoundQuery(condition, of: schema, served.repository)
        }
        let results = try await enumerateInstances(
            of: schema.name, in: namespace, InstanceReadOptions(propertyList: names), where: condition)
        let shown = ClassReadOptions(localOnly: false, propertyList: names)
        return QueryAnswer(results: results, resultClass: shown.project(schema))
    }

    /// A filter of the Open operations.
    /// - Parameter className: whose properties it may name; `nil`: those of any object.
    /// - Throws: 3, 5, 14, 15, 29.
    package func filter(
        _ text: String, language: String, on className: CIMName, in namespace: CIMNamespace
    ) throws(CIMError) -> BoundQuery {
        let served = try served(namespace)
        let condition = try QueryParser.filter(text, try Self.language(language, among: [.fql]))
        return try BoundQuery(condition, of: try schema(of: className, served), served.repository)
    }

    private static func language(_ name: String, among known: [QueryLanguage]) throws(CIMError) -> QueryLanguage {
        guard let language = known.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
            throw CIMError(
                .queryLanguageNotSupported,
                "The query language \"\(name.prefix(64))\" is not supported here; supported is "
                    + "\(known.map(\.rawValue).joined(separator: ", ")).")
        }
        return language
    }
}
