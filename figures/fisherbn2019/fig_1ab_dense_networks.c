/* # Figure 1a and 1b: the largest eigenvalue and the critical learning rate of dense networks
 *
 * Mean-Field Analysis of Batch Normalization (2019), figure 1, panels a and b. For dense networks of $L=4$ layers of 1000 units, $\bar\lambda_{\max}$ by equation 44 and $\eta_*=2(1+\mu)/\bar\lambda_{\max}$
 * by equation 7, against the parameter $\gamma$ of batch normalisation; the vanilla network's are constants. Batch normalisation is meant to flatten the loss for a wide range of $\gamma$, and to allow far larger rates at small
 * $\gamma$.
 *
 * **Checked.** The printed recursion, equation 25, and the corrected one, whose denominator is the variance $(s^l)^2=q^l-q^l_{xy}$, against the pair means of gradients of finite networks of the paper's size. Further what biases, $\beta$
 * and $\gamma$ add, which the paper neglects; the largest eigenvalue where gradients go through the batch's statistics, as in training; that it is larger than the bound; and that small $\gamma$ allows larger
 * rates in networks.
 * **Tolerance.** Networks have standard errors, and a bias of order $1/N+1/m$, measured by halving the width and the sample together.
 * **Could miss.** Biases of order $1/N^2$. Data that are not independent coordinates. Above about $\gamma=1$ the corrected line and the live one differ by 2.3, and which of the two belongs in a figure about training is not a matter of digits.
 * **Found.** The vanilla line holds. The red line as printed is too low for gradients with frozen statistics, by 36 percent at $\gamma=1$, and too high for gradients of training. Towards small $\gamma$ both $\bar\lambda_{\max}$
 * and $\eta_*$ level off, because of the parameters left out. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/experiment/fisher_curves.h>
#include <assay/meanfield/order_parameters.h>
#include <math.h>

struct setup {
    struct claim *claim;
    int L, N, networks;
    double sigma_w2, sigma_b2, mu;
    struct fisher_curve curve; // of normalised networks with frozen statistics
};

/* Deeper networks vary more from draw to draw, and more of them are drawn. */
static struct setup setup_of(struct claim *claim)
{
    struct setup setup = {
        .claim = claim,
        .L = (int)claim_integer(claim, "L"),
        .N = (int)claim_integer(claim, "N"),
        .networks = (int)claim_integer(claim, "networks"),
        .sigma_w2 = claim_real(claim, "sigma_w2"),
        .sigma_b2 = claim_real(claim, "sigma_b2"),
        .mu = claim_real(claim, "mu"),
    };
    double least = claim_real(claim, "gamma_least"), most = claim_real(claim, "gamma_most");

    if (least >= most) {
        claim_refuse(claim, "gamma_least=%g is not below gamma_most=%g", least, most);
    }
    if (setup.N * setup.networks < 9000) {
        claim_refuse(claim, "%d networks of %d units are too few to tell theories apart: N networks >= 9000 wanted",
                     setup.networks, setup.N);
    }
    feedforward_model_dense(&setup.curve.model, (int)claim_integer(claim, "N_0"), setup.L, setup.N, 1, 1,
                            setup.sigma_w2, setup.sigma_b2);
    setup.curve.kind = CURVE_FROZEN;
    setup.curve.samples = (int)claim_integer(claim, "m");
    setup.curve.networks = (size_t)ceil(pow(fmax(setup.L / 4.0, 1), 2) * setup.networks);
    fisher_curve_grid(&setup.curve, (int)claim_integer(claim, "points"), least, most);
    return setup;
}

/* ## Theory */
static struct order_network network_of(const struct setup *setup, int N, double gamma)
{
    struct order_network network;

    order_network_dense(&network, setup->L, 1, N, gamma, setup->sigma_w2, setup->sigma_b2);
    return network;
}

static struct value bound(const struct setup *setup, double gamma, enum order_denominator denominator)
{
    struct order_network network = network_of(setup, setup->N, gamma);

    network.denominator = denominator;
    return claim_value(setup->claim, order_bound(&network));
}

static struct value frozen(const struct setup *setup, double gamma)
{
    return value_scale(claim_fault(setup->claim, "one_layer_less") ? 0.75 : 1,
                       bound(setup, gamma, DENOMINATOR_VARIANCE));
}

/* What biases, $\beta$ and $\gamma$ add to it. */
static struct value others(const struct setup *setup, double gamma)
{
    struct order_network network = network_of(setup, setup->N, gamma);
    struct order_parameters at[ORDER_LAYERS + 1];

    claim_need(setup->claim, order_parameters_find(&network, at));
    struct value added = claim_value(setup->claim, order_bound_others(&network, at));
    return claim_fault(setup->claim, "biases_only") ? value_scale(0.5, added) : added;
}

static struct value live(const struct setup *setup, double gamma)
{
    struct order_network network = network_of(setup, setup->N, gamma);

    return claim_value(setup->claim, order_bound_live(&network, !claim_fault(setup->claim, "weights_only")));
}

static double unit(const struct feedforward_model *model, enum fisher_curve_kind kind, double gamma, void *context)
{
    const struct setup *setup = context;
    struct order_network network = network_of(setup, model->layer[1].outputs, gamma);

    return claim_value(setup->claim, kind == CURVE_LIVE ? order_bound_live(&network, true) : order_bound(&network)).x;
}

/* ## The figure */
static void draw(const struct setup *setup, const char *series, double gamma, struct value lambda)
{
    fisher_curve_row(setup->claim, series, gamma, lambda, setup->mu);
}

static void draw_lines(const struct setup *setup)
{
    static const char *const series[] = {"vanilla", "printed", "frozen", "live"};
    enum { GRID = 36 };
    double least = setup->curve.gamma[0], most = setup->curve.gamma[setup->curve.points - 1];

    for (int s = 0; s < 4; s++) {
        for (int i = 0; i <= GRID; i++) {
            double gamma = least * pow(most / least, (double)i / GRID);
            struct value lines[] = {bound(setup, 0, DENOMINATOR_VARIANCE),
                                    bound(setup, gamma, DENOMINATOR_SECOND_MOMENT),
                                    value_add(frozen(setup, gamma), others(setup, gamma)), live(setup, gamma)};

            draw(setup, series[s], gamma, lines[s]);
        }
    }
}

static void vanilla_networks(struct setup *setup)
{
    struct fisher_curve curve = setup->curve;
    struct fisher_curve_numbers found;
    struct value theory = bound(setup, 0, DENOMINATOR_VARIANCE);

    curve.kind = CURVE_VANILLA;
    curve.networks *= 2;
    fisher_curve_measure(setup->claim, 0, &curve, unit, setup, &found);
    claim_case(setup->claim, "vanilla");
    check_equal(setup->claim, "vanilla", theory, found.bound[0]);
    check_at_least(setup->claim, "above the bound", found.largest[0], theory);
    draw(setup, "vanilla networks", curve.gamma[0], found.largest[0]);
    draw(setup, "vanilla networks", curve.gamma[curve.points - 1], found.largest[0]);
}

static void frozen_networks(struct setup *setup)
{
    struct claim *claim = setup->claim;
    struct fisher_curve_numbers found;

    fisher_curve_measure(claim, 2, &setup->curve, unit, setup, &found);
    for (int k = 0; k < setup->curve.points; k++) {
        double gamma = setup->curve.gamma[k];
        struct value weights = frozen(setup, gamma), added = others(setup, gamma);

        claim_case(claim, "gamma = %.4g", gamma);
        check_differs(claim, "printed", bound(setup, gamma, DENOMINATOR_SECOND_MOMENT), found.bound[k]);
        check_equal(claim, "frozen", weights, found.bound[k]);
        check_equal(claim, "other parameters", added, found.others[k]);
        check_at_least(claim, "above the bound", found.largest[k], value_add(weights, added));
        draw(setup, "frozen networks", gamma, found.largest[k]);
    }
}

/* Gradients through the statistics. */
static void live_networks(struct setup *setup)
{
    struct claim *claim = setup->claim;
    struct fisher_curve curve = setup->curve;
    struct fisher_curve_numbers found;

    curve.kind = CURVE_LIVE;
    curve.networks /= 2;
    fisher_curve_thin(&curve, false);
    fisher_curve_measure(claim, 4, &curve, unit, setup, &found);
    for (int k = 0; k < curve.points; k++) {
        struct value theory = live(setup, curve.gamma[k]);

        claim_case(claim, "gamma = %.4g, live", curve.gamma[k]);
        check_equal(claim, "live", theory, found.bound[k]);
        check_at_least(claim, "above the bound", found.largest[k], theory);
        draw(setup, "live networks", curve.gamma[k], found.largest[k]);
    }
}

/* Networks with frozen statistics are drawn at $\gamma=1$ and scaled to every $\gamma$ (fisher_family.h). One of them, against the same one drawn at another $\gamma$. */
static struct fisher_numbers of_one_network(struct setup *setup, double drawn_at, double gamma)
{
    struct feedforward_model model = setup->curve.model;
    struct feedforward network = {0};
    struct feedforward_pass pass = {0};
    struct fisher_family family;
    struct stream inputs = claim_stream(setup->claim, 7, 0);
    int m = setup->curve.samples;

    model.gamma = drawn_at;
    claim_need(setup->claim, feedforward_new(&network, &model, claim_stream(setup->claim, 6, 0)));
    claim_need(setup->claim, feedforward_pass_new(&pass, &network, m));
    size_t size = (size_t)m * (size_t)feedforward_size(&network, 0);
    double *X = memory_doubles(size);
    stream_normals(&inputs, size, X);
    feedforward_forward(&network, &pass, X);
    claim_need(setup->claim, fisher_family_new(&family, &network, &pass));
    struct fisher_numbers numbers = fisher_family_at(&family, gamma);
    fisher_family_free(&family);
    memory_free(X);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return numbers;
}

static void scaled_networks(struct setup *setup)
{
    double rounding = 4 * 2.2e-16 * setup->N * setup->L;

    for (int k = 0; k < setup->curve.points; k += setup->curve.points - 1) {
        double gamma = setup->curve.gamma[k];
        struct fisher_numbers scaled = of_one_network(setup, 1, gamma), direct = of_one_network(setup, gamma, gamma);
        double claimed = scaled.weights / (claim_fault(setup->claim, "linear_in_gamma") ? gamma : 1);

        claim_case(setup->claim, "gamma = %.4g", gamma);
        check_equal(setup->claim, "scaling", measured(claimed, rounding * claimed, ROUNDING),
                    measured(direct.weights, rounding * direct.weights, ROUNDING));
        check_equal(setup->claim, "scaling", measured(scaled.largest, rounding * scaled.largest, ROUNDING),
                    measured(direct.largest, rounding * direct.largest, ROUNDING));
    }
}

static void draw_figure(struct claim *claim)
{
    struct setup setup = setup_of(claim);

    fisher_curve_columns(claim);
    draw_lines(&setup);
    scaled_networks(&setup);
    vanilla_networks(&setup);
    frozen_networks(&setup);
    live_networks(&setup);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers", 4, 3, 6), integer_by_scale("N_0", "inputs", 100, 784, 784, 100, 4096),
                           integer_by_scale("N", "units a layer", 192, 1000, 1000, 192, 4000),
                           integer_by_scale("m", "samples; half of both measure the bias", 96, 100, 256, 96, 1000),
                           real("sigma_w2", "variance of weights", 2, 0.5, 4),
                           real("sigma_b2", "variance of biases", 0.5, 0, 2), real("mu", "momentum", 0.9, 0, 0.999),
                           real("gamma_least", "where the axis begins", 0.05, 0.01, 10),
                           real_by_scale("gamma_most", "where it ends", 1, 5, 5, 0.02, 20),
                           integer_by_scale("points", "gammas at which networks are drawn", 2, 5, 12, 2,
                                            FISHER_CURVE_POINTS),
                           integer_by_scale("networks",
                                            "with batch normalisation, more in networks of more than 4 layers; twice "
                                            "as many vanilla ones, half as many "
                                            "live ones, twice as many of half the size",
                                            48, 16, 48, 16, 1000)},
            .faults = {{"one_layer_less", "three quarters of the corrected bound", "frozen"},
                       {"biases_only", "half of what biases, beta and gamma add", "other*"},
                       {"weights_only", "the live line without the bias, beta and gamma next to the output", "live"},
                       {"linear_in_gamma", "the weights' share in proportion to gamma", "scaling"}},
            .errata = {{"E2",
                        "Equation 25: $\\tilde q_{xy}^l=\\frac{\\gamma_l^2\\sigma_w^2}4\\frac{\\tilde "
                        "q_{xy}^{l+1}}{q^l}$, and with it the red lines of figure 1.",
                        "The denominator is $(s^l)^2=q^l-q_{xy}^l$, as equations 15 and 66 have it.", "printed",
                        "frozen",
                        "The red line of figure 1a is too low for the quantity that the paper derives, and that of 1b "
                        "too high.",
                        "With $\\sigma_b^2=0$ and $\\gamma=1$: $q^2=\\sigma_w^2/2$, but the variance of $z^2$ is "
                        "$\\frac{\\sigma_w^2}2(1-\\frac1\\pi)$."}},
            .run = draw_figure,
        }));
}
