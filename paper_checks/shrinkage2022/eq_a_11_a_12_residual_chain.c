/* # Equations (A.11) and (A.12): the residual chain's slope at 1, cropped, and the sum of its layers' convexities
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.2. For residual blocks with maps $P_l$, as for the fully
 * connected network,
 *
 * $$(P_L\circ\dots\circ P_1)'(1)=(1-\bar\rho_L)(\tilde P_L\circ\dots\circ\tilde P_1)'(1)\tag{A.11}$$
 * $$(\tilde P_L\circ\dots\circ\tilde P_1)'(1)\;\ge\;e(\tilde P_L\circ\dots\circ\tilde P_1)\;\ge\;\sum_{l=1}^Le(\tilde P_l).\tag{A.12}$$
 *
 * **Checked.** (A.11): the product of $(1+\sigma^2\|\phi'\|^2)/(1+\sigma^2\|\phi\|^2)$, norms by quadrature, against the slope of a chord of the
 * cropped composition next to 1. (A.12): the root for the whole chain against the sum of the roots for its layers. For the activation chosen, to
 * depth $L$, and for a grid.
 * **Tolerance.** The chord's bend is measured by a longer chord. Roots state their errors.
 * **Could miss.** Blocks whose activation changes from layer to layer: see `ineq_a_4_steepness_of_chain` and `ineq_a_5_sum_over_layers` for mixed
 * layers.
 * **Found.** Holds. The sum over layers falls far behind the whole as depth grows. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

/* ## The chain */
struct chain {
    struct value product, chord, whole, sum;
    double gap_bar; // 1 - rho_bar_L
};

/* A chord from 1 so short that the steepest chains do not see its end; and one ten thousand times as long, to see what bends. */
static struct value chord_of(const struct convex_map *g, double length)
{
    struct value near = convex_map_gap_value(g, length), far = convex_map_gap_value(g, 1e4 * length);

    return value_with(value_scale(1 / length, near), fabs(near.x / length - far.x / (1e4 * length)), FINITE_SIZE);
}

static struct chain follow(struct claim *claim, const struct activation *phi, double sigma2, int L)
{
    struct correlation_map map;
    const struct correlation_map **maps = memory_new((size_t)L, sizeof(struct correlation_map *));
    struct chain chain = {.product = exact(1), .sum = exact(0), .gap_bar = 1};
    struct convex_map crop;

    claim_need(claim, correlation_map_residual(&map, phi, sigma2));
    struct value slope = claim_value(claim, correlation_map_slope_by_quadrature(&map));
    for (int l = 0; l < L; l++) {
        claim_need(claim, convex_map_crop(&crop, &map, chain.gap_bar));
        chain.sum = value_add(chain.sum, claim_value(claim, excess_convexity(&crop)));
        chain.product = value_mul(chain.product, slope);
        chain.gap_bar = fmin(1, correlation_map_gap(&map, chain.gap_bar)); // rounding may pass 1
        maps[l] = &map;
    }
    claim_need(claim, convex_map_chain(&crop, L, maps, 1));
    chain.chord = chord_of(&crop, 1e-40 * chain.gap_bar / chain.product.x);
    chain.whole = claim_value(claim, excess_convexity(&crop));
    memory_free(maps);
    return chain;
}

static void confirm(struct claim *claim, const char *name, double sigma2, int L)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    struct chain chain = follow(claim, &phi, sigma2, L);
    struct value range = rounded(claim_fault(claim, "no_range") ? 1 : chain.gap_bar, 16.0 * L);
    struct value sum = claim_fault(claim, "sum_plus_tenth") ? value_scale(1.1, chain.sum) : chain.sum;

    claim_case(claim, "phi = %s, sigma^2 = %g, L = %d", name, sigma2, L);
    check_equal(claim, "A.11", chain.product, value_mul(range, chain.chord));
    check_at_least(claim, "A.12 slope", claim_fault(claim, "not_cropped") ? chain.product : chain.chord, chain.whole);
    check_at_least(claim, "A.12 sum", chain.whole, sum);
    claim_row(claim, name, sigma2, L, chain.product.x, chain.chord.x, chain.whole.x, chain.sum.x);
}

static void residual_chain(struct claim *claim)
{
    static const char *const names[] = {"relu", "erf", "gelu", "sin", "h2", "h3"};
    static const double sigma2s[] = {0.001, 0.1, 3};
    static const int depths[] = {1, 2, 10, 50};

    claim_labels(claim, "phi");
    claim_column(claim, "sigma2", EXACT, "a parameter");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "slope", RELATIVE(1e-10), "a product of quadratures");
    claim_column(claim, "cropped_slope", RELATIVE(1e-9), "a chord");
    claim_column(claim, "e", RELATIVE(1e-8), "a root; absolute near the identity");
    claim_column(claim, "sum", RELATIVE(1e-8), "roots; absolute near the identity");
    confirm(claim, claim_text(claim, "phi"), claim_real(claim, "sigma2"), (int)claim_integer(claim, "L"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int k = 0; k < 12; k++) {
            confirm(claim, names[i], sigma2s[k / 4], depths[k % 4]);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation that comes first", "erf|relu|sin|abs|bump|x^2|h3|h5"),
                           real("sigma2", "branch variance", 1, 1e-6, 100), integer("L", "blocks", 20, 1, 60)},
            .faults = {{"no_range", "the factor 1 - rho_bar_L lost", "A.11"},
                       {"not_cropped", "the slope of the chain itself in place of its crop's", "A.12?slope"},
                       {"sum_plus_tenth", "the sum a tenth too large", "A.12?sum"}},
            .run = residual_chain,
        }));
}
