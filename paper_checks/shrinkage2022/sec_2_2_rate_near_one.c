/* # Section 2.2: near one the distance of correlations changes by the factor $P'(1)$ a layer
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.2. For $\rho_0\approx1$,
 *
 * $$1-\rho_l\approx P'(1)^l\,(1-\rho_0),$$
 *
 * so that $P'(1)$ decides whether the fixed point 1 is stable. (The exponent is damaged in the text at hand; $l$ is the one that follows from
 * $P(1)=1$.)
 *
 * **Checked.** $(1-\rho_l)/(1-\rho_0)$ of the map iterated from $1-\rho_0=\epsilon$, against $P'(1)^l$ with $P'(1)=\|\phi'\|^2/(s+\|\phi\|^2)$ by
 * quadrature, for several activations in all three phases.
 * **Tolerance.** The quotient differs from its limit by the map's bend: its change when $\epsilon$ grows a hundredfold is allowed. For relu the bend
 * is of order $\sqrt\epsilon$, for smooth activations of order $\epsilon$.
 * **Could miss.** Nothing: the exponents $l/2$ and $2l$ are seen at once.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

/* ## The quotient after each layer */
static void follow(struct claim *claim, const char *name, double s, int L, bool tabulate)
{
    struct correlation_map map;
    const double epsilon = 1e-40;
    double near = epsilon, far = 100 * epsilon;
    struct value power = exact(1);

    claim_need(claim, correlation_map_find(&map, name, s));
    struct value steepness = claim_value(claim, correlation_map_slope_by_quadrature(&map));

    for (int l = 1; l <= L && far < 1e-6 && near > 1e-250; l++) { // beyond, "near one" has ended
        near = correlation_map_gap(&map, near);
        far = correlation_map_gap(&map, far);
        power = value_mul(power, claim_fault(claim, "root")
                                     ? value_through(steepness, sqrt(steepness.x), 0.5 / sqrt(steepness.x))
                                     : steepness);
        struct value quotient =
            value_with(rounded(near / epsilon, 16.0 * l), fabs(near / epsilon - far / (100 * epsilon)), FINITE_SIZE);

        claim_case(claim, "phi = %s, s = %.4g, l = %d", name, map.bias, l);
        check_equal(claim, "power", power, quotient);
        if (tabulate || (l & (l - 1)) == 0) {
            claim_row(claim, name, map.bias, l, quotient.x, power.x);
        }
    }
}

static void near_one(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.3", "erf", "tanh", "sin", "gelu"};
    static const double ratios[] = {0, 0.05, 0.2, 1};

    claim_labels(claim, "phi");
    claim_column(claim, "s", RELATIVE(1e-12), "a parameter, or a critical ratio by quadrature");
    claim_column(claim, "l", EXACT, "a depth");
    claim_column(claim, "quotient", RELATIVE(1e-10), "iterated in 1 - rho");
    claim_column(claim, "power", RELATIVE(1e-10), "a power of quadratures");
    follow(claim, claim_text(claim, "phi"), claim_real(claim, "s"), (int)claim_integer(claim, "L"), true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t k = 0; k < sizeof ratios / sizeof ratios[0]; k++) {
            follow(claim, names[i], ratios[k], 64, false);
        }
    }
    follow(claim, "erf", -1, 64, false);
    follow(claim, "relu", -1, 64, false);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation that is tabulated",
                                  "erf|relu|lrelu:0.3|tanh|sigmoid|sin|gelu|silu|softplus|abs|bump|h2|h3"),
                           real("s", "sigma_b^2 / sigma_w^2", 0.2, 0, 100), integer("L", "layers", 20, 1, 200)},
            .faults = {{"root", "the exponent l/2", "power"}},
            .run = near_one,
        }));
}
