/* # Section 3.1.2: weight gradients explode at the same rate, for every activation
 *
 * Yang et al. (2019), section 3.1.2, "Weight gradient". The mean squared gradient of a weight in layer $l$ is $\mu^*\operatorname{tr}\Pi^l$, so that it grows by
 * $\lambda_G^\downarrow$ from each layer to the one below it, as gradients of pre-activations do.
 *
 * **Checked.** For every activation of the table whose symmetric fixed point attracts, at several batch sizes: in networks that reuse their weights, the growth of
 * $|\partial\mathcal L/\partial W^l|^2$ a layer against $\lambda_G$, and its size over $N^2\operatorname{tr}\Pi^l$ against $\mu^*$. Both numbers come from integrals over a sphere.
 * **Tolerance.** Networks have a standard error, and a bias linear in $1/N$ that is measured by halving the width. The growth is that of the logarithm, whose
 * mean over networks has the same limit.
 * **Could miss.** What differs by less than a percent. $B\le5$, where squared gradients have no second moment.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <math.h>

enum { LARGEST = 64 };

/* ## One network
 * The growth a layer of weight gradients, from layer 2 to the last, and their mean size over $N^2\operatorname{tr}\Pi$. */
struct experiment {
    struct batchnorm_network network;
    const double *S;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &e->network);
    int L = e->network.depth, N = e->network.width;

    (void)sample;
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(&e->network, e->S, NULL, *stream, &record);
    }
    out[0] = out[1] = 0;
    if (status == STATUS_OK) {
        out[0] = (batchnorm_record_log_weight_gradient(&record, 2) - batchnorm_record_log_weight_gradient(&record, L)) /
                 (L - 2);
    }
    for (int l = 2; l <= L && status == STATUS_OK; l++) {
        out[1] += exp(batchnorm_record_log_weight_gradient(&record, l) - batchnorm_record_log_gradient(&record, l)) /
                  ((double)N * N * (L - 1));
    }
    batchnorm_record_free(&record);
    return status;
}

static void networks(struct claim *claim, uint32_t stream, struct experiment e, bool half, struct moments out[2])
{
    e.network.width /= half ? 2 : 1;
    struct ensemble ensemble =
        claim_ensemble(claim, stream + half, (size_t)claim_integer(claim, "networks") * (half ? 2 : 1), 2, draw, &e);
    claim_need(claim, ensemble_moments(&ensemble, out));
}

/* ## One activation at one batch size, from its fixed point on */
static void one(struct claim *claim, const struct activation *phi, int B, uint32_t stream)
{
    struct batchnorm_state state;
    double S[LARGEST * LARGEST];
    struct experiment e = {{.depth = (int)claim_integer(claim, "L"),
                            .width = (int)claim_integer(claim, "N"),
                            .batch = B,
                            .batches = 1,
                            .phi = *phi,
                            .gamma = 1},
                           S};
    struct moments wide[2], half[2];

    claim_need(claim, batchnorm_state(phi, B, &state));
    for (int i = 0; i < B * B; i++) {
        S[i] = (i / B == i % B ? state.fixed.mu.x : 0) + state.fixed.nu.x;
    }
    networks(claim, stream, e, false, wide);
    networks(claim, stream, e, true, half);
    struct value growth = moments_limit(wide[0], half[0]), size = moments_limit(wide[1], half[1]);
    struct value rate = value_through(growth, exp(growth.x), exp(growth.x));

    claim_case(claim, "phi = %s, B = %d", phi->name, B);
    check_equal(claim, "rate", claim_fault(claim, "second_eigenvalue") ? state.backward.L : state.backward.G, rate);
    check_equal(claim, "size", claim_fault(claim, "q_star") ? state.fixed.q : state.fixed.mu, size);
    claim_row(claim, phi->name, B, state.backward.G.x, BOTH(rate), state.fixed.mu.x, BOTH(size));
}

static bool settles(const struct activation *phi, int B)
{
    struct batchnorm_state state;

    return !(activation_homogeneity(phi) < 0.75) && batchnorm_state(phi, B, &state) == STATUS_OK &&
           state.forward.L.x < 0.95 && state.forward.M.x < 0.95;
}

static void survey(struct claim *claim)
{
    int B[] = {(int)claim_integer(claim, "B"), 6, 16};
    struct activation phi;
    uint32_t stream = 0;

    if (activation_find(claim_text(claim, "phi"), &phi) != STATUS_OK || !settles(&phi, B[0])) {
        claim_refuse(claim,
                     "%s at B = %d: not known, or its symmetric fixed point does not attract (fast enough), or its "
                     "slope has no fourth moment",
                     claim_text(claim, "phi"), B[0]);
    }
    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a parameter");
    claim_column(claim, "lambda_G", RELATIVE(1e-9), "quadrature or a closed form");
    claim_column(claim, "rate", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "rate_err", RELATIVE(0.05), "a standard error and a bias");
    claim_column(claim, "mu", RELATIVE(1e-9), "quadrature or a closed form");
    claim_column(claim, "size", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "size_err", RELATIVE(0.05), "a standard error and a bias");
    one(claim, &phi, B[0], stream);
    for (const char *const *name = activation_names(); *name != NULL; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int k = 1; k < 3; k++) {
            stream += 2;
            if (settles(&phi, B[k])) {
                one(claim, &phi, B[k], stream);
            }
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("phi", "activation tried first, then all of the table", "relu"),
                                         integer("B", "batch size tried first; then 6 and 16", 10, 6, LARGEST),
                                         integer("L", "depth", 10, 4, 100),
                                         integer_by_scale("N", "width", 300, 800, 4000, 200, 1000000),
                                         integer_by_scale("networks", "networks drawn; twice as many of half the width",
                                                          10, 24, 400, 8, 100000)},
                          .faults = {{"second_eigenvalue", "the second eigenvalue of the backward operator", "rate"},
                                     {"q_star", "q* in place of mu*", "size"}},
                          .run = survey,
                      }));
}
