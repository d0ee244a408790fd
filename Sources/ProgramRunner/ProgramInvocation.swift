import Glibc

/// One run of a program. Everything it gets is here: nothing is inherited from the daemon.
package struct ProgramInvocation: Sendable {
    /// Absolute. It is also `argv[0]`.
    package var path: String
    /// `argv[1...]`. An argument cannot hold a NUL byte.
    package var arguments: [String]
    /// All of the environment, in this order. A name is not empty and holds no `=`.
    package var environment: [(name: String, value: String)]
    /// How long it may run: 1 ms to 7 days.
    package var timeout: Duration
    /// How long it has between SIGTERM, sent to its process group, and SIGKILL: 0 to 1 hour.
    package var grace: Duration
    /// How many bytes of its output (standard output and error, merged) are kept: 0 to 64 MiB.
    package var outputLimit: Int
    package var limits: ProgramLimits
    /// `nil`: the daemon's own user.
    package var user: ProgramUser?
    /// The program as `ProgramDirectory` found it: it is compared once more right before it runs.
    package var verified: VerifiedProgram?

    package init(
        path: String, arguments: [String] = [], environment: [(name: String, value: String)] = [],
        timeout: Duration = .seconds(10), grace: Duration = .seconds(2), outputLimit: Int = 65536,
        limits: ProgramLimits = ProgramLimits(), user: ProgramUser? = nil
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.timeout = timeout
        self.grace = grace
        self.outputLimit = outputLimit
        self.limits = limits
        self.user = user
    }

    /// A verified check, with the limits for checks, run as the user it was verified for.
    package init(
        _ program: VerifiedProgram, arguments: [String], environment: [(name: String, value: String)],
        timeout: Duration = .seconds(10), grace: Duration = .seconds(2), outputLimit: Int = 65536
    ) {
        self.init(
            path: program.path, arguments: arguments, environment: environment, timeout: timeout, grace: grace,
            outputLimit: outputLimit, limits: .forChecks, user: program.directory.runAs)
        verified = program
    }
}

extension ProgramInvocation {
    /// What every check finds in its environment, besides what it is told of the migration.
    package static let baseEnvironment: [(name: String, value: String)] = [
        ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("LANG", "C.UTF-8"),
    ]
}

/// Resource limits (`setrlimit`), per process but for `processes`. `nil` leaves what the daemon has.
/// Core dumps are always off.
package struct ProgramLimits: Sendable, Hashable {
    /// The largest file it may write.
    package var fileSizeBytes: UInt64?
    /// Processes and threads of its user on the whole host. The kernel does not apply it to root:
    /// there, the daemon's own unit (`TasksMax=`) is what bounds it.
    package var processes: UInt32?
    package var openFiles: UInt32?
    package var addressSpaceBytes: UInt64?
    /// Back-stop, should all that watches the program die. `nil`: what the deadline allows on all CPUs.
    package var cpuSeconds: UInt32?

    package init(
        fileSizeBytes: UInt64? = nil, processes: UInt32? = nil, openFiles: UInt32? = nil,
        addressSpaceBytes: UInt64? = nil, cpuSeconds: UInt32? = nil
    ) {
        self.fileSizeBytes = fileSizeBytes
        self.processes = processes
        self.openFiles = openFiles
        self.addressSpaceBytes = addressSpaceBytes
        self.cpuSeconds = cpuSeconds
    }

    /// Ample for a script, too little to hurt the host.
    package static let forChecks = ProgramLimits(fileSizeBytes: 64 << 20, processes: 4096, openFiles: 1024)
}

// MARK: - For confine

extension ProgramInvocation {
    /// Why it cannot even be asked for, or `nil`.
    var mistake: String? {
        if !path.hasPrefix("/") { return "its path `\(path)' is not absolute" }
        if path.utf8.contains(0) { return "its path holds a NUL byte" }
        if let verified, verified.path != path { return "what was verified is \(verified.path)" }
        if let index = arguments.firstIndex(where: { $0.utf8.contains(0) }) {
            return "argument \(index + 1) holds a NUL byte"
        }
        for (name, value) in environment {
            if name.isEmpty || name.utf8.contains(0) || name.utf8.contains(UInt8(ascii: "=")) {
                return "`\(name)' cannot be the name of an environment variable"
            }
            if value.utf8.contains(0) { return "the environment variable \(name) holds a NUL byte" }
        }
        if timeout < .milliseconds(1) || timeout > .seconds(7 * 24 * 3600) {
            return "its timeout of \(timeout) is not between 1 ms and 7 days"
        }
        if grace < .zero || grace > .seconds(3600) { return "its grace of \(grace) is not between 0 and 1 hour" }
        if outputLimit < 0 || outputLimit > 64 << 20 {
            return "its output limit of \(outputLimit) bytes is not between 0 and 64 MiB"
        }
        return nil
    }

    /// `NAME=VALUE`, each with the NUL that ends it in C.
    var environmentBlock: [[UInt8]] { environment.map { Array("\($0.name)=\($0.value)".utf8) + [0] } }

    var confineArguments: [String] {
        var all = [
            "--timeout-ms", "\(max(1, timeout.wholeMilliseconds))", "--grace-ms", "\(grace.wholeMilliseconds)",
            "--output-bytes", "\(outputLimit)", "--cpu-seconds", "\(cpuSeconds)",
        ]
        func add(_ option: String, _ value: (some FixedWidthInteger)?) {
            if let value { all += [option, "\(value)"] }
        }
        add("--file-size-bytes", limits.fileSizeBytes)
        add("--processes", limits.processes)
        add("--open-files", limits.openFiles)
        add("--address-space-bytes", limits.addressSpaceBytes)
        add("--uid", user?.uid)
        add("--gid", user?.gid)
        if let user, !user.groups.isEmpty {
            all += ["--groups", user.groups.map { "\($0)" }.joined(separator: ",")]
        }
        return all + ["--", path] + arguments
    }

    private var cpuSeconds: Int {
        if let given = limits.cpuSeconds { return Int(given) }
        let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))
        return (Int((timeout + grace).components.seconds) + 2) * processors
    }
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
