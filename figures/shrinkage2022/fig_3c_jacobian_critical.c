/* # Figure 3c: singular values of the Jacobian of critical erf networks
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1, figure 3c: the largest and the smallest singular
 * value of the input-output Jacobian of critical erf networks against depth. The text says that the operator norm does not grow with depth.
 *
 * **Checked.** What the theory controls is another number: the mean of $|Jv|^2/N$ over directions $v$ with $|v|^2=N$, tangent to the sphere
 * of inputs, which tends to $\prod_lP_l'(1)=1$. It is held against the singular values of finite networks, at every depth. That the operator norm,
 * the largest singular value, is larger at depth eight than at depth one; as printed it should not be.
 * **Tolerance.** Logarithms are averaged. Standard error over networks, widened for their small number; the bias of finite width, linear in $L/N$, by
 * halving the width, with its own standard error.
 * **Could miss.** How the largest singular value grows with depth when width goes to infinity first: it is sampled, not derived.
 * **Found.** The root mean square stays at one; the largest singular value grows, from $2.8$ at depth one to $5.7$ at depth eight. The normalised
 * network does not see the length of its input, so one singular value is zero; the smallest of the others is lost in rounding from depth four on. */
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
static struct value antilog(struct value v)
{
    return value_through(v, exp(v.x), exp(v.x));
}

/* Singular values come with an absolute error of some roundings of the largest: nothing where the smallest is within $10^{-12}$ of it. */
static struct value resolved(struct moments smallest, struct moments largest)
{
    return smallest.mean > largest.mean + log(1e-12) ? moments_mean(smallest) : measured(NAN, NAN, SAMPLING);
}

static void compare(struct claim *claim, double slope, int depths, const struct moments wide[],
                    const struct moments half[])
{
    for (int k = 0; k < depths; k++) {
        const struct moments *at = wide + (ptrdiff_t)k * NUMBERS;
        struct value theory = rounded((1 << k) * log(slope), 8);

        struct value smallest = resolved(at[1], at[0]);

        claim_case(claim, "L = %d", 1 << k);
        check_zero(claim, "mean square", value_sub(moments_limit(at[2], half[k * NUMBERS + 2]), theory), 1);
        claim_row(claim, NULL, 1 << k, exp(theory.x / 2), BOTH(moments_mean(at[0])), BOTH(smallest),
                  BOTH(moments_mean(at[2])));
    }
    int deeper = 3 * NUMBERS + (claim_fault(claim, "mean_for_largest") ? 2 : 0);

    claim_case(claim, "L = 1 and 8");
    check_not_at_most(claim, "does not grow", antilog(moments_limit(wide[deeper], half[deeper])),
                      antilog(moments_limit(wide[0], half[0])));
}

static void draw_figure(struct claim *claim)
{
    struct activation erf;
    struct correlation_map map;
    struct figure figure = {.L = (int)claim_integer(claim, "L"), .width = (int)claim_integer(claim, "N")};
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct moments wide[NUMBERS * DEPTHS_MOST], half[NUMBERS * DEPTHS_MOST];
    int depths = ilogb(figure.L) + 1;

    claim_need(claim, activation_find("erf", &erf));
    figure.bias_ratio = claim_value(claim, critical_bias_ratio(&erf)).x;
    claim_need(claim, correlation_map_layer(&map, &erf, claim_fault(claim, "no_bias") ? 0 : figure.bias_ratio));
    claim_column(claim, "L", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-12), "a closed form");
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
    compare(claim, correlation_map_slope(&map, 1), depths, wide, half);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("L", "depth: number of non-linear layers", 8, 64, 64, 8, 4096),
                           integer_by_scale("N", "width", 96, 160, 1024, 96, 4096),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 256, 192,
                                            192, 192, 100000)},
            .faults = {{"no_bias", "the slope without the critical bias", "mean?square"},
                       {"mean_for_largest", "the root mean square, squared, in place of the largest singular value",
                        "does?not?grow"}},
            .errata =
                {{"S2",
                  "With critical initialization, the operator norm of the network Jacobian does not grow with depth.",
                  "The mean square of the Jacobian over directions does not; it is what infinite width controls. The "
                  "operator norm, its largest "
                  "singular value, grows.",
                  "does?not?grow", "mean?square",
                  "The largest singular value in figure 3c has to rise with depth. What infinite width controls, the "
                  "mean "
                  "square, is level.",
                  NULL}},
            .scaled = "Networks of width 160: the paper names no width for this figure, and 1024 for figure 1.",
            .run = draw_figure,
        }));
}
