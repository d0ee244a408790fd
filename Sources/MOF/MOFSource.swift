/// A text to compile: its bytes as they are in the file, and the name that diagnostics call it by.
package struct MOFSource: Hashable, Sendable {
    package let file: String
    /// UTF-8 with or without a byte order mark, UTF-16 with one, or Latin-1 where the options say so.
    package let bytes: [UInt8]

    package init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    package init(file: String, text: String) {
        self.init(file: file, bytes: Array(text.utf8))
    }
}

/// What came of reading a file that a `#pragma include` names.
package enum MOFInclude: Sendable {
    case source(MOFSource)
    /// It can't be read; the reason follows the file's name in the diagnostic.
    case unreadable(reason: String)
}

extension MOFInclude {
    /// The path of an included file, which is relative to the folder of the file that includes it unless it
    /// begins with `/`. Backslashes, which schemas written elsewhere use, count as slashes.
    package static func path(of file: String, includedFrom parent: String) -> String {
        let file = String(file.map { $0 == "\\" ? "/" : $0 })
        guard !file.hasPrefix("/"), let slash = parent.lastIndex(of: "/") else { return normalized(file) }
        return normalized(parent[...slash] + file)
    }

    /// The path without `.` and, where a folder is before it, `..`: one file has one name.
    package static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
