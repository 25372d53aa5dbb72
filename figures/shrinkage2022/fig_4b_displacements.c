/* # Figure 4b (on Fashion-MNIST in MNIST's place): full and skimmed networks move their common parameters alike
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.2, figure 4b. A network of 82 critical layers, relu and erf in
 * turn, and the same network with the 16 middle layers replaced by one linear layer are trained from the same weights. At each layer that
 * they share the figure shows Pearson's correlation between the total displacements of its parameters. The text reads from it:
 * large, up to $0.8$, far from the block; small but positive, about $0.1$, close to it.
 *
 * The linear layer is here the block's linearisation at the mean of its inputs: tangent and value, so that it has a bias. The text speaks of a
 * linear transformation and of linearising; `--set layer=fresh` puts a new random linear layer there. Both networks see the same minibatches.
 *
 * **Checked.** That the layers near the output move alike, and more so than the layers that follow the block. Control: the full network of one pair
 * and the skimmed network of another, with independent weights and the same minibatches, have no correlation.
 * **Tolerance.** Standard error over pairs of networks, widened for their small number. Networks narrower than 32 are refused: there a relu layer may
 * map an image to zero, which has no direction.
 * **Could miss.** The values $0.8$ and $0.1$, which depend on width and length of training. The side below the block: there the correlation is
 * small in these narrow networks, and its excess at the first layers isn't resolved.
 * **Found.** Holds in shape above the block. Near the output the correlation is $0.9$ or more, and falls to a few tenths and less at the block. Below the
 * block it is about zero to $0.2$ throughout at width 64; trials at width 256 gave $0.5$ at the first layers and $0.1$ to $0.2$ before the block. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/skimming.h>
#include <assay/network/training.h>
#include <math.h>
#include <string.h>

struct figure {
    struct layernorm_network network; // an embedding, then L layers
    int first, last;                  // the block, counted with the embedding
    bool linearised, strangers;
    struct images train;
    struct training training;
    struct stream order; // the minibatches, the same for all
    size_t shared;       // parameters of shared layers
};

/* ## A pair
 * Shared parameters stand before and after the block's, in the same order in both networks. */
static enum status displace(struct classifier *classifier, const struct figure *figure, int after, double out[])
{
    const struct layernorm_network *network = &classifier->model.network;
    size_t head = layernorm_offset(network, figure->first), tail = layernorm_offset(network, after);
    double *initial = memory_copy(classifier->parameters, classifier->parameter);
    enum status status = training_run(classifier, &figure->train, NULL, &figure->training, figure->order, NULL, NULL);

    for (size_t i = 0; i < figure->shared; i++) {
        size_t at = i < head ? i : i - head + tail;

        out[i] = classifier->parameter[at] - initial[at];
    }
    memory_free(initial);
    return status;
}

static enum status draw_pair(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    struct classifier full = {.parameter = NULL}, skimmed = {.parameter = NULL};
    struct layernorm_layer *layer = memory_new((size_t)figure->network.depth, sizeof *layer);
    enum status status = classifier_new(&full, &figure->network, figure->train.classes, 0.5, *stream);

    (void)sample;
    if (status == STATUS_OK) {
        status = displace(&full, figure, figure->last + 1, out);
    }
    classifier_free(&full);
    if (status == STATUS_OK && figure->strangers) {
        stream->sample += 1000000;
    }
    if (status == STATUS_OK) {
        status = classifier_new(&full, &figure->network, figure->train.classes, 0.5, *stream);
    }
    if (status == STATUS_OK) {
        stream->draw += full.parameters;
        status = skimming_classifier(&skimmed, &full, figure->first, figure->last, layer, *stream);
    }
    if (status == STATUS_OK && figure->linearised) {
        int samples = figure->train.count < 256 ? (int)figure->train.count : 256;

        status = skimming_linearise(&skimmed, &full, figure->first, figure->last, samples, figure->train.pixels);
    }
    if (status == STATUS_OK) {
        status = displace(&skimmed, figure, figure->first + 1, out + figure->shared);
    }
    classifier_free(&full);
    classifier_free(&skimmed);
    memory_free(layer);
    return status;
}

/* ## Pearson's correlation at one layer */
static double pearson(size_t n, const double x[], const double y[])
{
    struct moments a = moments_of(n, x, 1), b = moments_of(n, y, 1);
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += (x[i] - a.mean) * (y[i] - b.mean);
    }
    return sum / sqrt(a.deviations * b.deviations);
}

/* r[k], $k$ over shared layers: full network of pair i, skimmed network of pair j. */
static void correlate(const struct figure *figure, const double rows[], size_t i, size_t j, double r[])
{
    const double *full = rows + 2 * figure->shared * i, *skimmed = rows + 2 * figure->shared * j + figure->shared;

    for (int l = 1, k = 0; l <= figure->network.depth; l++) {
        size_t n = layernorm_offset(&figure->network, l + 1) - layernorm_offset(&figure->network, l);

        if (skimming_layer(figure->first, figure->last, l) > 0) {
            r[k++] = pearson(n, full, skimmed);
            full += n;
            skimmed += n;
        }
    }
}

static double mean_of(const double r[], int from, int n)
{
    return moments_of((size_t)n, r + from, 1).mean;
}

/* ## All pairs, and the control
 * Four layers (fewer in shallow networks) next to the output stand for far, four above the block for near. */
static void compare(struct claim *claim, const struct figure *figure, size_t pairs, const double rows[])
{
    int layers = figure->network.depth - (figure->last - figure->first + 1),
        above = figure->network.depth - figure->last;
    int few = above >= 8 ? 4 : (above + 1) / 2;
    struct moments far = moments_empty(), fall = moments_empty(), control = moments_empty();
    struct moments *own = memory_new((size_t)layers, sizeof *own), *other = memory_new((size_t)layers, sizeof *other);
    double *r = memory_doubles((size_t)layers), *s = memory_doubles((size_t)layers);

    for (int k = 0; k < layers; k++) {
        own[k] = other[k] = moments_empty();
    }
    for (size_t i = 0; i < pairs; i++) {
        correlate(figure, rows, i, i, r);
        correlate(figure, rows, i, claim_fault(claim, "own_as_control") ? i : (i + 1) % pairs, s);
        moments_add(&far, mean_of(r, layers - few, few));
        moments_add(&fall, mean_of(r, layers - few, few) - mean_of(r, layers - above, few));
        moments_add(&control, mean_of(s, 0, layers));
        for (int k = 0; k < layers; k++) {
            moments_add(&own[k], r[k]);
            moments_add(&other[k], s[k]);
        }
    }
    claim_case(claim, "the last %d layers", few);
    check_shape(claim, "far", moments_estimate(far), 1);
    claim_case(claim, "the last %d layers against %d above the block", few, few);
    check_shape(claim, "falls towards the block", moments_estimate(fall), 1);
    claim_case(claim, "all %d layers", layers);
    check_zero(claim, "other weights", moments_estimate(control), 1);
    for (int k = 0; k < 2 * layers; k++) {
        int l = k % layers, at = l < figure->first - 1 ? l : l + (figure->last - figure->first + 1);

        claim_row(claim, k < layers ? "same weights" : "other weights", at,
                  BOTH(moments_mean(k < layers ? own[l] : other[l])));
    }
    memory_free(own);
    memory_free(other);
    memory_free(r);
    memory_free(s);
}

static void draw_figure(struct claim *claim)
{
    int L = (int)claim_integer(claim, "L"), block = (int)claim_integer(claim, "block");
    struct layernorm_layer *layer = memory_new((size_t)L + 1, sizeof *layer);
    size_t pairs = (size_t)claim_integer(claim, "pairs");
    struct figure figure = {.first = (L - block) / 2 + 2,
                            .last = (L - block) / 2 + 1 + block,
                            .linearised = strcmp(claim_text(claim, "layer"), "linearised") == 0,
                            .strangers = claim_fault(claim, "other_weights"),
                            .training = {(int)claim_integer(claim, "epochs"), 16, claim_real(claim, "rate"), 0.9, 1},
                            .order = claim_stream(claim, 1, 0)};

    if (block > L - 4) {
        claim_refuse(claim, "block = %d leaves fewer than two layers on one side of it in L = %d", block, L);
    }
    claim_need(claim,
               images_read(claim_text(claim, "data"), "train", (size_t)claim_integer(claim, "images"), &figure.train));
    claim_need(claim, skimming_alternate(L + 1, (int)claim_integer(claim, "N"), 2, (const char *const[]){"relu", "erf"},
                                         layer));
    figure.network = (struct layernorm_network){(int)figure.train.features, L + 1, layer};
    figure.shared = layernorm_offset(&figure.network, figure.first) + layernorm_offset(&figure.network, L + 2) -
                    layernorm_offset(&figure.network, figure.last + 1);
    claim_labels(claim, "series");
    claim_column(claim, "l", EXACT, "a grid; 0 is the embedding");
    claim_column(claim, "r", SIGMAS(6), "training amplifies rounding into another draw: 4 sqrt 2 standard errors");
    claim_column(claim, "r_err", RELATIVE(1.5), "a standard error of 24 pairs, drawn again");
    double *rows = memory_doubles(2 * figure.shared * pairs);
    struct ensemble ensemble = claim_ensemble(claim, 0, pairs, 2 * figure.shared, draw_pair, &figure);
    claim_need(claim, ensemble_rows(&ensemble, rows));
    compare(claim, &figure, pairs, rows);
    memory_free(rows);
    memory_free(layer);
    images_free(&figure.train);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                           choice("layer", "what replaces the block", "linearised|fresh"),
                           integer("L", "non-linear layers", 82, 8, 512),
                           integer("block", "middle layers replaced", 16, 1, 508),
                           integer_by_scale("N", "width", 32, 64, 256, 32, 1024),
                           integer_by_scale("pairs", "pairs of networks", 64, 24, 16, 16, 1000),
                           integer_by_scale("images", "training images", 160, 1200, 60000, 100, 60000),
                           integer_by_scale("epochs", "passes over them", 1, 1, 10, 1, 100),
                           real("rate", "learning rate; momentum 0.9, minibatches of 16", 0.002, 0.0001, 0.01)},
            .faults = {{"other_weights", "the skimmed network made from other initial weights",
                        "far falls?towards?the?block"},
                       {"own_as_control", "the control taken from the same pair", "other?weights"}},
            .scaled = "Fashion-MNIST in MNIST's place; networks of width 64 trained on 1200 images once: the paper "
                      "names no width, and full training takes hours.",
            .run = draw_figure,
        }));
}
