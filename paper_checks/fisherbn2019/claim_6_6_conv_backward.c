/* # Claim 6.6: gradients that sites share
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.2.2, claim 6.6 and equations 137 to 145. In a relu network of convolutions without normalisation, means over sites of products of gradients go down by
 *
 * $$\tilde q^l=\frac{\sigma_w^2}2\tilde q^{l+1},\qquad\tilde q_{xy}^l=\frac{\sigma_w^2\tilde q^{l+1}}{2\pi}\Big[\frac\pi2+\arcsin c_{xy}\Big],\qquad\tilde q_{\alpha\beta,xy}^l=\frac{\sigma_w^2\tilde q_{\alpha\beta,xy}^{l+1}}{2\pi}\Big[\frac\pi2+\arcsin c_{\alpha\beta,xy}\Big].$$
 *
 * **Checked.** In networks whose output is a sum over all sites of a last map, which all three recursions start at 1 and $\tilde q_{\alpha\beta,xy}$ is not 0, on inputs correlated more at a site than between sites, so that $c_{xy}$ and $c_{\alpha\beta}$ differ. With
 * kernels of one tap, which never shrink a map; with those that are set, which do. The mean slope (22) by quadrature.
 * **Tolerance.** Quadrature states its error. Networks have standard errors, and a bias in $1/C$ and one over the inputs' channels, measured at half and a quarter of the size.
 * **Could miss.** Errors below some percent.
 * **Found.** True where the map keeps its size, up to $\tilde q^{l+1}$ in the second formula, which must be $\tilde q^{l+1}_{xy}$ as in (143). Where the map shrinks the mean over sites carries $|K_{l+1}|/|K_l|$, and that over pairs of different sites
 * $|K_{l+1}|(|K_{l+1}|-1)/(|K_l|(|K_l|-1))$. */
#include <assay/experiment/order_limits.h>
#include <math.h>

/* ## Slopes, and the integral that they are */
static double slope(struct claim *claim, double c)
{
    return (M_PI / 2 + (claim_fault(claim, "arc_cosine") ? acos(c) : asin(c))) / (2 * M_PI);
}

static void integral(struct claim *claim)
{
    struct activation relu;

    claim_need(claim, activation_find("relu", &relu));
    for (int i = -19; i <= 19; i++) {
        struct piecewise step = activation_slope_piecewise(&relu);

        claim_case(claim, "c = %g", i / 20.0);
        check_equal(claim, "slope, quadrature", rounded(slope(claim, i / 20.0), 10),
                    claim_value(claim, gaussian_product(&step, &step, i / 20.0)));
    }
}

/* ## The recursions
 * same, pair, across; counted: with the ratios of sites and of pairs of sites. */
static void backward(struct claim *claim, const struct convolutions *net, const struct order_network *network,
                     bool counted, double at[][3])
{
    double q[ORDER_LAYERS + 1], c[ORDER_LAYERS + 1][3], hat[3] = {1, net->pair, net->across};
    int L = net->layers;

    for (int l = 1; l < L; l++) {
        q[l] = net->sigma_b2 + net->sigma_w2 * hat[0];
        for (int i = 0; i < 3; i++) {
            c[l][i] = i == 0 ? 1 : (net->sigma_b2 + net->sigma_w2 * hat[i]) / q[l];
            hat[i] = q[l] / (2 * M_PI) * (sqrt(1 - c[l][i] * c[l][i]) + c[l][i] * (M_PI / 2 + asin(c[l][i])));
        }
    }
    at[L][0] = at[L][1] = at[L][2] = 1;
    for (int l = L - 1; l >= 1; l--) {
        double above = network->layer[l + 1].sites, here = network->layer[l].sites;

        for (int i = 0; i < 3; i++) {
            double ratio = !counted                                ? 1
                           : i < 2                                 ? above / here
                           : here == 1                             ? 0
                           : claim_fault(claim, "sites_for_pairs") ? above / here
                                                                   : above * (above - 1) / (here * (here - 1));

            at[l][i] = ratio * net->sigma_w2 * (i == 0 ? 0.5 : slope(claim, c[l][i])) * at[l + 1][i];
        }
    }
}

/* ## Networks */
static const char *const name[] = {"one input", "two inputs", "two sites"};

static void shrinking(struct claim *claim, const struct convolutions *net)
{
    struct order_network network = convolutions_averaged(claim, net);
    struct order_parameters drawn[ORDER_LAYERS + 1];
    double counted[ORDER_LAYERS + 1][3], printed[ORDER_LAYERS + 1][3];

    backward(claim, net, &network, true, counted);
    backward(claim, net, &network, false, printed);
    convolutions_measure(claim, 0, net, drawn);
    for (int i = 0; i < 3; i++) {
        for (int l = 1; l < net->layers; l++) {
            struct value tilde = order_triple_get(&drawn[l].delta, i);
            bool one_site = network.layer[l].sites == 1,
                 shrinks = network.layer[1].sites > network.layer[net->layers - 1].sites;
            char check[64];

            claim_row(claim, name[i], l, printed[l][i], counted[l][i], BOTH(tilde));
            if (i == 2 && one_site) {
                continue;
            }
            claim_case(claim, "layer %d", l);
            snprintf(check, sizeof check, "shrinking, %s", name[i]);
            check_equal(claim, check, rounded(counted[l][i], 100), tilde);
            if (l == 1 && shrinks) {
                snprintf(check, sizeof check, "as printed, %s", name[i]);
                check_differs(claim, check, rounded(printed[l][i], 100), tilde);
            }
        }
    }
}

/* Kernels of one tap, 16 or more input channels. */
static void keeping(struct claim *claim, const struct convolutions *net)
{
    struct convolutions flat = *net;
    struct order_parameters drawn[ORDER_LAYERS + 1];
    double printed[ORDER_LAYERS + 1][3];

    flat.kernel = flat.stride = 1;
    flat.side = 4;
    flat.networks *= 4;
    flat.inputs = net->inputs < 16 ? 16 : net->inputs;
    flat.layers = net->layers < 3 ? 3 : net->layers;
    struct order_network network = convolutions_averaged(claim, &flat);
    backward(claim, &flat, &network, false, printed);
    convolutions_measure(claim, 20, &flat, drawn);
    for (int i = 0; i < 3; i++) {
        for (int l = 1; l < flat.layers; l++) {
            char check[64];

            claim_case(claim, "layer %d", l);
            snprintf(check, sizeof check, "keeping, %s", name[i]);
            check_equal(claim, check, rounded(printed[l][i], 100), order_triple_get(&drawn[l].delta, i));
        }
    }
    claim_case(claim, "layer 1");
    check_differs(claim, "second formula as printed", rounded(printed[1][1] / printed[2][1] * printed[2][0], 100),
                  drawn[1].delta.pair);
}

static void claim_6_6(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, false);

    net.pair = claim_real(claim, "pair");
    net.across = net.pair * claim_real(claim, "across");
    net.padding = 0;
    net.pooled = true;
    net.outputs = 4;
    claim_labels(claim, "mean");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "corrected", RELATIVE(1e-12), "a recursion of closed forms");
    drawn_columns(claim, "drawn");
    struct order_network network = convolutions_averaged(claim, &net);
    if (network.layer[1].sites < 1.5 * network.layer[net.layers - 1].sites) {
        claim_refuse(claim, "side %d, L = %d: the map must shrink between the first convolution and the last", net.side,
                     net.layers);
    }
    integral(claim);
    shrinking(claim, &net);
    keeping(claim, &net);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {CONVOLUTIONS_LIKE(10, 12, 12, 32, 3, 1, 8, 70, 100, 1000),
                           real("pair", "mean product of two inputs at the same site", 0.4, 0, 0.6),
                           real("across", "that at different sites, as a part of it", 0.2, 0, 0.9)},
            .faults = {{"arc_cosine", "the arc cosine in place of the arc sine",
                        "slope* shrinking,?two* keeping,?two*"},
                       {"sites_for_pairs", "the ratio of sites for that of pairs of sites", "shrinking*sites"}},
            .errata = {{"E4", "$\\tilde q^l=\\frac{\\sigma_w^2}2\\tilde q^{l+1}$, and so on (claim 6.6)",
                        "Times $\\frac{|K_{l+1}|}{|K_l|}$; $\\tilde q_{\\alpha\\beta,xy}$ times "
                        "$\\frac{|K_{l+1}|(|K_{l+1}|-1)}{|K_l|(|K_l|-1)}$.",
                        "as?printed*", "shrinking* keeping*",
                        "Gradients of a network that shrinks its map are taken for larger by its site count.",
                        "Three sites in a row and two taps, linear, the output the sum over the two windows: the "
                        "middle site is in both, $\\sum_\\alpha\\mathbb E\\,\\delta_\\alpha^2=2\\sigma_w^2$ and the "
                        "mean over three sites $\\frac23\\sigma_w^2$, where the two above have 1."},
                       {"E9k", "$\\tilde q_{xy}^l=\\frac{\\sigma_w^2\\tilde q^{l+1}}{2\\pi}[\\dots]$",
                        "With $\\tilde q^{l+1}_{xy}$, as in (143).", "second*",
                        "keeping,?two?inputs shrinking,?two?inputs", "None: a slip of the claim's text.", NULL}},
            .run = claim_6_6,
        }));
}
