import CIM

/// An instance with its path, as operations answer it.
package struct LocatedInstance: Hashable, Sendable {
    /// With its namespace, without a host.
    package let path: CIMObjectPath
    package let instance: CIMInstance

    package init(path: CIMObjectPath, instance: CIMInstance) {
        self.path = path
        self.instance = instance
    }
}

/// What an operation that answers many instances found: a snapshot and a position in it. Each instance is made, compared
/// with the schema and cut to what was asked for when it is asked for, so that an answer of any length costs the memory
/// of one instance.
package struct InstanceResults: Sendable {
    /// Instances that are made the same way.
    struct Part: Sendable {
        let count: Int
        /// `nil`: not an answer, go on with the next.
        let make: @Sendable (Int) async throws(CIMError) -> LocatedInstance?
    }

    /// How many may be made before others get their turn on the thread.
    static let madeAtOnce = 64

    private var parts: ArraySlice<Part>
    private var position = 0

    init(_ parts: [Part]) { self.parts = parts[...] }

    /// How many there may still be at most.
    package var remaining: Int { parts.reduce(-position) { $0 + $1.count } }

    /// The next instance; `nil` after the last.
    package mutating func next() async throws(CIMError) -> LocatedInstance? {
        var passedOver = 0
        while let part = parts.first {
            while position < part.count {
                position += 1
                if let found = try await part.make(position - 1) { return found }
                passedOver += 1
                if passedOver.isMultiple(of: Self.madeAtOnce) { await Task.yield() }
            }
            parts = parts.dropFirst()
            position = 0
        }
        return nil
    }

    /// The results that a condition holds for.
    func filtered(_ condition: @escaping @Sendable (LocatedInstance) -> Bool) -> InstanceResults {
        map { condition($0) ? $0 : nil }
    }

    /// Results made of these; `nil` leaves one out.
    func map(_ transform: @escaping @Sendable (LocatedInstance) -> LocatedInstance?) -> InstanceResults {
        InstanceResults(
            parts.map { part in
                Part(count: part.count) { position throws(CIMError) in
                    try await part.make(position).flatMap(transform)
                }
            })
    }

    /// All that are left: for answers that are small by their nature, and for tests.
    package func all() async throws(CIMError) -> [LocatedInstance] {
        var rest = self
        var found: [LocatedInstance] = []
        while let next = try await rest.next() { found.append(next) }
        return found
    }
}
