/* # Proposition E.10: Gaussian covariances of rectified powers are arc-cosine kernels
 *
 * Yang et al. (2019), appendix E.1.1, definition E.9 and proposition E.10. With $c=\cos\theta$ and, for $\alpha>-\frac12$,
 *
 * $$\mathsf J_\alpha(c)=\frac{\Gamma(\alpha+1)}{2\pi c_\alpha}(\sin\theta)^{2\alpha+1}\int_0^{\pi/2}
 *   \frac{\cos^\alpha\eta\,d\eta}{(1-\cos\theta\cos\eta)^{1+\alpha}},$$
 *
 * $\mathrm V\rho_\alpha(\Sigma)=c_\alpha D^{\alpha/2}\,\mathsf J_\alpha(D^{-1/2}\Sigma D^{-1/2})\,D^{\alpha/2}$ for every covariance $\Sigma$ with
 * diagonal $D$. For $\alpha=0,1,2$ there are closed forms in $\theta=\arccos c$.
 *
 * **Checked.** The integral, by adaptive quadrature, against the covariance of two rectified powers by quadrature over a Gaussian pair that knows no
 * angle, against a hypergeometric series at many degrees and correlations, and against the three closed forms. The matrix formula entry by
 * entry on random covariances against quadrature over pairs of unequal variance.
 * **Tolerance.** Quadrature and series state their errors. The closed forms cancel near $c=-1$: rounding is relative to their terms.
 * **Could miss.** Degrees above 100, and correlations within $10^{-3}$ of $\pm1$.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/meanfield/arccosine.h>
#include <float.h>
#include <math.h>

enum { N = 3 };

static struct value printed_kernel(struct claim *claim, double alpha, double c)
{
    struct value J = claim_value(claim, arccosine_kernel_integral(alpha, c));

    return claim_fault(claim, "one_sine_less") ? value_scale(1 / sqrt((1 - c) * (1 + c)), J) : J;
}

/* ## Against a pair of Gaussians
 * $\rho_\alpha(\sqrt q\,x)$ as quadrature sees it. */
struct power {
    double alpha, q;
};

static double power_value(double x, void *context)
{
    const struct power *p = context;

    return x > 0 ? pow(sqrt(p->q) * x, p->alpha) : 0;
}

static struct value pair_mean(struct claim *claim, double alpha, double q, double r, double c)
{
    static const double origin[] = {0};
    struct power left = {alpha, q}, right = {alpha, r};

    return claim_value(claim, gaussian_product(&(struct piecewise){power_value, &left, 1, origin},
                                               &(struct piecewise){power_value, &right, 1, origin}, c));
}

/* $\mathrm V\rho_\alpha(\Sigma)_{ij}$ for variances q, r and correlation c. */
static struct value printed_entry(struct claim *claim, double alpha, double q, double r, double c)
{
    double power = claim_fault(claim, "whole_power") ? alpha : alpha / 2;
    struct value J = c == 1 ? exact(1) : printed_kernel(claim, alpha, c);

    return value_scale(pow(q * r, power), value_mul(claim_value(claim, arccosine_norm2(alpha)), J));
}

/* ## A matrix
 * $\Sigma=XX^T$ with Gaussian rows of unequal size. */
static void random_covariance(struct claim *claim, uint32_t number, double S[N * N])
{
    struct stream stream = claim_stream(claim, 0, number);
    double X[N][N + 1];

    for (int i = 0; i < N; i++)
        for (int k = 0; k <= N; k++)
            X[i][k] = (i + 1) * stream_normal(&stream) / 2;
    for (int i = 0; i < N * N; i++) {
        S[i] = 0;
        for (int k = 0; k <= N; k++)
            S[i] += X[i / N][k] * X[i % N][k];
    }
}

static void check_matrix(struct claim *claim, double alpha, uint32_t number)
{
    double S[N * N];

    random_covariance(claim, number, S);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) {
            double q = S[i * N + i], r = S[j * N + j], c = i == j ? 1 : S[i * N + j] / sqrt(q * r);

            claim_case(claim, "alpha = %g, covariance %u, entry %d %d", alpha, number, i, j);
            check_equal(claim, "matrix", printed_entry(claim, alpha, q, r, c), pair_mean(claim, alpha, q, r, c));
        }
}

/* ## Closed forms */
static struct value closed_form(int alpha, double c)
{
    double angle = M_PI - acos(c), sine = sqrt((1 - c) * (1 + c)),
           lead = alpha == 2   ? 3 * sine * c
                  : alpha == 1 ? sine
                               : 0;
    double factor = alpha == 2 ? 1 + 2 * c * c : alpha == 1 ? c : 1, whole = alpha == 2 ? 3 * M_PI : M_PI;
    double size = (fabs(lead) + fabs(factor) * M_PI) / whole;

    return measured((lead + angle * factor) / whole, 8 * DBL_EPSILON * size, ROUNDING);
}

static void check_closed_forms(struct claim *claim)
{
    for (int alpha = 0; alpha <= 2; alpha++)
        for (int i = -19; i <= 19; i++) {
            double c = i / 20.0;

            claim_case(claim, "alpha = %d, c = %g", alpha, c);
            check_equal(claim, "closed form",
                        claim_fault(claim, "angle") ? closed_form(alpha, -c) : closed_form(alpha, c),
                        printed_kernel(claim, alpha, c));
        }
}

static void check_series(struct claim *claim, double alpha)
{
    static const double correlations[] = {-0.999, -0.95, -0.7, -1.0 / 3, -0.01, 0, 0.2, 0.5, 0.9, 0.999};

    for (size_t i = 0; i < sizeof correlations / sizeof correlations[0]; i++) {
        double c = correlations[i];

        claim_case(claim, "alpha = %g, c = %g", alpha, c);
        check_equal(claim, "series", printed_kernel(claim, alpha, c), claim_value(claim, arccosine_kernel(alpha, c)));
    }
}

/* ## The kernels as curves */
static void tabulate(struct claim *claim, double alpha, const char *label, bool pairs)
{
    for (int i = -19; i <= 19; i++) {
        double c = i / 20.0;
        struct value J = printed_kernel(claim, alpha, c), mean = exact(NAN);

        if (pairs && i % (alpha == floor(alpha) ? 4 : 8) == 0) {
            mean = pair_mean(claim, alpha, 1, 1, c);
            claim_case(claim, "alpha = %g, c = %g", alpha, c);
            check_equal(claim, "pair", printed_entry(claim, alpha, 1, 1, c), mean);
        }
        claim_row(claim, label, c, J.x, value_div(mean, arccosine_norm2(alpha)).x);
    }
}

static void arccosine_kernels(struct claim *claim)
{
    static const double degrees[] = {-0.45, -0.2, 0, 0.3, 0.5, 1, 1.5, 2, 2.7, 3, 4, 7.5, 20, 31, 100};
    double alpha = claim_real(claim, "alpha");

    claim_labels(claim, "alpha");
    claim_column(claim, "c", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-11), "adaptive quadrature over one angle");
    claim_column(claim, "pair", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true},
                 "adaptive quadrature over two Gaussians");
    tabulate(claim, alpha, "given", true);
    tabulate(claim, 0, "0", true);
    tabulate(claim, 0.5, "1/2", false);
    tabulate(claim, 1, "1", true);
    tabulate(claim, 2, "2", true);
    check_series(claim, alpha);
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++)
        check_series(claim, degrees[i]);
    check_closed_forms(claim);
    for (uint32_t number = 0; number < (uint32_t)claim_integer(claim, "matrices"); number++)
        check_matrix(claim, number % 3 == 0 ? 1 : number % 3 == 1 ? 2 : 3, number);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("alpha", "degree", 1.5, -0.25, 20),
                                         integer_by_scale("matrices", "random covariances", 3, 12, 300, 1, 100000)},
                          .faults = {{"one_sine_less", "sin^(2 alpha) in place of sin^(2 alpha + 1)",
                                      "matrix pair series closed?form"},
                                     {"whole_power", "D^alpha in place of D^(alpha/2) on either side", "matrix"},
                                     {"angle", "arccos c in place of pi - arccos c, and c reversed", "closed?form"}},
                          .run = arccosine_kernels,
                      }));
}
