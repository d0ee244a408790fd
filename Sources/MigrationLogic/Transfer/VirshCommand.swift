import HypervisorAPI

/// The `virsh` line that would do the same, for people who want to see or repeat it by hand.
package enum VirshCommand {
    package static func text(guest: String, sourceURI: String, _ transfer: Transfer) -> String {
        var words = ["virsh", "-c", sourceURI, "migrate"]
        switch transfer {
        case .offline(let offline):
            words += ["--offline", "--p2p", "--persistent", "--undefinesource", guest, offline.peerURI]
        case .live(let live):
            words += ["--live", "--p2p", "--abort-on-error"]
            if live.isPersistent { words += ["--persistent", "--undefinesource"] }
            if live.allowsUnsafeDisks { words += ["--unsafe"] }
            if !live.copiedDisks.isEmpty {
                words += ["--copy-storage-all", "--migrate-disks", live.copiedDisks.joined(separator: ",")]
            }
            words += [guest, live.peerURI]
            if let uri = live.migrationURI { words += ["--migrateuri", uri] }
            if let bandwidth = live.bandwidthMiBPerSecond { words += ["--bandwidth", String(bandwidth)] }
        }
        return words.map(quoted).joined(separator: " ")
    }

    /// A word as a POSIX shell reads it back unchanged.
    static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "@%+=:,./_-".utf8.contains(byte)
            }
        }
        if plain && !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
