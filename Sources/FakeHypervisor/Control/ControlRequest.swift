import HypervisorAPI

/// A line of the control socket, understood.
enum ControlRequest: Hashable, Sendable {
    case command(WorldCommand)
    case fault(Fault)
    case release(FaultID)
    case dump
    case violations
    case trace(after: UInt64)
    case wait(TracePattern, after: UInt64?, deadline: Duration)

    /// - Throws: `.malformed`, `.unknownCommand`, or what is wrong with a key, with its column.
    init(line: String) throws(SimulationError) {
        try Self.checkNesting(line)
        let node = try StrictNode(text: line, source: "request")
        let name = try node.member("command").string()
        guard let verb = ControlVerb.all.first(where: { $0.name == name }) else {
            let names = ControlVerb.all.map(\.name).joined(separator: ", ")
            throw SimulationError(.unknownCommand, "there is no command “\(name)”", remedy: "use one of \(names)")
        }
        self = try verb.read(try node.mapping("`\(name)`", keys: ["command"] + verb.keys))
    }

    /// No request needs more than a few levels; a reader that recurses must not be led deeper.
    private static func checkNesting(_ line: String) throws(SimulationError) {
        var depth = 0
        for byte in line.utf8 where byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { depth += 1 }
        guard depth <= 200 else {
            throw SimulationError(.tooLong, "the request has \(depth) lists and objects", remedy: "use at most 200")
        }
    }
}

/// A command of the control socket: its name, its keys, and how it is read.
struct ControlVerb: Sendable {
    let name: String
    let keys: [String]
    let read: @Sendable (StrictMapping) throws(SimulationError) -> ControlRequest

    static let all: [ControlVerb] = hostVerbs + linkVerbs + guestVerbs + diskVerbs + clockVerbs + faultVerbs + queries

    private static let hostVerbs = [
        host("host-down", WorldCommand.hostDown), host("host-up", WorldCommand.hostUp),
        host("daemon-down", WorldCommand.daemonDown), host("daemon-up", WorldCommand.daemonUp),
        host("unreachable", WorldCommand.unreachable), host("reachable", WorldCommand.reachable),
    ]

    private static let linkVerbs = [
        link("link-cut", WorldCommand.linkCut), link("link-restore", WorldCommand.linkRestore),
    ]

    private static let guestVerbs = [
        guest("guest-undefine", WorldCommand.guestUndefine), guest("guest-start", WorldCommand.guestStart),
        guest("guest-stop", WorldCommand.guestStop), guest("guest-crash", WorldCommand.guestCrash),
        guest("guest-pause", WorldCommand.guestPause), guest("guest-resume", WorldCommand.guestResume),
        ControlVerb(name: "guest-define", keys: ["host", "guest"]) { request throws(SimulationError) in
            .command(
                .guestDefine(
                    host: try request[required: "host"].string(),
                    try GuestDescription(node: try request[required: "guest"])))
        },
        ControlVerb(name: "guest-dirty", keys: ["host", "guest", "miBPerSecond"]) { request throws(SimulationError) in
            .command(
                .guestDirty(
                    host: try request[required: "host"].string(), guest: try request[required: "guest"].string(),
                    miBPerSecond: try Bounds.rate(try request[required: "miBPerSecond"])))
        },
    ]

    private static let diskVerbs = [
        disk("disk-missing") { .diskMissing(host: $0, path: $1, true) },
        disk("disk-back") { .diskMissing(host: $0, path: $1, false) },
        disk("disk-full") { .diskFull(host: $0, path: $1, true) },
        disk("disk-has-room") { .diskFull(host: $0, path: $1, false) },
    ]

    private static let clockVerbs = [
        ControlVerb(name: "clock-hold", keys: []) { _ in .command(.clockHold) },
        ControlVerb(name: "clock-release", keys: []) { _ in .command(.clockRelease) },
        ControlVerb(name: "clock-advance", keys: ["seconds"]) { request throws(SimulationError) in
            .command(.clockAdvance(try Bounds.seconds(try request[required: "seconds"])))
        },
        ControlVerb(name: "clock-speed", keys: ["speed"]) { request throws(SimulationError) in
            .command(.clockSpeed(try request[required: "speed"].number(0.001...1_000_000)))
        },
    ]

    private static let queries = [
        ControlVerb(name: "dump", keys: []) { _ in .dump },
        ControlVerb(name: "violations", keys: []) { _ in .violations },
        ControlVerb(name: "trace", keys: ["after"]) { request throws(SimulationError) in
            .trace(after: UInt64(try request["after"]?.integer(0...Int.max) ?? 0))
        },
        ControlVerb(name: "wait", keys: ["host", "guest", "event", "after", "seconds"]) {
            request throws(SimulationError) in
            let pattern = TracePattern(
                host: try request["host"]?.string(), guest: try request["guest"]?.string(),
                what: try request["event"]?.string())
            let after = try request["after"]?.integer(0...Int.max)
            return .wait(
                pattern, after: after.map(UInt64.init), deadline: try Bounds.seconds(try request[required: "seconds"]))
        },
    ]
}

/// Faults with calls.
extension ControlVerb {
    fileprivate static let faultVerbs = [
        ControlVerb(name: "hang", keys: ["call", "host"]) { request throws(SimulationError) in
            .fault(try fault(.hang, request))
        },
        ControlVerb(name: "slow", keys: ["call", "host", "seconds"]) { request throws(SimulationError) in
            .fault(try fault(.slow(try Bounds.seconds(try request[required: "seconds"])), request))
        },
        ControlVerb(name: "fail", keys: ["call", "host", "nth", "number", "message", "code"]) {
            request throws(SimulationError) in
            let code = try request.value("code", default: nil) { node throws(SimulationError) in
                try node.choice(HypervisorError.Code.self) as HypervisorError.Code?
            }
            let number = try request[required: "number"].integer(0...10_000)
            let message = try request[required: "message"].string()
            return .fault(try fault(.fail(number: Int32(number), message: message, code: code), request))
        },
        ControlVerb(name: "lose-reply", keys: ["call", "host", "nth"]) { request throws(SimulationError) in
            .fault(try fault(.loseReply, request))
        },
        ControlVerb(name: "release", keys: ["fault"]) { request throws(SimulationError) in
            .release(FaultID(number: UInt64(try request[required: "fault"].integer(1...Int.max))))
        },
        ControlVerb(name: "release-all", keys: []) { _ in .command(.releaseAll) },
    ]

    private static func fault(_ effect: Fault.Effect, _ request: StrictMapping) throws(SimulationError) -> Fault {
        let call = try request.value("call", default: nil) { node throws(SimulationError) in
            try node.choice(HostCall.self) as HostCall?
        }
        return Fault(
            effect, call: call, host: try request["host"]?.string(), nth: try request["nth"]?.integer(1...1_000_000) ?? 1)
    }
}

/// Commands of the same form.
extension ControlVerb {
    fileprivate static func host(_ name: String, _ command: @escaping @Sendable (String) -> WorldCommand) -> ControlVerb {
        ControlVerb(name: name, keys: ["host"]) { request throws(SimulationError) in
            .command(command(try request[required: "host"].string()))
        }
    }

    fileprivate static func link(
        _ name: String, _ command: @escaping @Sendable (String, String) -> WorldCommand
    ) -> ControlVerb {
        ControlVerb(name: name, keys: ["between"]) { request throws(SimulationError) in
            let between = try request[required: "between"]
            let ends = try request.list("between", Bounds.string)
            guard ends.count == 2 else { throw between.invalid("a link has two ends", remedy: "name two hosts") }
            return .command(command(ends[0], ends[1]))
        }
    }

    fileprivate static func guest(
        _ name: String, _ command: @escaping @Sendable (String, String) -> WorldCommand
    ) -> ControlVerb {
        ControlVerb(name: name, keys: ["host", "guest"]) { request throws(SimulationError) in
            .command(command(try request[required: "host"].string(), try request[required: "guest"].string()))
        }
    }

    fileprivate static func disk(
        _ name: String, _ command: @escaping @Sendable (String, String) -> WorldCommand
    ) -> ControlVerb {
        ControlVerb(name: name, keys: ["host", "path"]) { request throws(SimulationError) in
            .command(command(try request[required: "host"].string(), try Bounds.path(try request[required: "path"])))
        }
    }
}
