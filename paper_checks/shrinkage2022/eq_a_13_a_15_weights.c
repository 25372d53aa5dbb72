/* # Equations (A.13) to (A.15): two points below a composition, and where their segment meets the antidiagonal
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, proof of property 5. With $g_i(1-t_i)=t_i$ the
 * composition satisfies
 *
 * $$g_2\circ g_1(1-t_1)\le\frac{t_1t_2}{1-t_2},\qquad g_2\circ g_1\Big(1-\frac{t_1t_2}{1-t_1}\Big)\le t_2,$$
 *
 * and the mean of the two points with the weights $w_1=(1-2t_1)\,t_2(1-t_2)/D$ and $w_2=t_1(1-t_1)(1-2t_2)/D$, $D=(1-t_1-t_2)(t_1+t_2-2t_1t_2)$, lies
 * on the antidiagonal at $(1-T,T)$, $T=t_1t_2/(t_1+t_2-2t_1t_2)$, so that $1/T-2=e_1+e_2$.
 *
 * **Checked.** Both inequalities for random pairs of maps, with equality for two edges. The weights against the solution of two linear
 * equations: sum one, point on the antidiagonal. The point against $(1-T,T)$, and $T$ against the sum of the $e_i$.
 * **Corrected.** At $t_1=t_2=\frac12$ the weights are $0/0$, and no value continues them: along $1-2t_2=r(1-2t_1)$ they tend to $w_1=1/(1+r)$. Both
 * maps are then the identity, the two points are one, and any weights do.
 * **Tolerance.** Roundings, counted. The linear system is solved backward stably; its condition number multiplies them.
 * **Could miss.** Nothing of the algebra; of the inequalities what random pairs do not show.
 * **Found.** Holds for $t_1+t_2<1$, the inequalities with equality for two edges. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <assay/numerics/linear.h>
#include <math.h>

/* ## The weights as printed
 * In terms of $d_i=\frac12-t_i$, which is exact or rounded once: every factor is then a sum of positive numbers. */
static double weight_1(double t1, double t2)
{
    double d1 = 0.5 - t1, d2 = 0.5 - t2;

    return 2 * d1 * t2 * (0.5 + d2) / ((d1 + d2) * (t1 * (0.5 + d2) + t2 * (0.5 + d1)));
}

static struct value printed_weight(struct claim *claim, double t1, double t2)
{
    return rounded(claim_fault(claim, "exchanged") ? weight_1(t2, t1) : weight_1(t1, t2), 16);
}

/* ## Against two linear equations
 * $w_1+w_2=1$ and $w_1(x_1+y_1-1)+w_2(x_2+y_2-1)=0$ for the points $(x_i,y_i)$. */
static void linear_equations(struct claim *claim, double t1, double t2)
{
    double s1 = t1 * (t2 - (1 - t2)) / (1 - t2), s2 = t2 * ((1 - t1) - t1) / (1 - t1), w[2];
    double scale = fmax(-s1, s2), A[4] = {1, 1, s1 / scale, s2 / scale};
    double w1 = weight_1(t1, t2), w2 = weight_1(t2, t1), T = t1 * t2 / (t1 * (1 - t2) + t2 * (1 - t1));

    claim_need(claim, linear_solve(2, A, (double[]){1, 0}, w));
    claim_case(claim, "t_1 = %.4g, t_2 = %.4g", t1, t2);
    for (int i = 0; i < 2; i++) {
        double half = 4e-16 / fmin(0.5 - t1, 0.5 - t2); // what rounding leaves of 1 - 2t, on either side

        check_equal(claim, i == 0 ? "w_1" : "w_2",
                    i == 0 ? printed_weight(claim, t1, t2) : printed_weight(claim, t2, t1),
                    measured(w[i], half * w1 * w2 + 4e-16, ROUNDING));
    }
    double drop =
        claim_fault(claim, "points_exchanged") ? w1 * t1 * t2 / (1 - t1) + w2 * t1 : w1 * t1 + w2 * t1 * t2 / (1 - t1);
    double height = w1 * t1 * t2 / (1 - t2) + w2 * t2,
           claimed_T = claim_fault(claim, "no_product") ? t1 * t2 / (t1 + t2) : T;

    check_equal(claim, "drop", rounded(claimed_T, 8), rounded(drop, 40));
    check_equal(claim, "height", rounded(claimed_T, 8), rounded(height, 40));
    check_equal(claim, "sum of e", rounded(1 / claimed_T - 2, 8 / (1 - 2 * T)),
                rounded((1 - 2 * t1) / t1 + (1 - 2 * t2) / t2, 4));
    claim_row(claim, NULL, t1, t2, w1, w2, T);
}

/* ## At one half
 * Along rays into the corner $w_1$ tends to different values; with any of them the mean of the two points is $(\frac12,\frac12)$. */
static void one_half(struct claim *claim)
{
    double slope[] = {0.25, 1, 4}, near = ldexp(1, -30), half = 0.5;

    for (int i = 0; i < 3; i++) {
        slope[i] = claim_fault(claim, "one_ray") ? 1 : slope[i];
        double w1 = weight_1(half - near, half - slope[i] * near), direction = 1 / (1 + slope[i]);
        double w2 = claim_fault(claim, "sum_not_one") ? w1 : 1 - w1;
        double height = w1 * half * half / (1 - half) + w2 * half;

        claim_case(claim, "1 - 2t_2 = %g (1 - 2t_1)", slope[i]);
        check_equal(claim, "ray", rounded(claim_fault(claim, "exchanged") ? slope[i] * direction : direction, 4),
                    value_with(rounded(w1, 16), 8 * near, FINITE_SIZE));
        check_equal(claim, "any weights", exact(half), rounded(height, 4));
        if (i != 1) {
            check_differs(claim, "one value", rounded(weight_1(half - near, half - near), 16),
                          value_with(rounded(w1, 16), 8 * near, FINITE_SIZE));
        }
    }
}

/* ## The inequalities */
static struct convex_map random_map(struct claim *claim, struct stream *stream)
{
    return stream_below(stream, 2) ? convex_map_random_series(stream, (int)claim_integer(claim, "degree"))
                                   : convex_map_random_piecewise(stream, (int)claim_integer(claim, "vertices"));
}

static void below_points(struct claim *claim, const struct convex_map *g1, const struct convex_map *g2, bool tight)
{
    struct value t1 = claim_value(claim, excess_convexity_point(g1)),
                 t2 = claim_value(claim, excess_convexity_point(g2)), one = exact(1);
    struct convex_map g = convex_map_compose(g2, g1);
    struct value product = value_mul(t1, t2), height = value_div(product, value_sub(one, t2)),
                 drop = value_div(product, value_sub(one, t1));
    double factor = claim_fault(claim, "squared") ? 0.5 : 1;

    /* what an error of the argument does: slopes are at most (1 - height) / drop on the left, gap / argument on the right */
    struct value first = convex_map_at_gap(&g, t1.x), gap = convex_map_gap_value(&g, drop.x);
    first = value_with(first, value_error(t1) * convex_map_gap(&g, t1.x) / t1.x, ROUNDING);
    gap = value_with(gap, value_error(drop) * gap.x / drop.x, ROUNDING);
    check_at_most(claim, "(A.13)", first, value_scale(factor, height));
    check_at_least(claim, "(A.14)", gap, value_scale(1 / factor, value_sub(one, t2)));
    if (tight) {
        check_equal(claim, "two edges, (A.13)", value_scale(factor, height), first);
        check_equal(claim, "two edges, (A.14)", value_scale(1 / factor, value_sub(one, t2)), gap);
    }
}

static void weights(struct claim *claim)
{
    static const double t[] = {0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.499};
    struct convex_map g1, g2;
    long samples = claim_integer(claim, "samples");

    claim_column(claim, "t_1", EXACT, "a parameter");
    claim_column(claim, "t_2", EXACT, "a parameter");
    claim_column(claim, "w_1", RELATIVE(1e-13), "a closed form of a few roundings");
    claim_column(claim, "w_2", RELATIVE(1e-13), "a closed form of a few roundings");
    claim_column(claim, "T", RELATIVE(1e-14), "a closed form of a few roundings");
    for (int i = 0; i < 81; i++) {
        linear_equations(claim, t[i / 9], t[i % 9]);
    }
    one_half(claim);
    for (uint32_t i = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, 0, i);

        g1 = random_map(claim, &stream);
        g2 = random_map(claim, &stream);
        claim_case(claim, "random pair %u", i);
        below_points(claim, &g1, &g2, false);
    }
    for (int i = 0; i < 100; i++) {
        double t1 = ldexp(1, -2 - i / 10), t2 = ldexp(1, -2 - i % 10);

        claim_need(claim, convex_map_piecewise(&g1, 3, (double[]){0, 1 - t1, 1}, (double[]){0, t1, 1}));
        claim_need(claim, convex_map_piecewise(&g2, 3, (double[]){0, 1 - t2, 1}, (double[]){0, t2, 1}));
        claim_case(claim, "two edges, t_1 = %.3g, t_2 = %.3g", t1, t2);
        below_points(claim, &g1, &g2, true);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("samples", "random pairs", 500, 4000, 100000, 1, 10000000),
                           integer("degree", "highest degree of a random series", 32, 2, 128),
                           integer("vertices", "of a random polygon", 5, 3, 128)},
            .faults = {{"exchanged", "the two weights exchanged", "w_1 w_2 ray"},
                       {"points_exchanged", "the two points exchanged", "drop"},
                       {"no_product", "T without the term 2 t_1 t_2", "drop height sum*"},
                       {"one_ray", "the corner approached along its diagonal only", "one*"},
                       {"sum_not_one", "both points weighted with w_1", "any*"},
                       {"squared", "half the height, twice the gap", "(A.1*) two*"}},
            .errata = {{"S10",
                        "The right weights to combine inequalities (A.13), (A.14) are given by (A.15), for all "
                        "$t_1,t_2\\le\\frac12$.",
                        "For all but $t_1=t_2=\\frac12$, where they are $0/0$ without a limit. Both maps are the "
                        "identity there, the two points are one, and any weights with sum one serve.",
                        "one*", "any*", "None for Property 5.",
                        "With $1-2t_2=r(1-2t_1)$ and $t_1\\to\\frac12$, $w_1\\to1/(1+r)$, which depends on $r$."}},
            .run = weights,
        }));
}
