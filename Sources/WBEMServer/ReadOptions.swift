import CIM

/// The options of GetClass and EnumerateClasses. Source: DSP0200 5.3.2.1, 5.3.2.9 (defaults included).
package struct ClassReadOptions: Sendable {
    package var localOnly = true
    package var includeQualifiers = true
    package var includeClassOrigin = false
    /// `nil`: all properties.
    package var propertyList: [String]?

    package init(
        localOnly: Bool = true, includeQualifiers: Bool = true, includeClassOrigin: Bool = false,
        propertyList: [String]? = nil
    ) {
        self.localOnly = localOnly
        self.includeQualifiers = includeQualifiers
        self.includeClassOrigin = includeClassOrigin
        self.propertyList = propertyList
    }

    /// What a resolved class looks like to a client that asked with these options.
    func project(_ resolved: CIMClass) -> CIMClass {
        var answer = resolved
        if localOnly {
            answer.properties.removeAll(where: \.propagated)
            answer.methods.removeAll(where: \.propagated)
        }
        let names = propertyList.map { Set($0.map { $0.lowercased() }) }
        if let names { answer.properties.removeAll { !names.contains($0.name.text.lowercased()) } }
        answer.qualifiers = project(answer.qualifiers)
        for index in answer.properties.indices {
            answer.properties[index].qualifiers = project(answer.properties[index].qualifiers)
            if !includeClassOrigin { answer.properties[index].classOrigin = nil }
        }
        for index in answer.methods.indices {
            answer.methods[index].qualifiers = project(answer.methods[index].qualifiers)
            if !includeClassOrigin { answer.methods[index].classOrigin = nil }
            for parameter in answer.methods[index].parameters.indices {
                let qualifiers = answer.methods[index].parameters[parameter].qualifiers
                answer.methods[index].parameters[parameter].qualifiers = project(qualifiers)
            }
        }
        return answer
    }

    private func project(_ qualifiers: [CIMQualifier]) -> [CIMQualifier] {
        guard includeQualifiers else { return [] }
        return localOnly ? qualifiers.filter { !$0.propagated } : qualifiers
    }
}

/// The options of GetInstance and EnumerateInstances that a server still honours.
///
/// LocalOnly and IncludeQualifiers are deprecated for instances; servers are advised to ignore them (DSP0200 5.3.2.2,
/// 5.3.2.11): with LocalOnly's default of TRUE taken at its word, a client that leaves it out would get no inherited
/// property.
package struct InstanceReadOptions: Sendable {
    /// EnumerateInstances only: also the properties that subclasses of the named class add.
    package var deepInheritance = true
    package var includeClassOrigin = false
    /// `nil`: all properties.
    package var propertyList: [String]?

    package init(deepInheritance: Bool = true, includeClassOrigin: Bool = false, propertyList: [String]? = nil) {
        self.deepInheritance = deepInheritance
        self.includeClassOrigin = includeClassOrigin
        self.propertyList = propertyList
    }

}

/// Cuts the instances of one class to what was asked for. Worked out once for all of them.
struct InstanceProjection: Sendable {
    private let className: CIMName
    private let shown: [CIMProperty]
    private let includeClassOrigin: Bool

    /// - Parameters:
    ///   - schema: the resolved class of the instances.
    ///   - asked: the resolved class that was enumerated; `nil` for GetInstance and for associations.
    init(_ options: InstanceReadOptions, schema: CIMClass, asked: CIMClass?) {
        className = schema.name
        includeClassOrigin = options.includeClassOrigin
        let listed = options.propertyList.map { Set($0.map { $0.lowercased() }) }
        let inherited = options.deepInheritance ? nil : asked.map { Set($0.properties.map(\.name)) }
        shown = schema.properties.filter { property in
            listed?.contains(property.name.text.lowercased()) ?? true && inherited?.contains(property.name) ?? true
        }
    }

    func callAsFunction(_ instance: CIMInstance) -> CIMInstance {
        let given = Dictionary(instance.properties.map { ($0.name, $0.value) }) { first, _ in first }
        return CIMInstance(
            className: className,
            properties: shown.map { property in
                CIMPropertyValue(
                    name: property.name, type: property.type, isArray: property.isArray,
                    value: given[property.name] ?? nil,
                    classOrigin: includeClassOrigin ? property.classOrigin : nil)
            })
    }
}
