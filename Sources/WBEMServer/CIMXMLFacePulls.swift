import CIM
import CIMXML

/// The pull operations. Source: DSP0200 5.3.2.24 to 5.3.2.34; the elements, DSP0201 5.2.6 (IRETURNVALUE).
extension IntrinsicOperation {
    func pullOperation() async throws(CIMError) -> IntrinsicAnswer {
        switch call.name {
        case "OpenEnumerateInstances": try await openEnumerate(.instancesWithPath)
        case "OpenEnumerateInstancePaths": try await openEnumerate(.instancePaths)
        case "OpenReferenceInstances": try await openReferences(.instancesWithPath)
        case "OpenReferenceInstancePaths": try await openReferences(.instancePaths)
        case "OpenAssociatorInstances": try await openAssociators(.instancesWithPath)
        case "OpenAssociatorInstancePaths": try await openAssociators(.instancePaths)
        case "OpenQueryInstances": try await openQuery()
        case "PullInstancesWithPath": try await pull(.instancesWithPath)
        case "PullInstancePaths": try await pull(.instancePaths)
        case "PullInstances": try await pull(.instances)
        case "CloseEnumeration": try closeEnumeration()
        case "EnumerationCount": try enumerationCount()
        default: throw CIMError(.notSupported, "There is no operation \(call.name).")
        }
    }

    // MARK: Opening

    private func openEnumerate(_ kind: EnumerationSessions.Kind) async throws(CIMError) -> IntrinsicAnswer {
        let (name, options, opening) = try parameters { (reader) throws(CIMError) in
            let name = try reader.className("ClassName")
            var options = InstanceReadOptions.pathsOnly
            if kind != .instancePaths {
                let deep = try reader.flag("DeepInheritance", default: true)
                options = try reader.pulledInstanceOptions()
                options.deepInheritance = deep
            }
            return (name, options, try reader.opening())
        }
        try opening.check(manager.enumerations)
        let filter = try opening.filter.map { filter throws(CIMError) in
            try manager.filter(filter.query, language: filter.language, on: name, in: namespace)
        }
        let results = try await manager.enumerateInstances(of: name, in: namespace, options, where: filter)
        return try await open(results, kind, opening)
    }

    private func openReferences(_ kind: EnumerationSessions.Kind) async throws(CIMError) -> IntrinsicAnswer {
        let asked = try traversal(kind) { (reader) throws(CIMError) in try reader.referenceQuery() }
        let results = try await manager.references(
            to: asked.path, in: namespace, asked.query, asked.options, missing: .isNotFound, where: asked.filter)
        return try await open(results, kind, asked.opening)
    }

    private func openAssociators(_ kind: EnumerationSessions.Kind) async throws(CIMError) -> IntrinsicAnswer {
        let asked = try traversal(kind) { (reader) throws(CIMError) in try reader.associatorQuery() }
        let results = try await manager.associators(
            of: asked.path, in: namespace, asked.query, asked.options, missing: .isNotFound, where: asked.filter)
        return try await open(results, kind, asked.opening)
    }

    private struct Traversal {
        var path: CIMObjectPath
        var query: AssociationQuery
        var options: InstanceReadOptions
        var opening: Opening
        var filter: BoundQuery?
    }

    /// What the Opens from an instance along its associations take.
    private func traversal(
        _ kind: EnumerationSessions.Kind,
        _ readQuery: (inout IntrinsicParameterReader) throws(CIMError) -> AssociationQuery
    ) throws(CIMError) -> Traversal {
        var asked = try parameters { (reader) throws(CIMError) in
            let path = try reader.instanceName("InstanceName")
            let query = try readQuery(&reader)
            let options = kind == .instancePaths ? .pathsOnly : try reader.pulledInstanceOptions()
            return Traversal(path: path, query: query, options: options, opening: try reader.opening())
        }
        try asked.opening.check(manager.enumerations)
        asked.filter = try resultFilter(asked.opening, asked.query)
        return asked
    }

    /// A filter of associations or associated instances names properties of ResultClass; without one there is no class
    /// that it could be held against.
    private func resultFilter(_ opening: Opening, _ query: AssociationQuery) throws(CIMError) -> BoundQuery? {
        guard let filter = opening.filter else { return nil }
        guard let resultClass = query.resultClass else {
            throw CIMError(
                .filteredEnumerationNotSupported, "\(call.name) takes a FilterQuery only together with a ResultClass.")
        }
        try manager.checkExists(resultClass, as: "ResultClass", try manager.served(namespace))
        return try manager.filter(filter.query, language: filter.language, on: resultClass, in: namespace)
    }

    private func openQuery() async throws(CIMError) -> IntrinsicAnswer {
        let (withClass, opening) = try parameters { (reader) throws(CIMError) in
            (try reader.flag("ReturnQueryResultClass", default: false), try reader.opening(needsQuery: true))
        }
        try opening.check(manager.enumerations)
        guard let query = opening.filter else { return .nothing }
        let answer = try await manager.query(query.query, language: query.language, in: namespace)
        let resultClass =
            withClass
            ? [CIMXMLArgument("QueryResultClass", CIMXMLTypedItem(type: nil, item: .class(answer.resultClass)))] : []
        return try await open(answer.results, .instances, opening, also: resultClass)
    }

    private func open(
        _ results: InstanceResults, _ kind: EnumerationSessions.Kind, _ opening: Opening,
        also arguments: [CIMXMLArgument] = []
    ) async throws(CIMError) -> IntrinsicAnswer {
        let portion = try await manager.enumerations.open(
            results, kind, claim, timeout: opening.timeout, count: Int(opening.maximumCount))
        return answer(portion, kind, also: arguments)
    }

    // MARK: Going on

    private func pull(_ kind: EnumerationSessions.Kind) async throws(CIMError) -> IntrinsicAnswer {
        let (context, count) = try parameters { (reader) throws(CIMError) in
            (try reader.text("EnumerationContext"), try reader.number("MaxObjectCount"))
        }
        return answer(try await manager.enumerations.pull(context, kind, claim, count: Int(count)), kind)
    }

    private func closeEnumeration() throws(CIMError) -> IntrinsicAnswer {
        let context = try parameters { (reader) throws(CIMError) in try reader.text("EnumerationContext") }
        try manager.enumerations.close(context, claim)
        return .nothing
    }

    /// An upper bound where there is a filter; NULL where a Pull is under way (DSP0200 5.3.2.34 allows both).
    private func enumerationCount() throws(CIMError) -> IntrinsicAnswer {
        let context = try parameters { (reader) throws(CIMError) in try reader.text("EnumerationContext") }
        return .items(try manager.enumerations.remaining(context, claim).map { [.value(String($0))] } ?? [])
    }

    private var claim: EnumerationSessions.Claim { .init(namespace: namespace, caller: caller) }

    /// EnumerationContext is NULL at the end of the sequence, and what is NULL is left out.
    private func answer(
        _ portion: EnumerationSessions.Portion, _ kind: EnumerationSessions.Kind, also arguments: [CIMXMLArgument] = []
    ) -> IntrinsicAnswer {
        let items = portion.objects.map { object -> CIMXMLItem in
            switch kind {
            case .instancesWithPath: .instanceWithPath(object.path.at(manager.hostName), object.instance)
            case .instancePaths: .instancePath(object.path.at(manager.hostName))
            case .instances: .instance(object.instance)
            }
        }
        var outputs = arguments
        if let context = portion.context {
            outputs.append(CIMXMLArgument("EnumerationContext", .string(context), type: .string))
        }
        outputs.append(CIMXMLArgument("EndOfSequence", .boolean(portion.context == nil), type: .boolean))
        return .whole(IntrinsicResult(items, outParameters: outputs))
    }
}

/// What all Open operations take.
private struct Opening {
    var filter: (query: String, language: String)?
    /// `nil`: the server's own.
    var timeout: Duration?
    var continueOnError: Bool
    var maximumCount: UInt32

    /// - Throws: 22, 26: they come before everything that is wrong with what is asked for.
    func check(_ enumerations: EnumerationSessions) throws(CIMError) {
        try enumerations.checked(timeout)
        guard continueOnError else { return }
        throw CIMError(
            .continuationOnErrorNotSupported, "ContinueOnError is not supported: leave it out or send FALSE.")
    }
}

extension IntrinsicParameterReader {
    fileprivate mutating func pulledInstanceOptions() throws(CIMError) -> InstanceReadOptions {
        InstanceReadOptions(
            includeClassOrigin: try flag("IncludeClassOrigin", default: false), propertyList: try propertyList())
    }

    fileprivate mutating func opening(needsQuery: Bool = false) throws(CIMError) -> Opening {
        let language = try optionalText("FilterQueryLanguage")
        let query = try optionalText("FilterQuery")
        if needsQuery && (query == nil || language == nil) || (query == nil) != (language == nil) {
            throw invalid("takes FilterQuery and FilterQueryLanguage together.")
        }
        var filter: (String, String)?
        if let query, let language { filter = (query, language) }
        return Opening(
            filter: filter, timeout: try optionalNumber("OperationTimeout").map { .seconds($0) },
            continueOnError: try flag("ContinueOnError", default: false),
            maximumCount: try optionalNumber("MaxObjectCount") ?? 0)
    }
}
