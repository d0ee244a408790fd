import Glibc

/// The user a program runs as, resolved once: neither the daemon nor `confine` asks a directory
/// service while a migration waits. A change of the user's groups takes effect when it is resolved again.
package struct ProgramUser: Hashable, Sendable {
    package let uid: UInt32
    package let gid: UInt32
    /// Supplementary groups, as `initgroups` would set them.
    package let groups: [UInt32]

    package init(uid: UInt32, gid: UInt32, groups: [UInt32]) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
    }

    /// Looks the user up on this host. It may ask a directory service and block: call it at start.
    package init(named name: String) throws(ProgramError) {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16384)
        let code = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
        guard code == 0, found != nil else {
            let reason = code == 0 ? "there is no such user" : SystemFailure(code: code).reason
            throw ProgramError(
                .noSuchUser, "Cannot run programs as user `\(name)': \(reason). Create it or configure another.")
        }
        var count: Int32 = 1024  // as many as `confine` takes
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(name, entry.pw_gid, &groups, &count) >= 0 else {
            throw ProgramError(.noSuchUser, "Cannot run programs as user `\(name)': it is in more than 1024 groups.")
        }
        self.init(uid: entry.pw_uid, gid: entry.pw_gid, groups: Array(groups.prefix(Int(count))))
    }

    func isMember(of group: UInt32) -> Bool { group == gid || groups.contains(group) }
}
