/* # Figure 3b (on Fashion-MNIST in MNIST's place): how deep networks train when only the batches of the statistics change
 *
 * Yang et al. (2019), section 4, figure 3b. As figure 3a, but all minibatches have the same size, 1000, and batch normalisation takes its statistics over sub-batches of size
 * $B$. This takes the noise of small minibatches out of the comparison. The rate is $10^{-5}$ times the minibatch, the same for all.
 *
 * **Checked.** As in figure 3a: networks of up to $4\,\xi$ layers learn, those from $24\,\xi$ on do not, the depth at which accuracy falls through the level is $16\,\xi$ but for a
 * factor of 1.6, and it grows with $\xi$.
 * **Tolerance.** Means over cells and columns have the error of their scatter; the factor is the paper's and rough.
 * **Could miss.** What figure 3a could.
 * **Found.** Holds: what limits the depth is the size of the batches that are normalised, not that of the minibatches. */
#include <assay/experiment/trainability.h>

/* ## One column: the size of sub-batches
 * As many whole ones as fit make a minibatch; the rate is for each of its samples. */
static void set_sub_batch(struct claim *claim, double B, struct trainability_column *column)
{
    struct batchnorm_training *training = &column->training;

    training->batch = (int)B;
    training->batches = (int)claim_integer(claim, "M") / training->batch;
    training->descent.rate *= training->batch * training->batches;
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

static void draw_figure(struct claim *claim)
{
    struct trainability experiment;

    trainability_require_steps(claim, "M");
    if (claim_integer(claim, "M") < claim_integer(claim, "B1")) {
        claim_refuse(claim, "minibatches of %ld hold no sub-batch of %ld", claim_integer(claim, "M"),
                     claim_integer(claim, "B1"));
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
                           real_by_scale("rate", "learning rate for each sample of a minibatch", 2e-3, 4e-4, 1e-5, 1e-6,
                                         0.01),
                           real("epsilon", "added to variances", 1e-3, 0, 0.01),
                           integer_by_scale("N", "width", 32, 64, 384, 32, 4096),
                           integer_by_scale("L", "greatest depth", 64, 64, 100, 60, 1000),
                           integer_by_scale("rows", "depths, from 4 on", 6, 8, 16, 5, 57),
                           integer_by_scale("M", "minibatch", 64, 64, 1000, 64, 10000),
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
