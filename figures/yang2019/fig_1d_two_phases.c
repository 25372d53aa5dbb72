/* # Figure 1d: covariance matrices below and above the transition
 *
 * Yang et al. (2019), figure 1d. What the covariance of a batch of ten looks like after many layers with batch normalisation and $\phi=\mathrm{relu}^\alpha$: one number on the diagonal and one off it
 * (BSB1) below the critical power, and few samples that carry nearly everything (BSB2) above.
 *
 * **Checked.** Below, in each of many networks: entries are those of the symmetric fixed point $\mu^*I+\nu^*\mathbf 1\mathbf 1^T$ of theorem F.8, in the mean over networks and with
 * an error that vanishes with the width. Above: the relative spread of the diagonal, its standard deviation over its mean, is of order 1 in every network; below, it is an
 * order smaller. For a batch with one winner it would be $\sqrt{B-1}$, for one with two equal ones $\sqrt{B/2-1}$.
 * **Tolerance.** A standard error over networks, and a bias linear in $1/N$, measured by halving the width.
 * **Could miss.** Which of the asymmetric fixed points is reached: one winner or several (theorem K.5 has the first).
 * **Found.** Holds at $\alpha=1$ and $\alpha=2$. Above the transition some networks have one winner, most have two or more. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <stdio.h>

enum { LARGEST = 32, OUTPUTS = 3 };

/* ## One network, from random inputs */
static enum status run(struct stream *stream, const struct batchnorm_network *network, double S[])
{
    int B = network->batch;
    double X[2 * LARGEST * LARGEST];
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, network);

    stream_normals(stream, (size_t)(2 * B * B), X);
    linear_gram(B, 2 * B, X, S);
    if (status == STATUS_OK) {
        status = batchnorm_network_forward(network, S, *stream, &record);
    }
    for (int i = 0; status == STATUS_OK && i < B * B; i++) {
        S[i] = batchnorm_record_forward(&record, network->depth)[i];
    }
    batchnorm_record_free(&record);
    return status;
}

/* The mean of the diagonal, of the other entries, and the diagonal's relative spread. */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batchnorm_network *network = context;
    int B = network->batch;
    double S[LARGEST * LARGEST];
    struct moments on = moments_empty(), off = moments_empty();
    enum status status = run(stream, network, S);

    (void)sample;
    for (int i = 0; i < B * B; i++) {
        moments_add(i % (B + 1) == 0 ? &on : &off, S[i]);
    }
    out[0] = on.mean;
    out[1] = off.mean;
    out[2] = sqrt(on.deviations / on.count) / on.mean;
    return status;
}

static struct batchnorm_network network_of(struct claim *claim, double alpha, int width)
{
    char name[32];
    struct batchnorm_network network;

    snprintf(name, sizeof name, "relu^%.9g", alpha);
    claim_need(claim, batchnorm_network_of(name, (int)claim_integer(claim, "L"), width, (int)claim_integer(claim, "B"),
                                           &network));
    return network;
}

static void sample(struct claim *claim, double alpha, int width, uint32_t stream, struct moments moments[OUTPUTS])
{
    struct batchnorm_network network = network_of(claim, alpha, width);
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "networks"), OUTPUTS, draw_network, &network);

    claim_need(claim, ensemble_moments(&ensemble, moments));
}

/* ## The two phases */
static void below(struct claim *claim, double alpha)
{
    int width = (int)claim_integer(claim, "N");
    struct moments wide[OUTPUTS], half[OUTPUTS];
    struct batchnorm_state state;

    claim_need(claim, batchnorm_state_closed(
                          &(struct homogeneous){claim_fault(claim, "other_power") ? alpha + 0.3 : alpha, 1, 0},
                          (int)claim_integer(claim, "B"), &state));
    sample(claim, alpha, width, 1, wide);
    sample(claim, alpha, width / 2, 2, half);
    claim_case(claim, "alpha = %g", alpha);
    check_equal(claim, "diagonal", state.fixed.q, moments_limit(wide[0], half[0]));
    check_equal(claim, "off the diagonal", state.fixed.nu, moments_limit(wide[1], half[1]));
    check_at_most(claim, "spread below", exact(wide[2].most), exact(claim_fault(claim, "exact_symmetry") ? 0.01 : 0.5));
}

static void above(struct claim *claim, double alpha)
{
    struct moments moments[OUTPUTS];

    sample(claim, alpha, (int)claim_integer(claim, "N"), 3, moments);
    claim_case(claim, "alpha = %g", alpha);
    check_at_least(
        claim, "spread above", exact(moments[2].least),
        exact(claim_fault(claim, "always_one_winner") ? 0.9 * sqrt((double)claim_integer(claim, "B") - 1) : 0.5));
}

/* ## The pictures: two networks of each phase */
static void draw(struct claim *claim, double alpha, const char *phase)
{
    struct batchnorm_network network = network_of(claim, alpha, (int)claim_integer(claim, "N"));
    int B = network.batch;
    double S[LARGEST * LARGEST];

    for (uint32_t number = 0; number < 2; number++) {
        struct stream stream = claim_stream(claim, 4, number);
        char label[32];

        claim_need(claim, run(&stream, &network, S));
        snprintf(label, sizeof label, "%s %u", phase, number + 1);
        for (int i = 0; i < B * B; i++) {
            claim_row(claim, label, i / B + 1, i % B + 1, S[i]);
        }
    }
}

static void draw_figure(struct claim *claim)
{
    double low = claim_real(claim, "low"), high = claim_real(claim, "high");
    double critical = claim_value(claim, batchnorm_transition((int)claim_integer(claim, "B"))).x;

    if (low > critical - 0.2 || high < critical + 0.2) {
        claim_refuse(claim,
                     "low = %g and high = %g; the transition is at %.3f, low takes at most %.3f, high at least %.3f",
                     low, high, critical, critical - 0.2, critical + 0.2);
    }
    claim_labels(claim, "network");
    claim_column(claim, "i", EXACT, "an index");
    claim_column(claim, "j", EXACT, "an index");
    claim_column(claim, "covariance", ABSOLUTE(1e-3), "the same draws: both phases attract, so that rounding dies out");
    draw(claim, low, "BSB1");
    draw(claim, high, "BSB2");
    below(claim, low);
    above(claim, high);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "batch size", 10, 6, LARGEST),
                           real("low", "a power below the transition", 1, 0.6, 8),
                           real("high", "a power above it", 2, 0.6, 12),
                           integer_by_scale("N", "width of the networks; half as wide ones measure the bias", 500, 1000,
                                            4000, 300, 100000),
                           integer_by_scale("L", "depth", 60, 60, 200, 30, 10000),
                           integer_by_scale("networks", "how many", 24, 48, 1000, 16, 100000)},
            .faults = {{"other_power", "the fixed point of a power larger by 0.3", "diagonal"},
                       {"exact_symmetry", "a spread below 1 % at finite width", "spread?below"},
                       {"always_one_winner", "one winner in every network", "spread?above"}},
            .run = draw_figure,
        }));
}
