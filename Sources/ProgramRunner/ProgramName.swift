/// What the name of a file in a directory of checks says about it.
package enum ProgramName: Equatable, Sendable {
    case check
    /// A hidden file or what an editor, package manager or version control leaves beside a file.
    case leftover(reason: String)
    /// Anything else: it may be meant as a check, but its name is not one.
    case invalid

    /// Checks are named `[A-Za-z0-9][A-Za-z0-9._-]*`, without the suffixes below (in either case).
    package init(_ name: String) {
        let bytes = Array(name.utf8)
        let lowered = name.lowercased()
        if name.hasPrefix(".") {
            self = .leftover(reason: "its name begins with a dot")
        } else if name.hasPrefix("#") && name.hasSuffix("#") {
            self = .leftover(reason: "it is what an editor saves by itself")
        } else if let suffix = Self.leftoverSuffixes.first(where: { lowered.hasSuffix($0) }) {
            self = .leftover(reason: "its name ends in `\(suffix)'")
        } else if let first = bytes.first, Self.isAlphanumeric(first),
            bytes.allSatisfy({ Self.isAlphanumeric($0) || "._-".utf8.contains($0) })
        {
            self = .check
        } else {
            self = .invalid
        }
    }

    package static let leftoverSuffixes = [
        "~", ",v", ".bak", ".backup", ".old", ".orig", ".rej", ".save", ".swp", ".swo", ".swx", ".tmp", ".temp",
        ".part",
        ".rpmsave", ".rpmnew", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-tmp", ".dpkg-bak",
        ".dpkg-backup", ".dpkg-remove", ".ucf-old", ".ucf-new", ".ucf-dist", ".pacnew", ".pacsave", ".pacorig",
        ".cfsaved", ".disabled",
    ]

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
