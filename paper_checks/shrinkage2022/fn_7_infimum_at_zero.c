/* # Footnote 7: on $[0,1]$ the correlation of the outputs is least for orthogonal inputs
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, footnote 7. The sketch of proof calls the infimum of
 * $P_L\circ\dots\circ P_1$ on $[0,1]$ close to one; by Observation 1 it is attained at $\rho=0$.
 *
 * **Checked.** The minimum over $[0,1]$ by golden section from a grid against the value at 0, for chains of several activations and biases, mixed
 * ones too; and that the composition does not decrease anywhere on a fine grid.
 * **Tolerance.** Maps round by a few ulp a layer.
 * **Could miss.** A dip narrower than a grid step; convexity excludes it.
 * **Found.** Holds. On $[-1,1]$ the least value may be lower: see `sec_a_1_largest_correlation`. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/numerics/roots.h>
#include <math.h>

enum { KINDS = 2 };

struct chain {
    struct correlation_map map[KINDS]; // in turn
    int L;
    bool dip; // planted
};

static double compose(double rho, void *context)
{
    const struct chain *chain = context;
    double gap = 1 - rho;

    for (int l = 0; l < chain->L; l++) {
        gap = correlation_map_gap(&chain->map[l % KINDS], gap);
    }
    return 1 - gap - (chain->dip ? 0.01 * rho * (1 - rho) : 0);
}

static void examine(struct claim *claim, const char *first, const char *second, double s, int L, bool tabulate)
{
    struct chain chain = {.L = L, .dip = false};
    const char *const names[KINDS] = {first, second};
    double least_rise = INFINITY, at;

    for (int k = 0; k < KINDS; k++) {
        struct activation phi;

        claim_need(claim, activation_find(names[k], &phi));
        claim_need(claim, correlation_map_layer(&chain.map[k], &phi, s));
    }
    chain.dip = claim_fault(claim, "dip") && L > 8;
    struct value least = claim_value(claim, minimise_interval(compose, &chain, 0, 1, &at));

    claim_case(claim, "%s and %s in turn, s = %g, L = %d", first, second, s, L);
    check_zero(claim, "infimum",
               value_sub(measured(compose(0, &chain), 16.0 * L * 1.2e-16, ROUNDING),
                         measured(least.x, 16.0 * L * 1.2e-16, ROUNDING)),
               1);
    for (int i = 1; i <= 100; i++) {
        least_rise = fmin(least_rise, compose(0.01 * i, &chain) - compose(0.01 * (i - 1), &chain));
        if (tabulate) {
            claim_row(claim, first, L, 0.01 * i, compose(0.01 * i, &chain), compose(-0.01 * i, &chain));
        }
    }
    check_at_least(claim, "non-decreasing", measured(1 + least_rise, 32.0 * L * 1.2e-16, ROUNDING), exact(1));
}

static void infimum(struct claim *claim)
{
    static const char *const names[] = {"relu", "erf", "gelu", "h2", "abs", "bump"};

    claim_labels(claim, "phi");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "positive", RELATIVE(1e-9), "an iterated map");
    claim_column(claim, "negative", ABSOLUTE(1e-9), "an iterated map");
    examine(claim, claim_text(claim, "phi"), claim_text(claim, "phi"), claim_real(claim, "s"),
            (int)claim_integer(claim, "L"), true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int L = 1; L <= 64; L *= 4) {
            examine(claim, names[i], names[(i + 1) % 6], 0, L, false);
            examine(claim, names[i], names[i], 0.2, L, false);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation",
                                  "gelu|relu|erf|tanh|sigmoid|silu|softplus|sin|abs|bump|h2|h3|x^2"),
                           real("s", "sigma_b^2 / sigma_w^2", 0.05, 0, 100),
                           integer("L", "non-linear layers", 4, 1, 200)},
            .faults = {{"dip", "a composition that dips by up to 0.0025 inside", "infimum non-decreasing"}},
            .run = infimum,
        }));
}
