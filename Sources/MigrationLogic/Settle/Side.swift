/// One of a migration's two ends.
package enum Side: String, Hashable, Sendable, Codable, CaseIterable {
    case source, destination

    package var other: Side { self == .source ? .destination : .source }
}

extension MigrationPlan {
    package func host(_ side: Side) -> HostDescription { side == .source ? source : destination }
}
