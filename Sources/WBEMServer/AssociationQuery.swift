import CIM

/// What Associators, References and their kin take beside the object they start from; `nil` does not narrow anything.
/// Source: DSP0200 5.3.2.14 to 5.3.2.17.
package struct AssociationQuery: Hashable, Sendable {
    /// Associators only: the association class, subclasses included.
    package var associationClass: CIMName?
    /// The class of what is answered, subclasses included: the associated objects, or for References the associations.
    package var resultClass: CIMName?
    /// The reference by which the association refers to the object.
    package var role: CIMName?
    /// Associators only: the reference by which it refers to what is answered.
    package var resultRole: CIMName?

    package init(
        associationClass: CIMName? = nil, resultClass: CIMName? = nil, role: CIMName? = nil, resultRole: CIMName? = nil
    ) {
        self.associationClass = associationClass
        self.resultClass = resultClass
        self.role = role
        self.resultRole = resultRole
    }

    /// Whether an association refers to an object in the role that was asked for.
    func refers(_ association: CIMInstance, to path: CIMObjectPath, in namespace: CIMNamespace) -> Bool {
        references(of: association, in: namespace).contains { $0.path == path && isRole($0.name) }
    }

    /// The other ends of an association that refers to an object.
    func ends(of association: CIMInstance, from path: CIMObjectPath, in namespace: CIMNamespace) -> [CIMObjectPath] {
        let references = references(of: association, in: namespace)
        let sources = references.filter { $0.path == path && isRole($0.name) }.map(\.name)
        return references.filter { end in
            sources.contains { $0 != end.name } && (resultRole.map { $0 == end.name } ?? true)
        }.map(\.path)
    }

    private func isRole(_ name: CIMName) -> Bool { role.map { $0 == name } ?? true }

    private func references(
        of association: CIMInstance, in namespace: CIMNamespace
    ) -> [(name: CIMName, path: CIMObjectPath)] {
        association.properties.compactMap { property in
            guard var path = property.value?.referenceValue else { return nil }
            path.namespace = path.namespace ?? namespace
            return (property.name, path)
        }
    }

    // MARK: Between classes

    /// Whether an association class can refer to objects of a class in the role that was asked for.
    func refers(_ association: CIMClass, to name: CIMName, _ repository: ClassRepository) -> Bool {
        !sources(of: association, for: name, repository).isEmpty
    }

    /// The classes at the other ends of an association class that can refer to objects of a class.
    func ends(of association: CIMClass, from name: CIMName, _ repository: ClassRepository) -> [CIMName] {
        let sources = sources(of: association, for: name, repository)
        return association.properties.filter { end in
            end.type == .reference && sources.contains { $0 != end.name }
                && (resultRole.map { $0 == end.name } ?? true)
        }.compactMap(\.referenceClass)
    }

    /// A reference to a class takes objects of all its subclasses.
    private func sources(of association: CIMClass, for name: CIMName, _ repository: ClassRepository) -> [CIMName] {
        association.properties.filter { property in
            isRole(property.name) && property.referenceClass.map { repository.isSubclass(name, of: $0) } == true
        }.map(\.name)
    }
}
