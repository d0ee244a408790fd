/*
 * confine starts one program with limits and leaves no descendant of it behind.
 *
 *   caller ── guard ── supervisor ── program ── whatever it starts
 *
 * Guard and supervisor are both subreapers: a process below them whose parent ends becomes a child of
 * the nearer one, also after setsid() and a double fork, and so can be found and killed. There are two
 * of them because one alone, killed, would leave the program's children to init. If the supervisor
 * dies, the guard inherits and kills what it left; if the guard dies, the supervisor is told by the
 * kernel (SIGUSR1, its parent-death signal), kills everything and ends.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { EXIT_USAGE = 64, EXIT_BROKEN = 70, MAX_GROUPS = 1024 };

/* How long, beyond the program's own time, killing (for processes the kernel cannot end at once) and
   writing the report (to a caller that does not read) may take. */
#define KILL_BOUND_US 3000000LL
#define REPORT_BOUND_US 1000000LL

enum limit { FILE_SIZE, PROCESSES, OPEN_FILES, ADDRESS_SPACE, CPU_SECONDS, LIMIT_COUNT };

struct options {
    long long timeout_us, grace_us;
    size_t output_bytes;
    unsigned long long limits[LIMIT_COUNT];
    bool limited[LIMIT_COUNT];
    bool switch_user;
    uid_t uid;
    gid_t gid;
    gid_t groups[MAX_GROUPS];
    size_t group_count;
    char **program; /* path, arguments, NULL */
};

/* The step of starting the program that failed, and its errno. It comes through a pipe from a fork of
   the reader, in which the same literal has the same address. */
struct start_failure {
    const char *stage;
    int error;
};

struct report {
    const char *ended; /* exited, signaled, timeout, cancelled, not-started; abandoned: by the guard */
    int status;        /* as waitpid() gives it; read when the program was reaped */
    struct start_failure failure;
    char *output;
    size_t output_bytes;
    unsigned long long output_total;
    int leftovers, survivors;
    long long elapsed_us;
};

/* What killing found. */
struct teardown {
    pid_t program;  /* the process whose status is wanted; 0 for none */
    bool reaped;    /* in and out: that process was reaped */
    int status;     /* its status */
    int killed;     /* other processes that ended by our SIGKILL */
    int survivors;  /* direct children the kernel had not ended within the bound */
};

void parse_options(int argc, char **argv, struct options *options);
long long now_us(void);
int supervise(const struct options *options, pid_t guard);
_Noreturn void become_program(const struct options *options, int output, int failures, pid_t supervisor);
bool reap(struct teardown *teardown);
void kill_descendants(struct teardown *teardown, long long bound_us);
bool write_report(const struct report *report);

#endif
