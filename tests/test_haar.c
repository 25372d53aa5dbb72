// SPDX-License-Identifier: GPL-3.0-or-later
/* Haar matrices: orthogonality to rounding, and the law by its exact moments and marginals. Bounds are five
 * standard errors. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/random/haar.h>
#include <math.h>
#include <string.h>

enum { SAMPLES = 20000 };

static struct stream sample_stream(uint32_t stream, int sample)
{
    return stream_open(stream_key("test_haar", 1), stream, (uint32_t)sample);
}

/* Largest entry of |F'F - 1|. */
static double defect(int n, int k, const double F[])
{
    double worst = 0;

    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) {
            double sum = a == b ? -1 : 0;

            for (int i = 0; i < n; i++)
                sum += F[i * k + a] * F[i * k + b];
            worst = fmax(worst, fabs(sum));
        }
    return worst;
}

/* Rounding of Householder QR grows like n eps at the worst and stays far below that. */
TEST(columns_are_orthonormal)
{
    const int sizes[][2] = {{1, 1}, {2, 1}, {2, 2}, {3, 2}, {10, 10}, {64, 5}, {100, 100}, {130, 129}};
    double *F = memory_doubles(130 * 130);

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        int n = sizes[s][0], k = sizes[s][1];
        struct stream stream = sample_stream(1, (int)s);

        CHECK_INT(haar_frame(&stream, n, k, F), STATUS_OK);
        CHECK_AT_MOST(defect(n, k, F), 2.3e-16 * (n + 10));
        CHECK(stream.draw == (uint64_t)(n * k));
    }
    memory_free(F);
}

/* A mean with its standard error. */
struct sum {
    double n, x, xx;
};

static void add(struct sum *sum, double x)
{
    sum->n++;
    sum->x += x;
    sum->xx += x * x;
}

static double sigmas(struct sum sum, double expected)
{
    double mean = sum.x / sum.n;

    return (mean - expected) / sqrt((sum.xx / sum.n - mean * mean) / sum.n);
}

/* E Q_ij^2 = 1/n, E Q_ij^4 = 3 / (n (n + 2)), E Q_11^2 Q_12^2 = 1 / (n (n + 2)), E Q_11^2 Q_22^2 = (n + 1) / ((n -
 * 1) n (n + 2)), E Q_11 Q_22 Q_12 Q_21 = -1 / ((n - 1) n (n + 2)). */
TEST(moments_of_entries)
{
    enum { n = 5 };
    struct sum square = {0}, fourth = {0}, row = {0}, diagonal = {0}, cycle = {0};
    double Q[n * n];

    for (int s = 0; s < SAMPLES; s++) {
        struct stream stream = sample_stream(2, s);

        haar_orthogonal(&stream, n, Q);
        add(&square, Q[n + 3] * Q[n + 3]);
        add(&fourth, pow(Q[4 * n + 2], 4));
        add(&row, Q[0] * Q[0] * Q[1] * Q[1]);
        add(&diagonal, Q[0] * Q[0] * Q[n + 1] * Q[n + 1]);
        add(&cycle, Q[0] * Q[1] * Q[n] * Q[n + 1]);
    }
    CHECK_ABSOLUTE(sigmas(square, 1.0 / n), 0, 5);
    CHECK_ABSOLUTE(sigmas(fourth, 3.0 / (n * (n + 2))), 0, 5);
    CHECK_ABSOLUTE(sigmas(row, 1.0 / (n * (n + 2))), 0, 5);
    CHECK_ABSOLUTE(sigmas(diagonal, (n + 1.0) / ((n - 1) * n * (n + 2))), 0, 5);
    CHECK_ABSOLUTE(sigmas(cycle, -1.0 / ((n - 1) * n * (n + 2))), 0, 5);
}

/* E (tr Q)^j = 0, 1, 0, 3 for j = 1..4 and n >= 4 (Diaconis and Shahshahani 1994). Householder's Q without the
 * signs has a biased trace: this is the test that sees it. E tr Q^2 = 1, E (tr Q^2 - 1)^2 = 2 likewise. */
TEST(moments_of_traces)
{
    enum { n = 6 };
    struct sum power[5] = {{0}}, second = {0}, spread = {0};
    double Q[n * n];

    for (int s = 0; s < SAMPLES; s++) {
        struct stream stream = sample_stream(3, s);
        double trace = 0, trace2 = 0;

        haar_orthogonal(&stream, n, Q);
        for (int i = 0; i < n; i++)
            trace += Q[i * n + i];
        for (int i = 0; i < n * n; i++)
            trace2 += Q[i] * Q[i % n * n + i / n];
        for (int j = 1; j <= 4; j++)
            add(&power[j], pow(trace, j));
        add(&second, trace2);
        add(&spread, (trace2 - 1) * (trace2 - 1));
    }
    CHECK_ABSOLUTE(sigmas(power[1], 0), 0, 5);
    CHECK_ABSOLUTE(sigmas(power[2], 1), 0, 5);
    CHECK_ABSOLUTE(sigmas(power[3], 0), 0, 5);
    CHECK_ABSOLUTE(sigmas(power[4], 3), 0, 5);
    CHECK_ABSOLUTE(sigmas(second, 1), 0, 5);
    CHECK_ABSOLUTE(sigmas(spread, 2), 0, 5);
}

static double determinant(const double Q[9])
{
    return Q[0] * (Q[4] * Q[8] - Q[5] * Q[7]) - Q[1] * (Q[3] * Q[8] - Q[5] * Q[6]) + Q[2] * (Q[3] * Q[7] - Q[4] * Q[6]);
}

/* Chi-square of x in 20 equal cells of [-1, 1], in standard deviations. */
static double chi_square_sigmas(const long count[20])
{
    double total = 0, square = 0;

    for (int i = 0; i < 20; i++)
        total += (double)count[i];
    for (int i = 0; i < 20; i++)
        square += ((double)count[i] - total / 20) * ((double)count[i] - total / 20);
    return (square * 20 / total - 19) / sqrt(2 * 19.0);
}

static int cell(double x)
{
    int i = (int)(10 * (x + 1));

    return i < 0 ? 0 : i > 19 ? 19 : i;
}

/* In three dimensions every entry is uniform on [-1, 1] (Archimedes), before and after turning Q by a fixed
 * rotation from either side or taking one part of O(3) alone; and both signs of the determinant are equally likely. */
TEST(entries_are_uniform_in_three_dimensions)
{
    const double R[9] = {0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6};
    long plain[20] = {0}, left[20] = {0}, right[20] = {0}, proper[20] = {0}, positive = 0;

    for (int s = 0; s < SAMPLES; s++) {
        struct stream stream = sample_stream(4, s);
        double Q[9];

        haar_orthogonal(&stream, 3, Q);
        plain[cell(Q[s % 9])]++;
        left[cell(R[0] * Q[1] + R[1] * Q[4] + R[2] * Q[7])]++;
        right[cell(Q[6] * R[2] + Q[7] * R[5] + Q[8] * R[8])]++;
        positive += determinant(Q) > 0;
        if (determinant(Q) > 0)
            proper[cell(Q[8])]++;
    }
    CHECK_ABSOLUTE(chi_square_sigmas(plain), 0, 5);
    CHECK_ABSOLUTE(chi_square_sigmas(left), 0, 5);
    CHECK_ABSOLUTE(chi_square_sigmas(right), 0, 5);
    CHECK_ABSOLUTE(chi_square_sigmas(proper), 0, 5);
    CHECK_ABSOLUTE((double)positive, SAMPLES / 2.0, 5 * sqrt(SAMPLES) / 2);
}

/* In one dimension O(1) is a coin. */
TEST(one_dimension)
{
    long positive = 0, wrong = 0;

    for (int s = 0; s < SAMPLES; s++) {
        struct stream stream = sample_stream(5, s);
        double q, x;

        haar_orthogonal(&stream, 1, &q);
        sphere_uniform(&stream, 1, 2, &x);
        positive += q > 0;
        wrong += fabs(q) != 1 || fabs(x) != 2;
    }
    CHECK_INT(wrong, 0);
    CHECK_ABSOLUTE((double)positive, SAMPLES / 2.0, 5 * sqrt(SAMPLES) / 2);
}

/* A frame of one column is a point on the sphere; two columns of a frame have the moments of two columns of a Haar
 * matrix. */
TEST(frames_are_uniform)
{
    enum { n = 4, k = 2 };
    struct sum fourth = {0}, cycle = {0}, first = {0};
    long height[20] = {0};
    double F[n * k], f[3];

    for (int s = 0; s < SAMPLES; s++) {
        struct stream stream = sample_stream(6, s);

        haar_frame(&stream, n, k, F);
        add(&first, F[3 * k + 1]);
        add(&fourth, pow(F[k + 1], 4));
        add(&cycle, F[0] * F[1] * F[k] * F[k + 1]);
        haar_frame(&stream, 3, 1, f);
        height[cell(f[1])]++;
    }
    CHECK_ABSOLUTE(sigmas(first, 0), 0, 5);
    CHECK_ABSOLUTE(sigmas(fourth, 3.0 / (n * (n + 2))), 0, 5);
    CHECK_ABSOLUTE(sigmas(cycle, -1.0 / ((n - 1) * n * (n + 2))), 0, 5);
    CHECK_ABSOLUTE(chi_square_sigmas(height), 0, 5);
}

TEST(sphere_is_uniform)
{
    long height[20] = {0};
    double worst = 0;

    for (int s = 0; s < SAMPLES; s++) {
        struct stream stream = sample_stream(7, s);
        double x[3];

        sphere_uniform(&stream, 3, 1.5, x);
        worst = fmax(worst, fabs(sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) / 1.5 - 1));
        height[cell((0.6 * x[0] - 0.8 * x[2]) / 1.5)]++;
    }
    CHECK_AT_MOST(worst, 1e-15); // a norm, a division, a product: a handful of half ulps
    CHECK_ABSOLUTE(chi_square_sigmas(height), 0, 5);
}

static double dot(int n, const double x[], const double y[])
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* Norms and cosine hold up to sums of n rounded terms, for every dimension and cosine, the ends included. */
TEST(pairs_have_the_cosine)
{
    const double rho[] = {-1, -0.999999, -0.5, 0, 1e-9, 0.7, 1 - 1e-12, 1};
    const int sizes[] = {2, 3, 17, 1000};
    double x[1000], y[1000], worst = 0;

    for (int s = 0; s < 8 * 4 * 20; s++) {
        int n = sizes[s / 8 % 4];
        struct stream stream = sample_stream(8, s);

        CHECK_INT(sphere_pair(&stream, n, 3, rho[s % 8], x, y), STATUS_OK);
        CHECK(stream.draw == (uint64_t)(2 * n - 1));
        worst = fmax(worst, fabs(dot(n, x, x) / 9 - 1));
        worst = fmax(worst, fabs(dot(n, y, y) / 9 - 1));
        worst = fmax(worst, fabs(dot(n, x, y) / 9 - rho[s % 8]));
    }
    CHECK_AT_MOST(worst, 1e-14);
}

/* In three dimensions x, y and the normal of their plane are each uniform, and the first two make no preferred
 * angle with a fixed axis: E (a.x)(b.y) = rho a.b / 3 for unit a, b. In two dimensions y is on either side of x. */
TEST(pairs_are_uniform)
{
    const double rho = 0.4;
    long x_height[20] = {0}, y_height[20] = {0}, plane[20] = {0}, side = 0;
    struct sum parallel = {0}, crossed = {0};

    for (int s = 0; s < SAMPLES; s++) {
        struct stream stream = sample_stream(9, s);
        double x[3], y[3];

        sphere_pair(&stream, 3, 1, rho, x, y);
        x_height[cell(x[0])]++;
        y_height[cell(y[s % 3])]++;
        plane[cell((x[0] * y[1] - x[1] * y[0]) / sqrt(1 - rho * rho))]++;
        add(&parallel, x[2] * y[2]);
        add(&crossed, x[0] * y[2]);
        sphere_pair(&stream, 2, 1, rho, x, y);
        side += x[0] * y[1] > x[1] * y[0];
    }
    CHECK_ABSOLUTE(chi_square_sigmas(x_height), 0, 5);
    CHECK_ABSOLUTE(chi_square_sigmas(y_height), 0, 5);
    CHECK_ABSOLUTE(chi_square_sigmas(plane), 0, 5);
    CHECK_ABSOLUTE(sigmas(parallel, rho / 3), 0, 5);
    CHECK_ABSOLUTE(sigmas(crossed, 0), 0, 5);
    CHECK_ABSOLUTE((double)side, SAMPLES / 2.0, 5 * sqrt(SAMPLES) / 2);
}

TEST(bad_input_is_refused)
{
    struct stream stream = sample_stream(10, 0);
    double x[9] = {7}, y[9];

    CHECK_INT(haar_orthogonal(&stream, 0, x), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "0 given");
    CHECK_INT(haar_frame(&stream, 3, 0, x), STATUS_RANGE);
    CHECK_INT(haar_frame(&stream, 3, 4, x), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "4 given");
    CHECK_INT(haar_frame(&stream, -1, 1, x), STATUS_RANGE);
    CHECK_INT(sphere_pair(&stream, 1, 1, 0.5, x, y), STATUS_RANGE);
    CHECK_INT(sphere_pair(&stream, 3, 1, 1.0001, x, y), STATUS_RANGE);
    CHECK_INT(sphere_pair(&stream, 3, 1, NAN, x, y), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "cosine");
    CHECK_SAME(x[0], 7);
    CHECK(stream.draw == 0);
}
