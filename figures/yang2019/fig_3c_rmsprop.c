/* # Figure 3c (on Fashion-MNIST in MNIST's place): RMSProp trains networks no deeper
 *
 * Yang et al. (2019), section 4, figure 3c. As figure 3b, with RMSProp in the place of SGD. RMSProp divides every gradient by a running root mean square of its own: it does not see
 * the size of gradients, and one might expect that their explosion does no harm. The text says that the trainable region is nearly identical.
 *
 * The paper gives the rate, $10^{-5}B$, and no other constant; here the running mean keeps 0.9, starts at 0, and $10^{-8}$ is added to its root. Whether "the same experiment" is figure
 * 3a's or 3b's it does not say: `--set M=0` makes each minibatch one batch.
 *
 * **Checked.** Networks of up to $4\,\xi$ layers learn, those from $24\,\xi$ on do not, the depth at which accuracy falls through the level is $16\,\xi$ but for a
 * factor of 1.6, and it grows with $\xi$.
 * **Tolerance.** Means over cells and columns have the error of their scatter; the factor is the paper's and rough.
 * **Could miss.** What figure 3a could.
 * **Found.** Holds: no deeper than SGD. At the standard rate, chosen after a look at several, the boundary lies near $16\,\xi$, at a third of it near $11\,\xi$: the multiple depends on how much is trained, the proportion to $\xi$ does not. */
#include <assay/experiment/trainability.h>
#include <math.h>

/* ## One column: the size of sub-batches
 * As many whole ones as fit make a minibatch; the rate is for each of its samples. */
static void set_sub_batch(struct claim *claim, double B, struct trainability_column *column)
{
    struct batchnorm_training *training = &column->training;
    int minibatch = (int)claim_integer(claim, "M");

    training->batch = (int)B;
    training->batches = minibatch > 0 ? minibatch / training->batch : 1;
    training->descent =
        (struct descent){DESCENT_RMSPROP, training->descent.rate * (training->batch * training->batches), 0.9, 1e-8};
}

static void compare(struct claim *claim, const struct heatmap *map)
{
    trainability_check_line(claim, map,
                            (struct trainability_line){.where = "mean over batch sizes",
                                                       .shallow = 4,
                                                       .deep = 24,
                                                       .multiple = claim_fault(claim, "norm_not_squared") ? 32 : 16,
                                                       .factor = 1.6,
                                                       .direction = claim_fault(claim, "falls") ? -1 : 1});
}

/* Every step moves a weight, of order $N^{-1/2}$, by about the rate: by more than a tenth of itself is too much, and a tenth in all the steps too little. */
static void require_training(struct claim *claim, int minibatch)
{
    double step = claim_real(claim, "rate") * sqrt((double)claim_integer(claim, "N")),
           all = step * (double)(claim_integer(claim, "images") * claim_integer(claim, "epochs"));

    if (step * minibatch > 0.1 || all < 0.1) {
        claim_refuse(claim,
                     "rate minibatch N^(1/2) = %.3g (at most 0.1), rate N^(1/2) images epochs = %.3g (at least 0.1)",
                     step * minibatch, all);
    }
}

static void draw_figure(struct claim *claim)
{
    struct trainability experiment;
    long minibatch = claim_integer(claim, "M"), largest = claim_integer(claim, "B1");

    require_training(claim, (int)(minibatch > 0 ? minibatch : largest));
    if (minibatch > 0 && minibatch < largest) {
        claim_refuse(claim, "minibatches of %ld hold no sub-batch of %ld", minibatch, largest);
    }
    training_data_read(claim, &experiment.data);
    trainability_new(claim, &experiment, "relu");
    experiment.shared.model.epsilon = claim_real(claim, "epsilon");
    trainability_sweep(claim, &experiment,
                       (struct trainability_axis){.name = "B",
                                                  .from = (double)claim_integer(claim, "B0"),
                                                  .to = (double)claim_integer(claim, "B1"),
                                                  .geometric = true,
                                                  .whole = true,
                                                  .shallowest = 4},
                       set_sub_batch);
    trainability_predict(claim, &experiment, 16, trainability_rate_homogeneous);
    trainability_draw(claim, &experiment);
    compare(claim, &experiment.map);
    trainability_free(&experiment);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                           integer_by_scale("images", "training images", 600, 1200, 60000, 512, 60000),
                           integer_by_scale("tests", "test images", 300, 600, 10000, 512, 10000),
                           integer_by_scale("epochs", "passes over them", 4, 4, 10, 1, 1000),
                           real_by_scale("rate", "learning rate for each sample of a minibatch", 2e-4, 1e-4, 1e-5, 1e-6,
                                         1e-3),
                           real("epsilon", "added to variances", 1e-3, 0, 0.01),
                           integer_by_scale("N", "width", 32, 64, 384, 32, 4096),
                           integer_by_scale("L", "greatest depth", 64, 64, 100, 60, 1000),
                           integer_by_scale("rows", "depths, from 4 on", 6, 8, 16, 5, 57),
                           integer_by_scale("M", "minibatch; 0: as large as the batch", 64, 64, 0, 0, 10000),
                           integer_by_scale("B0", "least sub-batch", 4, 4, 4, 4, 6),
                           integer_by_scale("B1", "greatest sub-batch", 64, 64, 256, 51, 512),
                           integer_by_scale("columns", "sub-batch sizes", 3, 6, 12, 3, 100),
                           integer_by_scale("networks", "networks a cell", 4, 2, 1, 1, 100),
                           real("level", "accuracy at the boundary", 0.25, 0.2, 0.4)},
            .faults = {{"norm_not_squared", "the depth over which the norm explodes, not its square",
                        "boundary?over*below"},
                       {"falls", "the boundary's change with xi with the wrong sign", "boundary?grows*"}},
            .scaled = "Fashion-MNIST in MNIST's place; width 64, minibatches of 64, 1200 images, four epochs at forty "
                      "times the rate. Scale paper trains in full, for days, and can be interrupted.",
            .run = draw_figure,
        }));
}
