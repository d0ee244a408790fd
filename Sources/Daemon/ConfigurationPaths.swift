import Settings

/// Makes paths absolute: those of the file start at its directory, those of the command line where it was typed.
struct ConfigurationPaths: Sendable {
    /// `sockaddr_un` has room for 107 bytes and a zero.
    private static let socketPathLimitBytes = 107

    let fileDirectory: String
    let workingDirectory: String

    /// A path, relative or absolute. `.` and `..` are resolved as text.
    var path: SettingsForm<String> { form(expected: "a path") { _ in nil } }

    /// The path of a Unix socket.
    var socket: SettingsForm<String> {
        form(expected: "a socket's path") { path in
            let length = path.utf8.count
            guard length > Self.socketPathLimitBytes else { return nil }
            let limit = Self.socketPathLimitBytes
            return SettingsFault(
                .invalid, "\(path.quotedForMessage) is \(length) bytes long, the path of a socket at most \(limit)")
        }
    }

    /// - Parameter refuse: what is wrong with an absolute path.
    private func form(
        expected: String, refuse: @escaping @Sendable (String) -> SettingsFault?
    ) -> SettingsForm<String> {
        let text = SettingsForm<String>.text(expected: expected, { $0 }, show: { $0 })
        return SettingsForm(
            expected: expected,
            parse: { scalar in
                text.parse(scalar).flatMap { path in
                    let absolute = Self.normalized(path.hasPrefix("/") ? path : "\(start(scalar.origin))/\(path)")
                    return refuse(absolute).map { .failure($0) } ?? .success(absolute)
                }
            }, show: { $0 })
    }

    private func start(_ origin: SettingsOrigin) -> String {
        if case .commandLine = origin { workingDirectory } else { fileDirectory }
    }

    private static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
