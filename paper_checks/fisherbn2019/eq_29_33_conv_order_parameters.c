/* # Equations 29 to 33: nine order parameters of a convolution, and where they start
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.2.1, equations 29 to 33, with 26 to 28 and 78 to 80. Means of products, of one input, of two inputs $x,y$ at the same site, of two inputs at two different sites: of $z^l$ and $h^l$ a channel, and of
 * $\delta^l_\alpha=\partial f/\partial z^l_\alpha$ summed over channels,
 *
 * $$\hat q_{\alpha\beta,xy}^l=\frac1{C_l}\mathbb E_{\alpha\ne\beta}\mathbb E_{x,y,\theta}\langle h_\alpha^l(x),h_\beta^l(y)\rangle,\qquad\tilde q_{\alpha\beta,xy}^l=\mathbb E_{\alpha\ne\beta}\mathbb E_{x,y,\theta}\langle\delta_\alpha^l(x),\delta_\beta^l(y)\rangle.$$
 *
 * **Checked.** The definitions, as double sums over samples and sites of a small network, against the library's means, which all programs of this section measure with. The law of the weights (27), and that each site and channel is normalised by itself (28).
 * Sums over all sites, of which (167) makes use. Where the recursions start: $\hat q^0=1$, $\hat q^0_{xy}=\hat q^0_{\alpha\beta,xy}=0$; $\tilde q^L=\tilde q^L_{xy}=1$; and $\tilde q_{\alpha\beta,xy}$ below a read-out that flattens the map, and below one that sums over it.
 * **Tolerance.** Rounding. Standard errors over networks.
 * **Could miss.** Definitions cannot be false; what is checked is that they are read as meant.
 * **Found.** The text gives no start for $\tilde q_{\alpha\beta,xy}$, which has no meaning at an output of one site. One layer below it is 0 with the paper's read-out, whose weights are independent from site to site. Started at 1 as $\tilde q$ and $\tilde q_{xy}$ are, it stays of order 1. */
#include <assay/base/memory.h>
#include <assay/experiment/order_limits.h>
#include <math.h>

enum { SAMPLES = 5 };

/* ## As defined
 * A is samples x sites x channels; kind 0: one input, 1: two inputs, 2: two inputs at two sites. */
static double defined(struct claim *claim, int kind, int sites, int channels, const double A[])
{
    double sum = 0;
    long count = 0;

    for (int p = 0; p < SAMPLES * sites * SAMPLES * sites; p++) {
        int first = p / (SAMPLES * sites), second = p % (SAMPLES * sites);
        bool same_input = first / sites == second / sites, same_site = first % sites == second % sites;
        bool counts = kind == 0   ? same_input && same_site
                      : kind == 1 ? !same_input && same_site
                                  : !same_input && (!same_site || claim_fault(claim, "equal_sites_too"));

        for (int i = 0; i < channels && counts; i++) {
            sum += A[first * channels + i] * A[second * channels + i];
        }
        count += counts;
    }
    return sum / (double)count;
}

static void means(struct claim *claim, const char *array, int sites, int channels, const double A[])
{
    struct pair_means library = pair_means_of(SAMPLES, sites, channels, A);
    const double witness[] = {library.same, library.pair, library.across};
    double bound = 1e-13 * library.same;

    for (int kind = 0; kind < (sites > 1 ? 3 : 2); kind++) {
        claim_case(claim, "%s, %s", array, order_triple_name[kind]);
        check_equal(claim, kind == 2 ? "definition, two sites" : "definition",
                    measured(defined(claim, kind, sites, channels, A), bound, ROUNDING),
                    measured(witness[kind], bound, ROUNDING));
    }
}

/* The sum over all pairs of sites, of two inputs: |K| of one kind and |K|(|K| - 1) of the other. */
static void sum_over_sites(struct claim *claim, int sites, int channels, const double A[])
{
    struct pair_means library = pair_means_of(SAMPLES, sites, channels, A);
    double K = sites, direct = 0;

    for (int x = 0; x < SAMPLES; x++) {
        for (int y = 0; y < SAMPLES; y++) {
            for (int i = 0; i < channels && x != y; i++) {
                double at_x = 0, at_y = 0;

                for (int a = 0; a < sites; a++) {
                    at_x += A[(x * sites + a) * channels + i];
                    at_y += A[(y * sites + a) * channels + i];
                }
                direct += at_x * at_y / (SAMPLES * (SAMPLES - 1));
            }
        }
    }
    claim_case(claim, "%d sites", sites);
    check_equal(claim, "sum over sites",
                measured(K * library.pair + K * (K - 1) * library.across, 1e-12 * K * library.same, ROUNDING),
                measured(direct, 1e-12 * K * library.same, ROUNDING));
}

/* ## Each site and channel normalised by itself (28) */
static void normalised(struct claim *claim, const struct feedforward *net, const struct feedforward_pass *pass, int l)
{
    int size = feedforward_size(net, l);

    for (int at = 0; at < size; at++) {
        double mean = 0, square = 0;

        for (int x = 0; x < SAMPLES; x++) {
            mean += pass->u[l][x * size + at] / SAMPLES;
            square += pass->u[l][x * size + at] * pass->u[l][x * size + at] / SAMPLES;
        }
        claim_case(claim, "layer %d, number %d", l, at);
        check_zero(claim, "28, mean", measured(mean, 1e-12, ROUNDING), 1);
        check_equal(claim, "28, variance", measured(1, 1e-12, ROUNDING), measured(square, 1e-12, ROUNDING));
    }
}

static void small_network(struct claim *claim, double gamma)
{
    struct feedforward_model model;
    struct feedforward net;
    struct feedforward_pass pass;
    struct stream inputs = claim_stream(claim, 301, 0);
    double X[SAMPLES * 7 * 7 * 2], D[SAMPLES] = {1, 1, 1, 1, 1};

    feedforward_model_convolutions(&model, 7, 2, 3, 2, 3, 2, 1, 1, gamma, 2, 0.5);
    claim_need(claim, feedforward_new(&net, &model, claim_stream(claim, 300, 0)));
    claim_need(claim, feedforward_pass_new(&pass, &net, SAMPLES));
    stream_normals(&inputs, sizeof X / sizeof *X, X);
    feedforward_forward(&net, &pass, X);
    feedforward_backward(&net, &pass, STATISTICS_FROZEN, D);
    for (int l = 1; l < 3; l++) {
        int sites = feedforward_sites(&net, l), channels = feedforward_channels(&net, l);

        means(claim, "z", sites, channels, pass.z[l]);
        means(claim, "h", sites, channels, pass.h[l]);
        means(claim, "delta", sites, channels, pass.delta[l]);
        sum_over_sites(claim, sites, channels, pass.h[l]);
        sum_over_sites(claim, sites, channels, pass.delta[l]);
        if (gamma > 0) {
            normalised(claim, &net, &pass, l);
        }
    }
    feedforward_pass_free(&pass);
    feedforward_free(&net);
}

/* ## The law of the weights (27) */
static void weights(struct claim *claim, struct convolutions wide)
{
    struct feedforward_model model;
    struct feedforward drawn;

    wide.C = wide.C < 120 ? 120 : wide.C; // many weights
    struct order_network sizes = convolutions_averaged(claim, &wide);

    feedforward_model_convolutions(&model, wide.side, wide.inputs, wide.layers, wide.C, wide.kernel, wide.stride, 0, 1,
                                   0, wide.sigma_w2, wide.sigma_b2);
    claim_need(claim, feedforward_new(&drawn, &model, claim_stream(claim, 302, 0)));
    for (int l = 1; l < wide.layers; l++) {
        size_t count = drawn.count[l][PART_WEIGHTS];
        double *squares = memory_copy(count, drawn.parameter + drawn.offset[l][PART_WEIGHTS]);
        double N = sizes.layer[l - 1].channels * (claim_fault(claim, "taps_forgotten") ? 1 : sizes.layer[l].taps);

        for (size_t i = 0; i < count; i++) {
            squares[i] *= squares[i];
        }
        claim_case(claim, "layer %d", l);
        check_equal(claim, "27, variance", rounded(wide.sigma_w2 / N, 2), moments_mean(moments_of(count, squares, 1)));
        memory_free(squares);
    }
    feedforward_free(&drawn);
}

/* ## Where the recursions start */
static void starts(struct claim *claim, const struct convolutions *net, const struct order_parameters drawn[],
                   const struct order_parameters pooled[])
{
    int L = net->layers;
    struct order_network network = convolutions_averaged(claim, net);

    claim_case(claim, "input");
    check_equal(claim, "start, q hat", exact(claim_fault(claim, "swapped") ? 0 : 1), drawn[0].h.same);
    check_zero(claim, "start, q hat of two inputs", drawn[0].h.pair, 1);
    check_zero(claim, "start, q hat of two sites", drawn[0].h.across, 1);
    claim_case(claim, "output");
    check_equal(claim, "start, q tilde", exact(1), drawn[L].delta.same);
    check_equal(claim, "start, q tilde of two inputs", exact(1), drawn[L].delta.pair);
    for (int l = 1; l < L; l++) {
        const struct order_triple *flat = &drawn[l].delta, *sum = &pooled[l].delta;

        claim_row(claim, "flattened", l, BOTH(drawn[l].h.pair), BOTH(drawn[l].h.across),
                  BOTH(value_scale(1 / flat->pair.x, flat->across)));
        claim_case(claim, "layer %d", l);
        if (network.layer[l].sites > 1) {
            check_zero(claim, "two sites, flattened", flat->across, flat->pair.x);
        }
        if (network.layer[l].sites > 1 && l == L - 1) {
            check_differs(claim, "two sites from 1", flat->pair, flat->across);
            check_shape(claim, "two sites, summed", sum->across, sum->pair.x);
        }
    }
    for (int l = 1; l < L; l++) {
        claim_row(claim, "summed", l, BOTH(pooled[l].h.pair), BOTH(pooled[l].h.across),
                  BOTH(value_scale(1 / pooled[l].delta.pair.x, pooled[l].delta.across)));
    }
}

static void order_parameters(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, false), pooled;
    struct order_parameters drawn[ORDER_LAYERS + 1], summed[ORDER_LAYERS + 1];

    net.padding = 0;
    net.outputs = 4;
    pooled = net;
    pooled.pooled = true;
    claim_labels(claim, "read_out");
    claim_column(claim, "l", EXACT, "a grid");
    drawn_columns(claim, "h_pair");
    drawn_columns(claim, "h_across");
    drawn_columns(claim, "delta_ratio");
    if (convolutions_averaged(claim, &net).layer[net.layers - 1].sites == 1) {
        claim_refuse(claim, "side %d, L = %d: one site in the last map", net.side, net.layers);
    }
    small_network(claim, 0);
    small_network(claim, 1.5);
    weights(claim, net);
    convolutions_measure(claim, 0, &net, drawn);
    convolutions_measure(claim, 20, &pooled, summed);
    starts(claim, &net, drawn, summed);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {CONVOLUTION_PARAMETERS(8, 24, 24, 1000)},
            .faults = {{"equal_sites_too", "the mean over pairs of sites with alpha = beta in it", "definition,?two*"},
                       {"taps_forgotten", "N_l = C_l in place of C_l |F|", "27*"},
                       {"swapped", "q-hat of the input 0, as printed below (19)", "start,?q?hat"}},
            .errata = {{"E5",
                        "The start of $\\tilde q_{\\alpha\\beta,xy}$ (33) is not given; 1, as those of $\\tilde q$ and "
                        "$\\tilde q_{xy}$, is the only one in the text",
                        "It is 0 in the layer below a read-out that flattens.", "two?sites?from*",
                        "two?sites,?flattened",
                        "(45) from 1 is too large by two orders of magnitude: see its own program.",
                        "Two sites read out with independent weights: $\\mathbb E\\,\\delta_1\\delta_2=\\mathbb "
                        "E\\,w_1w_2\\,\\sigma_1'\\sigma_2'=0$."}},
            .run = order_parameters,
        }));
}
