/* # Remark 1: vanishing gradients are shrinkage at an exponential rate, criticality shrinks at a polynomial one
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, remark 1. In the ordered phase, $P'(1)<1$, gradients vanish
 * and $1-\rho_l=O(e^{-\lambda l})$. At criticality, $P'(1)=1$, shrinkage goes on at a polynomial rate, and Theorem 1 gives $1-\rho_l=O(l^{-1/2})$ at
 * least.
 *
 * **Checked.** Ordered: the fitted rate of decay of $1-\rho_l$ against $\lambda=-\ln P'(1)$, $P'(1)$ from the norms of $\phi$ and $\phi'$, for several
 * activations and biases. Critical: the fitted exponent of $l$, and $1-\rho_l$ from antipodal inputs against Theorem 1's bound $\sqrt{8/(Rl)}$ where
 * that says anything, that is below $2$.
 * **Tolerance.** Slopes between two depths; their change when both depths are halved is allowed, twice that for the exponents.
 * **Could miss.** Rates that set in beyond the depth tried. A bound twenty times as large: where it begins to say something, networks are far below.
 * **Found.** Holds. At criticality the truth is faster than the theorem: $l^{-1}$ for smooth activations, $l^{-2}$ for relu. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

static double gap_at(const struct correlation_map *map, double gap, int l)
{
    for (int i = 0; i < l; i++) {
        gap = correlation_map_gap(map, gap);
    }
    return gap;
}

/* ## Ordered
 * $\lambda$ from the norms; the decay of the gap between depths $l$ and $2l$, with the change from $l/2$ and $l$ as its error. The depth is such that
 * gaps stay above $10^{-250}$. */
static void ordered(struct claim *claim, const char *name, double excess)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    struct value norm2 = activation_norm2(&phi), slope_norm2 = activation_slope_norm2(&phi);
    double s = fmax(0, slope_norm2.x - norm2.x) + excess;
    struct correlation_map map;

    claim_need(claim, correlation_map_layer(&map, &phi, s));
    struct value steepness = correlation_map_slope_at_one(&map);
    struct value lambda = value_through(steepness, -log(steepness.x), 1 / steepness.x);
    int l = (int)fmin(400, 250 / lambda.x);
    double early = gap_at(&map, 1, l / 2), middle = gap_at(&map, early, l - l / 2), late = gap_at(&map, middle, l);
    double rate = log(middle / late) / l, before = log(early / middle) / (l - l / 2);

    if (claim_fault(claim, "half_rate")) {
        lambda = value_scale(0.5, lambda);
    }
    claim_case(claim, "phi = %s, s = %.4g, l = %d", name, s, 2 * l);
    check_rate(claim, "ordered", lambda, value_with(rounded(rate, 64), fabs(rate - before), FINITE_SIZE));
    double gap = 1;
    for (int i = 1, at = 0; i <= 10; at = 2 * l * i / 10, i++) {
        gap = gap_at(&map, gap, 2 * l * i / 10 - at);
        claim_row(claim, name, s, 2 * l * i / 10, gap, exp(-lambda.x * (2 * l * i / 10)));
    }
}

/* ## Critical
 * The exponent between depths $2^{12}$ and $2^{13}$; smooth maps have $P''(1)$ finite and exponent 1, relu's gap falls by a term of order $3/2$ and
 * its exponent is 2. */
static void critical(struct claim *claim, const char *name, double exponent)
{
    enum { DEPTH = 4096 };
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, name, -1));
    double quarter = gap_at(&map, 1, DEPTH / 2), half = gap_at(&map, quarter, DEPTH / 2),
           whole = gap_at(&map, half, DEPTH);
    double fitted = log2(half / whole), before = log2(quarter / half),
           constant = sqrt(8 * map.slope_norm2 / map.nonlinearity2);

    if (claim_fault(claim, "theorem_is_sharp")) {
        exponent = 0.5;
    }
    claim_case(claim, "phi = %s, critical", name);
    check_rate(claim, "critical", exact(exponent),
               value_with(rounded(fitted, 64), 2 * fabs(fitted - before), FINITE_SIZE));
    for (int l = 1; l <= DEPTH; l *= 4) {
        double gap = gap_at(&map, 2, l), bound = constant / sqrt(l),
               faster = claim_fault(claim, "two_orders") ? l * l : 1;

        claim_case(claim, "phi = %s, critical, l = %d", name, l);
        if (bound < 2) { // no correlation is less than -1
            check_at_most(claim, "theorem", rounded(gap, 8.0 * l), rounded(bound / faster, 8));
        }
        claim_row(claim, name, map.bias, l, gap, bound);
    }
}

static void remark(struct claim *claim)
{
    static const char *const names[] = {"erf", "relu", "tanh", "lrelu:0.5"};
    static const double excess[] = {0.02, 0.1, 1};

    claim_labels(claim, "phi");
    claim_column(claim, "s", RELATIVE(1e-12), "a parameter, or a critical ratio by quadrature");
    claim_column(claim, "l", EXACT, "a depth");
    claim_column(claim, "gap", RELATIVE(1e-9), "iterated in 1 - rho");
    claim_column(claim, "reference", RELATIVE(1e-9), "an exponential, or Theorem 1's bound");
    ordered(claim, claim_text(claim, "phi"), claim_real(claim, "excess"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t k = 0; k < sizeof excess / sizeof excess[0]; k++) {
            ordered(claim, names[i], excess[k]);
        }
    }
    critical(claim, "erf", 1);
    critical(claim, "sin", 1);
    critical(claim, "relu", 2);
    critical(claim, "lrelu:0.3", 2);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation of the ordered network that comes first",
                                  "erf|relu|lrelu:0.3|tanh|sin|sigmoid|gelu|h3"),
                           real("excess", "how far sigma_b^2 / sigma_w^2 lies above the critical ratio (or above 0)",
                                0.05, 0.01, 10)},
            .faults = {{"half_rate", "lambda halved", "ordered"},
                       {"two_orders", "the theorem's bound falling like l^(-5/2)", "theorem"},
                       {"theorem_is_sharp", "the exponent 1/2 taken for the truth", "critical"}},
            .run = remark,
        }));
}
