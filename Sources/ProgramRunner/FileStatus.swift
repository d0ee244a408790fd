import Glibc

/// A system call that failed, with the reason in words.
struct SystemFailure: Error, Equatable {
    let code: Int32

    /// Must be made before anything else can change `errno`.
    static func last() -> SystemFailure { SystemFailure(code: errno) }

    /// `No such file or directory`. glibc's `strerror` keeps its text per thread.
    var reason: String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}

/// What a file is and whose. The file I/O of this target is a handful of calls on small local files,
/// made on the calling thread: on a local disk they take microseconds.
struct FileStatus {
    let value: stat

    /// Of the name itself: a symbolic link is not followed.
    init(ofPath path: String) throws(SystemFailure) {
        var value = stat()
        guard lstat(path, &value) == 0 else { throw SystemFailure.last() }
        self.value = value
    }

    init(ofDescriptor descriptor: Int32) throws(SystemFailure) {
        var value = stat()
        guard fstat(descriptor, &value) == 0 else { throw SystemFailure.last() }
        self.value = value
    }

    init(of name: String, in directory: Int32) throws(SystemFailure) {
        var value = stat()
        guard fstatat(directory, name, &value, AT_SYMLINK_NOFOLLOW) == 0 else { throw SystemFailure.last() }
        self.value = value
    }

    private var format: mode_t { value.st_mode & S_IFMT }
    var isDirectory: Bool { format == S_IFDIR }
    var isRegular: Bool { format == S_IFREG }
    var isSymbolicLink: Bool { format == S_IFLNK }

    /// `0755`.
    var modeText: String { "0" + String(value.st_mode & 0o7777, radix: 8) }

    var hasExecuteBit: Bool { value.st_mode & 0o111 != 0 }

    /// Whether the mode lets a user execute a file or enter a directory. `nil` is the daemon itself.
    /// Access control lists are not looked at: what they grant shows in the group bits only.
    func isExecutable(by user: ProgramUser?) -> Bool {
        let uid = user?.uid ?? geteuid()
        if uid == 0 { return isDirectory || hasExecuteBit }
        if uid == value.st_uid { return value.st_mode & 0o100 != 0 }
        let inGroup = user?.isMember(of: value.st_gid) ?? (value.st_gid == getegid())
        return value.st_mode & (inGroup ? 0o010 : 0o001) != 0
    }
}

/// Tells whether a path still names the file that was looked at: any replacement changes device or
/// inode, any change of content, owner or mode changes the time of change.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let changeSeconds: Int
    let changeNanoseconds: Int

    init(_ status: FileStatus) {
        device = UInt64(status.value.st_dev)
        inode = UInt64(status.value.st_ino)
        changeSeconds = status.value.st_ctim.tv_sec
        changeNanoseconds = status.value.st_ctim.tv_nsec
    }
}
