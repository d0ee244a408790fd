/// A change to a domain on one host: each is one remote call. What is journalled before it is made.
package enum DomainAct: Hashable, Sendable, Codable {
    /// Writes the mark into the domain's metadata, of what runs and of what is defined.
    case mark(OwnershipMark)
    /// Whether the host starts the domain when it boots.
    case setStartsWithHost(Bool)
    /// Gives a running domain that has no definition one.
    case makePersistent
    /// Removes the definition, never its NVRAM or TPM state, if it carries this mark and does not run.
    case undefine(OwnershipMark)
    /// Lets a paused domain go on, if it is still in this run.
    case resume(run: Int32)
    /// Ends the domain's process, if it is still in this run, and still paused where that is asked for.
    case destroy(run: Int32, onlyIfPaused: Bool)
    /// Makes an empty volume, which nothing was before.
    case createVolume(VolumeOrder)
    /// Removes a volume that was made by this order.
    /// - Parameter onlyIfEmpty: nothing was ever written to it, so that nobody's data is lost whosever it is.
    case deleteVolume(VolumeOrder, onlyIfEmpty: Bool)
}

extension HypervisorHost {
    /// - Throws: as the call behind the act.
    package func perform(_ act: DomainAct, on uuid: DomainUUID) async throws(HypervisorError) {
        switch act {
        case .mark(let mark): try await setMark(mark, of: uuid)
        case .setStartsWithHost(let starts): try await setStartsWithHost(starts, of: uuid)
        case .makePersistent: try await makePersistent(uuid)
        case .undefine(let mark): try await undefine(uuid, marked: mark)
        case .resume(let run): try await resume(uuid, run: run)
        case .destroy(let run, let onlyIfPaused): try await destroy(uuid, run: run, onlyIfPaused: onlyIfPaused)
        case .createVolume(let order): try await createVolume(order)
        case .deleteVolume(let order, let onlyIfEmpty): try await deleteVolume(order, onlyIfEmpty: onlyIfEmpty)
        }
    }
}
