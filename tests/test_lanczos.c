// SPDX-License-Identifier: GPL-3.0-or-later
/* The largest eigenvalue by Lanczos and by power iteration against LAPACK, on spectra easy and hard; small and singular matrices; refusals. */
#include "assay_test.h"
#include <assay/base/memory.h>
#include <assay/numerics/lanczos.h>
#include <assay/numerics/linear.h>
#include <math.h>

struct matrix {
    int n;
    const double *A;
    long products;
};

static void apply(const double x[], double y[], void *context)
{
    struct matrix *matrix = context;

    matrix->products++;
    linear_multiply(false, false, matrix->n, 1, matrix->n, 1, matrix->A, x, 0, y);
}

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/lanczos", 1), 0, sample);
}

TEST(largest_eigenvalue_meets_lapack)
{
    enum { N = 60 };
    double *X = memory_doubles(N * 2 * N), *A = memory_doubles(N * N), *values = memory_doubles(N), v[N], Av[N];

    for (uint32_t sample = 0; sample < 4; sample++) {
        struct stream stream = open_stream(sample), start = open_stream(100 + sample);
        struct matrix matrix = {N, A, 0};

        stream_normals(&stream, N * 2 * N, X);
        linear_gram(N, 2 * N, X, A);
        for (int i = 0; i < N && sample % 2; i++) {
            A[i * N + i] -= 300; // indefinite, its largest eigenvalue not the largest in modulus
        }
        CHECK_INT(linear_symmetric_eigen(N, A, values, NULL), STATUS_OK);
        struct value largest = lanczos_largest(N, apply, &matrix, &start, 1e-12, 200, v);
        CHECK_ABSOLUTE(largest.x, values[N - 1], value_bound(largest) + 1e-12);
        CHECK_AT_MOST((double)matrix.products, N);
        linear_multiply(false, false, N, 1, N, 1, A, v, 0, Av);
        linear_axpy(N, -largest.x, v, Av);
        CHECK_RELATIVE(linear_norm(N, v), 1, 1e-13);
        CHECK_AT_MOST(linear_norm(N, Av), value_bound(largest) + 1e-10);
        if (sample % 2 == 0) {
            struct value power = power_largest(N, apply, &matrix, &start, 1e-6, 100000);

            CHECK_ABSOLUTE(power.x, values[N - 1], value_bound(power) + value_bound(largest));
        }
    }
    memory_free(X);
    memory_free(A);
    memory_free(values);
}

/* Eigenvalues 1 - (i / n)^2: they crowd at the top. Without orthogonalisation copies would appear. */
TEST(a_crowded_spectrum)
{
    enum { N = 200 };
    double *A = memory_doubles(N * N);
    struct matrix matrix = {N, A, 0};
    struct stream stream = open_stream(1);

    for (int i = 0; i < N; i++) {
        A[i * N + i] = 1 - pow((double)i / N, 2);
    }
    struct value largest = lanczos_largest(N, apply, &matrix, &stream, 1e-13, 200, NULL);
    CHECK_ABSOLUTE(largest.x, 1, value_bound(largest));
    CHECK_AT_MOST(value_bound(largest), 1e-12);
    CHECK(!value_ok(lanczos_largest(N, apply, &matrix, &stream, 1e-13, 20, NULL)));
    CHECK_CONTAINS(status_reason(), "after 20 steps");
    CHECK(!value_ok(power_largest(N, apply, &matrix, &stream, 1e-8, 20)));
    CHECK_CONTAINS(status_reason(), "power_largest");
    memory_free(A);
}

TEST(small_and_singular_matrices)
{
    static const double one[1] = {-3}, zero[9] = {0}, rank_one[9] = {1, 2, 2, 2, 4, 4, 2, 4, 4},
                        negative[4] = {-2, 1, 1, -2}, unit[4] = {1, 0, 0, 1};
    struct stream stream = open_stream(2);
    struct matrix a = {1, one, 0}, b = {3, zero, 0}, c = {3, rank_one, 0}, d = {2, negative, 0}, e = {2, unit, 0};

    CHECK_RELATIVE(lanczos_largest(1, apply, &a, &stream, 1e-12, 9, NULL).x, -3, 1e-15);
    CHECK_ABSOLUTE(lanczos_largest(3, apply, &b, &stream, 1e-12, 9, NULL).x, 0, 0);
    CHECK_ABSOLUTE(power_largest(3, apply, &b, &stream, 1e-12, 9).x, 0, 0);
    struct value nine = lanczos_largest(3, apply, &c, &stream, 1e-12, 9, NULL);
    CHECK_ABSOLUTE(nine.x, 9, value_bound(nine));
    CHECK_RELATIVE(power_largest(3, apply, &c, &stream, 1e-12, 9).x, 9, 1e-12);
    CHECK_RELATIVE(lanczos_largest(2, apply, &d, &stream, 1e-12, 9, NULL).x, -1, 1e-13);
    CHECK_RELATIVE(lanczos_largest(2, apply, &e, &stream, 1e-12, 9, NULL).x, 1, 1e-14);
}

TEST(matrices_at_hand)
{
    static const double A[9] = {2, -1, 0, -1, 2, -1, 0, -1, 2};
    struct stream stream = open_stream(4);
    struct value largest = lanczos_largest_of(3, A, &stream, 1e-12);

    CHECK_ABSOLUTE(largest.x, 2 + sqrt(2), value_bound(largest));
    CHECK_AT_MOST(value_bound(largest), 1e-11);
}

TEST(iterations_refuse)
{
    struct stream stream = open_stream(3);

    CHECK(!value_ok(lanczos_largest(0, apply, NULL, &stream, 1e-12, 9, NULL)));
    CHECK(!value_ok(lanczos_largest(3, apply, NULL, &stream, 0, 9, NULL)));
    CHECK(!value_ok(lanczos_largest(3, apply, NULL, &stream, 1e-12, 0, NULL)));
    CHECK(!value_ok(power_largest(3, apply, NULL, &stream, NAN, 9)));
    CHECK_CONTAINS(status_reason(), "tolerance");
}
