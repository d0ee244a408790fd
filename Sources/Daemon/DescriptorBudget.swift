import Glibc

/// How many file descriptors the process may have, and what they are for: each client's connection takes one, and the
/// rest of the daemon must never have to wait for a client to leave.
struct DescriptorBudget: Hashable, Sendable {
    /// Client connections for which there are descriptors.
    let connections: Int
    /// What to tell whoever runs the daemon; `nil` when there are as many as were asked for.
    let warning: String?

    /// The daemon's own: the journal and its copies, the log, check programs, the event loops.
    private static let own = 192
    /// For one host: libvirt's connections and their wake-up descriptors.
    private static let perHost = 8

    /// - Parameters:
    ///   - limit: the descriptors that the process may have (`RLIMIT_NOFILE`, the hard limit).
    /// - Throws: `StartError(.program)` when not one client could be served.
    init(connections wanted: Int, hosts: Int, limit: Int) throws(StartError) {
        let reserved = Self.own + Self.perHost * hosts
        let afforded = min(wanted, limit - reserved)
        let remedy =
            "raise the limit of open files (LimitNOFILE of the systemd unit, ulimit -Hn) to \(wanted + reserved), "
            + "or lower limits.connections"
        guard afforded > 0 else {
            throw StartError(
                .program,
                "This process may open \(limit) files, and needs \(reserved) beside its clients' connections: \(remedy)."
            )
        }
        connections = afforded
        warning =
            afforded == wanted
            ? nil
            : "this process may open \(limit) files, which is enough for \(afforded) of the \(wanted) connections of "
                + "limits.connections: \(remedy)"
    }

    /// Raises this process's limit as far as the budget needs it and the system allows it (the hard limit).
    static func take(connections wanted: Int, hosts: Int) throws(StartError) -> DescriptorBudget {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else {
            throw StartError(.program, "getrlimit(RLIMIT_NOFILE): \(String(cString: strerror(errno)))")
        }
        let hard = Int(clamping: limit.rlim_max)
        let budget = try DescriptorBudget(connections: wanted, hosts: hosts, limit: hard)
        let needed = min(hard, wanted + own + perHost * hosts)
        guard Int(clamping: limit.rlim_cur) < needed else { return budget }
        limit.rlim_cur = rlim_t(needed)
        guard setrlimit(resource, &limit) == 0 else {
            throw StartError(
                .program, "setrlimit(RLIMIT_NOFILE, \(needed)): \(String(cString: strerror(errno)))")
        }
        return budget
    }
}
