import Dispatch

/// Runs calls that wait for the disk away from the threads on which Swift's tasks run. Cancelling the task does not
/// stop them: whether a commit is durable must not depend on who waits for it.
func offThePool<Value: Sendable>(
    _ body: @escaping @Sendable () throws(JournalError) -> Value
) async throws(JournalError) -> Value {
    let result: Result<Value, JournalError> = await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            do throws(JournalError) {
                continuation.resume(returning: .success(try body()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}
