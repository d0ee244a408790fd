import HypervisorAPI

/// What the control socket answers: one JSON object on one line, `"ok"` first.
enum ControlAnswer {
    static func success(_ members: KeyValuePairs<String, JSONValue> = [:]) -> String {
        let rest = members.map { JSONValue.Member(key: $0.key, value: $0.value) }
        return JSONValue.object([JSONValue.Member(key: "ok", value: .boolean(true))] + rest).text
    }

    static func failure(_ error: SimulationError) -> String {
        JSONValue.object([
            "ok": .boolean(false), "code": .string(error.code.rawValue), "error": .string(error.message),
            "remedy": .string(error.remedy), "place": .optional(error.place),
        ]).text
    }

    static func result(_ result: Result<TraceEntry, SimulationError>) -> String {
        switch result {
        case .success(let entry): success(["entry": entry.json])
        case .failure(let error): failure(error)
        }
    }
}

extension SimulatedWorld {
    /// Carries out one line of the control socket.
    /// - Parameter answerLater: called once, on any thread and under the world's lock, for a request that waits.
    /// - Returns: the answer, or what a wait is cancelled by.
    func handle(line: String, answerLater: @escaping @Sendable (String) -> Void) -> ControlOutcome {
        do throws(SimulationError) {
            return try handle(try ControlRequest(line: line), answerLater: answerLater)
        } catch {
            return .answer(ControlAnswer.failure(error))
        }
    }

    private func handle(
        _ request: ControlRequest, answerLater: @escaping @Sendable (String) -> Void
    ) throws(SimulationError) -> ControlOutcome {
        switch request {
        case .command(let command):
            try perform(command)
            return .answer(ControlAnswer.success(["time": .seconds(time)]))
        case .fault(let fault):
            let id = try add(fault)
            return .answer(ControlAnswer.success(["fault": .integer(Int64(id.number))]))
        case .release(let id):
            try release(id)
            return .answer(ControlAnswer.success())
        case .dump:
            return .answer(ControlAnswer.success(["world": withState { $0.dump() }]))
        case .violations:
            return .answer(ControlAnswer.success(["violations": .array(violations().map(\.json))]))
        case .trace(let number):
            return .answer(ControlAnswer.success(["trace": .array(trace(after: number).map(\.json))]))
        case .wait(let pattern, let number, let deadline):
            return .waits(
                watch(pattern, after: number, deadline: deadline) { answerLater(ControlAnswer.result($0)) })
        }
    }
}

enum ControlOutcome: Sendable {
    case answer(String)
    /// The answer comes later; `nil`: it is on its way already.
    case waits(WaitID?)
}
