import Glibc
import MigrationLogic
import Synchronization

/// A moment at which the daemon kills itself, for tests of what the next start makes of it. Named by the environment
/// variable MIGRATIOND_CRASH_AT: `KIND:MOMENT[:N]`, for the N-th time that the daemon comes by (1 unless given).
package struct CrashPoint: Sendable {
    package static let variable = "MIGRATIOND_CRASH_AT"

    package let kind: EffectKind
    package let moment: CrashMoment
    package let count: Int

    /// `nil` when the text is none.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), let kind = EffectKind(rawValue: parts[0]),
            let moment = CrashMoment(rawValue: parts[1]), let count = parts.count == 3 ? Int(parts[2]) : 1, count > 0
        else { return nil }
        self.kind = kind
        self.moment = moment
        self.count = count
    }

    /// From the environment; `nil` when the variable is not set.
    /// - Throws: `StartError(.program)` when it says something else than a crash point.
    static func fromEnvironment() throws(StartError) -> CrashPoint? {
        guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
        guard let point = CrashPoint(text) else {
            throw StartError(
                .program, "\(variable) is '\(text)', not KIND:MOMENT[:N]. `migrationd crash-points` lists them.")
        }
        return point
    }

    /// Ends the process, as a power failure would, when the daemon has come by often enough.
    func hook() -> @Sendable (EffectKind, CrashMoment) -> Void {
        let passed = Mutex(0)
        return { kind, moment in
            guard kind == self.kind, moment == self.moment else { return }
            let isNow = passed.withLock { passed in
                passed += 1
                return passed == count
            }
            if isNow { kill(getpid(), SIGKILL) }
        }
    }

    /// Every crash point, one on a line; ` changes-host` follows those whose effect changes something at a hypervisor.
    package static var list: [String] {
        EffectKind.allCases.flatMap { kind in
            CrashMoment.allCases.map { moment in
                "\(kind.rawValue):\(moment.rawValue)" + (kind.changesHost ? " changes-host" : "")
            }
        }
    }
}
