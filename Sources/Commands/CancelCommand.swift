import ArgumentParser

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Asks a migration job to stop; the guest stays where it is.")

    @Argument(help: "The job's number, or its beginning.")
    var job: String

    @OptionGroup var connection: SocketOptions

    func run() async throws {
        let daemon = try connection.connect()
        let (path, row) = try await daemon.job(job)
        // 4: Terminate (CIM_ConcreteJob.RequestStateChange).
        let answer = try await daemon.call("RequestStateChange", on: path, [("RequestedState", .uint16(4))])
        switch answer.returnValue?.integerValue {
        case 0: Terminal.say("job \(row.id) is cancelled.")
        case 4096: Terminal.say("job \(row.id) is asked to stop; `migrationd job \(row.id)` shows when it has.")
        case 4097:
            throw CommandFailure(
                .refused, "job \(row.id) cannot be stopped any more: it is \(row.phase) (\(row.status)).")
        default:
            throw CommandFailure(.refused, "the daemon answered \(answer.returnValue?.text ?? "nothing").")
        }
    }
}
