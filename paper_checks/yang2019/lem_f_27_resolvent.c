/* # Lemma F.27: the derivative of a resolvent
 *
 * Yang et al. (2019), appendix F.3.2, lemmas F.26 to F.28, on which lemma F.25 rests. Along a path of covariances and for $s\ge0$
 *
 * $$\frac d{dt}\det(I+2s\Sigma)^{-1/2}=-s\det(I+2s\Sigma)^{-1/2}\,\mathrm{tr}\big((I+2s\Sigma)^{-1}\dot\Sigma\big),\qquad
 *   \frac d{dt}\Sigma(I+2s\Sigma)^{-1}=(I+2s\Sigma)^{-1}\dot\Sigma(I+2s\Sigma)^{-1},$$
 *
 * the second printed without its first inverse, and $\int_0^\infty(1+2s\mu)^{-a}s^bds=(2\mu)^{-1-b}\mathrm{Beta}(b+1,a-1-b)$ for $a>b+1$.
 *
 * **Checked.** Determinant and inverse against extrapolated differences along random paths of 5 rows, every entry; the determinant at $\Sigma=\mu I$ too. The
 * integral against quadrature over $\ln s$, up to the edge $a=b+1$.
 * **Tolerance.** Quadrature and extrapolation state their errors.
 * **Could miss.** Nothing: matrix calculus.
 * **Found.** F.26 and F.28 hold as printed, F.27 with its inverse: the extracted line keeps the inverse of the last factor and has none at the first. */
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <math.h>

enum { N = 5, LEVELS = 7, ENTRIES = N * N };

static void random_direction(struct stream *stream, double dS[ENTRIES])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++)
            dS[i * N + j] = dS[j * N + i] = stream_normal(stream) / N;
}

/* ## Along a path
 * $\Sigma+t\dot\Sigma$ for a random covariance, or $\mu I$, and a random direction; $M=I+2s\Sigma$, and its inverse. */
struct path {
    double S[ENTRIES], dS[ENTRIES], s;
};

static struct path random_path(struct claim *claim, uint32_t number, double s, bool isotropic)
{
    struct stream stream = claim_stream(claim, 0, number);
    struct path p = {.s = s};
    double X[ENTRIES];

    stream_normals(&stream, ENTRIES, X);
    linear_gram(N, N, X, p.S);
    for (int i = 0; i < ENTRIES && isotropic; i++)
        p.S[i] = i / N == i % N ? 0.8 : 0;
    random_direction(&stream, p.dS);
    return p;
}

static void shifted(const struct path *p, double t, double S[ENTRIES], double M[ENTRIES])
{
    for (int i = 0; i < ENTRIES; i++) {
        S[i] = p->S[i] + t * p->dS[i];
        M[i] = 2 * p->s * S[i] + (i / N == i % N);
    }
}

static void invert(struct claim *claim, const double M[ENTRIES], double R[ENTRIES])
{
    for (int j = 0; j < N; j++) {
        double unit[N] = {0}, x[N];

        unit[j] = 1;
        claim_need(claim, linear_solve(N, M, unit, x));
        for (int i = 0; i < N; i++)
            R[i * N + j] = x[i];
    }
}

static void multiply(const double A[ENTRIES], const double B[ENTRIES], double C[ENTRIES])
{
    linear_multiply(false, false, N, N, N, 1, A, B, 0, C);
}

/* ## Differences
 * out[0..ENTRIES-1] is $\Sigma(I+2s\Sigma)^{-1}$, out[ENTRIES] the determinant's power $-\frac12$. */
static void quantities(struct claim *claim, const struct path *p, double t, double out[ENTRIES + 1])
{
    double M[ENTRIES], S[ENTRIES], R[ENTRIES], eigenvalue[N], determinant = 1;

    shifted(p, t, S, M);
    invert(claim, M, R);
    multiply(S, R, out);
    claim_need(claim, linear_symmetric_eigen(N, M, eigenvalue, NULL));
    for (int i = 0; i < N; i++)
        determinant *= eigenvalue[i];
    out[ENTRIES] = 1 / sqrt(determinant);
}

/* Central differences of step h, h/2, ..., extrapolated to 0. The path stays positive: eigenvalues of M may fall to 0 at a distance of
 * $1/(2s|\dot\Sigma|)$ at the soonest. */
static void differences(struct claim *claim, const struct path *p, struct value derivative[ENTRIES + 1])
{
    double table[LEVELS][ENTRIES + 1], up[ENTRIES + 1], down[ENTRIES + 1], before[ENTRIES + 1];

    for (int k = 0; k < LEVELS; k++) {
        double h = ldexp(0.1 / (1 + 2 * p->s), -k);

        quantities(claim, p, h, up);
        quantities(claim, p, -h, down);
        for (int i = 0; i <= ENTRIES; i++) {
            double weight = 1;

            table[k][i] = (up[i] - down[i]) / (2 * h);
            before[i] = table[0][i];
            for (int j = k - 1; j >= 0; j--) {
                weight *= 4;
                table[j][i] = table[j + 1][i] + (table[j + 1][i] - table[j][i]) / (weight - 1);
            }
        }
    }
    double noise =
        100 * DBL_EPSILON / ldexp(0.1 / (1 + 2 * p->s), 1 - LEVELS); // entries of the first are at most 1/(2s)
    for (int i = 0; i <= ENTRIES; i++)
        derivative[i] = measured(
            table[0][i], fabs(table[0][i] - before[i]) + noise * (i < ENTRIES ? 0.5 / p->s : up[i]), QUADRATURE);
}

/* ## Lemmas F.26 and F.27
 * corrected is $(I+2s\Sigma)^{-1}\dot\Sigma(I+2s\Sigma)^{-1}$, printed has $I+2s\Sigma$ as its first factor. */
static void products(struct claim *claim, const struct path *p, double corrected[ENTRIES], double printed[ENTRIES],
                     double *trace)
{
    double M[ENTRIES], S[ENTRIES], R[ENTRIES], right[ENTRIES];

    shifted(p, 0, S, M);
    invert(claim, M, R);
    multiply(p->dS, R, right);
    multiply(claim_fault(claim, "one_inverse") ? S : R, right, corrected);
    multiply(M, right, printed);
    *trace = 0;
    for (int i = 0; i < N; i++)
        *trace += right[i * N + i];
}

static void check_path(struct claim *claim, const struct path *p, uint32_t number, bool isotropic)
{
    double corrected[ENTRIES], printed[ENTRIES], now[ENTRIES + 1], trace, size = 0,
                                                                          factor = claim_fault(claim, "half") ? 0.5 : 1;
    struct value derivative[ENTRIES + 1], gap = exact(0);
    int worst = 0;

    products(claim, p, corrected, printed, &trace);
    quantities(claim, p, 0, now);
    differences(claim, p, derivative);
    for (int i = 0; i < ENTRIES; i++) {
        size = fmax(size, fabs(printed[i]));
        worst = fabs(printed[i] - derivative[i].x) > fabs(printed[worst] - derivative[worst].x) ? i : worst;
    }
    claim_case(claim, "%s %u, s = %g", isotropic ? "from mu I, path" : "path", number, p->s);
    check_equal(claim, "determinant",
                measured(-factor * p->s * now[ENTRIES] * trace, 1e-13 * p->s * now[ENTRIES], ROUNDING),
                derivative[ENTRIES]);
    if (isotropic) { // the inverse is a number
        double shrink = 1 / (1 + 2 * p->s * p->S[0]), direction = 0;

        for (int i = 0; i < N; i++)
            direction += p->dS[i * N + i];
        check_equal(claim, "determinant",
                    measured(-factor * p->s * shrink * now[ENTRIES] * direction, 1e-13 * p->s * now[ENTRIES], ROUNDING),
                    derivative[ENTRIES]);
    }
    for (int i = 0; i < ENTRIES; i++)
        check_equal(claim, "inverse", measured(corrected[i], 1e-14, ROUNDING), derivative[i]);
    gap = measured(printed[worst], 1e-13 * size, ROUNDING);
    check_differs(claim, "inverse, printed", gap, derivative[worst]);
}

/* ## Lemma F.28 */
struct powers {
    double a, b, mu;
};

/* In $u=\ln2\mu s$ the integrand is smooth on the line, and falls exponentially to either side. */
static double powers_integrand(double u, void *context)
{
    const struct powers *p = context;
    double s = exp(u) / (2 * p->mu);

    return exp(p->b * log(s) - p->a * log1p(exp(u))) * s;
}

static void check_integral(struct claim *claim, double a, double b, double mu)
{
    struct powers p = {a, b, mu};
    double far = -36 / (b + 1), end = 36 / (a - 1 - b), shift = claim_fault(claim, "beta") ? 1 : 0;
    struct value integral =
        claim_value(claim, integrate_pieces(powers_integrand, &p, 5, (double[]){far, far / 4, 0, end / 4, end}, 1e-13));
    double logs = lgamma(b + 1) + lgamma(a - 1 - b + shift) - lgamma(a + shift);

    claim_case(claim, "a = %g, b = %g, mu = %g", a, b, mu);
    check_equal(claim, "beta integral",
                measured(pow(2 * mu, -1 - b) * exp(logs), 1e-13 * pow(2 * mu, -1 - b) * exp(logs), ROUNDING),
                value_with(integral, 1e-13 * integral.x, ROUNDING));
}

/* ## One entry against s */
static void tabulate(struct claim *claim)
{
    claim_column(claim, "s", EXACT, "a grid");
    claim_column(claim, "corrected", ABSOLUTE(1e-12), "products of small matrices");
    claim_column(claim, "printed", ABSOLUTE(1e-12), "products of small matrices");
    claim_column(claim, "difference", ABSOLUTE(1e-8), "extrapolated differences");
    for (int i = 1; i <= 40; i++) {
        struct path p = random_path(claim, 0, i * i / 800.0, false);
        double corrected[ENTRIES], printed[ENTRIES], trace;
        struct value derivative[ENTRIES + 1];

        products(claim, &p, corrected, printed, &trace);
        differences(claim, &p, derivative);
        claim_row(claim, NULL, p.s, corrected[0], printed[0], derivative[0].x);
    }
}

static void resolvent(struct claim *claim)
{
    double s = claim_real(claim, "s");

    tabulate(claim);
    for (uint32_t k = 0; k < claim_integer(claim, "paths"); k++) {
        struct path p = random_path(claim, k, k == 0 ? s : 0.05 * exp2(k % 7), k % 4 == 3);

        check_path(claim, &p, k, k % 4 == 3);
    }
    for (double b = -0.7; b < 6; b += 0.9)
        for (double a = b + 1.5; a < 12; a += 1.7)
            check_integral(claim, a, b, 0.3 + a / 5);
    check_integral(claim, 2.0625, 1, 1);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("s", "the parameter s of the first path", 0.7, 0.01, 100),
                           integer_by_scale("paths", "random paths", 12, 40, 4000, 4, 1000000)},
            .faults = {{"half", "-s/2 in place of -s in lemma F.26", "determinant"},
                       {"one_inverse", "Sigma in place of the first inverse", "inverse"},
                       {"beta", "Beta(b + 1, a - b) in place of Beta(b + 1, a - 1 - b)", "beta*"}},
            .errata = {{"Y13",
                        "Lemma F.27: $\\frac "
                        "d{dt}\\Sigma(I+2s\\Sigma)^{-1}=(I+2s\\Sigma)\\,\\dot\\Sigma\\,(I+2s\\Sigma)^{-1}$.",
                        "$(I+2s\\Sigma)^{-1}\\dot\\Sigma(I+2s\\Sigma)^{-1}$.", "inverse,?printed", "inverse",
                        "None: lemma F.25 follows from the corrected line. The extracted text keeps the exponent $-1$ "
                        "of the last factor and of its neighbours, so that the "
                        "print is the likely place of the slip.",
                        "One dimension: $\\frac d{dx}\\frac x{1+2sx}=(1+2sx)^{-2}$, printed $1$."}},
            .run = resolvent,
        }));
}
