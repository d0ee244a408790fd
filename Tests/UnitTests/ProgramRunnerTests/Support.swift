import Glibc
import Testing

@testable import ProgramRunner

/// The `confine` that was built along with these tests.
let confine: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let binary = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return binary.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/confine"
}()

let isRoot = geteuid() == 0

/// Users of these tests only: nobody else's processes count against their limits.
let stranger = ProgramUser(uid: 64_998, gid: 64_998, groups: [])
let crowd = ProgramUser(uid: 64_999, gid: 64_999, groups: [])

/// Long enough on any machine; nothing waits for it to pass.
let ample = Duration.seconds(60)

/// A directory that is removed with its contents when the test ends. It serves as trusted root: what is
/// above it, in `/tmp`, is not safe.
final class Sandbox: Sendable {
    let path: String

    init(mode: mode_t = 0o755) throws {
        var template = Array("/tmp/program-runner-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
        path = String(cString: try #require(made))
        try #require(chmod(path, mode) == 0)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        guard let status = try? FileStatus(ofPath: path) else { return }
        if status.isDirectory {
            let names = (try? DirectoryListing(of: path, bound: Int.max))?.names ?? []
            for name in names { remove(path + "/" + name) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    @discardableResult
    func file(_ name: String, _ contents: String = "", mode: mode_t = 0o644) throws -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(contents.utf8)
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
        try #require(fchmod(descriptor, mode) == 0)
        return file
    }

    /// A shell script in the sandbox.
    @discardableResult
    func script(_ name: String = "check", _ body: String = "exit 0", mode: mode_t = 0o755) throws -> String {
        try file(name, "#!/bin/sh\n" + body + "\n", mode: mode)
    }

    @discardableResult
    func directory(_ name: String, mode: mode_t = 0o755) throws -> String {
        let directory = path + "/" + name
        try #require(mkdir(directory, mode) == 0)
        try #require(chmod(directory, mode) == 0)
        return directory
    }

    /// A copy of `confine` that other users can reach, wherever it was built.
    func confineForAll() throws -> String {
        let source = open(confine, O_RDONLY | O_CLOEXEC)
        try #require(source >= 0)
        defer { close(source) }
        let copy = try file("confine", mode: 0o755)
        let target = open(copy, O_WRONLY | O_CLOEXEC)
        try #require(target >= 0)
        try ParameterFile.fill(target, with: readAll(source), readableBy: nil)
        return copy
    }

    func contents(_ name: String) throws -> String {
        try contentsOfFile(path + "/" + name)
    }
}

func contentsOfFile(_ path: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemFailure.last() }
    defer { close(descriptor) }
    return String(decoding: readAll(descriptor), as: UTF8.self)
}

/// Blocking, to the end.
func readAll(_ descriptor: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return all }
        all += buffer.prefix(count)
    }
}

/// Runs blocking code on a thread of its own, so that it holds none of the pool's.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        let work = Work { continuation.resume(returning: body()) }
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(work).toOpaque())
        precondition(code == 0)
        pthread_detach(thread)
    }
}

private final class Work: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// A named pipe through which a program tells the test that it runs. As its children inherit the
/// writing end, its end tells that all of them are gone.
final class Beacon: Sendable {
    let path: String
    private let descriptor: Int32

    init(in sandbox: Sandbox, _ name: String = "beacon") throws {
        path = sandbox.path + "/" + name
        try #require(mkfifo(path, 0o666) == 0 && chmod(path, 0o666) == 0)
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }

    /// Shell code that lights it, holding it open: tells the program's process and its supervisor's.
    var light: String { "exec 9>'\(path)'; echo $$ $PPID >&9" }

    /// The two numbers the program told.
    func processes() async throws -> (program: pid_t, supervisor: pid_t) {
        let line = try #require(await next(), "the program did not start")
        let numbers = line.split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
        try #require(numbers.count == 2)
        return (numbers[0], numbers[1])
    }

    /// What was written, or `nil` at the end or when nothing comes within a minute.
    func next() async -> String? {
        let descriptor = descriptor
        return await onThread {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&event, 1, 60_000) == 1 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &buffer, buffer.count)
            return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
        }
    }

    /// Waits until no process holds it any more. False when some still do a minute later.
    func isOut() async -> Bool {
        let descriptor = descriptor
        return await onThread {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            var buffer = [UInt8](repeating: 0, count: 4096)
            while poll(&event, 1, 60_000) == 1 {
                if read(descriptor, &buffer, buffer.count) == 0 { return true }
            }
            return false
        }
    }
}

/// A value in the environment of a program, by which all its descendants can be found, whatever they
/// did to their session, group and parents.
struct Marker {
    let value = "marker-\(UInt64.random(in: 0...UInt64.max))"

    var environment: [(name: String, value: String)] { [("PATH", "/usr/bin:/bin"), ("MARKER", value)] }

    /// Live processes that bear it, as `number command`.
    var processes: [String] {
        let names = (try? DirectoryListing(of: "/proc", bound: Int.max))?.names ?? []
        return names.filter { $0.allSatisfy(\.isNumber) }.compactMap { number in
            guard let environment = try? contentsOfFile("/proc/\(number)/environ"), environment.contains(value) else {
                return nil
            }
            return number + " " + ((try? contentsOfFile("/proc/\(number)/comm")) ?? "")
        }
    }
}

func parent(of process: pid_t) throws -> pid_t {
    let status = try contentsOfFile("/proc/\(process)/stat")
    let fields = try #require(status.split(separator: ")").last).split(separator: " ")
    return try #require(pid_t(fields[1]))
}

let runner = ConfinedRunner(confinePath: confine)

extension ProgramInvocation {
    /// A shell command, under a marker.
    static func shell(
        _ command: String, _ marker: Marker = Marker(), timeout: Duration = ample,
        grace: Duration = .milliseconds(200), outputLimit: Int = 65536
    ) -> ProgramInvocation {
        ProgramInvocation(
            path: "/bin/sh", arguments: ["-c", command], environment: marker.environment, timeout: timeout,
            grace: grace, outputLimit: outputLimit)
    }
}
