/* # Figure 7 (a fully connected network in VGG19's place): training levels the relative gradients of all layers
 *
 * Yang et al. (2019), appendix A, figure 7. Norms of gradients relative to those of the parameters, $\|\nabla_\theta L\|/\|\theta\|$, for the weights $\theta=W^{(l)}$ and the scales
 * $\theta=\gamma^{(l)}$ of every layer of VGG19 with batch normalisation, at first and in the course of training on CIFAR-100. At first they explode towards the input; within
 * the first few epochs they become about equal in all layers, those of $W$ and those of $\gamma$.
 *
 * The paper names neither rate nor batch. Here are as many normalised layers as VGG19 has, 16, all of the same width, with trained $\gamma$ and $\beta$, in SGD without momentum.
 *
 * **Checked.** Before training relative gradients of $W$ grow towards the input, by three quarters at least of what theory says, $\tfrac12\log\lambda_G$ a layer. After the first few epochs, and from
 * then on, the range over layers of their logarithms is at most two thirds of what it was, for $W$ and for $\gamma$. Between $W$ and $\gamma$ a
 * factor remains: the scale $\gamma^{(l)}_a$ acts as that of column $a$ of $W^{(l+1)}$ does, so that its gradient is the component of the column's along the column, and were
 * directions random, that would be the part $N^{-1/2}$. The ratio of $W^{(l+1)}$ to $\gamma^{(l)}$ is $\sqrt N$ but for a factor of 2.
 * **Tolerance.** Means over networks have the error of their scatter. The factors are rough.
 * **Could miss.** What convolutions, momentum, weight decay and another data set change.
 * **Found.** Over layers, the claim holds, and no later than after the first three epochs. That $W$ and $\gamma$ agree with each other does *not* carry over: they differ by $\sqrt N$, before and after training
 * alike. */
#include <assay/base/memory.h>
#include <assay/evidence/kept.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_training.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum { W, GAMMA, KINDS, MEASURED = 8 }; // minibatches in which gradients are measured

struct figure {
    struct batchnorm_model model;
    struct batchnorm_training training;
    struct images images;
    int every, curves; // epochs from curve to curve
};

/* ## Looking at a network
 * Squared norms of gradients are averaged over minibatches; nothing is trained meanwhile. */
struct observer {
    const struct figure *figure;
    double *log_norm; // curves x depth x KINDS
};

static double relative(size_t n, double square, const double parameter[])
{
    return (log(square) - log(linear_dot((int)n, parameter, parameter))) / 2;
}

static void add_squares(const struct batchnorm_model *model, const double gradient[], double square[])
{
    for (int l = 1; l <= model->depth; l++) {
        const double *at = gradient + batchnorm_classifier_offset(model, l);
        int weights = (int)batchnorm_classifier_weights(model, l);

        square[(l - 1) * KINDS + W] += linear_dot(weights, at, at) / MEASURED;
        square[(l - 1) * KINDS + GAMMA] += linear_dot(model->width, at + weights, at + weights) / MEASURED;
    }
}

static enum status observe(const struct batchnorm_classifier *classifier, int epoch, void *context)
{
    const struct observer *observer = context;
    const struct figure *figure = observer->figure;
    const struct batchnorm_model *model = &classifier->model;
    size_t norms = (size_t)model->depth * KINDS, batch = (size_t)figure->training.batch;
    struct batchnorm_classifier_pass pass;

    if (epoch % figure->every != 0) {
        return STATUS_OK;
    }
    enum status status = batchnorm_classifier_pass_new(&pass, classifier, figure->training.batch, 1);
    double *gradient = memory_doubles(classifier->parameters), *square = memory_doubles(norms),
           *out = observer->log_norm + (size_t)(epoch / figure->every) * norms;

    for (size_t i = 0; i < MEASURED && status == STATUS_OK; i++) {
        batchnorm_classifier_gradient(classifier, &pass, figure->images.pixels + i * batch * figure->images.features,
                                      figure->images.label + i * batch, gradient, NULL);
        add_squares(model, gradient, square);
    }
    for (int l = 1; l <= model->depth; l++) {
        const double *parameter = classifier->parameter + batchnorm_classifier_offset(model, l);
        size_t weights = batchnorm_classifier_weights(model, l), at = (size_t)(l - 1) * KINDS;

        out[at + W] = relative(weights, square[at + W], parameter);
        out[at + GAMMA] = relative((size_t)model->width, square[at + GAMMA], parameter + weights);
    }
    memory_free(gradient);
    memory_free(square);
    batchnorm_classifier_pass_free(&pass);
    return status;
}

/* ## One network
 * After all norms, for each curve: the range over layers of either kind, as a part of that before training; W's growth a layer (the first, which has the images' width, apart); W over
 * gamma. */
enum { GROWTH = KINDS, RATIO, SUMMARIES };

static size_t norms_of(const struct figure *figure)
{
    return (size_t)figure->curves * (size_t)figure->model.depth * KINDS;
}

static double range(int L, const double log_norm[])
{
    double least = log_norm[0], most = least;

    for (int l = 1; l < L; l++) {
        least = fmin(least, log_norm[l * KINDS]);
        most = fmax(most, log_norm[l * KINDS]);
    }
    return most - least;
}

static void summarise(int L, const double before[], const double log_norm[], double out[])
{
    for (int kind = W; kind < KINDS; kind++) {
        out[kind] = range(L, log_norm + kind) / range(L, before + kind);
    }
    out[GROWTH] = (log_norm[KINDS + W] - log_norm[(L - 1) * KINDS + W]) / (L - 2);
    out[RATIO] = 0;
    for (int l = 0; l + 1 < L; l++) {
        out[RATIO] += (log_norm[(l + 1) * KINDS + W] - log_norm[l * KINDS + GAMMA]) / (L - 1);
    }
}

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    struct observer observer = {.figure = figure, .log_norm = out};
    struct batchnorm_training training = figure->training;
    struct batchnorm_classifier classifier;
    struct batchnorm_outcome outcome = {.diverged = false};
    int L = figure->model.depth;
    enum status status = batchnorm_classifier_new(&classifier, &figure->model, *stream);

    training.observe = observe;
    training.observer = &observer;
    if (status == STATUS_OK) {
        status = batchnorm_training_run(&classifier, &figure->images, &training, *stream, &outcome);
    }
    batchnorm_classifier_free(&classifier);
    if (status == STATUS_OK && outcome.diverged) {
        return status_fail(STATUS_CONVERGENCE, "network %zu diverged", sample);
    }
    for (int curve = 0; curve < figure->curves; curve++) {
        summarise(L, out, out + (ptrdiff_t)curve * L * KINDS, out + norms_of(figure) + (ptrdiff_t)curve * SUMMARIES);
    }
    return status;
}

/* ## What is expected */
static void compare(struct claim *claim, const struct figure *figure, const struct moments *summary)
{
    bool late = !claim_fault(claim, "before");
    struct value lambda = claim_value(claim, batchnorm_backward_G(&figure->model.phi, figure->training.batch));
    double power = claim_fault(claim, "norm_not_squared") ? 1 : 0.5;

    claim_case(claim, "before training");
    check_at_least(claim, "W explodes at first", moments_estimate(summary[GROWTH]),
                   value_through(lambda, 0.75 * power * log(lambda.x), 0.75 * power / lambda.x));
    for (int curve = 1; curve < figure->curves; curve++) {
        const struct moments *now = summary + (late ? (ptrdiff_t)curve * SUMMARIES : 0);

        claim_case(claim, "after %d epochs", curve * figure->every);
        check_at_most(claim, "W levels", moments_estimate(now[W]), exact(2. / 3));
        check_at_most(claim, "gamma levels", moments_estimate(now[GAMMA]), exact(2. / 3));
    }
    for (int curve = 0; curve < figure->curves; curve++) {
        struct value ratio = moments_estimate(summary[(ptrdiff_t)curve * SUMMARIES + RATIO]);
        double root = claim_fault(claim, "aligned") ? 1 : sqrt(figure->model.width);

        ratio = value_through(ratio, exp(ratio.x), exp(ratio.x));
        claim_case(claim, "after %d epochs", curve * figure->every);
        check_at_least(claim, "W over gamma, from below", ratio, exact(root / 2));
        check_at_most(claim, "W over gamma, from above", ratio, exact(root * 2));
    }
}

/* ## The table */
static void write_table(struct claim *claim, const struct figure *figure, const struct moments *moments)
{
    static const char *const name[KINDS] = {"W", "gamma"};
    const char *draws = "training amplifies rounding into another draw: norms within a factor of 1.6";
    int L = figure->model.depth;

    claim_labels(claim, "kind");
    claim_column(claim, "epoch", EXACT, "a grid");
    claim_column(claim, "layer", EXACT, "a grid");
    claim_column(claim, "log_relative", ABSOLUTE(0.5), draws);
    claim_column(claim, "log_relative_err", ABSOLUTE(0.5), "the scatter of few such networks");
    for (int i = 0; i < KINDS * figure->curves * L; i++) {
        int kind = i / (figure->curves * L), curve = i / L % figure->curves, l = i % L;
        struct value mean = moments_mean(moments[(curve * L + l) * KINDS + kind]);

        claim_row(claim, name[kind], curve * figure->every, 1 + l, BOTH(mean));
    }
}

static void require_training(struct claim *claim)
{
    long batch = claim_integer(claim, "B"), images = claim_integer(claim, "images"),
         steps = images / batch * claim_integer(claim, "every");
    double all = claim_real(claim, "rate") * (double)steps;

    if (images < MEASURED * batch || all < 1) {
        claim_refuse(claim, "%ld images for minibatches of %ld (%d of them at least), rate * steps = %.3g (at least 1)",
                     images, batch, MEASURED, all);
    }
}

static void draw_figure(struct claim *claim)
{
    struct figure figure = {.every = (int)claim_integer(claim, "every"), .curves = (int)claim_integer(claim, "curves")};
    size_t networks = (size_t)claim_integer(claim, "networks");

    require_training(claim);
    claim_need(claim,
               images_read(claim_text(claim, "data"), "train", (size_t)claim_integer(claim, "images"), &figure.images));
    figure.training = (struct batchnorm_training){.epochs = figure.every * (figure.curves - 1),
                                                  .batch = (int)claim_integer(claim, "B"),
                                                  .batches = 1,
                                                  .descent = {.kind = DESCENT_SGD, .rate = claim_real(claim, "rate")}};
    figure.model = (struct batchnorm_model){.inputs = (int)figure.images.features,
                                            .width = (int)claim_integer(claim, "N"),
                                            .depth = (int)claim_integer(claim, "L"),
                                            .classes = figure.images.classes,
                                            .gamma = 1,
                                            .epsilon = claim_real(claim, "epsilon"),
                                            .trained = true};
    claim_need(claim, activation_find("relu", &figure.model.phi));
    size_t norms = norms_of(&figure), outputs = norms + (size_t)figure.curves * SUMMARIES;
    double *rows = memory_doubles(networks * outputs);
    struct moments *moments = memory_new(outputs, sizeof *moments);
    struct ensemble ensemble = claim_ensemble(claim, 0, networks, outputs, draw_network, &figure);

    kept_samples(claim, &ensemble, images_fingerprint(&figure.images), rows);
    for (size_t i = 0; i < outputs; i++) {
        moments[i] = moments_of(networks, rows + i, outputs);
    }
    write_table(claim, &figure, moments);
    compare(claim, &figure, moments + norms);
    memory_free(rows);
    memory_free(moments);
    images_free(&figure.images);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                           integer_by_scale("images", "training images", 512, 2560, 60000, 256, 60000),
                           integer_by_scale("every", "epochs from curve to curve", 3, 3, 3, 1, 100),
                           integer_by_scale("curves", "curves, the first before training", 2, 5, 5, 2, 40),
                           real("rate", "learning rate", 0.05, 0.02, 0.1),
                           real("epsilon", "added to variances", 1e-5, 0, 1e-3),
                           integer_by_scale("L", "depth", 16, 16, 16, 12, 24),
                           integer_by_scale("N", "width", 32, 64, 512, 32, 1024),
                           integer_by_scale("B", "batch size", 32, 64, 128, 16, 256),
                           integer_by_scale("networks", "networks", 14, 12, 12, 12, 1000)},
            .faults = {{"norm_not_squared", "the growth of squared norms in place of norms", "W?explodes*"},
                       {"before", "gradients before training in place of those after", "*levels"},
                       {"aligned", "columns of gradients along the weights' columns", "W?over*above"}},
            .scaled =
                "a fully connected network of as many normalised layers, width 64, on 2560 images of Fashion-MNIST in "
                "the place of VGG19 on CIFAR-100, which needs an accelerator; twelve epochs of forty steps. Scale "
                "paper trains for hours, and can be interrupted.",
            .run = draw_figure,
        }));
}
