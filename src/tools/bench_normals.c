// SPDX-License-Identifier: GPL-3.0-or-later
/* bench_normals: standard normals in doubles per second, on one core, beside GSL's ziggurat and NumPy's.
 *
 * Each contender fills the same buffer of 4096 doubles, which stays in the cache: what is timed is the generator,
 * not the memory. A round times all of them once in turn, so that a change of clock or a neighbour's load hits all;
 * the best round counts, for it is the least disturbed. NumPy runs in its own process, in the middle of the rounds,
 * in the same way (standard_normal with out=). One more line fills an array far larger than the caches. Ratios say
 * how many times faster the fastest version of ours is. */
#include "../random/normal_versions.h"

#include <assay/base/memory.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

enum { BUFFER = 4096, FILLS = 64, ROUNDS = 40, LARGE = 1 << 23, CONTENDERS_MAX = 16 };

/* Fills out[0..n), once. */
typedef void fill_function(const void *generator, size_t n, double out[]);

struct contender {
    char name[64];
    fill_function *fill;
    const void *generator;
    size_t n;
    double nanoseconds; // a number, in the best round
};

static void fill_version(const void *generator, size_t n, double out[])
{
    struct stream stream = stream_open(1, 0, 0);

    normal_fill(generator, DRAW_NORMALS, &stream, 1, n, out);
}

static void fill_words(const void *generator, size_t n, double out[])
{
    struct stream stream = stream_open(1, 0, 0);

    normal_fill(generator, DRAW_WORDS, &stream, 1, n, out);
}

static void fill_ziggurat(const void *generator, size_t n, double out[])
{
    for (size_t i = 0; i < n; i++)
        out[i] = gsl_ran_gaussian_ziggurat(generator, 1);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void time_rounds(int rounds, int count, struct contender contender[], double buffer[])
{
    for (int round = 0; round < rounds; round++) {
        for (struct contender *c = contender; c < contender + count; c++) {
            int fills = c->n == BUFFER ? FILLS : 1;
            double start = seconds();

            for (int i = 0; i < fills; i++)
                c->fill(c->generator, c->n, buffer);
            c->nanoseconds = fmin(c->nanoseconds, 1e9 * (seconds() - start) / ((double)c->n * fills));
        }
    }
}

/* Nanoseconds a number of NumPy's generator, 0 if there is no NumPy. */
static double time_numpy(const char *bits)
{
    char command[1024];
    double nanoseconds = 0;

    snprintf(command, sizeof command,
             "for p in python3 /usr/bin/python3; do $p -c '\n"
             "import numpy, time\n"
             "g = numpy.random.Generator(numpy.random.%s(1))\n"
             "b = numpy.empty(%d)\n"
             "def once():\n"
             "    start = time.perf_counter()\n"
             "    for i in range(%d): g.standard_normal(out=b)\n"
             "    return time.perf_counter() - start\n"
             "print(1e9 * min(once() for i in range(%d)) / (%d * b.size))\n"
             "' 2>/dev/null && break; done",
             bits, BUFFER, FILLS, ROUNDS, FILLS);
    FILE *pipe = popen(command, "r");
    if (pipe != NULL) {
        if (fscanf(pipe, "%lf", &nanoseconds) != 1)
            nanoseconds = 0;
        pclose(pipe);
    }
    return nanoseconds;
}

static struct contender contend(const char *who, const char *how, fill_function *fill, const void *generator, size_t n)
{
    struct contender contender = {.fill = fill, .generator = generator, .n = n, .nanoseconds = INFINITY};

    snprintf(contender.name, sizeof contender.name, "%s, %s", who, how);
    return contender;
}

/* Ours first, the fastest foremost, and the words alone last. Returns how many. */
static int line_up(gsl_rng *const ziggurat[2], struct contender contender[])
{
    const struct normal_version *version;
    int count = 0;

    while ((version = normal_version(count)) != NULL)
        contender[count++] = contend("assay", version->name, fill_version, version, BUFFER);
    contender[count++] = contend("assay", "64 MiB array", fill_version, normal_version(0), LARGE);
    for (int i = 0; i < 2; i++)
        contender[count++] = contend("GSL ziggurat", gsl_rng_name(ziggurat[i]), fill_ziggurat, ziggurat[i], BUFFER);
    contender[count++] = contend("(words alone", "Philox 4x32-7)", fill_words, normal_version(0), BUFFER);
    return count;
}

static void print_row(const char *name, double nanoseconds, double ours)
{
    printf("%-36s %10.3f %12.1f %8.1f\n", name, nanoseconds, 1e3 / nanoseconds, nanoseconds / ours);
}

static void print_numpy(const char *bits, double nanoseconds, double ours)
{
    char name[64];

    snprintf(name, sizeof name, "NumPy standard_normal, %s", bits);
    if (nanoseconds > 0)
        print_row(name, nanoseconds, ours);
    else
        printf("%-36s NumPy not installed\n", name);
}

int main(void)
{
    const char *numpy[2] = {"PCG64", "SFC64"};
    gsl_rng *ziggurat[2] = {gsl_rng_alloc(gsl_rng_mt19937), gsl_rng_alloc(gsl_rng_taus2)};
    struct contender contender[CONTENDERS_MAX];
    int count = line_up(ziggurat, contender);
    double *buffer = memory_doubles(LARGE), numpy_time[2];

    time_rounds(ROUNDS / 2, count, contender, buffer);
    for (int i = 0; i < 2; i++)
        numpy_time[i] = time_numpy(numpy[i]);
    time_rounds(ROUNDS / 2, count, contender, buffer);

    printf("%-36s %10s %12s %8s\n", "standard normals, one core", "ns each", "millions/s", "ratio");
    for (int i = 0; i < count; i++)
        print_row(contender[i].name, contender[i].nanoseconds, contender[0].nanoseconds);
    for (int i = 0; i < 2; i++)
        print_numpy(numpy[i], numpy_time[i], contender[0].nanoseconds);
    printf("Philox alone: %.0f Gbit/s\n", 64 / contender[count - 1].nanoseconds);

    for (int i = 0; i < 2; i++)
        gsl_rng_free(ziggurat[i]);
    memory_free(buffer);
    return 0;
}
