import Synchronization

/// Whether clients are told how long their requests took. Switched by CIM_ObjectManager.GatherStatisticalData, for as
/// long as the process lives.
package final class ResponseTimes: Sendable {
    /// The header, in microseconds.
    static let header = "WBEMServerResponseTime"

    private let told = Atomic(false)

    package init() {}

    package var areTold: Bool {
        get { told.load(ordering: .relaxed) }
        set { told.store(newValue, ordering: .relaxed) }
    }
}
