// SPDX-License-Identifier: GPL-3.0-or-later
/* Ultrasymmetric operators with random brackets: the formulas against the explicit matrix applied to bases of the spaces, and against LAPACK,
 * which knows no spaces. */
#include "assay_test.h"
#include <assay/base/memory.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST = 9, ENTRIES = MOST * MOST * MOST * MOST };

static struct brackets random_brackets(uint32_t sample)
{
    struct stream stream = stream_open(stream_key("test_ultrasymmetric", 1), 0, sample);

    return brackets_random(&stream);
}

/* T by its definition, from the brackets of appendix E.5 with all ten classes: [12|13] and [12|31], [12|12] and [12|21] told apart. */
static double ten_classes(const double c[], int i, int j, int k, int l)
{
    if (i == j && k == l)
        return c[k == i ? 0 : 1];
    if (i == j)
        return c[k == i || l == i ? 2 : 3];
    if (k == l)
        return c[k == i || k == j ? 4 : 5];
    if (i == k && j == l)
        return c[6];
    if (i == l && j == k)
        return c[7];
    if (i == k || j == l)
        return c[8];
    if (i == l || j == k)
        return c[9];
    return c[10];
}

/* G T G, with G (.) G on both sides: B^2 x B^2. */
static void projected(int B, const double T[], double P[])
{
    int n = B * B;
    double *S = memory_doubles((size_t)n), *image = memory_doubles((size_t)n), *centred = memory_doubles((size_t)n);

    for (int k = 0; k < n; k++) {
        memset(S, 0, (size_t)n * sizeof *S);
        S[k] = 1;
        for (int m = 0; m < n; m++)
            image[m] = (S[m] + S[m % B * B + m / B]) / 2; // symmetric part: T is asked about these only
        centre_both(B, image, S);
        operator_apply(B, T, S, image);
        centre_both(B, image, centred);
        for (int m = 0; m < n; m++)
            P[m * n + k] = centred[m];
    }
    memory_free(S);
    memory_free(image);
    memory_free(centred);
}

TEST(formulas_equal_rayleigh_quotients)
{
    for (int B = 4; B <= MOST; B++) {
        for (uint32_t trial = 0; trial < 5; trial++) {
            struct brackets brackets = random_brackets(trial);
            struct spectrum formula = ultrasymmetric_spectrum(B, &brackets);
            struct spectrum found = ultrasymmetric_spectrum_by_matrix(B, &brackets);

            const struct value *a[] = {&formula.G, &formula.L, &formula.M}, *b[] = {&found.G, &found.L, &found.M};
            for (int space = 0; space < 3; space++) {
                CHECK_AT_MOST(value_error(*b[space]), 1e-11);
                CHECK_ABSOLUTE(a[space]->x, b[space]->x, value_error(*a[space]) + value_error(*b[space]));
            }
        }
    }
}

/* The projected operator is symmetric: its eigenvalues, with 1, B - 1 and B(B-3)/2 copies, and zeros. */
TEST(formulas_equal_lapack_with_the_right_multiplicities)
{
    static double T[ENTRIES], P[ENTRIES], eigenvalue[MOST * MOST];

    for (int B = 4; B <= MOST; B++) {
        struct brackets brackets = random_brackets(100);
        struct spectrum s = ultrasymmetric_spectrum(B, &brackets);
        const double claimed[4] = {s.G.x, s.L.x, s.M.x, 0};
        const int multiplicity[4] = {1, B - 1, B * (B - 3) / 2, B * B - B * (B - 1) / 2};

        ultrasymmetric_matrix(B, &brackets, T);
        projected(B, T, P);
        for (int k = 0; k < B * B; k++)
            for (int l = 0; l < k; l++)
                CHECK_ABSOLUTE(P[k * B * B + l], P[l * B * B + k], 1e-12);
        CHECK_INT(linear_symmetric_eigen(B * B, P, eigenvalue, NULL), STATUS_OK);
        for (int space = 0; space < 4; space++) {
            int near = 0;

            for (int k = 0; k < B * B; k++)
                near += fabs(eigenvalue[k] - claimed[space]) < 1e-11;
            CHECK_INT(near, multiplicity[space]);
        }
    }
}

/* Ten classes, four of which nothing but the mean matters of. */
TEST(means_of_brackets_suffice_on_symmetric_matrices)
{
    static double T[ENTRIES];
    enum { B = 6 };
    double c[11];
    struct stream stream = stream_open(stream_key("test_ultrasymmetric", 2), 0, 0);

    stream_normals(&stream, 11, c);
    for (int k = 0; k < B * B * B * B; k++)
        T[k] = ten_classes(c, k / (B * B * B), k / (B * B) % B, k / B % B, k % B);
    struct brackets means = {exact(c[0]),
                             exact(c[1]),
                             exact(c[2]),
                             exact(c[3]),
                             exact(c[4]),
                             exact(c[5]),
                             exact((c[6] + c[7]) / 2),
                             exact((c[8] + c[9]) / 2),
                             exact(c[10])};
    struct spectrum formula = ultrasymmetric_spectrum(B, &means), found = operator_spectrum(B, T);
    CHECK_ABSOLUTE(found.G.x, formula.G.x, 1e-12);
    CHECK_ABSOLUTE(found.L.x, formula.L.x, 1e-12);
    CHECK_ABSOLUTE(found.M.x, formula.M.x, 1e-12);
    CHECK_AT_MOST(value_error(found.L) + value_error(found.M), 1e-11);
}

TEST(row_sums_equal_the_matrix)
{
    static double T[ENTRIES], S[MOST * MOST], image[MOST * MOST];

    for (int B = 2; B <= MOST; B++) {
        struct stream stream = stream_open(stream_key("test_ultrasymmetric", 4), 0, (uint32_t)B);
        struct brackets brackets = brackets_random(&stream);
        struct value miss;

        symmetric_random(&stream, B, S);
        ultrasymmetric_matrix(B, &brackets, T);
        operator_apply(B, T, S, image);
        miss = ultrasymmetric_miss(B, &brackets, false, S, image);
        CHECK_AT_MOST(miss.x, value_error(miss));
        CHECK_AT_MOST(value_error(miss), 1e-13 * B * B);
        centre_both(B, image, T);
        miss = ultrasymmetric_miss(B, &brackets, true, S, T);
        CHECK_AT_MOST(miss.x, value_error(miss));
        image[1] += 0.01;
        miss = ultrasymmetric_miss(B, &brackets, false, S, image);
        CHECK_ABSOLUTE(miss.x, 0.01 / linear_norm(B * B, S), value_error(miss));
    }
}

/* A thousand samples: what rounding leaves stays below what is stated. */
TEST(residuals_at_large_batches)
{
    enum { LARGE = 1000 };
    double *S = memory_doubles((size_t)LARGE * LARGE);
    struct stream stream = stream_open(stream_key("test_ultrasymmetric", 5), 0, 0);
    struct brackets brackets = brackets_random(&stream);
    struct spectrum s = ultrasymmetric_spectrum(LARGE, &brackets);
    struct value residual;

    symmetric_random(&stream, LARGE, S);
    project_on_M(LARGE, S, S);
    residual = ultrasymmetric_residual(LARGE, &brackets, false, s.M.x, S);
    CHECK_AT_MOST(residual.x, value_error(residual));
    CHECK_AT_MOST(value_error(residual), 1e-8);
    shape_L(LARGE, 3, 700, LARGE - 2, 1, S);
    residual = ultrasymmetric_residual(LARGE, &brackets, true, s.L.x, S);
    CHECK_AT_MOST(residual.x, value_error(residual) + value_error(s.L));
    memory_free(S);
}

/* DOS(u, v, w): theorem E.73 gives the three numbers in closed form. */
TEST(dos_operators)
{
    const double u = 0.7, v = -0.3, w = 1.9;

    for (int B = 4; B <= 1000; B = 2 * B + 1) {
        struct brackets dos = ultrasymmetric_dos(exact(u), exact(v), exact(w));
        struct spectrum s = ultrasymmetric_spectrum(B, &dos);

        CHECK_ABSOLUTE(s.G.x, ((B - 1) * (u - 2 * v) + w) / B, value_error(s.G));
        CHECK_ABSOLUTE(s.L.x, ((B - 2) * (u - 2 * v) + 2 * w) / B, value_error(s.L));
        CHECK_ABSOLUTE(s.M.x, w, value_error(s.M));
    }
}

/* Each eigenvalue moves by no more than the stated errors when a bracket moves by its own. */
TEST(errors_of_brackets_propagate)
{
    enum { B = 7 };

    for (uint32_t trial = 0; trial < 9; trial++) {
        struct brackets b = random_brackets(trial), moved = b;
        struct value *uncertain = (struct value *[]){&b.b1111, &b.b1122, &b.b1112, &b.b1123, &b.b1211,
                                                     &b.b1233, &b.b1212, &b.b1213, &b.b1234}[trial];
        struct value *shifted = (struct value *[]){&moved.b1111, &moved.b1122, &moved.b1112, &moved.b1123, &moved.b1211,
                                                   &moved.b1233, &moved.b1212, &moved.b1213, &moved.b1234}[trial];
        *uncertain = measured(uncertain->x, 1e-3, QUADRATURE);
        shifted->x += 1e-3;
        struct spectrum s = ultrasymmetric_spectrum(B, &b), t = ultrasymmetric_spectrum(B, &moved);
        CHECK_ABSOLUTE(s.G.err[QUADRATURE], fabs(t.G.x - s.G.x), 1e-12);
        CHECK_ABSOLUTE(s.L.err[QUADRATURE], fabs(t.L.x - s.L.x), 1e-12);
        CHECK_ABSOLUTE(s.M.err[QUADRATURE], fabs(t.M.x - s.M.x), 1e-12);
    }
    struct brackets failed = random_brackets(0);
    failed.b1112 = value_failed();
    CHECK(!value_ok(ultrasymmetric_spectrum(B, &failed).G));
    CHECK(value_ok(ultrasymmetric_spectrum(B, &failed).M));
}

TEST(a_residual_betrays_an_operator_without_the_symmetry)
{
    static double T[ENTRIES];
    enum { B = 5 };
    struct brackets b = random_brackets(3);

    ultrasymmetric_matrix(B, &b, T);
    T[(0 * B + 1) * B * B + 2 * B + 3] += 0.5; // one entry [12|34] unlike the others
    struct spectrum s = operator_spectrum(B, T);
    CHECK_AT_LEAST(s.M.err[QUADRATURE], 0.02);
    CHECK_AT_LEAST(s.L.err[QUADRATURE], 0.02);
}

TEST(shapes_lie_in_their_spaces)
{
    enum { B = 6 };
    double S[B * B], out[B * B], again[B * B];
    struct stream stream = stream_open(stream_key("test_ultrasymmetric", 3), 0, 0);

    shape_L(B, 1, 4, B - 2, 1, S); // = B G (d1 d1' - d4 d4') G
    centre_both(B, S, out);
    for (int k = 0; k < B * B; k++)
        CHECK_ABSOLUTE(out[k], S[k], 1e-14);
    CHECK_SAME(S[1 * B + 1], B - 2);
    CHECK_SAME(S[4 * B + 0], 1);
    shape_diagonal(B, (double[B]){1, 1 + B, 1, 1, 1 - B, 1}, out);
    for (int k = 0; k < B * B; k++)
        CHECK_ABSOLUTE(out[k], S[k], 1e-14);
    stream_normals(&stream, B * B, S);
    for (int i = 0; i < B; i++)
        for (int j = 0; j < i; j++)
            S[i * B + j] = S[j * B + i];
    project_on_M(B, S, out);
    for (int i = 0; i < B; i++) {
        double sum = 0;

        for (int j = 0; j < B; j++)
            sum += out[i * B + j];
        CHECK_ABSOLUTE(sum, 0, 1e-14);
        CHECK_SAME(out[i * B + i], 0);
    }
    project_on_M(B, out, again);
    for (int k = 0; k < B * B; k++) // a projection, and orthogonal: the rest is orthogonal to what was kept
        CHECK_ABSOLUTE(again[k], out[k], 1e-14);
    CHECK_ABSOLUTE(linear_dot(B * B, S, out), linear_dot(B * B, out, out), 1e-13);
}
