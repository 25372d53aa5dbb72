/* # Equation (20): mean squares of vanilla networks, exact at every width
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.1.1, equation (20). Without batchnorm, and with relu,
 *
 * $$q^l=\sigma_b^2+\sigma_w^2\,\hat q^{l-1},\qquad\hat q^l=\frac{q^l}2.$$
 *
 * No limit is needed: given the layer below, $z^l$ has mean square $\sigma_b^2+\sigma_w^2\|h^{l-1}\|^2/N_{l-1}$ in every unit and a symmetric law, of which relu keeps half.
 *
 * **Checked.** The recursion against its solution in closed form,
 *
 * $$q^l=\sigma_b^2\sum_{k<l}a^k+\sigma_w^2a^{l-1},\qquad a=\frac{\sigma_w^2}2,$$
 *
 * and, where $a<1$, its limit $\sigma_b^2/(1-a)$. The half by quadrature. Then sampled networks of widths from 2 to the paper's, without any allowance for a bias.
 * **Tolerance.** Rounding; quadrature's error; standard errors.
 * **Could miss.** A bias below the standard error, some 1 % for narrow networks.
 * **Found.** Holds as printed, and more: the mean does not depend on the width. At the paper's $\sigma_w^2=2$ the mean square grows by $\sigma_b^2$ a layer, without a fixed point. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/order_experiment.h>
#include <math.h>

enum { LAYERS = 64, SAMPLED = 8 };

/* ## The solution */
static struct value solution(struct claim *claim, double w2, double b2, int l)
{
    double a = w2 / 2, sum = 0;

    for (int k = claim_fault(claim, "one_bias_less") ? 1 : 0; k < l; k++) {
        sum = sum * a + 1;
    }
    return rounded(b2 * sum + w2 * pow(a, l - 1), 4.0 * l);
}

static double square(double z, void *context)
{
    double h = fmax(*(const double *)context * z, 0);

    return h * h;
}

/* ## The recursion, and the half */
static void without_networks(struct claim *claim, double w2, double b2)
{
    struct order_network network;
    struct order_parameters at[LAYERS + 1];

    order_network_dense(&network, LAYERS, 10, 10, 0, w2, b2);
    claim_need(claim, order_parameters_find(&network, at));
    for (int l = 1; l <= LAYERS; l++) {
        claim_case(claim, "sigma_w2 = %g, sigma_b2 = %g, l = %d", w2, b2, l);
        check_equal(claim, "recursion", solution(claim, w2, b2, l), at[l].z.same);
        if (l == 1 || l == LAYERS / 4) {
            static const double kink[] = {0};
            double scale = sqrt(at[l].z.same.x);
            struct piecewise f = {square, &scale, 1, kink};

            check_equal(claim, "half",
                        value_scale(claim_fault(claim, "not_half") ? 1 / M_PI : 0.5, solution(claim, w2, b2, l)),
                        gaussian_mean(&f));
        }
    }
    if (w2 < 0.9 && b2 > 0) {
        claim_case(claim, "sigma_w2 = %g, sigma_b2 = %g", w2, b2);
        check_equal(claim, "fixed point", rounded(b2 / (1 - w2 / (claim_fault(claim, "no_relu") ? 1 : 2)), 4),
                    value_with(at[LAYERS].z.same, w2 * pow(w2 / 2, LAYERS - 1) * (1 + b2 / (1 - w2 / 2)), FINITE_SIZE));
    }
}

/* ## Networks */
static void networks(struct claim *claim, int N, size_t count, double w2, double b2, uint32_t stream, bool tabulate)
{
    int L = (int)claim_integer(claim, "L");
    struct order_experiment experiment = {.samples = 4};
    struct moments at[ORDER_MEASURES * (SAMPLED + 2)];
    char name[32];

    feedforward_model_dense(&experiment.model, N, L + 1, N, 1, 0,
                            claim_fault(claim, "one_weight_more") ? w2 * (N + 1) / N : w2, b2);
    struct ensemble ensemble =
        claim_ensemble(claim, stream, count, order_experiment_outputs(&experiment), order_experiment_draw, &experiment);
    claim_need(claim, ensemble_moments(&ensemble, at));
    snprintf(name, sizeof name, "sigma_w2 = %g", w2);
    for (int l = 1; l <= L; l++) {
        struct value z = moments_estimate(at[ORDER_MEASURES * l + MEASURE_Z]),
                     h = moments_estimate(at[ORDER_MEASURES * l + MEASURE_H]);
        struct value q = solution(claim, w2, b2, l);

        claim_case(claim, "N = %d, sigma_w2 = %g, sigma_b2 = %g, l = %d", N, w2, b2, l);
        check_equal(claim, "networks, q", q, z);
        check_equal(claim, "networks, h", value_scale(0.5, q), h);
        if (tabulate) {
            claim_row(claim, name, l, N, q.x, BOTH(z), q.x / 2, BOTH(h));
        }
    }
}

static void variance(struct claim *claim)
{
    static const double grid[] = {0.3, 1, 1.5, 2, 3};
    double w2 = claim_real(claim, "sigma_w2"), b2 = claim_real(claim, "sigma_b2");
    size_t small = (size_t)claim_integer(claim, "small");

    claim_labels(claim, "network");
    claim_column(claim, "l", EXACT, "a layer");
    claim_column(claim, "N", EXACT, "a width");
    claim_column(claim, "q", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "z", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "z_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "half", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "h", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "h_err", RELATIVE(0.05), "a standard error");
    for (int i = 0; i < 5; i++) {
        without_networks(claim, grid[i], 0.5);
        without_networks(claim, grid[i], 0);
    }
    without_networks(claim, w2, b2);
    networks(claim, 2, 8 * small, w2, b2, 0, false);
    networks(claim, 100, small / 4, w2, b2, 1, false);
    networks(claim, (int)claim_integer(claim, "N"), (size_t)claim_integer(claim, "networks"), w2, b2, 2, false);
    networks(claim, 16, small, w2, b2, 3, true);
    if (w2 != 1) {
        networks(claim, 16, small, 1, b2, 4, true);
    }
    if (w2 != 3) {
        networks(claim, 16, small, 3, b2, 5, true);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers looked at", 4, 1, 5),
                           real("sigma_w2", "variance of weights times width", 2, 0.01, 100),
                           real("sigma_b2", "variance of biases", 0.5, 0, 100),
                           integer_by_scale("N", "width and inputs of the widest networks", 400, 1000, 4000, 400,
                                            10000),
                           integer_by_scale("networks", "how many of those", 8, 16, 100, 8, 10000),
                           integer_by_scale(
                               "small", "networks of width 16; eight times as many of width 2, a fourth of width 100",
                               2000, 10000, 200000, 2000, 10000000)},
            .faults = {{"one_bias_less", "the last layer's bias is forgotten", "recursion half networks*"},
                       {"not_half", "the mean in place of the mean square of relu", "half"},
                       {"no_relu", "the fixed point without relu's half", "fixed*"},
                       {"one_weight_more", "networks of variance sigma_w2 (N + 1) / N", "networks*"}},
            .run = variance,
        }));
}
