/* # Claim 6.3: batch normalisation makes all pairs of sites alike
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.2.1, claim 6.3 and equations 99 to 104. With batch normalisation $q^{l+1}=\sigma_b^2+\sigma_w^2\hat q^l$, the same for $q_{xy}$ and $q_{\alpha\beta,xy}$, with
 *
 * $$\hat q^l=\int Dz\,\sigma^2(\gamma_lz)=\frac{\gamma_l^2}2,\qquad\hat q^l_{xy}=\hat q^l_{\alpha\beta,xy}=\int Dz_1Dz_2\,\sigma(\gamma_lz_1)\,\sigma(\gamma_lz_2)=\frac{\gamma_l^2}{2\pi}.$$
 *
 * **Checked.** The integrals by quadrature, for many $\gamma$. The claim in networks with larger kernels and more channels than the paper's, with a $\gamma_l$ that changes from layer to layer, on inputs whose mean image is different from site to site: normalisation of each site
 * removes it. And with the statistics of practice, one mean and variance of a channel over all sites, on independent inputs.
 * **Tolerance.** Quadrature states its error. Networks have standard errors, and a bias in $1/C$ and $1/m$, measured at half and a quarter of the size.
 * **Could miss.** In networks errors below some percent. Statistics over all sites of inputs that differ from site to site: there the claim is not true, and it is not made.
 * **Found.** Holds, in networks also with statistics over all sites, where a site's mean over inputs is the same at every site. (101) and (103) have $\gamma_1$ for one of the two $\gamma_l$. */
#include <assay/experiment/order_limits.h>
#include <math.h>

/* ## As printed */
static double hat(struct claim *claim, double gamma, bool pair)
{
    return pair ? gamma * gamma / (claim_fault(claim, "diameter") ? M_PI : 2 * M_PI)
                : gamma * gamma / (claim_fault(claim, "both_signs") ? 1 : 2);
}

/* ## The integrals */
static double relu_of(double z, void *gamma)
{
    return fmax(0, *(double *)gamma * z);
}

static double square_of(double z, void *gamma)
{
    return relu_of(z, gamma) * relu_of(z, gamma);
}

static void integrals(struct claim *claim)
{
    static const double kink = 0;

    for (double gamma = 0.125; gamma <= 8; gamma *= 2) {
        double first = 1.5 * gamma; // some other layer's gamma
        struct piecewise square = {square_of, &gamma, 1, &kink}, f = {relu_of, &gamma, 1, &kink},
                         g = {relu_of, &first, 1, &kink};
        struct value pair = claim_value(claim, gaussian_product(&f, &f, 0)),
                     typo = claim_value(claim, gaussian_product(&f, &g, 0));

        claim_case(claim, "gamma = %g", gamma);
        check_equal(claim, "99, quadrature", rounded(hat(claim, gamma, false), 4),
                    claim_value(claim, gaussian_mean(&square)));
        check_equal(claim, "101, quadrature", rounded(hat(claim, gamma, true), 4), pair);
        check_differs(claim, "101 with gamma_1", typo, rounded(gamma * gamma / (2 * M_PI), 4));
    }
}

/* ## Networks */
static void networks(struct claim *claim, const struct convolutions *net, uint32_t stream, const char *series)
{
    struct order_network network = convolutions_averaged(claim, net);
    struct order_parameters drawn[ORDER_LAYERS + 1];

    convolutions_measure(claim, stream, net, drawn);
    for (int i = 0; i < 3; i++) {
        for (int l = 1; l < net->layers; l++) {
            double claimed = hat(claim, net->gamma * pow(net->ratio, l - 1), i > 0);
            struct value h = order_triple_get(&drawn[l].h, i), z = order_triple_get(&drawn[l + 1].z, i);
            char name[64];

            if (i == 2 && network.layer[l].sites == 1) {
                continue;
            }
            snprintf(name, sizeof name, "%s, %s", series, order_triple_name[i]);
            claim_case(claim, "layer %d", l);
            check_equal(claim, name, rounded(claimed, 10), h);
            claim_row(claim, name, l, claimed, BOTH(h));
            if (i < 2 || network.layer[l + 1].sites > 1) {
                claim_case(claim, "z of layer %d", l + 1);
                check_equal(claim, name, rounded(net->sigma_b2 + net->sigma_w2 * claimed, 10), z);
            }
        }
    }
}

static void forward(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, true), channel = net;

    net.padding = channel.padding = 0;
    net.outputs = channel.outputs = 0;
    net.ratio = channel.ratio = claim_real(claim, "ratio");
    net.pair = claim_real(claim, "pair");
    net.across = net.pair / 3;
    channel.over_sites = true;
    claim_labels(claim, "moment");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-13), "a closed form");
    drawn_columns(claim, "drawn");
    if (convolutions_averaged(claim, &net).layer[1].sites == 1) {
        claim_refuse(claim, "side %d: one site in layer 1", net.side);
    }
    integrals(claim);
    networks(claim, &net, 0, "each site");
    networks(claim, &channel, 20, "all sites");
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {CONVOLUTIONS_LIKE(10, 16, 12, 32, 5, 1, 24, 20, 20, 1000),
                           real("gamma", "the first layer's gamma", 1, 0.1, 10),
                           real("ratio", "of one layer's gamma and the next one's", 0.8, 0.5, 2),
                           real("pair",
                                "mean product of two inputs at the same site, three times that at different ones", 0.6,
                                0, 0.9)},
            .faults = {{"diameter", "pi in place of 2 pi", "101,* *pair *across"},
                       {"both_signs", "relu's square taken over the whole line", "99* *same"}},
            .errata = {{"E9i",
                        "$\\hat q_{xy}^l\\simeq\\int Dz_1Dz_2\\,\\sigma_l(\\gamma_lz_1)\\,\\sigma_l(\\gamma_1z_2)$ "
                        "(101), (103)",
                        "$\\gamma_l$ in both places.", "101?with*", "101,*", "None: (102) and (104) are right.", NULL}},
            .run = forward,
        }));
}
