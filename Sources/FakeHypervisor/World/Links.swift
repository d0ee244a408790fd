/// The links between hosts, by the hosts' places.
struct Links: Sendable {
    struct Key: Hashable, Sendable {
        let low: Int
        let high: Int

        init(_ first: Int, _ second: Int) {
            low = min(first, second)
            high = max(first, second)
        }
    }

    private let defaultMiBPerSecond: Double
    private var bandwidths: [Key: Double] = [:]
    private var cut: Set<Key> = []

    /// - Precondition: the description is valid.
    init(_ description: WorldDescription) {
        defaultMiBPerSecond = description.linkMiBPerSecond
        for link in description.links {
            let places = link.hosts.compactMap { name in description.hosts.firstIndex { $0.name == name } }
            guard places.count == 2 else { continue }
            let key = Key(places[0], places[1])
            bandwidths[key] = link.bandwidthMiBPerSecond
            if link.isCut { cut.insert(key) }
        }
    }

    func isCut(_ key: Key) -> Bool { cut.contains(key) }

    mutating func setCut(_ key: Key, _ isCut: Bool) {
        if isCut { cut.insert(key) } else { cut.remove(key) }
    }

    /// MiB/s.
    func bandwidth(_ key: Key) -> Double { bandwidths[key] ?? defaultMiBPerSecond }
}
