/* # Observation 1: the correlation map is convex and has one attracting fixed point
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.2 and footnote 5. A power series with non-negative
 * coefficients, $P$ is non-decreasing and convex on $[0,1]$. The paper concludes that an attracting fixed point exists and is
 * unique: a $\rho_{fp}=P(\rho_{fp})$ that $P^n(\rho)$ tends to for all $\rho$ near it.
 *
 * **Checked.** Monotonicity and convexity, by values of $P$ at neighbouring points, for the activation chosen and thirteen more, at several bias
 * ratios. The number of attracting fixed points in $[-1,1]$, counted where $P(\rho)-\rho$ falls through zero on a grid that is logarithmic towards
 * $1$: one, in the ordered, the critical and the chaotic phase. Where the count is one, the library's root finder must agree with the crossing.
 * **Tolerance.** Covariances state their errors; a sign counts only if it exceeds them. The crossing is known to its cell.
 * **Could miss.** A fixed point whose basin is smaller than a cell of the grid; convexity excludes it on $[0,1]$.
 * **Found.** One exception: a linear $\phi$ through the origin with $\sigma_b=0$ has $P=\mathrm{id}$. Every $\rho$ is fixed, none attracts. Otherwise
 * the conclusion stands. At criticality $P'(1)=1$ and $1$ attracts from below only; since no correlation exceeds $1$, that is all that footnote 5
 * asks. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { CELLS = 120 };

static struct correlation_map make_map(struct claim *claim, const char *name, double s)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, name, s));
    if (!(map.bias + map.norm2 > 0)) {
        claim_refuse(claim, "phi = %s vanishes", name);
    }
    return map;
}

static struct value P_at(struct claim *claim, const struct correlation_map *map, double rho)
{
    struct value C = covariance(&map->phi, rho);

    if (claim_fault(claim, "cubic_turned")) { // the series with the sign of its third coefficient turned
        C = value_sub(C, rounded(2 * map->norm2 * rho * rho * rho, 8));
    }
    return value_scale(1 / (map->bias + map->norm2), value_add(exact(map->bias), C));
}

/* ## Non-decreasing and convex on $[0,1]$ */
static void check_convex(struct claim *claim, const struct correlation_map *map)
{
    enum { POINTS = 16 };
    struct value P[POINTS + 1];

    for (int i = 0; i <= POINTS; i++) {
        P[i] = P_at(claim, map, (double)i / POINTS);
    }
    for (int i = 1; i <= POINTS; i++) {
        claim_case(claim, "phi = %s, s = %.3g, rho = %g", map->phi.name, map->bias, (double)i / POINTS);
        check_at_least(claim, "non-decreasing", P[i], P[i - 1]);
        if (i < POINTS) {
            check_at_least(claim, "convex", value_scale(0.5, value_add(P[i - 1], P[i + 1])), P[i]);
        }
    }
}

/* ## Attracting fixed points, counted
 * The sign of $P(\rho)-\rho$ at $\rho=1-\text{gap}$, 0 if its error hides it. */
static int sign_at(const struct correlation_map *map, double gap)
{
    struct value rise = value_sub(exact(gap), correlation_map_gap_value(map, gap));

    return rise.x > value_error(rise) ? 1 : rise.x < -value_error(rise) ? -1 : 0;
}

/* The last gap on the way from a to b where the sign is the wanted one; at a it is. */
static double edge(const struct correlation_map *map, double a, double b, int wanted)
{
    for (int i = 0; i < 36; i++) {
        double middle = (a + b) / 2;

        *(sign_at(map, middle) == wanted ? &a : &b) = middle;
    }
    return a;
}

/* From $\rho=-1$ to $1$: an attracting point lies where $P(\rho)-\rho$ turns from positive to negative, and at 1 if it is positive to the end. The last
 * one found goes to *fixed. */
static int count_attracting(const struct claim *claim, const struct correlation_map *map, struct value *fixed)
{
    double above = NAN; // the last gap with P > rho, as long as nothing lower followed
    int count = 0;

    *fixed = exact(NAN);
    for (int i = 0; i <= CELLS; i++) {
        double gap = 2 * pow(0.5e-9, (double)i / CELLS);
        int sign = sign_at(map, gap);

        if (sign < 0 && above > 0) {
            double left = edge(map, above, gap, 1), right = edge(map, gap, above, -1);

            *fixed = measured(1 - (left + right) / 2, (left - right) / 2 + DBL_EPSILON, ROUNDING);
            count++;
        }
        above = sign > 0 ? gap : sign < 0 ? NAN : above;
    }
    if (above > 0 && !claim_fault(claim, "interior_only")) {
        *fixed = measured(1, above, ROUNDING);
        count++;
    }
    return count;
}

static void check_fixed_point(struct claim *claim, const struct correlation_map *map)
{
    struct correlation_map other = *map;
    struct value fixed;

    other.bias *= claim_fault(claim, "bias_lower") ? 0.9 : 1;
    struct value gap = correlation_map_fixed_gap(&other);
    int count = count_attracting(claim, map, &fixed);

    claim_case(claim, "phi = %s, s = %.3g", map->phi.name, map->bias);
    check_equal(claim, "attracting", exact(1), exact(count));
    if (count == 1) {
        check_equal(claim, "fixed point", value_sub(exact(1), gap), fixed);
    }
}

/* ## The exception */
static void check_identity(struct claim *claim, const char *name)
{
    struct correlation_map map = make_map(claim, name, claim_fault(claim, "with_bias") ? 0.1 : 0);
    struct value fixed;

    claim_case(claim, "phi = %s, s = 0", name);
    check_differs(claim, "identity", exact(1), exact(count_attracting(claim, &map, &fixed)));
}

static void draw(struct claim *claim, const struct correlation_map *map)
{
    char series[64];
    double fixed = 1 - correlation_map_fixed_gap(map).x;

    snprintf(series, sizeof series, "%s, s = %.4g", map->phi.name, map->bias);
    for (int i = -20; i <= 20; i++) {
        claim_row(claim, series, i / 20.0, correlation_map_apply(map, i / 20.0), fixed);
    }
}

static void observation(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.1", "abs", "relu^2", "tanh", "sigmoid", "erf",
                                        "sin",  "gelu",      "exp", "bump",   "x^3",  "h5"};
    static const double ratios[] = {0, 0.05, 0.3, -1};
    struct correlation_map chosen = make_map(claim, claim_text(claim, "phi"), claim_real(claim, "s"));
    struct value fixed;

    claim_labels(claim, "series");
    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "P", ABSOLUTE(1e-12), "closed forms, or a lattice");
    claim_column(claim, "fixed", ABSOLUTE(1e-10), "root finding");
    if (count_attracting(claim, &chosen, &fixed) == 0 && sign_at(&chosen, 2) == 0 && sign_at(&chosen, 1) == 0 &&
        sign_at(&chosen, 0.5) == 0) {
        claim_refuse(claim, "phi = %s with s = 0 has P = id to rounding: the exception, checked anyway",
                     chosen.phi.name);
    }
    check_convex(claim, &chosen);
    check_fixed_point(claim, &chosen);
    draw(claim, &chosen);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t k = 0; k < sizeof ratios / sizeof ratios[0]; k++) {
            struct activation phi;

            claim_need(claim, activation_find(names[i], &phi));
            if (ratios[k] >= 0 || value_ok(critical_bias_ratio(&phi))) {
                struct correlation_map map = make_map(claim, names[i], ratios[k]);

                check_convex(claim, &map);
                check_fixed_point(claim, &map);
                if (strcmp(names[i], "erf") == 0 && map.bias != chosen.bias) {
                    draw(claim, &map);
                }
            }
        }
    }
    check_identity(claim, "id");
    check_identity(claim, "lrelu:1");
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation to try beside those known", "erf"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", 0.05, -1, 1000)},
            .faults = {{"cubic_turned", "a negative third coefficient", "non-decreasing convex"},
                       {"interior_only", "a fixed point at 1 not counted", "attracting"},
                       {"bias_lower", "the root for a bias ratio a tenth less", "fixed*"},
                       {"with_bias", "the exception tried with a bias", "identity"}},
            .errata =
                {{"S7",
                  "$P$ is non-decreasing and convex on $[0,1]$; this implies existence and uniqueness of an attracting "
                  "fixed point of $P$.",
                  "It does unless $P$ is the identity, which happens for linear $\\phi$ through the origin with "
                  "$\\sigma_b=0$.",
                  "identity", "attracting", "None: linear layers are set apart after Theorem 1 too.",
                  "$\\phi(x)=x$, $\\sigma_b=0$: $P(\\rho)=\\rho$. Every correlation is fixed and none attracts."}},
            .run = observation,
        }));
}
