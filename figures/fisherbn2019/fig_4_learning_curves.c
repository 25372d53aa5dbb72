/* # Figure 4, a stand-in: learning curves with batch normalisation for several initial $\gamma$
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.5 and figure 4. The paper trains VGG16 and the pre-activation ResNet18 on CIFAR-10, rate 0.1, momentum 0.9, weight decay $5\cdot10^{-4}$, five trainings for each
 * initial $\gamma$, and finds that smaller $\gamma$ converges faster.
 *
 * Neither network is run here. In their place stands the convolutional network of figure 2, with the figure's rate, momentum and decay, softmax and cross-entropy, on Fashion-MNIST. Its learning curves say nothing about VGG16 or ResNet18; they test
 * whether the effect is one of batch normalisation and $\gamma$ or one of those networks.
 *
 * **Checked.** What of the effect there is: after the first epoch the test loss at $\gamma=4$ is above that at $\gamma=1$; among $\gamma\le1$ it differs by no more than a factor of 1.6 (2.2 at scale smoke). Every network learns: the last test loss is below that of
 * a guess, $\log10$.
 * **Tolerance.** The scatter over trainings.
 * **Could miss.** Depth. Sixteen layers with batch normalisation have other reasons to prefer a small $\gamma$ than four do.
 * **Found.** Large $\gamma$ is slower at first, and only at first: it begins with larger outputs. Below $\gamma=1$ nothing is gained here, and $\gamma=0.1$ is the slower one. The paper's effect, if it is one of small $\gamma$ as such, is not one that four layers and a rate of 0.1 show. */
#include <assay/base/memory.h>
#include <assay/evidence/kept.h>
#include <assay/experiment/momentum_sweep.h>
#include <math.h>
#include <stdio.h>

enum { GAMMAS = 5, EPOCHS_MOST = 100 };

static const double gammas[GAMMAS] = {0.1, 0.5, 1, 2, 4};

/* ## One training
 * A sample is a $\gamma$ and a training; the test loss and accuracy after every epoch are its outputs. */
struct curve {
    double *out;
};

static void keep(const struct momentum_epoch *epoch, void *context)
{
    struct curve *curve = context;

    curve->out[2 * (epoch->epoch - 1)] = epoch->test_loss;
    curve->out[2 * (epoch->epoch - 1) + 1] = epoch->test_accuracy;
}

struct figure {
    struct momentum_sweep sweep; // images, model and training: no map
    int trainings;
};

static enum status train(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    struct examples train = examples_of_images(&figure->sweep.train), test = examples_of_images(&figure->sweep.test);
    struct momentum_column column = figure->sweep.shared;
    struct momentum_outcome outcome;
    struct feedforward network;
    struct curve curve = {out};

    column.model.gamma = gammas[sample / (size_t)figure->trainings];
    enum status status = feedforward_new(&network, &column.model, *stream);
    if (status == STATUS_OK) {
        status = momentum_training_run(&network, &train, &test, &column.training, *stream, keep, &curve, &outcome);
        feedforward_free(&network);
    }
    if (status == STATUS_OK && outcome.diverged) {
        status = status_fail(STATUS_CONVERGENCE, "a training at gamma = %g diverged", column.model.gamma);
    }
    return status;
}

static struct moments at_epoch(const struct figure *figure, const double rows[], int gamma, int epoch, int what)
{
    int epochs = figure->sweep.shared.training.epochs;

    return moments_of((size_t)figure->trainings,
                      rows + (gamma * figure->trainings) * 2 * epochs + 2 * (epoch - 1) + what, 2 * (size_t)epochs);
}

/* ## What the curves show
 * Logarithms of the first epoch's loss, in the mean over trainings. */
static struct value first_loss(struct figure *figure, const double rows[], int gamma)
{
    struct value loss = moments_mean(at_epoch(figure, rows, gamma, 1, 0));

    return value_through(loss, log10(loss.x), 1 / (M_LN10 * loss.x));
}

static void compare(struct claim *claim, struct figure *figure, const double rows[])
{
    struct value one = first_loss(figure, rows, 2), four = first_loss(figure, rows, 4);
    bool reversed = claim_fault(claim, "gamma_reversed");

    claim_case(claim, "log10 of losses after an epoch, gamma = 1 and 4");
    check_shape(claim, "large gamma is slower", reversed ? value_sub(one, four) : value_sub(four, one), 1);
    for (int g = 0; g < 2; g++) {
        struct value apart = value_sub(first_loss(figure, rows, claim_fault(claim, "four_for_one") ? 4 : g), one);

        claim_case(claim, "log10 of losses after an epoch, gamma = %g and 1", gammas[g]);
        check_shape(claim, "no more than a factor among gamma up to 1",
                    value_sub(exact(log10(claim_scale(claim) == SCALE_SMOKE ? 2.2 : 1.6)),
                              apart.x < 0 ? value_scale(-1, apart) : apart),
                    1);
    }
    for (int g = 0; g < GAMMAS; g++) {
        int last = figure->sweep.shared.training.epochs;

        claim_case(claim, "gamma = %g", gammas[g]);
        check_at_most(claim, "every network learns", moments_estimate(at_epoch(figure, rows, g, last, 0)),
                      exact(log(10)));
    }
}

static void draw_figure(struct claim *claim)
{
    struct figure figure = {.trainings = (int)claim_integer(claim, "trainings")};
    struct momentum_column *shared = &figure.sweep.shared;

    momentum_sweep_read(claim, &figure.sweep);
    momentum_sweep_new(claim, &figure.sweep);
    momentum_sweep_convolutions(&shared->model, 4, (int)claim_integer(claim, "C"), 10);
    shared->model.batchnorm = true;
    shared->model.sigma_w2 = 2;
    shared->training.loss = LOSS_CROSS_ENTROPY;
    shared->training.rate = claim_real(claim, "rate");
    shared->training.decay = claim_real(claim, "decay");
    int epochs = shared->training.epochs;
    size_t samples = (size_t)(GAMMAS * figure.trainings), outputs = 2 * (size_t)epochs;
    double *rows = memory_doubles(samples * outputs);
    struct ensemble ensemble = claim_ensemble(claim, 0, samples, outputs, train, &figure);

    kept_samples(claim, &ensemble, images_fingerprint(&figure.sweep.train) ^ images_fingerprint(&figure.sweep.test),
                 rows);
    claim_column(claim, "gamma", EXACT, "a setting");
    claim_column(claim, "epoch", EXACT, "an index");
    claim_column(claim, "loss", RELATIVE(0.1), "training amplifies rounding");
    claim_column(claim, "loss_err", RELATIVE(1), "training amplifies rounding");
    claim_column(claim, "accuracy", ABSOLUTE(0.05), "training amplifies rounding");
    for (int i = 0; i < GAMMAS * epochs; i++) {
        int g = i / epochs, epoch = 1 + i % epochs;

        claim_row(claim, NULL, gammas[g], epoch, BOTH(moments_mean(at_epoch(&figure, rows, g, epoch, 0))),
                  at_epoch(&figure, rows, g, epoch, 1).mean);
    }
    compare(claim, &figure, rows);
    memory_free(rows);
    images_free(&figure.sweep.train);
    images_free(&figure.sweep.test);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("data", "directory of the IDX files", "/usr/share/datasets/fashion-mnist"),
                           integer_by_scale("images", "training images", 640, 2048, 60000, 256, 60000),
                           integer_by_scale("minibatch", "images for each step", 32, 64, 128, 32, 256),
                           integer_by_scale("epochs", "passes over the images", 2, 6, 100, 2, EPOCHS_MOST),
                           integer_by_scale("trainings", "for each gamma", 5, 5, 5, 3, 100),
                           integer_by_scale("C", "channels of the first convolution; the others have 2 C and 3 C", 4,
                                            10, 30, 3, 100),
                           real("rate", "learning rate", 0.1, 0.08, 0.15), real("decay", "weight decay", 5e-4, 0, 0.01),
                           real("sigma_b2", "variance of biases", 0.5, 0, 2), real("mu", "momentum", 0.9, 0.85, 0.93),
                           real("explosion", "how many times its first value the loss of an exploded run reaches", 1e6,
                                10, 1e12)},
            .scaled = "a stand-in: the convolutional network of figure 2 on Fashion-MNIST in the place of VGG16 and "
                      "ResNet18 on CIFAR-10, which take days here",
            .faults = {{"gamma_reversed", "gamma = 1 and 4 changed places", "large*"},
                       {"four_for_one", "gamma = 4 in the place of the smaller ones", "no*"}},
            .run = draw_figure,
        }));
}
