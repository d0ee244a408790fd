import Logging
import Synchronization

/// The level that everything is logged from on; it can be changed while the daemon runs.
package final class LogLevel: Sendable {
    private let level: Mutex<Logger.Level>

    package init(_ level: Logger.Level) { self.level = Mutex(level) }

    package var current: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}

extension Configuration.LogLevel {
    package var loggerLevel: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

/// Writes to standard error. A logger is a value, and copies of it are all over the daemon: their level is looked up.
package struct LogOutput: LogHandler {
    private var output: StreamLogHandler
    private let level: LogLevel
    private var own: Logger.Level?

    package init(label: String, level: LogLevel) {
        output = StreamLogHandler.standardError(label: label)
        output.logLevel = .trace
        self.level = level
    }

    package var logLevel: Logger.Level {
        get { own ?? level.current }
        set { own = newValue }
    }

    package var metadata: Logger.Metadata {
        get { output.metadata }
        set { output.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { output.metadataProvider }
        set { output.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { output[metadataKey: key] }
        set { output[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) { output.log(event: event) }
}
