/* # Claim 6.5: three recursions forward, each from a start of its own
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.2.2, claim 6.5 and equations 128 to 136. In a relu network of convolutions without normalisation $q^{l+1}=\sigma_b^2+\sigma_w^2\hat q^l$, with $\hat q^l=q^l/2$, and for two inputs, at the same site or
 * at different ones,
 *
 * $$\hat q^l_{xy}=\frac{q^l}{2\pi}\Big[\sqrt{1-c^2}+\frac{c\pi}2+c\arcsin c\Big],\qquad c=\frac{q^l_{xy}}{q^l}.$$
 *
 * **Checked.** The closed form against the integral over two normal variables that defines it (133), from $c=-1$ to 1. The recursions against networks with larger kernels and more channels than the paper's, whose inputs have a mean image, in part common to all sites, so that
 * $\hat q^0_{xy}$ and $\hat q^0_{\alpha\beta,xy}$ are different and not 0: (129) and (130) run apart.
 * **Tolerance.** Quadrature states its error. Networks have standard errors, and a bias in $1/C$ and one over the inputs' channels, measured at half and a quarter of the size.
 * **Could miss.** In networks errors below some percent.
 * **Found.** Holds, without a border of zeros. The integrals (133) and (135) have a $\gamma_l$ that networks without normalisation have not; with it they would be $\gamma_l^2$ times (134) and (136). */
#include <assay/experiment/order_limits.h>
#include <math.h>

/* ## As printed */
static double hat(struct claim *claim, double q, double c)
{
    return q / (2 * M_PI) * (sqrt(1 - c * c) + c * M_PI / 2 + (claim_fault(claim, "odd_part") ? -1 : 1) * c * asin(c));
}

/* ## The integral (133), with and without its gamma */
static void integrals(struct claim *claim)
{
    struct activation relu;
    double q = 2.5, gamma = 1.25;

    claim_need(claim, activation_find("relu", &relu));
    for (int i = -20; i <= 20; i++) {
        double c = i / 20.0;
        struct piecewise f = activation_piecewise(&relu);
        struct value mean = value_scale(q, claim_value(claim, gaussian_product(&f, &f, c)));

        claim_case(claim, "c = %g", c);
        if (i > -20) {
            check_equal(claim, "133, quadrature", value_with(rounded(hat(claim, q, c), 10), 1e-15 * q, ROUNDING), mean);
            check_differs(claim, "133 with gamma", value_scale(gamma * gamma, mean), rounded(hat(claim, q, c), 10));
        } else {
            check_zero(claim, "opposite inputs", mean, q);
        }
        claim_row(claim, "kernel", c, hat(claim, q, c) / q, mean.x / q, 0);
    }
}

/* ## Networks */
struct moments_of_layer {
    double q[3], hat[3];
};

static void printed(struct claim *claim, const struct convolutions *net, struct moments_of_layer at[])
{
    at[0] = (struct moments_of_layer){.hat = {1, net->pair, claim_fault(claim, "one_start") ? net->pair : net->across}};
    for (int l = 1; l <= net->layers; l++) {
        for (int i = 0; i < 3; i++) {
            at[l].q[i] = net->sigma_b2 + net->sigma_w2 * at[l - 1].hat[i];
        }
        at[l].hat[0] = at[l].q[0] / 2;
        for (int i = 1; i < 3; i++) {
            at[l].hat[i] = hat(claim, at[l].q[0], at[l].q[i] / at[l].q[0]);
        }
    }
}

static void networks(struct claim *claim, const struct convolutions *net)
{
    static const char *const name[] = {"one input", "two inputs", "two sites"};
    struct order_network network = convolutions_averaged(claim, net);
    struct moments_of_layer at[ORDER_LAYERS + 1];
    struct order_parameters drawn[ORDER_LAYERS + 1];

    printed(claim, net, at);
    convolutions_measure(claim, 0, net, drawn);
    for (int i = 0; i < 3; i++) {
        for (int l = 1; l <= net->layers; l++) {
            if (i == 2 && network.layer[l].sites == 1) {
                continue;
            }
            claim_case(claim, "layer %d", l);
            check_equal(claim, name[i], rounded(at[l].q[i], 100), order_triple_get(&drawn[l].z, i));
            if (l < net->layers) {
                check_equal(claim, name[i], rounded(at[l].hat[i], 100), order_triple_get(&drawn[l].h, i));
            }
            claim_row(claim, name[i], l, at[l].q[i], BOTH(order_triple_get(&drawn[l].z, i)));
        }
    }
}

static void forward(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, false);

    net.pair = claim_real(claim, "pair");
    net.across = net.pair * claim_real(claim, "across");
    net.padding = 0;
    claim_labels(claim, "series");
    claim_column(claim, "x", EXACT, "a grid of correlations, or layers");
    claim_column(claim, "printed", ABSOLUTE(1e-12), "closed forms");
    claim_column(claim, "witness", ABSOLUTE(1e-9), "quadrature, or the same draws up to rounding");
    claim_column(claim, "witness_err", ABSOLUTE(1e-4), "a standard error and a measured bias");
    if (convolutions_averaged(claim, &net).layer[1].sites == 1) {
        claim_refuse(claim, "side %d: one site in layer 1", net.side);
    }
    integrals(claim);
    networks(claim, &net);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {CONVOLUTIONS_LIKE(14, 18, 12, 40, 5, 1, 8, 24, 50, 1000),
                           real("pair", "mean product of two inputs at the same site", 0.6, 0.05, 0.95),
                           real("across", "that at different sites, as a part of it", 0.3, 0, 0.9)},
            .faults = {{"odd_part", "the term c arcsin c with the wrong sign", "133,?quadrature two*"},
                       {"one_start", "q-hat of two sites starts as that of one", "two?sites"}},
            .errata = {{"E9n",
                        "$\\hat q_{xy}^l=\\int Dz_1Dz_2\\,\\sigma(\\sqrt{q_l}z_1\\gamma_l)\\,\\sigma[\\dots\\gamma_l]$ "
                        "(133), and (135), without normalisation",
                        "Without $\\gamma_l$.", "133?with*", "133,?quadrature", "None: (134) and (136) are without it.",
                        NULL}},
            .run = forward,
        }));
}
