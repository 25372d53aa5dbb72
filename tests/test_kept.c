// SPDX-License-Identifier: GPL-3.0-or-later
/* Kept samples: killed at any moment, gone on with, nothing lost and nothing drawn twice. */
#include "assay_test.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/kept.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 40, OUTPUTS = 2, PATH = 512 };

struct log {
    char path[PATH]; // a byte for every sample drawn
    int microseconds;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct log *log = context;
    int file = open(log->path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    unsigned char number = (unsigned char)sample;

    usleep((useconds_t)log->microseconds);
    CHECK(file >= 0 && write(file, &number, 1) == 1);
    close(file);
    out[0] = stream_normal(stream);
    out[1] = sample == 7 ? NAN : exp(20 * out[0]);
    return STATUS_OK;
}

static struct ensemble ensemble_of(const struct log *log, int threads)
{
    return (struct ensemble){.key = stream_key("test/kept", 1),
                             .samples = SAMPLES,
                             .outputs = OUTPUTS,
                             .threads = threads,
                             .draw = draw,
                             .context = log};
}

static void paths(const char *directory, char kept[PATH], struct log *log)
{
    snprintf(kept, PATH, "%s/deep/er/cells", directory);
    snprintf(log->path, PATH, "%s/log", directory);
}

/* How often the log names each sample. */
static void count_draws(const struct log *log, int times[SAMPLES])
{
    size_t size = 0;
    char *content = file_read(log->path, &size);

    memset(times, 0, SAMPLES * sizeof times[0]);
    for (size_t i = 0; i < size; i++) {
        times[(unsigned char)content[i]]++;
    }
    memory_free(content);
}

static bool same_rows(const double a[], const double b[])
{
    return memcmp(a, b, SAMPLES * OUTPUTS * sizeof a[0]) == 0;
}

/* The log is written before the sample is kept: what was under way when the process died may stand there twice, at most one sample a thread and kill. */
TEST(killed_again_and_again_it_ends_with_all_rows)
{
    const char *directory = test_directory();
    char kept[PATH];
    struct log log = {.microseconds = 4000};
    double rows[SAMPLES * OUTPUTS], expected[SAMPLES * OUTPUTS];
    int times[SAMPLES], kills = 0, repeated = 0;
    size_t found = 0, before = 0;

    paths(directory, kept, &log);
    for (; kills < 12; kills++) {
        pid_t child = fork();

        if (child == 0) {
            struct ensemble ensemble = ensemble_of(&log, 1);

            _exit(kept_rows(&ensemble, kept, "a", rows, NULL) == STATUS_OK ? 0 : 1);
        }
        usleep(23000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    log.microseconds = 0;
    struct ensemble ensemble = ensemble_of(&log, 2);
    CHECK_INT(kept_rows(&ensemble, kept, "a", rows, &found), STATUS_OK);
    CHECK_AT_LEAST((double)found, 5);
    count_draws(&log, times);
    for (int i = 0; i < SAMPLES; i++) {
        CHECK(times[i] >= 1);
        repeated += times[i] - 1;
    }
    CHECK_AT_MOST(repeated, kills);
    CHECK_INT(kept_rows(&ensemble, kept, "a", expected, &before), STATUS_OK); // all there: nothing is drawn
    CHECK_INT(before, SAMPLES);
    CHECK(same_rows(rows, expected));
    int again[SAMPLES];
    count_draws(&log, again);
    CHECK(memcmp(times, again, sizeof times) == 0);
    CHECK_INT(ensemble_rows(&ensemble, expected), STATUS_OK);
    CHECK(same_rows(rows, expected));
}

/* Whatever byte the file ends at, whole lines count and the torn one does not. */
TEST(any_truncation_costs_only_the_torn_line)
{
    const char *directory = test_directory();
    char kept[PATH];
    struct log log = {.microseconds = 0};
    double rows[SAMPLES * OUTPUTS], again[SAMPLES * OUTPUTS];
    size_t size, found;

    paths(directory, kept, &log);
    struct ensemble ensemble = ensemble_of(&log, 1);
    CHECK_INT(kept_rows(&ensemble, kept, "identity", rows, NULL), STATUS_OK);
    char *content = file_read(kept, &size);
    for (size_t cut = 0; cut < size; cut += 37) {
        size_t lines = 0;

        for (size_t i = 0; i < cut; i++) {
            lines += content[i] == '\n' ? 1 : 0;
        }
        CHECK_INT(file_update(kept, cut, content, NULL), STATUS_OK);
        CHECK_INT(kept_rows(&ensemble, kept, "identity", again, &found), STATUS_OK);
        CHECK_INT(found, lines == 0 ? 0 : lines - 1);
        CHECK(same_rows(rows, again));
    }
    content[size / 2] ^= 1; // and a changed byte all that follows it
    CHECK_INT(file_update(kept, size, content, NULL), STATUS_OK);
    CHECK_INT(kept_rows(&ensemble, kept, "identity", again, &found), STATUS_OK);
    CHECK_AT_MOST((double)found, SAMPLES - 10);
    CHECK(same_rows(rows, again));
    memory_free(content);
}

TEST(another_identity_and_another_process_are_refused)
{
    const char *directory = test_directory();
    char kept[PATH];
    struct log log = {.microseconds = 0};
    double rows[SAMPLES * OUTPUTS];

    paths(directory, kept, &log);
    struct ensemble ensemble = ensemble_of(&log, 1);
    CHECK_INT(kept_rows(&ensemble, kept, "rate=1", rows, NULL), STATUS_OK);
    CHECK_INT(kept_rows(&ensemble, kept, "rate=2", rows, NULL), STATUS_FORMAT);
    CHECK_INT(kept_rows(&ensemble, kept, "rate=", rows, NULL), STATUS_FORMAT);
    CHECK_INT(kept_rows(&ensemble, kept, "two\nlines", rows, NULL), STATUS_RANGE);
    CHECK_INT(kept_rows(&ensemble, "/proc/none/such", "a", rows, NULL), STATUS_IO);
    log.microseconds = 5000;
    unlink(kept);
    pid_t child = fork();
    if (child == 0) {
        _exit(kept_rows(&ensemble, kept, "a", rows, NULL) == STATUS_OK ? 0 : 1);
    }
    usleep(40000);
    CHECK_INT(kept_rows(&ensemble, kept, "a", rows, NULL), STATUS_IO);
    CHECK_CONTAINS(status_reason(), "another process");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}
