import Glibc

/// A directory of check programs, and what in it may be run.
///
/// A check runs with the daemon's rights, so only root or the daemon's own user may be able to put one
/// there: the program, its directory and every parent up to the trusted root belong to one of them and
/// are writable by nobody else. Then nobody else can exchange a program between this look and its
/// start, which is why it can be started by its path. What changes all the same is noticed:
/// `VerifiedProgram.refusalNow`.
package struct ProgramDirectory: Sendable, Hashable {
    /// Absolute, without symbolic links, `.` or `..`.
    package let path: String
    /// Who will run the programs; `nil` is the daemon's own user.
    package let runAs: ProgramUser?
    /// Where checking parents stops: this directory is checked, those above are taken as good.
    let trustedRoot: String

    package init(path: String, runAs: ProgramUser? = nil, trustedRoot: String = "/") {
        self.path = path
        self.runAs = runAs
        self.trustedRoot = trustedRoot
    }

    /// One name in the directory.
    package enum Entry: Sendable, Equatable {
        case runnable(VerifiedProgram)
        /// It looks like a check but must not, or cannot, be run: to go on without it would be to pass
        /// a check that was never made.
        case refused(ProgramRefusal)
        /// It is no check.
        case ignored(name: String, reason: String)

        package var name: String {
            switch self {
            case .runnable(let program): program.name
            case .refused(let refusal): refusal.name
            case .ignored(let name, _): name
            }
        }
    }

    /// More names than this are not a directory of checks.
    static let entryBound = 4096

    /// All entries, in bytewise order of their names.
    ///
    /// Throws `directoryUnusable` when the directory is missing, cannot be read, or is not safe.
    package func entries() throws(ProgramError) -> [Entry] {
        try verifyParents()
        do {
            let listing = try DirectoryListing(of: path, bound: Self.entryBound)
            return listing.names.map { entry($0, in: listing.descriptor) }
        } catch {
            guard error.code != EFBIG else {
                throw unusable("\(path) holds more than \(Self.entryBound) files: it is no directory of checks")
            }
            throw unusable("cannot open \(path): \(error.reason)")
        }
    }

    private func entry(_ name: String, in directory: Int32) -> Entry {
        do {
            return classify(name, try FileStatus(of: name, in: directory))
        } catch {
            // A name that is not UTF-8 comes here too: repaired, it names nothing.
            if error.code == ENOENT, ProgramName(name) != .invalid {
                return .ignored(name: name, reason: "it was removed in this moment")
            }
            return .refused(
                ProgramRefusal(
                    name: name, reason: "it cannot be examined: \(error.reason)",
                    remedy: "Give it a name of letters, digits, `.', `_' and `-', or remove it"))
        }
    }

    private func classify(_ name: String, _ status: FileStatus) -> Entry {
        let program = VerifiedProgram(name: name, directory: self, identity: FileIdentity(status))
        switch ProgramName(name) {
        case .leftover(let reason):
            return .ignored(name: name, reason: reason)
        case .invalid where status.isDirectory || (status.isRegular && !status.hasExecuteBit):
            return .ignored(name: name, reason: "its name is not that of a check, and it is not executable")
        case .invalid:
            return .refused(
                ProgramRefusal(
                    name: name, reason: "it may be meant as a check, but its name is not one",
                    remedy: "Begin its name with a letter or digit and use only letters, digits, `.', `_' and `-'"))
        case .check where status.isDirectory:
            return .ignored(name: name, reason: "it is a directory")
        case .check where status.isRegular && !status.hasExecuteBit:
            return .ignored(name: name, reason: "it has no execute bit (mode \(status.modeText))")
        case .check:
            guard let refusal = program.refusal(status) else { return .runnable(program) }
            return .refused(refusal)
        }
    }
}

// MARK: - Parents

extension ProgramDirectory {
    /// The directory and each parent up to the trusted root: a real directory of root's or the
    /// daemon's, and writable by no one else. A sticky bit does not help: it keeps others from removing
    /// a name, not from being first to make one.
    func verifyParents() throws(ProgramError) {
        let components = path.split(separator: "/", omittingEmptySubsequences: true)
        guard path.hasPrefix("/"), !components.contains("."), !components.contains("..") else {
            throw unusable("`\(path)' is not an absolute path without `.' and `..'")
        }
        let rootComponents = trustedRoot.split(separator: "/", omittingEmptySubsequences: true)
        guard components.starts(with: rootComponents) else {
            throw unusable("\(path) is not within \(trustedRoot)")
        }
        for depth in rootComponents.count...components.count {
            try verifyParent("/" + components.prefix(depth).joined(separator: "/"))
        }
    }

    private func verifyParent(_ parent: String) throws(ProgramError) {
        let status: FileStatus
        do {
            status = try FileStatus(ofPath: parent)
        } catch {
            throw unusable("cannot open \(path): \(parent): \(error.reason)")
        }
        if status.isSymbolicLink {
            throw unusable("\(parent) is a symbolic link: configure the path it stands for")
        }
        if !status.isDirectory { throw unusable("\(parent) is not a directory") }
        if let (reason, remedy) = status.distrust(parent) { throw unusable("\(parent) \(reason). \(remedy)") }
    }

    private func unusable(_ reason: String) -> ProgramError {
        ProgramError(.directoryUnusable, "Unable to execute migration checks: \(reason).")
    }
}

extension FileStatus {
    /// Why others than root and the daemon's user could change what is at `path`, and what to do. An
    /// access control list that lets somebody write shows as a group that may.
    func distrust(_ path: String) -> (reason: String, remedy: String)? {
        let daemon = geteuid()
        if value.st_uid != 0 && value.st_uid != daemon {
            let owners = daemon == 0 ? "root" : "root or the daemon's user (\(daemon))"
            return (
                "belongs to user \(value.st_uid), not to \(owners)", "Look at what it holds, then: chown root \(path)"
            )
        }
        if value.st_mode & 0o022 != 0 {
            let whom = value.st_mode & 0o002 != 0 ? "everybody" : "its group (\(value.st_gid))"
            return ("is writable by \(whom) (mode \(modeText))", "Look at what it holds, then: chmod go-w \(path)")
        }
        return nil
    }
}
