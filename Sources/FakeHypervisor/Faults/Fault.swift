import HypervisorAPI

package struct FaultID: Hashable, Comparable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
    package static func < (lhs: FaultID, rhs: FaultID) -> Bool { lhs.number < rhs.number }
}

/// What is to go wrong with calls.
package struct Fault: Hashable, Sendable {
    package enum Effect: Hashable, Sendable {
        /// The call does not act until the fault is released; what its caller's deadline does is the
        /// caller's matter.
        case hang
        /// The call acts only after this long, in the world's time. Holds until released.
        case slow(Duration)
        /// The call does not act and fails so. Once.
        /// - Parameter code: `nil`: what the number means.
        case fail(number: Int32, message: String, code: HypervisorError.Code?)
        /// The call acts, but its caller hears that the connection was lost. Once.
        case loseReply
    }

    package var effect: Effect
    /// `nil`: every call.
    package var call: HostCall?
    /// `nil`: every host.
    package var host: String?
    /// For what strikes once: 1 strikes the next matching call, 2 the one after it.
    package var nth: Int

    package init(_ effect: Effect, call: HostCall? = nil, host: String? = nil, nth: Int = 1) {
        self.effect = effect
        self.call = call
        self.host = host
        self.nth = nth
    }
}

/// The faults in force.
struct FaultBook: Sendable {
    /// What the faults do to one call.
    struct Verdict: Sendable {
        var hangsOn: FaultID?
        var delay: Duration?
        var refusal: Refusal?
        var losesReply = false
    }

    static let bound = 1000

    private var faults: [(id: FaultID, fault: Fault)] = []
    private var lastNumber: UInt64 = 0

    /// The faults in force, oldest first.
    var listed: [(id: FaultID, fault: Fault)] { faults }

    /// - Throws: `.tooLong` when there are too many.
    mutating func add(_ fault: Fault) throws(SimulationError) -> FaultID {
        guard faults.count < Self.bound else {
            throw SimulationError(.tooLong, "there are \(Self.bound) faults already", remedy: "release some")
        }
        guard fault.nth >= 1 else {
            throw SimulationError(.invalidValue, "nth is \(fault.nth)", remedy: "count from 1, the next call")
        }
        lastNumber += 1
        faults.append((FaultID(number: lastNumber), fault))
        return FaultID(number: lastNumber)
    }

    /// - Returns: whether the fault was in force.
    mutating func remove(_ id: FaultID) -> Bool {
        guard let place = faults.firstIndex(where: { $0.id == id }) else { return false }
        faults.remove(at: place)
        return true
    }

    /// What happens to this call; what strikes once is used up.
    mutating func judge(_ call: HostCall, host: String) -> Verdict {
        var verdict = Verdict()
        var used: Set<FaultID> = []
        for place in faults.indices where faults[place].fault.concerns(call, host: host) {
            let (id, fault) = faults[place]
            switch fault.effect {
            case .hang: verdict.hangsOn = verdict.hangsOn ?? id
            case .slow(let delay): verdict.delay = max(verdict.delay ?? .zero, delay)
            case .fail, .loseReply:
                faults[place].fault.nth -= 1
                if faults[place].fault.nth == 0 {
                    used.insert(id)
                    verdict.apply(fault.effect)
                }
            }
        }
        faults.removeAll { used.contains($0.id) }
        return verdict
    }
}

extension Fault {
    fileprivate func concerns(_ call: HostCall, host: String) -> Bool {
        (self.call == nil || self.call == call) && (self.host == nil || self.host == host)
    }
}

extension FaultBook.Verdict {
    fileprivate mutating func apply(_ effect: Fault.Effect) {
        switch effect {
        case .fail(let number, let message, let code):
            refusal = refusal ?? Refusal(code ?? HypervisorError.Code(libvirtNumber: number), number, message)
        case .loseReply: losesReply = true
        case .hang, .slow: break
        }
    }
}
