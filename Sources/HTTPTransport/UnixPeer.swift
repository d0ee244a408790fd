import Glibc

/// Who is at the other end of a Unix socket, as the kernel took it down when they connected: what the process makes of
/// itself afterwards does not count. Source: unix(7), socket(7).
struct UnixPeer: Hashable {
    let processID: Int32
    /// Effective, as the group is.
    let userID: UInt32
    let groupID: UInt32

    /// `struct ucred`, which the Glibc module does not show.
    private struct Credentials {
        var processID: Int32 = 0
        var userID: UInt32 = .max
        var groupID: UInt32 = .max
    }

    /// What the kernel gives for a user or group that it does not know.
    private static let unknown = UInt32.max

    /// - Throws: `.systemCall` also where the kernel answers, and knows nobody.
    init(of descriptor: CInt) throws(HTTPTransportError) {
        var credentials = Credentials()
        var length = socklen_t(MemoryLayout<Credentials>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
            throw .systemCall("find out who connected (SO_PEERCRED)")
        }
        guard length == socklen_t(MemoryLayout<Credentials>.size), credentials.userID != Self.unknown else {
            throw HTTPTransportError(.systemCall, "cannot find out who connected: the kernel does not know")
        }
        processID = credentials.processID
        userID = credentials.userID
        groupID = credentials.groupID
    }

    /// The supplementary groups of the process that connected; at most 65536 (NGROUPS_MAX).
    ///
    /// The kernel refuses a buffer that is too small, and says how many bytes it needs (ERANGE). The groups of a
    /// connection never change, so the second question is the last; one more is asked, and no further.
    static func supplementaryGroups(of descriptor: CInt) throws(HTTPTransportError) -> [UInt32] {
        var capacity = 64
        for _ in 0..<3 {
            var groups = [UInt32](repeating: unknown, count: capacity)
            var length = socklen_t(capacity * MemoryLayout<UInt32>.stride)
            if getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, &groups, &length) == 0 {
                return Array(groups.prefix(Int(length) / MemoryLayout<UInt32>.stride))
            }
            let number = errno
            let needed = Int(length) / MemoryLayout<UInt32>.stride
            guard number == ERANGE, needed > capacity, needed <= 65_536 else {
                throw .systemCall("read the groups of whoever connected (SO_PEERGROUPS)", number)
            }
            capacity = needed
        }
        throw .systemCall("read the groups of whoever connected (SO_PEERGROUPS)", ERANGE)
    }
}
