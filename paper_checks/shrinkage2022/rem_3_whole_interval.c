/* # Remark 3: excess convexity describes a map on all of $[0,1]$, its slope at 1 does not
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1, remark 3. The proof of Theorem 1 could bound the
 * slope at 1 layer by layer. It bounds $e$ instead: a large $e$ flattens the cropped composition almost everywhere, and excludes that
 * it is ill-behaved on some $(1-\varepsilon,1)$ only.
 *
 * **Checked.** The remark in two numbers. A large $e$ means flat: $\int_0^1g\le1/(2+e)$, the area under the two segments of property 1; for random
 * maps, by exact integrals of series and polygons, with equality for two edges. A large slope does not: $(1-w)x+wx^k$ with $k=1/w^2$
 * has slope above $1/w$ and $e\le w/(1-w)$. For layers of a network: the composition at fixed places against the segments for the $C$ of remark 2.
 * **Tolerance.** The root behind $e$ and the maps state their errors; integrals are sums of positive terms.
 * **Could miss.** The area says little where $e$ is small: it is $\frac12$ for the identity.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { PLACES = 20 };

/* ## The area under a map */
static struct value area(const struct convex_map *g)
{
    double sum = 0;

    for (int i = 1; g->kind == CONVEX_PIECEWISE && i < g->n; i++) {
        sum += (g->y[i] + g->y[i - 1]) / 2 * (g->u[i] - g->u[i - 1]);
    }
    for (int k = 0; g->kind == CONVEX_SERIES && k < g->n; k++) {
        sum += g->c[k] / (k + 2);
    }
    return value_with(rounded(sum, 2.0 * g->n), 1.2e-16, ROUNDING);
}

static struct value claimed_area(struct claim *claim, const struct convex_map *g)
{
    struct value t = claim_value(claim, excess_convexity_point(g));

    return claim_fault(claim, "half_area") ? value_scale(0.5, t) : t;
}

static void areas(struct claim *claim, bool series)
{
    const char *label = series ? "random series" : "random polygons";
    long samples = claim_integer(claim, "samples");

    for (uint32_t i = 0, rows = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, series, i);
        struct convex_map g = series ? convex_map_random_series(&stream, (int)claim_integer(claim, "degree"))
                                     : convex_map_random_piecewise(&stream, (int)claim_integer(claim, "vertices"));
        double e = excess_convexity(&g).x;

        claim_case(claim, "%s, %u", label, i);
        check_at_most(claim, "area", area(&g), claimed_area(claim, &g));
        if (e > 1e-2 && e < 1e3 && rows < 150) {
            claim_row(claim, label, e, area(&g).x);
            rows++;
        }
    }
}

static void two_edges(struct claim *claim)
{
    for (int k = 2; k <= 20; k++) {
        double t = ldexp(1, -k);
        struct convex_map g;

        claim_need(claim, convex_map_piecewise(&g, 3, (double[]){0, 1 - t, 1}, (double[]){0, t, 1}));
        claim_case(claim, "t = %.7g", t);
        check_equal(claim, "two edges", claimed_area(claim, &g), area(&g));
        claim_row(claim, "two edges", 1 / t - 2, area(&g).x);
    }
}

/* ## Steep and yet straight
 * $(1-w)x+wx^k$ lies above $(1-w)x$, which crosses at $t=(1-w)/(2-w)$. So $e\le w/(1-w)$ whatever $k$, while the slope is $1+w(k-1)$. The power is a
 * composition of smaller ones: $k=10^{2m}$ for $w=10^{-m}$. */
static void steep_and_straight(struct claim *claim)
{
    struct convex_map power[7], g;
    double c[10] = {0};

    c[9] = 1;
    claim_need(claim, convex_map_series(&power[0], 10, c));
    for (int i = 1; i < 7; i++) {
        power[i] = convex_map_compose(&power[0], &power[i - 1]);
    }
    for (int m = 1; m <= 3; m++) {
        double w = pow(10, -m);

        claim_need(claim, convex_map_mix(&g, 1 - w, &power[2 * m - 1]));
        claim_case(claim, "w = %g, k = 1/w^2", w);
        check_at_least(claim, "steep", rounded(convex_map_slope_at_one(&g), 100),
                       rounded(1 / (claim_fault(claim, "straighter") ? w * w : w), 4));
        check_at_most(claim, "straight", claim_value(claim, excess_convexity(&g)),
                      rounded(w / (claim_fault(claim, "straighter") ? 1 + 3 * w : 1 - w), 8));
    }
}

/* ## Layers of a network
 * Cropped to $[\bar\rho_L,1]$, with $C=\frac12\sum_l(1-\bar\rho_{l-1})R$ from properties 5 and 7: below the two segments. */
static void layers(struct claim *claim)
{
    double C = 0, gap[PLACES + 1], factor = claim_fault(claim, "much_more") ? 20 : 1;
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, claim_text(claim, "phi"), claim_real(claim, "s")));
    for (int i = 1; i <= PLACES; i++) {
        gap[i] = (double)i / PLACES;
    }
    for (long l = 1; l <= claim_integer(claim, "L") && gap[PLACES] > 1e-250; l++) {
        C += factor * gap[PLACES] / 2 * map.nonlinearity2 / map.slope_norm2;
        for (int i = 1; i <= PLACES; i++) {
            gap[i] = correlation_map_gap(&map, gap[i]);
        }
        for (int i = 1; i < PLACES; i++) {
            double h = (double)i / PLACES, left = (1 - h) / (1 + C), right = 1 - (1 + C) * h;
            double height = 1 - gap[i] / gap[PLACES];

            claim_case(claim, "%ld layers of %s at %g", l, map.phi.name, 1 - h);
            check_at_most(claim, "layers", measured(height, 4e-15 * (double)l, ROUNDING),
                          rounded(fmax(left, right), 8.0 * (double)l + 8));
        }
    }
}

static void whole_interval(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "e", RELATIVE(1e-9), "a root; no map nearer to the identity than 1e-2");
    claim_column(claim, "area", RELATIVE(1e-12), "a sum of positive terms");
    areas(claim, true);
    areas(claim, false);
    two_edges(claim);
    steep_and_straight(claim);
    layers(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("samples", "random maps of each kind", 300, 2000, 100000, 1, 10000000),
                           integer("degree", "highest degree of a random series", 32, 2, 128),
                           integer("vertices", "of a random polygon", 5, 3, 128),
                           choice("phi", "activation of the layers", "erf|relu|tanh|sin|h2|h3"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 10),
                           integer("L", "layers", 64, 1, 512)},
            .faults = {{"half_area", "half the area", "area two*"},
                       {"straighter", "slope above 1/w^2 and e below w/(1 + 3w)", "steep straight"},
                       {"much_more", "remark 2's C twenty times as large", "layers"}},
            .run = whole_interval,
        }));
}
