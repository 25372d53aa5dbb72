/* # Proposition E.11: arc-cosine kernels increase and are convex
 *
 * Yang et al. (2019), appendix E.1.1, proposition E.11. For each $\alpha>-\frac12$, $\mathsf J_\alpha$ is increasing and convex on $[0,1]$ and continuous there,
 *
 * $$\mathsf J_\alpha(1)=1,\qquad\mathsf J_\alpha(0)=\frac1{2\sqrt\pi}\frac{\Gamma(\frac\alpha2+\frac12)^2}{\Gamma(\alpha+\frac12)},\qquad
 *   \mathsf J_\alpha(-1)=0.$$
 *
 * **Checked.** The value at 0 against the defining integral, and against $(\mathrm E\rho_\alpha(Z))^2/c_\alpha$, since $c=0$ means independence; the value
 * at 1 against $\mathrm E\rho_\alpha(Z)^2/c_\alpha$. That what is left at either end falls by a fixed factor whenever the distance from
 * the end is halved. Monotonicity and convexity by a search for the flattest pair and the straightest triple of points, over degrees up to
 * 30 too. Beyond the statement: on all of $[-1,1]$ the kernel increases, and it is convex there if and only if $\alpha\ge\frac12$.
 * **Tolerance.** Quadrature and series state their errors.
 * **Could miss.** A flat or concave piece that is shorter than the least distance of points, 0.02, or that shows only above degree 30.
 * **Found.** Holds. */
#include <assay/evidence/search.h>
#include <assay/meanfield/arccosine.h>
#include <assay/numerics/gaussian.h>
#include <float.h>
#include <math.h>

#define APART 0.02

static struct value kernel(struct claim *claim, double alpha, double c)
{
    struct value J = claim_value(claim, arccosine_kernel(alpha, c));

    if (claim_fault(claim, "quartic_root"))
        return J.x > 0 ? value_through(J, sqrt(sqrt(J.x)), 0.25 * pow(J.x, -0.75)) : J;
    return claim_fault(claim, "variance") ? value_sub(J, value_mul(J, J)) : J;
}

/* ## Values */
static struct value printed_at_zero(struct claim *claim, double alpha)
{
    double shift = claim_fault(claim, "half_more") ? 1 : 0.5, gamma = tgamma(alpha / 2 + shift);

    return rounded(gamma * gamma / (2 * sqrt(M_PI) * tgamma(alpha + 0.5)), 40);
}

struct moment {
    double alpha;
    int order;
};

static double moment_density(double x, void *context)
{
    const struct moment *m = context;

    return x > 0 ? pow(x, m->order * m->alpha) : 0;
}

static struct value moment(struct claim *claim, double alpha, int order)
{
    static const double origin[] = {0};
    struct moment m = {alpha, order};

    return claim_value(claim, gaussian_mean(&(struct piecewise){moment_density, &m, 1, origin}));
}

static void check_values(struct claim *claim, double alpha)
{
    struct value norm2 = claim_value(claim, arccosine_norm2(alpha)), mean = moment(claim, alpha, 1);

    claim_case(claim, "alpha = %g", alpha);
    check_equal(claim, "at zero, integral", printed_at_zero(claim, alpha),
                claim_value(claim, arccosine_kernel_integral(alpha, 0)));
    check_equal(claim, "at zero, independence", printed_at_zero(claim, alpha), value_div(value_mul(mean, mean), norm2));
    check_equal(claim, "at one", exact(claim_fault(claim, "unnormalised") ? norm2.x : 1),
                value_div(moment(claim, alpha, 2), norm2));
}

/* ## The ends
 * By the integral, which knows neither end. */
static void check_ends(struct claim *claim, double alpha)
{
    for (int k = 4; k <= 9; k++) {
        double g = ldexp(1, -k);
        struct value right = value_sub(exact(1), claim_value(claim, arccosine_kernel_integral(alpha, 1 - g)));
        struct value closer = value_sub(exact(1), claim_value(claim, arccosine_kernel_integral(alpha, 1 - g / 2)));
        struct value left = claim_value(claim, arccosine_kernel_integral(alpha, g - 1));
        struct value lower = claim_value(claim, arccosine_kernel_integral(alpha, g / 2 - 1));

        claim_case(claim, "alpha = %g, %g from the end", alpha, g);
        check_shape(claim, "continuous at one", value_sub(exact(1), value_div(closer, right)), 1);
        check_shape(claim, "zero at minus one", value_sub(exact(1), value_div(lower, left)), 1);
    }
}

/* ## The search
 * Two points, or three, APART at least, between low and 1: x holds the degree and where the points are. Slacks are relative to the right end's value. */
struct hunt {
    struct claim *claim;
    double low;
    bool triple;
};

static void places(const struct hunt *hunt, const double x[], double c[3])
{
    double room = 1 - hunt->low - 2 * APART, u = fmin(x[1], x[2]), v = fmax(x[1], x[2]), w = hunt->triple ? x[3] : 0.5;

    c[0] = hunt->low + room * u;
    c[2] = fmin(hunt->low + room * v + 2 * APART, 1);
    c[1] = c[0] + APART + (c[2] - c[0] - 2 * APART) * w;
}

static struct value slack(const struct hunt *hunt, const double x[], double *scale)
{
    double c[3];

    places(hunt, x, c);
    struct value J[3] = {kernel(hunt->claim, x[0], c[0]), kernel(hunt->claim, x[0], c[1]),
                         kernel(hunt->claim, x[0], c[2])};
    double w = (c[1] - c[0]) / (c[2] - c[0]);
    struct value chord = value_add(value_scale(1 - w, J[0]), value_scale(w, J[2]));

    *scale = J[2].x;
    return hunt->triple ? value_sub(chord, J[1]) : value_sub(J[2], J[0]);
}

static double relative_slack(size_t n, const double x[], void *context)
{
    double scale, slack_here;

    (void)n;
    slack_here = slack(context, x, &scale).x;
    return slack_here / fabs(scale);
}

static double hunt_least(struct claim *claim, const char *name, struct hunt hunt, double least, double most)
{
    double low[4] = {least, 0, 0, 0}, high[4] = {most, 1, 1, 1}, best[4] = {least, 0, 0, 0}, scale;
    struct search search = {.stream = hunt.triple,
                            .dimensions = hunt.triple ? 4 : 3,
                            .least = low,
                            .most = high,
                            .f = relative_slack,
                            .context = &hunt};

    search.starts = (size_t)claim_integer(claim, "starts");
    search.evaluations = 200;
    search_least(claim, &search, best);
    struct value worst = slack(&hunt, best, &scale);
    claim_case(claim, "alpha = %.3g, from %.3g to %.3g", best[0], hunt.low + (0.96 - hunt.low) * fmin(best[1], best[2]),
               hunt.low + (0.96 - hunt.low) * fmax(best[1], best[2]) + 2 * APART);
    check_shape(claim, name, worst, fabs(scale));
    return worst.x / fabs(scale);
}

/* Where $\alpha<\frac12$ the kernel starts at $-1$ like $(1+c)^{\alpha+1/2}$, a concave power. */
static void check_concave_start(struct claim *claim)
{
    static const double degrees[] = {-0.4, -0.1, 0, 0.2, 0.4, 0.49};

    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        struct value low = kernel(claim, degrees[i], -1 + 1e-6), middle = kernel(claim, degrees[i], -1 + 2e-6);
        struct value chord = value_scale(0.5, value_add(low, kernel(claim, degrees[i], -1 + 3e-6)));

        claim_case(claim, "alpha = %g", degrees[i]);
        check_shape(claim, "concave below 1/2", value_sub(middle, chord), middle.x);
    }
}

static void tabulate(struct claim *claim)
{
    claim_column(claim, "alpha", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-12), "Gamma differs between C libraries by some ulp");
    claim_column(claim, "integral", RELATIVE(1e-11), "adaptive quadrature");
    for (int i = 0; i <= 56; i++) {
        double alpha = -0.4375 + i / 16.0;

        claim_row(claim, NULL, alpha, printed_at_zero(claim, alpha).x,
                  claim_value(claim, arccosine_kernel_integral(alpha, 0)).x);
    }
}

static void shape(struct claim *claim)
{
    static const double degrees[] = {-0.45, -0.25, 0, 0.25, 0.5, 0.8, 1, 1.5, 2, 3, 7, 12.3, 30};
    double alpha = claim_real(claim, "alpha");

    tabulate(claim);
    check_values(claim, alpha);
    check_ends(claim, alpha);
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        check_values(claim, degrees[i]);
        check_ends(claim, degrees[i]);
    }
    hunt_least(claim, "increasing", (struct hunt){claim, 0, false}, -0.45, 30);
    hunt_least(claim, "convex", (struct hunt){claim, 0, true}, -0.45, 30);
    hunt_least(claim, "increasing", (struct hunt){claim, 0, false}, alpha, alpha);
    hunt_least(claim, "convex", (struct hunt){claim, 0, true}, alpha, alpha);
    hunt_least(claim, "increasing from -1", (struct hunt){claim, -1, false}, -0.45, 30);
    hunt_least(claim, "convex from -1", (struct hunt){claim, -1, true}, 0.5, 30);
    check_concave_start(claim);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("alpha", "degree", 1, -0.45, 30),
                                         integer_by_scale("starts", "starts of each search", 6, 40, 1000, 1, 1000000)},
                          .faults = {{"half_more", "Gamma(alpha/2 + 1) in place of Gamma(alpha/2 + 1/2)", "at?zero*"},
                                     {"unnormalised", "E rho_alpha^2 in place of 1", "at?one"},
                                     {"quartic_root", "the fourth root of the kernel", "convex convex?from*"},
                                     {"variance", "J (1 - J) in place of J", "increasing* convex*"}},
                          .run = shape,
                      }));
}
