import HypervisorAPI

extension WorldDescription {
    /// Whether the description is one of a possible world.
    /// - Throws: the first contradiction.
    package func validate() throws(SimulationError) {
        guard !hosts.isEmpty else { throw Self.error("the world has no hosts", "describe at least one") }
        try unique(hosts.map(\.name), "host name")
        try unique(hosts.map(\.uuid.text), "host UUID")
        let addresses = hosts.flatMap { $0.address == $0.name ? [$0.name] : [$0.name, $0.address] }
        try unique(addresses.map { $0.lowercased() }, "host name or address")
        for host in hosts { try validate(host) }
        let active = hosts.flatMap(\.guests).filter { $0.state != .shutOff }
        try unique(active.map(\.uuid.text), "UUID of a running guest")
        let names = Set(hosts.map(\.name))
        for name in storage.flatMap(\.hosts) + links.flatMap(\.hosts) where !names.contains(name) {
            throw Self.error("there is no host “\(name)”", "name one of \(names.sorted().joined(separator: ", "))")
        }
        for place in storage { try unique(place.volumes.map(\.name), "volume name in \(place.pool)") }
    }

    private func validate(_ host: HostDescription) throws(SimulationError) {
        try unique(host.guests.map(\.name), "guest name on \(host.name)")
        try unique(host.guests.map(\.uuid.text), "guest UUID on \(host.name)")
        try unique(storage.filter { $0.hosts.contains(host.name) }.map(\.pool), "pool name on \(host.name)")
        for guest in host.guests where guest.state != .shutOff && host.condition == .down {
            throw Self.error("“\(guest.name)” runs on “\(host.name)”, which is down", "shut it off or bring the host up")
        }
        let cpus = [host.cpu] + host.guests.compactMap(\.hardware.cpu)
        for cpu in cpus where CPUModels.features(of: cpu) == nil {
            throw Self.error("the CPU model “\(cpu.model)” is unknown", "use one of \(CPUModels.names.joined(separator: ", "))")
        }
    }

    private func unique(_ values: [String], _ what: String) throws(SimulationError) {
        var seen: Set<String> = []
        for value in values where !seen.insert(value).inserted {
            throw Self.error("the \(what) “\(value)” stands twice", "give each its own")
        }
    }

    private static func error(_ message: String, _ remedy: String) -> SimulationError {
        SimulationError(.invalidValue, message, remedy: remedy)
    }
}
