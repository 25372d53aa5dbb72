/* # Equations (23) and (24): forward, batchnorm forgets
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.1.1, equations (23) and (24). With batchnorm, relu, $\beta=0$ and every $\gamma$ of layer $l$ equal to $\gamma_l$,
 *
 * $$q^l=\sigma_b^2+\sigma_w^2\,\hat q^{l-1},\quad\hat q^l=\frac{\gamma_l^2}2,\qquad q^l_{xy}=\sigma_b^2+\sigma_w^2\,\hat q^{l-1}_{xy},\quad\hat q^l_{xy}=\frac{\gamma_l^2}{2\pi}.$$
 *
 * A layer's activations do not depend on the layers below: from layer 2 on all order parameters stand still.
 *
 * **Checked.** All four in networks of the paper's size, at every layer, and at two more $\gamma$ in networks of half the width.
 * **Tolerance.** Standard errors over networks, and the bias of finite width and data seen at half and a quarter of both; `sec_6_1_finite_data` derives it.
 * **Could miss.** Factors that differ from layer to layer, and other inputs: `claim_6_1_batchnorm_forward`.
 * **Found.** Holds as printed. */
#include <assay/evidence/claim.h>
#include <assay/network/order_experiment.h>
#include <math.h>

enum { LAYERS = 6 };

/* ## The recursions, one step each */
struct forward {
    double z, z_pair, h, h_pair;
};

static struct forward printed(struct claim *claim, double gamma, int l)
{
    double w2 = claim_real(claim, "sigma_w2"), b2 = claim_real(claim, "sigma_b2"), gamma2 = gamma * gamma;
    double h = gamma2 / 2, h_pair = gamma2 / (claim_fault(claim, "four") ? 4 : 2 * M_PI);
    double below = l > 1 ? h : 1, below_pair = l > 1 ? h_pair : 0;

    if (claim_fault(claim, "gamma_once")) {
        below = l > 1 ? gamma / 2 : 1;
    }
    return (struct forward){b2 + w2 * below, b2 + w2 * below_pair, h, h_pair};
}

/* ## Networks */
static void measure(struct claim *claim, double gamma, int halvings, uint32_t stream, struct value out[])
{
    struct order_experiment experiment = {.samples = (int)claim_integer(claim, "m")}, size[3];
    int N = (int)claim_integer(claim, "N") >> halvings;

    feedforward_model_dense(&experiment.model, N, (int)claim_integer(claim, "L"), N, 1, gamma,
                            claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
    order_experiment_sizes(&experiment, size);
    claim_limit(claim, stream, (size_t)claim_integer(claim, "networks"), order_experiment_outputs(&experiment),
                order_experiment_draw, (const void *[]){&size[0], &size[1], &size[2]}, out);
}

static void at_gamma(struct claim *claim, double gamma, int halvings, uint32_t stream)
{
    int L = (int)claim_integer(claim, "L");
    struct value out[ORDER_MEASURES * (LAYERS + 1)];
    double gamma2 = gamma * gamma;
    char name[32];

    measure(claim, gamma, halvings, stream, out);
    snprintf(name, sizeof name, "gamma = %g", gamma);
    for (int l = 1; l < L; l++) {
        struct forward right = printed(claim, gamma, l);
        const struct value *at = out + ORDER_MEASURES * l;
        struct value h = value_scale(1 / gamma2, at[MEASURE_H]), pair = value_scale(1 / gamma2, at[MEASURE_H_PAIR]);

        claim_case(claim, "%s, l = %d", name, l);
        check_equal(claim, "q", rounded(right.z, 4), at[MEASURE_Z]);
        check_zero(claim, "q_xy", value_sub(at[MEASURE_Z_PAIR], rounded(right.z_pair, 4)), right.z);
        check_equal(claim, "h", rounded(right.h, 4), at[MEASURE_H]);
        check_equal(claim, "h_xy", rounded(right.h_pair, 4), at[MEASURE_H_PAIR]);
        claim_row(claim, name, l, right.z, BOTH(at[MEASURE_Z]), right.z_pair, BOTH(at[MEASURE_Z_PAIR]),
                  right.h / gamma2, BOTH(h), right.h_pair / gamma2, BOTH(pair));
    }
}

static void forward(struct claim *claim)
{
    static const double others[] = {0.25, 3};
    double gamma = claim_real(claim, "gamma");

    claim_labels(claim, "network");
    claim_column(claim, "l", EXACT, "a layer");
    claim_column(claim, "q", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "z", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "z_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    claim_column(claim, "q_xy", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "z_pair", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "z_pair_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    claim_column(claim, "half", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "h", SIGMAS(0.1), "sampled, over gamma^2; the same draws");
    claim_column(claim, "h_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    claim_column(claim, "one_over_2_pi", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "h_pair", SIGMAS(0.1), "sampled, over gamma^2; the same draws");
    claim_column(claim, "h_pair_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    at_gamma(claim, gamma, 0, 0);
    for (uint32_t i = 0; i < 2; i++) {
        if (others[i] != gamma) {
            at_gamma(claim, others[i], 1, 10 + 10 * i);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers", 4, 3, LAYERS), real("gamma", "batchnorm's factor", 1, 0.01, 100),
                           real("sigma_w2", "variance of weights times width", 2, 0.01, 100),
                           real("sigma_b2", "variance of biases", 0.5, 0, 100),
                           integer_by_scale("N", "width and inputs", 400, 1000, 2000, 400, 3000),
                           integer_by_scale("m", "samples of a batch", 64, 100, 400, 64, 600),
                           integer_by_scale(
                               "networks",
                               "how many are drawn; 4 and 16 times as many at half and a quarter of the size", 8, 8, 24,
                               8, 10000)},
            .faults = {{"four", "gamma^2 / 4 for two inputs", "q_xy h_xy"},
                       {"gamma_once", "gamma in place of gamma^2 from layer to layer", "q"}},
            .run = forward,
        }));
}
