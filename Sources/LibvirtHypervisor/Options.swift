extension Libvirt {
    /// How calls to hosts are made. One value serves every host.
    package struct Options: Sendable {
        /// From the call to its answer, its turn and the connection included. Longer than the 30 s that libvirt's
        /// QEMU driver waits for a guest's job, so that its own error, which names the holder, comes first.
        package var callTimeout: Duration = .seconds(35)
        /// How long a call waits for a connection to be made.
        package var connectTimeout: Duration = .seconds(10)
        /// How long `shutDown` waits for the connections to be closed.
        package var closeTimeout: Duration = .seconds(5)

        /// Calls in flight on a host's control connection; 2 to 4. A stock libvirtd stops reading a connection at
        /// 5 requests (`max_client_requests`), keepalives included.
        package var controlCalls = 3
        /// Of these, how many only an urgent call may take: an abort, a destroy.
        package var controlCallsForAborts = 1
        /// Calls that wait for their turn on a host's control connection; more are refused.
        package var waitingControlCalls = 64
        /// Migrations in flight on one transfer connection; 1 to 4, for the same reason.
        package var transferCalls = 3
        /// Transfer connections to a host; their number times `transferCalls` migrations may leave it at once.
        package var transferConnections = 4
        /// Control calls past their deadline, and still holding a thread, at which a host refuses more of them.
        package var stuckControlCalls = 3
        /// Migrations past their deadline, and still holding a thread, at which a host refuses more of them.
        package var stuckTransferCalls = 6

        /// Events kept for a slow consumer before it gets `.eventsLost`; at least 2.
        package var eventBuffer = 1024

        /// Seconds of silence after which libvirt asks the host for a sign of life; 0 for never.
        package var keepaliveIntervalSeconds: Int32 = 5
        /// Such questions in a row without an answer after which the connection is given up.
        package var keepaliveCount: UInt32 = 3

        package init() {}
    }
}
