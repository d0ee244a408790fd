#define _GNU_SOURCE
#include "confine.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: confine --timeout-ms N --grace-ms N --output-bytes N [OPTION N]... -- /PATH [ARGUMENT]...\n"
    "Runs /PATH with confine's own environment, and ends it and all it started: at the timeout, when\n"
    "standard input reaches its end, on SIGTERM, and when /PATH itself has ended.\n"
    "  --timeout-ms N           time it may run, 1 ms to 7 days\n"
    "  --grace-ms N             time between SIGTERM to its process group and SIGKILL, 0 ms to 1 hour\n"
    "  --output-bytes N         output kept, both streams merged, up to 64 MiB; the rest is discarded\n"
    "  --file-size-bytes N, --processes N, --open-files N, --address-space-bytes N, --cpu-seconds N\n"
    "                           resource limits (setrlimit); not given: as inherited\n"
    "  --uid N --gid N [--groups N,N...]   user and groups to run as; not given: as confine itself\n"
    "Every option at most once, in any order. Standard input is read only for its end. On standard\n"
    "output: one line, 'confine/1' and key=value pairs, then the program's output. Exit status 0: the\n"
    "report was written; 64: wrong usage; 70: there is no report.\n";

static _Noreturn void refuse(const char *problem, const char *argument) {
    fprintf(stderr, "confine: %s: %s\n%s", problem, argument, usage);
    exit(EXIT_USAGE);
}

/* Decimal digits only: no sign, no blank, no prefix, no overflow. Stops at `end`. */
static unsigned long long number(const char *option, const char *text, char end, const char **rest,
                                 unsigned long long least, unsigned long long most) {
    unsigned long long value = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        unsigned digit = (unsigned)(*c - '0');
        if (value > (ULLONG_MAX - digit) / 10)
            refuse("number too large", option);
        value = value * 10 + digit;
    }
    if (c == text || (*c != '\0' && *c != end))
        refuse("not a number", option);
    if (value < least || value > most)
        refuse("number out of range", option);
    *rest = c;
    return value;
}

enum { TIMEOUT, GRACE, OUTPUT, LIMITS, UID = LIMITS + LIMIT_COUNT, GID, GROUPS, NAME_COUNT };

static const struct {
    const char *name;
    unsigned long long least, most;
} names[NAME_COUNT] = {
    [TIMEOUT] = {"--timeout-ms", 1, 7ULL * 24 * 3600 * 1000},
    [GRACE] = {"--grace-ms", 0, 3600 * 1000},
    [OUTPUT] = {"--output-bytes", 0, 64ULL << 20},
    [LIMITS + FILE_SIZE] = {"--file-size-bytes", 0, INT64_MAX},
    [LIMITS + PROCESSES] = {"--processes", 1, INT_MAX},
    [LIMITS + OPEN_FILES] = {"--open-files", 3, INT_MAX},
    [LIMITS + ADDRESS_SPACE] = {"--address-space-bytes", 1, INT64_MAX},
    [LIMITS + CPU_SECONDS] = {"--cpu-seconds", 1, INT_MAX},
    /* The highest number means "no change" to the kernel. */
    [UID] = {"--uid", 0, UINT_MAX - 1},
    [GID] = {"--gid", 0, UINT_MAX - 1},
    [GROUPS] = {"--groups", 0, UINT_MAX - 1},
};

static void parse_groups(const char *text, struct options *options) {
    for (const char *rest = text;; text = rest + 1) {
        if (options->group_count == MAX_GROUPS)
            refuse("too many groups", "--groups");
        options->groups[options->group_count++] =
            (gid_t)number("--groups", text, ',', &rest, names[GROUPS].least, names[GROUPS].most);
        if (*rest == '\0')
            return;
    }
}

void parse_options(int argc, char **argv, struct options *options) {
    bool given[NAME_COUNT] = {false};
    unsigned long long values[NAME_COUNT] = {0};
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i += 2) {
        int name = 0;
        while (name < NAME_COUNT && strcmp(argv[i], names[name].name) != 0)
            name++;
        if (name == NAME_COUNT)
            refuse("unknown option", argv[i]);
        if (given[name])
            refuse("option given twice", argv[i]);
        if (i + 1 >= argc)
            refuse("option without its value", argv[i]);
        given[name] = true;
        const char *rest;
        if (name == GROUPS)
            parse_groups(argv[i + 1], options);
        else
            values[name] = number(argv[i], argv[i + 1], '\0', &rest, names[name].least, names[name].most);
    }
    for (int required = TIMEOUT; required <= OUTPUT; required++)
        if (!given[required])
            refuse("option missing", names[required].name);
    if (given[UID] != given[GID] || (given[GROUPS] && !given[UID]))
        refuse("options that go together", "--uid and --gid, and --groups with both");
    if (i + 1 >= argc || argv[i + 1][0] != '/')
        refuse("no absolute path of a program", "after --");

    options->timeout_us = (long long)values[TIMEOUT] * 1000;
    options->grace_us = (long long)values[GRACE] * 1000;
    options->output_bytes = (size_t)values[OUTPUT];
    memcpy(options->limits, values + LIMITS, sizeof options->limits);
    memcpy(options->limited, given + LIMITS, sizeof options->limited);
    options->switch_user = given[UID];
    options->uid = (uid_t)values[UID];
    options->gid = (gid_t)values[GID];
    options->program = argv + i + 1;
}
