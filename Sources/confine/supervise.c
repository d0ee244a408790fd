/* The supervisor: starts the program, watches it, ends it and all it started, reports. */
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
    const struct options *options;
    struct report report;
    struct teardown teardown;
    int signals, output, failures; /* descriptors; output is -1 once it has ended */
    bool control_ended, terminating, kill_now;
    long long start_us, deadline_us;
};

static void terminate(struct run *run, const char *ended) {
    if (run->terminating)
        return;
    run->terminating = true;
    run->report.ended = ended;
    run->deadline_us = now_us() + run->options->grace_us;
    /* The group does not exist yet if the program's process is still on its way to setsid(). */
    if (kill(-run->teardown.program, SIGTERM) != 0)
        kill(run->teardown.program, SIGTERM);
}

static void take_signals(struct run *run) {
    struct signalfd_siginfo info;
    while (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        bool guard_died = info.ssi_signo == SIGUSR1;
        run->kill_now = run->kill_now || guard_died;
        if (info.ssi_signo != SIGCHLD)
            terminate(run, guard_died ? "abandoned" : "cancelled");
    }
    reap(&run->teardown);
}

/* Reads once; keeps what fits the bound. False at the end of the output, or when there is none now. */
static bool take_output(struct run *run) {
    static char buffer[65536];
    ssize_t count = read(run->output, buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (count <= 0) {
        close(run->output);
        run->output = -1;
        return false;
    }
    struct report *report = &run->report;
    size_t room = run->options->output_bytes - report->output_bytes;
    size_t kept = (size_t)count < room ? (size_t)count : room;
    memcpy(report->output + report->output_bytes, buffer, kept);
    report->output_bytes += kept;
    report->output_total += (size_t)count;
    return true;
}

static void take_control(struct run *run) {
    char ignored[256];
    ssize_t count = read(0, ignored, sizeof ignored);
    if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    run->control_ended = true;
    terminate(run, "cancelled");
}

/* Until the program has ended by itself, or its time (and then its grace) is over. */
static void watch(struct run *run) {
    while (!run->teardown.reaped && !run->kill_now) {
        long long left = run->deadline_us - now_us();
        if (left <= 0) {
            if (run->terminating)
                return;
            terminate(run, "timeout");
            continue;
        }
        struct pollfd events[] = {
            {run->signals, POLLIN, 0},
            {run->control_ended ? -1 : 0, POLLIN, 0},
            {run->output, POLLIN, 0},
        };
        struct timespec timeout = {left / 1000000, left % 1000000 * 1000};
        if (ppoll(events, 3, &timeout, NULL) < 0) {
            if (errno == EINTR)
                continue;
            run->kill_now = true;
            return terminate(run, "abandoned");
        }
        /* Signals first: a program that ended in the instant of its deadline has ended by itself. */
        if (events[0].revents != 0)
            take_signals(run);
        if (events[1].revents != 0 && !run->teardown.reaped)
            take_control(run);
        if (events[2].revents != 0)
            take_output(run);
    }
}

/* Everything the kernel still holds of the output. A pipe handed to a process outside may go on
   filling it: hence the bound. */
static void drain(struct run *run) {
    for (int reads = 0; run->output >= 0 && reads < 64 && take_output(run);)
        reads++;
}

static void conclude(struct run *run) {
    struct report *report = &run->report;
    report->elapsed_us = now_us() - run->start_us;
    kill_descendants(&run->teardown, KILL_BOUND_US);
    drain(run);
    report->status = run->teardown.reaped ? run->teardown.status : 0;
    report->leftovers = run->teardown.killed;
    report->survivors = run->teardown.survivors;
    struct start_failure failure;
    if (read(run->failures, &failure, sizeof failure) == (ssize_t)sizeof failure) {
        report->failure = failure;
        report->ended = "not-started";
    } else if (!run->terminating) {
        report->ended = WIFSIGNALED(report->status) ? "signaled" : "exited";
    }
}

static bool prepare(struct run *run, int output[2], int failures[2]) {
    sigset_t signals;
    if (sigprocmask(SIG_BLOCK, NULL, &signals) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return false;
    run->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    run->report.output = malloc(run->options->output_bytes + 1);
    if (run->signals < 0 || run->report.output == NULL)
        return false;
    /* Without its list of children nothing could be cleaned up afterwards. */
    if (access("/proc/thread-self/children", R_OK) != 0)
        return false;
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(failures, O_CLOEXEC) != 0)
        return false;
    fcntl(output[1], F_SETPIPE_SZ, 262144); /* fewer wake-ups; the default does too */
    run->output = output[0];
    run->failures = failures[0];
    return fcntl(output[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(failures[0], F_SETFL, O_NONBLOCK) == 0;
}

static int give_up(struct run *run, const char *stage) {
    run->report.failure = (struct start_failure){stage, errno};
    run->report.ended = "not-started";
    return write_report(&run->report) ? 0 : EXIT_BROKEN;
}

int supervise(const struct options *options, pid_t guard) {
    static struct run run;
    run.options = options;
    int output[2], failures[2];
    if (prctl(PR_SET_PDEATHSIG, SIGUSR1) != 0 || getppid() != guard)
        return EXIT_BROKEN;
    if (!prepare(&run, output, failures))
        return give_up(&run, "setup");

    pid_t supervisor = getpid();
    run.start_us = now_us();
    run.deadline_us = run.start_us + options->timeout_us;
    run.teardown.program = fork();
    if (run.teardown.program < 0)
        return give_up(&run, "fork");
    if (run.teardown.program == 0)
        become_program(options, output[1], failures[1], supervisor);
    close(output[1]);
    close(failures[1]);
    watch(&run);
    conclude(&run);
    return write_report(&run.report) ? 0 : EXIT_BROKEN;
}
