import HypervisorAPI

/// How values of a world's description are read, and what they may be.
enum Bounds {
    static func string(_ node: StrictNode) throws(SimulationError) -> String { try node.string() }

    static func uuid(_ node: StrictNode) throws(SimulationError) -> DomainUUID {
        guard let uuid = DomainUUID(try node.string()) else {
            throw node.invalid("that is no UUID", remedy: "write 32 hexadecimal digits, usually 8-4-4-4-12")
        }
        return uuid
    }

    /// `7.2.0`, as major × 1,000,000 + minor × 1,000 + release.
    static func version(_ node: StrictNode) throws(SimulationError) -> UInt64 {
        let parts = try node.string().split(separator: ".", omittingEmptySubsequences: false).map { UInt64($0) }
        guard parts.count == 3, let major = parts[0], let minor = parts[1], let release = parts[2],
            major <= 1000, minor < 1000, release < 1000
        else { throw node.invalid("that is no version", remedy: "write three numbers: 7.2.0") }
        return major * 1_000_000 + minor * 1000 + release
    }

    static func path(_ node: StrictNode) throws(SimulationError) -> String {
        let path = try node.string()
        guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.split(separator: "/").contains("..") else {
            throw node.invalid("“\(path)” is no absolute path", remedy: "write it from the root: /srv/images")
        }
        return path
    }

    static func size(_ node: StrictNode) throws(SimulationError) -> UInt64 {
        UInt64(try node.integer(1...1_000_000_000))
    }

    static func memory(_ node: StrictNode) throws(SimulationError) -> UInt64? { try size(node) }

    /// MiB/s of a link.
    static func bandwidth(_ node: StrictNode) throws(SimulationError) -> Double { try node.number(0.001...1_000_000) }

    /// MiB/s at which a guest writes.
    static func rate(_ node: StrictNode) throws(SimulationError) -> Double { try node.number(0...1_000_000) }

    /// Seconds, up to a year.
    static func seconds(_ node: StrictNode) throws(SimulationError) -> Duration {
        .seconds(try node.number(0...31_536_000))
    }
}
