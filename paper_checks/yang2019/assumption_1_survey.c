/* # Assumption 1: which activations lead to a symmetric covariance
 *
 * Yang et al. (2019), section 3.1. By far most activations used in practice, "like ReLU, leaky ReLU, tanh, sigmoid, etc", lead to a fixed point with the symmetry of the batch (BSB1); those that grow
 * quickly do not. From there on the paper assumes it.
 *
 * **Checked.** All activations of the table at several batch sizes. What is predicted: the fixed point attracts if both eigenvalues $\lambda_L^\uparrow,\lambda_M^\uparrow$ of
 * the forward Jacobian, by integrals over a sphere, are below 1. What happens: covariances of wide networks, drawn layer by layer, from nearly symmetric inputs; their
 * spread is the largest variance of a sample over the mean variance, less 1. The activations that the paper names, at batch sizes to 1000, and the
 * batch sizes at which three others lose it. The spread falls with the width. One activation, $|x|$, from inputs
 * with one dominant sample too.
 * **Tolerance.** A spread of 0.7 parts the cases. Widths leave noise of some percent, more for steep activations and near 1; broken symmetry makes a spread above 1. Eigenvalues from
 * 0.95 to 1.05 are left out: there neither noise nor growth is over in the depth that is run.
 * **Could miss.** Fixed points that no start tried here leads to.
 * **Found.** Eigenvalues decide, near the fixed point, without exception; relu, leaky relu, tanh and sigmoid keep it at every batch size. Two things that the text does not say: gelu,
 * silu and softplus lose the symmetric fixed point between $B=16$ and $B=64$: $\lambda_L$ passes 1 from 25 to 26 samples for silu, 38 to 39 for gelu, 42 to 43 for softplus. And $|x|$ has a second attractor from about $B=20$ on: with $\lambda_L<1$, one
 * dominant sample among 32 stays dominant. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <math.h>
#include <string.h>

static const double BROKEN = 0.7, BELOW = 0.95, ABOVE = 1.05;
enum { LARGEST = 64 };

/* ## What is predicted */
static double largest_eigenvalue(struct claim *claim, const struct activation *phi, int B,
                                 struct batchnorm_state *state)
{
    claim_need(claim, batchnorm_state(phi, B, state));
    double L = claim_fault(claim, "second_space_only") ? 0 : fabs(state->forward.L.x);
    return fmax(L, fabs(state->forward.M.x));
}

/* ## What happens
 * Inputs: uncorrelated samples of variance 1, but the first. The spread behind the last layer. */
struct start {
    struct batchnorm_network network;
    double first;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct start *start = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &start->network);
    int B = start->network.batch;
    double S[LARGEST * LARGEST] = {0}, mean = 0, most = 0;

    (void)sample;
    for (int i = 0; i < B; i++) {
        S[i * B + i] = i == 0 ? start->first : 1;
    }
    if (status == STATUS_OK) {
        status = batchnorm_network_forward(&start->network, S, *stream, &record);
    }
    for (int i = 0; i < B && status == STATUS_OK; i++) {
        double variance = batchnorm_record_forward(&record, start->network.depth)[i * B + i];

        mean += variance / B;
        most = fmax(most, variance);
    }
    out[0] = most / mean - 1;
    batchnorm_record_free(&record);
    return status;
}

/* The least and the largest spread of so many networks of that width. */
static struct moments spreads(struct claim *claim, uint32_t stream, const struct activation *phi, int B, double first,
                              int width, size_t networks)
{
    struct start start = {
        {.depth = (int)claim_integer(claim, "L"), .width = width, .batch = B, .batches = 1, .phi = *phi, .gamma = 1},
        first};
    struct moments moments;
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, 1, draw, &start);

    claim_need(claim, ensemble_moments(&ensemble, &moments));
    return moments;
}

static struct moments asked_spreads(struct claim *claim, uint32_t stream, const struct activation *phi, int B,
                                    double first)
{
    return spreads(claim, stream, phi, B, first, (int)claim_integer(claim, "N"),
                   (size_t)claim_integer(claim, "networks"));
}

/* ## One activation at one batch size
 * Large batches take wide networks: the more samples, the nearer one of them comes to dominance by chance. */
static void compare(struct claim *claim, const struct activation *phi, int B, uint32_t stream)
{
    struct batchnorm_state state;
    double eigenvalue = largest_eigenvalue(claim, phi, B, &state);
    int width = (int)claim_integer(claim, "N"), least = 8 * B * B;
    struct moments spread =
        spreads(claim, stream, phi, B, 1.1, width > least ? width : least, (size_t)claim_integer(claim, "networks"));

    claim_case(claim, "phi = %s, B = %d, eigenvalue %.3f", phi->name, B, eigenvalue);
    if (eigenvalue < BELOW) {
        check_shape(claim, "attracts", exact(BROKEN - spread.most), BROKEN);
    } else if (eigenvalue > ABOVE) {
        check_shape(claim, "repels", exact(spread.least - BROKEN), BROKEN);
    }
    claim_row(claim, phi->name, B, state.forward.L.x, state.forward.M.x, spread.mean);
}

/* ## The activations that the paper names, and three that it does not */
static void eigenvalues_at(struct claim *claim, const char *name, const char *check, int B, bool below)
{
    struct activation phi;
    struct batchnorm_state state;

    claim_need(claim, activation_find(name, &phi));
    double eigenvalue = largest_eigenvalue(claim, &phi, B, &state),
           error = value_bound(state.forward.L) + value_bound(state.forward.M);
    claim_case(claim, "phi = %s, B = %d", name, B);
    check_shape(claim, check, measured(below ? 1 - eigenvalue : eigenvalue - 1, error, QUADRATURE), 1);
}

static void named(struct claim *claim)
{
    static const char *const paper[] = {"id", "relu", "lrelu:0.01", "lrelu:0.3", "tanh", "sigmoid"}, *const lost[] = {
                                                                                                         "gelu", "silu",
                                                                                                         "softplus"};
    static const int B[] = {4, 5, 7, 10, 16, 33, 100, 1000};
    struct activation phi;

    for (size_t k = 0; k < sizeof B / sizeof B[0]; k++) {
        for (size_t i = 0; i < sizeof paper / sizeof paper[0]; i++) {
            eigenvalues_at(claim, paper[i], "named, eigenvalues below 1", B[k], true);
        }
    }
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        eigenvalues_at(claim, lost[i], "kept at B = 16", 16, true);
        eigenvalues_at(claim, lost[i], "lost at B = 64", 64, false);
    }
    claim_need(claim, activation_find("silu", &phi));
    claim_case(claim, "phi = silu, B = 64");
    check_shape(claim, "lost at B = 64", exact(asked_spreads(claim, 1000, &phi, 64, 1.1).least - BROKEN), BROKEN);
}

/* ## The batch size at which they lose it
 * By bisection on $\lambda_L$ from quadrature; the batches on either side by a series of Gegenbauer polynomials. */
static double forward_L(struct claim *claim, const struct activation *phi, int B)
{
    return claim_value(claim, batchnorm_forward_L(phi, B)).x;
}

static void crossing(struct claim *claim, const char *name)
{
    struct activation phi;
    int kept = 16, lost = 64;

    claim_need(claim, activation_find(name, &phi));
    while (lost - kept > 1) {
        int middle = (kept + lost) / 2;

        if (forward_L(claim, &phi, middle) < 1) {
            kept = middle;
        } else {
            lost = middle;
        }
    }
    struct response response = response_of(&phi);
    for (int B = kept; B <= lost; B++) {
        struct batchnorm_state sphere, series;

        claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
        claim_need(claim, batchnorm_state_series(&response, claim_fault(claim, "next_batch") ? B + 1 : B, 60, &series));
        claim_case(claim, "phi = %s, B = %d", name, B);
        check_equal(claim, "next to the loss, series", series.forward.L, sphere.forward.L);
        check_shape(claim, "1 lies between", value_scale(B == kept ? 1 : -1, value_sub(exact(1), sphere.forward.L)), 1);
        claim_row(claim, name, B, sphere.forward.L.x, sphere.forward.M.x, NAN);
    }
}

/* ## What is left of symmetry at finite width
 * Noise: its variance falls like $1/N$, so that a sixteenth of the width has four times the spread. */
static void noise(struct claim *claim, const char *name, uint32_t stream)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    struct value wide = moments_estimate(spreads(claim, stream, &phi, 8, 1, 4000, 48));
    struct value narrow =
        moments_estimate(spreads(claim, stream + 1, &phi, 8, 1, claim_fault(claim, "same_width") ? 4000 : 250, 48));
    claim_case(claim, "phi = %s, B = 8, N = 4000 and 250", name);
    check_at_most(claim, "spread falls with the width", value_div(wide, narrow), exact(0.6));
}

/* ## Two attractors */
static void two_attractors(struct claim *claim)
{
    struct activation phi;

    claim_need(claim, activation_find("abs", &phi));
    eigenvalues_at(claim, "abs", "|x|, eigenvalue", 32, true);
    struct moments near = asked_spreads(claim, 2000, &phi, 32, 1.1);
    struct moments far = asked_spreads(claim, 2001, &phi, 32, claim_fault(claim, "no_dominant_sample") ? 1.1 : 1e4);
    claim_case(claim, "nearly symmetric inputs");
    check_shape(claim, "|x|, symmetric", exact(BROKEN - near.most), BROKEN);
    claim_case(claim, "one dominant sample");
    check_shape(claim, "|x|, dominant", exact(far.least - BROKEN), BROKEN);
}

static void survey(struct claim *claim)
{
    int B[] = {(int)claim_integer(claim, "B"), 8};
    struct activation phi;
    uint32_t stream = 0;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a parameter");
    claim_column(claim, "lambda_L", RELATIVE(1e-8), "quadrature or a closed form");
    claim_column(claim, "lambda_M", RELATIVE(1e-8), "quadrature or a closed form");
    claim_column(claim, "spread", (struct tolerance){TOLERANCE_RELATIVE, 1e-3, true},
                 "the same draws: rounding grows while symmetry breaks");
    if (activation_find(claim_text(claim, "phi"), &phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    compare(claim, &phi, B[0], stream);
    for (const char *const *name = activation_names(); *name != NULL; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int k = 0; k < 2; k++) {
            compare(claim, &phi, B[k], ++stream);
        }
    }
    named(claim);
    crossing(claim, "silu");
    crossing(claim, "gelu");
    crossing(claim, "softplus");
    noise(claim, "relu", 3000);
    noise(claim, "tanh", 3002);
    two_attractors(claim);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("phi", "activation tried first, then all of the table", "relu^1.3"),
                                         integer_by_scale("B", "batch size; then 8", 10, 16, 16, 4, LARGEST),
                                         integer_by_scale("N", "width", 4000, 5000, 100000, 4000, 10000000),
                                         integer_by_scale("L", "depth", 80, 80, 400, 80, 10000),
                                         integer_by_scale("networks", "networks drawn", 1, 1, 8, 1, 1000)},
                          .faults = {{"next_batch", "the series of a batch of one sample more", "next*"},
                                     {"same_width", "both widths the same", "spread*"},
                                     {"second_space_only", "the eigenvalue on L left out", "attracts lost*"},
                                     {"no_dominant_sample", "the second start like the first", "|x|,?dominant"}},
                          .run = survey,
                      }));
}
