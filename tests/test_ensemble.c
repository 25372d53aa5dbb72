// SPDX-License-Identifier: GPL-3.0-or-later
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/evidence/ensemble.h>
#include <math.h>
#include <string.h>

static enum status draw_normals(struct stream *stream, size_t sample, double out[], const void *context)
{
    const size_t *failing = context;

    if (failing != NULL && sample >= *failing) {
        return status_fail(STATUS_CONVERGENCE, "sample %zu failed", sample);
    }
    stream_normals(stream, 3, out);
    out[2] = out[2] * out[2];
    return STATUS_OK;
}

static struct ensemble ensemble_of(size_t samples, int threads)
{
    return (struct ensemble){
        .key = 5, .stream = 1, .samples = samples, .outputs = 3, .threads = threads, .draw = draw_normals};
}

TEST(any_number_of_threads_gives_the_same_bits)
{
    static const size_t sizes[] = {1, 2, 255, 257, 5000};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct moments one[3], other[3];
        double *rows = memory_doubles(2 * 3 * sizes[i]);
        struct ensemble ensemble = ensemble_of(sizes[i], 1);

        CHECK_INT(ensemble_moments(&ensemble, one), STATUS_OK);
        CHECK_INT(ensemble_rows(&ensemble, rows), STATUS_OK);
        for (int threads = 2; threads <= 5; threads++) {
            ensemble = ensemble_of(sizes[i], threads);
            CHECK_INT(ensemble_moments(&ensemble, other), STATUS_OK);
            CHECK_INT(memcmp(one, other, sizeof one), 0);
            CHECK_INT(ensemble_rows(&ensemble, rows + 3 * sizes[i]), STATUS_OK);
            CHECK_INT(memcmp(rows, rows + 3 * sizes[i], 3 * sizes[i] * sizeof(double)), 0);
        }
        memory_free(rows);
    }
}

TEST(moments_are_those_of_the_rows)
{
    enum { N = 3000 };
    struct moments moments[3];
    double *rows = memory_doubles(3 * N);
    struct ensemble ensemble = ensemble_of(N, 2);

    CHECK_INT(ensemble_moments(&ensemble, moments), STATUS_OK);
    CHECK_INT(ensemble_rows(&ensemble, rows), STATUS_OK);
    for (size_t k = 0; k < 3; k++) {
        struct moments direct = moments_of(N, rows + k, 3);

        CHECK_SAME(moments[k].count, N);
        CHECK_ABSOLUTE(moments[k].mean, direct.mean, 1e-14);
        CHECK_RELATIVE(moments[k].deviations, direct.deviations, 1e-12);
        CHECK_SAME(moments[k].most, direct.most);
    }
    CHECK_ABSOLUTE(moments[2].mean, 1, 5 * sqrt(2.0 / N));
    memory_free(rows);
}

TEST(a_failed_sample_stops_the_run_and_says_why)
{
    size_t failing = 7;
    struct moments moments[3];
    struct ensemble ensemble = ensemble_of(1000, 1);

    ensemble.context = &failing;
    CHECK_INT(ensemble_moments(&ensemble, moments), STATUS_CONVERGENCE);
    CHECK_TEXT(status_reason(), "sample 7 failed");
    ensemble.threads = 3;
    CHECK_INT(ensemble_moments(&ensemble, moments), STATUS_CONVERGENCE);
    CHECK_CONTAINS(status_reason(), "failed");
}

TEST(empty_ensembles_are_refused)
{
    struct moments moments[3];
    struct ensemble ensemble = ensemble_of(0, 1);

    CHECK_INT(ensemble_moments(&ensemble, moments), STATUS_RANGE);
    ensemble = ensemble_of(10, 0);
    CHECK_INT(ensemble_rows(&ensemble, NULL), STATUS_RANGE);
}

static void note_fraction(double fraction, void *reporter)
{
    double *largest = reporter;

    *largest = fmax(*largest, fraction);
}

TEST(progress_reaches_one)
{
    struct moments moments[3];
    double largest = 0;
    struct ensemble ensemble = ensemble_of(600, 2);

    ensemble.progress = note_fraction;
    ensemble.reporter = &largest;
    CHECK_INT(ensemble_moments(&ensemble, moments), STATUS_OK);
    CHECK_SAME(largest, 1);
}

/* A mean with a bias 1/size: half of what changes from half to a quarter of the size. */
static enum status biased(struct stream *stream, size_t sample, double out[], const void *context)
{
    (void)sample;
    out[0] = 3 + 1 / *(const double *)context + 1e-3 * stream_normal(stream);
    return STATUS_OK;
}

TEST(limit_of_three_sizes_knows_its_bias)
{
    static const double size[3] = {16, 8, 4};
    struct ensemble ensemble[3];
    struct value limit;

    for (int s = 0; s < 3; s++) {
        ensemble[s] = (struct ensemble){.key = 1,
                                        .stream = (uint32_t)s,
                                        .samples = 50,
                                        .outputs = 1,
                                        .threads = 1,
                                        .draw = biased,
                                        .context = &size[s]};
    }
    CHECK_INT(ensemble_limit(ensemble, &limit), STATUS_OK);
    CHECK_ABSOLUTE(limit.x, 3.0625, 1e-3);
    CHECK_ABSOLUTE(limit.err[FINITE_SIZE], 0.0625, 1e-3);
    CHECK_ABSOLUTE(limit.err[SAMPLING], 1.7e-4, 5e-5);
    ensemble[1].samples = 0;
    CHECK_INT(ensemble_limit(ensemble, &limit), STATUS_RANGE);
}
