import HypervisorAPI
import Testing

extension ContractFixture {
    var sourceHost: any HypervisorHost { hypervisor.host(source.uri) }
    var destinationHost: any HypervisorHost { hypervisor.host(destination.uri) }

    /// A live transfer of `guest` to the destination, as a careful caller would ask for it.
    func live(
        _ guest: ContractGuest, isPersistent: Bool = true, allowsUnsafeDisks: Bool? = nil, to peerURI: String? = nil,
        copiedDisks: [String] = [], slowly: Bool = false, mark: OwnershipMark? = nil
    ) -> Transfer {
        .live(
            LiveTransfer(
                peerURI: peerURI ?? destination.peerURI, migrationURI: peerURI == nil ? destination.migrationURI : nil,
                bandwidthMiBPerSecond: slowly ? 8 : nil, isPersistent: isPersistent,
                allowsUnsafeDisks: allowsUnsafeDisks ?? guest.needsUnsafe, copiedDisks: copiedDisks, mark: mark))
    }

    func offline(mark: OwnershipMark? = nil) -> Transfer {
        .offline(OfflineTransfer(peerURI: destination.peerURI, mark: mark))
    }

    /// Moves `guest` away from the source; how that ended is a value.
    func move(
        _ guest: ContractGuest, _ transfer: Transfer, deadline: Duration = .seconds(300)
    ) async -> Result<Void, HypervisorError> {
        await outcome { () async throws(HypervisorError) in
            try await sourceHost.migrate(guest.uuid, transfer, deadline: deadline)
        }
    }
}

/// What a call gave, as a value.
func outcome<Value>(_ call: () async throws(HypervisorError) -> Value) async -> Result<Value, HypervisorError> {
    do { return .success(try await call()) } catch { return .failure(error) }
}

/// Records an issue unless `result` is a failure with that code and, when the hypervisor speaks, that number.
func expect<Value>(
    _ result: Result<Value, HypervisorError>, failsWith code: HypervisorError.Code, number: Int32? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard case .failure(let error) = result else {
        Issue.record("it succeeded instead of failing with \(code)", sourceLocation: sourceLocation)
        return
    }
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    if let number { #expect(error.number == number, "\(error)", sourceLocation: sourceLocation) }
}

/// Records an issue unless `result` is that of a move which was aborted: 78, or 1 with the last words of the destination's
/// QEMU when libvirt hears of that one's end before it has taken note of the abort (seen on a loaded machine). Both mean
/// nothing for where the guest is.
func expectAborted(
    _ result: Result<Void, HypervisorError>, sourceLocation: SourceLocation = #_sourceLocation
) {
    guard case .failure(let error) = result else {
        Issue.record("an aborted move succeeded", sourceLocation: sourceLocation)
        return
    }
    let isExpected =
        (error.code == .operationAborted && error.number == 78) || (error.code == .internalError && error.number == 1)
    #expect(isExpected, "\(error)", sourceLocation: sourceLocation)
}

/// What did not happen in time.
struct ContractTimeout: Error, CustomStringConvertible {
    let description: String
}

/// Asks again until `condition` holds. Only for what no event announces, such as a job's figures.
func eventually(
    _ what: String, within deadline: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: deadline)
    while try await !condition() {
        guard clock.now < end else { throw ContractTimeout(description: "after \(deadline): \(what)") }
        try await clock.sleep(for: .milliseconds(20))
    }
}
