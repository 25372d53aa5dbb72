/* # Section 2.1: the operator norm that root-mean-square lengths induce
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.1. For $M\in\mathbb R^{n\times m}$
 *
 * $$\|M\|_{op}=\max_{v\in\mathbb R^m}\frac{n^{-1/2}\|Mv\|}{m^{-1/2}\|v\|}.$$
 *
 * It is $\sqrt{m/n}$ times the largest singular value. Measured like this, widths drop out of products, and a layer $m^{-1/2}W$ of independent standard
 * normals has norm $1+\sqrt{m/n}$ for large $m$ and $n$ (Bai and Yin 1993), not the 1 that it has on a typical direction.
 *
 * **Checked.** For random matrices of many shapes: $\sqrt{m/n}\,s_{\max}$ from LAPACK against power iteration. For small ones against the
 * definition itself: a search over $v$ for the largest quotient. No random direction exceeds the norm; products obey
 * $\|AB\|_{op}\le\|A\|_{op}\|B\|_{op}$ without widths, with equality for $B=A'$.
 * **Tolerance.** Backward errors of LAPACK, a few ulp times the width; the power iteration's last residual. The search's error is its residual: within
 * $\|M'Mv-q^2v\|$ of $q^2=\|Mv\|^2$, $\|v\|=1$, lies a squared singular value.
 * **Could miss.** Nothing: a definition with one consequence.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/search.h>
#include <assay/network/jacobian.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>

enum { SMALL = 4 };

struct matrix {
    int n, m; // M maps R^m to R^n
    double *entry;
};

/* Entries of variance $1/m$: a layer without bias. */
static struct matrix draw_matrix(struct claim *claim, uint32_t sample, int n, int m)
{
    struct matrix M = {n, m, memory_doubles((size_t)n * (size_t)m)};
    struct stream stream = claim_stream(claim, 0, sample);

    stream_normals_scaled(&stream, 1 / sqrt(m), (size_t)n * (size_t)m, M.entry);
    return M;
}

/* ## The norm as a singular value */
static struct value norm_of(struct claim *claim, const struct matrix *M)
{
    double *s = memory_doubles((size_t)(M->n < M->m ? M->n : M->m)), shape = sqrt((double)M->m / M->n);

    shape = claim_fault(claim, "ratio_inverted") ? 1 / shape
            : claim_fault(claim, "input_lost")   ? 1 / sqrt(M->n)
                                                 : shape;

    claim_need(claim, linear_singular_values(M->n, M->m, M->entry, s));
    struct value norm = measured(shape * s[0], (M->n + M->m + 8) * DBL_EPSILON * shape * s[0], ROUNDING);
    memory_free(s);
    return norm;
}

static struct value norm_by_power(struct claim *claim, const struct matrix *M, uint32_t sample)
{
    struct stream stream = claim_stream(claim, 1, sample);
    struct value s = claim_value(claim, linear_spectral_norm(M->n, M->m, M->entry, &stream, 1e-13, 100000));

    return value_scale(jacobian_operator_norm(M->n, M->m, 1), s);
}

/* ## The definition: the quotient, and the search for its maximum */
static double quotient(const struct matrix *M, const double v[])
{
    double square = 0;

    for (int i = 0; i < M->n; i++) {
        double row = linear_dot(M->m, M->entry + (size_t)i * (size_t)M->m, v);

        square += row * row;
    }
    return sqrt(square / M->n) / (linear_norm(M->m, v) / sqrt(M->m));
}

static double minus_quotient(size_t m, const double v[], void *context)
{
    return linear_norm((int)m, v) > 0 ? -quotient(context, v) : 0;
}

static struct value norm_by_search(struct claim *claim, struct matrix *M, uint32_t sample)
{
    static const double least[SMALL] = {-1, -1, -1, -1}, most[SMALL] = {1, 1, 1, 1};
    struct search search = {100 + sample, (size_t)M->m, least, most, 4, 2000, minus_quotient, M};
    double v[SMALL], Mv[SMALL], back[SMALL], q = -search_least(claim, &search, v);

    linear_multiply(false, false, M->n, 1, M->m, 1 / linear_norm(M->m, v), M->entry, v, 0, Mv);
    linear_multiply(true, false, M->m, 1, M->n, 1, M->entry, Mv, 0, back);
    linear_axpy(M->m, -linear_dot(M->n, Mv, Mv) / linear_norm(M->m, v), v, back);
    double square = q * q * M->n / M->m, residual = linear_norm(M->m, back); // |M'Mv - q^2 v|
    return value_with(measured(q, q * residual / square, QUADRATURE), 20 * DBL_EPSILON * q, ROUNDING);
}

static void check_small(struct claim *claim)
{
    for (int k = 0; k < SMALL * SMALL; k++) {
        int n = k / SMALL + 1, m = k % SMALL + 1;
        struct matrix M = draw_matrix(claim, 1000 + (uint32_t)k, n, m);

        claim_case(claim, "n = %d, m = %d", n, m);
        check_equal(claim, "search", norm_of(claim, &M), norm_by_search(claim, &M, (uint32_t)k));
        memory_free(M.entry);
    }
}

/* ## Shapes from $n\ll m$ to $n\gg m$ */
static void check_shape_of(struct claim *claim, uint32_t sample, int n, int m)
{
    struct matrix M = draw_matrix(claim, sample, n, m), T = {m, n, memory_doubles((size_t)n * (size_t)m)};
    struct matrix product = {n, n, memory_doubles((size_t)n * (size_t)n)};
    struct stream stream = claim_stream(claim, 2, sample);
    struct value norm = norm_of(claim, &M), power = norm_by_power(claim, &M, sample);
    double *v = memory_doubles((size_t)m);

    for (int i = 0; i < n * m; i++) {
        T.entry[i] = M.entry[i % n * m + i / n];
    }
    linear_multiply(false, false, n, n, m, 1, M.entry, T.entry, 0, product.entry);
    stream_normals(&stream, (size_t)m, v);
    double typical = quotient(&M, v);
    claim_case(claim, "n = %d, m = %d", n, m);
    check_equal(claim, "power", norm, power);
    check_at_most(claim, "direction", rounded(typical, 4.0 * m), norm);
    check_at_most(claim, "product", norm_of(claim, &product), value_mul(norm, norm_of(claim, &T)));
    claim_row(claim, NULL, (double)n / m, norm.x, power.x, typical, 1 + sqrt((double)m / n));
    memory_free(M.entry);
    memory_free(T.entry);
    memory_free(product.entry);
    memory_free(v);
}

static void operator_norm(struct claim *claim)
{
    double size = (double)claim_integer(claim, "size");

    claim_column(claim, "aspect", RELATIVE(1e-15), "a ratio of integers");
    claim_column(claim, "norm", RELATIVE(1e-11), "an SVD");
    claim_column(claim, "power", RELATIVE(1e-9), "power iteration");
    claim_column(claim, "typical", RELATIVE(1e-11), "a product of a matrix and a vector");
    claim_column(claim, "limit", RELATIVE(1e-14), "a closed form");
    check_small(claim);
    for (int k = -12; k <= 12; k++) {
        double factor = exp2(0.25 * k);

        check_shape_of(claim, (uint32_t)(k + 12), (int)fmax(1, round(size * factor)),
                       (int)fmax(1, round(size / factor)));
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer_by_scale("size", "geometric mean of n and m", 24, 64, 64, 1, 200)},
                          .faults = {{"ratio_inverted", "sqrt(n/m) in place of sqrt(m/n)", "power search direction"},
                                     {"input_lost", "the input's length not divided by sqrt(m)", "*"}},
                          .run = operator_norm,
                      }));
}
