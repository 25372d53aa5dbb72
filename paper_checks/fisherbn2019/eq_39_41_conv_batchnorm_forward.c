/* # Equations 39 to 41: batch normalisation forgets where it is
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.2.1, equations 39 to 41. In a network of convolutions and relu with batch normalisation of every site and channel, moments going forward are
 *
 * $$q^l=\sigma_b^2+\sigma_w^2\hat q^{l-1},\qquad\hat q^l=\frac{\gamma_l^2}2,\qquad q^l_{xy}=\sigma_b^2+\sigma_w^2\hat q^{l-1}_{xy},\qquad\hat q^l_{xy}=\frac{\gamma_l^2}{2\pi},$$
 *
 * and those of two inputs at two sites, $q_{\alpha\beta,xy}$ and $\hat q_{\alpha\beta,xy}$, are the same as those at one.
 *
 * **Checked.** Against networks of the paper's own size, $32\times32\times3$ inputs, three convolutions of $3\times3$ taps and stride 2 with 30, 60 and 90 channels, with a $\gamma_l$ that grows from layer to layer by a ratio that is set. With a border of
 * zeros, networks against a recursion site by site.
 * **Tolerance.** Standard errors over networks, and the bias in $1/C$, $1/m$ and one over the inputs' channels, measured at half and a quarter of the size.
 * **Could miss.** Errors below some percent. Statistics of a channel over all its sites, which practice uses: `claim_6_3_conv_batchnorm_forward` has them.
 * **Found.** Holds where every tap falls inside the map. $\hat q$ is the same at every site whatever the border, because each site is normalised by itself; $q$ is not: with a border of zeros (39) to (41) are too large for every layer but the first's $q_{xy}$. */
#include <assay/experiment/order_limits.h>
#include <math.h>

/* ## As printed */
struct moments_of_layer {
    double q[3], hat[3]; // of a site, of two inputs, of two inputs at two sites
};

static void printed(struct claim *claim, const struct convolutions *net, struct moments_of_layer at[])
{
    double angle = claim_fault(claim, "half_angle") ? M_PI : 2 * M_PI;

    at[0] = (struct moments_of_layer){.hat = {1, 0, 0}};
    for (int l = 1; l <= net->layers; l++) {
        double gamma = net->gamma * pow(net->ratio, claim_fault(claim, "next_gamma") ? l : l - 1);

        at[l].hat[0] = gamma * gamma / 2;
        at[l].hat[1] = at[l].hat[2] = gamma * gamma / angle;
        for (int i = 0; i < 3; i++) {
            at[l].q[i] = net->sigma_b2 + net->sigma_w2 * at[l - 1].hat[i];
        }
    }
}

/* ## Networks */
static void layer(struct claim *claim, const char *moment, int i, struct value claimed_z, struct value claimed_h,
                  const struct order_parameters *drawn, bool last)
{
    char name[64];

    snprintf(name, sizeof name, "%sz %s", moment, i == 0 ? "square" : "pair");
    check_equal(claim, name, claimed_z, order_triple_get(&drawn->z, i));
    snprintf(name, sizeof name, "%sh %s", moment, i == 0 ? "square" : "pair");
    if (!last) {
        check_equal(claim, name, claimed_h, order_triple_get(&drawn->h, i));
    }
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
            struct value exact_z = order_triple_get(&sites[l].z, i), exact_h = order_triple_get(&sites[l].h, i);
            char series[64];

            if (i == 2 && network.layer[l].sites == 1) {
                continue;
            }
            claim_case(claim, "layer %d, %s", l, order_triple_name[i]);
            layer(claim, padded ? "border, " : "", i, padded ? exact_z : rounded(at[l].q[i], 10),
                  padded ? exact_h : rounded(at[l].hat[i], 10), &drawn[l], l == net->layers);
            if (padded && (i == 0 || l > 1) && l < net->layers) {
                check_shape(claim, "borders see less", value_sub(rounded(at[l].q[i], 10), exact_z), at[l].q[i]);
            }
            snprintf(series, sizeof series, "%s%s", padded ? "border " : "", order_triple_name[i]);
            claim_row(claim, series, l, at[l].q[i], exact_z.x, BOTH(order_triple_get(&drawn[l].z, i)));
        }
    }
}

static void forward(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, true), padded = net;

    claim_labels(claim, "moment");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "by_sites", RELATIVE(1e-12), "a recursion of closed forms");
    drawn_columns(claim, "drawn");
    net.ratio = padded.ratio = claim_real(claim, "ratio");
    net.outputs = padded.outputs = 0;
    padded.padding = net.padding > 0 ? net.padding : 1;
    net.padding = 0;
    against_networks(claim, &net, false);
    if (net.kernel > 1) {
        against_networks(claim, &padded, true);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {CONVOLUTION_PARAMETERS(32, 28, 40, 1000),
                                         real("gamma", "the first layer's gamma", 1, 0.1, 10),
                                         real("ratio", "of one layer's gamma and the next one's", 1.25, 0.5, 2)},
                          .faults = {{"half_angle", "pi in place of 2 pi", "z?pair h?pair"},
                                     {"next_gamma", "gamma of the layer above", "z* h*"}},
                          .run = forward,
                      }));
}
