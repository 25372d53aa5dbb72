// SPDX-License-Identifier: GPL-3.0-or-later
/* Dense linear algebra by its defining identities, on random matrices of a ladder of shapes. */
#include "assay_test.h"
#include <assay/base/memory.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

static const int SHAPES[][2] = {{1, 1}, {1, 5}, {4, 1}, {3, 7}, {8, 8}, {40, 23}, {17, 60}};
enum { SHAPE_COUNT = 7, ENTRIES = 64 * 64 };

static void random_matrix(int m, int n, uint32_t sample, double A[])
{
    struct stream stream = stream_open(stream_key("test_linear", 1), 0, sample);

    stream_normals(&stream, (size_t)(m * n), A);
}

static double largest_difference(int count, const double x[], const double y[])
{
    double largest = 0;

    for (int i = 0; i < count; i++)
        largest = fmax(largest, fabs(x[i] - y[i]));
    return largest;
}

static double distance_from_identity(int n, const double A[])
{
    double largest = 0;

    for (int i = 0; i < n * n; i++)
        largest = fmax(largest, fabs(A[i] - (i / n == i % n)));
    return largest;
}

/* Backward-stable factorisations err by some eps |A|; |A| < 16 for these shapes, entries of products sum up to 64
 * terms. */
static const double BACKWARD = 64 * 16 * DBL_EPSILON;

TEST(multiply_matches_the_definition)
{
    enum { M = 3, N = 4, K = 5 };
    double A[M * K], B[K * N], At[K * M], Bt[N * K], C[M * N], expected[M * N];

    random_matrix(M, K, 1, A);
    random_matrix(K, N, 2, B);
    for (int i = 0; i < M * K; i++)
        At[i % K * M + i / K] = A[i];
    for (int i = 0; i < K * N; i++)
        Bt[i % N * K + i / N] = B[i];
    for (int i = 0; i < M * N; i++) {
        expected[i] = 3; // beta C with C = 1
        for (int k = 0; k < K; k++)
            expected[i] += 2 * A[i / N * K + k] * B[k * N + i % N];
    }
    for (int t = 0; t < 4; t++) {
        for (int i = 0; i < M * N; i++)
            C[i] = 1;
        linear_multiply(t & 1, t & 2, M, N, K, 2, t & 1 ? At : A, t & 2 ? Bt : B, 3, C);
        CHECK_AT_MOST(largest_difference(M * N, C, expected), 1e-14);
    }
}

TEST(gram_and_vector_operations_match_the_definition)
{
    double X[15], G[9], product[9], y[] = {1, 1};

    random_matrix(3, 5, 3, X);
    linear_gram(3, 5, X, G);
    linear_multiply(false, true, 3, 3, 5, 1, X, X, 0, product);
    CHECK_AT_MOST(largest_difference(9, G, product), 1e-14);
    CHECK_SAME(linear_dot(2, (double[]){3, 4}, (double[]){5, 6}), 39);
    CHECK_RELATIVE(linear_norm(2, (double[]){3e200, 4e200}), 5e200, 2 * DBL_EPSILON);
    linear_axpy(2, 2, (double[]){3, 4}, y);
    CHECK_SAME(y[0], 7);
    CHECK_SAME(y[1], 9);
}

TEST(eigenvectors_diagonalise)
{
    static double X[ENTRIES], A[ENTRIES], V[ENTRIES], W[ENTRIES], kept[ENTRIES], values[64], alone[64];

    for (int n = 1; n <= 40; n = 2 * n + 1) {
        random_matrix(n, n, 4, X);
        for (int i = 0; i < n * n; i++)
            A[i] = (X[i] + X[i % n * n + i / n]) / 2;
        memcpy(kept, A, sizeof A);
        CHECK_INT(linear_symmetric_eigen(n, A, values, V), STATUS_OK);
        CHECK_INT(linear_symmetric_eigen(n, A, alone, NULL), STATUS_OK);
        CHECK_AT_MOST(largest_difference(n, values, alone), BACKWARD);
        CHECK_AT_MOST(largest_difference(n * n, A, kept), 0);
        linear_gram(n, n, V, W);
        CHECK_AT_MOST(distance_from_identity(n, W), BACKWARD);
        linear_multiply(false, true, n, n, n, 1, V, A, 0, W); // row i: (A v_i)'
        for (int i = 0; i < n * n; i++)
            W[i] -= values[i / n] * V[i];
        CHECK_AT_MOST(linear_norm(n * n, W), BACKWARD);
        for (int i = 1; i < n; i++)
            CHECK(values[i] >= values[i - 1]);
    }
}

TEST(general_eigenvalues_of_known_matrices)
{
    // the companion matrix of (x - 1)(x + 2)(x^2 - 6x + 13), whose roots are 1, -2, 3 +- 2i
    static const double companion[16] = {5, -5, -25, 26, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    static const double known_re[4] = {-2, 1, 3, 3}, known_im[4] = {0, 0, -2, 2};
    double re[4], im[4], error[4], nan[4] = {1, NAN, 0, 1};

    CHECK_INT(linear_general_eigen(4, companion, re, im, error), STATUS_OK);
    for (int i = 0; i < 4; i++) {
        CHECK_AT_MOST(error[i], 1e-12);
        CHECK_ABSOLUTE(re[i], known_re[i], error[i]);
        CHECK_ABSOLUTE(im[i], known_im[i], error[i]);
    }
    CHECK_INT(linear_general_eigen(2, nan, re, im, error), STATUS_RANGE);
    CHECK_INT(linear_general_eigen(0, nan, re, im, error), STATUS_RANGE);
}

TEST(general_eigenvalues_survive_similarity_and_multiplicity)
{
    enum { N = 12, MULTIPLE = 6 };
    static double X[N * N], inverse[N * N], D[N * N], XD[N * N], A[N * N], re[N], im[N], error[N];

    random_matrix(N, N, 8, X);
    CHECK_INT(linear_pseudo_inverse(N, N, X, 1e-12, inverse, NULL), STATUS_OK);
    for (int i = 0; i < N; i++)
        D[i * N + i] = i < MULTIPLE ? -3 : i;
    linear_multiply(false, false, N, N, N, 1, X, D, 0, XD);
    linear_multiply(false, false, N, N, N, 1, XD, inverse, 0, A);
    CHECK_INT(linear_general_eigen(N, A, re, im, error), STATUS_OK);
    for (int i = 0; i < N; i++) {
        CHECK_AT_MOST(error[i], 1e-9);
        CHECK_ABSOLUTE(re[i], D[i * N + i], error[i]);
        CHECK_ABSOLUTE(im[i], 0, error[i]);
    }
}

/* A Jordan block's eigenvalues move by the root of a perturbation: the error has to say so. */
TEST(general_eigenvalues_know_a_defective_matrix)
{
    static const double jordan[4] = {2.1, 1, -0.01, 1.9}; // (x - 2)^2
    double re[2], im[2], error[2];

    CHECK_INT(linear_general_eigen(2, jordan, re, im, error), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_ABSOLUTE(re[i], 2, error[i]);
        CHECK_ABSOLUTE(im[i], 0, error[i]);
        CHECK_AT_LEAST(error[i], 1e-9);
    }
}

TEST(svd_reconstructs_with_orthonormal_factors)
{
    static double A[ENTRIES], U[ENTRIES], Vt[ENTRIES], G[ENTRIES], s[64], alone[64];

    for (int shape = 0; shape < SHAPE_COUNT; shape++) {
        int m = SHAPES[shape][0], n = SHAPES[shape][1], k = m < n ? m : n;

        random_matrix(m, n, 5, A);
        CHECK_INT(linear_svd(m, n, A, U, s, Vt), STATUS_OK);
        CHECK_INT(linear_singular_values(m, n, A, alone), STATUS_OK);
        CHECK_AT_MOST(largest_difference(k, s, alone), BACKWARD);
        linear_multiply(true, false, k, k, m, 1, U, U, 0, G);
        CHECK_AT_MOST(distance_from_identity(k, G), BACKWARD);
        linear_gram(k, n, Vt, G);
        CHECK_AT_MOST(distance_from_identity(k, G), BACKWARD);
        for (int i = 0; i < m * k; i++)
            U[i] *= s[i % k];
        linear_multiply(false, false, m, n, k, 1, U, Vt, 0, G);
        CHECK_AT_MOST(largest_difference(m * n, G, A), BACKWARD);
        for (int i = 1; i < k; i++)
            CHECK(s[i] <= s[i - 1] && s[i] >= 0);
    }
}

TEST(spectral_norm_is_the_largest_singular_value)
{
    static double A[ENTRIES], s[64];
    struct stream stream = stream_open(stream_key("test_linear", 2), 0, 0);

    for (int shape = 0; shape < SHAPE_COUNT; shape++)
        for (uint32_t sample = 0; sample < 5; sample++) {
            int m = SHAPES[shape][0], n = SHAPES[shape][1];

            random_matrix(m, n, 6 + sample, A);
            linear_singular_values(m, n, A, s);
            struct value norm = linear_spectral_norm(m, n, A, &stream, 1e-8, 5000);
            CHECK_ABSOLUTE(norm.x, s[0], value_bound(norm) + BACKWARD);
            CHECK_AT_MOST(value_bound(norm), 1.1e-8 * s[0]);
            norm = linear_spectral_norm(m, n, A, &stream, 1e-8, 3); // stopped early: a larger error, an honest one
            CHECK_ABSOLUTE(norm.x, s[0], value_bound(norm) + BACKWARD);
        }
}

/* Two values 1e-6 apart: the residual is small long before the direction is found. */
TEST(spectral_norm_is_honest_about_close_singular_values)
{
    static double A[ENTRIES];
    const int n = 50;
    struct stream stream = stream_open(stream_key("test_linear", 3), 0, 0);

    for (int i = 0; i < n; i++)
        A[i * n + i] = i == 17 ? 1 + 1e-6 : i < 25 ? 1 : 0.5;
    for (int steps = 1; steps <= 1000; steps *= 10) {
        struct value norm = linear_spectral_norm(n, n, A, &stream, 1e-14, steps);

        CHECK_ABSOLUTE(norm.x, 1 + 1e-6, value_bound(norm));
    }
}

TEST(spectral_norm_of_zero_and_of_nonsense)
{
    double zero[6] = {0}, bad[2] = {1, NAN};
    struct stream stream = stream_open(stream_key("test_linear", 4), 0, 0);

    CHECK_SAME(linear_spectral_norm(2, 3, zero, &stream, 1e-8, 100).x, 0);
    CHECK(!value_ok(linear_spectral_norm(1, 2, bad, &stream, 1e-8, 100)));
    CHECK(!value_ok(linear_spectral_norm(0, 2, bad, &stream, 1e-8, 100)));
}

TEST(cholesky_factor_squares_to_the_matrix)
{
    static double X[ENTRIES], A[ENTRIES], L[ENTRIES], B[ENTRIES];

    for (int n = 1; n <= 30; n = 2 * n + 1) {
        random_matrix(n, 2 * n, 7, X);
        linear_gram(n, 2 * n, X, A);
        CHECK_INT(linear_cholesky(n, A, L), STATUS_OK);
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++)
                CHECK_SAME(L[i * n + j], 0);
        linear_gram(n, n, L, B);
        CHECK_AT_MOST(largest_difference(n * n, A, B), 16 * BACKWARD); // |A| = |X|^2
        CHECK(L[0] > 0);
    }
}

TEST(cholesky_refuses_what_is_not_positive_definite)
{
    double L[4];

    CHECK_INT(linear_cholesky(2, (double[]){1, 2, 2, 1}, L), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "order 2");
    CHECK_INT(linear_cholesky(2, (double[]){NAN, 0, 0, 1}, L), STATUS_RANGE);
    CHECK_INT(linear_cholesky(0, L, L), STATUS_RANGE);
}

/* Moore and Penrose: A P A = A, P A P = P, A P and P A symmetric. */
TEST(pseudo_inverse_meets_the_four_conditions_at_any_rank)
{
    static double F[ENTRIES], H[ENTRIES], A[ENTRIES], P[ENTRIES], AP[ENTRIES], PA[ENTRIES], B[ENTRIES];

    for (int shape = 0; shape < SHAPE_COUNT; shape++)
        for (int r = 1; r <= 3; r += 2) {
            int m = SHAPES[shape][0], n = SHAPES[shape][1], rank, full = m < n ? m : n;

            random_matrix(m, r, 8, F);
            random_matrix(r, n, 9, H);
            linear_multiply(false, false, m, n, r, 1, F, H, 0, A);
            CHECK_INT(linear_pseudo_inverse(m, n, A, 1e-10, P, &rank), STATUS_OK);
            CHECK_INT(rank, r < full ? r : full);
            linear_multiply(false, false, m, m, n, 1, A, P, 0, AP);
            linear_multiply(false, false, n, n, m, 1, P, A, 0, PA);
            linear_multiply(false, false, m, n, m, 1, AP, A, 0, B);
            CHECK_AT_MOST(largest_difference(m * n, A, B), 16 * BACKWARD);
            linear_multiply(false, false, n, m, n, 1, PA, P, 0, B);
            CHECK_AT_MOST(largest_difference(m * n, P, B), BACKWARD * (1 + linear_norm(m * n, P)));
            for (int i = 0; i < m * m; i++)
                CHECK_ABSOLUTE(AP[i], AP[i % m * m + i / m], 16 * BACKWARD);
            for (int i = 0; i < n * n; i++)
                CHECK_ABSOLUTE(PA[i], PA[i % n * n + i / n], 16 * BACKWARD);
        }
}

TEST(solution_solves)
{
    static double A[ENTRIES], b[64], x[64], r[64];

    for (int n = 1; n <= 40; n = 2 * n + 1) {
        random_matrix(n, n, 10, A);
        random_matrix(n, 1, 11, b);
        CHECK_INT(linear_solve(n, A, b, x), STATUS_OK);
        linear_multiply(false, false, n, 1, n, 1, A, x, 0, r);
        CHECK_AT_MOST(largest_difference(n, r, b),
                      BACKWARD * linear_norm(n, x)); // the residual is small whatever the condition
    }
    CHECK_INT(linear_solve(2, (double[]){1, 2, 2, 4}, b, x), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "singular");
}

TEST(factorisations_refuse_nan_and_empty_matrices)
{
    double bad[4] = {1, NAN, NAN, 2}, s[2], U[4], V[4];

    CHECK_INT(linear_symmetric_eigen(2, bad, s, NULL), STATUS_RANGE);
    CHECK_INT(linear_singular_values(2, 2, bad, s), STATUS_RANGE);
    CHECK_INT(linear_svd(2, 2, bad, U, s, V), STATUS_RANGE);
    CHECK_INT(linear_pseudo_inverse(2, 2, bad, 1e-12, U, NULL), STATUS_RANGE);
    CHECK_INT(linear_solve(2, bad, s, U), STATUS_RANGE);
    CHECK_INT(linear_svd(0, 2, bad, U, s, V), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "0 and 2");
}

/* Rank 3 of 5, with rows of very different size and a row of zeros. */
TEST(semidefinite_root_gives_the_matrix_back)
{
    enum { N = 5, RANK = 3 };
    const double size[N] = {1, 1e-9, 1e6, 0, 3};
    double X[N * RANK], A[N * N], R[N * N], gram[N * N];
    int pivot[N], rank;

    random_matrix(N, RANK, 30, X);
    for (int i = 0; i < N * RANK; i++)
        X[i] *= size[i / RANK];
    linear_gram(N, RANK, X, A);
    CHECK_INT(linear_semidefinite_root(N, A, 1e-12, R, pivot, &rank), STATUS_OK);
    CHECK_INT(rank, RANK);
    linear_gram(N, N, R, gram);
    for (int i = 0; i < N * N; i++)
        CHECK_ABSOLUTE(gram[i], A[i], 1e-13 * sqrt(A[i / N * (N + 1)] * A[i % N * (N + 1)]));
    for (int j = 0; j < rank; j++)
        for (int k = j + 1; k < N; k++)
            CHECK_SAME(R[pivot[j] * N + k], 0);
    A[1] = A[N] = NAN;
    CHECK_INT(linear_semidefinite_root(N, A, 1e-12, R, pivot, &rank), STATUS_RANGE);
}

/* Rank 3 of 6, the first two rows nearly alike: in the given order rounding may make directions of them that aren't there. */
TEST(pivoted_root_is_not_led_astray_by_rows_that_are_nearly_alike)
{
    enum { N = 6, RANK = 3, DRAWS = 10 };
    const double size[N] = {1, 1, 1e-9, 1e6, 0, 3};
    double X[N * RANK], A[N * N], R[N * N], gram[N * N];
    int pivot[N], rank, astray = 0;

    for (int draw = 0; draw < DRAWS; draw++) {
        random_matrix(N, RANK, (uint32_t)(31 + draw), X);
        for (int i = 0; i < N * RANK; i++)
            X[i] = (i / RANK == 1 ? X[i - RANK] + 3e-6 * X[i] : X[i]) * size[i / RANK];
        linear_gram(N, RANK, X, A);
        CHECK_INT(linear_semidefinite_root(N, A, 1e-12, R, pivot, &rank), STATUS_OK);
        astray += rank != RANK;
        CHECK_INT(linear_pivoted_root(N, A, 1e-12, R, pivot, &rank), STATUS_OK);
        CHECK_INT(rank, RANK);
        linear_gram(N, N, R, gram);
        for (int i = 0; i < N * N; i++)
            CHECK_ABSOLUTE(gram[i], A[i], 1e-13 * sqrt(A[i / N * (N + 1)] * A[i % N * (N + 1)]));
        for (int j = 0; j < rank; j++)
            for (int k = j + 1; k < N; k++)
                CHECK_SAME(R[pivot[j] * N + k], 0);
    }
    CHECK_AT_LEAST(astray, 1);
    A[1] = A[N] = NAN;
    CHECK_INT(linear_pivoted_root(N, A, 1e-12, R, pivot, &rank), STATUS_RANGE);
}

TEST(triangular_solution_solves)
{
    enum { N = 7, M = 2 };
    double L[N * N], X[N * M], B[N * M];

    random_matrix(N, N, 31, L);
    random_matrix(N, M, 32, X);
    for (int i = 0; i < N * N; i++)
        L[i] = i / N < i % N ? 0 : L[i] + 4 * (i / N == i % N);
    for (int t = 0; t < 2; t++) {
        linear_multiply(t, false, N, M, N, 1, L, X, 0, B);
        linear_solve_triangular(t, N, M, L, B);
        for (int i = 0; i < N * M; i++)
            CHECK_ABSOLUTE(B[i], X[i], BACKWARD);
    }
}
