/* # Property 6: the excess convexity of a cropped power series is bounded by its curvature
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, property 6. Let $g(x)=\sum_kc_kx^k$ with $c_k\ge0$, and
 * let $\hat g$ be $g$ on $[a,b]$, moved and scaled to map $[0,1]$ onto itself. Then
 *
 * $$\frac{e(\hat g)\,(2+e(\hat g))}{1+e(\hat g)}\;\ge\;\frac{(b-a)^2}{g(b)-g(a)}\sum_{k\ge2}c_kb^{k-2}.$$
 *
 * **Checked.** Thousands of random series with random $a<b$, and a search over coefficients and ends for the least ratio of the two sides. The right
 * side comes from the coefficients, the left from the root of $\hat g(1-t)=t$, with $\hat g$ expanded in powers by the binomial theorem.
 * **Tolerance.** Both sides are sums of positive terms, a few roundings each; the root states its error, and near a straight $\hat g$ that is absolute.
 * **Could miss.** Degrees beyond 24.
 * **Found.** Holds, and is tight: for $c_0+c_1x+c_2x^2$ the two sides are equal, whatever $a$ and $b$. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { DEGREE = 24 };

/* ## The two sides */
struct sides {
    struct value left, right;
};

static enum status sides_of(struct sides *sides, const double c[DEGREE + 1], double a, double b)
{
    struct convex_map g;
    double range, sum = 0, power = 1;
    enum status status = convex_map_crop_series(&g, DEGREE, c, a, b, &range);

    if (status != STATUS_OK) {
        return status;
    }
    for (int k = 2; k <= DEGREE; k++) {
        sum += c[k] * power;
        power *= b;
    }
    struct value e = excess_convexity(&g);
    double grown = 1 + e.x;

    sides->left = value_through(e, e.x * (1 + grown) / grown, 1 + 1 / (grown * grown));
    sides->right = rounded((b - a) * (b - a) / range * sum, 4.0 * DEGREE);
    return STATUS_OK;
}

static struct value planted(struct claim *claim, struct value right, double b)
{
    return claim_fault(claim, "power_off") ? value_scale(1.01 / b, right) : right;
}

static struct sides confirm(struct claim *claim, const char *label, const double c[DEGREE + 1], double a, double b)
{
    struct sides sides;

    claim_need(claim, sides_of(&sides, c, a, b));
    struct value bound = planted(claim, sides.right, b);

    claim_case(claim, "%s, a = %.3g, b = %.3g", label, a, b);
    check_at_least(claim, "bound", sides.left, bound);
    return sides;
}

/* ## Random series
 * Coefficients spread over ten decades, some of them zero. */
static void random_series(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 0, number);
    double c[DEGREE + 1], u[2];

    for (int k = 0; k <= DEGREE; k++) {
        c[k] = stream_uniform(&stream) < 0.3 ? 0 : pow(10, -10 * stream_uniform(&stream));
    }
    c[1 + stream_below(&stream, DEGREE)] = 1;
    stream_uniforms(&stream, 2, u);
    double b = 0.05 + 0.95 * fmax(u[0], u[1]), a = 0.95 * b * fmin(u[0], u[1]) / fmax(u[0], u[1]);
    struct sides sides = confirm(claim, "random series", c, a, b);

    if (number < 200) {
        claim_row(claim, "random series", a, b, sides.left.x, sides.right.x);
    }
}

/* ## The search, and where the sides meet
 * Coordinates: ends, then the logarithms of five coefficients. Maps straighter than the root can tell are refused. */
static const int degrees[] = {1, 2, 3, 6, 24};
enum { POWERS = 5, COORDINATES = 2 + POWERS };

static void series_at(const double x[], double c[DEGREE + 1], double *a, double *b)
{
    for (int k = 0; k <= DEGREE; k++) {
        c[k] = 0;
    }
    for (int i = 0; i < POWERS; i++) {
        c[degrees[i]] = exp(x[2 + i]);
    }
    *b = x[1];
    *a = 0.95 * x[0] * x[1];
}

static double ratio(size_t n, const double x[], void *context)
{
    double c[DEGREE + 1], a, b;
    struct sides sides;

    (void)n;
    (void)context;
    series_at(x, c, &a, &b);
    if (sides_of(&sides, c, a, b) != STATUS_OK || sides.right.x < 1e-3) {
        return INFINITY;
    }
    return sides.left.x / sides.right.x;
}

static void attack(struct claim *claim)
{
    static const double least[COORDINATES] = {0, 0.1, -20, -20, -20, -20, -20},
                        most[COORDINATES] = {1, 1, 0, 0, 0, 0, 0};
    double best[COORDINATES], c[DEGREE + 1], a, b;
    const struct search search = {1,    COORDINATES, least, most, (size_t)claim_integer(claim, "starts"),
                                  2000, ratio,       NULL};

    search_least(claim, &search, best);
    series_at(best, c, &a, &b);
    struct sides sides = confirm(claim, "search", c, a, b);

    claim_row(claim, "search", NAN, NAN, sides.left.x / sides.right.x, 1); // where a descent ends is not determined
}

static void quadratics(struct claim *claim)
{
    for (int i = 0; i < 25; i++) {
        double c[DEGREE + 1] = {0.5, 0.1 * (i % 5), 1}, b = 0.2 * (1 + i / 5), a = 0.5 * b;
        struct sides sides;

        claim_need(claim, sides_of(&sides, c, a, b));
        claim_case(claim, "c_1 = %g, a = %g, b = %g", c[1], a, b);
        check_equal(claim, "quadratics", planted(claim, sides.right, b), sides.left);
    }
}

static void property(struct claim *claim)
{
    claim_labels(claim, "series");
    struct tolerance end = {TOLERANCE_RELATIVE, 1e-12, true}; // the search has none

    claim_column(claim, "a", end, "a draw");
    claim_column(claim, "b", end, "a draw");
    claim_column(claim, "left", RELATIVE(1e-8), "a root; for the search over the right side, the end of a descent");
    claim_column(claim, "right", RELATIVE(1e-10), "sums of positive terms; for the search 1");
    for (long i = 0; i < claim_integer(claim, "samples"); i++) {
        random_series(claim, (uint32_t)i);
    }
    attack(claim);
    quadratics(claim);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer_by_scale("samples", "random series", 500, 5000, 1000000, 1, 10000000),
                                         integer_by_scale("starts", "of the search", 4, 16, 200, 1, 100000)},
                          .faults = {{"power_off", "1.01 b^(k-3) in place of b^(k-2)", "bound quadratics"}},
                          .run = property,
                      }));
}
