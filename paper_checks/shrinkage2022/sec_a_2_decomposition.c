/* # Appendix A.2: the cropped map of a residual block is a mixture of the identity and a cropped covariance
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.2. With
 * $P(\rho)=(\rho+\sigma^2C[\phi\,|\,\rho])/(1+\sigma^2\|\phi\|^2)$ cropped to $[\bar\rho,1]$,
 *
 * $$\tilde P(t)=\frac{1-\bar\rho}{1-\bar\rho+\sigma^2A}\,t+\frac{\sigma^2A}{1-\bar\rho+\sigma^2A}\,g(t),\qquad A=\|\phi\|^2-C[\phi\,|\,\bar\rho],\qquad
 * g(t)=\frac{C[\phi\,|\,\bar\rho+(1-\bar\rho)t]-C[\phi\,|\,\bar\rho]}{A}.$$
 *
 * **Checked.** Left: the block's map, cropped as (A.2) says, with covariances from the Hermite series. Right: $p\,t+q\,g(t)$ with covariances by the
 * best route, $p$ and $q$ as above. At many $t$, for the activation, variance and $\bar\rho$ chosen and for a grid of them; at $t=1$ it says $p+q=1$.
 * That $A\le(1-\bar\rho)\|\phi'\|^2$, which the proof uses next.
 * **Tolerance.** The truncated series bounds what it misses by the norm; the difference of two covariances magnifies that by $1/A$.
 * **Could miss.** Nothing: it is an identity.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

enum { DEGREE = 200, POINTS = 21 };

/* ## Left: (A.10), cropped by (A.2) */
static struct value block_map(const struct activation *phi, double sigma2, double rho)
{
    struct value C = covariance_series(phi, rho, DEGREE), norm2 = activation_norm2(phi);
    struct value numerator = value_add(exact(rho), value_scale(sigma2, C));

    return value_div(numerator, value_add(exact(1), value_scale(sigma2, norm2)));
}

static struct value cropped(const struct activation *phi, double sigma2, double rho_bar, double t)
{
    struct value low = block_map(phi, sigma2, rho_bar), at = block_map(phi, sigma2, rho_bar + (1 - rho_bar) * t);

    return value_div(value_sub(at, low), value_sub(exact(1), low));
}

/* ## Right: the mixture */
static struct value mixture(struct claim *claim, const struct activation *phi, double sigma2, double rho_bar, double t)
{
    double gap = 1 - rho_bar;
    struct value A = covariance_gap(phi, gap);
    struct value g = value_div(value_sub(A, covariance_gap(phi, gap * (1 - t))), A);
    struct value weight = value_scale(sigma2, A),
                 whole = value_add(exact(claim_fault(claim, "no_range") ? 1 : gap), weight);
    struct value q = value_div(weight, whole), p = value_div(exact(gap), whole);

    return value_add(value_scale(t, p), value_mul(q, g));
}

static void compare(struct claim *claim, const char *name, double sigma2, double rho_bar, bool tabulate)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    for (int i = 1; i < POINTS; i++) {
        double t = (double)i / (POINTS - 1);
        struct value left = claim_value(claim, cropped(&phi, sigma2, rho_bar, t));
        struct value right = claim_value(claim, mixture(claim, &phi, sigma2, rho_bar, t));

        claim_case(claim, "phi = %s, sigma^2 = %g, rho_bar = %g, t = %g", name, sigma2, rho_bar, t);
        check_equal(claim, "mixture", right, left);
        if (tabulate) {
            claim_row(claim, name, t, left.x, right.x);
        }
    }
    struct value A = covariance_gap(&phi, 1 - rho_bar), bound = value_scale(1 - rho_bar, activation_slope_norm2(&phi));

    claim_case(claim, "phi = %s, rho_bar = %g", name, rho_bar);
    check_at_most(claim, "A", claim_fault(claim, "chord_above") ? value_scale(1.2, A) : A, bound);
}

static void decomposition(struct claim *claim)
{
    static const char *const names[] = {"relu", "erf", "tanh", "gelu", "h2", "h5", "sin"};
    static const double sigma2s[] = {0.01, 1, 30}, rho_bars[] = {0, 0.5, 0.9};

    claim_labels(claim, "phi");
    claim_column(claim, "t", EXACT, "a grid");
    claim_column(claim, "cropped", ABSOLUTE(1e-4), "a truncated series");
    claim_column(claim, "mixture", RELATIVE(1e-9), "covariances by closed form or quadrature");
    compare(claim, claim_text(claim, "phi"), claim_real(claim, "sigma2"), claim_real(claim, "rho_bar"), true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int k = 0; k < 9; k++) {
            compare(claim, names[i], sigma2s[k / 3], rho_bars[k % 3], false);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {choice("phi", "activation that is tabulated",
                                                "h5|relu|erf|tanh|sigmoid|gelu|silu|softplus|sin|abs|bump|x^2|x^3|h20"),
                                         real("sigma2", "branch variance", 1, 1e-6, 1e6),
                                         real("rho_bar", "where the crop begins", 0, 0, 0.99)},
                          .faults = {{"no_range", "1 in place of 1 - rho_bar in the denominators", "mixture"},
                                     {"chord_above", "A a fifth too large", "A"}},
                          .run = decomposition,
                      }));
}
