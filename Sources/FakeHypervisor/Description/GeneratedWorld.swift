import HypervisorAPI

extension WorldDescription {
    /// A world made up from a number: the same for the same arguments. Hosts `host1`, `host2`, ... share
    /// `/srv/shared`; guests `guest1`, ... are spread over them and differ in memory, load, persistence and state.
    /// - Parameters:
    ///   - hosts: 1 to 1000.
    ///   - guests: 0 to 100,000.
    package static func generated(seed: UInt64, hosts: Int, guests: Int) throws(SimulationError) -> WorldDescription {
        guard (1...1000).contains(hosts), (0...100_000).contains(guests) else {
            throw SimulationError(
                .invalidValue, "\(hosts) hosts with \(guests) guests", remedy: "use 1 to 1000 hosts, up to 100,000 guests")
        }
        var random = SeededGenerator(seed: seed)
        var described = (1...hosts).map { HostDescription(name: "host\($0)", uuid: random.uuid()) }
        for number in 0..<guests {
            let host = Int.random(in: 0..<hosts, using: &random)
            described[host].guests.append(guest(number + 1, &random))
        }
        let shared = StorageDescription(pool: "shared", path: "/srv/shared", hosts: described.map(\.name))
        return WorldDescription(hosts: described, storage: [shared])
    }

    private static func guest(_ number: Int, _ random: inout SeededGenerator) -> GuestDescription {
        let memory = UInt64([256, 512, 1024, 2048, 4096].randomElement(using: &random) ?? 1024)
        let name = "guest\(number)"
        let isOff = Int.random(in: 0..<5, using: &random) == 0
        let isHard = Int.random(in: 0..<10, using: &random) == 0
        let rate = isHard ? 5000 : Double.random(in: 0...200, using: &random)
        return GuestDescription(
            name: name, uuid: random.uuid(), state: isOff ? .shutOff : .running,
            isPersistent: isOff || Int.random(in: 0..<4, using: &random) > 0,
            hardware: Hardware(
                memoryMiB: memory, cpu: CPUDescription(model: "Haswell"),
                disks: [DiskDescription(target: "vda", path: "/srv/shared/\(name).qcow2")], dirtyMiBPerSecond: rate))
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func uuid() -> DomainUUID {
        while true {
            let digits = [next(), next()].map { number in
                let text = String(number, radix: 16)
                return String(repeating: "0", count: 16 - text.count) + text
            }
            if let uuid = DomainUUID(digits.joined()) { return uuid }
        }
    }
}
