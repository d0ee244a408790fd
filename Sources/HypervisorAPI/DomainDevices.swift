import XML

/// A disk lease: a lock manager lets one host at a time hold it. Source: libvirt, "Domain XML format", "Device leases".
package struct Lease: Hashable, Sendable {
    /// `nil`: the lock manager's own.
    package let lockspace: String?
    package let key: String
    /// The file that holds the lease.
    package let path: String?

    init(element: XMLElement) {
        lockspace = element.first("lockspace")?.text
        key = element.first("key")?.text ?? ""
        path = element.first("target")?["path"]
    }
}

/// A `<tpm>` element. Source: libvirt, "Domain XML format", "TPM device".
package struct TPM: Hashable, Sendable {
    package enum Backend: Hashable, Sendable {
        /// Software that keeps its state in files of the host (swtpm).
        case emulator
        /// The host's own TPM.
        case passthrough
        /// Software that something else runs.
        case external
        /// A kind that migrationd does not know, by the name libvirt gives it.
        case other(String)

        init(_ name: String) {
            self =
                switch name {
                case "emulator": .emulator
                case "passthrough": .passthrough
                case "external": .external
                default: .other(name)
                }
        }
    }

    /// `tpm-tis`, `tpm-crb`, ...; `nil`: the hypervisor chooses.
    package let model: String?
    package let backend: Backend
    /// An emulator keeps its state when the domain stops (`persistent_state`).
    package let keepsState: Bool

    init(element: XMLElement) {
        let backend = element.first("backend")
        model = element["model"]
        self.backend = Backend(backend?["type"] ?? "")
        keepsState = backend?["persistent_state"] == "yes"
    }
}

/// Where a domain's firmware keeps its variables. Source: libvirt, "Domain XML format", "BIOS bootloader".
enum NVRAM {
    /// - Parameter element: `<nvram>`: the path is its text, or, since libvirt 8.5, that of its `<source>`.
    static func path(_ element: XMLElement) -> String? {
        if let source = element.first("source") { return source["file"] ?? source["dev"] }
        let text = element.text.drop(while: \.isWhitespace)
        let path = text[..<(text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? text.startIndex)]
        return path.isEmpty ? nil : String(path)
    }
}
