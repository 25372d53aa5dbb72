/* # Equations (58) to (60): normalised pre-activations of independent inputs are uncorrelated
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.1, equations (58) to (60). With $u^l=(z^l-\mu^l)/s^l$ and $x,y$ independent,
 *
 * $$\mathbb E_{x,y}\,u^l(x)\,u^l(y)=0$$
 *
 * in every unit, because each factor has mean 0.
 *
 * **Checked.** On a data set of $m$ inputs it is an identity, unit by unit: 0 if $x$ and $y$ are drawn with replacement, and $-1/(m-1)$ if they are different samples, because $\sum u=0$ and $\sum u^2=m$. Both in
 * networks, all layers, inputs of four laws. Then inputs that the statistics have not seen: in layer 1, with the statistics of $M$ Gaussian inputs, two fresh ones have the mean product $1/(M-3)$, since both
 * miss the same mean; it vanishes as $M$ grows, as claimed.
 * **Tolerance.** Rounding for the identities, standard errors for fresh inputs.
 * **Could miss.** Nothing in the identities.
 * **Found.** Holds. For different samples of $m$ data the zero is $-1/(m-1)$; `sec_6_1_finite_data` follows it up. */
#include <assay/evidence/claim.h>
#include <assay/network/order_experiment.h>
#include <float.h>
#include <math.h>

/* ## Identities in one network
 * The unit that is furthest off speaks for its layer. */
static void identities(struct claim *claim, const struct feedforward_pass *pass, int l, int units, const char *law)
{
    int m = pass->samples;
    double zero = 0, different = -1.0 / (m - 1), worst_all = zero, worst_pair = different;

    for (int i = 0; i < units; i++) {
        double sum = 0, square = 0;

        for (int k = 0; k < m; k++) {
            double u = pass->u[l][(size_t)k * (size_t)units + (size_t)i];

            u *= claim_fault(claim, "unbiased") ? sqrt((m - 1.0) / m) : 1;
            sum += u + (claim_fault(claim, "not_centred") ? 0.01 : 0);
            square += u * u;
        }
        double all = sum * sum / ((double)m * m), pair = (sum * sum - square) / ((double)m * (m - 1));
        worst_all = fabs(all) > fabs(worst_all) ? all : worst_all;
        worst_pair = fabs(pair - different) > fabs(worst_pair - different) ? pair : worst_pair;
    }
    claim_case(claim, "%s inputs, m = %d, l = %d", law, m, l);
    check_zero(claim, "with replacement", measured(worst_all, 1e-12, ROUNDING), 1);
    check_equal(claim, "different samples", rounded(different, 1), measured(worst_pair, 64 * DBL_EPSILON, ROUNDING));
}

static void one_network(struct claim *claim, enum input_law law, int m)
{
    int N = (int)claim_integer(claim, "N"), L = (int)claim_integer(claim, "L");
    struct order_experiment experiment = {.samples = m, .law = law};
    struct feedforward network;
    struct feedforward_pass pass;

    feedforward_model_dense(&experiment.model, N, L, N, 1, claim_real(claim, "gamma"), 2, 0.5);
    claim_need(claim, order_experiment_forward(&experiment, claim_stream(claim, 0, (uint32_t)law), &network, &pass));
    for (int l = 1; l < L; l++) {
        identities(claim, &pass, l, N, input_law_name(law));
    }
    feedforward_pass_free(&pass);
    feedforward_free(&network);
}

/* ## Fresh inputs
 * One network of one hidden layer: statistics of $M$ inputs, then pairs that it has not seen. */
static enum status draw_fresh(struct stream *stream, size_t sample, double out[], const void *context)
{
    enum { N = 50, FRESH = 20 };
    struct order_experiment experiment = {.samples = *(const int *)context};
    struct feedforward network;
    struct feedforward_pass seen, fresh;
    struct stream inputs = {{stream->key[0], stream->key[1]}, stream->stream + 1000, stream->sample, 0};
    double X[FRESH * N];

    (void)sample;
    feedforward_model_dense(&experiment.model, N, 2, N, 1, 1, 2, 0.5);
    enum status status = order_experiment_forward(&experiment, *stream, &network, &seen);
    if (status != STATUS_OK) {
        return status;
    }
    status = feedforward_pass_new(&fresh, &network, FRESH);
    if (status == STATUS_OK) {
        stream_normals(&inputs, FRESH * N, X);
        feedforward_forward_given(&network, &fresh, X, &seen);
        out[0] = pair_means_of(FRESH, 1, N, fresh.u[1]).pair / N;
        feedforward_pass_free(&fresh);
    }
    feedforward_pass_free(&seen);
    feedforward_free(&network);
    return status;
}

static void fresh_inputs(struct claim *claim, int M, uint32_t stream)
{
    struct moments product;
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "networks"), 1, draw_fresh, &M);
    double exact_mean = 1.0 / (M - (claim_fault(claim, "one_over_M") ? 0 : 3));

    claim_need(claim, ensemble_moments(&ensemble, &product));
    claim_case(claim, "M = %d", M);
    check_equal(claim, "fresh inputs", rounded(exact_mean, 1), moments_mean(product));
    claim_row(claim, "fresh", M, 1.0 / (M - 3), BOTH(moments_mean(product)));
}

static void independent(struct claim *claim)
{
    static const int sizes[] = {2, 3, 10, 64}, batches[] = {6, 8, 12, 24};

    claim_labels(claim, "series");
    claim_column(claim, "m", EXACT, "a grid");
    claim_column(claim, "exact", RELATIVE(1e-14), "a closed form");
    claim_column(claim, "measured", (struct tolerance){TOLERANCE_SIGMAS, 0.1, true}, "sampled; the same draws");
    claim_column(claim, "measured_err", (struct tolerance){TOLERANCE_RELATIVE, 0.05, true}, "a standard error");
    for (int i = 0; i < 4; i++) {
        for (int law = 0; law < INPUT_LAWS; law++) {
            if (law == INPUT_SIGNS && sizes[i] < 10) {
                continue; // few signs can agree in all samples of a batch
            }
            one_network(claim, (enum input_law)law, sizes[i]);
        }
    }
    one_network(claim, INPUT_NORMAL, (int)claim_integer(claim, "m"));
    for (uint32_t i = 0; i < 4; i++) {
        fresh_inputs(claim, batches[i], 10 + i);
    }
    for (int m = 6; m <= 24; m++) {
        claim_row(claim, "different", m, -1.0 / (m - 1), NAN, NAN);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers", 4, 2, 6), integer("N", "width and inputs", 64, 16, 512),
                           integer("m", "one more number of data", 200, 4, 1000),
                           real("gamma", "batchnorm's factor", 1, 0.01, 100),
                           integer_by_scale("networks", "how many see fresh inputs", 500, 4000, 100000, 500, 10000000)},
            .faults = {{"unbiased", "the variance with 1 / (m - 1)", "different*"},
                       {"not_centred", "a mean that is off by a hundredth", "with* different*"},
                       {"one_over_M", "1 / M", "fresh*"}},
            .run = independent,
        }));
}
