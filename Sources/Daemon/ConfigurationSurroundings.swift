import Glibc

/// What a configuration refers to outside itself; tests give their own.
package struct ConfigurationSurroundings: Sendable {
    /// Absolute.
    package var workingDirectory: String
    /// Where the daemon's executable lies; absolute.
    package var executableDirectory: String
    /// The directory of a file, absolute and with links resolved.
    package var directory: @Sendable (_ file: String) -> String
    /// Why a path is not a directory that can be listed and entered; `nil` when it is. Likewise the others.
    package var whyNotDirectory: @Sendable (_ path: String) -> String?
    /// ... not a regular file that can be read.
    package var whyNotFile: @Sendable (_ path: String) -> String?
    /// ... not a regular file that can be executed.
    package var whyNotProgram: @Sendable (_ path: String) -> String?
    /// The number of a user.
    package var userID: @Sendable (_ name: String) -> Result<UInt32, AccountFault>
    /// The number of a group.
    package var groupID: @Sendable (_ name: String) -> Result<UInt32, AccountFault>

    package init(
        workingDirectory: String, executableDirectory: String, directory: @escaping @Sendable (String) -> String,
        whyNotDirectory: @escaping @Sendable (String) -> String?, whyNotFile: @escaping @Sendable (String) -> String?,
        whyNotProgram: @escaping @Sendable (String) -> String?,
        userID: @escaping @Sendable (String) -> Result<UInt32, AccountFault>,
        groupID: @escaping @Sendable (String) -> Result<UInt32, AccountFault>
    ) {
        self.workingDirectory = workingDirectory
        self.executableDirectory = executableDirectory
        self.directory = directory
        self.whyNotDirectory = whyNotDirectory
        self.whyNotFile = whyNotFile
        self.whyNotProgram = whyNotProgram
        self.userID = userID
        self.groupID = groupID
    }

    /// This process on this machine.
    package static func live() -> ConfigurationSurroundings {
        let working = resolved(".")
        return ConfigurationSurroundings(
            workingDirectory: working, executableDirectory: parent(of: resolved("/proc/self/exe")),
            directory: { parent(of: resolved($0)) },
            whyNotDirectory: { whyNot($0, kind: S_IFDIR, "a directory", access: R_OK | X_OK) },
            whyNotFile: { whyNot($0, kind: S_IFREG, "a regular file", access: R_OK) },
            whyNotProgram: { whyNot($0, kind: S_IFREG, "a regular file", access: X_OK) },
            userID: Accounts.userID, groupID: Accounts.groupID)
    }

    /// The path itself where it leads nowhere: whoever opens it reports that.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func whyNot(_ path: String, kind: mode_t, _ name: String, access mode: Int32) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return String(cString: strerror(errno)) }
        guard status.st_mode & S_IFMT == kind else { return "not \(name)" }
        // The effective user's rights: those that the daemon will have.
        return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? nil : String(cString: strerror(errno))
    }
}
