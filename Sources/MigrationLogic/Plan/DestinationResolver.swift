import HypervisorAPI

/// Finds the host that a client's destination stands for.
///
/// A client may name a configured host (name, address or exact URI). Anything else is refused unless the
/// configuration allows unlisted hosts, and then only a bare name or address is taken: a client's URI, with
/// its query, user and transport, never reaches libvirt (`h/system?command=...` over SSH runs a command there).
package struct DestinationResolver: Sendable {
    package var hosts: [HostDescription]
    package var allowsUnlistedHosts: Bool
    package var unlistedTransport: TransportKind
    /// The driver part of an unlisted host's URI (`qemu`).
    package var unlistedDriver: String

    package init(
        hosts: [HostDescription], allowsUnlistedHosts: Bool = false, unlistedTransport: TransportKind = .ssh,
        unlistedDriver: String = "qemu"
    ) {
        self.hosts = hosts
        self.allowsUnlistedHosts = allowsUnlistedHosts
        self.unlistedTransport = unlistedTransport
        self.unlistedDriver = unlistedDriver
    }

    package func resolve(
        _ destination: String, transport: TransportKind? = nil
    ) throws(RequestError) -> HostDescription {
        guard !destination.isEmpty else {
            throw RequestError(.invalidDestination, "The destination is empty. Name a host: \(knownNames).")
        }
        if let host = try configured(destination) { return host }
        guard destination.utf8.count <= 253, HostAddress.isNameOrAddress(destination) else {
            throw RequestError(
                .invalidDestination,
                "\(Self.quoted(destination)) is neither a configured host (\(knownNames)) nor a host name or address. "
                    + "A URI is taken only when it is exactly the one that the configuration gives a host.")
        }
        guard allowsUnlistedHosts else {
            throw RequestError(
                .noSuchHost,
                "No such host: \(destination). Configured hosts: \(knownNames). "
                    + "Add it to `hosts` in the configuration, or set migration.allowUnlistedHosts.")
        }
        return unlisted(destination, transport ?? unlistedTransport)
    }

    private func configured(_ destination: String) throws(RequestError) -> HostDescription? {
        let wanted = destination.lowercased()
        if let host = hosts.first(where: { $0.name.lowercased() == wanted }) { return host }
        if let host = hosts.first(where: { $0.uri == destination || $0.peerURI == destination }) { return host }
        let found = hosts.filter { Self.addresses(of: $0).contains(wanted) }
        guard found.count <= 1 else {
            throw RequestError(
                .invalidDestination,
                "\(destination) is the address of \(found.map(\.name).joined(separator: " and ")). Name one of them.")
        }
        return found.first
    }

    private static func addresses(of host: HostDescription) -> [String] {
        [host.migrationAddress, HypervisorURI(host.uri)?.host, host.peerURI.flatMap { HypervisorURI($0)?.host }]
            .compactMap { $0?.lowercased() }
    }

    private func unlisted(_ address: String, _ transport: TransportKind) -> HostDescription {
        let authority = address.contains(":") ? "[\(address)]" : address
        let uri = "\(unlistedDriver)+\(transport.scheme)://\(authority)/system"
        return HostDescription(name: address, uri: uri, peerURI: uri, isUnlisted: true)
    }

    private var knownNames: String {
        hosts.isEmpty ? "none is configured" : hosts.map(\.name).joined(separator: ", ")
    }

    private static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }.joined()
        return "'\(shown)'"
    }
}

/// Strict forms of a host's name or address.
package enum HostAddress {
    /// A DNS name (RFC 1123: labels of letters, digits and inner hyphens), a dotted IPv4 address or an IPv6 address.
    package static func isNameOrAddress(_ text: String) -> Bool {
        text.contains(":") ? isIPv6(text) : isName(text)
    }

    private static func isName(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy(isLabel) else { return false }
        // A name whose last label is a number is an IPv4 address or a mistake (RFC 1123 2.1).
        guard let last = labels.last, last.allSatisfy(isDigit) else { return true }
        return labels.count == 4
            && labels.allSatisfy { label in
                label.count <= 3 && label.allSatisfy(isDigit) && (UInt16(Substring(label)) ?? 256) <= 255
            }
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
            return false
        }
        return label.allSatisfy { byte in
            isDigit(byte) || byte == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
    }

    private static func isIPv6(_ text: String) -> Bool {
        let halves = text.components(separatedBy: "::")
        guard halves.count <= 2 else { return false }
        let groups = halves.map { $0.isEmpty ? [] : $0.split(separator: ":", omittingEmptySubsequences: false) }
        guard groups.joined().allSatisfy(isGroup) else { return false }
        let count = groups.joined().count
        return halves.count == 2 ? count <= 7 : count == 8
    }

    private static func isGroup(_ group: Substring) -> Bool {
        (1...4).contains(group.utf8.count) && UInt16(group, radix: 16) != nil && group.first != "+"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension String {
    /// The parts between occurrences of a separator, empty ones included.
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = Substring(self)
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
