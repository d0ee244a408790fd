import Glibc
import MigrationLogic

/// Points in time as people read them and as file names carry them.
enum UTCText {
    /// `2026-01-31T12:00:00Z`
    static func readable(_ time: Timestamp) -> String { text(time, "%Y-%m-%dT%H:%M:%SZ") }

    /// `20260131T120000Z`
    static func compact(_ time: Timestamp) -> String { text(time, "%Y%m%dT%H%M%SZ") }

    private static func text(_ time: Timestamp, _ format: String) -> String {
        var seconds = time_t(time.microseconds / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let length = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
