/* # Equation (2.3): one wide layer moves the correlation by a fixed map
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.2. As widths grow, the correlation of two inputs after a
 * layer-normalised layer tends to
 *
 * $$P(\rho)=\frac{\sigma_b^2+\sigma_w^2\,C[\phi\,|\,\rho]}{\sigma_b^2+\sigma_w^2\,C[\phi\,|\,1]},$$
 *
 * where $\rho$ is the correlation before it.
 *
 * **Checked.** The mean over one-layer networks of width $N$, weights drawn, against the map, for pairs of inputs with 21 given correlations,
 * three activations and the bias ratio $s=\sigma_b^2/\sigma_w^2$.
 * **Tolerance.** Standard error over networks, widened for their small number; the bias of finite width, measured by halving the width.
 * **Could miss.** A deviation in $\rho$ below some standard errors and the bias: $0.01$ where the map is best known, $0.07$ where least.
 * **Found.** Holds. Activations with heavy tails need more width: they are refused where $\mathrm E\,\phi^4/(\mathrm E\,\phi^2)^2$ exceeds $N/10$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <assay/random/haar.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { GRID = 21, KINDS = 3 };

struct study {
    struct activation phi[KINDS];
    double bias_ratio;
    int width;
};

static double grid(int i)
{
    return -1 + 2.0 * i / (GRID - 1);
}

/* ## One network of one layer, for each activation
 * The inputs are points of the sphere, with exact cosines. */
static enum status draw_layers(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct study *study = context;
    int N = study->width;
    double *X = memory_doubles((size_t)(2 * GRID * N)), gap[2 * GRID];
    enum status status = STATUS_OK;

    (void)sample;
    for (int i = 0; status == STATUS_OK && i < GRID; i++) {
        status = sphere_pair(stream, N, sqrt(N), grid(i), X + 2 * i * N, X + (2 * i + 1) * N);
    }
    for (int k = 0; status == STATUS_OK && k < KINDS; k++) {
        struct layernorm_layer layer = {N, study->phi[k], 1, sqrt(study->bias_ratio)};
        struct layernorm_network network = {N, 1, &layer};

        status = layernorm_propagate(&network, *stream, 2 * GRID, X, 0, NULL, propagation_record_gaps, gap);
        for (int i = 0; i < GRID; i++) {
            out[k * GRID + i] = 1 - gap[GRID + i];
        }
    }
    memory_free(X);
    return status;
}

/* ## The map beside the networks */
static double kurtosis_integrand(double x, void *context)
{
    double y = activation_value(context, x);

    return y * y * y * y;
}

static void refuse_heavy_tails(struct claim *claim, struct activation *phi, int N)
{
    struct piecewise fourth = activation_piecewise(phi);
    double norm2 = claim_value(claim, activation_norm2(phi)).x;

    fourth.f = kurtosis_integrand;
    fourth.context = phi;
    struct value moment = gaussian_mean(&fourth);
    if (!value_ok(moment) || moment.x > norm2 * norm2 * N / 10) {
        claim_refuse(claim, "phi = %s has tails too heavy for width N = %d", phi->name, N);
    }
}

static void compare(struct claim *claim, const struct study *study, int k, const struct moments wide[],
                    const struct moments half[])
{
    struct correlation_map map;

    claim_need(claim, correlation_map_layer(&map, &study->phi[k], study->bias_ratio));
    for (int i = 0; i < GRID; i++) {
        double rho = grid(i), P = correlation_map_apply(&map, rho), top = map.bias + map.norm2;
        struct value network = value_with(moments_limit(wide[i], half[i]), 4 * study->width * DBL_EPSILON, ROUNDING);

        P = claim_fault(claim, "bias_lost") ? P - map.bias / top : P;
        P = claim_fault(claim, "not_normalised") ? P * top : P;
        claim_case(claim, "phi = %s, rho = %g", study->phi[k].name, rho);
        if (i > 0 && i < GRID - 1) { // at the ends a layer may be exact, and says little
            check_zero(claim, "networks", value_sub(rounded(P, 40), network), 1);
        }
        claim_row(claim, study->phi[k].name, rho, P, network.x, moments_mean(wide[i]).err[SAMPLING]);
    }
}

static void correlation_maps(struct claim *claim)
{
    struct moments wide[KINDS * GRID], half[KINDS * GRID];
    struct study study = {.bias_ratio = claim_real(claim, "s"), .width = (int)claim_integer(claim, "N")};
    const char *names[KINDS] = {claim_text(claim, "phi"), "relu", "gelu"};
    size_t networks = (size_t)claim_integer(claim, "networks");

    for (int k = 0; k < KINDS; k++) {
        claim_need(claim, activation_find(names[k], &study.phi[k]));
        refuse_heavy_tails(claim, &study.phi[k], study.width);
    }
    claim_labels(claim, "series");
    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "map", ABSOLUTE(1e-12), "closed forms, or a lattice");
    claim_column(claim, "network", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "network_err", ABSOLUTE(1e-4), "a standard error");
    struct study narrow = study;
    narrow.width /= 2;
    struct ensemble ensemble = claim_ensemble(claim, 0, networks, KINDS * GRID, draw_layers, &study);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    ensemble = claim_ensemble(claim, 1, 2 * networks, KINDS * GRID, draw_layers, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int k = 0; k < KINDS; k++) {
        if (k == 0 || strcmp(names[k], names[0]) != 0) {
            compare(claim, &study, k, wide + k * GRID, half + k * GRID);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("phi", "activation, beside relu and gelu", "erf"),
                                         real("s", "sigma_b^2 / sigma_w^2", 0.1, 0, 1000),
                                         integer_by_scale("N", "width", 128, 1024, 4096, 128, 16384),
                                         integer_by_scale("networks", "how many are drawn", 12, 40, 200, 4, 100000)},
                          .faults = {{"bias_lost", "no sigma_b^2 in the numerator", "networks"},
                                     {"not_normalised", "the numerator alone", "networks"}},
                          .run = correlation_maps,
                      }));
}
