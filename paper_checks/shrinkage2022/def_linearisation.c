/* # Section 2.1: the linearisation is the best affine approximation under the Gaussian weight
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.1. Truncating the Hermite expansion of
 * $\phi=\sum_k\phi_kh_k$ after degree one gives $\bar\phi(x)=\phi_0+\phi_1x$, and $\|\phi-\bar\phi\|_N^2=\sum_{k\ge2}\phi_k^2$ measures how
 * non-linear $\phi$ is. The proofs also use $\|\phi'\|_N^2=\sum_kk\phi_k^2$, hence $\|\phi'\|_N^2\ge\phi_1^2+2\|\phi-\bar\phi\|_N^2$.
 *
 * **Checked.** The coefficients against a least-squares minimum found without Hermite polynomials: $E(\phi(Z)-a-bZ)^2$ minimised over $a$ and $b$.
 * The non-linearity as the value of that minimum, as a difference of norms, and as the series' tail. The inequality for every activation of the table.
 * **Tolerance.** Quadrature states its error. The descent sees the minimum to the rounding of $\|\phi\|^2$, so its place to the root of that,
 * $10^{-8}$; $10^{-6}\|\phi\|$ is allowed, and for the minimum the square of it. The tail of the series beyond degree $K$ is bounded by what the norm
 * leaves.
 * **Could miss.** Nothing known.
 * **Found.** Holds. The inequality is tight for $h_2$ and for every sum of $1$, $x$ and $h_2$. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/hermite.h>
#include <assay/numerics/roots.h>
#include <math.h>

/* ## The best affine function, by descent */
struct residual {
    const struct activation *phi;
    double a, b;
};

static double square(double x, void *context)
{
    const struct residual *r = context;
    double left = activation_value(r->phi, x) - r->a - r->b * x;

    return left * left;
}

static struct value squared_distance(const struct activation *phi, double a, double b)
{
    struct residual residual = {phi, a, b};
    const double *kink;
    struct piecewise f = {square, &residual, activation_kinks(phi, &kink), NULL};

    f.kink = kink;
    return gaussian_mean(&f);
}

static double distance_objective(size_t n, const double x[], void *context)
{
    (void)n;
    return squared_distance(context, x[0], x[1]).x;
}

/* ## One activation */
static void linearise(struct claim *claim, const char *name, int K)
{
    struct activation phi;
    struct value c[2], series[201];
    double best[2] = {0.1, 0.1}, sum = 0;

    claim_need(claim, activation_find(name, &phi));
    struct piecewise f = activation_piecewise(&phi), slope = activation_slope_piecewise(&phi);
    claim_need(claim, hermite_expand(&f, 1, c));
    c[0] = claim_fault(claim, "no_mean") ? exact(0) : c[0];
    claim_need(claim, activation_hermite(&phi, K, series));
    minimise_simplex(distance_objective, &phi, 2, best, 0.3, 400);

    struct value norm2 = claim_value(claim, gaussian_product(&f, &f, 1));
    struct value least = claim_value(claim, squared_distance(&phi, best[0], best[1]));
    double scale = norm2.x, miss = 1e-6 * sqrt(scale);
    struct value linear = value_add(value_mul(c[0], c[0]), value_mul(c[1], c[1]));
    struct value nonlinear = value_sub(norm2, linear);

    claim_case(claim, "phi = %s", name);
    check_zero(claim, "coefficients", value_sub(c[0], measured(best[0], miss, QUADRATURE)), sqrt(scale));
    check_zero(claim, "coefficients", value_sub(c[1], measured(best[1], miss, QUADRATURE)), sqrt(scale));
    check_zero(claim, "distance", value_sub(nonlinear, value_with(least, 2 * miss * miss, QUADRATURE)), scale);
    for (int k = 2; k <= K; k++) {
        sum += series[k].x * series[k].x;
    }
    double rest = fmax(norm2.x - series[0].x * series[0].x - series[1].x * series[1].x - sum, 0);
    check_zero(claim, "series",
               value_sub(nonlinear, value_with(measured(sum, rest, QUADRATURE), 1e-13 * scale, ROUNDING)), scale);

    struct value slope_norm2 = claim_value(claim, gaussian_product(&slope, &slope, 1));
    struct value bound = value_add(value_mul(c[1], c[1]), value_scale(claim_fault(claim, "three") ? 3 : 2, nonlinear));
    check_at_least(claim, "slope", slope_norm2, bound);
    claim_row(claim, name, c[0].x, c[1].x, nonlinear.x, slope_norm2.x, nonlinear.x / slope_norm2.x);
}

static void linearisation(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.3", "abs", "relu^2", "tanh", "sigmoid", "erf", "sin", "gelu",
                                        "silu", "softplus",  "elu", "selu",   "exp",  "bump",    "x^3", "h2",  "h5"};
    int K = (int)claim_integer(claim, "K");

    claim_labels(claim, "phi");
    claim_column(claim, "phi_0", ABSOLUTE(1e-12), "quadrature");
    claim_column(claim, "phi_1", ABSOLUTE(1e-12), "quadrature");
    claim_column(claim, "nonlinearity", ABSOLUTE(1e-11), "a difference of quadratures");
    claim_column(claim, "slope_norm", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "ratio", ABSOLUTE(1e-11), "a quotient of quadratures");
    linearise(claim, claim_text(claim, "phi"), K);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        linearise(claim, names[i], K);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation that comes first",
                                  "tanh|relu|erf|gelu|silu|sin|softplus|elu|selu|abs|exp|bump|x^2|h3"),
                           integer("K", "degree of the series", 120, 2, 200)},
            .faults = {{"no_mean", "phi_0 forgotten in the linear part", "coefficients distance series slope"},
                       {"three", "|phi'|^2 bounded with a 3 in place of the 2", "slope"}},
            .run = linearisation,
        }));
}
