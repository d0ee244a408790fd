/* The program's process, from fork to exec. */
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int failure_pipe;

/* Every step either works or ends here: a program never runs with half of its confinement. */
static _Noreturn void fail(const char *stage) {
    struct start_failure failure = {stage, errno};
    ssize_t written = write(failure_pipe, &failure, sizeof failure);
    _exit(written == (ssize_t)sizeof failure ? 127 : 126);
}

static void require(bool done, const char *stage) {
    if (!done)
        fail(stage);
}

static void set_limit(__rlimit_resource_t resource, rlim_t value) {
    struct rlimit limit;
    require(getrlimit(resource, &limit) == 0, "limits");
    /* A limit may be lowered by anyone and raised by root alone; nobody asks here to raise one. */
    if (limit.rlim_max == RLIM_INFINITY || value < limit.rlim_max)
        limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    require(setrlimit(resource, &limit) == 0, "limits");
}

static void set_limits(const struct options *options) {
    static const __rlimit_resource_t resources[LIMIT_COUNT] = {
        [FILE_SIZE] = RLIMIT_FSIZE,  [PROCESSES] = RLIMIT_NPROC,  [OPEN_FILES] = RLIMIT_NOFILE,
        [ADDRESS_SPACE] = RLIMIT_AS, [CPU_SECONDS] = RLIMIT_CPU,
    };
    set_limit(RLIMIT_CORE, 0);
    for (int i = 0; i < LIMIT_COUNT; i++)
        if (options->limited[i])
            set_limit(resources[i], (rlim_t)options->limits[i]);
}

static void set_descriptors(int output) {
    int null = open("/dev/null", O_RDONLY);
    require(null >= 0 && dup2(null, 0) == 0, "descriptors");
    require(dup2(output, 1) == 1 && dup2(output, 2) == 2, "descriptors");
    /* At exec, not now: the failure pipe must live until then. */
    require(close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0, "descriptors");
}

static void set_user(const struct options *options) {
    require(setgroups(options->group_count, options->groups) == 0, "user");
    require(setresgid(options->gid, options->gid, options->gid) == 0, "user");
    require(setresuid(options->uid, options->uid, options->uid) == 0, "user");
}

static void set_default_signals(void) {
    /* By the kernel's call, with its structure all zero: libc hides two signals from sigaction(), which
       posix_spawn() leaves ignored. Refused for SIGKILL and SIGSTOP, which are default anyway. */
    static const unsigned long defaults[8];
    for (int number = 1; number <= 64; number++)
        syscall(SYS_rt_sigaction, number, defaults, NULL, 8);
    sigset_t none;
    sigemptyset(&none);
    require(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "signals");
}

void become_program(const struct options *options, int output, int failures, pid_t supervisor) {
    failure_pipe = failures;
    require(setsid() >= 0, "session");
    set_descriptors(output);
    umask(077);
    require(chdir("/") == 0, "directory");
    set_limits(options);
    if (options->switch_user)
        set_user(options);
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "privileges");
    /* After the change of user, which clears it. The supervisor may have died before this line. */
    require(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "privileges");
    if (getppid() != supervisor)
        raise(SIGKILL);
    set_default_signals();

    char *const *program = options->program;
    execve(program[0], program, environ);
    /* A fork elsewhere in the caller may hold, until its own exec, a descriptor through which the file
       was just written. That passes; somebody who is still writing the file does not. */
    for (int attempt = 0; errno == ETXTBSY && attempt < 20; attempt++) {
        nanosleep(&(struct timespec){0, 5000000}, NULL);
        execve(program[0], program, environ);
    }
    int error = errno;
    /* The file is there, so what is missing is its #! interpreter or its dynamic loader. */
    bool interpreter = error == ENOENT && faccessat(AT_FDCWD, program[0], F_OK, AT_EACCESS) == 0;
    errno = error;
    fail(interpreter ? "interpreter" : "exec");
}
