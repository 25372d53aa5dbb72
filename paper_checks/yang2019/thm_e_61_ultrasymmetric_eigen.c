/* # Theorem E.61: the eigenvalues of an ultrasymmetric operator
 *
 * Yang et al. (2019), appendix E.5, theorem E.61. With brackets $[ij|kl]$ (definition E.53) an ultrasymmetric $T$ acts on $\mathrm{BSB1}(a,b)$ and on $L_B(a,b)$ as
 * the $2\times2$ matrices
 *
 * $$\alpha=\begin{pmatrix}[11|11]+(B-1)[11|22]&2(B-1)[11|12]+(B-2)(B-1)[11|23]\\2[12|11]+(B-2)[12|33]&[12|12]+4(B-2)[12|13]+[12|21]+(B-2)(B-3)[12|34]\end{pmatrix},$$
 * $$\beta=\begin{pmatrix}[11|11]-[11|22]&2(B-2)([11|23]-[11|12])\\-[12|11]+[12|33]&[12|21]+[12|12]+2(B-4)[12|13]-2(B-3)[12|34]\end{pmatrix},$$
 *
 * and so has the eigenmatrices $\mathrm{BSB1}(\lambda-\alpha_{22},\alpha_{21})$ for the two eigenvalues of $\alpha$, $L(\lambda-\beta_{22},\beta_{21})$, in all
 * permutations, for those of $\beta$, and the space $\mathbb M$ with $[12|12]+[12|21]-4[12|13]+2[12|34]$.
 *
 * **Checked.** Operators with random brackets. Their eigenvalues on symmetric matrices by LAPACK, which knows nothing of the spaces: as many near each claimed
 * number as its space has dimensions. Each claimed eigenmatrix under $T$ itself, at every $B$; complex ones by real and imaginary part.
 * **Corrected.** The theorem speaks of all $B\times B$ matrices and of real eigenspaces. The spaces it lists fill the symmetric matrices only. The two
 * quadratics may have complex roots, for about one random operator in six, and with a double root there may be one eigenmatrix in place of
 * two; if $\alpha_{21}=0$ or $\beta_{21}=0$ one of the printed eigenmatrices can vanish.
 * **Tolerance.** LAPACK's condition numbers times rounding, and the same for the quadratics. Residuals: what rounding leaves of the terms summed.
 * **Could miss.** Multiplicities at $B>10$.
 * **Found.** Holds on symmetric matrices over the complex numbers, for distinct roots. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ## As printed
 * $[12|13]$ and $[12|12]+[12|21]$ are what T does on symmetric matrices. */
struct two {
    double m11, m12, m21, m22;
};

static struct two alpha(struct claim *claim, int B, const struct brackets *T)
{
    double others = claim_fault(claim, "pairs_twice") ? B - 2 : B - 3, neighbours = 4 * (B - 2);

    return (struct two){T->b1111.x + (B - 1) * T->b1122.x, 2 * (B - 1) * T->b1112.x + (B - 2.0) * (B - 1) * T->b1123.x,
                        2 * T->b1211.x + (B - 2) * T->b1233.x,
                        2 * T->b1212.x + neighbours * T->b1213.x + (B - 2) * others * T->b1234.x};
}

static struct two beta(struct claim *claim, int B, const struct brackets *T)
{
    double neighbours = 2 * (claim_fault(claim, "neighbours_miscounted") ? B - 3 : B - 4);

    return (struct two){T->b1111.x - T->b1122.x, 2 * (B - 2) * (T->b1123.x - T->b1112.x), T->b1233.x - T->b1211.x,
                        2 * T->b1212.x + neighbours * T->b1213.x - 2 * (B - 3) * T->b1234.x};
}

static double on_M(struct claim *claim, const struct brackets *T)
{
    return 2 * T->b1212.x - 4 * T->b1213.x + (claim_fault(claim, "once") ? 1 : 2) * T->b1234.x;
}

/* The roots of the quadratic, the one of larger real part first, and how far rounding may move them. */
static double roots(struct two m, double complex root[2])
{
    double half = (m.m11 + m.m22) / 2, difference = (m.m11 - m.m22) / 2;
    double complex radius = csqrt(difference * difference + m.m12 * m.m21);
    double size = fabs(m.m11) + fabs(m.m22) + fabs(m.m12) + fabs(m.m21);

    root[0] = half + radius;
    root[1] = half - radius;
    return 32 * DBL_EPSILON * size * (1 + size / cabs(radius));
}

/* ## All eigenvalues on symmetric matrices
 * T in the orthonormal basis $\delta_i\delta_i^T$, $(\delta_i\delta_j^T+\delta_j\delta_i^T)/\sqrt2$. */
static void restricted(int B, const double T[], double out[])
{
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            for (int k = 0; k < B; k++) {
                for (int l = 0; l <= k; l++) {
                    double entry =
                        T[(i * B + j) * B * B + k * B + l] + (k == l ? 0 : T[(i * B + j) * B * B + l * B + k]);

                    *out++ = entry * (i == j ? 1 : M_SQRT2) / (k == l ? 1 : M_SQRT2);
                }
            }
        }
    }
}

struct list {
    int n;
    double *re, *im, *error;
};

/* For the table: by real, then by imaginary part, where multiple eigenvalues count as equal. LAPACK's order hangs on rounding. */
static int compare(const void *first, const void *second)
{
    const double *a = first, *b = second;
    int part = fabs(a[0] - b[0]) > 1e-8 ? 0 : 1;

    return (a[part] > b[part]) - (a[part] < b[part]);
}

static void tabulate_list(struct claim *claim, const struct list *list)
{
    double *pair = memory_doubles(2 * (size_t)list->n);

    for (int m = 0; m < list->n; m++) {
        pair[2 * m] = list->re[m];
        pair[2 * m + 1] = list->im[m];
    }
    qsort(pair, (size_t)list->n, 2 * sizeof *pair, compare);
    for (int m = 0; m < list->n; m++) {
        claim_row(claim, "LAPACK", pair[2 * m], pair[2 * m + 1]);
    }
    memory_free(pair);
}

/* How many of the list lie at z within both errors. */
static int count_at(const struct list *list, double complex z, double error)
{
    int count = 0;

    for (int m = 0; m < list->n; m++) {
        count += cabs(list->re[m] + I * list->im[m] - z) <= list->error[m] + error;
    }
    return count;
}

static void multiplicities(struct claim *claim, int B, const struct brackets *T, bool tabulate)
{
    int n = B * (B + 1) / 2;
    double *full = memory_doubles((size_t)(B * B) * (size_t)(B * B)), *small = memory_doubles((size_t)(n * n));
    struct list list = {n, memory_doubles((size_t)n), memory_doubles((size_t)n), memory_doubles((size_t)n)};
    double complex root[2][2];
    double error[2] = {roots(alpha(claim, B, T), root[0]), roots(beta(claim, B, T), root[1])};

    double M_size = 2 * (fabs(T->b1212.x) + 2 * fabs(T->b1213.x) + fabs(T->b1234.x));

    ultrasymmetric_matrix(B, T, full);
    restricted(B, full, small);
    claim_need(claim, linear_general_eigen(n, small, list.re, list.im, list.error));
    for (int r = 0; r < 2; r++) {
        check_equal(claim, "BSB1, multiplicity", exact(1), exact(count_at(&list, root[0][r], error[0])));
        check_equal(claim, "L, multiplicity", exact(B - 1), exact(count_at(&list, root[1][r], error[1])));
    }
    check_equal(claim, "M, multiplicity", exact(B * (B - 3) / 2),
                exact(count_at(&list, on_M(claim, T), 8 * DBL_EPSILON * M_size)));
    for (int r = 0; r < 2 && tabulate; r++) {
        claim_row(claim, "BSB1", creal(root[0][r]), cimag(root[0][r]));
        claim_row(claim, "L", creal(root[1][r]), cimag(root[1][r]));
    }
    if (tabulate) {
        claim_row(claim, "M", on_M(claim, T), 0);
    }
    if (tabulate) {
        tabulate_list(claim, &list);
    }
    memory_free(full);
    memory_free(small);
    memory_free(list.re);
    memory_free(list.im);
    memory_free(list.error);
}

/* ## The eigenmatrices
 * $T\{X+iY\}=(p+iq)(X+iY)$: $T\{X\}=pX-qY$ and $T\{Y\}=qX+pY$. shape makes $X$ and $Y$ from their two numbers. */
typedef void two_numbers(int B, double a, double b, double S[]);

static void shape_L_first(int B, double a, double b, double S[])
{
    shape_L(B, 0, B - 1, a, b, S);
}

static void eigenmatrix(struct claim *claim, const char *name, int B, const struct brackets *T, struct two m,
                        double complex root, double error, two_numbers *shape)
{
    double *X = memory_doubles((size_t)(B * B)), *Y = memory_doubles((size_t)(B * B)),
           *image = memory_doubles((size_t)(B * B));
    double p = creal(root), q = cimag(root);

    shape(B, p - m.m22, m.m21, X);
    shape(B, q, 0, Y);
    linear_axpy(B * B, p, X, image);
    linear_axpy(B * B, -q, Y, image);
    struct value miss = ultrasymmetric_miss(B, T, false, X, image);
    double size = cabs(root) + linear_norm(B * B, Y) / linear_norm(B * B, X) * fabs(q);
    // what the root's own error moves: lambda (lambda - m22) in one entry, lambda m21 in the others
    double moved = error * (2 * (fabs(m.m11) + fabs(m.m22)) + cabs(root)) / fmax(1e-300, hypot(p - m.m22, m.m21));
    check_zero(claim, name, value_with(value_with(miss, error, ROUNDING), moved, ROUNDING),
               size + fabs(m.m11) + fabs(m.m22));
    memory_free(X);
    memory_free(Y);
    memory_free(image);
}

static void eigenmatrices(struct claim *claim, int B, const struct brackets *T, struct stream *stream)
{
    struct two a = alpha(claim, B, T), b = beta(claim, B, T);
    double *M = memory_doubles((size_t)(B * B));
    double complex root[2];

    for (int r = 0; r < 2; r++) {
        double error = roots(a, root);

        eigenmatrix(claim, "BSB1, image", B, T, a, root[r], error, shape_bsb1);
        error = roots(b, root);
        eigenmatrix(claim, "L, image", B, T, b, root[r], error, shape_L_first);
    }
    symmetric_random(stream, B, M);
    project_on_M(B, M, M);
    check_zero(claim, "M, image", ultrasymmetric_residual(B, T, false, on_M(claim, T), M), 4);
    memory_free(M);
}

/* ## Where the printed statement fails
 * $[11|23]=1/((B-1)(B-2))$ and $[12|33]=-1/(B-2)$, all others 0: $\alpha$ turns the plane by a quarter, its eigenvalues are $\pm i$. With $[12|33]=0$ as well
 * $\alpha$ is nilpotent. Real eigenvalues and independent eigenmatrices of BSB1 shape, counted. */
static void exceptions(struct claim *claim, int B)
{
    struct brackets turn = {.b1123 = exact(1 / ((B - 1.0) * (B - 2)))}, nilpotent = turn;
    struct two a;
    double re[2], im[2], error[2], s[2];
    int real = 0, independent = 0;

    turn.b1233 = exact(-1 / (B - 2.0));
    a = alpha(claim, B, &turn);
    claim_need(claim, linear_general_eigen(2, (double[]){a.m11, a.m12, a.m21, a.m22}, re, im, error));
    for (int r = 0; r < 2; r++) {
        real += fabs(im[r]) <= error[r];
    }
    check_differs(claim, "real", exact(2), exact(real));
    a = alpha(claim, B, &nilpotent);
    claim_need(claim,
               linear_singular_values(2, 2, (double[]){a.m11, a.m12, a.m21, a.m22}, s)); // kernel: eigenvalue 0 twice
    for (int r = 0; r < 2; r++) {
        independent += s[r] < 1e-12;
    }
    check_differs(claim, "two eigenmatrices", exact(2), exact(independent));
    double spaces = 2 + 2 * (B - 1) + B * (B - 3) / 2.0;
    check_differs(claim, "all matrices", exact(B * B), exact(spaces));
    check_equal(claim, "symmetric matrices", exact(claim_fault(claim, "antisymmetric_too") ? B * B : B * (B + 1) / 2.0),
                exact(spaces));
}

static void theorem(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    long samples = claim_integer(claim, "samples");

    claim_labels(claim, "series");
    claim_column(claim, "re", ABSOLUTE(1e-10), "a general eigenproblem, conditioned like 1e3 at worst");
    claim_column(claim, "im", ABSOLUTE(1e-10), "a general eigenproblem, conditioned like 1e3 at worst");
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? (int)claim_integer(claim, "B") : batches[i];

        for (uint32_t k = 0; k < (B > 100 ? 1 : samples); k++) {
            struct stream stream = claim_stream(claim, (uint32_t)B, k);
            struct brackets T = brackets_random(&stream);

            claim_case(claim, "B = %d, operator %u", B, k);
            if (B <= 10) {
                multiplicities(claim, B, &T, i < 0 && k < 3);
            }
            eigenmatrices(claim, B, &T, &stream);
        }
        exceptions(claim, B);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check; drawn if at most 10", 5, 4, 1000),
                           integer_by_scale("samples", "random operators for each batch size up to 100", 4, 20, 200, 1,
                                            10000)},
            .faults = {{"pairs_twice", "(B - 2)^2 in place of (B - 2)(B - 3) in alpha_22", "BSB1,*"},
                       {"neighbours_miscounted", "B - 3 in place of B - 4 in beta_22", "L,*"},
                       {"once", "[12|34] in place of 2 [12|34]", "M,*"},
                       {"antisymmetric_too", "dimensions counted as if the spaces filled all matrices", "symmetric*"}},
            .errata =
                {{"Y20s",
                  "Every ultrasymmetric $T:\\mathbb R^{B\\times B}\\to\\mathbb R^{B\\times B}$ has the "
                  "eigendecomposition into these spaces.",
                  "On symmetric matrices, over $\\mathbb C$, if neither quadratic has a double root (nor "
                  "$\\alpha_{21}=0$ or $\\beta_{21}=0$).",
                  "real two* all*", "symmetric* *multiplicity",
                  "None: the operators of the paper are projected first (theorem E.62) or are DOS (theorem E.72).",
                  "$B=4$: $[11|23]=\\frac16$, $[12|33]=-\\frac12$, all others 0 gives "
                  "$\\alpha=\\begin{pmatrix}0&1\\\\-1&0\\end{pmatrix}$, with eigenvalues $\\pm i$."}},
            .run = theorem,
        }));
}
