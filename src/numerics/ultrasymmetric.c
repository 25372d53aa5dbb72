// SPDX-License-Identifier: GPL-3.0-or-later
/* Ultrasymmetric operators: nine numbers in place of B^4.
 *
 * On a matrix with equal diagonal and equal off-diagonal entries, (a, b), T acts as a 2 x 2 matrix alpha; on L_B(a, b) as another one, beta; on
 * M as a number (Yang et al. 2019, theorem E.61). G (.) G takes (a, b) to (a - b) G and L_B(a, b) to (a + 2b)/B L_B(B - 2, 1), so that between
 * two of them one number is left of alpha and one of beta (theorem E.62). Written out, each eigenvalue is a sum of brackets with integer
 * coefficients over B. That form is used here: every bracket enters once, and its error with it. */
#include <assay/base/memory.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { BRACKETS = 9 };

/* sum_k factor[k] bracket[k] / B, in the order of struct brackets. */
static struct value combination(const struct brackets *T, const double factor[BRACKETS], int B)
{
    const struct value bracket[BRACKETS] = {T->b1111, T->b1122, T->b1112, T->b1123, T->b1211,
                                            T->b1233, T->b1212, T->b1213, T->b1234};
    struct value sum = exact(0);

    for (int k = 0; k < BRACKETS; k++) {
        if (factor[k] != 0)
            sum = value_add(sum, value_scale(factor[k], bracket[k]));
    }
    return value_div(sum, exact(B));
}

struct spectrum ultrasymmetric_spectrum(int B, const struct brackets *T)
{
    double b = B, one = b - 1, two = b - 2, three = b - 3;
    // clang-format off
    //                              1111     1122       1112        1123      1211        1233       1212     1213        1234
    const double on_G[BRACKETS] = { one, one * one, -2 * one, -one * two, -2 * one, -one * two,       2, 4 * two,    two * three};
    const double on_L[BRACKETS] = { two,      -two, -2 * two,    2 * two, -2 * two,    2 * two,       4, 4 * (b - 4), -4 * three};
    const double on_M[BRACKETS] = {   0,         0,        0,          0,        0,          0,   2 * b,    -4 * b,        2 * b};
    // clang-format on

    return (struct spectrum){combination(T, on_G, B), combination(T, on_L, B), combination(T, on_M, B)};
}

/* The bracket of four indices by which of them are equal. */
static double pattern(const struct brackets *T, int i, int j, int k, int l)
{
    int shared = (k == i || k == j) + (l == i || l == j);

    if (i == j && k == l)
        return shared ? T->b1111.x : T->b1122.x;
    if (i == j)
        return shared ? T->b1112.x : T->b1123.x;
    if (k == l)
        return shared ? T->b1211.x : T->b1233.x;
    return shared == 2 ? T->b1212.x : shared == 1 ? T->b1213.x : T->b1234.x;
}

void ultrasymmetric_matrix(int B, const struct brackets *T, double matrix[])
{
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++)
            for (int k = 0; k < B; k++)
                for (int l = 0; l < B; l++)
                    *matrix++ = pattern(T, i, j, k, l);
}

/* The sum of row i, with or without its diagonal entry; extended precision, because equal terms all round the same way. */
static long double row_sum(int B, int i, const double S[], bool diagonal)
{
    long double sum = 0;

    for (int k = 0; k < B; k++)
        sum += k == i && !diagonal ? 0 : S[i * B + k];
    return sum;
}

/* What entry ij takes from S: trace, sum and the off-diagonal sums r of rows i and j. */
struct totals {
    double trace, off, *r;
};

static struct totals totals_of(int B, const double S[])
{
    struct totals t = {0, 0, memory_doubles((size_t)B)};

    for (int i = 0; i < B; i++) {
        t.r[i] = (double)row_sum(B, i, S, false);
        t.trace += S[i * B + i];
        t.off += t.r[i];
    }
    return t;
}

void ultrasymmetric_apply(int B, const struct brackets *T, const double S[], double out[])
{
    struct totals t = totals_of(B, S);

    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            double s = S[i * B + j], both = t.r[i] + t.r[j], diagonal = S[i * B + i] + S[j * B + j];

            out[i * B + j] =
                i == j ? T->b1111.x * s + T->b1122.x * (t.trace - s) + T->b1112.x * both + T->b1123.x * (t.off - both)
                       : T->b1211.x * diagonal + T->b1233.x * (t.trace - diagonal) + 2 * T->b1212.x * s +
                             2 * T->b1213.x * (both - 2 * s) + T->b1234.x * (t.off - 2 * both + 2 * s);
        }
    }
    memory_free(t.r);
}

/* The norm of the terms' sizes, each bracket replaced by size(bracket) >= 0 and each entry by its magnitude. */
static double terms(int B, const struct brackets *T, double size(struct value), const double S[])
{
    struct brackets sizes = {exact(size(T->b1111)), exact(size(T->b1122)), exact(size(T->b1112)),
                             exact(size(T->b1123)), exact(size(T->b1211)), exact(size(T->b1233)),
                             exact(size(T->b1212)), exact(size(T->b1213)), exact(size(T->b1234))};
    double *magnitude = memory_doubles((size_t)B * (size_t)B), *out = memory_doubles((size_t)B * (size_t)B), norm;

    for (int k = 0; k < B * B; k++)
        magnitude[k] = fabs(S[k]);
    ultrasymmetric_apply(B, &sizes, magnitude, out);
    norm = linear_norm(B * B, out);
    memory_free(magnitude);
    memory_free(out);
    return norm;
}

static double magnitude(struct value v)
{
    return fabs(v.x);
}

struct value ultrasymmetric_miss(int B, const struct brackets *T, bool projected, const double S[],
                                 const double image[])
{
    double *TS = memory_doubles((size_t)B * (size_t)B), *centred = memory_doubles((size_t)B * (size_t)B);
    double norm = linear_norm(B * B, S), *found = projected ? centred : TS;
    // sums of both signs: their roundings, each of half an ulp of a partial sum, stay below a few ulp of the sum of magnitudes
    double rounding = 4 * DBL_EPSILON * (terms(B, T, magnitude, S) + linear_norm(B * B, image));

    ultrasymmetric_apply(B, T, S, TS);
    centre_both(B, TS, centred);
    linear_axpy(B * B, -1, image, found);
    struct value miss = measured(linear_norm(B * B, found) / norm, rounding / norm, ROUNDING);
    memory_free(TS);
    memory_free(centred);
    return value_with(miss, terms(B, T, value_error, S) / norm, QUADRATURE);
}

struct value ultrasymmetric_residual(int B, const struct brackets *T, bool projected, double lambda, const double S[])
{
    double *image = memory_doubles((size_t)B * (size_t)B);

    linear_axpy(B * B, lambda, S, image);
    struct value residual = ultrasymmetric_miss(B, T, projected, S, image);
    memory_free(image);
    return residual;
}

struct brackets ultrasymmetric_dos(struct value u, struct value v, struct value w)
{
    return (struct brackets){.b1111 = u, .b1211 = v, .b1212 = value_scale(0.5, w)};
}

/* ## The matrices */

void operator_apply(int B, const double T[], const double S[], double out[])
{
    linear_multiply(false, false, B * B, 1, B * B, 1, T, S, 0, out);
}

/* out = S - row means - column means + mean. */
void centre_both(int B, const double S[], double out[])
{
    double *row = memory_doubles((size_t)B), *column = memory_doubles((size_t)B);
    long double all = 0;

    for (int i = 0; i < B; i++) {
        long double sum = 0;

        for (int k = 0; k < B; k++)
            sum += S[k * B + i];
        column[i] = (double)(sum / B);
        sum = row_sum(B, i, S, true) / B;
        row[i] = (double)sum;
        all += sum / B;
    }
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++)
            out[i * B + j] = S[i * B + j] - row[i] - column[j] + (double)all;
    memory_free(row);
    memory_free(column);
}

struct brackets brackets_random(struct stream *stream)
{
    double x[BRACKETS];

    stream_normals(stream, BRACKETS, x);
    return (struct brackets){exact(x[0]), exact(x[1]), exact(x[2]), exact(x[3]), exact(x[4]),
                             exact(x[5]), exact(x[6]), exact(x[7]), exact(x[8])};
}

void symmetric_random(struct stream *stream, int B, double S[])
{
    stream_normals(stream, (size_t)B * (size_t)B, S);
    for (int i = 0; i < B; i++)
        for (int j = 0; j < i; j++)
            S[i * B + j] = S[j * B + i];
}

void shape_bsb1(int B, double a, double b, double S[])
{
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++)
            S[i * B + j] = i == j ? a : b;
}

void shape_L(int B, int i, int j, double a, double b, double S[])
{
    memset(S, 0, (size_t)B * (size_t)B * sizeof *S);
    for (int k = 0; k < B; k++) {
        if (k == i || k == j)
            continue;
        S[i * B + k] = S[k * B + i] = -b;
        S[j * B + k] = S[k * B + j] = b;
    }
    S[i * B + i] = a;
    S[j * B + j] = -a;
}

void shape_diagonal(int B, const double d[], double S[])
{
    double *D = memory_doubles((size_t)B * (size_t)B);
    long double mean = 0;

    for (int i = 0; i < B; i++)
        mean += (long double)d[i] / B;
    for (int i = 0; i < B; i++)
        D[i * B + i] = d[i] - (double)mean;
    centre_both(B, D, S);
    memory_free(D);
}

/* Off the diagonal out_ij = S_ij - x_i - x_j, with row sums (B - 2) x_i + sum x = r_i, r those of S without its diagonal. */
static void subtract_rows(int B, double S[])
{
    double *x = memory_doubles((size_t)B), all = 0;

    for (int i = 0; i < B; i++) {
        x[i] = (double)row_sum(B, i, S, false);
        all += x[i] / (2 * (B - 1));
    }
    for (int i = 0; i < B; i++)
        x[i] = (x[i] - all) / (B - 2);
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++)
            S[i * B + j] = i == j ? 0 : S[i * B + j] - x[i] - x[j];
    memory_free(x);
}

void project_on_M(int B, const double S[], double out[])
{
    memmove(out, S, (size_t)B * (size_t)B * sizeof *out);
    subtract_rows(B, out);
    subtract_rows(B, out); // what rounding left of the rows, which is much where little of S is in M
}

/* ## An operator on the three spaces, by applying it */

struct trial {
    int B;
    const double *T;
    double *S, *image; // B x B
    double *stored;    // G T{S} G for each S of the space
    double *member;    // these S
    int count;
};

/* Notes S, of norm 1, and what G T{.} G makes of it. */
static void trial_add(struct trial *trial)
{
    int n = trial->B * trial->B;
    double norm = linear_norm(n, trial->S);

    for (int k = 0; k < n; k++)
        trial->S[k] /= norm;
    operator_apply(trial->B, trial->T, trial->S, trial->image);
    centre_both(trial->B, trial->image, trial->stored + trial->count * n);
    memcpy(trial->member + trial->count * n, trial->S, (size_t)n * sizeof *trial->S);
    trial->count++;
}

/* The mean Rayleigh quotient with the worst residual; empties the trial. */
static struct value trial_finish(struct trial *trial)
{
    int n = trial->B * trial->B;
    double lambda = 0, worst = 0;

    for (int m = 0; m < trial->count; m++)
        lambda += linear_dot(n, trial->member + m * n, trial->stored + m * n) / trial->count;
    for (int m = 0; m < trial->count; m++) {
        linear_axpy(n, -lambda, trial->member + m * n, trial->stored + m * n);
        worst = fmax(worst, linear_norm(n, trial->stored + m * n));
    }
    trial->count = 0;
    // one row of T times S, B^2 terms: its norm times eps a term, which add up like sqrt
    double rounding = trial->B * DBL_EPSILON * linear_norm(n * n, trial->T);
    return value_with(measured(lambda, worst, QUADRATURE), rounding, ROUNDING);
}

struct spectrum operator_spectrum(int B, const double T[])
{
    struct spectrum found;
    size_t n = (size_t)B * (size_t)B, most = n / 2 + 1;
    struct trial trial = {
        B, T, memory_doubles(n), memory_doubles(n), memory_doubles(most * n), memory_doubles(most * n), 0};

    shape_bsb1(B, B - 1, -1, trial.S);
    trial_add(&trial);
    found.G = trial_finish(&trial);
    for (int j = 1; j < B; j++) {
        shape_L(B, 0, j, B - 2, 1, trial.S);
        trial_add(&trial);
    }
    found.L = trial_finish(&trial);
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < i; j++) {
            memset(trial.S, 0, n * sizeof *trial.S);
            trial.S[i * B + j] = trial.S[j * B + i] = 1;
            project_on_M(B, trial.S, trial.S);
            trial_add(&trial);
        }
    }
    found.M = trial_finish(&trial);
    memory_free(trial.S);
    memory_free(trial.image);
    memory_free(trial.stored);
    memory_free(trial.member);
    return found;
}

struct spectrum ultrasymmetric_spectrum_by_matrix(int B, const struct brackets *T)
{
    double *matrix = memory_doubles((size_t)B * (size_t)B * (size_t)B * (size_t)B);
    const struct value bracket[BRACKETS] = {T->b1111, T->b1122, T->b1112, T->b1123, T->b1211,
                                            T->b1233, T->b1212, T->b1213, T->b1234};
    double error = 0;

    ultrasymmetric_matrix(B, T, matrix);
    struct spectrum found = operator_spectrum(B, matrix);
    memory_free(matrix);
    for (int k = 0; k < BRACKETS; k++)
        error = fmax(error, value_bound(bracket[k]));
    error *= B * B; // T's norm is at most that of a B^2 x B^2 matrix of such entries
    return (struct spectrum){value_with(found.G, error, QUADRATURE), value_with(found.L, error, QUADRATURE),
                             value_with(found.M, error, QUADRATURE)};
}
