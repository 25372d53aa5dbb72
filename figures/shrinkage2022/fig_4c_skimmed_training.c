/* # Figure 4c (on Fashion-MNIST in MNIST's place): full and skimmed networks learn at similar rates
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.2, figure 4c. A network of 82 critical layers, relu and erf in
 * turn, and the same network with the 16 middle layers replaced by one linear layer start from the same weights and see the same
 * minibatches. The text says that their performance improves at similar rates.
 *
 * The linear layer is the block's linearisation at the mean of its inputs, so that both begin at nearly the same loss; `--set layer=fresh` puts a new
 * random linear layer there.
 *
 * **Checked.** That the loss on test images falls in both, and that the mean difference of the two is at most half of the fall, at the end.
 * **Tolerance.** Standard error over pairs of networks, widened for their small number. Networks narrower than 32 are refused: there a relu layer may
 * map an image to zero, which has no direction.
 * **Could miss.** Rates that differ by less than a factor of two. Most of the training: the standard scale sees its beginning, and at this rate and width
 * the loss has fallen little below that of a guess, $\ln10$.
 * **Found.** Holds as far as it is seen. Skimmed networks are not slower: the mean difference is a tenth of the fall or less. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/skimming.h>
#include <assay/network/training.h>
#include <math.h>
#include <string.h>

enum { EPOCHS = 100 };

struct figure {
    struct layernorm_network network; // an embedding, then L layers
    int first, last;                  // the block, counted with the embedding
    bool linearised;
    struct images train, test;
    struct training training, skimmed_training;
};

/* ## One network: test loss before training and after each epoch, then the accuracies */
struct curve {
    double *loss, *accuracy;
};

static bool record(const struct training_epoch *epoch, void *context)
{
    struct curve *curve = context;

    curve->loss[epoch->epoch] = epoch->test_loss;
    curve->accuracy[epoch->epoch] = epoch->test_accuracy;
    return true;
}

static enum status learn(struct classifier *classifier, const struct figure *figure, const struct training *training,
                         struct stream order, double out[])
{
    struct curve curve = {out, out + training->epochs + 1};
    enum status status = classifier_evaluate(classifier, &figure->test, &curve.loss[0], &curve.accuracy[0]);

    return status == STATUS_OK
               ? training_run(classifier, &figure->train, &figure->test, training, order, record, &curve)
               : status;
}

/* ## A pair
 * The minibatches come from the sample's uniforms, which are independent of the normals that make weights. */
static enum status draw_pair(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    struct classifier full = {.parameter = NULL}, skimmed = {.parameter = NULL};
    struct layernorm_layer *layer = memory_new((size_t)figure->network.depth, sizeof *layer);
    struct stream order = *stream;
    enum status status = classifier_new(&full, &figure->network, figure->train.classes, 0.5, *stream);

    (void)sample;
    if (status == STATUS_OK) {
        stream->draw += full.parameters;
        status = skimming_classifier(&skimmed, &full, figure->first, figure->last, layer, *stream);
    }
    if (status == STATUS_OK && figure->linearised) {
        int samples = figure->train.count < 256 ? (int)figure->train.count : 256;

        status = skimming_linearise(&skimmed, &full, figure->first, figure->last, samples, figure->train.pixels);
    }
    if (status == STATUS_OK) {
        status = learn(&full, figure, &figure->training, order, out);
    }
    if (status == STATUS_OK) {
        status = learn(&skimmed, figure, &figure->skimmed_training, order, out + 2 * (figure->training.epochs + 1));
    }
    classifier_free(&full);
    classifier_free(&skimmed);
    memory_free(layer);
    return status;
}

/* ## The two curves */
static struct moments difference(size_t pairs, size_t outputs, const double rows[], int plus, int minus)
{
    struct moments sample = moments_empty();

    for (size_t i = 0; i < pairs; i++) {
        moments_add(&sample, rows[i * outputs + (size_t)plus] - rows[i * outputs + (size_t)minus]);
    }
    return sample;
}

static void compare(struct claim *claim, int epochs, size_t pairs, const double rows[])
{
    int points = epochs + 1, skimmed = 2 * points, first = claim_fault(claim, "backwards") ? epochs : 0,
        last = epochs - first;
    size_t outputs = 4 * (size_t)points;
    struct moments fall = difference(pairs, outputs, rows, first, last), margin = moments_empty();
    bool ahead = difference(pairs, outputs, rows, last, skimmed + last).mean > 0;

    for (size_t i = 0; i < pairs; i++) { // pair by pair: fall and difference are not independent
        const double *r = rows + i * outputs;
        double apart = r[last] - r[skimmed + last];

        moments_add(&margin, 0.5 * (r[first] - r[last]) - (ahead ? apart : -apart));
    }
    claim_case(claim, "full, after %d epochs", epochs);
    check_shape(claim, "full falls", moments_estimate(fall), log(10));
    claim_case(claim, "skimmed, after %d epochs", epochs);
    check_shape(claim, "skimmed falls",
                moments_estimate(difference(pairs, outputs, rows, skimmed + first, skimmed + last)), log(10));
    claim_case(claim, "after %d epochs", epochs);
    check_shape(claim, "difference", moments_estimate(margin), fabs(fall.mean));
    for (int k = 0; k < 2 * points; k++) {
        int at = k < points ? k : k + points;

        claim_row(claim, k < points ? "full" : "skimmed", k % points,
                  BOTH(moments_mean(moments_of(pairs, rows + at, outputs))),
                  BOTH(moments_mean(moments_of(pairs, rows + at + points, outputs))));
    }
}

static void draw_figure(struct claim *claim)
{
    int L = (int)claim_integer(claim, "L"), block = (int)claim_integer(claim, "block"),
        epochs = (int)claim_integer(claim, "epochs");
    struct layernorm_layer *layer = memory_new((size_t)L + 1, sizeof *layer);
    size_t pairs = (size_t)claim_integer(claim, "pairs"), outputs = 4 * ((size_t)epochs + 1);
    struct figure figure = {.first = (L - block) / 2 + 2,
                            .last = (L - block) / 2 + 1 + block,
                            .linearised = strcmp(claim_text(claim, "layer"), "linearised") == 0,
                            .training = {epochs, 16, claim_real(claim, "rate"), 0.9, 1}};
    double *rows = memory_doubles(outputs * pairs);

    if (block > L - 2) {
        claim_refuse(claim, "block = %d leaves nothing on one side of it in L = %d layers", block, L);
    }
    figure.skimmed_training = figure.training;
    if (claim_fault(claim, "slow")) {
        figure.skimmed_training.rate /= 1000;
    }
    claim_need(claim,
               images_read(claim_text(claim, "data"), "train", (size_t)claim_integer(claim, "images"), &figure.train));
    claim_need(claim,
               images_read(claim_text(claim, "data"), "t10k", (size_t)claim_integer(claim, "tests"), &figure.test));
    claim_need(claim, skimming_alternate(L + 1, (int)claim_integer(claim, "N"), 2, (const char *const[]){"relu", "erf"},
                                         layer));
    figure.network = (struct layernorm_network){(int)figure.train.features, L + 1, layer};
    claim_labels(claim, "series");
    claim_column(claim, "epoch", EXACT, "a grid");
    claim_column(claim, "loss", SIGMAS(6), "training amplifies rounding into another draw: 4 sqrt 2 standard errors");
    claim_column(claim, "loss_err", RELATIVE(1.5), "a standard error of 32 pairs, drawn again");
    claim_column(claim, "accuracy", SIGMAS(6), "as loss");
    claim_column(claim, "accuracy_err", RELATIVE(1.5), "as loss_err");
    struct ensemble ensemble = claim_ensemble(claim, 0, pairs, outputs, draw_pair, &figure);
    claim_need(claim, ensemble_rows(&ensemble, rows));
    compare(claim, epochs, pairs, rows);
    memory_free(rows);
    memory_free(layer);
    images_free(&figure.train);
    images_free(&figure.test);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                           choice("layer", "what replaces the block", "linearised|fresh"),
                           integer_by_scale("L", "non-linear layers", 12, 82, 82, 4, 512),
                           integer_by_scale("block", "middle layers replaced", 2, 16, 16, 1, 510),
                           integer_by_scale("N", "width", 32, 32, 256, 32, 1024),
                           integer_by_scale("pairs", "pairs of networks", 48, 32, 16, 16, 1000),
                           integer_by_scale("images", "training images", 160, 600, 60000, 100, 60000),
                           integer_by_scale("tests", "test images", 100, 200, 10000, 100, 10000),
                           integer_by_scale("epochs", "passes over the training images", 3, 3, 10, 1, EPOCHS),
                           real("rate", "learning rate; momentum 0.9, minibatches of 16", 0.003, 0.0001, 0.01)},
            .faults = {{"slow", "the skimmed network trained at a thousandth of the rate", "difference"},
                       {"backwards", "the losses of both networks in reverse order",
                        "full?falls skimmed?falls difference"}},
            .scaled = "Fashion-MNIST in MNIST's place; networks of width 32 trained on 600 images three times: the "
                      "paper names no width, and full training takes hours.",
            .run = draw_figure,
        }));
}
