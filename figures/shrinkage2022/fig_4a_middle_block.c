/* # Figure 4a (on Fashion-MNIST in MNIST's place): correlations that enter the middle block of a deep network
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.2, figure 4a. Of 82 critical layers that alternate
 * between relu and erf a block of 16 middle ones is later replaced by one linear layer. The text justifies that with the inputs that the block
 * sees: any two of them, it says, have correlation at least about $0.97$, and training changes this little. Red: the smallest
 * correlation over pairs of test images at each layer, before and after training. Black: infinite width.
 *
 * Layers are counted without the embedding and the read-out; 16 middle ones of 82 have 33 before and 33 after them.
 *
 * **Checked.** The map, from antipodal inputs, against networks that are drawn and not trained. The $0.97$ for a block in the middle, and for one
 * that begins half way up, in both orders of the activations. That training undoes less than half of what the layers before the block did to the
 * smallest correlation: the reading taken here of a change that isn't significant.
 * **Tolerance.** $0.97$ has two digits, $\pm0.005$. Maps: $8$ ulp a layer. Networks: standard error of $\log(1-\rho)$, widened for their small number, and a bias
 * of finite width, measured by halving the width. Training: standard error over networks, widened.
 * **Could miss.** What longer training does, and wider networks: those trained here are narrow, and their smallest correlations lie below the limit's.
 * **Found.** Refuted for a block in the middle: an infinitely wide network brings antipodal inputs to $0.955$ there; at half depth, after 41 layers, they
 * have $0.97$. Training changes little at the block's entry. Towards the output it takes correlations apart, the more the more it learns. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/skimming.h>
#include <assay/network/training.h>
#include <assay/numerics/linear.h>
#include <assay/random/haar.h>
#include <math.h>
#include <string.h>

enum { PRINTED_LAYERS = 82, PRINTED_BLOCK = 16 };

static const char *const orders[2][2] = {{"relu", "erf"}, {"erf", "relu"}};

struct figure {
    struct layernorm_network network; // an embedding, then L layers
    int entry;                        // layers before the block
    struct images train, test;
    struct training training;
};

/* ## Infinite width
 * Both orders of the two maps, each with the bias that makes it critical. gap[l], $l=0\dots L$; gap[0] is given. */
static void follow(struct claim *claim, const char *const order[2], int L, double gap[])
{
    struct correlation_map map[2];

    for (int i = 0; i < 2; i++) {
        struct activation phi;

        claim_need(claim, activation_find(order[i], &phi));
        double ratio = claim_value(claim, critical_bias_ratio(&phi)).x;
        claim_need(claim, correlation_map_layer(&map[i], &phi, claim_fault(claim, "no_bias") ? 0 : ratio));
    }
    for (int l = 1; l <= L; l++) {
        gap[l] = correlation_map_gap(&map[(l - 1) % 2], gap[l - 1]);
    }
}

static struct value correlation_at(const double gap[], int l)
{
    return value_sub(exact(1), rounded(gap[l], 8.0 * l));
}

/* ## The printed 0.97
 * It claims a lower bound for the worst pair: antipodal inputs. */
static void check_printed(struct claim *claim)
{
    int middle = (PRINTED_LAYERS - PRINTED_BLOCK) / 2, half = PRINTED_LAYERS / 2;
    struct value printed = measured(0.97, 0.005, ROUNDING);

    for (int k = 0; k < 2; k++) {
        double gap[PRINTED_LAYERS + 1] = {2};

        follow(claim, orders[k], PRINTED_LAYERS, gap);
        claim_case(claim, "%s first, after %d layers", orders[k][0], middle);
        check_not_at_least(claim, "printed", correlation_at(gap, claim_fault(claim, "half_way") ? half : middle),
                           printed);
        claim_case(claim, "%s first, after %d layers", orders[k][0], half);
        check_equal(claim, "half way", printed, correlation_at(gap, half));
    }
}

/* ## Networks before training
 * One antipodal pair each: $\log(1-\rho_l)$. */
static enum status draw_pair(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct layernorm_network *network = context;
    double *X = memory_doubles(2 * (size_t)network->inputs), *gap = memory_doubles((size_t)network->depth + 1);
    enum status status = sphere_pair(stream, network->inputs, sqrt(network->inputs), -1, X, X + network->inputs);

    (void)sample;
    if (status == STATUS_OK) {
        status = layernorm_propagate(network, *stream, 2, X, 0, NULL, propagation_record_gaps, gap);
    }
    for (int l = 1; l <= network->depth; l++) {
        out[l - 1] = log(gap[l]);
    }
    memory_free(X);
    memory_free(gap);
    return status;
}

static void check_networks(struct claim *claim, const char *const order[2], int L, int width, const double gap[],
                           struct moments wide[])
{
    struct layernorm_layer *layer = memory_new((size_t)L + 1, sizeof *layer);
    struct moments *half = memory_new((size_t)L + 1, sizeof *half);
    struct layernorm_network network = {.inputs = width, .depth = L + 1, .layer = layer};
    size_t networks = (size_t)claim_integer(claim, "networks");

    claim_need(claim, skimming_alternate(L + 1, width, 2, order, layer));
    struct ensemble ensemble = claim_ensemble(claim, 0, networks, (size_t)L + 1, draw_pair, &network);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    claim_need(claim, skimming_alternate(L + 1, width / 2, 2, order, layer));
    network.inputs = width / 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, (size_t)L + 1, draw_pair, &network);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int l = 1; l <= L; l++) {
        struct value drawn = moments_limit(wide[l], half[l]);
        struct value theory = rounded(gap[l], 8.0 * l);

        claim_case(claim, "l = %d, N = %d", l, width);
        check_zero(claim, "networks", value_sub(drawn, value_through(theory, log(theory.x), 1 / theory.x)), 1);
    }
    memory_free(layer);
    memory_free(half);
}

/* ## Networks that learn
 * The smallest correlation over pairs of test images at each layer, before and after. The last output is the part of the rise, from the embedding
 * to the block, that training took back. */
static enum status least_correlation(const struct layer_state *state, void *context)
{
    double *G = memory_doubles((size_t)state->samples * (size_t)state->samples), *least = context;

    linear_gram(state->samples, state->width, state->Z, G);
    least[state->layer] = 1;
    for (int i = 0; i < state->samples; i++) {
        for (int j = 0; j < i; j++) {
            least[state->layer] = fmin(least[state->layer], G[i * state->samples + j] / state->width);
        }
    }
    memory_free(G);
    return STATUS_OK;
}

static enum status train(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int points = figure->network.depth + 1, entry = figure->entry + 1;
    double *before = out, *after = out + points;
    struct classifier classifier = {.parameter = NULL};
    enum status status = classifier_new(&classifier, &figure->network, figure->train.classes, 0.5, *stream);

    (void)sample;
    if (status == STATUS_OK) {
        status = layernorm_model_propagate(&classifier.model, (int)figure->test.count, figure->test.pixels, 0, NULL,
                                           least_correlation, before);
    }
    if (status == STATUS_OK) {
        status = training_run(&classifier, &figure->train, NULL, &figure->training, *stream, NULL, NULL);
    }
    if (status == STATUS_OK) {
        status = layernorm_model_propagate(&classifier.model, (int)figure->test.count, figure->test.pixels, 0, NULL,
                                           least_correlation, after);
    }
    out[2 * points] = (before[entry] - after[entry]) / (before[entry] - before[1]);
    classifier_free(&classifier);
    return status;
}

static void read_data(struct claim *claim, struct figure *figure)
{
    claim_need(claim,
               images_read(claim_text(claim, "data"), "train", (size_t)claim_integer(claim, "images"), &figure->train));
    claim_need(claim,
               images_read(claim_text(claim, "data"), "t10k", (size_t)claim_integer(claim, "tests"), &figure->test));
}

static void check_training(struct claim *claim, const struct figure *figure, struct moments trained[])
{
    size_t points = (size_t)figure->network.depth + 1;
    struct ensemble ensemble =
        claim_ensemble(claim, 2, (size_t)claim_integer(claim, "seeds"), 2 * points + 1, train, figure);

    claim_need(claim, ensemble_moments(&ensemble, trained));
    struct value undone = moments_estimate(trained[2 * points]);

    undone.x = claim_fault(claim, "all_undone") ? 1 - undone.x : undone.x;
    claim_case(claim, "entering layer %d", figure->entry + 1);
    check_shape(claim, "kept", value_sub(exact(0.5), value_through(undone, fabs(undone.x), 1)), 0.5);
}

static void tabulate(struct claim *claim, int L, const double gap[], const double data_gap[],
                     const struct moments drawn[], const struct moments trained[])
{
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-11), "iterated maps; from antipodal inputs");
    claim_column(claim, "theory_images", RELATIVE(1e-11), "iterated maps; from the least correlated images");
    claim_column(claim, "log_gap", ABSOLUTE(1e-3), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_gap_err", ABSOLUTE(1e-3), "a standard error; of equal numbers, rounding");
    claim_column(claim, "before", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "before_err", ABSOLUTE(1e-3), "a standard error");
    claim_column(claim, "after", SIGMAS(6), "training amplifies rounding into another draw: 4 sqrt 2 standard errors");
    claim_column(claim, "after_err", RELATIVE(4), "a standard error of eight networks, drawn again");
    for (int l = 0; l <= L; l++) {
        claim_row(claim, NULL, l, 1 - gap[l], 1 - data_gap[l], BOTH(moments_mean(drawn[l])),
                  BOTH(moments_mean(trained[l + 1])), BOTH(moments_mean(trained[L + 2 + l + 1])));
    }
}

static void draw_figure(struct claim *claim)
{
    int L = (int)claim_integer(claim, "L"), block = (int)claim_integer(claim, "block"),
        width = (int)claim_integer(claim, "N");
    const char *const *order = orders[strcmp(claim_text(claim, "first"), "erf") == 0];
    struct layernorm_layer *layer = memory_new((size_t)L + 1, sizeof *layer);
    struct moments *drawn = memory_new((size_t)L + 1, sizeof *drawn),
                   *trained = memory_new(2 * (size_t)L + 5, sizeof *trained);
    double *gap = memory_doubles((size_t)L + 1), *data_gap = memory_doubles((size_t)L + 1);
    struct figure figure = {.entry = (L - block) / 2,
                            .training = {(int)claim_integer(claim, "epochs"), 16, claim_real(claim, "rate"), 0.9, 1}};

    if (block > L - 2) {
        claim_refuse(claim, "block = %d leaves nothing on one side of it in L = %d layers", block, L);
    }
    read_data(claim, &figure);
    check_printed(claim);
    gap[0] = 2;
    follow(claim, order, claim_fault(claim, "one_layer_less") ? L - 1 : L, gap + claim_fault(claim, "one_layer_less"));
    check_networks(claim, order, L, (int)claim_integer(claim, "M"), gap, drawn);
    claim_need(claim, skimming_alternate(L + 1, width, 2, order, layer));
    figure.network = (struct layernorm_network){(int)figure.train.features, L + 1, layer};
    check_training(claim, &figure, trained);
    data_gap[0] = 1 - trained[0].mean;
    follow(claim, order, L, data_gap);
    tabulate(claim, L, gap, data_gap, drawn, trained);
    images_free(&figure.train);
    images_free(&figure.test);
    memory_free(layer);
    memory_free(drawn);
    memory_free(trained);
    memory_free(gap);
    memory_free(data_gap);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                           choice("first", "activation of the first layer after the embedding", "relu|erf"),
                           integer("L", "non-linear layers", 82, 4, 512),
                           integer("block", "layers of the middle block", 16, 1, 510),
                           integer_by_scale("M", "width of the networks drawn", 64, 512, 2048, 64, 8192),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 160, 16,
                                            50, 16, 10000),
                           integer_by_scale("N", "width of the networks trained", 32, 64, 256, 32, 1024),
                           integer_by_scale("seeds", "how many are trained", 8, 8, 8, 8, 1000),
                           integer_by_scale("images", "training images", 100, 1200, 60000, 100, 60000),
                           integer_by_scale("tests", "test images, all pairs of them", 32, 128, 1000, 16, 2000),
                           integer_by_scale("epochs", "passes over the training images", 1, 2, 10, 1, 100),
                           real("rate", "learning rate; momentum 0.9, minibatches of 16", 0.003, 0.0001, 0.01)},
            .faults = {{"no_bias", "both maps without bias: erf's is chaotic then", "networks half?way"},
                       {"one_layer_less", "the map applied once too few", "networks"},
                       {"half_way", "a block that begins at half depth", "printed"},
                       {"all_undone", "what training took back exchanged with what it left", "kept"}},
            .errata = {{"S5", "Inputs to the middle 16 of 82 layers have correlation at least $0.97$.",
                        "A block of 16 in the middle of 82 layers is entered after 33 layers, where antipodal inputs "
                        "have $0.955$; they have $0.97$ at half depth, after 41.",
                        "printed", "half?way",
                        "Little: the block that is skipped meets correlations near $0.95$, or begins half way.",
                        "$(82-16)/2=33$ layers come before a block in the middle."}},
            .scaled = "Fashion-MNIST in MNIST's place; networks of width 64 trained on 1200 images for two epochs: the "
                      "paper names no width, and full training takes hours.",
            .run = draw_figure,
        }));
}
