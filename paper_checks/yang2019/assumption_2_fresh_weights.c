/* # Assumption 2: gradients as if the way back had weights of its own
 *
 * Yang et al. (2019), appendix B. Whenever backpropagation multiplies by the transpose of a weight matrix, the theory multiplies by that of an independent copy. The paper finds
 * excellent agreement with simulations and leaves a proof open: the Jacobian of batch normalisation is singular at 0.
 *
 * **Checked.** How fast gradients grow in networks that reuse their weights and in networks that do not, at the symmetric fixed point, from narrow to wide: rate is the mean over
 * networks of $\ln(\mathrm{tr}\,\Pi^1/\mathrm{tr}\,\Pi^L)/(L-1)$. Both against $\ln\lambda_G$ of the theory at infinite width, by a straight line in $1/N$. That they differ at small
 * width, and that their difference is of order $1/N$. With weights drawn, and with the library's sampler that draws only what the batch sees.
 * **Tolerance.** Standard errors over networks, and those of a weighted fit. Terms in $1/N^2$ are bounded by what leaving out the narrowest width changes.
 * **Could miss.** Gradients' directions: sizes only are compared. $B\le5$, where squared gradients have no second moment.
 * **Found.** Holds in the limit. At finite width the assumption is wrong by some $c/N$ a layer: for relu at $B=8$ networks that reuse their weights explode
 * more slowly than the theory, networks with fresh weights faster, each by some 0.02 in the logarithm a layer at $N=50$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <math.h>

enum { WIDTHS = 5, LARGEST = 64 };

/* ## Rates */
struct experiment {
    struct batchnorm_network network;
    const double *S;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &e->network);
    int L = e->network.depth;

    (void)sample;
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(&e->network, e->S, NULL, *stream, &record);
    }
    out[0] = status == STATUS_OK
                 ? (batchnorm_record_log_gradient(&record, 1) - batchnorm_record_log_gradient(&record, L)) / (L - 1)
                 : NAN;
    batchnorm_record_free(&record);
    return status;
}

static struct value rate_of(struct claim *claim, uint32_t stream, struct experiment e, int width, size_t networks)
{
    struct moments moments;
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, 1, draw, &e);

    e.network.width = width;
    claim_need(claim, ensemble_moments(&ensemble, &moments));
    return moments_estimate(moments);
}

/* ## From width to the limit
 * $r(N)=r_\infty+c/N$, fitted to all widths and to all but the narrowest. */
static struct line fit(struct claim *claim, int first, const int width[], const struct value rate[])
{
    double x[WIDTHS], y[WIDTHS], sd[WIDTHS];
    struct line line;

    for (int k = first; k < WIDTHS; k++) {
        x[k - first] = 1.0 / width[k];
        y[k - first] = rate[k].x;
        sd[k - first] = value_standard(rate[k]);
    }
    claim_need(claim, line_fit((size_t)(WIDTHS - first), x, y, sd, &line));
    return line;
}

static struct value limit_of(struct claim *claim, const int width[], const struct value rate[])
{
    struct line all = fit(claim, 0, width, rate), wide = fit(claim, 1, width, rate);

    return value_with(wide.intercept, fabs(all.intercept.x - wide.intercept.x), FINITE_SIZE);
}

static struct value growth(struct value rate)
{
    return value_through(rate, exp(rate.x), exp(rate.x));
}

/* ## Reused against fresh, at every width */
static void over_widths(struct claim *claim, struct experiment e, double lambda)
{
    int width[WIDTHS], narrowest = (int)claim_integer(claim, "N");
    struct value reused[WIDTHS], fresh[WIDTHS], difference[WIDTHS];

    for (int k = 0; k < WIDTHS; k++) {
        size_t networks = (size_t)claim_integer(claim, "networks") >> (k + 1) / 2; // wide ones scatter less

        width[k] = narrowest << k;
        e.network.backward = BACKWARD_REUSED;
        reused[k] = rate_of(claim, (uint32_t)(2 * k), e, width[k], networks);
        e.network.backward = BACKWARD_FRESH;
        fresh[k] = rate_of(claim, (uint32_t)(2 * k + 1), e, width[k], networks);
        difference[k] = value_sub(reused[k], fresh[k]);
        claim_row(claim, NULL, width[k], BOTH(reused[k]), BOTH(fresh[k]), log(lambda));
    }
    struct value theory = exact(pow(lambda, claim_fault(claim, "one_layer_more") ? 1 - 1.0 / e.network.depth : 1));
    claim_case(claim, "from N = %d to %d", narrowest, width[WIDTHS - 1]);
    check_equal(claim, "reused, limit", theory, growth(limit_of(claim, width, reused)));
    check_equal(claim, "fresh, limit", theory, growth(limit_of(claim, width, fresh)));
    check_zero(claim, "difference, limit", limit_of(claim, width, difference), 1);
}

/* ## With the weights drawn
 * relu at $B=8$, whatever was chosen, so that there is a difference to see. Networks reach their fixed point within few layers. */
static void dense(struct claim *claim)
{
    int width = 50;
    double S[64];
    struct experiment e = {{0}, S};
    struct value rate[2][2];
    size_t networks = (size_t)claim_integer(claim, "networks");

    claim_need(claim, batchnorm_network_of("relu", 12, width, 8, &e.network));
    for (int i = 0; i < 64; i++) {
        S[i] = i % 9 == 0;
    }
    for (int fresh = 0; fresh < 2; fresh++) {
        e.network.backward = fresh && !claim_fault(claim, "both_reused") ? BACKWARD_FRESH : BACKWARD_REUSED;
        for (int drawn = 0; drawn < 2; drawn++) {
            e.network.sampler = drawn ? SAMPLER_DENSE : SAMPLER_CONDITIONED;
            rate[fresh][drawn] = rate_of(claim, (uint32_t)(20 + 2 * fresh + drawn), e, width, networks);
        }
        claim_case(claim, "relu, N = %d, %s weights", width, fresh ? "fresh" : "reused");
        check_equal(claim, "weights drawn", rate[fresh][1], rate[fresh][0]);
    }
    for (int drawn = 0; drawn < 2; drawn++) {
        claim_case(claim, "relu, N = %d, weights %s", width, drawn ? "drawn" : "not drawn");
        check_shape(claim, "narrow networks differ", value_sub(rate[1][drawn], rate[0][drawn]), rate[1][drawn].x);
    }
}

static void fresh_weights(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B");
    struct batchnorm_state state;
    double S[LARGEST * LARGEST];
    struct experiment e = {{0}, S};

    if (batchnorm_network_of(claim_text(claim, "phi"), (int)claim_integer(claim, "L"), 1, B, &e.network) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    if (activation_homogeneity(&e.network.phi) < 0.75) {
        claim_refuse(claim, "the slope of %s has no fourth moment: a standard error of its square would lie",
                     e.network.phi.name);
    }
    claim_need(claim, batchnorm_state(&e.network.phi, B, &state));
    if (!(state.forward.L.x < 0.99 && state.forward.M.x < 0.99)) {
        claim_refuse(claim, "at B = %d networks of %s don't stay at their symmetric fixed point", B,
                     e.network.phi.name);
    }
    claim_column(claim, "N", EXACT, "a parameter");
    claim_column(claim, "reused", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "reused_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "fresh", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "fresh_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "theory", RELATIVE(1e-9), "quadrature or a closed form");
    for (int i = 0; i < B * B; i++) {
        S[i] = (i / B == i % B ? state.fixed.mu.x : 0) + state.fixed.nu.x;
    }
    over_widths(claim, e, state.backward.G.x);
    dense(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {text("phi", "activation that keeps its symmetric fixed point", "relu"),
                 integer("B", "batch size", 8, 6, LARGEST), integer("L", "depth", 12, 3, 100),
                 integer("N", "the narrowest width; then twice, four, eight and sixteen times that", 50, 16, 10000),
                 integer_by_scale("networks", "networks of the narrowest width; a fourth of that of the widest", 300,
                                  1000, 10000, 100, 1000000)},
            .faults = {{"both_reused", "weights always reused", "narrow*"},
                       {"one_layer_more", "growth shared by one layer more", "reused* fresh*"}},
            .run = fresh_weights,
        }));
}
