/* # Equations 34 to 36: what goes forward through a convolution is what goes forward through a dense layer
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.2.1, equations 34 to 36, with 75 to 77 and 81 to 94. In a network of convolutions and relu without normalisation
 * the moments of a site, of a site of two inputs, and of two sites of two inputs, each obey the recursion of a dense layer of their own:
 *
 * $$q^l=\sigma_b^2+\sigma_w^2\hat q^{l-1},\quad\hat q^l=\frac{q^l}2,\qquad q^l_{xy}=\sigma_b^2+\sigma_w^2\hat q^{l-1}_{xy},\quad\hat q^l_{xy}=\frac{q^l}{2\pi}\Big(\sqrt{1-c^2}+\frac{c\pi}2+c\arcsin c\Big),$$
 *
 * with $c=q^l_{xy}/q^l$, and the same for $q_{\alpha\beta,xy}$ with $c=q^l_{\alpha\beta,xy}/q^l$. Inputs have independent coordinates: $\hat q^0=1$, $\hat q^0_{xy}=\hat q^0_{\alpha\beta,xy}=0$.
 *
 * **Checked.** The recursions as printed against networks of the paper's own size: $32\times32\times3$ inputs, three convolutions of $3\times3$ taps and stride 2 with 30, 60 and 90 channels. One layer
 * exactly (76): the covariance of $z_\alpha(x)$ and $z_\beta(y)$ over weights, by enumerating signs in their place, of which it sees two moments only. The sizes of the example below (75), with windows counted one by one. With a
 * zero around every map: the same networks against a recursion site by site.
 * **Tolerance.** Standard errors over networks, and the bias in $1/C$, $1/m$ and one over the inputs' channels, measured at half and a quarter of the size. Rounding elsewhere.
 * **Could miss.** That (35) and (36) are two recursions: with independent inputs both start at 0 and stay equal. `claim_6_5_conv_forward` starts them apart. Errors of some percent in the last layers, where networks differ much.
 * **Found.** Holds where every tap falls inside the map. With zeros around it border sites see fewer inputs, and the recursions, which know no border, are too large: (82) to (83) and (91) to (92) replace a mean over windows by one over sites. (90)
 * lacks the factor $1/C_{l+1}$ of its definition (31). */
#include <assay/experiment/order_limits.h>
#include <math.h>

/* ## The recursions as printed */
struct moments_of_layer {
    double q[3], hat[3]; // of a site, of two inputs, of two inputs at two sites
};

static double hat(struct claim *claim, double q, double c)
{
    double quarter = claim_fault(claim, "no_half_c") ? 0 : c * M_PI / 2;

    return q / (2 * M_PI) * (sqrt(1 - c * c) + quarter + c * asin(c));
}

static void printed(struct claim *claim, const struct convolutions *net, struct moments_of_layer at[])
{
    at[0] = (struct moments_of_layer){.hat = {1, 0, 0}};
    for (int l = 1; l <= net->layers; l++) {
        for (int i = 0; i < 3; i++) {
            at[l].q[i] = net->sigma_b2 + net->sigma_w2 * at[l - 1].hat[i];
        }
        at[l].hat[0] = at[l].q[0] / 2;
        for (int i = 1; i < 3; i++) {
            at[l].hat[i] = hat(claim, at[l].q[0], at[l].q[i] / at[l].q[0]);
        }
    }
    if (claim_fault(claim, "no_bias")) {
        for (int l = 1; l <= net->layers; l++) {
            at[l].q[0] -= net->sigma_b2 / 2;
        }
    }
}

/* ## Networks of the paper's size
 * The read-out has one site, where the last of the three has no meaning. */
static void row(struct claim *claim, const char *series, int l, double recursion, struct value sites,
                struct value drawn)
{
    claim_row(claim, series, l, recursion, sites.x, BOTH(drawn));
}

static void against_networks(struct claim *claim, const struct convolutions *net, bool padded)
{
    struct moments_of_layer at[ORDER_LAYERS + 1];
    struct order_parameters sites[ORDER_LAYERS + 1], drawn[ORDER_LAYERS + 1];
    struct order_network network = convolutions_averaged(claim, net);

    printed(claim, net, at);
    convolutions_maps(claim, net, sites);
    convolutions_measure(claim, padded ? 100 : 0, net, drawn);
    for (int i = 0; i < 3; i++) {
        for (int l = 1; l <= net->layers; l++) {
            struct value z = order_triple_get(&drawn[l].z, i), h = order_triple_get(&drawn[l].h, i);
            struct value exact_z = order_triple_get(&sites[l].z, i), exact_h = order_triple_get(&sites[l].h, i);
            char name[64];

            if (i == 2 && network.layer[l].sites == 1) {
                continue;
            }
            claim_case(claim, "layer %d, %s", l, order_triple_name[i]);
            snprintf(name, sizeof name, "%sz %s", padded ? "padded " : "", order_triple_name[i]);
            row(claim, name, l, at[l].q[i], exact_z, z);
            check_equal(claim,
                        padded   ? "padded, z"
                        : i == 0 ? "q"
                                 : "q of pairs",
                        padded ? exact_z : rounded(at[l].q[i], 100), z);
            if (l < net->layers) {
                check_equal(claim,
                            padded   ? "padded, h"
                            : i == 0 ? "q hat"
                                     : "q hat of pairs",
                            padded ? exact_h : rounded(at[l].hat[i], 100), h);
            }
            if (padded && i == 0 && l < net->layers) {
                check_shape(claim, "borders see less", value_sub(rounded(at[l].q[i], 100), exact_z), at[l].q[i]);
            }
        }
    }
}

/* ## Equation 90 without its factor
 * The sum over channels is $C_{l+1}$ times what the recursion gives. */
static void equation_90(struct claim *claim, const struct convolutions *net)
{
    struct moments_of_layer at[ORDER_LAYERS + 1];
    struct convolutions few = *net;
    struct order_parameters drawn[ORDER_LAYERS + 1];

    few.networks *= 4;
    few.outputs = 0;
    few.side = few.kernel + few.stride;
    few.layers = 2;
    few.padding = 0;
    few.sigma_b2 = 0.5;
    few.C = 16;
    printed(claim, &few, at);
    convolutions_measure(claim, 200, &few, drawn);
    claim_case(claim, "layer 1, %d channels", few.C);
    check_differs(claim, "90 as printed", rounded(at[1].q[2], 10), value_scale(few.C, drawn[1].z.across));
    check_equal(claim, "90 by channels", rounded(at[1].q[2], 10), drawn[1].z.across);
}

/* ## One layer, exactly
 * A $3\times3$ map with two channels and a $2\times2$ kernel: 8 weights. All $2^8$ choices of signs have the means and covariances of normal weights. */
enum { SIDE = 3, TAPS = 2, CHANNELS = 2, WEIGHTS = TAPS * TAPS * CHANNELS };

static double h_at(const double h[], int alpha, int tap, int channel)
{
    int row = alpha / (SIDE - TAPS + 1) + tap / TAPS, column = alpha % (SIDE - TAPS + 1) + tap % TAPS;

    return h[(row * SIDE + column) * CHANNELS + channel];
}

static double z_at(const double h[], int alpha, unsigned signs)
{
    double z = 0;

    for (int w = 0; w < WEIGHTS; w++) {
        z += (signs >> w & 1 ? 1 : -1) * h_at(h, alpha, w / CHANNELS, w % CHANNELS);
    }
    return z;
}

static void one_layer(struct claim *claim, const struct convolutions *net)
{
    struct stream stream = claim_stream(claim, 90, 0);
    double h[2][SIDE * SIDE * CHANNELS], N = claim_fault(claim, "taps_forgotten") ? CHANNELS : WEIGHTS;

    stream_normals(&stream, SIDE * SIDE * CHANNELS, h[0]);
    stream_normals(&stream, SIDE * SIDE * CHANNELS, h[1]);
    for (int pair = 0; pair < 16; pair++) {
        int alpha = pair / 4, beta = pair % 4;
        double products = 0, covariance = 0, scale = 0;

        for (int w = 0; w < WEIGHTS; w++) {
            double product =
                h_at(h[0], alpha, w / CHANNELS, w % CHANNELS) * h_at(h[1], beta, w / CHANNELS, w % CHANNELS);

            products += product;
            scale += fabs(product);
        }
        for (unsigned signs = 0; signs < 1u << WEIGHTS; signs++) {
            covariance += ldexp(z_at(h[0], alpha, signs) * z_at(h[1], beta, signs), -WEIGHTS);
        }
        claim_case(claim, "sites %d and %d", alpha, beta);
        check_equal(
            claim, "76, signs",
            measured(net->sigma_b2 + net->sigma_w2 / N * products, 1e-14 * (net->sigma_b2 + scale), ROUNDING),
            measured(net->sigma_b2 + net->sigma_w2 / WEIGHTS * covariance, 1e-13 * (net->sigma_b2 + scale), ROUNDING));
    }
}

/* ## The example below equation 75
 * CIFAR-10, $3\times3$ taps, stride 2, no padding: windows that fit, counted. */
static void example(struct claim *claim)
{
    int windows = 0;

    for (int row = 0; row < 32; row += 2) {
        for (int column = 0; column < 32; column += 2) {
            windows += row + 3 <= 32 && column + 3 <= 32;
        }
    }
    claim_case(claim, "CIFAR-10");
    check_equal(claim, "example K_0", exact(1024), exact(32 * 32));
    check_equal(claim, "example K_1", exact(claim_fault(claim, "padded_example") ? 256 : 225), exact(windows));
}

static void forward(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, false), padded = net;

    claim_labels(claim, "moment");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "by_sites", RELATIVE(1e-12), "a recursion of closed forms");
    drawn_columns(claim, "drawn");
    net.outputs = padded.outputs = 0;
    if (net.padding == 0) {
        against_networks(claim, &net, false);
    }
    padded.padding = net.padding > 0 ? net.padding : 1;
    if (net.kernel > 1) {
        against_networks(claim, &padded, true);
    }
    equation_90(claim, &net);
    one_layer(claim, &net);
    example(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {CONVOLUTION_PARAMETERS(8, 80, 200, 4000)},
            .faults = {{"no_half_c", "the term c pi / 2 dropped", "q?of* q?hat?of*"},
                       {"no_bias", "half of the biases' variance forgotten in q", "q borders*"},
                       {"taps_forgotten", "N_l = C_l in place of C_l |F|", "76*"},
                       {"padded_example", "the example with a border of zeros", "example?K_1"}},
            .errata =
                {{"E9g",
                  "$q^{l+1}_{\\alpha\\beta,xy}:=\\mathbb E\\,\\langle z^{l+1}_\\alpha(x),z^{l+1}_\\beta(y)\\rangle$ "
                  "(90)",
                  "$\\frac1{C_{l+1}}\\mathbb E\\,\\langle z^{l+1}_\\alpha(x),z^{l+1}_\\beta(y)\\rangle$, as in (31)",
                  "90?as*", "90?by*", "None: (91) has it again.", NULL}},
            .run = forward,
        }));
}
