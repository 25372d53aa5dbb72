/* # Section 5.1: the true rates of shrinkage, $L^{-2}$ for relu and $L^{-1}$ for erf
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 5.1. At criticality $1-\rho_L$ decays like $L^{-2}$ for relu
 * and like $L^{-1}$ for erf, faster than the $L^{-1/2}$ of inequalities (4.1) and (4.2). The constants, which the paper does not give, are
 *
 * $$1-\rho_l\sim\frac{9\pi^2}{2}\Big(\frac{1+a^2}{(1-a)^2}\Big)^2\frac1{l^2}\quad(\text{leaky relu; relu has }a=0),\qquad
 * 1-\rho_l\sim\frac2{P''(1)}\,\frac1l,\quad P''(1)=\frac45\quad(\mathrm{erf}).$$
 *
 * **Derivation.** Near $1$ the map takes a gap $\epsilon$ to $\epsilon-K\epsilon^{3/2}$ for leaky relu,
 * $K=\frac{2\sqrt2}{3\pi}\frac{(1-a)^2}{1+a^2}$, and to $\epsilon-\frac12P''(1)\epsilon^2$ for erf. So $u=\epsilon^{-1/2}$ grows by $K/2$ a layer,
 * and $u=\epsilon^{-1}$ by $P''(1)/2$, up to a term in $1/u$.
 * **Checked.** Both exponents and all constants against the infinite-width map iterated in $1-\rho$. $P''(1)$ against $E\,\phi''^2/E\,\phi'^2$ by
 * quadrature.
 * **Tolerance.** $u(l)=\alpha l+\beta\ln l+\gamma+\dots$, so that $u(4l)-2u(2l)+u(l)$ is $\alpha l$ up to order $\ln l/l$; what is left is measured
 * by halving the depth. Roundings of the map add up along the chain.
 * **Could miss.** Nothing that shows after $10^6$ layers.
 * **Found.** Holds. The exponents are damaged in the text at hand; these are the true ones. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

enum { DOUBLINGS = 4 };

/* ## A chain of layers
 * The gaps after $L/8$, $L/4$, $L/2$ and $L$ layers, with the roundings of each step added up. */
static void iterate(struct claim *claim, const char *series, const struct correlation_map *map, double constant,
                    double exponent, struct value at[DOUBLINGS])
{
    long L = claim_integer(claim, "L") / 8 * 8;
    double gap = 1 - claim_real(claim, "rho_0"), next = 1, relative = 0;
    int reached = 0;

    for (long l = 1; l <= L; l++) {
        struct value step = correlation_map_gap_value(map, gap);

        gap = fmin(2, step.x);
        relative += value_error(step) / step.x;
        if (l == L >> (DOUBLINGS - 1 - reached)) {
            at[reached++] = measured(gap, relative * gap, ROUNDING);
        }
        if ((double)l >= next || l == L) {
            claim_row(claim, series, (double)l, gap, constant * pow((double)l, exponent));
            next = fmax(next * 1.25, (double)l + 1);
        }
    }
}

/* ## The exponent, and the constant
 * The growth of $u$ a layer from the last three depths, and from the three before them. */
static struct value growth(const struct value gap[3], double power, double l)
{
    struct value u[3];

    for (int i = 0; i < 3; i++) {
        double x = pow(gap[i].x, power);

        u[i] = value_through(gap[i], x, power * x / gap[i].x);
    }
    return value_scale(1 / l, value_sub(value_sub(u[2], u[1]), value_sub(u[1], u[0])));
}

static void compare(struct claim *claim, const char *name, const char *rate_name, const char *series,
                    const struct correlation_map *map, double constant, double exponent, double claimed_exponent)
{
    struct value at[DOUBLINGS] = {{0}};
    double l = (double)(claim_integer(claim, "L") / 8);

    iterate(claim, series, map, constant, exponent, at);
    double power = 1 / exponent, slope = log2(at[3].x / at[2].x), earlier = log2(at[2].x / at[1].x);
    struct value last = growth(at + 1, power, 2 * l), before = growth(at, power, l);

    last = value_with(last, fabs(last.x - before.x), FINITE_SIZE);
    claim_case(claim, "%s, L = %.0f", series, 8 * l);
    check_equal(claim, name, rounded(constant, 16),
                value_through(last, pow(last.x, exponent), exponent * pow(last.x, exponent - 1)));
    check_rate(claim, rate_name, exact(claimed_exponent),
               value_with(exact(slope), 2 * fabs(slope - earlier), FINITE_SIZE));
}

/* ## Leaky relu */
static void leaky_relu(struct claim *claim, double a)
{
    struct activation phi;
    struct correlation_map map;
    double factor = (1 + a * a) / ((1 - a) * (1 - a)), nine = 9 * M_PI * M_PI / 2;
    char series[32];

    snprintf(series, sizeof series, "lrelu:%g", a);
    claim_need(claim, activation_with("lrelu:", a, &phi));
    claim_need(claim, correlation_map_layer(&map, &phi, 0));
    nine *= claim_fault(claim, "half_dropped") ? 2 : 1;
    factor = claim_fault(claim, "square_dropped") ? sqrt(factor) : factor;
    compare(claim, a == 0 ? "relu" : "leaky relu", "exponent of relu", series, &map, nine * factor * factor, -2,
            claim_fault(claim, "exponents_swapped") ? -1 : -2);
}

/* ## erf
 * By Price's theorem $P''(1)=E\,\phi''^2/(s+\|\phi\|^2)$, and at criticality $s+\|\phi\|^2=\|\phi'\|^2$. */
static double curvature(double x, void *context)
{
    return activation_curvature(context, x);
}

static void error_function(struct claim *claim)
{
    struct activation phi;
    struct correlation_map map;
    double claimed = claim_fault(claim, "three_quarters") ? 0.75 : 0.8;

    claim_need(claim, activation_find("erf", &phi));
    claim_need(claim, correlation_map_layer(&map, &phi, claim_value(claim, critical_bias_ratio(&phi)).x));
    struct piecewise second = {.f = curvature, .context = &phi}, first = activation_slope_piecewise(&phi);

    claim_case(claim, "erf");
    check_equal(claim, "curvature", rounded(claimed, 1),
                value_div(gaussian_product(&second, &second, 1), gaussian_product(&first, &first, 1)));
    compare(claim, "erf", "exponent of erf", "erf", &map, 2 / claimed, -1,
            claim_fault(claim, "exponents_swapped") ? -2 : -1);
}

static void rates(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "l", EXACT, "a count of layers");
    claim_column(claim, "gap", RELATIVE(1e-7), "iterated in 1 - rho: roundings add up over a million layers");
    claim_column(claim, "asymptote", RELATIVE(1e-13), "a closed form");
    leaky_relu(claim, 0);
    if (claim_real(claim, "a") != 0) {
        leaky_relu(claim, claim_real(claim, "a"));
    }
    leaky_relu(claim, 0.6);
    error_function(claim);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("a", "negative slope of leaky relu", 0.3, 0, 0.9),
                                         integer_by_scale("L", "depth: number of non-linear layers", 65536, 1048576,
                                                          16777216, 16384, 1000000000),
                                         real("rho_0", "correlation of the inputs", -1, -1, 0.9)},
                          .faults = {{"half_dropped", "9 pi^2 in place of 9 pi^2 / 2", "relu leaky?relu"},
                                     {"square_dropped", "the factor of leaky relu not squared", "leaky?relu"},
                                     {"three_quarters", "P''(1) = 3/4", "erf curvature"},
                                     {"exponents_swapped", "relu's exponent for erf and the reverse", "exponent*"}},
                          .run = rates,
                      }));
}
