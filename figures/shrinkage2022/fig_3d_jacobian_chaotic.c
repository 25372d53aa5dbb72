/* # Figure 3d: singular values of the Jacobian of chaotic erf networks, and bound (4.3)
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1, figure 3d: the largest and the smallest singular
 * value of the input-output Jacobian of chaotic erf networks against depth. They grow at least as fast as Theorem 1 allows,
 *
 * $$\Big\|\frac{\partial z^{(L)}}{\partial z^{(0)}}\Big\|_{\rm op}\;\ge\;
 *   \frac{\sqrt{(\arctan\frac2{\sqrt5}-\frac23)\sqrt5}}{4}\,(1-\rho_{\rm fp})\,\sqrt L,$$
 *
 * with $\rho_{\max}$ replaced by the fixed point $\rho_{\rm fp}$ of $P$, and $L$ the number of non-linear layers. The caption puts this bound in panel
 * 3f; it speaks of the Jacobian and belongs here (see figure 3f). The text gives no variances: $s=\sigma_b^2/\sigma_w^2=0.05$ here, and
 * `--set s=` takes any other.
 *
 * **Checked.** The mean of $|Jv|^2/N$ over directions $v$ with $|v|^2=N$, tangent to the sphere of inputs, against its limit $P'(1)^L$. The bound against
 * the largest singular value of networks, and against $P'(1)^{L/2}$, its infinite-width lower limit, at five chaotic ratios.
 * **Tolerance.** Logarithms are averaged. Standard error over networks, widened for their small number; the bias of finite width, linear in $L/N$, by
 * halving the width, with its own standard error. The fixed point states its error.
 * **Could miss.** A wrong constant in the bound below a factor of eight: that is how loose its tightest case is ($s=0$, $L=5$).
 * **Found.** Holds. The bound grows like $\sqrt L$, the Jacobian exponentially. One singular value is zero, as the network does not see the length of
 * its input; the smallest of the others is lost in rounding from depth four on. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/jacobian.h>
#include <assay/network/layernorm_network.h>
#include <assay/random/haar.h>
#include <math.h>

enum { NUMBERS = 3, DEPTHS_MOST = 16 };

struct figure {
    int L, width;
    double bias_ratio;
};

/* ## One network
 * Depths $1,2,4,\dots$ of non-linear layers; at each the logarithms of the operator norm, of the smallest singular value but the zero one, and of the
 * mean square over tangent directions. */
static enum status visit(const struct layer_state *state, void *context)
{
    int l = state->layer - 1;
    double *out = context;
    struct jacobian jacobian;

    if (l < 1 || (l & (l - 1)) != 0) {
        return STATUS_OK;
    }
    enum status status = jacobian_of_state(state, &jacobian, NULL);

    out += NUMBERS * ilogb(l);
    out[0] = log(jacobian.operator_norm);
    out[1] = log(jacobian.smallest_tangent);
    out[2] = log(jacobian.tangent_mean_square);
    return status;
}

static enum status draw_jacobian(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int N = figure->width, depth = figure->L + 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    double *x = memory_doubles((size_t)N * (size_t)(N + 1)), *T = x + N;
    enum status status = layernorm_layers(depth, N, "erf", 1, sqrt(figure->bias_ratio), layer);

    (void)sample;
    sphere_uniform(stream, N, sqrt(N), x);
    jacobian_directions(N, T);
    if (status == STATUS_OK) {
        status = layernorm_propagate(&(struct layernorm_network){N, depth, layer}, *stream, 1, x, N, T, visit, out);
    }
    memory_free(layer);
    memory_free(x);
    return status;
}

/* ## Networks beside theory */
/* The bound at bias ratio s: its factor before $\sqrt L$. */
static struct value bound_factor(struct claim *claim, const struct correlation_map *map)
{
    struct value gap = claim_value(claim, correlation_map_fixed_gap(map));
    double x = (atan(2 / sqrt(5)) - 2.0 / 3) * sqrt(5);

    return value_mul(claim_fault(claim, "upside_down") ? rounded(4 / sqrt(x), 16) : rounded(sqrt(x) / 4, 16), gap);
}

/* Singular values come with an absolute error of some roundings of the largest: nothing where the smallest is within $10^{-12}$ of it. */
static struct value resolved(struct moments smallest, struct moments largest)
{
    return smallest.mean > largest.mean + log(1e-12) ? moments_mean(smallest) : measured(NAN, NAN, SAMPLING);
}

static void compare(struct claim *claim, const struct correlation_map *map, int depths, const struct moments wide[],
                    const struct moments half[])
{
    double slope = correlation_map_slope(map, 1);
    struct value factor = bound_factor(claim, map);

    for (int k = 0; k < depths; k++) {
        const struct moments *at = wide + (ptrdiff_t)k * NUMBERS;
        struct value theory = rounded((1 << k) * log(slope), 8.0 + 8 / fabs(log(slope)));
        struct value largest = moments_limit(at[0], half[k * NUMBERS]), bound = value_scale(sqrt(1 << k), factor);

        theory = value_scale(claim_fault(claim, "squared") ? 2 : 1, theory);
        struct value smallest = resolved(at[1], at[0]);

        claim_case(claim, "L = %d", 1 << k);
        check_zero(claim, "mean square", value_sub(moments_limit(at[2], half[k * NUMBERS + 2]), theory), 1);
        check_at_least(claim, "bound", value_through(largest, exp(largest.x), exp(largest.x)), bound);
        claim_row(claim, NULL, 1 << k, exp(theory.x / 2), bound.x, BOTH(moments_mean(at[0])), BOTH(smallest),
                  BOTH(moments_mean(at[2])));
    }
}

/* ## The bound in infinite width
 * No map of directions has a norm below their root mean square. */
static void check_bound(struct claim *claim, const struct activation *phi, double s)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_layer(&map, phi, s));
    for (int L = 1; L <= 256; L++) {
        claim_case(claim, "s = %.3g, L = %d", s, L);
        check_at_least(claim, "bound", rounded(pow(correlation_map_slope(&map, 1), L / 2.0), 8.0 * L + 8),
                       value_scale(sqrt(L), bound_factor(claim, &map)));
    }
}

static void draw_figure(struct claim *claim)
{
    struct activation erf;
    struct correlation_map map;
    struct figure figure = {(int)claim_integer(claim, "L"), (int)claim_integer(claim, "N"), claim_real(claim, "s")};
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct moments wide[NUMBERS * DEPTHS_MOST], half[NUMBERS * DEPTHS_MOST];
    int depths = ilogb(figure.L) + 1;

    claim_need(claim, activation_find("erf", &erf));
    claim_need(claim, correlation_map_layer(&map, &erf, figure.bias_ratio));
    claim_column(claim, "L", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "bound", RELATIVE(1e-9), "a closed form and a root");
    claim_column(claim, "log_largest", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_largest_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "log_smallest", (struct tolerance){TOLERANCE_SIGMAS, 1, true},
                 "small singular values amplify rounding; nan near it");
    claim_column(claim, "log_smallest_err", (struct tolerance){TOLERANCE_RELATIVE, 0.5, true}, "a standard error");
    claim_column(claim, "log_mean_square", SIGMAS(0.1), "as log_largest");
    claim_column(claim, "log_mean_square_err", RELATIVE(0.05), "a standard error");

    struct ensemble ensemble = claim_ensemble(claim, 0, networks, (size_t)(NUMBERS * depths), draw_jacobian, &figure);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    figure.width /= 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, (size_t)(NUMBERS * depths), draw_jacobian, &figure);
    claim_need(claim, ensemble_moments(&ensemble, half));
    compare(claim, &map, depths, wide, half);
    for (int i = 0; i < 5; i++) {
        check_bound(claim, &erf, i * claim_value(claim, critical_bias_ratio(&erf)).x / 5);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("s", "sigma_b^2 / sigma_w^2", 0.05, 0, 10),
                           integer_by_scale("L", "depth: number of non-linear layers", 8, 64, 64, 8, 256),
                           integer_by_scale("N", "width", 96, 160, 1024, 96, 4096),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 256, 192,
                                            192, 192, 100000)},
            .faults = {{"squared", "the mean square growing like the square of the product of slopes", "mean?square"},
                       {"upside_down", "the bound with its constant inverted", "bound"}},
            .scaled = "Networks of width 160: the paper names no width for this figure, and 1024 for figure 1.",
            .run = draw_figure,
        }));
}
