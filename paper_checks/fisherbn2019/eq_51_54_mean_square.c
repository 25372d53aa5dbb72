/* # Equations (51) to (54): the mean square of activations, with a variance too many
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.1, equations (51) to (54). With $u^l$ standard Gaussian over the data,
 *
 * $$\hat q^l=\frac1{N_l}\mathbb E\|h^l\|^2=\sigma_w^2\,\mathbb E\,\sigma^2(\gamma_lu^l)\simeq\sigma_w^2\int\!Dz\,\sigma^2(\gamma_lz)=\frac{\gamma_l^2}2\qquad\text{(as printed).}$$
 *
 * **Corrected.** Without $\sigma_w^2$ in (52) and (53). The end, (54), is right.
 *
 * **Checked.** The integral by quadrature for many $\gamma$. Networks at several $\sigma_w^2$, which does not change their activations. In layer 1, with Gaussian inputs, the mean is exact for any number of
 * data: $u$ is uniform on a sphere, $\sum u^2=m$, and relu keeps half. Deeper layers follow to order $1/N$.
 * **Tolerance.** Quadrature states its error; standard errors; half the width for deeper layers.
 * **Could miss.** Nothing in layer 1 beyond the standard error.
 * **Found.** (54) holds. (52) and (53) as printed are off by the factor $\sigma_w^2$, 2 at the paper's parameters. (50) has the factor already: $q^{l+1}=\sigma_b^2+\sigma_w^2\hat q^l$. */
#include <assay/evidence/claim.h>
#include <assay/network/order_experiment.h>
#include <math.h>

enum { LAYERS = 4, OUTPUTS = ORDER_MEASURES * (LAYERS + 1) };

/* ## The integral */
static double square(double z, void *context)
{
    double h = fmax(*(const double *)context * z, 0);

    return h * h;
}

static struct value integral(struct claim *claim, double gamma)
{
    static const double kink[] = {0};
    struct piecewise f = {square, &gamma, 1, kink};

    return claim_value(claim, gaussian_mean(&f));
}

static struct value closed(struct claim *claim, double gamma)
{
    return rounded(claim_fault(claim, "no_square") ? gamma / 2 : gamma * gamma / 2, 3);
}

/* ## Networks */
static void networks(struct claim *claim, double w2, double gamma, uint32_t stream)
{
    struct moments wide[OUTPUTS], half[OUTPUTS];
    double printed_factor = claim_fault(claim, "printed_corrected") ? 1 : w2;
    char name[32];

    for (int s = 0; s < 2; s++) {
        struct order_experiment experiment = {.samples = 12};
        int N = (int)claim_integer(claim, "N") >> s;

        feedforward_model_dense(&experiment.model, N, LAYERS, N, 1, gamma, w2, claim_real(claim, "sigma_b2"));
        struct ensemble ensemble =
            claim_ensemble(claim, stream + (uint32_t)s, (size_t)claim_integer(claim, "networks") << (2 * s), OUTPUTS,
                           order_experiment_draw, &experiment);
        claim_need(claim, ensemble_moments(&ensemble, s ? half : wide));
    }
    snprintf(name, sizeof name, "sigma_w2 = %g", w2);
    for (int l = 1; l < LAYERS; l++) {
        int k = ORDER_MEASURES * l + MEASURE_H;
        struct value h = l == 1 ? moments_estimate(wide[k]) : moments_limit(wide[k], half[k]);

        claim_case(claim, "%s, gamma = %g, l = %d", name, gamma, l);
        check_equal(claim, l == 1 ? "networks, layer 1" : "networks, deeper", closed(claim, gamma), h);
        if (fabs(w2 - 1) > 0.1) {
            check_differs(claim, "printed", rounded(printed_factor * gamma * gamma / 2, 3), h);
        }
        if (l == 1) {
            claim_row(claim, name, gamma, closed(claim, gamma).x, w2 * gamma * gamma / 2, BOTH(h));
        }
    }
}

static void mean_square(struct claim *claim)
{
    static const double gammas[] = {0.25, 0.5, 1, 2, 4};
    double w2 = claim_real(claim, "sigma_w2"), gamma = claim_real(claim, "gamma");

    claim_labels(claim, "series");
    claim_column(claim, "gamma", EXACT, "a grid");
    claim_column(claim, "half", RELATIVE(1e-14), "a closed form");
    claim_column(claim, "printed", (struct tolerance){TOLERANCE_RELATIVE, 1e-14, true}, "a closed form");
    claim_column(claim, "h", RELATIVE(1e-3), "quadrature, or sampled with the same draws");
    claim_column(claim, "h_err", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-2, false}, "an error");
    for (double g = 1e-3; g < 2e3; g *= 2) {
        claim_case(claim, "gamma = %.3g", g);
        check_equal(claim, "integral", closed(claim, g), integral(claim, g));
        if (g > 0.1 && g < 5) {
            claim_row(claim, "integral", g, closed(claim, g).x, NAN, BOTH(integral(claim, g)));
        }
    }
    for (uint32_t i = 0; i < 10; i++) {
        networks(claim, i < 5 ? 2 : 0.5, gammas[i % 5], 10 * i);
    }
    networks(claim, w2, gamma, 100);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("gamma", "one more factor of batchnorm", 3, 0.001, 1000),
                           real("sigma_w2", "its variance of weights times width", 3, 0.01, 100),
                           real("sigma_b2", "variance of biases", 0.5, 0, 100),
                           integer_by_scale("N", "width of the networks; half as wide ones measure the bias", 64, 128,
                                            512, 64, 4096),
                           integer_by_scale("networks", "how many are drawn; four times as many of half the width", 24,
                                            64, 500, 24, 100000)},
            .faults = {{"no_square", "gamma / 2", "integral networks*"},
                       {"printed_corrected", "(53) without the variance", "printed"}},
            .errata =
                {{"E9b",
                  "(52), (53): $\\hat q^l=\\sigma_w^2\\,\\mathbb E\\,\\sigma_l^2(\\gamma_lu^l)\\simeq\\sigma_w^2\\int "
                  "Dz\\,\\sigma_l^2(\\gamma_lz)$.",
                  "Without $\\sigma_w^2$.", "printed", "integral networks*",
                  "None: (54) and all that uses it is right. Both lines have the factor in the same place, so that the "
                  "print is the likely place of the slip.",
                  "$\\int Dz\\,\\max(\\gamma z,0)^2=\\gamma^2/2$ by symmetry; the printed line says "
                  "$\\sigma_w^2\\gamma^2/2=\\gamma^2/2$."}},
            .run = mean_square,
        }));
}
