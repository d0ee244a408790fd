import Glibc

extension ConfineReport.StartFailure {
    /// For people: why the program could not be started, and what to do about it.
    func reason(for program: ProgramInvocation) -> String {
        let path = program.path
        let cause = SystemFailure(code: errno).reason
        switch (stage, errno) {
        case ("interpreter", _):
            return Self.interpreterReason(of: path)
        case ("exec", ENOENT):
            return "\(path) does not exist"
        case ("exec", ENOEXEC):
            return "\(path) is neither a program of this machine nor a script with a #! line: "
                + "begin it with one, `#!/bin/sh' for example"
        case ("exec", EACCES):
            let user = program.user.map { "user \($0.uid)" } ?? "the daemon's user"
            return "\(path) may not be executed by \(user): check its mode, its parents' and its interpreter's, "
                + "and whether its file system is mounted noexec"
        case ("exec", E2BIG):
            return "the arguments and environment for \(path) are larger than the kernel takes"
        case ("exec", ETXTBSY):
            return "\(path) is open for writing: it is being replaced in place; install checks by renaming"
        case ("exec", _):
            return "\(path) could not be executed: \(cause)"
        case ("user", EPERM):
            return "\(path) cannot be run as user \(program.user.map { "\($0.uid)" } ?? "-"): the daemon is not "
                + "privileged to become another user"
        case ("fork", _):
            return "no process could be made for \(path): \(cause); the host or the daemon's unit (TasksMax=) is at "
                + "its limit of processes, or out of memory"
        default:
            return "\(path) could not be started: the step `\(stage)' failed: \(cause)"
        }
    }

    /// The file exists, yet the kernel says it does not: its interpreter is what is missing.
    private static func interpreterReason(of path: String) -> String {
        let line = firstLine(of: path)
        guard line.starts(with: Array("#!".utf8)) else {
            return "the dynamic loader \(path) asks for does not exist: it was built for another system"
        }
        var name = line.dropFirst(2).drop { $0 == 0x20 || $0 == 0x09 }
        name = name.prefix { $0 != 0x20 && $0 != 0x09 }
        guard name.last != UInt8(ascii: "\r") else {
            return "the #! line of \(path) ends in a carriage return, which the kernel takes for a part of the "
                + "interpreter's name: save the file with Unix line ends"
        }
        return "the interpreter of \(path), \(String(decoding: name, as: UTF8.self)), does not exist: "
            + "install it or correct the #! line"
    }

    /// At most as much as the kernel reads of a `#!` line.
    private static func firstLine(of path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        return Array(buffer.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") })
    }
}
