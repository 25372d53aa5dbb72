/* # Equation (21): products of two inputs, by the arc-cosine kernel
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.1.1, equation (21). Without batchnorm, with $c_{xy}=q^l_{xy}/q^l$,
 *
 * $$q^l_{xy}=\sigma_b^2+\sigma_w^2\,\hat q^{l-1}_{xy},\qquad\hat q^l_{xy}=\frac{q^l}{2\pi}\Big(\sqrt{1-c_{xy}^2}+\frac{\pi c_{xy}}2+c_{xy}\arcsin c_{xy}\Big).$$
 *
 * **Checked.** The closed form against $\mathbb E\,\sigma(X)\sigma(Y)$ for Gaussians of that covariance, by quadrature over both variables, and as one integral over an angle. Then networks of the paper's size, whose
 * mean products over pairs of inputs are compared layer by layer, at four variances of the weights; the recursion starts from $\hat q^0_{xy}=0$ (`eq_17_19_order_parameters`).
 * **Tolerance.** Quadrature states its error, about 1e-14. Networks: standard errors, and the bias of finite width seen at half and a quarter of the size.
 * **Could miss.** Negative correlations in networks: independent inputs to relu layers have none.
 * **Found.** Holds as printed. Correlations rise from layer to layer, to 0.77 at $L=4$. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/order_experiment.h>
#include <math.h>
#include <stdlib.h>

enum { LAYERS = 6 };

/* ## The kernel */
static struct value printed(struct claim *claim, double q, double c)
{
    double angle = claim_fault(claim, "arccosine") ? acos(c) : asin(c);
    double sum = sqrt(1 - c * c) + M_PI * c / 2 + c * angle;

    return measured(q / (2 * M_PI) * sum, 2e-15 * q / (2 * M_PI) * (1 + 2 * fabs(c)), ROUNDING);
}

static double relu(double z, void *context)
{
    (void)context;
    return fmax(z, 0);
}

static void kernel(struct claim *claim, double q, double c)
{
    static const double kink[] = {0};
    struct piecewise f = {relu, NULL, 1, kink};

    claim_case(claim, "q = %g, c = %g", q, c);
    check_equal(claim, "two integrals", printed(claim, q, c), gaussian_moment(&f, 0, &f, 0, q, q * c, q));
    check_equal(claim, "one integral", printed(claim, q, c), value_scale(q / 2, arccosine_kernel_integral(1, c)));
}

static void kernels(struct claim *claim)
{
    static const double ends[] = {-0.9999, -0.99, 0.99, 0.9999};

    for (int i = -20; i <= 20; i++) {
        if (abs(i) < 20) {
            kernel(claim, 1, i / 20.0);
        }
        claim_row(claim, "kernel", NAN, i / 20.0, printed(claim, 1, i / 20.0).x, NAN, NAN, NAN);
    }
    for (int i = 0; i < 4; i++) {
        kernel(claim, 0.1, ends[i]);
        kernel(claim, 3.5, ends[i]);
    }
}

/* ## Networks
 * A row has where a layer stands: the measured correlation, and the measured $\hat q_{xy}/q$ beside the kernel's. */
static void networks(struct claim *claim, double w2, uint32_t stream)
{
    int L = (int)claim_integer(claim, "L"), N = (int)claim_integer(claim, "N");
    double b2 = claim_real(claim, "sigma_b2");
    struct order_network theory;
    struct order_parameters at[LAYERS + 2];
    struct order_experiment experiment = {.samples = (int)claim_integer(claim, "m")}, size[3];
    struct value out[ORDER_MEASURES * (LAYERS + 2)];
    char name[32];

    order_network_dense(&theory, L + 1, N, N, 0, w2, claim_fault(claim, "no_biases") ? 0 : b2);
    claim_need(claim, order_parameters_find(&theory, at));
    feedforward_model_dense(&experiment.model, N, L + 1, N, 1, 0, w2, b2);
    order_experiment_sizes(&experiment, size);
    claim_limit(claim, stream, (size_t)claim_integer(claim, "networks"), order_experiment_outputs(&experiment),
                order_experiment_draw, (const void *[]){&size[0], &size[1], &size[2]}, out);
    snprintf(name, sizeof name, "sigma_w2 = %g", w2);
    for (int l = 1; l <= L; l++) {
        const struct value *of = out + ORDER_MEASURES * l;
        double q = at[l].z.same.x;

        claim_case(claim, "%s, l = %d", name, l);
        check_zero(claim, "networks, z", value_sub(of[MEASURE_Z_PAIR], at[l].z.pair), q);
        check_equal(claim, "networks, h", at[l].h.pair, of[MEASURE_H_PAIR]);
        claim_row(claim, name, l, at[l].z.pair.x / q, at[l].h.pair.x / q, of[MEASURE_Z_PAIR].x / q,
                  of[MEASURE_H_PAIR].x / q, value_error(of[MEASURE_H_PAIR]) / q);
        if (l > 1 || b2 > 0) {
            check_shape(claim, "rises",
                        value_sub(value_div(at[l].z.pair, at[l].z.same),
                                  exact(l > 1 ? at[l - 1].z.pair.x / at[l - 1].z.same.x : 0)),
                        1);
        }
    }
}

static void correlation(struct claim *claim)
{
    static const double others[] = {0.5, 1, 8};
    double w2 = claim_real(claim, "sigma_w2");

    claim_labels(claim, "series");
    claim_column(claim, "l", (struct tolerance){TOLERANCE_EXACT, 0, true}, "a layer");
    claim_column(claim, "c", RELATIVE(1e-12), "a grid, or a recursion");
    claim_column(claim, "kernel", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "z", (struct tolerance){TOLERANCE_RELATIVE, 0.01, true}, "sampled; the same draws");
    claim_column(claim, "h", (struct tolerance){TOLERANCE_SIGMAS, 0.1, true}, "sampled; the same draws");
    claim_column(claim, "h_err", (struct tolerance){TOLERANCE_RELATIVE, 0.05, true},
                 "a standard error and a bias of few networks");
    kernels(claim);
    networks(claim, w2, 0);
    for (uint32_t i = 0; i < 3 && claim_scale(claim) != SCALE_SMOKE; i++) {
        if (others[i] != w2) {
            networks(claim, others[i], 10 + 10 * i);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers looked at", 4, 1, LAYERS),
                           real("sigma_w2", "variance of weights times width", 2, 0.1, 100),
                           real("sigma_b2", "variance of biases", 0.5, 0, 100),
                           integer_by_scale("N", "width and inputs", 400, 1000, 2000, 400, 3000),
                           integer_by_scale("m", "samples of a batch", 32, 32, 100, 32, 600),
                           integer_by_scale(
                               "networks",
                               "how many are drawn; 4 and 16 times as many at half and a quarter of the size", 16, 12,
                               24, 12, 10000)},
            .faults = {{"arccosine", "the angle's complement", "two* one*"},
                       {"no_biases", "a recursion without biases", "networks* rises"}},
            .run = correlation,
        }));
}
