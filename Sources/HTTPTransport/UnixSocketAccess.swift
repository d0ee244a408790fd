/// Whom the modes of a socket's file and of its directory let connect; the directory's owner always.
///
/// A directory is never readable for others: whoever can open it can lock it (flock(2)), and a server that starts waits
/// for that lock.
package enum UnixSocketAccess: Sendable, Hashable {
    case owner
    /// The members of one group.
    case group(UInt32)
    /// Anybody on this machine: who asks is then judged by the credentials that the kernel gives.
    case everyone

    var directoryMode: UInt32 {
        switch self {
        case .owner: 0o700
        case .group: 0o710
        case .everyone: 0o711
        }
    }

    var fileMode: UInt32 {
        switch self {
        case .owner: 0o600
        case .group: 0o660
        case .everyone: 0o666
        }
    }

    var groupID: UInt32? {
        if case .group(let group) = self { group } else { nil }
    }
}
