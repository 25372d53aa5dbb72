/* # Theorem E.12: the fixed points of an arc-cosine kernel below degree one
 *
 * Yang et al. (2019), appendix E.1.1, theorem E.12. For $\alpha\in[\frac12,1)$, $\mathsf J_\alpha(c)=c$ has two solutions: an unstable one at 1,
 * $\mathsf J_\alpha'(1)>1$, and a stable one $c^*\in(0,1)$, $\mathsf J_\alpha'(c^*)<1$.
 *
 * **Checked.** The sign of $\mathsf J_\alpha(c)-c$ on a grid from $-1$ to a distance of $10^{-20}$ from 1, which changes once; the root in the
 * logarithm of $1-c$, against the integral that defines the kernel; the slope there and the difference quotient at 1; and the claim's
 * meaning: a step of the kernel leads nearer to $c^*$ from either side, and where it leads fast enough 500 steps end there. Beyond the statement: which other
 * degrees have two solutions.
 * **Tolerance.** The kernel's fall $1-\mathsf J_\alpha(1-g)$ has a route of its own that keeps its relative accuracy for any $g$; quadrature states its error.
 * **Could miss.** The integral is too coarse to see a fixed point nearer to 1 than $10^{-6}$, that is for $\alpha>0.98$: there only the steps of the
 * kernel witness.
 * **Found.** Holds, and for more than is said: every degree but 1 has two solutions, since $\mathsf J_\alpha'(1)-1=(\alpha-1)^2/(2\alpha-1)$ for
 * $\alpha>\frac12$, and the slope is infinite below. Degree 1 alone has only the solution at 1. Near it
 * $1-c^*\approx\frac{9\pi^2}8(1-\alpha)^4$. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/roots.h>
#include <float.h>
#include <math.h>

struct kernel {
    struct activation rho;
    double alpha;
    struct value norm2;
};

static struct kernel find(struct claim *claim, double alpha)
{
    struct kernel kernel = {.alpha = alpha};

    claim_need(claim, activation_with("relu^", alpha, &kernel.rho));
    kernel.norm2 = claim_fault(claim, "unnormalised") ? exact(1) : claim_value(claim, arccosine_norm2(alpha));
    return kernel;
}

/* $1-\mathsf J_\alpha(1-g)$. */
static struct value fall(const struct kernel *kernel, double g)
{
    struct value covariance_at_one = activation_norm2(&kernel->rho);
    struct value lost = value_sub(exact(1), value_div(covariance_at_one, kernel->norm2));
    struct value gap = value_div(covariance_gap(&kernel->rho, g), kernel->norm2);

    return fabs(lost.x) > value_error(lost) ? value_add(lost, gap) : gap;
}

/* ## How many solutions
 * Below 1 the sign of $c-\mathsf J_\alpha(c)$ is that of the fall over $g$, less 1; g goes from 2 down to 1e-20. */
static int sign_changes(const struct kernel *kernel)
{
    int changes = 0, before = 0;

    for (double g = 2; g > 1e-20; g *= 0.6) {
        int sign = fall(kernel, g).x > g ? 1 : -1;

        changes += before != 0 && sign != before;
        before = sign;
    }
    return changes;
}

/* ## The one below 1 */
static double excess(double g, void *context)
{
    return fall(context, g).x / g - 1;
}

static struct value fixed_gap(struct claim *claim, struct kernel *kernel)
{
    struct value g = claim_value(claim, root_log(excess, kernel, 1e-20, 1));
    struct value at = fall(kernel, g.x);
    double slope = arccosine_slope(kernel->alpha, 1 - g.x).x;

    return value_with(g, (value_error(at) + 4 * DBL_EPSILON * g.x) / fabs(1 - slope), ROUNDING);
}

/* The kernel iterated from a gap at either side of the fixed one. */
static struct value iterated(const struct kernel *kernel, double g)
{
    struct value next = exact(g);

    for (int k = 0; k < 500; k++)
        next = fall(kernel, next.x);
    return next;
}

/* One step of the kernel leads to the fixed gap's side, and nearer: over the size of the step that would end there. */
static void check_attraction(struct claim *claim, const struct kernel *kernel, double fixed, double slack)
{
    for (int k = -6; k <= 6; k++) {
        double g = fmin(fixed * exp2(k + 0.5), 2);
        struct value step = value_sub(fall(kernel, g), exact(g));
        double wanted = fixed - g;

        check_shape(claim, "attracts", value_scale(wanted > 0 ? 1 : -1, step), slack * fabs(wanted));
        check_shape(claim, "attracts", value_add(exact(fabs(wanted)), value_scale(wanted > 0 ? -1 : 1, step)),
                    fabs(wanted));
    }
}

static void check_stability(struct claim *claim, struct kernel *kernel, struct value g, double slack)
{
    double tiny = 1e-12 * g.x;
    struct value steep = value_scale(1 / tiny, fall(kernel, tiny));
    struct value flat = value_scale(1e3 / g.x, value_sub(fall(kernel, g.x * 1.001), fall(kernel, g.x)));

    check_shape(claim, "unstable at one", value_sub(steep, exact(1)), steep.x - 1 + slack);
    check_shape(claim, "stable below", value_sub(exact(1), value_with(flat, 2e-3 * slack, QUADRATURE)), slack);
    check_attraction(claim, kernel, g.x, slack);
    for (int side = -1; side <= 1 && slack > 0.1; side += 2) {
        struct value end = iterated(kernel, side < 0 ? g.x / 8 : 1);

        check_equal(claim, "iterated", g, value_with(end, 1e-12 * g.x / slack, QUADRATURE));
    }
}

static void check_degree(struct claim *claim, double alpha)
{
    struct kernel kernel = find(claim, alpha);

    claim_case(claim, "alpha = %g", alpha);
    check_shape(claim, "one is fixed", value_sub(exact(1e-6), fall(&kernel, 1e-20)), 1e-6);
    check_equal(claim, "one below one", exact(1), exact(sign_changes(&kernel)));
    struct value g = fixed_gap(claim, &kernel), printed = claim_fault(claim, "nearer") ? value_scale(0.99, g) : g;
    struct value J = value_sub(exact(1), claim_value(claim, arccosine_kernel_integral(alpha, 1 - printed.x)));
    double slack = 1 - arccosine_slope(alpha, 1 - g.x).x;
    claim_row(claim, NULL, alpha, g.x, g.x > 1e-6 ? J.x : NAN);
    if (g.x > 1e-6)
        check_equal(claim, "integral", printed, value_with(J, 2 * DBL_EPSILON, ROUNDING));
    check_stability(claim, &kernel, printed, slack);
}

/* ## Other degrees */
static void check_beyond(struct claim *claim)
{
    static const double degrees[] = {-0.4, -0.1, 0, 0.2, 0.4, 1.1, 1.5, 2, 3, 5, 10};
    struct kernel one = find(claim, 1);

    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        struct kernel kernel = find(claim, degrees[i]);

        claim_case(claim, "alpha = %g", degrees[i]);
        check_equal(claim, "beyond: one below one", exact(1), exact(sign_changes(&kernel)));
    }
    claim_case(claim, "alpha = 1");
    check_shape(claim, "beyond: degree 1 has none", exact(0.5 - sign_changes(&one)), 1);
}

static void fixed_points(struct claim *claim)
{
    static const double degrees[] = {0.5, 0.55, 0.6,  0.65, 0.7,  0.75,  0.8,   0.85,
                                     0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999};

    claim_column(claim, "alpha", EXACT, "a grid");
    claim_column(claim, "gap", RELATIVE(1e-9),
                 "a root of a function with a relative error of 1e-13, ill-conditioned as alpha nears 1");
    claim_column(claim, "integral", (struct tolerance){TOLERANCE_RELATIVE, 1e-7, true}, "1 less a quadrature");
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++)
        check_degree(claim, degrees[i]);
    check_degree(claim, claim_real(claim, "alpha"));
    check_beyond(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("alpha", "degree", 0.7, 0.5, 0.999)},
            .faults = {{"unnormalised", "c_alpha J_alpha in place of J_alpha", "one?is?fixed integral beyond*"},
                       {"nearer", "1 - c* smaller by 1 %", "integral iterated"}},
            .run = fixed_points,
        }));
}
