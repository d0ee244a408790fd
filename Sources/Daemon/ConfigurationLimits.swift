import Settings

extension Configuration {
    /// The section `limits`: how much of everything there may be.
    package struct Limits: Hashable, Sendable {
        /// Migrations under way at once, on all hosts together. 1–1000.
        package private(set) var runningMigrations = 8
        /// Migrations that wait; one more is refused. 0–100000.
        package private(set) var queuedMigrations = 256
        /// Client connections at once, each a file descriptor. 1–100000.
        package private(set) var connections = 12_000
        /// Requests being answered at once, over all connections. 1–1000.
        package private(set) var concurrentRequests = 64
        /// Requests that wait to be answered; one more gets 503. 0–100000.
        package private(set) var waitingRequests = 256
        /// All that is held for clients: requests being received or answered, answers not yet taken. 1 MiB to 16 GiB.
        package private(set) var bufferedBytes = 268_435_456
        /// A request's line and headers. 1 KiB to 1 MiB.
        package private(set) var headerBytes = 65536
        /// A request's body. 4 KiB to 256 MiB.
        package private(set) var bodyBytes = 16_777_216
        /// From a request's first byte to its last. 1–3600 s.
        package private(set) var requestTime = Duration.seconds(30)
        /// From the moment an answer, or a piece of a long one, is written until the client has read it. 1–3600 s.
        package private(set) var responseTime = Duration.seconds(30)
        /// A connection without a request. 1–3600 s.
        package private(set) var idleTime = Duration.seconds(60)
        /// Elements within each other in a request. 16–200: libxml2 has a bound of its own.
        package private(set) var xmlDepth = 64
        /// Elements of a request. 100–10000000.
        package private(set) var xmlElements = 200_000
        /// Enumerations that clients have open and pull from, and how many of them may be one user's. 1–10000.
        package private(set) var enumerations = 100
        package private(set) var enumerationsPerUser = 50
        /// How long an enumeration stays open that nobody pulls from, where the client asked for no time. 1–3600 s.
        package private(set) var enumerationTime = Duration.seconds(300)
        /// Attributes of one element. 16–1024.
        package private(set) var xmlAttributes = 256
        /// Elements of one array in a request. 1–10000000.
        package private(set) var arrayElements = 10_000
        /// Jobs that are over and still shown. 0–1000000.
        package private(set) var jobHistory = 1000
        /// Days after which such a job is forgotten, however few there are; `nil`: the number alone decides. 1–36500.
        package private(set) var jobHistoryDays: Int? = 30

        init(reading section: SettingsSection) {
            section.read("runningMigrations", .integer(in: 1...1000), into: &runningMigrations)
            section.read("queuedMigrations", .integer(in: 0...100_000), into: &queuedMigrations)
            section.read("connections", .integer(in: 1...100_000), into: &connections)
            section.read("concurrentRequests", .integer(in: 1...1000), into: &concurrentRequests)
            section.read("waitingRequests", .integer(in: 0...100_000), into: &waitingRequests)
            section.read("bufferedBytes", .integer(in: 1_048_576...17_179_869_184), into: &bufferedBytes)
            section.read("headerBytes", .integer(in: 1024...1_048_576), into: &headerBytes)
            section.read("bodyBytes", .integer(in: 4096...268_435_456), into: &bodyBytes)
            section.read("requestSeconds", .seconds(in: 1...3600), into: &requestTime)
            section.read("responseSeconds", .seconds(in: 1...3600), into: &responseTime)
            section.read("idleSeconds", .seconds(in: 1...3600), into: &idleTime)
            section.read("xmlDepth", .integer(in: 16...200), into: &xmlDepth)
            section.read("xmlElements", .integer(in: 100...10_000_000), into: &xmlElements)
            section.read("enumerations", .integer(in: 1...10_000), into: &enumerations)
            section.read("enumerationsPerUser", .integer(in: 1...10_000), into: &enumerationsPerUser)
            section.read("enumerationSeconds", .seconds(in: 1...3600), into: &enumerationTime)
            section.read("xmlAttributes", .integer(in: 16...1024), into: &xmlAttributes)
            section.read("arrayElements", .integer(in: 1...10_000_000), into: &arrayElements)
            section.read("jobHistory", .integer(in: 0...1_000_000), into: &jobHistory)
            section.read("jobHistoryDays", .integer(in: 1...36500), into: &jobHistoryDays)
        }

        /// These limits with what may change while the daemon runs taken from others.
        func reloaded(from other: Limits) -> Limits {
            var limits = self
            limits.runningMigrations = other.runningMigrations
            limits.queuedMigrations = other.queuedMigrations
            limits.jobHistory = other.jobHistory
            limits.jobHistoryDays = other.jobHistoryDays
            return limits
        }
    }
}
