/* # Footnote 6: deep networks look like $y=a+(1-a)x^\alpha$ with large $\alpha$
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, footnote 6. The composition of correlation maps
 * resembles $y=a+(1-a)x^\alpha$ as $\alpha$ grows: either $a\approx1$, and the infimum is close to 1, or the slope at 1 is large.
 *
 * **Checked.** Infimum $a$ and slope $(1-a)\alpha$ of the pictured family, from values alone. Excess convexity of its cropped form $x^\alpha$: the
 * root $t$ put into $\alpha=\ln t/\ln(1-t)$ gives the power back. It grows without bound: $(1-t)^\alpha\le e^{-\alpha t}$ gives
 * $\alpha t\le W(\alpha)$, with Lambert's $W$, so $e\ge\alpha/W(\alpha)-2$. For layers of a network: excess convexity and slope of the cropped
 * composition grow with every layer.
 * **Tolerance.** The difference quotient at $h$ misses the slope by $h(\alpha-1)/2$ of it at most; the root states its error.
 * **Could miss.** How close the resemblance is: the footnote does not say.
 * **Found.** Holds as a picture. At equal $e$ the cropped composition of critical erf layers and the power differ by 0.10 for 16 layers and by
 * 0.20 for 64: the composition is steeper at 1 and less flat. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <assay/numerics/roots.h>
#include <gsl/gsl_sf_lambert.h>
#include <math.h>

/* ## The family: infimum or slope */
struct picture {
    double a, alpha;
    bool flat; // planted: the constant left out
};

static double pictured(double x, void *context)
{
    const struct picture *picture = context;

    return (picture->flat ? 0 : picture->a) + (1 - picture->a) * pow(x, picture->alpha);
}

static void family(struct claim *claim, double a, double alpha)
{
    struct picture picture = {a, alpha, claim_fault(claim, "no_constant")};
    double h = ldexp(1, -26) / alpha, slope = (1 - pictured(1 - h, &picture)) / h, where;
    double power = claim_fault(claim, "one_less") ? alpha - 1 : alpha;

    claim_case(claim, "a = %g, alpha = %g", a, alpha);
    check_equal(claim, "infimum", exact(a), minimise_interval(pictured, &picture, 0, 1, &where));
    check_equal(claim, "slope", rounded((1 - a) * power, 2),
                measured(slope, h * alpha * slope + 1e-15 / h, FINITE_SIZE));
}

/* ## Excess convexity of powers
 * $x^{100^m}$ as a composition of $x^{100}$ with itself. */
static void power(struct claim *claim, const struct convex_map *g, double alpha)
{
    struct value t = claim_value(claim, excess_convexity_point(g)), e = claim_value(claim, excess_convexity(g));
    double flat = log1p(-t.x), found = log(t.x) / flat;

    claim_case(claim, "x^%g", alpha);
    check_equal(
        claim, "power", exact(claim_fault(claim, "one_less") ? alpha - 1 : alpha),
        value_with(value_through(t, found, 1 / (t.x * flat) + found / ((1 - t.x) * flat)), 1e-15 * found, ROUNDING));
    check_at_least(claim, "growth", e,
                   rounded((claim_fault(claim, "linear") ? alpha : alpha / gsl_sf_lambert_W0(alpha)) - 2, 16));
}

static void powers(struct claim *claim)
{
    struct convex_map g, nested[5];
    double c[CONVEX_MAP_CAPACITY] = {0};

    for (int k = 2; k <= CONVEX_MAP_CAPACITY; k++) {
        c[k - 2] = 0;
        c[k - 1] = 1;
        claim_need(claim, convex_map_series(&g, k, c));
        power(claim, &g, k);
        nested[0] = k == 100 ? g : nested[0];
    }
    for (int m = 1; m < 5; m++) {
        nested[m] = convex_map_compose(&nested[0], &nested[m - 1]);
        power(claim, &nested[m], pow(100, m + 1));
    }
}

/* ## Layers
 * The whole map is $\bar\rho+(1-\bar\rho)\tilde P$; beside it stands the power of the same excess convexity, with the same infimum. Away from
 * criticality the layers end where rounding hides what one more adds. */
static void tabulate(struct claim *claim, int L, const struct convex_map *g, double rho_bar, double e)
{
    double t = 1 / (2 + e), alpha = log(t) / log1p(-t);
    char label[32];

    snprintf(label, sizeof label, "L = %d", L);
    for (int i = 0; i <= 32; i++) {
        double x = i / 32.0;

        claim_row(claim, label, x, rho_bar + (1 - rho_bar) * convex_map_apply(g, x),
                  rho_bar + (1 - rho_bar) * pow(x, alpha), alpha);
    }
}

static void layers(struct claim *claim)
{
    int L = (int)claim_integer(claim, "L");
    const struct correlation_map **maps = memory_new((size_t)(4 * L), sizeof *maps);
    double e_before = 0, slope_before = 1, gap = 1, sign = claim_fault(claim, "falls") ? -1 : 1;
    struct correlation_map map;
    struct convex_map g;

    claim_need(claim, correlation_map_find(&map, claim_text(claim, "phi"), claim_real(claim, "s")));
    for (int l = 1; l <= 4 * L && gap > 1e-6 && e_before < 1e4; l++) {
        maps[l - 1] = &map;
        claim_need(claim, convex_map_chain(&g, l, maps, 1));
        struct value e = claim_value(claim, excess_convexity(&g)),
                     slope = rounded(convex_map_slope_at_one(&g), 100.0 * l);

        claim_case(claim, "%d layers of %s", l, map.phi.name);
        check_shape(claim, "e grows", value_scale(sign, value_sub(e, exact(e_before))), e.x);
        check_shape(claim, "slope grows", value_scale(sign, value_sub(slope, exact(slope_before))), slope.x);
        gap = correlation_map_gap(&map, gap);
        e_before = e.x;
        slope_before = slope.x;
        if (l == L / 4 || l == L || l == 4 * L) {
            tabulate(claim, l, &g, 1 - gap, e.x);
        }
    }
    memory_free(maps);
}

static void picture(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "x", EXACT, "a grid");
    claim_column(claim, "layers", RELATIVE(1e-9), "iterated in 1 - rho");
    claim_column(claim, "power", RELATIVE(1e-9), "as e, a root");
    claim_column(claim, "alpha", RELATIVE(1e-9), "as e, a root");
    for (int i = 0; i < 30; i++) {
        family(claim, i / 6 / 5.0, pow(4, i % 6));
    }
    powers(claim);
    layers(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation of the layers", "erf|relu|sin|h2|h3"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 10),
                           integer("L", "layers of the middle curve; the others have a quarter and four times as many",
                                   16, 4, 64)},
            .faults = {{"no_constant", "y = (1 - a) x^alpha", "infimum slope"},
                       {"one_less", "the power less one", "slope power"},
                       {"linear", "excess convexity growing like the power itself", "growth"},
                       {"falls", "excess convexity and slope falling with depth", "e* slope*grows"}},
            .run = picture,
        }));
}
