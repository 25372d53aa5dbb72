/* # Appendix A.1: the largest of the smallest correlations, by minimising a composition of maps
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. In infinitely wide networks
 *
 * $$\rho_{\max}=\max_{1\le l\le L}\;\min_{\rho\in[-1,1]}P_l\circ\dots\circ P_1(\rho).$$
 *
 * **Checked.** Each layer's minimum by a search over the input's $\rho$, against the images of $[-1,1]$ passed on from layer to layer: $[m_l,1]$ with
 * $m_l$ the least value of $P_l$ on $[m_{l-1},1]$. Where the minimum lies: at $-1$ for odd and for non-decreasing activations, at $0$ for even ones,
 * inside for leaky relu of negative slope $a<0$.
 * **Tolerance.** A minimum is found to the rounding of the map, a few ulp a layer.
 * **Could miss.** Finite networks, whose least correlation over data is far lower: see `fig_2a_shrinkage_with_depth`.
 * **Found.** Holds. The minimum is at $-1$ for relu, erf, tanh and sigmoid, at $0$ for even activations, and in between for an activation that falls
 * on one side and rises on the other. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/numerics/roots.h>
#include <float.h>
#include <math.h>

/* ## By a search over the input */
struct chain {
    struct correlation_map map;
    int L;
};

static double compose(double rho, void *context)
{
    const struct chain *chain = context;
    double gap = 1 - rho;

    for (int l = 0; l < chain->L; l++) {
        gap = correlation_map_gap(&chain->map, gap);
    }
    return 1 - gap;
}

/* ## By images of intervals */
static double one_layer(double rho, void *context)
{
    return 1 - correlation_map_gap(context, 1 - rho);
}

static void examine(struct claim *claim, const char *name, double s, int L)
{
    struct activation phi;
    struct chain chain;
    double least = -1, rho_max = -1, at, searched_max = -1;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, correlation_map_layer(&chain.map, &phi, s));
    for (int l = 1; l <= L; l++) {
        double where;

        chain.L = l;
        least = claim_value(claim, minimise_interval(one_layer, &chain.map, least, 1, &where)).x;
        double found =
            claim_value(claim, minimise_interval(compose, &chain, claim_fault(claim, "positive_only") ? 0 : -1, 1, &at))
                .x;
        double noise = 32.0 * l * DBL_EPSILON;

        rho_max = fmax(rho_max, least);
        searched_max = fmax(searched_max, found);
        claim_case(claim, "phi = %s, s = %g, l = %d", name, s, l);
        check_zero(claim, "minimum", value_sub(measured(least, noise, ROUNDING), measured(found, noise, ROUNDING)), 1);
        claim_row(claim, name, s, l, least, at, rho_max);
    }
    check_zero(claim, "rho_max",
               value_sub(measured(rho_max, 32.0 * L * DBL_EPSILON, ROUNDING),
                         measured(searched_max, 32.0 * L * DBL_EPSILON, ROUNDING)),
               1);
}

/* ## Where it lies, for one layer
 * To the square root of rounding. Leaky relu of slope $a<0$ has $\|\phi\|^2P'(\rho)=a+(1-a)^2(\pi-\arccos\rho)/(2\pi)$, which vanishes inside. */
static void place(struct claim *claim, const char *name, double expected)
{
    struct activation phi;
    struct chain chain = {.L = 1};
    double at;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, correlation_map_layer(&chain.map, &phi, 0));
    claim_value(claim, minimise_interval(compose, &chain, claim_fault(claim, "positive_only") ? 0.1 : -1, 1, &at));
    claim_case(claim, "phi = %s", name);
    check_zero(claim, "place", measured(at - expected, 1e-6, QUADRATURE), 1);
}

static void largest_correlation(struct claim *claim)
{
    static const char *const names[] = {"relu", "erf", "gelu", "h2", "sigmoid"};

    claim_labels(claim, "phi");
    claim_column(claim, "s", EXACT, "a parameter");
    claim_column(claim, "l", EXACT, "a depth");
    claim_column(claim, "least", ABSOLUTE(1e-10), "an iterated map");
    claim_column(claim, "at", ABSOLUTE(2),
                 "a minimiser is known to the square root of rounding, and not at all where the composition is flat");
    claim_column(claim, "rho_max", ABSOLUTE(1e-10), "an iterated map");
    examine(claim, claim_text(claim, "phi"), claim_real(claim, "s"), (int)claim_integer(claim, "L"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        examine(claim, names[i], 0, 16);
        examine(claim, names[i], 0.1, 16);
    }
    place(claim, "relu", -1);
    place(claim, "erf", -1);
    place(claim, "tanh", -1);
    place(claim, "sigmoid", -1);
    place(claim, "h2", 0);
    place(claim, "abs", 0);
    place(claim, "lrelu:-0.5", cos(M_PI * (1 - 1 / (1.5 * 1.5))));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation",
                                  "erf|relu|lrelu:0.3|tanh|sigmoid|gelu|silu|softplus|sin|abs|bump|h2|h3|x^2"),
                           real("s", "sigma_b^2 / sigma_w^2", 0.05, 0, 100),
                           integer("L", "non-linear layers", 32, 1, 200)},
            .faults = {{"positive_only", "the minimum over [0, 1] only", "minimum rho_max place"}},
            .run = largest_correlation,
        }));
}
