import Glibc

/// Files of ours are nobody else's; a client that hangs up is an error code, not a signal.
func prepareProcess() {
    umask(0o077)
    signal(SIGPIPE, SIG_IGN)
    // Until it is trapped: the end of a terminal is no reason to stop.
    signal(SIGHUP, SIG_IGN)
}
