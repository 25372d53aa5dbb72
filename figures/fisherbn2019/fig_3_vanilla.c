/* # Figure 3 (on Fashion-MNIST in MNIST's place): where vanilla networks explode, by the variance of their weights
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.4 and figure 3. The baseline: fully connected networks of $L=4$ layers without batch normalisation, for several standard deviations
 * $\sigma_w$ of the weights. The figure shows the test loss after five epochs over $\log_{10}\eta$ and what its caption calls $\gamma$. A vanilla network has no $\gamma$, and the text speaks of
 * $\sigma_w$: that is what the axis can be.
 *
 * **Checked.** The rate at which training explodes, narrowed by bisection for each network, against the theory's
 *
 * $$\eta_*=\frac{2(1+\mu)}{\sum_l N_{l-1}\,\hat q_{xy}^{l-1}\,\tilde q_{xy}^l}$$
 *
 * with the recursions 20 to 22: within a factor at every $\sigma_w$, within its root in the mean, and that the boundary follows the theory better than it follows a constant, which is what an axis $\gamma$ would show. That losses are
 * lower at an eighth to a half of the boundary's rate than far below it.
 * **Tolerance.** The bracket, the scatter over networks, and a factor: with relu a rate somewhat above $\eta_*$ sends the network to flatter ground instead of infinity.
 * **Could miss.** What the reduced width and the few images change: $\bar\lambda_{\max}$ is proportional to the width, and enters only in the mean.
 * **Found.** The boundary lies on $\eta_*$, within a factor of 1.3 at every $\sigma_w$, over nearly two decades. That is partly luck: the largest eigenvalue of the networks themselves, on these images, is up to twice the bound, because
 * clothes are not independent coordinates; and relu networks bear rates somewhat above $\eta_*$. On narrower networks the boundary lies higher. */
#include <assay/base/memory.h>
#include <assay/experiment/momentum_sweep.h>
#include <math.h>

enum { SAMPLES = 256 }; // for the networks' own eigenvalues

static void set_column(struct claim *claim, double sigma_w, struct momentum_column *column)
{
    momentum_sweep_dense(&column->model, 4, (int)claim_integer(claim, "N"), 10);
    column->model.sigma_w2 = sigma_w * sigma_w;
}

/* ## What the edge of the white is compared with
 * A constant in place of the theory: its value in the middle column. */
static void compare(struct claim *claim, const struct critical_rates *map, struct rate_line theory)
{
    double *constant = memory_doubles((size_t)map->columns);
    struct value lowest = claim_value(claim, critical_rates_boundary(map, map->columns - 1)),
                 highest = claim_value(claim, critical_rates_boundary(map, 0));
    bool swapped = claim_fault(claim, "tracks_swapped");

    for (int c = 0; c < map->columns; c++) {
        constant[c] = theory.log_rate[map->columns / 2];
    }
    critical_rates_check_line(claim, map, "sigma_w", theory, claim_integer(claim, "N") < 100 ? 40 : 4);
    critical_rates_check_tracks(claim, map, (struct rate_line){"theory", swapped ? constant : theory.log_rate},
                                (struct rate_line){"constant", swapped ? theory.log_rate : constant});
    claim_case(claim, "log10 of the boundary, first column less last");
    check_differs(claim, "gamma on the axis", exact(0), value_sub(highest, lowest));
    critical_rates_check_strip(claim, "dark strip", map, 0, map->columns - 1);
    memory_free(constant);
}

static void draw_figure(struct claim *claim)
{
    struct momentum_sweep sweep;

    momentum_sweep_read(claim, &sweep);
    momentum_sweep_new(claim, &sweep);
    momentum_sweep_columns(claim, &sweep, "sigma_w", claim_real(claim, "sigma_w0"), claim_real(claim, "sigma_w1"), true,
                           set_column);
    double *theory = memory_doubles(2 * (size_t)sweep.map.columns), *own = theory + sweep.map.columns;
    struct rate_line line[] = {{"theory", theory}, {"own", own}};

    momentum_sweep_line(claim, &sweep, momentum_bound_frozen, theory);
    momentum_sweep_own(claim, &sweep, FISHER_ALL, SAMPLES, own);
    critical_rates_span(&sweep.map, theory, 1.2, 1);
    momentum_sweep_draw(claim, &sweep);
    critical_rates_table(claim, &sweep.map, "sigma_w", 2, line);
    for (int c = 0; claim_fault(claim, "width_forgotten") && c < sweep.map.columns; c++) {
        theory[c] += log10((double)claim_integer(claim, "N"));
    }
    compare(claim, &sweep.map, line[0]);
    memory_free(theory);
    momentum_sweep_free(&sweep);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("columns", "values of sigma_w", 4, 7, 20, 4, 60),
                           integer_by_scale("rows", "learning rates", 9, 12, 40, 8, 100),
                           integer_by_scale("restarts", "networks for each cell", 6, 3, 5, 3, 20),
                           text("data", "directory of the IDX files", "/usr/share/datasets/fashion-mnist"),
                           integer_by_scale("images", "training images", 160, 768, 60000, 160, 60000),
                           integer_by_scale("minibatch", "images for each step", 32, 64, 128, 16, 128),
                           integer("epochs", "passes over the images", 5, 4, 50),
                           integer_by_scale("N", "width", 32, 128, 1000, 32, 2000),
                           real("sigma_w0", "smallest standard deviation of weights", 0.7, 0.5, 1),
                           real("sigma_w1", "largest", 2.4, 2, 3), real("sigma_b2", "variance of biases", 0.5, 0.2, 2),
                           real("mu", "momentum", 0.9, 0.8, 0.93),
                           real("explosion", "how many times its first value the loss of an exploded run reaches", 1e3,
                                100, 1e9)},
            .scaled = "Fashion-MNIST in MNIST's place; width 128 and 768 images at standard scale: the paper's "
                      "thousands of runs at width 1000 take hours",
            .faults = {{"tracks_swapped", "the two lines' spreads changed places", "theory?tracks*"},
                       {"width_forgotten", "the bound without its factor N", "theory?line*"}},
            .errata =
                {{.id = "E9x",
                  .printed =
                      "Figure 3 shows the test loss of vanilla networks as a function of $(\\log_{10}\\eta,\\gamma)$.",
                  .corrected = "As a function of $(\\log_{10}\\eta,\\sigma_w)$.",
                  .differs = "gamma*",
                  .equal = "theory*",
                  .consequence = "None beyond the caption; section 6.4 says what was varied.",
                  .by_hand = "$\\gamma$ multiplies the normalised pre-activation of equation 13; a vanilla layer, "
                             "$h=\\sigma(z)$, has none, and its loss cannot depend on it."}},
            .run = draw_figure,
        }));
}
