/* # Equations 42 and 43: gradients through batch-normalised convolutions
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.2.1, equations 42 and 43, with claim 6.4. With batch normalisation, means over sites of gradients $\delta^l_\alpha=\partial f/\partial z^l_\alpha$ are to obey
 *
 * $$\tilde q^l=\frac{\gamma_l^2\sigma_w^2}2\frac{\tilde q^{l+1}}{q^l},\qquad\tilde q^l_{xy}=\frac{\gamma_l^2\sigma_w^2}4\frac{\tilde q^{l+1}_{xy}}{q^l},\qquad\tilde q^l_{\alpha\beta,xy}=\frac{\gamma_l^2\sigma_w^2}4\frac{\tilde q^{l+1}_{\alpha\beta,xy}}{q^l}$$
 *
 * (in the last a symbol that is defined nowhere stands in the place of $q^l$). Means and variances are constants in the backward pass.
 *
 * **Checked.** As printed, corrected, and with each of two corrections alone, against networks of the paper's own size: $32\times32\times3$ inputs, convolutions of $3\times3$ taps and stride 2 with 30, 60 and 90 channels, a read-out that flattens. With
 * a border of zeros, networks against a recursion site by site.
 * **Tolerance.** Standard errors over networks, and the bias in $1/C$, $1/m$ and one over the inputs' channels, measured at half and a quarter of the size: some 15 % of $\tilde q^1$ at 30 channels, because $\mathbb E\,1/s^2>1/\mathbb E\,s^2$.
 * **Could miss.** Errors below ten percent. Gradients through the statistics, which training has and the theory leaves out.
 * **Found.** False as printed, for three reasons. The derivation divides by the variance $(s^l)^2=q^l-q^l_{xy}$, not by $q^l$: with equal $\gamma$ gradients grow by $\frac\pi{\pi-1}$ a layer where they are printed to shrink.
 * A mean over sites carries $|K_{l+1}|/|K_l|$. And $\tilde q_{\alpha\beta,xy}$ is 0 below a read-out that flattens. Two of the three errors partly cancel in $\tilde q_{xy}$. */
#include <assay/experiment/order_limits.h>
#include <math.h>

/* ## The recursions, with each correction on or off
 * $q^l$ and $q^l_{xy}$ are those of (39) and (40). */
struct corrections {
    bool variance, sites, start;
};

static void backward(struct claim *claim, const struct order_network *network, struct corrections right, double at[][3])
{
    int L = network->layers;

    at[L][0] = at[L][1] = 1;
    at[L][2] = right.start ? 0 : 1;
    for (int l = L - 1; l >= 1; l--) {
        double below = l > 1 ? network->gamma[l - 1] * network->gamma[l - 1] : 0; // twice the hats of layer l - 1
        double q = network->sigma_b2 + network->sigma_w2 * (l > 1 ? below / 2 : 1);
        double q_xy = network->sigma_b2 + network->sigma_w2 * below / (2 * M_PI);
        double gamma = network->gamma[claim_fault(claim, "next_gamma") && l + 1 < L ? l + 1 : l];
        double ratio = right.sites ? network->layer[l + 1].sites / network->layer[l].sites : 1;
        double common = ratio * gamma * gamma * network->sigma_w2 / (right.variance ? q - q_xy : q);
        double quarter = claim_fault(claim, "half_for_quarter") ? 0.5 : 0.25;

        at[l][0] = common / 2 * at[l + 1][0];
        at[l][1] = common * quarter * at[l + 1][1];
        at[l][2] = common * quarter * at[l + 1][2];
    }
}

/* ## Layer by layer */
static void layer(struct claim *claim, int l, const struct order_network *network, const struct order_triple *drawn)
{
    static const struct corrections tried[] = {
        {true, true, true}, {false, true, true}, {true, false, true}, {false, false, false}};
    static const char *const name[][2] = {{"mean square", "two inputs"},
                                          {"second moment, square", "second moment, inputs"},
                                          {"sites ignored, square", "sites ignored, inputs"}};
    double at[4][ORDER_LAYERS + 1][3];

    for (int t = 0; t < 4; t++) {
        backward(claim, network, tried[t], at[t]);
    }
    for (int i = 0; i < 2; i++) {
        struct value witness = order_triple_get(drawn, i);

        claim_case(claim, "layer %d, %s", l, order_triple_name[i]);
        check_equal(claim, name[0][i], rounded(at[0][l][i], 50), witness);
        if (l == 1) {
            check_differs(claim, name[1][i], rounded(at[1][l][i], 50), witness);
        }
        if (network->layer[l].sites > 1) {
            check_differs(claim, name[2][i], rounded(at[2][l][i], 50), witness);
        }
    }
    claim_case(claim, "layer %d", l);
    if (network->layer[l].sites > 1) {
        check_zero(claim, "two sites", claim_fault(claim, "inputs_for_sites") ? drawn->pair : drawn->across,
                   drawn->pair.x);
        check_differs(claim, "two sites from 1", rounded(at[3][l][2], 50), drawn->across);
    }
}

static void rows(struct claim *claim, const struct order_network *network, const struct order_parameters sites[],
                 const struct order_parameters drawn[], const struct order_parameters padded[])
{
    double printed[ORDER_LAYERS + 1][3], variance[ORDER_LAYERS + 1][3], corrected[ORDER_LAYERS + 1][3];

    backward(claim, network, (struct corrections){false, false, false}, printed);
    backward(claim, network, (struct corrections){true, false, true}, variance);
    backward(claim, network, (struct corrections){true, true, true}, corrected);
    for (int i = 0; i < 2; i++) {
        for (int l = 1; l <= network->layers; l++) {
            claim_row(claim, order_triple_name[i], l, printed[l][i], variance[l][i], corrected[l][i],
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
    struct convolutions net = convolutions_read(claim, true);
    struct order_parameters drawn[ORDER_LAYERS + 1], sites[ORDER_LAYERS + 1], padded[ORDER_LAYERS + 1];

    claim_labels(claim, "mean");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-13), "a recursion of closed forms");
    claim_column(claim, "variance", RELATIVE(1e-13), "a recursion of closed forms");
    claim_column(claim, "corrected", RELATIVE(1e-13), "a recursion of closed forms");
    drawn_columns(claim, "drawn");
    claim_column(claim, "by_sites", RELATIVE(1e-12), "a recursion of closed forms, with a border");
    drawn_columns(claim, "border");
    net.outputs = 3;
    net.ratio = claim_real(claim, "ratio");
    if (net.layers == 2) {
        claim_refuse(claim, "L = 2: variance and second moment differ clearly from the second layer on only");
    }
    with_border(claim, &net, sites, padded);
    net.padding = 0;
    struct order_network network = convolutions_averaged(claim, &net);
    if (network.layer[1].sites == 1) {
        claim_refuse(claim, "side %d: with one site in layer 1 sites do not matter", net.side);
    }
    convolutions_measure(claim, 0, &net, drawn);
    for (int l = 1; l < net.layers; l++) {
        layer(claim, l, &network, &drawn[l].delta);
    }
    rows(claim, &network, sites, drawn, padded);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {CONVOLUTION_PARAMETERS(32, 30, 32, 1000),
                           real("gamma", "the first layer's gamma", 1, 0.1, 10),
                           real("ratio", "of one layer's gamma and the next one's", 1.25, 0.5, 2)},
            .faults = {{"half_for_quarter", "E phi'^2 in place of (E phi')^2 between inputs", "two?inputs"},
                       {"next_gamma", "gamma of the layer above", "mean* two?inputs"},
                       {"inputs_for_sites", "the mean over equal sites taken for that over different ones",
                        "two?sites"},
                       {"one_site", "site by site, one input in place of two", "border,?two*"}},
            .errata =
                {{"E2",
                  "$\\tilde q^l=\\frac{\\gamma_l^2\\sigma_w^2}2\\frac{\\tilde q^{l+1}}{q^l}$, and so on (42), (43)",
                  "The denominator is $(s^l)^2=q^l-q^l_{xy}$.", "second*", "mean* two?inputs",
                  "Gradients explode by $\\frac\\pi{\\pi-1}$ a layer in the theory's own approximation; as printed "
                  "they vanish.",
                  NULL},
                 {"E4", "The mean over sites is handed down as it is (42)", "It carries $|K_{l+1}|/|K_l|$.",
                  "sites?ignored*", "mean* two?inputs",
                  "Gradients of a network that shrinks its map are taken for larger by its site count.",
                  "Two sites read out with independent weights of variance $\\sigma_w^2/2$ each: the mean over them is "
                  "$\\sigma_w^2/2$ times what a single site has."},
                 {"E5", "$\\tilde q_{\\alpha\\beta,xy}$ (43) starts at 1",
                  "Below a read-out that flattens it is 0, and stays 0.", "two?sites?from*", "two?sites",
                  "The first bracket of (45) is $\\tilde q_{xy}$ alone.", NULL}},
            .run = equations,
        }));
}
