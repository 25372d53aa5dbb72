/* # Equation (22): gradients of vanilla networks
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.1.1, equation (22). Without batchnorm, with $c_{xy}=q^l_{xy}/q^l$ and $\tilde q^L=\tilde q^L_{xy}=1$,
 *
 * $$\tilde q^l=\frac{\sigma_w^2}2\,\tilde q^{l+1},\qquad\tilde q^l_{xy}=\frac{\sigma_w^2\,\tilde q^{l+1}_{xy}}{2\pi}\Big(\frac\pi2+\arcsin c_{xy}\Big).$$
 *
 * **Checked.** The factor $\frac1{2\pi}(\frac\pi2+\arcsin c)$ against the chance that two Gaussians of correlation $c$ are both positive, by quadrature, and against the numerical derivative of the kernel in
 * (21), as Price's theorem has it. Networks of the paper's size for both recursions, layer by layer, and the first one in networks of width 2 and 16, where it holds without a bias: signs of
 * units are independent of the absolute values of weights.
 * **Tolerance.** Quadrature and differences state their error; networks bring standard errors and the bias seen at half and a quarter of the size.
 * **Could miss.** That forward and backward signals are independent is an assumption of the recursion for two inputs; at these sizes what it leaves out is within the error.
 * **Found.** Holds as printed; for one input at every width. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/order_experiment.h>
#include <assay/numerics/difference.h>
#include <math.h>

enum { LAYERS = 7 };

/* ## The factor */
static struct value printed(struct claim *claim, double c)
{
    double angle = M_PI / 2 + asin(c);

    return measured((claim_fault(claim, "half_circle") ? 1 / M_PI : 1 / (2 * M_PI)) * angle, 4e-16, ROUNDING);
}

static double step(double z, void *context)
{
    (void)context;
    return z > 0;
}

static double kernel(double c, void *context)
{
    (void)context;
    return (sqrt(1 - c * c) + M_PI * c / 2 + c * asin(c)) / (2 * M_PI);
}

static void factor(struct claim *claim, double c)
{
    static const double kink[] = {0};
    struct piecewise f = {step, NULL, 1, kink};

    claim_case(claim, "c = %g", c);
    check_equal(claim, "both positive", printed(claim, c), gaussian_product(&f, &f, c));
    check_equal(claim, "derivative of (21)", printed(claim, c),
                derivative_by_differences(kernel, NULL, c, 0.2 * (1 - fabs(c)), 2e-16));
}

/* ## Networks of the paper's size */
static void recursion(struct claim *claim, int L, double w2, struct order_parameters at[])
{
    struct order_network theory;

    order_network_dense(&theory, L, 1000, 1000, 0, w2, claim_real(claim, "sigma_b2"));
    claim_need(claim, order_parameters_find(&theory, at));
}

/* As printed, from the correlations of the forward recursion. */
static struct value product(struct claim *claim, const struct order_parameters at[], int L, double w2, int l)
{
    struct value q = exact(1);

    for (int k = L - 1; k >= l; k--) {
        double c = at[claim_fault(claim, "layer_above") ? k + 1 : k].z.pair.x /
                   at[claim_fault(claim, "layer_above") ? k + 1 : k].z.same.x;

        q = value_mul(value_scale(w2, printed(claim, c)), q);
    }
    return q;
}

static void networks(struct claim *claim, double w2, uint32_t stream)
{
    int L = (int)claim_integer(claim, "L"), N = (int)claim_integer(claim, "N");
    struct order_parameters at[LAYERS + 1];
    struct order_experiment experiment = {.samples = (int)claim_integer(claim, "m")}, size[3];
    struct value out[ORDER_MEASURES * (LAYERS + 1)];
    char name[32];

    recursion(claim, L, w2, at);
    feedforward_model_dense(&experiment.model, N, L, N, 1, 0, w2, claim_real(claim, "sigma_b2"));
    order_experiment_sizes(&experiment, size);
    claim_limit(claim, stream, (size_t)claim_integer(claim, "networks"), order_experiment_outputs(&experiment),
                order_experiment_draw, (const void *[]){&size[0], &size[1], &size[2]}, out);
    snprintf(name, sizeof name, "sigma_w2 = %g", w2);
    for (int l = 1; l < L; l++) {
        struct value same = out[ORDER_MEASURES * l + MEASURE_DELTA],
                     pair = out[ORDER_MEASURES * l + MEASURE_DELTA_PAIR];
        double power = pow(w2 / 2, L - l);

        claim_case(claim, "%s, l = %d", name, l);
        check_equal(claim, "networks, same input", rounded(power, 4), same);
        check_equal(claim, "networks, two inputs", product(claim, at, L, w2, l), pair);
        claim_row(claim, name, l, power, BOTH(same), product(claim, at, L, w2, l).x, BOTH(pair));
    }
}

/* ## Narrow networks, one input, no allowance for a bias
 * Without biases width 2 is left out: every fourth layer is silent, all above it stand at the kink, and what relu's derivative is there decides. */
static void narrow(struct claim *claim, int N, uint32_t stream)
{
    int L = (int)claim_integer(claim, "L");
    double w2 = claim_real(claim, "sigma_w2");
    struct order_experiment experiment = {.samples = 2};
    struct moments at[ORDER_MEASURES * (LAYERS + 1)];

    feedforward_model_dense(&experiment.model, N, L, N, 1, 0, w2, claim_real(claim, "sigma_b2"));
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "narrow"), order_experiment_outputs(&experiment),
                       order_experiment_draw, &experiment);
    claim_need(claim, ensemble_moments(&ensemble, at));
    for (int l = 1; l < L; l++) {
        claim_case(claim, "N = %d, l = %d", N, l);
        check_equal(claim, "narrow networks",
                    rounded(pow(w2 / 2, claim_fault(claim, "one_layer_more") ? L - l + 1 : L - l) *
                                (claim_fault(claim, "one_layer_more") ? 1.25 : 1),
                            4),
                    moments_mean(at[ORDER_MEASURES * l + MEASURE_DELTA]));
    }
}

static void gradients(struct claim *claim)
{
    double w2 = claim_real(claim, "sigma_w2");

    claim_labels(claim, "network");
    claim_column(claim, "l", EXACT, "a layer");
    claim_column(claim, "same", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "same_measured", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "same_measured_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    claim_column(claim, "pair", RELATIVE(1e-12), "a recursion");
    claim_column(claim, "pair_measured", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "pair_measured_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    for (int i = -9; i <= 9; i++) {
        factor(claim, i / 10.0);
    }
    factor(claim, 0.99);
    networks(claim, w2, 0);
    if (claim_scale(claim) != SCALE_SMOKE) {
        networks(claim, w2 == 1 ? 2 : 1, 10);
    }
    if (claim_real(claim, "sigma_b2") > 0) {
        narrow(claim, 2, 20);
    }
    narrow(claim, 16, 21);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("L", "layers", 4, 2, LAYERS), real("sigma_w2", "variance of weights times width", 2, 0.1, 100),
                 real("sigma_b2", "variance of biases", 0.5, 0, 100),
                 integer_by_scale("N", "width and inputs", 400, 1000, 2000, 400, 3000),
                 integer_by_scale("m", "samples of a batch", 64, 100, 200, 64, 600),
                 integer_by_scale("networks",
                                  "how many are drawn; 4 and 16 times as many at half and a quarter of the size", 16,
                                  12, 24, 12, 10000),
                 integer_by_scale("narrow", "networks of width 2 and 16", 10000, 40000, 1000000, 10000, 10000000)},
            .faults = {{"half_circle", "the angle over pi in place of 2 pi", "both* derivative* networks*two*"},
                       {"layer_above", "the correlation of layer l + 1", "networks*two*"},
                       {"one_layer_more", "a quarter more in narrow networks", "narrow*"}},
            .run = gradients,
        }));
}
