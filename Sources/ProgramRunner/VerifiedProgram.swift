import Glibc

/// Why a file that looks like a check is not run.
package struct ProgramRefusal: Sendable, Hashable {
    package let name: String
    package let reason: String
    package let remedy: String
}

/// A program that was found fit to run, and what it was then.
package struct VerifiedProgram: Sendable, Hashable {
    package let name: String
    package let directory: ProgramDirectory
    let identity: FileIdentity

    package var path: String { directory.path == "/" ? "/" + name : directory.path + "/" + name }

    /// Looks again, at the program and all its parents: `nil` if it may still be run and is the same
    /// file, unchanged. Local calls of a few microseconds.
    package func refusalNow() -> ProgramRefusal? {
        do {
            try directory.verifyParents()
        } catch {
            return ProgramRefusal(name: name, reason: error.message, remedy: "Correct the directory of the checks")
        }
        do {
            let status = try FileStatus(ofPath: path)
            if let refusal = refusal(status) { return refusal }
            guard FileIdentity(status) == identity else {
                return ProgramRefusal(
                    name: name, reason: "it was replaced or changed after it was verified",
                    remedy: "Try again; if this comes again, find out who changes it")
            }
            return nil
        } catch {
            return ProgramRefusal(
                name: name, reason: "it was there when it was verified and cannot be found now: \(error.reason)",
                remedy: "Try again")
        }
    }

    /// Why a file with this status must not be run under this name.
    func refusal(_ status: FileStatus) -> ProgramRefusal? {
        if status.isSymbolicLink {
            return ProgramRefusal(
                name: name, reason: "it is a symbolic link",
                remedy: "Put the program itself at \(path), or a script that calls it")
        }
        if !status.isRegular {
            return ProgramRefusal(name: name, reason: "it is not a regular file", remedy: "Remove \(path)")
        }
        if let (reason, remedy) = status.distrust(path) {
            return ProgramRefusal(name: name, reason: "it \(reason)", remedy: remedy)
        }
        if !status.isExecutable(by: directory.runAs) {
            let user = directory.runAs?.uid ?? geteuid()
            return ProgramRefusal(
                name: name, reason: "user \(user), who runs the checks, may not execute it (mode \(status.modeText))",
                remedy: "chmod a+rx \(path)")
        }
        return nil
    }
}
