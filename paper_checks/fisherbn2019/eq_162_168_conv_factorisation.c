/* # Equations 162 to 168: a double sum over sites, taken apart
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.3, equations 162 to 168. Two inputs' gradients with respect to the weights of a convolution have the product
 *
 * $$\Big\langle\frac{\partial f(x)}{\partial W_l},\frac{\partial f(y)}{\partial W_l}\Big\rangle=\sum_{\alpha\in F_l}\sum_{\beta,\beta'\in K_l}\langle\delta^l_\beta(x),\delta^l_{\beta'}(y)\rangle\langle h^{l-1}_{\alpha+\beta}(x),h^{l-1}_{\alpha+\beta'}(y)\rangle\qquad(165)$$
 *
 * which (166) replaces by $|K_l|^{-2}$ times the product of the sums of both factors, because what goes forward and what goes backward are independent; (167) and (168) put in order parameters.
 *
 * **Checked.** (165) on small networks, every pair of inputs, against the product of the gradients. The step from (167) to (168). Then $f_l$ of networks of the paper's own size, whose inputs are correlated, more at the same site (mean product `pair`) than at
 * different ones (`across`): against (168), and against the sum pair of sites by pair of sites. With a read-out that flattens and with one that sums over sites.
 * **Tolerance.** Rounding. For networks standard errors, and the bias in $1/C$ and one over the inputs' channels, measured at half and a quarter of the size.
 * **Could miss.** Differences below ten percent; with independent inputs, as in the paper, there is none.
 * **Found.** (165) holds. (166) uses more than independence: it splits a sum over pairs of sites of products, in which both factors depend on whether the sites are the same. The two differ by
 * $N_{l-1}(|K_l|-1)(\tilde q_{xy}-\tilde q_{\alpha\beta,xy})(\hat q_{xy}-\hat q_{\alpha\beta,xy})$, which vanishes for independent inputs, where $\hat q_{xy}=\hat q_{\alpha\beta,xy}$. For inputs with a common mean image it does not. */
#include <assay/base/memory.h>
#include <assay/experiment/order_limits.h>
#include <math.h>

/* ## (165), written out */
enum { SAMPLES = 3 };

static double dot(int n, const double a[], const double b[])
{
    double sum = 0;

    for (int i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static double eq_165(struct claim *claim, const struct feedforward *net, const struct feedforward_pass *pass, int l,
                     int x, int y)
{
    int sites = feedforward_sites(net, l), channels = feedforward_channels(net, l),
        columns = convolution_columns(&net->shape[l]);
    const double *delta = pass->delta[l], *patch = pass->patches[l]; // a patch is h at all taps alpha of one site
    double sum = 0;

    for (int b = 0; b < sites; b++) {
        for (int c = claim_fault(claim, "equal_sites_only") ? b : 0;
             c < (claim_fault(claim, "equal_sites_only") ? b + 1 : sites); c++) {
            sum += dot(channels, delta + (x * sites + b) * channels, delta + (y * sites + c) * channels) *
                   dot(columns, patch + (x * sites + b) * columns, patch + (y * sites + c) * columns);
        }
    }
    return sum;
}

static void small_network(struct claim *claim, double gamma)
{
    struct feedforward_model model;
    struct feedforward net;
    struct feedforward_pass pass;
    struct stream inputs = claim_stream(claim, 301, 0);
    double X[SAMPLES * 8 * 8 * 2], D[SAMPLES] = {1, 1, 1};

    feedforward_model_convolutions(&model, 8, 2, 3, 3, 3, 1, 1, 1, gamma, 2, 0.5);
    claim_need(claim, feedforward_new(&net, &model, claim_stream(claim, 300, 0)));
    claim_need(claim, feedforward_pass_new(&pass, &net, SAMPLES));
    stream_normals(&inputs, sizeof X / sizeof *X, X);
    feedforward_forward(&net, &pass, X);
    feedforward_backward(&net, &pass, STATISTICS_FROZEN, D);
    for (int l = 1; l < 3; l++) {
        int count = (int)net.count[l][PART_WEIGHTS];
        double *gradient = memory_doubles((size_t)(SAMPLES * count));

        for (int i = 0; i < SAMPLES; i++) {
            feedforward_gradient_part(&net, &pass, l, PART_WEIGHTS, i, 1, gradient + i * count);
        }
        for (int pair = 0; pair < SAMPLES * SAMPLES; pair++) {
            const double *x = gradient + pair / SAMPLES * count, *y = gradient + pair % SAMPLES * count;
            double scale = sqrt(dot(count, x, x) * dot(count, y, y));

            claim_case(claim, "%s, layer %d, inputs %d and %d", gamma > 0 ? "normalised" : "vanilla", l, pair / SAMPLES,
                       pair % SAMPLES);
            check_equal(
                claim, "165",
                measured(eq_165(claim, &net, &pass, l, pair / SAMPLES, pair % SAMPLES), 1e-13 * scale, ROUNDING),
                measured(dot(count, x, y), 1e-13 * scale, ROUNDING));
        }
        memory_free(gradient);
    }
    feedforward_pass_free(&pass);
    feedforward_free(&net);
}

/* ## From (167) to (168) */
static double eq_168(struct claim *claim, double N, double K, double tilde, double tilde_across, double hat,
                     double hat_across)
{
    return N * ((K - 1) * tilde_across + tilde) *
           ((K - (claim_fault(claim, "one_site_more") ? 0 : 1)) * hat_across + hat);
}

static void algebra(struct claim *claim)
{
    for (uint32_t i = 0; i < 20; i++) {
        struct stream stream = claim_stream(claim, 302, i);
        double K = 2 + (double)stream_below(&stream, 300), C = 1 + (double)stream_below(&stream, 90), F = 9, u[4];

        stream_uniforms(&stream, 4, u);
        double left = K * (K - 1) * u[0] + K * u[1],
               right = C * F * K * (K - 1) / (K * K) * u[2] + C * K * F / (K * K) * u[3];
        claim_case(claim, "draw %u", i);
        check_equal(claim, "167 and 168", rounded(eq_168(claim, C * F, K, u[1], u[0], u[3], u[2]), 20),
                    rounded(left * right, 20));
    }
}

/* ## Order parameters of correlated inputs
 * Without normalisation; the corrected recursions, sites counted. [0]: of one site, [1]: of two. */
struct numbers {
    double q, q_xy[2], hat, hat_xy[2], tilde[2];
};

static double kernel(int degree, double c)
{
    double zero = (M_PI / 2 + asin(c)) / (2 * M_PI);

    return degree == 0 ? zero : sqrt(1 - c * c) / (2 * M_PI) + c * zero;
}

static void recursions(const struct convolutions *net, const struct order_network *network, struct numbers at[])
{
    int L = net->layers;

    at[0] = (struct numbers){.hat = 1, .hat_xy = {net->pair, net->across}};
    for (int l = 1; l <= L; l++) {
        at[l].q = net->sigma_b2 + net->sigma_w2 * at[l - 1].hat;
        at[l].hat = at[l].q / 2;
        for (int i = 0; i < 2; i++) {
            at[l].q_xy[i] = net->sigma_b2 + net->sigma_w2 * at[l - 1].hat_xy[i];
            at[l].hat_xy[i] = at[l].q * kernel(1, at[l].q_xy[i] / at[l].q);
        }
    }
    at[L].tilde[0] = 1;
    at[L].tilde[1] = network->across_base;
    for (int l = L - 1; l >= 1; l--) {
        double above = network->layer[l + 1].sites, here = network->layer[l].sites;
        double ratio[2] = {above / here, here > 1 ? above * (above - 1) / (here * (here - 1)) : 0};

        for (int i = 0; i < 2; i++) {
            at[l].tilde[i] = ratio[i] * net->sigma_w2 * kernel(0, at[l].q_xy[i] / at[l].q) * at[l + 1].tilde[i];
        }
    }
}

/* ## Networks */
static void networks(struct claim *claim, const struct convolutions *net)
{
    struct order_network network = convolutions_averaged(claim, net);
    struct order_parameters drawn[ORDER_LAYERS + 1];
    struct numbers at[ORDER_LAYERS + 1];

    recursions(net, &network, at);
    convolutions_measure(claim, net->pooled ? 20 : 0, net, drawn);
    for (int l = 1; l < net->layers; l++) {
        double K = network.layer[l].sites, N = network.layer[l - 1].channels * network.layer[l].taps;
        const double *tilde = at[l].tilde, *hat = at[l - 1].hat_xy;
        double by_pairs =
            N * K * (tilde[0] * hat[0] + (claim_fault(claim, "no_pairs") ? 0 : (K - 1) * tilde[1] * hat[1]));
        double factorised = eq_168(claim, N, K, tilde[0], tilde[1], hat[0], hat[1]);

        claim_case(claim, "%s, layer %d", net->pooled ? "pooled" : "flattened", l);
        claim_row(claim, net->pooled ? "pooled" : "flattened", l, factorised, by_pairs, BOTH(drawn[l].f));
        check_equal(claim, net->pooled ? "pooled" : "flattened", rounded(by_pairs, 200), drawn[l].f);
        if (l == 1 && !net->pooled) {
            check_differs(claim, "factorised", rounded(factorised, 200), drawn[l].f);
        }
        if (tilde[0] != tilde[1]) {
            check_equal(claim, "difference", rounded(N * (K - 1) * (tilde[0] - tilde[1]) * (hat[0] - hat[1]), 400),
                        value_with(exact((claim_fault(claim, "no_pairs") ? N * K * (K - 1) * tilde[1] * hat[1] : 0) +
                                         by_pairs - N * ((K - 1) * tilde[1] + tilde[0]) * ((K - 1) * hat[1] + hat[0])),
                                   1e-13 * by_pairs, ROUNDING));
        }
    }
}

static void factorisation(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, false);

    claim_labels(claim, "read_out");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "factorised", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "by_pairs", RELATIVE(1e-12), "a recursion of closed forms");
    drawn_columns(claim, "drawn");
    net.pair = claim_real(claim, "pair");
    net.across = net.pair * claim_real(claim, "across");
    net.padding = 0;
    net.gradients = true;
    if (net.layers < 3 || convolutions_averaged(claim, &net).layer[1].sites < 4) {
        claim_refuse(claim, "side %d, L = %d: at least two convolutions, and four sites in layer 1", net.side,
                     net.layers);
    }
    small_network(claim, 0);
    small_network(claim, 1.5);
    algebra(claim);
    networks(claim, &net);
    net.pooled = true;
    networks(claim, &net);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {CONVOLUTION_PARAMETERS(8, 130, 150, 1000),
                           real("pair", "mean product of two inputs at the same site", 0.5, 0.2, 0.9),
                           real("across", "that at different sites, as a part of it", 0.2, 0, 0.4)},
            .faults = {{"equal_sites_only", "beta' = beta in (165)", "165"},
                       {"one_site_more", "|K| in place of |K| - 1 in the second bracket of (168)", "167*"},
                       {"no_pairs", "pairs of different sites left out", "pooled"}},
            .errata = {{"E10c",
                        "$f_l\\simeq|K_l|^{-2}\\big[\\sum\\langle\\delta_\\beta,\\delta_{\\beta'}\\rangle\\big]\\big["
                        "\\sum\\langle h_{\\alpha+\\beta},h_{\\alpha+\\beta'}\\rangle\\big]$ (166), because forward "
                        "and backward are independent",
                        "$f_l\\simeq N_{l-1}|K_l|\\big(\\tilde q_{xy}\\hat q_{xy}+(|K_l|-1)\\,\\tilde "
                        "q_{\\alpha\\beta,xy}\\,\\hat q_{\\alpha\\beta,xy}\\big)$, pair of sites by pair of sites. The "
                        "two agree if $\\hat q_{xy}=\\hat q_{\\alpha\\beta,xy}$ or $\\tilde q_{xy}=\\tilde "
                        "q_{\\alpha\\beta,xy}$.",
                        "factorised", "flattened pooled difference",
                        "None for independent inputs. Images with a mean that differs from site to site have $f_1$ up "
                        "to $|K_1|$ times what (168) says.",
                        "Two sites, one tap, one channel, read out with independent weights: $\\tilde "
                        "q_{\\alpha\\beta}=0$. With $\\hat q_{xy}=1$, $\\hat q_{\\alpha\\beta}=0$ the sum is $2\\tilde "
                        "q_{xy}$, (168) is $\\tilde q_{xy}$."}},
            .run = factorisation,
        }));
}
