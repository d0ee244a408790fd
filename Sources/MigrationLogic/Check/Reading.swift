import HypervisorAPI

/// What came of asking a host something.
package enum Reading<Value: Hashable & Sendable>: Hashable, Sendable {
    case known(Value)
    case failed(HypervisorError)
    /// It was not asked, because of this.
    case notRead(String)

    package var value: Value? {
        if case .known(let value) = self { value } else { nil }
    }

    package var error: HypervisorError? {
        if case .failed(let error) = self { error } else { nil }
    }

    /// Why there is no value; `nil` when there is one.
    package var obstacle: String? {
        switch self {
        case .known: nil
        case .failed(let error): "\(error)"
        case .notRead(let reason): reason
        }
    }
}
