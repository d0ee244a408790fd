/* Ending every descendant of the calling process. */
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long long now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* Takes over every child that has ended, so that none stays a zombie. False when no child is left. */
bool reap(struct teardown *teardown) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == teardown->program) {
            teardown->reaped = true;
            teardown->status = status;
        } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
            teardown->killed++;
        }
    }
    return pid == 0 || errno != ECHILD;
}

/*
 * Kills each direct child and its process group; returns how many children there were.
 *
 * Only direct children are named, because their numbers cannot be used again before this process
 * reaps them. Deeper ones become direct children when their parent dies. A group is signalled as a
 * whole, under the kernel's lock against fork: a fork bomb that stays in one group ends at once. A
 * child is never in our own group: the program began a session, and groups do not cross sessions.
 */
static int kill_children(void) {
    FILE *children = fopen("/proc/thread-self/children", "re");
    if (children == NULL)
        return -1;
    int count = 0;
    int pid;
    while (fscanf(children, "%d", &pid) == 1) {
        pid_t group = getpgid(pid);
        kill(pid, SIGKILL);
        if (group > 1 && group != getpgrp())
            kill(-group, SIGKILL);
        count++;
    }
    fclose(children);
    return count;
}

void kill_descendants(struct teardown *teardown, long long bound_us) {
    long long deadline = now_us() + bound_us;
    sigset_t child_ended;
    sigemptyset(&child_ended);
    sigaddset(&child_ended, SIGCHLD);
    /* Against a crowd that forks as fast as it is killed. Where it is not allowed, RLIMIT_NPROC counts. */
    (void)setpriority(PRIO_PROCESS, 0, -20);
    for (;;) {
        int children = kill_children();
        if (!reap(teardown))
            return;
        long long left = deadline - now_us();
        if (left <= 0) {
            teardown->survivors = children > 0 ? children : 1;
            return;
        }
        /* A killed child announces itself. The 20 ms are for a child the list left out: the kernel
           promises a complete one only while nothing moves. */
        struct timespec pause = {0, (left < 20000 ? left : 20000) * 1000};
        sigtimedwait(&child_ended, NULL, &pause);
    }
}
