/* # Definition, appendix A.3: excess convexity is $e(g)=\frac1t-2$, where $g(1-t)=t$
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3. Let $g$ be convex and non-decreasing from $[0,1]$
 * into itself, with $g(0)=0$ and $g(1)=1$. Its graph meets the line $x+y=1$ at some $(1-t,t)$ with $0<t<1$, and $e(g)=1/t-2$.
 *
 * **Checked.** For random power series and polygons: exactly one crossing on a grid; the crossing by bisection of $g(x)+x-1$ in $x$ against the
 * library's, which is sought in $\ln t$ through the gaps. Closed forms of $e$: $x/(1+c(1-x))$, $x^2$, $x^3$, and two edges.
 * **Corrected.** The text says that the conditions imply continuity. They do on $[0,1)$ only: $g(1)=1$ may be a jump. The map that is 0
 * below 1 satisfies them all and has no crossing. Continuity at 1 has to be asked for; power series that converge at 1 have it.
 * **Tolerance.** Roots state their brackets; $g$ is a sum of at most $n$ positive terms, $4n+4$ roundings.
 * **Could miss.** A second crossing between two points of the grid: $g(x)+x$ increases, so there is none.
 * **Found.** Holds for continuous maps. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <assay/numerics/roots.h>
#include <float.h>
#include <math.h>

enum { GRID = 257 };

/* ## One crossing
 * $g(x)+x-1$ climbs from $-1$ at 0 to $1$ at 1. */
struct crossing {
    const struct convex_map *g;
    double sign; // of x: the antidiagonal has +1
};

static double above_line(double x, void *context)
{
    const struct crossing *crossing = context;

    return convex_map_apply(crossing->g, x) + crossing->sign * x - (crossing->sign > 0 ? 1 : 0);
}

static void cross(struct claim *claim, const struct convex_map *g)
{
    struct crossing crossing = {g, claim_fault(claim, "diagonal") ? -1 : 1};
    struct value x = root_bracketed(above_line, &crossing, 0, 1), t = claim_value(claim, excess_convexity_point(g));
    int crossings = 0;

    for (int i = 2; i < GRID; i++) {
        double before = above_line((i - 1.0) / (GRID - 1), &crossing),
               after = above_line((double)i / (GRID - 1), &crossing);

        crossings += before < 0 && after >= 0;
    }
    check_equal(claim, "crossing", value_with(value_sub(exact(1), x), 2e-16 * (2 * CONVEX_MAP_CAPACITY + 2), ROUNDING),
                t);
    check_equal(claim, "one crossing", exact(1), exact(crossings));
}

static void random_maps(struct claim *claim)
{
    long samples = claim_integer(claim, "samples");

    for (uint32_t i = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, 0, i);
        struct convex_map g = i % 2 ? convex_map_random_series(&stream, (int)claim_integer(claim, "degree"))
                                    : convex_map_random_piecewise(&stream, (int)claim_integer(claim, "vertices"));

        claim_case(claim, "random %s %u", i % 2 ? "series" : "polygon", i);
        cross(claim, &g);
    }
}

/* ## Closed forms
 * $x^2$ crosses at $t=(3-\sqrt5)/2$, so $e=(\sqrt5-1)/2$. $x^3$ crosses at $1-x$ with $x^3+x=1$, by Cardano. */
static void closed_form(struct claim *claim, const char *label, const struct convex_map *g, struct value printed)
{
    struct value e = claim_value(claim, excess_convexity(g));

    claim_case(claim, "%s", label);
    check_equal(claim, "closed form", claim_fault(claim, "minus_one") ? value_add(printed, exact(1)) : printed, e);
    for (int i = 0; i <= 40; i++) {
        double x = i / 40.0;

        claim_row(claim, label, x, convex_map_apply(g, x), 1 / (2 + e.x), e.x);
    }
}

static void closed_forms(struct claim *claim)
{
    double c = claim_real(claim, "c"), t = claim_real(claim, "t"), root = sqrt(31.0 / 108),
           x = cbrt(root + 0.5) - cbrt(root - 0.5);
    struct convex_map g;

    claim_need(claim, convex_map_series(&g, 2, (double[]){0, 1}));
    closed_form(claim, "x^2", &g, rounded((sqrt(5) - 1) / 2, 6));
    claim_need(claim, convex_map_series(&g, 3, (double[]){0, 0, 1}));
    closed_form(claim, "x^3", &g, value_through(rounded(x, 24), 1 / (1 - x) - 2, 1 / ((1 - x) * (1 - x))));
    claim_need(claim, convex_map_moebius(&g, c));
    closed_form(claim, "x/(1 + c(1 - x))", &g, rounded(c / (sqrt(1 + c) + 1), 6));
    claim_need(claim, convex_map_piecewise(&g, 3, (double[]){0, 1 - t, 1}, (double[]){0, t, 1}));
    closed_form(claim, "two edges", &g, value_with(rounded((1 - 2 * t) / t, 4), 2e-16 / (t * t), ROUNDING));
}

/* ## What the conditions leave out
 * $g(x)=yx$ below 1 and $g(1)=1$, $0\le y<1$: every condition holds on random triples, and $g$ jumps at 1. For $y=0$ it stays below the
 * antidiagonal. */
static double jump(const struct claim *claim, double x, double y)
{
    if (claim_fault(claim, "no_jump")) {
        return x;
    }
    return x < 1 ? y * x - (claim_fault(claim, "cap") ? 0.1 * (1 - y) * x * (1 - x) * (2 * x - 1) : 0) : 1;
}

static void discontinuous(struct claim *claim, double y)
{
    int violated = (jump(claim, 0, y) != 0) + (jump(claim, 1, y) != 1);
    double nearest = INFINITY;

    for (uint32_t i = 0; i < 1000; i++) {
        struct stream stream = claim_stream(claim, 1, i);
        double a = stream_uniform(&stream), b = i % 2 ? 1 : stream_uniform(&stream), p = stream_uniform(&stream);

        double chord = p * jump(claim, a, y) + (1 - p) * jump(claim, b, y);

        violated += jump(claim, p * a + (1 - p) * b, y) > chord + 1e-15;
        violated += (a - b) * (jump(claim, a, y) - jump(claim, b, y)) < 0;
        nearest = fmin(nearest, (a - jump(claim, 1 - a, y)) / a);
    }
    claim_case(claim, "g(x) = %g x below 1", y);
    check_zero(claim, "admissible", exact(violated), 1);
    check_differs(claim, "continuous", exact(1), measured(jump(claim, 1 - DBL_EPSILON, y), 2 * DBL_EPSILON, ROUNDING));
    if (y == 0) {
        check_shape(claim, "no crossing", exact(nearest), 1);
    }
}

static void definition(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "x", EXACT, "a grid");
    claim_column(claim, "y", ABSOLUTE(1e-14), "sums of positive terms");
    claim_column(claim, "t", RELATIVE(1e-12), "a root");
    claim_column(claim, "e", RELATIVE(1e-12), "a root");
    random_maps(claim);
    closed_forms(claim);
    discontinuous(claim, 0);
    discontinuous(claim, 0.5);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("samples", "random maps", 500, 4000, 100000, 1, 10000000),
                           integer("degree", "highest degree of a random series", 32, 2, 128),
                           integer("vertices", "of a random polygon", 5, 3, 128),
                           real("c", "parameter of x/(1 + c(1 - x))", 20, 1e-9, 1e9),
                           real("t", "crossing of the two edges", 0.3, 1e-6, 0.499)},
            .faults = {{"diagonal", "the diagonal in place of the antidiagonal", "crossing one*"},
                       {"minus_one", "e = 1/t - 1", "closed*"},
                       {"no_jump", "the counterexample without its jump at 1", "continuous no*"},
                       {"cap", "the counterexample not convex below 1", "admissible"}},
            .errata = {{"N1",
                        "For non-decreasing convex $g$ from $[0,1]$ into itself with $g(0)=0$ and $g(1)=1$: these "
                        "conditions imply continuity, and each such $g$ has an argument $t\\in(0,1)$ with $g(1-t)=t$.",
                        "They imply continuity on $[0,1)$ and allow a jump at $1$. With continuity at $1$ there is "
                        "exactly one such $t$.",
                        "continuous", "crossing",
                        "None: correlation maps are power series that converge at $1$, and continuous there.",
                        "The map that is $0$ below $1$ and $1$ at $1$ satisfies all conditions, and $g(1-t)=0<t$ for "
                        "every $t\\in(0,1)$."}},
            .run = definition,
        }));
}
