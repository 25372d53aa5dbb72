/* # Inequality (4.2): critical erf networks shrink at least as fast as $L^{-1/2}$
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1. A layer-normalised network of $L$ layers with
 * activation erf and critical variances satisfies
 *
 * $$1-\rho_{\max}\;\le\;\frac{4}{\sqrt{\big(\arctan\frac{2}{\sqrt5}-\frac23\big)\sqrt5}}\;\frac{1}{\sqrt L},$$
 *
 * where $\rho_{\max}$ is the largest over layers of the smallest correlation that any two inputs can have there.
 *
 * **Checked.** The constant against $\sqrt{8/R}$, with $R=\|\phi-\bar\phi\|^2/\|\phi'\|^2$ from quadrature that knows no closed form of
 * erf. The first depth at which the bound says anything, that is falls below $2$, against $2/R$. The inequality from there on, with $1-\rho_l$ from
 * the infinite-width correlation map started at antipodal inputs: at the critical bias, at the one chosen, and deeper in the ordered phase, where the
 * proof gives it too. How loose it is: the ratio of the two sides falls like $L^{-1/2}$.
 * **Tolerance.** Quadrature states its error. The map is iterated in $1-\rho$; each step adds a few roundings, $8$ half ulps a layer are allowed. The
 * fitted exponent differs from its limit by a term of order $\log L/L$, measured by halving the depth, and twice that is allowed.
 * **Could miss.** A constant up to twenty times as large, were it not compared with $R$: where the bound begins to say something, networks are
 * already far below it.
 * **Found.** Holds, with $L$ the number of non-linear layers (see `thm_1_explosion_or_shrinkage`). It says nothing until $L=29$; at $L=256$ critical
 * networks stand at $0.010$, the bound at $0.67$. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

/* ## The bound as printed */
static double constant(double two_thirds)
{
    return 4 / sqrt((atan(2 / sqrt(5)) - two_thirds) * sqrt(5));
}

/* ## The constant from the activation alone
 * Theorem 1 with a Jacobian of norm one gives $1\ge\frac18(1-\rho_{\max})^2LR$. No two inputs are further apart than $1-\rho=2$: the bound says
 * something when $8/(LR)<4$. The closed form subtracts two numbers near $0.7$ that differ by $0.06$: $12$ times the rounding. */
static void check_constant(struct claim *claim, const struct activation *phi)
{
    struct value R = claim_value(claim, activation_nonlinearity_ratio(phi)), square = value_div(exact(8), R);
    double printed = constant(claim_fault(claim, "one_third") ? 1.0 / 3 : 2.0 / 3);
    double least = claim_fault(claim, "below_one") ? 1 : 2;

    claim_case(claim, "erf");
    check_equal(claim, "constant", rounded(printed, 8 + 3 * 12),
                value_through(square, sqrt(square.x), 0.5 / sqrt(square.x)));
    check_equal(claim, "first depth", exact(floor(pow(constant(2.0 / 3) / least, 2)) + 1), exact(floor(2 / R.x) + 1));
}

/* ## The inequality, layer by layer
 * $P$ increases on $[-1,1]$, so antipodal inputs stay the least correlated pair. $1-\rho_l$ decreases with $l$, and $\rho_{\max}$ is the last.
 * More bias than critical makes $P'(1)<1$, and the proof's $P'(1)^L\ge\frac18(1-\rho_{\max})^2LR$ gives the same bound. */
static void follow(struct claim *claim, const struct activation *phi, double s, long L, const char *series)
{
    struct correlation_map map;
    double gap = 2, next = 1;

    claim_need(claim, correlation_map_layer(&map, phi, s));
    for (long l = 1; l <= L; l++) {
        gap = correlation_map_gap(&map, gap);
        double bound = constant(2.0 / 3) * pow((double)l, -0.5);
        double sharper = claim_fault(claim, "three_halves") ? bound / (double)l : bound;

        claim_case(claim, "s = %.4g, L = %ld", s, l);
        if (bound < 2) {
            check_at_most(claim, "bound", rounded(gap, 8 * (double)l), rounded(sharper, 8 + 3 * 12));
        }
        if (series != NULL && ((double)l >= next || l == L)) {
            claim_row(claim, series, (double)l, gap, bound);
            next = fmax(next * 1.12, (double)l + 1);
        }
    }
}

/* ## How loose
 * At criticality $1-\rho_l$ falls like $l^{-1}$, the bound like $l^{-1/2}$. */
static void looseness(struct claim *claim, const struct activation *phi, double critical)
{
    struct correlation_map map;
    double gap = 2, at[3] = {0};

    claim_need(claim, correlation_map_layer(&map, phi, critical));
    for (int l = 1; l <= 262144; l++) {
        gap = correlation_map_gap(&map, gap);
        at[0] = l == 65536 ? gap : at[0];
        at[1] = l == 131072 ? gap : at[1];
        at[2] = l == 262144 ? gap : at[2];
    }
    double slope = log2(at[2] / at[1]), earlier = log2(at[1] / at[0]);

    claim_case(claim, "critical, L from 131072 to 262144");
    check_rate(claim, "looseness", exact(claim_fault(claim, "as_relu") ? -1.5 : -0.5),
               value_with(exact(slope + 0.5), 2 * fabs(slope - earlier), FINITE_SIZE));
}

static void shrinkage(struct claim *claim)
{
    struct activation erf;
    double excess = claim_real(claim, "excess");
    long L = claim_integer(claim, "L");

    claim_need(claim, activation_find("erf", &erf));
    double critical = claim_value(claim, critical_bias_ratio(&erf)).x;
    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "gap", RELATIVE(1e-10), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    claim_column(claim, "bound", RELATIVE(1e-13), "a closed form of a few roundings");
    check_constant(claim, &erf);
    looseness(claim, &erf, critical);
    follow(claim, &erf, critical, L, "critical");
    follow(claim, &erf, critical + excess, L, "chosen");
    for (double more = 1e-3; more < 20; more *= 10) {
        follow(claim, &erf, critical + more, 256, NULL);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("excess", "how far sigma_b^2 / sigma_w^2 lies above its critical value", 0.001, 0, 100),
                           integer("L", "depth: number of non-linear layers", 512, 1, 1000000)},
            .faults = {{"one_third", "the constant with 1/3 in place of 2/3", "constant"},
                       {"below_one", "the depth where the bound falls below 1", "first*"},
                       {"three_halves", "the bound falling like L^(-3/2)", "bound"},
                       {"as_relu", "1 - rho falling like 1/L^2, as relu's", "looseness"}},
            .run = shrinkage,
        }));
}
