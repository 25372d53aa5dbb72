/* # Consequences of Theorem 1: a budget of explosion and shrinkage bounds the depth
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, after theorem 1. A network of equal layers whose squared
 * Jacobian is at most $J^2$ and whose inputs can still differ by $1-\rho_{\max}\ge x$ after every layer has at most
 *
 * $$L\;\le\;\frac{8J^2}{x^2R},\qquad R=\frac{\|\phi-\bar\phi\|^2}{\|\phi'\|^2},$$
 *
 * non-linear layers. Linear layers without bias have $R=0$, keep every correlation and know no such limit.
 *
 * **Checked.** The depth of the deepest infinitely wide network within the budget, for leaky relus from nearly straight to relu and other
 * activations. At each depth the bias is the least that keeps $\prod_lP_l'(1)\le J^2$: more bias only draws inputs together. As leaky relu straightens
 * that depth grows like $1/R$, as the bound does. For linear layers, correlations through finite networks of them, on average.
 * **Tolerance.** Depths are whole numbers: the exponent is fitted to half a layer more. It differs from its limit by a term that the fit to twice
 * as many points shows. Networks bring a standard error and a bias measured by halving the width.
 * **Could miss.** Networks of unequal layers: see the search of `thm_1_explosion_or_shrinkage`.
 * **Found.** Holds. The bound has the right exponent in $R$, and is 40 to 3000 times too generous. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <math.h>

/* ## The deepest network within the budget
 * The bias ratio for a depth of $L$ solves $P'(1)^L=J^2$, or is zero. Depth by doubling, then bisection: both constraints tighten with depth. */
static struct activation activation(struct claim *claim, const char *name)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    return phi;
}

static bool fits(struct claim *claim, const struct activation *phi, double J2, double x, long L)
{
    struct correlation_map map;
    double gap = 2, slope = pow(J2, 1 / (double)L);

    claim_need(claim, correlation_map_layer(&map, phi, 0));
    map.bias = fmax(0, map.slope_norm2 / slope - map.norm2);
    for (long l = 1; l <= L && gap >= x; l++) {
        gap = correlation_map_gap(&map, gap);
    }
    return gap >= x;
}

static long deepest(struct claim *claim, const struct activation *phi, double J2, double x)
{
    long low = 0, high = 1;

    for (; fits(claim, phi, J2, x, high); high *= 2) {
        low = high;
    }
    while (high - low > 1) {
        long middle = (low + high) / 2;

        *(fits(claim, phi, J2, x, middle) ? &low : &high) = middle;
    }
    return low;
}

static double allowed(const struct activation *phi, double J2, double x)
{
    return 8 * J2 / (x * x) * activation_slope_norm2(phi).x / activation_nonlinearity2(phi).x;
}

static double try_activation(struct claim *claim, const char *series, const struct activation *phi, double J2, double x)
{
    double depth = (double)deepest(claim, phi, J2, x), bound = allowed(phi, J2, x), R = 8 * J2 / (x * x * bound);
    double claimed = claim_fault(claim, "constant_eighth") ? bound / 64 : bound;

    claim_case(claim, "%s, J^2 = %g, x = %g", phi->name, J2, x);
    check_at_most(claim, "depth", exact(depth), rounded(claimed, 20));
    claim_row(claim, series, R, depth, bound);
    return depth;
}

/* ## Leaky relu straightens
 * Slopes $a$ with $1-a$ from $1$ down to $0.05$: the exponent of the depth in $R$. */
static void straighten(struct claim *claim, double x)
{
    enum { POINTS = 16 };
    double log_R[POINTS], log_depth[POINTS];
    struct line tail, end;

    for (int i = 0; i < POINTS; i++) {
        struct activation phi;

        claim_need(claim, activation_with("lrelu:", 1 - pow(0.05, (double)i / (POINTS - 1)), &phi));
        double depth = try_activation(claim, "leaky relu", &phi, 1, x);
        log_R[i] = log(activation_nonlinearity2(&phi).x / activation_slope_norm2(&phi).x);
        log_depth[i] = log(depth + 0.5); // the last whole layer that fits
    }
    claim_need(claim, line_fit(POINTS / 2, log_R + POINTS / 2, log_depth + POINTS / 2, NULL, &tail));
    claim_need(claim, line_fit(POINTS / 4, log_R + POINTS * 3 / 4, log_depth + POINTS * 3 / 4, NULL, &end));
    claim_case(claim, "leaky relu, 1 - a from %.2g to 0.05", pow(0.05, 0.5));
    check_rate(claim, "exponent", exact(claim_fault(claim, "root_of_nonlinearity") ? -0.5 : -1),
               value_with(end.slope, fabs(end.slope.x - tail.slope.x), FINITE_SIZE));
}

/* ## Linear layers */
struct linear {
    int width, depth;
    double rho;
};

static enum status draw_linear(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct linear *linear = context;
    int N = linear->width, L = linear->depth;
    struct layernorm_layer *layers = memory_new((size_t)L, sizeof *layers);
    struct layernorm_network network = {N, L, layers};
    double *gap = memory_doubles((size_t)L + 1);
    enum status status = layernorm_layers(L, N, "id", 1, 0, layers);

    (void)sample;
    if (status == STATUS_OK) {
        status = layernorm_pairs(&network, stream, 1, &linear->rho, gap);
    }
    out[0] = 1 - gap[L];
    memory_free(layers);
    memory_free(gap);
    return status;
}

static void check_linear(struct claim *claim)
{
    int N = (int)claim_integer(claim, "N"), L = (int)claim_integer(claim, "L");
    size_t networks = (size_t)claim_integer(claim, "networks");

    if (8 * L > N) {
        claim_refuse(claim, "N = %d, L = %d: the width must be 8 times the depth at least", N, L);
    }
    for (int i = 0; i < 4; i++) {
        struct linear wide = {N, L, 0.6 + 0.1 * i}, narrow = {N / 2, L, wide.rho};
        struct moments at[2];
        struct ensemble ensemble = claim_ensemble(claim, (uint32_t)(2 * i), networks, 1, draw_linear, &wide);

        claim_need(claim, ensemble_moments(&ensemble, &at[0]));
        ensemble = claim_ensemble(claim, (uint32_t)(2 * i + 1), networks, 1, draw_linear, &narrow);
        claim_need(claim, ensemble_moments(&ensemble, &at[1]));
        claim_case(claim, "rho = %g, %d linear layers", wide.rho, L);
        check_equal(claim, "linear", exact(claim_fault(claim, "correlation_squared") ? wide.rho * wide.rho : wide.rho),
                    moments_limit(at[0], at[1]));
    }
}

static void consequences(struct claim *claim)
{
    static const char *const others[] = {"relu", "erf", "tanh", "sin", "gelu", "h3"};
    double J2 = claim_real(claim, "J2"), x = claim_real(claim, "x");
    struct activation phi = activation(claim, claim_text(claim, "phi"));

    claim_labels(claim, "series");
    claim_column(claim, "R", RELATIVE(1e-12), "closed forms or quadrature");
    claim_column(claim, "depth", EXACT, "a whole number");
    claim_column(claim, "bound", RELATIVE(1e-12), "as R");
    straighten(claim, x);
    if (!(activation_nonlinearity2(&phi).x > 0 && isfinite(activation_slope_norm2(&phi).x))) {
        claim_refuse(claim, "phi = %s: R must be positive", phi.name);
    }
    try_activation(claim, "chosen", &phi, J2, x);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        phi = activation(claim, others[i]);
        for (int k = 0; k < 6; k++) {
            try_activation(claim, "others", &phi, (double[]){1, 2, 10}[k % 3], (double[]){0.1, 0.5}[k / 3]);
        }
    }
    check_linear(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "erf"), real("J2", "largest squared Jacobian", 1, 0.01, 1000),
                           real("x", "smallest 1 - rho_max", 0.2, 0.01, 1),
                           integer_by_scale("L", "linear layers", 4, 8, 32, 1, 1024),
                           integer_by_scale("N", "width of the linear networks", 64, 256, 1024, 64, 8192),
                           integer_by_scale("networks", "how many linear ones are drawn", 100, 64, 1000, 16, 100000)},
            .faults = {{"constant_eighth", "the constant 1/8 in place of 8", "depth"},
                       {"root_of_nonlinearity", "depth growing like the square root of 1/R", "exponent"},
                       {"correlation_squared", "linear layers squaring correlations", "linear"}},
            .run = consequences,
        }));
}
