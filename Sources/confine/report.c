#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_all(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(1, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

bool write_report(const struct report *report) {
    int status = report->status;
    char header[512];
    int length = snprintf(
        header, sizeof header,
        "confine/1 ended=%s code=%d signal=%d core=%d stage=%s errno=%d output-bytes=%zu output-total=%llu "
        "truncated=%d leftovers=%d survivors=%d elapsed-us=%lld\n",
        report->ended, WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        WIFSIGNALED(status) && WCOREDUMP(status) ? 1 : 0, report->failure.stage ? report->failure.stage : "none",
        report->failure.error,
        report->output_bytes, report->output_total, report->output_total > report->output_bytes ? 1 : 0,
        report->leftovers, report->survivors, report->elapsed_us);
    if (length < 0 || (size_t)length >= sizeof header)
        return false;
    return write_all(header, (size_t)length) && write_all(report->output, report->output_bytes);
}
