/// What the configuration says to the machine.
package struct LogicOptions: Sendable {
    package var resolver: DestinationResolver
    /// Directories declared to be the same on every host; absolute, in normal form.
    package var sharedPaths: [String]
    /// External checks run at all.
    package var externalChecksAreOn: Bool
    /// Jobs that check, transfer or verify at once; at least 1.
    package var runningMigrations: Int
    /// Jobs that wait; 0 refuses what cannot start at once.
    package var queuedMigrations: Int
    /// Seconds until a transfer's outcome counts as not known.
    package var transferDeadlineSeconds: Int
    /// Reads of both hosts that may prove nothing before the job is called undecided.
    package var verifyAttempts: Int
    /// Milliseconds of such reads after which the job is called undecided, however few they were.
    package var verifyDeadlineMilliseconds = 120_000
    /// Reads, `verifyRetryMilliseconds` apart, that must find the guest at the source before a transfer whose call never
    /// came back counts as not done. Together longer than the 30 s that libvirt waits for a guest's job lock.
    package var sourceSightings = 18
    /// Milliseconds after which an abort that was not accepted is asked again.
    package var abortRetryMilliseconds = 500
    /// Milliseconds between such reads.
    package var verifyRetryMilliseconds: Int
    /// Milliseconds between reads while a job is undecided.
    package var undecidedRetryMilliseconds: Int
    /// Milliseconds between two samples of a transfer's progress.
    package var progressMilliseconds: Int
    /// Milliseconds between two reads of a host without cause.
    package var refreshMilliseconds: Int
    /// Attempts at an act that prepares a move, before the move is given up.
    package var preparationAttempts = 3
    /// Finished jobs kept.
    package var jobHistory: Int
    /// Days that a finished job is kept; `nil`: the number alone decides.
    package var jobHistoryDays: Int?

    package init(
        resolver: DestinationResolver, sharedPaths: [String] = [], externalChecksAreOn: Bool = false,
        runningMigrations: Int = 4, queuedMigrations: Int = 256, transferDeadlineSeconds: Int = 7200,
        verifyAttempts: Int = 15, verifyRetryMilliseconds: Int = 2000, undecidedRetryMilliseconds: Int = 30_000,
        progressMilliseconds: Int = 500, refreshMilliseconds: Int = 30_000, jobHistory: Int = 1000
    ) {
        self.resolver = resolver
        self.sharedPaths = sharedPaths
        self.externalChecksAreOn = externalChecksAreOn
        self.runningMigrations = runningMigrations
        self.queuedMigrations = queuedMigrations
        self.transferDeadlineSeconds = transferDeadlineSeconds
        self.verifyAttempts = verifyAttempts
        self.verifyRetryMilliseconds = verifyRetryMilliseconds
        self.undecidedRetryMilliseconds = undecidedRetryMilliseconds
        self.progressMilliseconds = progressMilliseconds
        self.refreshMilliseconds = refreshMilliseconds
        self.jobHistory = jobHistory
    }
}
