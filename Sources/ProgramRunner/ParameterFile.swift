import Glibc

/// The file a check reads its parameters from: one value of `CheckParameters` per line. Its path is the
/// check's third argument.
package struct ParameterFile: Sendable, Hashable {
    package let path: String

    /// More bytes than this are no parameters.
    static let sizeBound = 1 << 20

    private static let namePrefix = "parameters-"

    /// Writes the values to a new file with an unguessable name and mode 0600. With a run-as user it
    /// belongs to that user's group and has mode 0640: the check can read it and not change it for the
    /// checks that follow.
    ///
    /// - Parameter directory: belongs to the daemon's user with mode 0700; with a run-as user, 0711, so
    ///   that this user can reach the file.
    ///
    /// Throws `parameterUnusable` (a value holds a line break or NUL, or all are larger than 1 MiB),
    /// `parameterDirectoryUnsafe` or `parameterFileFailed`; then there is no file.
    package init(_ values: [String], in directory: String, readableBy user: ProgramUser? = nil) throws(ProgramError) {
        let bytes = try Self.lines(values)
        try Self.verify(directory, for: user)
        let name = Self.namePrefix + Self.randomHex() + Self.randomHex()
        path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failed("create", path, SystemFailure.last()) }
        do {
            try Self.fill(descriptor, with: bytes, readableBy: user)
        } catch {
            unlink(path)
            throw Self.failed("write", path, error)
        }
    }

    /// Removes the file. Throws `parameterFileFailed`.
    package func remove() throws(ProgramError) {
        guard unlink(path) == 0 else { throw Self.failed("remove", path, SystemFailure.last()) }
    }

    /// Gives the body the path of a parameter file, or `nil` for `nil` values (then a check gets no third
    /// argument), and removes the file when the body has ended, returned, thrown or been cancelled.
    package static func with<Result: Sendable>(
        _ values: [String]?, in directory: String, readableBy user: ProgramUser? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (String?) async throws -> Result
    ) async throws -> Result {
        guard let values else { return try await body(nil) }
        let file = try ParameterFile(values, in: directory, readableBy: user)
        let result: Result
        do {
            result = try await body(file.path)
        } catch {
            try? file.remove()  // the body's error tells more
            throw error
        }
        try file.remove()
        return result
    }

    /// Removes what a daemon that died left in the directory; returns how many. For the start.
    package static func removeLeftovers(in directory: String) throws(ProgramError) -> Int {
        do throws(SystemFailure) {
            let listing = try DirectoryListing(of: directory, bound: Int.max)
            let leftovers = listing.names.filter { $0.hasPrefix(namePrefix) }
            for name in leftovers {
                guard unlinkat(listing.descriptor, name, 0) == 0 else { throw SystemFailure.last() }
            }
            return leftovers.count
        } catch {
            throw failed("remove old parameter files from", directory, error)
        }
    }

    private static func failed(_ verb: String, _ path: String, _ failure: SystemFailure) -> ProgramError {
        ProgramError(
            .parameterFileFailed, "Unable to execute migration checks: cannot \(verb) \(path): \(failure.reason).")
    }

    private static func randomHex() -> String {
        let hex = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex
    }
}

// MARK: - Contents

extension ParameterFile {
    /// What some language's library takes for the end of a line (a carriage return, for Python's text
    /// files): in a value it would make two parameters of one.
    private static func breaksLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    static func lines(_ values: [String]) throws(ProgramError) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, value) in values.enumerated() {
            if let bad = value.unicodeScalars.first(where: { $0.value == 0 || breaksLine($0) }) {
                let what =
                    bad.value == 0 ? "a NUL" : "a line break (U+\(String(bad.value, radix: 16, uppercase: true)))"
                throw ProgramError(
                    .parameterUnusable,
                    "CheckParameters[\(index)] holds \(what): each value is one line. Split it or encode it.")
            }
            bytes += Array(value.utf8) + [UInt8(ascii: "\n")]
            guard bytes.count <= sizeBound else {
                throw ProgramError(
                    .parameterUnusable, "CheckParameters is larger than \(sizeBound) bytes at [\(index)].")
            }
        }
        return bytes
    }

    /// Closes the descriptor in any case; an error of closing is an error of writing.
    static func fill(_ descriptor: Int32, with bytes: [UInt8], readableBy user: ProgramUser?) throws(SystemFailure) {
        do throws(SystemFailure) {
            if let user {
                guard fchown(descriptor, uid_t.max, user.gid) == 0, fchmod(descriptor, 0o640) == 0 else {
                    throw SystemFailure.last()
                }
            }
            try write(bytes, to: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw SystemFailure.last() }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw count == 0 ? SystemFailure(code: EIO) : SystemFailure.last() }
            rest = rest.dropFirst(count)
        }
    }

    private static func verify(_ directory: String, for user: ProgramUser?) throws(ProgramError) {
        func unsafe(_ reason: String) -> ProgramError {
            ProgramError(
                .parameterDirectoryUnsafe,
                "Unable to execute migration checks: the directory for parameter files, \(directory), \(reason).")
        }
        let status: FileStatus
        do {
            status = try FileStatus(ofPath: directory)
        } catch {
            throw unsafe("cannot be used: \(error.reason)")
        }
        guard status.isDirectory else { throw unsafe("is not a directory") }
        guard status.value.st_uid == geteuid() else {
            throw unsafe("belongs to user \(status.value.st_uid), not to the daemon's (\(geteuid()))")
        }
        let wanted: mode_t = user == nil ? 0o700 : 0o711
        guard status.value.st_mode & 0o7777 & ~wanted == 0 else {
            throw unsafe("has mode \(status.modeText): chmod 0\(String(wanted, radix: 8)) \(directory)")
        }
        guard status.isExecutable(by: user) || user?.uid == 0 else {
            throw unsafe("cannot be entered by user \(user?.uid ?? 0), who runs the checks: chmod 0711 \(directory)")
        }
    }
}
