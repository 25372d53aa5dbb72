/* # Appendix A.1: the correlation of negatively correlated inputs is bounded from below
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. A power series with non-negative coefficients satisfies
 *
 * $$P_l\circ\dots\circ P_1(-\rho)\;\ge\;2\bar\rho_l-P_l\circ\dots\circ P_1(\rho)\;\ge\;2\bar\rho_l-1,\qquad\bar\rho_l=P_l\circ\dots\circ P_1(0),$$
 *
 * and therefore $1-\rho_{\max}\le2(1-\bar\rho_{\max})$.
 *
 * **Checked.** In terms of gaps: $G(1+\rho)+G(1-\rho)\le2G(1)$ for chains of layers of nine activations, mixed and with three biases, on a grid of
 * $\rho$; for thousands of random series with a constant term; and $1-\rho_{\max}\le2(1-\bar\rho_{\max})$ with $\rho_{\max}$ from the least value on
 * a grid of $[-1,1]$.
 * **Tolerance.** Maps round by a few ulp a layer.
 * **Could miss.** Nothing known.
 * **Found.** Holds, and is tight: with equality for odd activations in one layer, whose series has no even part. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

/* ## Chains of layers */
struct chain {
    struct correlation_map map[2]; // in turn
    int L;
};

static double gap_of(const struct chain *chain, double gap)
{
    for (int l = 0; l < chain->L; l++) {
        gap = correlation_map_gap(&chain->map[l % 2], gap);
    }
    return gap;
}

static struct chain make_chain(struct claim *claim, const char *first, const char *second, double s, int L)
{
    struct chain chain = {.L = L};
    const char *const names[2] = {first, second};

    for (int k = 0; k < 2; k++) {
        struct activation phi;

        claim_need(claim, activation_find(names[k], &phi));
        claim_need(claim, correlation_map_layer(&chain.map[k], &phi, s));
    }
    return chain;
}

static void confirm(struct claim *claim, const char *label, const struct chain *chain, bool tabulate)
{
    double bar = gap_of(chain, 1), largest = 0, factor = claim_fault(claim, "factor") ? 1.9 : 2;

    for (int i = 1; i <= 20; i++) {
        double rho = 0.05 * i, above = gap_of(chain, 1 + rho), below = gap_of(chain, 1 - rho);

        claim_case(claim, "%s, s = %g, L = %d, rho = %g", label, chain->map[0].bias, chain->L, rho);
        check_at_most(claim, "both sides", rounded(above + below, 32.0 * chain->L),
                      rounded(factor * bar, 32.0 * chain->L));
        largest = fmax(largest, fmax(above, below));
        if (tabulate) {
            claim_row(claim, label, chain->L, rho, 1 - above, 1 - 2 * bar + below);
        }
    }
    check_at_most(claim, "range", rounded(largest, 32.0 * chain->L), rounded(factor * bar, 32.0 * chain->L));
}

/* ## Random series
 * $P(\rho)=c_0+\sum_kc_k\rho^k$ with $c_0+\sum_kc_k=1$; at $-\rho$ the odd terms change sign. */
static void random_series(struct claim *claim, uint32_t number)
{
    enum { DEGREE = 24 };
    struct stream stream = claim_stream(claim, 0, number);
    double rho = stream_uniform(&stream), c0 = stream_uniform(&stream), sum = 0, above = 0, below = 0, power = 1;

    for (int k = 1; k <= DEGREE; k++) {
        double c = pow(10, -6 * stream_uniform(&stream));

        power *= rho;
        sum += c;
        above += c * (k % 2 == 0 ? 1 - power : 1 + power);
        below += c * (1 - power);
    }
    claim_case(claim, "series %u, rho = %.3g", number, rho);
    check_at_most(claim, "random series", rounded((1 - c0) * (above + below) / sum, 4 * DEGREE),
                  rounded((claim_fault(claim, "factor") ? 1.9 : 2) * (1 - c0), 8));
}

static void negative_side(struct claim *claim)
{
    static const char *const names[] = {"relu", "erf", "gelu", "h2", "abs", "sigmoid", "h3", "tanh", "id"};

    claim_labels(claim, "phi");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "negative", ABSOLUTE(1e-10), "an iterated map");
    claim_column(claim, "bound", ABSOLUTE(1e-10), "an iterated map");
    const char *phi = claim_text(claim, "phi");
    struct chain chain = make_chain(claim, phi, phi, claim_real(claim, "s"), (int)claim_integer(claim, "L"));
    confirm(claim, phi, &chain, true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int L = 1; L <= 64; L *= 8) {
            chain = make_chain(claim, names[i], names[i], 0, L);
            confirm(claim, names[i], &chain, false);
            chain = make_chain(claim, names[i], names[(i + 1) % 9], 0.3, L);
            confirm(claim, names[i], &chain, false);
        }
    }
    for (long i = 0; i < claim_integer(claim, "samples"); i++) {
        random_series(claim, (uint32_t)i);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation",
                                  "relu|erf|lrelu:0.3|tanh|sigmoid|gelu|silu|softplus|sin|abs|bump|h2|h3|x^2"),
                           real("s", "sigma_b^2 / sigma_w^2", 0.05, 0, 100),
                           integer("L", "non-linear layers", 2, 1, 200),
                           integer_by_scale("samples", "random series", 500, 5000, 1000000, 1, 10000000)},
            .faults = {{"factor", "1.9 in place of the 2", "both?sides range random?series"}},
            .run = negative_side,
        }));
}
