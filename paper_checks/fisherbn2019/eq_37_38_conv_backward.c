/* # Equations 37 and 38: gradients through convolutions that shrink their map
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.2.1, equations 37 and 38, with claim 6.6. With $\delta^l_\alpha=\partial f/\partial z^l_\alpha$, means over sites $\alpha$ (and over pairs of different sites) of relu networks
 * without normalisation are to obey
 *
 * $$\tilde q^l=\frac{\sigma_w^2}2\tilde q^{l+1},\qquad\tilde q^l_{xy}=\frac{\sigma_w^2\tilde q^{l+1}_{xy}}{2\pi}\Big(\frac\pi2+\arcsin c_{xy}\Big),\qquad\tilde q^l_{\alpha\beta,xy}=\frac{\sigma_w^2\tilde q^{l+1}_{\alpha\beta,xy}}{2\pi}\Big(\frac\pi2+\arcsin c_{\alpha\beta}\Big),$$
 *
 * from $\tilde q^L=\tilde q^L_{xy}=1$; a start of the third is not given, 1 like the others is the only one in the text.
 *
 * **Checked.** As printed, and corrected, against networks of the paper's own size: $32\times32\times3$ inputs, three convolutions of $3\times3$ taps and stride 2, a read-out that flattens, so that $|K_l|=225,49,9,1$. With a border of zeros,
 * networks against a recursion site by site, which has no mean over sites in it.
 * **Tolerance.** Standard errors over networks, and the bias in $1/C$ and one over the inputs' channels, measured at half and a quarter of the size.
 * **Could miss.** Errors of a few percent. What correlations between sites would do if they were not 0: `claim_6_6_conv_backward` has a read-out that makes them.
 * **Found.** False as printed. A convolution hands down the sum over the sites above, $\sum_{\alpha\in K_l}|\delta^l_\alpha|^2\propto\sum_{\beta\in K_{l+1}}|\delta^{l+1}_\beta|^2$, so that a mean over sites carries
 * $|K_{l+1}|/|K_l|$ at each layer: $\tilde q^1$ is 225 times smaller. The weights of a read-out that flattens are independent from site to site, so that $\tilde q_{\alpha\beta,xy}$ is 0 in all layers, not of order 1. A border of zeros changes little
 * beside that: a sum over sites loses what falls on the border. */
#include <assay/experiment/order_limits.h>
#include <math.h>

/* ## The recursions, as printed and corrected
 * $c$ is that of the forward recursions (34) to (36). */
static double slope(struct claim *claim, double c)
{
    return (M_PI / 2 + (claim_fault(claim, "arc_cosine") ? acos(c) : asin(c))) / (2 * M_PI);
}

static void backward(struct claim *claim, const struct order_network *network, const struct order_parameters forward[],
                     bool corrected, double at[][3])
{
    int L = network->layers;

    at[L][0] = at[L][1] = 1;
    at[L][2] = corrected ? 0 : 1;
    for (int l = L - 1; l >= 1; l--) {
        double q = forward[l].z.same.x, above = network->layer[l + 1].sites, here = network->layer[l].sites;
        double ratio = !corrected ? 1 : claim_fault(claim, "inverse_ratio") ? here / above : above / here;
        double sigma_w2 = network->sigma_w2 * (claim_fault(claim, "wide_weights") ? 1.25 : 1);

        at[l][0] = ratio * sigma_w2 / 2 * at[l + 1][0];
        at[l][1] = ratio * sigma_w2 * slope(claim, forward[l].z.pair.x / q) * at[l + 1][1];
        at[l][2] = sigma_w2 * slope(claim, forward[l].z.across.x / q) * at[l + 1][2];
    }
}

/* ## Layer by layer */
static void layer(struct claim *claim, int l, double sites, const double printed[], const double corrected[],
                  const struct order_triple *drawn)
{
    static const char *const equal[] = {"mean square", "two inputs"}, *const differs[] = {"printed, square",
                                                                                          "printed, inputs"};

    for (int i = 0; i < 2; i++) {
        claim_case(claim, "layer %d, %s", l, order_triple_name[i]);
        check_equal(claim, equal[i], rounded(corrected[i], 100), order_triple_get(drawn, i));
        if (sites > 1) {
            check_differs(claim, differs[i], rounded(printed[i], 100), order_triple_get(drawn, i));
        }
    }
    if (sites > 1) {
        claim_case(claim, "layer %d", l);
        check_zero(claim, "two sites", claim_fault(claim, "inputs_for_sites") ? drawn->pair : drawn->across,
                   drawn->pair.x);
        check_differs(claim, "printed, sites", rounded(printed[2], 100), drawn->across);
    }
}

static void rows(struct claim *claim, int L, double printed[][3], double corrected[][3],
                 const struct order_parameters sites[], const struct order_parameters drawn[],
                 const struct order_parameters padded[])
{
    for (int i = 0; i < 2; i++) {
        for (int l = 1; l <= L; l++) {
            claim_row(claim, order_triple_name[i], l, printed[l][i], corrected[l][i],
                      BOTH(order_triple_get(&drawn[l].delta, i)), order_triple_get(&sites[l].delta, i).x,
                      BOTH(order_triple_get(&padded[l].delta, i)));
        }
    }
}

/* ## With a border of zeros */
static void with_border(struct claim *claim, const struct convolutions *net, struct order_parameters sites[],
                        struct order_parameters drawn[])
{
    convolutions_with_border(claim, 100, net, sites, drawn);
    for (int l = 1; l < net->layers; l++) {
        claim_case(claim, "layer %d", l);
        check_equal(claim, "border, mean square", sites[l].delta.same, drawn[l].delta.same);
        check_equal(claim, "border, two inputs",
                    claim_fault(claim, "one_site") ? sites[l].delta.same : sites[l].delta.pair, drawn[l].delta.pair);
    }
}

static void equations(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, false);
    struct order_network network;
    struct order_parameters forward[ORDER_LAYERS + 1], drawn[ORDER_LAYERS + 1], sites[ORDER_LAYERS + 1],
        padded[ORDER_LAYERS + 1];
    double printed[ORDER_LAYERS + 1][3], corrected[ORDER_LAYERS + 1][3];

    claim_labels(claim, "mean");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "corrected", RELATIVE(1e-12), "a recursion of closed forms");
    drawn_columns(claim, "drawn");
    claim_column(claim, "by_sites", RELATIVE(1e-12), "a recursion of closed forms, with a border");
    drawn_columns(claim, "border");
    net.outputs = 4;
    with_border(claim, &net, sites, padded);
    net.padding = 0;
    network = convolutions_averaged(claim, &net);
    if (network.layer[1].sites == 1) {
        claim_refuse(claim, "side %d: with one site in layer 1 the printed and the corrected recursions are the same",
                     net.side);
    }
    convolutions_predict(claim, &network, forward);
    backward(claim, &network, forward, false, printed);
    backward(claim, &network, forward, true, corrected);
    convolutions_measure(claim, 0, &net, drawn);
    for (int l = 1; l < net.layers; l++) {
        layer(claim, l, network.layer[l].sites, printed[l], corrected[l], &drawn[l].delta);
    }
    rows(claim, net.layers, printed, corrected, sites, drawn, padded);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {CONVOLUTION_PARAMETERS(8, 60, 120, 2000)},
            .faults = {{"arc_cosine", "the arc cosine in place of the arc sine", "two?inputs"},
                       {"inverse_ratio", "the ratio of site counts upside down", "mean* two?inputs"},
                       {"wide_weights", "the weights' variance too large by a quarter", "mean* two?inputs"},
                       {"inputs_for_sites", "the mean over equal sites taken for that over different ones",
                        "two?sites"},
                       {"one_site", "site by site, one input in place of two", "border,?two*"}},
            .errata = {{"E4",
                        "$\\tilde q^l=\\frac{\\sigma_w^2}2\\tilde q^{l+1}$, $\\tilde "
                        "q^l_{xy}=\\sigma_w^2\\kappa_0(c_{xy})\\,\\tilde q^{l+1}_{xy}$ (37)",
                        "Both times $|K_{l+1}|/|K_l|$.", "printed,?square printed,?inputs", "mean* two?inputs",
                        "Gradients of a shrinking network are taken for larger by its site count, and the bound (45) "
                        "of convolutional networks with them.",
                        "One channel, linear, two sites read out with weights $w_1,w_2$ of variance $\\sigma_w^2/2$ "
                        "each: the mean of $|\\delta_\\alpha|^2$ is $\\sigma_w^2/2$, not $\\sigma_w^2$."},
                       {"E5", "$\\tilde q_{\\alpha\\beta,xy}$ (38) starts at 1, as $\\tilde q$ and $\\tilde q_{xy}$ do",
                        "Below a read-out that flattens it is 0, and stays 0.", "printed,?sites", "two?sites",
                        "The first bracket of (45) is $\\tilde q_{xy}$ alone, not some $|K_l|$ times as much.",
                        "The same two sites: $\\mathbb E\\,\\delta_1\\delta_2=\\mathbb E\\,w_1w_2=0$."}},
            .run = equations,
        }));
}
