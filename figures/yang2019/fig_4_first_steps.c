/* # Figure 4 (on Fashion-MNIST in MNIST's place): after one step of training gradients no longer explode
 *
 * Yang et al. (2019), section 4, figures 4a, 4b and 4c. Norms of (a) the weights $W^{(l)}$, (b) the gradients with respect to the pre-activations $h^{(l)}$, (c) those with respect to
 * $W^{(l)}$, against the layer, before and during the first ten steps of SGD, in relu networks of several depths with $\epsilon=10^{-3}$ and rate $10^{-5}B$. Before, weights
 * are alike and gradients explode. After *one* step weights grow exponentially towards the input and gradients are level there, because normalisation undoes the scale of
 * weights: with $\mathcal B_\phi$ a layer's normalisation and $\phi$, $\mathcal B_\phi'(\alpha h)=\alpha^{-1}\mathcal B_\phi'(h)$.
 *
 * **Checked.** In the deepest networks: before training $\|W^{(l)}\|^2$ is its expectation and squared gradients grow by $\lambda_G$ a layer; after one step squared weights grow by
 * $\lambda_G$ a layer where the step outweighs them, and gradients there by less than two thirds of that, in logarithms. Ten steps on, a step changes those weights by less than
 * a thousandth of themselves. With $\epsilon=0$: twice the weights give half the gradient, bit by bit, and leave all other gradients as they are; the gradient is orthogonal to
 * the weights, so that $\|W_1\|^2=\|W_0\|^2+\eta^2\|\nabla\|^2$ in every layer.
 * **Tolerance.** Networks have a standard error, and a bias linear in $1/N$, measured by halving the width. Sums of $N^2$ numbers have $N^2$ roundings.
 * **Could miss.** What happens above those layers, where gradients still explode and training goes on.
 * **Found.** Holds. The weights of the lower layers are those of the first step and stay so: those layers are as good as untrained. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm_epsilon.h>
#include <assay/network/batchnorm_training.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

enum { STEPS = 10, NORMS = 3, LOWEST = 5 }; // layers below the fifth still see the images and not the fixed point

struct figure {
    struct batchnorm_model model;
    int B;
    double rate;
    struct images images; // a minibatch for each step
};

/* ## Training and looking
 * Squared norms of every layer l before step t: `norm[(t * (L + 1) + l) * NORMS]` and the two after it. */
static enum status train(const struct figure *figure, struct stream stream, int steps, double norm[])
{
    struct batchnorm_classifier classifier;
    struct batchnorm_classifier_pass pass = {.batch = 0};
    enum status status = batchnorm_classifier_new(&classifier, &figure->model, stream);
    int L = figure->model.depth;

    if (status == STATUS_OK) {
        status = batchnorm_classifier_pass_new(&pass, &classifier, figure->B, 1);
    }
    double *gradient = memory_doubles(classifier.parameters), *square = memory_doubles((size_t)L + 1);
    for (int t = 0; t <= steps && status == STATUS_OK; t++) {
        size_t first = (size_t)t * (size_t)figure->B;

        batchnorm_classifier_gradient(&classifier, &pass, figure->images.pixels + first * figure->images.features,
                                      figure->images.label + first, gradient, square);
        for (int l = 1; l <= L; l++) {
            size_t at = batchnorm_classifier_offset(&figure->model, l);
            int weights = (int)batchnorm_classifier_weights(&figure->model, l);
            double *out = norm + ((ptrdiff_t)t * (L + 1) + l) * NORMS;

            out[0] = linear_dot(weights, classifier.parameter + at, classifier.parameter + at);
            out[1] = square[l];
            out[2] = linear_dot(weights, gradient + at, gradient + at);
        }
        descent_step(&(struct descent){.kind = DESCENT_SGD, .rate = figure->rate}, classifier.parameters, gradient,
                     NULL, classifier.parameter);
    }
    memory_free(gradient);
    memory_free(square);
    batchnorm_classifier_pass_free(&pass);
    batchnorm_classifier_free(&classifier);
    return status;
}

/* ## One network: logarithms of all norms, then what is checked */
enum { WEIGHTS, EXPLODES, GROW, LEVEL, BEFORE, CHANGE, SUMMARIES };

static size_t norms_of(int L)
{
    return (size_t)(STEPS + 1) * ((size_t)L + 1) * NORMS;
}

/* Growth a layer of a logarithm, from layer `to` down to layer `from`. */
static double growth(const double log_norm[], int L, int step, int which, int from, int to)
{
    const double *at = log_norm + (ptrdiff_t)step * (L + 1) * NORMS + which;

    return (at[(ptrdiff_t)from * NORMS] - at[(ptrdiff_t)to * NORMS]) / (to - from);
}

/* The last layer whose weights the first step made ten times as large, at least two above LOWEST. */
static int last_overwhelmed(const double log_norm[], int L)
{
    int l = L;

    while (l > LOWEST + 2 && log_norm[((ptrdiff_t)(L + 1) + l) * NORMS] - log_norm[(ptrdiff_t)l * NORMS] < log(100)) {
        l--;
    }
    return l;
}

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int L = figure->model.depth;
    enum status status = train(figure, *stream, STEPS, out);
    double *summary = out + norms_of(L);

    (void)sample;
    summary[WEIGHTS] = 0;
    for (int l = 1; l <= L; l++) {
        summary[WEIGHTS] += out[(ptrdiff_t)l * NORMS] / figure->model.width / L;
    }
    for (size_t i = 0; i < norms_of(L); i++) {
        out[i] = log(out[i]);
    }
    int last = last_overwhelmed(out, L);
    const double *lowest = out + ((ptrdiff_t)STEPS * (L + 1) + LOWEST) * NORMS;
    summary[EXPLODES] = growth(out, L, 0, 1, LOWEST, L - 2 * LOWEST);
    summary[GROW] = growth(out, L, 1, 0, LOWEST, last);
    summary[LEVEL] = growth(out, L, 1, 1, LOWEST, last);
    summary[BEFORE] = growth(out, L, 0, 1, LOWEST, last);
    summary[CHANGE] = log(figure->rate) + (lowest[2] - lowest[0]) / 2;
    return status;
}

/* ## The networks of one depth */
static void write_rows(struct claim *claim, int L, const struct moments *moments)
{
    static const int shown[] = {0, 1, 2, 4, 7, 10};
    char label[32];

    snprintf(label, sizeof label, "L = %d", L);
    for (size_t s = 0; s < sizeof shown / sizeof shown[0]; s++) {
        for (int i = 0; i <= 20; i++) {
            int l = 1 + (int)lround(i * (L - 1) / 20.0);
            const struct moments *at = moments + ((ptrdiff_t)shown[s] * (L + 1) + l) * NORMS;
            struct value W = value_scale(0.5, moments_mean(at[0])), h = value_scale(0.5, moments_mean(at[1])),
                         G = value_scale(0.5, moments_mean(at[2]));

            claim_row(claim, label, shown[s], l, BOTH(W), BOTH(h), BOTH(G));
        }
    }
}

static void run(struct claim *claim, struct figure *figure, int L, int width, uint32_t stream, struct moments *moments)
{
    figure->model.depth = L;
    figure->model.width = width;
    struct ensemble ensemble = claim_ensemble(claim, stream, (size_t)claim_integer(claim, "networks"),
                                              norms_of(L) + SUMMARIES, draw_network, figure);
    claim_need(claim, ensemble_moments(&ensemble, moments));
}

static void at_full_depth(struct claim *claim, struct figure *figure, int L, int width)
{
    struct moments *wide = memory_new(norms_of(L) + SUMMARIES, sizeof *wide),
                   *half = memory_new(norms_of(L) + SUMMARIES, sizeof *half), *w = wide + norms_of(L),
                   *h = half + norms_of(L);
    struct affine_activation relu = {.phi = figure->model.phi, .gain = 1};
    struct response response = response_affine(&relu);
    struct value m, lambda;

    claim_need(claim, batchnorm_epsilon(&response, figure->B, figure->model.epsilon, &m, &lambda));
    double power = claim_fault(claim, "norm_not_squared") ? 0.5 : 1;
    struct value rate = value_through(lambda, power * log(lambda.x), power / lambda.x);
    run(claim, figure, L, width, 0, wide);
    run(claim, figure, L, width / 2, 1, half);
    claim_case(claim, "L = %d, N = %d, B = %d", L, width, figure->B);
    check_equal(claim, "before: weights alike", exact(1), moments_estimate(w[WEIGHTS]));
    check_equal(claim, "before: gradients explode", rate, moments_limit(w[EXPLODES], h[EXPLODES]));
    check_equal(claim, "after: weights grow", rate, moments_limit(w[GROW], h[GROW]));
    struct value level = moments_estimate(w[claim_fault(claim, "before") ? BEFORE : LEVEL]);
    double allowed = 2 * log(lambda.x) / 3;
    check_shape(claim, "after: gradients level", value_sub(exact(allowed), value_through(level, fabs(level.x), 1)),
                allowed);
    struct value change = moments_estimate(w[CHANGE]);
    check_shape(claim, "lower layers stay", value_sub(exact(log(1e-3)), change), -log(1e-3));
    write_rows(claim, L, wide);
    memory_free(wide);
    memory_free(half);
}

/* ## The scale of weights
 * $\epsilon=0$. Twice the weights of one layer in the middle; then one step. */
static void scaling(struct claim *claim, struct figure figure)
{
    int L = 20, middle = L / 2;
    size_t n = norms_of(L);
    double *norm = memory_doubles(n), *gradient[2] = {NULL, NULL};
    struct batchnorm_classifier classifier;
    struct batchnorm_classifier_pass pass;

    figure.model.depth = L;
    figure.model.epsilon = 0;
    claim_need(claim, batchnorm_classifier_new(&classifier, &figure.model, claim_stream(claim, 2, 0)));
    claim_need(claim, batchnorm_classifier_pass_new(&pass, &classifier, figure.B, 1));
    for (int twice = 0; twice < 2; twice++) {
        double *W = classifier.parameter + batchnorm_classifier_offset(&figure.model, middle);

        for (size_t i = 0; twice && i < batchnorm_classifier_weights(&figure.model, middle); i++) {
            W[i] *= 2;
        }
        gradient[twice] = memory_doubles(classifier.parameters);
        batchnorm_classifier_gradient(&classifier, &pass, figure.images.pixels, figure.images.label, gradient[twice],
                                      NULL);
    }
    for (int l = 1; l <= L + 1; l++) {
        size_t at = batchnorm_classifier_offset(&figure.model, l);
        int weights = (int)batchnorm_classifier_weights(&figure.model, l);

        claim_case(claim, "layer %d, weights of layer %d doubled", l, middle);
        check_equal(claim, "scaling", exact(l == middle && !claim_fault(claim, "no_scaling") ? 0.5 : 1),
                    exact(linear_norm(weights, gradient[1] + at) / linear_norm(weights, gradient[0] + at)));
    }
    claim_need(claim, train(&figure, claim_stream(claim, 2, 0), 1, norm));
    for (int l = 1; l <= L; l++) {
        const double *before = norm + (ptrdiff_t)l * NORMS, *after = before + (ptrdiff_t)(L + 1) * NORMS;
        double step = figure.rate * figure.rate * before[2], sum = before[0] + step;

        sum += claim_fault(claim, "norms_add") ? 2 * sqrt(before[0] * step) : 0;
        claim_case(claim, "layer %d", l);
        check_equal(claim, "a step adds in squares",
                    rounded(sum, (double)batchnorm_classifier_weights(&figure.model, l)), exact(after[0]));
    }
    memory_free(norm);
    memory_free(gradient[0]);
    memory_free(gradient[1]);
    batchnorm_classifier_pass_free(&pass);
    batchnorm_classifier_free(&classifier);
}

static void draw_figure(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B"), L = (int)claim_integer(claim, "L"), width = (int)claim_integer(claim, "N");
    struct figure figure = {.B = B, .rate = claim_real(claim, "rate") * B};
    const char *draws = "weights overwhelmed by a step amplify rounding into another draw: norms within a factor of 4";

    claim_need(claim, images_read(claim_text(claim, "data"), "train", (size_t)(B * (STEPS + 1)), &figure.images));
    figure.model = (struct batchnorm_model){.inputs = (int)figure.images.features,
                                            .width = width,
                                            .classes = figure.images.classes,
                                            .gamma = 1,
                                            .epsilon = claim_real(claim, "epsilon")};
    claim_need(claim, activation_find("relu", &figure.model.phi));
    claim_labels(claim, "depth");
    claim_column(claim, "step", EXACT, "a grid");
    claim_column(claim, "layer", EXACT, "a grid");
    for (int k = 0; k < NORMS; k++) {
        static const char *const name[NORMS] = {"log_W", "log_h", "log_G"};
        char error[16];

        snprintf(error, sizeof error, "%s_err", name[k]);
        claim_column(claim, name[k], ABSOLUTE(1.5), draws);
        claim_column(claim, error, ABSOLUTE(1.5), "the scatter of few such networks");
    }
    for (int part = 4; part > 1; part /= 2) {
        struct moments *moments = memory_new(norms_of(L / part) + SUMMARIES, sizeof *moments);

        run(claim, &figure, L / part, width, 1 + (uint32_t)part, moments);
        write_rows(claim, L / part, moments);
        memory_free(moments);
    }
    at_full_depth(claim, &figure, L, width);
    figure.model.width = width;
    scaling(claim, figure);
    images_free(&figure.images);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                 integer_by_scale("L", "greatest depth; a half and a quarter of it, too", 120, 140, 140, 100, 400),
                 integer_by_scale("N", "width; half as wide networks measure the bias", 64, 128, 384, 64, 4096),
                 integer_by_scale("B", "batch size", 16, 32, 100, 8, 256),
                 integer_by_scale("networks", "networks of each depth", 12, 10, 20, 4, 1000),
                 real("rate", "learning rate for each sample of a batch", 1e-5, 1e-6, 1e-4),
                 real("epsilon", "added to variances", 1e-3, 1e-6, 0.01)},
            .faults = {{"norm_not_squared", "the growth of norms, not of their squares",
                        "before:?gradients* after:?weights*"},
                       {"before", "gradients before the first step in place of those after it", "after:?gradients*"},
                       {"no_scaling", "gradients that do not see the scale of weights", "scaling"},
                       {"norms_add", "a step along the weights, not across", "a?step*"}},
            .scaled = "Fashion-MNIST in MNIST's place; width 128, batches of 32. Scale paper has width 384 and batches "
                      "of 100; "
                      "the paper names neither depth nor batch.",
            .run = draw_figure,
        }));
}
