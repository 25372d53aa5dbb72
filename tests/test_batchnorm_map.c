// SPDX-License-Identifier: GPL-3.0-or-later
/* The covariance map of batch normalisation: four routes against each other, closed forms, known values, and what S may not be. */
#include "assay_test.h"
#include <assay/base/memory.h>
#include <assay/meanfield/batchnorm_map.h>
#include <math.h>
#include <string.h>

enum { MOST = 24 };

static struct homogeneous homogeneous_named(const char *name)
{
    struct activation phi;
    struct homogeneous h = {0};

    CHECK_INT(activation_find(name, &phi), STATUS_OK);
    CHECK_INT(homogeneous_find(&phi, &h), STATUS_OK);
    return h;
}

/* A random covariance of n samples and that rank, plus a common part. */
static void random_covariance(int n, int rank, double common, uint32_t sample, double S[])
{
    struct stream stream = stream_open(stream_key("test_batchnorm_map", 1), 0, sample);
    double X[2 * MOST * MOST];

    stream_normals(&stream, (size_t)(n * rank), X);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            S[i * n + j] = common;
            for (int k = 0; k < rank; k++)
                S[i * n + j] += X[i * rank + k] * X[j * rank + k] / rank;
        }
}

static double trace(int n, const double A[])
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += A[i * n + i];
    return sum;
}

static void check_covers(int n, const double a[], const double a_error[], const double b[], const double b_error[])
{
    double worst = 0;

    for (int i = 0; i < n; i++)
        worst = fmax(worst, fabs(a[i] - b[i]) / (a_error[i] + (b_error ? b_error[i] : 0) + 1e-300));
    CHECK_AT_MOST(worst, 1);
}

static double largest(int n, const double a[])
{
    double most = 0;

    for (int i = 0; i < n; i++)
        most = fmax(most, fabs(a[i]));
    return most;
}

/* Mean of phi(h)^2 over the batch is exact for some phi, whatever S: sum h^2 = B. */
TEST(traces_are_exact)
{
    static const int B[] = {2, 3, 4, 5, 8, 16, MOST};
    double S[MOST * MOST], V[MOST * MOST], error[MOST * MOST];
    struct homogeneous id = homogeneous_named("id"), relu = homogeneous_named("relu"), abs = homogeneous_named("abs");

    for (size_t k = 0; k < sizeof B / sizeof B[0]; k++)
        for (int rank = 1; rank <= B[k]; rank += 1 + B[k] / 3) {
            int b = B[k];

            random_covariance(b, rank, 3, (uint32_t)(100 * b + rank), S);
            CHECK_INT(batchnorm_map_laplace(&id, b, S, V, error), STATUS_OK);
            CHECK_RELATIVE(trace(b, V), b, 2e-14);
            CHECK_AT_MOST(fabs(trace(b, V) - b), trace(b, error));
            CHECK_AT_MOST(trace(b, error), 1e-10 * b);
            CHECK_INT(batchnorm_map_laplace(&relu, b, S, V, error), STATUS_OK);
            CHECK_RELATIVE(trace(b, V), 0.5 * b, 2e-14);
            CHECK_INT(batchnorm_map_laplace(&abs, b, S, V, error), STATUS_OK);
            CHECK_RELATIVE(trace(b, V), b, 2e-14);
            CHECK_INT(batchnorm_map_fourier_identity(b, S, V, error), STATUS_OK);
            CHECK_RELATIVE(trace(b, V), b, 1e-12);
        }
}

/* mpmath, 30 digits: S = diag(1,2,3,4) + 11'/2, eigenvectors of GSG and one integral an entry (theorem 3.2); see the sphere for a second route. */
TEST(known_values)
{
    double S[16], V[16], error[16];
    struct homogeneous relu = homogeneous_named("relu"), id = homogeneous_named("id");

    for (int i = 0; i < 16; i++)
        S[i] = 0.5 + (i % 5 == 0 ? 1 + i / 5 : 0);
    CHECK_INT(batchnorm_map_laplace(&relu, 4, S, V, error), STATUS_OK);
    CHECK_RELATIVE(V[0], 0.370053869639437727867379, 1e-14);
    CHECK_RELATIVE(V[1], 0.09545014911110744585222056, 1e-14);
    CHECK_RELATIVE(V[11], 0.0798322321114329572130607, 1e-14);
    CHECK_INT(batchnorm_map_laplace(&id, 4, S, V, error), STATUS_OK);
    CHECK_RELATIVE(V[1], -0.1551290434613819074657061, 1e-14);
}

TEST(sphere_agrees_with_laplace)
{
    static const char *const names[] = {"id", "relu", "lrelu:0.3", "abs", "relu^2", "x^3", "relu^1.7"};
    double S[25], V[25], error[25], W[25], sphere_error[25];

    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        for (int B = 4; B <= 5; B++) {
            struct activation phi;
            struct homogeneous h = homogeneous_named(names[k]);

            random_covariance(B, 3 * B, 1, (uint32_t)k, S);
            CHECK_INT(activation_find(names[k], &phi), STATUS_OK);
            struct response response = response_of(&phi);
            CHECK_INT(batchnorm_map_laplace(&h, B, S, V, error), STATUS_OK);
            CHECK_INT(batchnorm_map_sphere(&response, B, S, W, sphere_error), STATUS_OK);
            check_covers(B * B, V, error, W, sphere_error);
            CHECK_AT_MOST(largest(B * B, error), 1e-12 * largest(B * B, V));
            CHECK_AT_MOST(largest(B * B, sphere_error), 1e-9 * largest(B * B, V));
        }
}

/* At S = I the sphere is uniform: tanh at B = 4 has q = E tanh(sqrt(3) u)^2, u uniform on [-1, 1]. */
TEST(sphere_at_identity)
{
    double S[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, V[16], error[16];
    struct activation phi;

    CHECK_INT(activation_find("tanh", &phi), STATUS_OK);
    struct response tanh_response = response_of(&phi);
    CHECK_INT(batchnorm_map_sphere(&tanh_response, 4, S, V, error), STATUS_OK);
    for (int i = 0; i < 4; i++)
        CHECK_RELATIVE(V[5 * i], 1 - tanh(sqrt(3)) / sqrt(3), 1e-13);
    CHECK_AT_MOST(largest(16, error), 1e-12);
}

TEST(fourier_agrees_with_laplace)
{
    struct homogeneous id = homogeneous_named("id");
    double S[MOST * MOST], V[MOST * MOST], error[MOST * MOST], W[MOST * MOST], fourier_error[MOST * MOST];

    for (int B = 3; B <= MOST; B += 7)
        for (int rank = 1; rank <= 2 * B; rank += B - 1) {
            random_covariance(B, rank, 0.5, (uint32_t)(B + 100 * rank), S);
            CHECK_INT(batchnorm_map_laplace(&id, B, S, V, error), STATUS_OK);
            CHECK_INT(batchnorm_map_fourier_identity(B, S, W, fourier_error), STATUS_OK);
            check_covers(B * B, V, error, W, fourier_error);
            CHECK_AT_MOST(largest(B * B, fourier_error), 1e-8);
        }
}

/* Scale, common part and order of the samples. */
TEST(invariances)
{
    enum { B = 6 };
    struct homogeneous h = homogeneous_named("relu^1.5");
    double S[B * B], T[B * B], V[B * B], W[B * B], error[B * B], other[B * B];

    random_covariance(B, 9, 0, 7, S);
    CHECK_INT(batchnorm_map_laplace(&h, B, S, V, error), STATUS_OK);
    for (int i = 0; i < B * B; i++)
        T[i] = 1e-8 * (S[i] + 0.7);
    CHECK_INT(batchnorm_map_laplace(&h, B, T, W, other), STATUS_OK);
    check_covers(B * B, V, error, W, other);
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++)
            T[i * B + j] = S[(B - 1 - i) * B + B - 1 - j];
    CHECK_INT(batchnorm_map_laplace(&h, B, T, T, other), STATUS_OK);
    for (int i = 0; i < B * B; i++)
        CHECK_ABSOLUTE(T[i], V[B * B - 1 - i], error[i] + other[i]);
}

/* Rank 1: h = +-sqrt(B) Gx / |Gx|; two values that differ give h = +-1, whatever the scale. */
TEST(one_direction)
{
    static const char *const names[] = {"id", "relu", "relu^0.25", "relu^0.6", "x^4", "relu^7.5"};
    double x[4] = {0.3, -1, 2, 0.5}, S[16], V[16], error[16], centred = 0, sum = 0;

    for (int i = 0; i < 16; i++)
        S[i] = x[i / 4] * x[i % 4];
    for (int i = 0; i < 4; i++)
        centred += x[i] / 4;
    for (int i = 0; i < 4; i++)
        sum += (x[i] - centred) * (x[i] - centred);
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        struct homogeneous h = homogeneous_named(names[k]);

        CHECK_INT(batchnorm_map_laplace(&h, 4, S, V, error), STATUS_OK);
        for (int i = 0; i < 16; i++) {
            double a = 2 * (x[i / 4] - centred) / sqrt(sum), b = 2 * (x[i % 4] - centred) / sqrt(sum);
            double expected = 0.5 * (homogeneous_value(&h, a) * homogeneous_value(&h, b) +
                                     homogeneous_value(&h, -a) * homogeneous_value(&h, -b));
            CHECK_ABSOLUTE(V[i], expected, error[i] + 1e-300);
        }
        CHECK_AT_MOST(largest(16, error), 1e-10 * largest(16, V));
    }
}

/* A diagonal covariance of eight decades: the sphere can't, samples can, and the trace is exact. */
TEST(stiff_covariances)
{
    enum { B = 6 };
    double S[B * B] = {0}, V[B * B], W[B * B], error[B * B], sampled[B * B];
    struct activation phi;
    struct homogeneous h = homogeneous_named("relu");
    struct stream stream = stream_open(stream_key("test_batchnorm_map", 1), 1, 0);

    for (int i = 0; i < B; i++)
        S[i * B + i] = pow(10, -1.6 * i);
    CHECK_INT(activation_find("relu", &phi), STATUS_OK);
    struct response relu = response_of(&phi);
    CHECK_INT(batchnorm_map_laplace(&h, B, S, V, error), STATUS_OK);
    CHECK_RELATIVE(trace(B, V), 0.5 * B, 1e-13);
    CHECK_INT(batchnorm_map_samples(&relu, B, S, &stream, 100000, W, sampled), STATUS_OK);
    for (int i = 0; i < B * B; i++)
        CHECK_ABSOLUTE(W[i], V[i], 5 * sampled[i] + error[i]);
}

TEST(samples_scatter_as_they_say)
{
    enum { B = 5, TRIALS = 200 };
    double S[B * B], V[B * B], W[B * B], error[B * B], sampled[B * B], squares = 0;
    struct activation phi;
    struct homogeneous h = homogeneous_named("relu");
    struct stream stream = stream_open(stream_key("test_batchnorm_map", 1), 2, 0);

    random_covariance(B, 7, 1, 3, S);
    CHECK_INT(activation_find("relu", &phi), STATUS_OK);
    struct response relu = response_of(&phi);
    CHECK_INT(batchnorm_map_laplace(&h, B, S, V, error), STATUS_OK);
    for (int t = 0; t < TRIALS; t++) {
        CHECK_INT(batchnorm_map_samples(&relu, B, S, &stream, 300 + t, W, sampled), STATUS_OK);
        for (int i = 0; i < B * B; i++)
            squares += pow((W[i] - V[i]) / sampled[i], 2) / (B * B * TRIALS);
    }
    CHECK_ABSOLUTE(squares, 1, 0.25);
}

/* Independent batches: E phi(h_1) E phi(h_2)'; the same batch twice: the map itself. */
TEST(cross_blocks)
{
    enum { B = 4, N = 2 * B };
    static const char *const names[] = {"id", "relu", "relu^2", "lrelu:0.2"};
    double S[N * N], V[B * B], error[B * B], W[B * B], other[B * B], T[B * B], K[N * N], L[N * N], sampled[N * N];

    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        struct activation phi;
        struct homogeneous h = homogeneous_named(names[k]);
        struct stream stream = stream_open(stream_key("test_batchnorm_map", 1), 3, (uint32_t)k);

        CHECK_INT(activation_find(names[k], &phi), STATUS_OK);
        struct response response = response_of(&phi);
        random_covariance(N, 11, 1, (uint32_t)k, S);
        CHECK_INT(batchnorm_map_batches_laplace(&h, 2, B, S, K, L), STATUS_OK);
        CHECK_AT_MOST(largest(N * N, L), 1e-9 * largest(N * N, K));
        double *M = memory_doubles(N * N);
        CHECK_INT(batchnorm_map_batches_samples(&response, 2, B, S, &stream, 200000, M, sampled), STATUS_OK);
        for (int i = 0; i < N * N; i++)
            CHECK_ABSOLUTE(M[i], K[i], 5 * sampled[i] + L[i]);
        memory_free(M);
        random_covariance(B, 6, 1, (uint32_t)k, T);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                S[i * N + j] = T[(i % B) * B + j % B];
        CHECK_INT(batchnorm_map_cross_laplace(&h, B, S, V, error), STATUS_OK);
        CHECK_INT(batchnorm_map_laplace(&h, B, T, W, other), STATUS_OK);
        check_covers(B * B, V, error, W, other);
    }
}

/* Uncorrelated batches at S = I, relu: (E relu(h))^2, E h_+ = sqrt(B-1) Gamma((B-1)/2) / (2 sqrt(pi) Gamma(B/2)). */
TEST(independent_batches)
{
    struct homogeneous relu = homogeneous_named("relu");
    double S[100], V[25], error[25];

    for (int B = 2; B <= 5; B++) {
        double mean = sqrt(B - 1) * tgamma(0.5 * (B - 1)) / (2 * sqrt(M_PI) * tgamma(0.5 * B));

        for (int i = 0; i < 4 * B * B; i++)
            S[i] = i % (2 * B + 1) == 0;
        CHECK_INT(batchnorm_map_cross_laplace(&relu, B, S, V, error), STATUS_OK);
        for (int i = 0; i < B * B; i++) {
            CHECK_RELATIVE(V[i], mean * mean, 1e-12);
            CHECK_AT_MOST(fabs(V[i] - mean * mean), error[i]);
        }
    }
}

TEST(bad_input)
{
    double zero[16] = {0}, V[16], one[16], indefinite[16] = {0}, nan[16] = {NAN};
    struct homogeneous relu = homogeneous_named("relu"), none = {0, 1, 1};
    struct activation phi;
    struct stream stream = stream_open(1, 0, 0);

    CHECK_INT(activation_find("relu", &phi), STATUS_OK);
    struct response response = response_of(&phi);
    for (int i = 0; i < 16; i++) {
        one[i] = 1;
        indefinite[i] = i % 5 == 0 ? (i ? 1 : -3) : 0;
    }
    CHECK_INT(batchnorm_map_laplace(&relu, 4, zero, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_laplace(&relu, 4, one, V, NULL), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "is 0");
    CHECK_INT(batchnorm_map_laplace(&relu, 4, indefinite, V, NULL), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "eigenvalue");
    CHECK_INT(batchnorm_map_laplace(&relu, 4, nan, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_laplace(&relu, 1, zero, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_laplace(&none, 4, zero, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_sphere(&response, 4, one, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_sphere(&response, 4, nan, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_sphere(&response, 6, one, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_fourier_identity(4, one, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_samples(&response, 4, one, &stream, 100, V, NULL), STATUS_RANGE);
    CHECK_INT(batchnorm_map_samples(&response, 4, nan, &stream, 1, V, NULL), STATUS_RANGE);
}
