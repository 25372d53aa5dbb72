/* # Proof of Theorem 2, one step: Property 8 does not give $e(\tilde P)\ge q\,e(g)$
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.2. The cropped map of a residual block is a
 * mixture $\tilde P=p\cdot\mathrm{id}+q\cdot g$ of the identity and the cropped covariance $g$ of its activation, with
 *
 * $$q=\frac{\sigma^2A}{1-\bar\rho+\sigma^2A},\qquad p=1-q,\qquad A=\|\phi\|^2-C[\phi\,|\,\bar\rho].$$
 *
 * The proof deduces $e(\tilde P)\ge q\,e(g)$ from Property 8. Property 8 says $e(\tilde P)\ge q\,e(g)/(1+p\,e(g))$, which is less.
 *
 * **Checked.** The printed line at two counterexamples that can be followed by hand: $\phi=h_5$ and $h_{20}$, $\sigma^2=1$, $\bar\rho=0$, where
 * $g(x)=x^k$ and $\tilde P(x)=(x+x^k)/2\ge x/2$ crosses at $t\ge\frac13$, so that $e(\tilde P)\le1$, while $q\,e(g)=\frac12e(x^k)$ exceeds $1$.
 * Property 8 itself, the repaired step and the proof's next line, for them, the activation chosen and seven more, on a grid of $\sigma^2$ and
 * $\bar\rho$ (for a search see `sec_a_2_conclusion`).
 * **The repair.** $P$ is itself a power series with non-negative coefficients, so Property 6 applies to it as it stands:
 * $e(2+e)/(1+e)\ge\sigma^2(1-\bar\rho)^2\|\phi-\bar\phi\|^2/(1-\bar\rho+\sigma^2A)$ with $e=e(\tilde P)$, and since $e(2+e)/(1+e)\le2e$ the proof's
 * next line, $e\ge\sigma^2(1-\bar\rho)^2\|\phi-\bar\phi\|^2/(2(1-\bar\rho+\sigma^2A))$, stands. Theorem 2 survives.
 * **Tolerance.** Root finding and covariances state their errors.
 * **Could miss.** Nothing that matters: one counterexample refutes a step.
 * **Found.** The step is false as printed; its conclusion is true. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

/* ## A block and what the proof says of it */
struct block {
    struct correlation_map covariance; // of phi, up to its norm: the correlation map of a layer without bias
    struct convex_map g, mixed;        // the cropped covariance, and p id + q g; they point at what stands above
    double p, q, nonlinear;            // nonlinear: what Property 6 puts on the right
};

static enum status make_block(struct block *block, const struct activation *phi, double sigma2, double rho_bar)
{
    const struct correlation_map *map = &block->covariance;
    double gap = 1 - rho_bar;
    enum status status = correlation_map_layer(&block->covariance, phi, 0);

    if (status == STATUS_OK) {
        status = convex_map_crop(&block->g, map, gap);
    }
    if (status == STATUS_OK) {
        double A = map->norm2 * correlation_map_gap(map, gap);

        block->q = sigma2 * A / (gap + sigma2 * A);
        block->p = gap / (gap + sigma2 * A);
        block->nonlinear = sigma2 * gap * gap * map->nonlinearity2 / (gap + sigma2 * A);
        status = convex_map_mix(&block->mixed, block->p, &block->g);
    }
    return status;
}

/* ## The printed step, refuted */
static void refute(struct claim *claim, const char *name)
{
    struct activation phi;
    struct block block;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, make_block(&block, &phi, 1, 0));
    struct value e = excess_convexity(&block.mixed), printed = value_scale(block.q, excess_convexity(&block.g));

    if (claim_fault(claim, "property_8_taken")) {
        printed = value_scale(1 / (1 + block.p * excess_convexity(&block.g).x), printed);
    }
    claim_case(claim, "phi = %s, sigma^2 = 1, rho_bar = 0", name);
    check_not_at_least(claim, "printed", e, printed);
}

/* ## Property 8 and the repaired step
 * $e(2+e)/(1+e)=1+e-1/(1+e)$ grows with slope $1+1/(1+e)^2$. */
static void confirm(struct claim *claim, const char *label, const struct block *block)
{
    struct value e = excess_convexity(&block->mixed), inner = excess_convexity(&block->g);
    struct value left = value_through(e, e.x * (2 + e.x) / (1 + e.x), 1 + 1 / ((1 + e.x) * (1 + e.x)));
    double denominator = 1 + block->p * inner.x;
    struct value property_8 =
        value_through(inner, block->q * inner.x / denominator, block->q / (denominator * denominator));
    double factor = claim_fault(claim, "factor_two") ? 2 : 1, half = claim_fault(claim, "no_half") ? 1 : 0.5;

    claim_case(claim, "%s, q = %.3g", label, block->q);
    check_at_least(claim, "property 8", e, value_scale(claim_fault(claim, "tenth_more") ? 1.1 : 1, property_8));
    check_at_least(claim, "repaired", left, rounded(factor * block->nonlinear, 16));
    check_at_least(claim, "conclusion", e, rounded(half * block->nonlinear, 16));
    claim_row(claim, label, block->q, e.x, block->q * inner.x, property_8.x, block->nonlinear / 2);
}

static void try_block(struct claim *claim, const char *name, double sigma2, double rho_bar)
{
    struct activation phi;
    struct block block;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, make_block(&block, &phi, sigma2, rho_bar));
    confirm(claim, name, &block);
}

static void step(struct claim *claim)
{
    static const char *const names[] = {"relu", "abs", "erf", "tanh", "gelu", "h2", "h3", "h5", "h20"};
    static const double sigma2s[] = {0.01, 1, 100}, rho_bars[] = {0, 0.5, 0.99};

    claim_labels(claim, "phi");
    claim_column(claim, "q", RELATIVE(1e-9), "covariances by closed form or quadrature");
    claim_column(claim, "e", RELATIVE(1e-9), "a root of a map known to 1e-12");
    claim_column(claim, "printed", RELATIVE(1e-9), "as e");
    claim_column(claim, "property_8", RELATIVE(1e-9), "as e");
    claim_column(claim, "conclusion", RELATIVE(1e-9), "covariances by closed form or quadrature");
    refute(claim, "h5");
    refute(claim, "h20");
    try_block(claim, claim_text(claim, "phi"), claim_real(claim, "sigma2"), claim_real(claim, "rho_bar"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int k = 0; k < 9; k++) {
            try_block(claim, names[i], sigma2s[k / 3], rho_bars[k % 3]);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation to try", "h5"), real("sigma2", "branch variance", 1, 1e-6, 1e6),
                           real("rho_bar", "correlation that enters the block", 0, 0, 0.999999)},
            .faults = {{"property_8_taken", "the printed line with Property 8's denominator", "printed"},
                       {"tenth_more", "Property 8's bound a tenth larger", "property?8"},
                       {"no_half", "the conclusion without its 1/2", "conclusion"},
                       {"factor_two", "the repaired step's right side doubled", "repaired"}},
            .errata = {{"S1",
                        "From Property 8 we can deduce $e(\\tilde P_l)\\ge q\\,e(g)$ with "
                        "$q=\\sigma^2A/(1-\\bar\\rho+\\sigma^2A)$.",
                        "Property 8 gives $q\\,e(g)/(1+(1-q)e(g))$. Property 6, applied to $P$ itself, gives with "
                        "$e=e(\\tilde P)$ "
                        "$e(2+e)/(1+e)\\ge\\sigma^2(1-\\bar\\rho)^2\\|\\phi-\\bar\\phi\\|^2/"
                        "(1-\\bar\\rho+\\sigma^2A)$, hence the proof's next line.",
                        "printed", "repaired conclusion",
                        "None for Theorem 2: what the proof draws from the step is true, and its proof is shorter.",
                        "$\\phi=h_{20}$, $\\sigma^2=1$, $\\bar\\rho=0$, so that $q=\\frac12$, $g(t)=t^{20}$ and "
                        "$\\tilde P(t)=(t+t^{20})/2\\ge t/2$, which crosses at $\\frac13$ or above: $e(\\tilde "
                        "P)\\le1$. But $0.85^{20}<0.15$ makes $e(g)>4$ and $q\\,e(g)>2$."}},
            .run = step,
        }));
}
