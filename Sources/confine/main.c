/* The guard: stays as small as it can, so that one of the two always remains to clean up. */
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void broken(const char *what) {
    fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
    _exit(EXIT_BROKEN);
}

/* Descriptors 0 and 1 are the caller's; nothing else that was inherited stays open. */
static void set_descriptors(void) {
    if (fcntl(0, F_GETFD) < 0 || fcntl(1, F_GETFD) < 0) {
        fprintf(stderr, "confine: standard input and output must be open\n");
        _exit(EXIT_USAGE);
    }
    if (fcntl(2, F_GETFD) < 0 && open("/dev/null", O_WRONLY) != 2)
        broken("/dev/null");
    if (close_range(3, ~0U, 0) != 0)
        broken("close_range");
}

/* The signals guard and supervisor wait for are blocked from here on, so that none is lost. */
static sigset_t block_signals(void) {
    static const int awaited[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof awaited / sizeof *awaited; i++) {
        signal(awaited[i], SIG_DFL); /* an inherited "ignore" would swallow it */
        sigaddset(&signals, awaited[i]);
    }
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_SETMASK, &signals, NULL) != 0)
        broken("sigprocmask");
    return signals;
}

/* Returns when the supervisor has been reaped, or does not even end by SIGKILL. */
static void await_supervisor(const struct options *options, const sigset_t *signals, struct teardown *teardown) {
    long long answer_us = options->grace_us + KILL_BOUND_US + REPORT_BOUND_US;
    long long deadline = now_us() + options->timeout_us + answer_us;
    bool killed = false;
    while (!teardown->reaped) {
        long long left = deadline - now_us();
        if (left <= 0 && killed)
            return;
        if (left <= 0) {
            kill(teardown->program, SIGKILL);
            killed = true;
            deadline = now_us() + KILL_BOUND_US;
            continue;
        }
        struct timespec timeout = {left / 1000000, left % 1000000 * 1000};
        int number = sigtimedwait(signals, NULL, &timeout);
        if (number == SIGTERM || number == SIGINT || number == SIGHUP) {
            kill(teardown->program, SIGTERM);
            if (!killed && now_us() + answer_us < deadline)
                deadline = now_us() + answer_us;
        }
        reap(teardown);
    }
}

int main(int argc, char **argv) {
    static struct options options;
    parse_options(argc, argv, &options);
    set_descriptors();
    sigset_t signals = block_signals();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        broken("PR_SET_CHILD_SUBREAPER");

    pid_t guard = getpid();
    struct teardown teardown = {.program = fork()};
    if (teardown.program < 0)
        broken("fork");
    if (teardown.program == 0)
        _exit(supervise(&options, guard));
    await_supervisor(&options, &signals, &teardown);
    bool answered = teardown.reaped && teardown.status == 0;
    /* Nothing is left after a supervisor that answered, unless the kernel could not end it in time. */
    kill_descendants(&teardown, KILL_BOUND_US);
    if (!answered)
        fprintf(stderr, "confine: the supervisor ended without a report (status %#x), %d processes killed\n",
                (unsigned)teardown.status, teardown.killed);
    return answered ? 0 : EXIT_BROKEN;
}
