/* # Equations (A.16) and (A.17): the chord of a power series, and why its quadratic part bounds it
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, proof of Property 6. With $g(x)=\sum_kc_kx^k$,
 * $c_k\ge0$, cropped to $[a,b]$ and $\hat g(1-t)=t$,
 *
 * $$t\,g(a)+(1-t)\,g(b)-g(ta+(1-t)b)=(g(b)-g(a))\frac{e(\hat g)}{2+e(\hat g)}\tag{A.16}$$
 * $$=\sum_{k\ge2}c_kb^k\Big[t\big(\tfrac ab\big)^k+(1-t)-\big(t\tfrac ab+1-t\big)^k\Big].\tag{A.17}$$
 *
 * Then: for $s,x\in[0,1]$ the function $k\mapsto sx^k-(sx+1-s)^k$ does not decrease on $[1,\infty)$, so that every bracket is at least the one for
 * $k=2$, which is $t(1-t)(1-a/b)^2$.
 *
 * **Checked.** (A.16): the chord from values of $g$ by Horner's rule, against $e$ from the root of the cropped series. (A.17): against the sum of
 * brackets. The bracket for $k=2$. The monotonicity: random $s,x$ and pairs $k<k'$, and a search for the least growth $D(k')/D(k)$ of
 * $D(k)=sx^k+1-s-(sx+1-s)^k$, which differs from the function by a constant and vanishes at $k=1$.
 * **Tolerance.** Rounding of the chord is relative to $g(b)$, not to the difference; the root states its error.
 * **Could miss.** Degrees beyond 24 in the identities.
 * **Found.** Holds. The monotonicity is tight for large $k$, where $D$ tends to $1-s$. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <float.h>
#include <math.h>

enum { DEGREE = 24 };

/* ## The identities */
static double evaluate(const double c[DEGREE + 1], double x)
{
    double sum = 0;

    for (int k = DEGREE; k >= 0; k--) {
        sum = sum * x + c[k];
    }
    return sum;
}

/* $D(k)$ without cancellation for small $s$ and $1-s$: the powers of $y=sx+1-s$ by log1p. */
static double jensen_gap(double s, double x, double k)
{
    double power = k == 0 ? 1 : pow(x, k);

    return s * power + (1 - s) - exp(k * log1p(-s * (1 - x)));
}

static void identities(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 0, number);
    double c[DEGREE + 1], u[2], brackets = 0;
    struct convex_map crop;

    for (int k = 0; k <= DEGREE; k++) {
        c[k] = pow(10, -4 * stream_uniform(&stream));
    }
    stream_uniforms(&stream, 2, u);
    double b = 0.3 + 0.7 * u[0], a = 0.9 * b * u[1];
    claim_need(claim, convex_map_crop_series(&crop, DEGREE, c, a, b, NULL));
    struct value e = claim_value(claim, excess_convexity(&crop));
    double t = 1 / (2 + e.x), chord = t * evaluate(c, a) + (1 - t) * evaluate(c, b) - evaluate(c, t * a + (1 - t) * b);
    double range = evaluate(c, b) - evaluate(c, a), noise = 8 * DEGREE * DBL_EPSILON * evaluate(c, b);
    /* The chord has no first-order error in t at its maximum, and elsewhere its slope is at most the range. */
    double moved = range * value_error(e) * t * t;

    for (int k = 2; k <= DEGREE; k++) {
        brackets += c[k] * pow(b, claim_fault(claim, "power_off") ? k - 1 : k) * jensen_gap(t, a / b, k);
    }
    claim_case(claim, "series %u, a = %.3g, b = %.3g", number, a, b);
    double two = claim_fault(claim, "one_plus_e") ? 1 : 2, whole = two + e.x;
    struct value quotient = value_through(e, range * e.x / whole, two * range / (whole * whole));
    struct value measured_chord = measured(chord, noise + moved, ROUNDING);
    check_equal(claim, "A.16", quotient, measured_chord);
    check_equal(claim, "A.17", measured(brackets, noise, ROUNDING), measured_chord);
    double square = claim_fault(claim, "not_squared") ? 1 - a / b : (1 - a / b) * (1 - a / b);
    check_equal(claim, "second bracket", rounded(t * (1 - t) * square, 8),
                measured(jensen_gap(t, a / b, 2), 8 * DBL_EPSILON, ROUNDING));
}

/* ## The monotonicity
 * In terms of $D$ it says $D(k')\ge D(k)$ for $k'>k\ge1$. Near $k=1$ both vanish: their difference there is what rounding leaves. */
static void growth(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 1, number);
    double u[4];

    stream_uniforms(&stream, 4, u);
    double s = u[0], x = u[1] * u[1], k = 1 + 30 * u[2] * u[2], later = k + 1 + 20 * u[3];
    double bound = jensen_gap(s, x, k),
           grown = jensen_gap(s, x, claim_fault(claim, "backwards") ? k - (k - 1) / 2 : later);

    claim_case(claim, "s = %.3g, x = %.3g, k = %.3g and %.3g", s, x, k, later);
    check_at_least(claim, "monotone", measured(grown, 16 * DBL_EPSILON, ROUNDING),
                   measured(bound, 16 * DBL_EPSILON, ROUNDING));
}

static double least_growth(size_t n, const double x[], void *context)
{
    double at = jensen_gap(x[0], x[1], x[2]), later = jensen_gap(x[0], x[1], x[2] + x[3]);
    bool backwards = *(bool *)context;

    (void)n;
    return at < 1e-6 ? INFINITY : backwards ? at / later : later / at;
}

static void attack(struct claim *claim)
{
    static const double least[] = {0, 0, 1, 0.5}, most[] = {1, 1, 20, 20};
    double best[4];
    bool backwards = claim_fault(claim, "backwards");
    const struct search search = {2,         4, least, most, (size_t)claim_integer(claim, "starts"), 1000, least_growth,
                                  &backwards};
    double ratio = search_least(claim, &search, best);

    claim_case(claim, "search: s = %.3g, x = %.3g, k = %.3g and %.3g", best[0], best[1], best[2], best[2] + best[3]);
    check_at_least(claim, "least growth", measured(ratio, 1e-9, ROUNDING), exact(1));
}

/* ## The function itself, for the picture */
static void draw(struct claim *claim)
{
    double s = claim_real(claim, "s"), x = claim_real(claim, "x");

    claim_column(claim, "k", EXACT, "a grid");
    claim_column(claim, "function", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "D", ABSOLUTE(1e-14), "a closed form");
    for (int i = 0; i <= 100; i++) {
        double k = 1 + 0.1 * i, D = jensen_gap(s, x, k);

        claim_row(claim, NULL, k, D - (1 - s), D);
    }
}

static void inequality(struct claim *claim)
{
    draw(claim);
    for (long i = 0; i < claim_integer(claim, "samples"); i++) {
        identities(claim, (uint32_t)i);
        growth(claim, (uint32_t)i);
    }
    attack(claim);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer_by_scale("samples", "random series, and random pairs of exponents",
                                                          300, 2000, 1000000, 1, 10000000),
                                         integer_by_scale("starts", "of the search", 4, 16, 200, 1, 100000),
                                         real("s", "of the function that is drawn", 0.5, 0, 1),
                                         real("x", "of the function that is drawn", 0.3, 0, 1)},
                          .faults = {{"power_off", "b^(k-1) in place of b^k in (A.17)", "A.17"},
                                     {"backwards", "a smaller exponent in place of a larger one", "monotone least*"},
                                     {"one_plus_e", "e/(1 + e) in place of e/(2 + e)", "A.16"},
                                     {"not_squared", "1 - a/b not squared in the bracket for k = 2", "second*"}},
                          .run = inequality,
                      }));
}
