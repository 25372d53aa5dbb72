/* # Proposition E.22: partial derivatives of a positive-homogeneous covariance map
 *
 * Yang et al. (2019), appendix E.1.2, proposition E.22. With $c_{ij}=\Sigma_{ij}/\sqrt{\Sigma_{ii}\Sigma_{jj}}$, for $i\ne j$,
 *
 * $$\frac{\partial\mathrm V\phi(\Sigma)_{ii}}{\partial\Sigma_{ii}}=c_\alpha\alpha\,\Sigma_{ii}^{\alpha-1}\mathsf J_\phi(1),\quad
 *   \frac{\partial\mathrm V\phi(\Sigma)_{ii}}{\partial\Sigma_{ij}}=0,\quad
 *   \frac{\partial\mathrm V\phi(\Sigma)_{ij}}{\partial\Sigma_{ij}}=c_\alpha(\Sigma_{ii}\Sigma_{jj})^{\frac{\alpha-1}2}\mathsf J_\phi'(c_{ij}),$$
 * $$\frac{\partial\mathrm V\phi(\Sigma)_{ij}}{\partial\Sigma_{ii}}=\tfrac12c_\alpha\Sigma_{ii}^{\frac{\alpha-2}2}\Sigma_{jj}^{\frac\alpha2}
 *   \big(\alpha\mathsf J_\phi(c_{ij})-c_{ij}\mathsf J_\phi'(c_{ij})\big),$$
 *
 * where $\Sigma_{ij}$ and $\Sigma_{ji}$ vary together.
 *
 * **Checked.** Against differences of the covariance, extrapolated to step 0, the covariance from the integral that defines the kernel. For degrees whose
 * quadrature is cheap also against expectations that hold no derivative of a kernel: Price's $\mathrm E\phi'(x)\phi'(y)$, and
 * $\frac12\mathrm E\phi(x)\phi(y)(u^2-(\Sigma^{-1})_{ii})$, $u=(\Sigma^{-1}z)_i$, from the derivative of the Gaussian density; for the
 * diagonal that at every degree. The library's
 * directional derivative against the sum of the partial ones.
 * **Tolerance.** The extrapolation states the difference of its last two entries and the noise of its values; quadrature states its error.
 * **Could miss.** Correlations beyond 0.95.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/homogeneous.h>
#include <float.h>
#include <math.h>

enum { LEVELS = 6 };

/* Variances and covariance of a pair. */
struct pair {
    double q, r, s;
};

/* ## The printed derivatives */
static struct value printed(struct claim *claim, const struct homogeneous *h, struct pair S, int by)
{
    double alpha = h->alpha, c = S.s / sqrt(S.q * S.r), norm2 = arccosine_norm2(alpha).x;
    struct value J = claim_value(claim, homogeneous_kernel(h, c)),
                 slope = claim_value(claim, homogeneous_kernel_slope(h, c)), x;

    if (by == 2) {
        double power = claim_fault(claim, "degree_kept") ? alpha / 2 : (alpha - 1) / 2;

        x = value_scale(norm2 * pow(S.q * S.r, power), slope);
    } else {
        double half = claim_fault(claim, "half_lost") ? 1 : 0.5;
        double size =
            half * norm2 *
            (by == 0 ? pow(S.q, alpha / 2 - 1) * pow(S.r, alpha / 2) : pow(S.r, alpha / 2 - 1) * pow(S.q, alpha / 2));
        struct value turn = claim_fault(claim, "no_turn") ? exact(0) : value_scale(c, slope);

        x = value_scale(size, value_sub(value_scale(alpha, J), turn));
        x = value_with(x, 2 * DBL_EPSILON * fabs(size * c * slope.x), ROUNDING);
    }
    return value_with(x, (12 + alpha) * DBL_EPSILON * fabs(x.x), ROUNDING);
}

/* ## Differences
 * by = 0, 1, 2: in q, r, s. */
static struct value covariance_of(struct claim *claim, const struct homogeneous *h, struct pair S)
{
    double c = S.s / sqrt(S.q * S.r), size = arccosine_norm2(h->alpha).x * pow(S.q * S.r, h->alpha / 2);
    struct value there = claim_value(claim, arccosine_kernel_integral(h->alpha, c));
    struct value back = claim_value(claim, arccosine_kernel_integral(h->alpha, -c));

    return value_scale(size,
                       value_sub(value_scale(h->a * h->a + h->b * h->b, there), value_scale(2 * h->a * h->b, back)));
}

static struct pair moved(struct pair S, int by, double step)
{
    return (struct pair){S.q + (by == 0 ? step : 0), S.r + (by == 1 ? step : 0), S.s + (by == 2 ? step : 0)};
}

static struct value difference(struct claim *claim, const struct homogeneous *h, struct pair S, int by)
{
    double table[LEVELS], before = 0, noise = 0, c = fabs(S.s) / sqrt(S.q * S.r);
    double room = by == 2 ? (1 - c) * sqrt(S.q * S.r) : (1 - c * c) * (by == 0 ? S.q : S.r);

    for (int k = 0; k < LEVELS; k++) {
        double step = ldexp(room / (4 + h->alpha / 2), -k), weight = 1;
        struct value up = covariance_of(claim, h, moved(S, by, step)),
                     down = covariance_of(claim, h, moved(S, by, -step));

        table[k] = (up.x - down.x) / (2 * step);
        noise = (value_error(up) + value_error(down)) / (2 * step);
        before = table[0];
        for (int j = k - 1; j >= 0; j--) {
            weight *= 4;
            table[j] = table[j + 1] + (table[j + 1] - table[j]) / (weight - 1);
        }
    }
    return measured(table[0], fabs(table[0] - before) + 2 * noise, QUADRATURE);
}

/* ## Expectations
 * $x^k\phi(x)$, one factor of a term of $u^2\phi(x)\phi(y)$, for unit variances: the map's scaling is in the other checks. */
struct factor {
    const struct homogeneous *h;
    int power;
};

static double factor_value(double x, void *context)
{
    const struct factor *f = context;

    return pow(x, f->power) * homogeneous_value(f->h, x);
}

static struct value product(struct claim *claim, const struct homogeneous *h, double c, int k, int m)
{
    static const double origin[] = {0};
    struct factor left = {h, k}, right = {h, m};

    return claim_value(claim, gaussian_product(&(struct piecewise){factor_value, &left, 1, origin},
                                               &(struct piecewise){factor_value, &right, 1, origin}, c));
}

static void check_expectations(struct claim *claim, const struct homogeneous *h, double c)
{
    struct pair unit = {1, 1, c};
    struct piecewise slope = homogeneous_slope_piecewise(h);
    double p = 1 / ((1 - c) * (1 + c)); // the inverse covariance has p on the diagonal and -cp off it
    struct value sum = value_scale(p * p, product(claim, h, c, 2, 0));

    sum = value_add(sum, value_scale(-2 * c * p * p, product(claim, h, c, 1, 1)));
    sum = value_add(sum, value_scale(c * c * p * p, product(claim, h, c, 0, 2)));
    sum = value_sub(sum, value_scale(p, product(claim, h, c, 0, 0)));
    claim_case(claim, "alpha = %g, a = %g, b = %g, c = %g", h->alpha, h->a, h->b, c);
    check_equal(claim, "Price", printed(claim, h, unit, 2), claim_value(claim, gaussian_product(&slope, &slope, c)));
    check_equal(claim, "density", printed(claim, h, unit, 0), value_scale(0.5, sum));
}

/* $\frac1{2q}\mathrm E\phi(\sqrt qZ)^2(Z^2-1)$: the derivative in q of the density, times the square. */
struct side {
    const struct homogeneous *h;
    double q;
};

static double weighted_square(double z, void *context)
{
    const struct side *side = context;
    double y = homogeneous_value(side->h, sqrt(side->q) * z);

    return 0.5 * y * y * (z - 1) * (z + 1) / side->q;
}

static struct value diagonal(struct claim *claim, const struct homogeneous *h, double q)
{
    static const double origin[] = {0};
    struct side side = {h, q};

    return claim_value(claim, gaussian_mean(&(struct piecewise){weighted_square, &side, 1, origin}));
}

/* ## A pair */
static void check_pair(struct claim *claim, const struct homogeneous *h, struct pair S)
{
    static const char *const name[3] = {"by a variance", "by a variance", "by the covariance"};
    const double dS[4] = {0.3, -0.7, -0.7, 0.4};
    double along[4], factor = claim_fault(claim, "degree_lost") ? 1 : h->alpha;
    struct value sum = exact(0), norm2 = arccosine_norm2(h->alpha);

    claim_case(claim, "alpha = %g, a = %.3g, b = %.3g, q = %.3g, r = %.3g, c = %.3g", h->alpha, h->a, h->b, S.q, S.r,
               S.s / sqrt(S.q * S.r));
    for (int by = 0; by < 3; by++) {
        struct value claimed = printed(claim, h, S, by), part = value_scale(by == 2 ? dS[1] : dS[3 * by], claimed);

        check_equal(claim, name[by], claimed, difference(claim, h, S, by));
        sum = value_with(value_add(sum, part), 8 * DBL_EPSILON * fabs(part.x), ROUNDING);
    }
    claim_need(claim, homogeneous_moments_along(h, 2, (double[]){S.q, S.s, S.s, S.r}, dS, along));
    check_equal(claim, "library", sum, exact(along[1]));
    struct value top = value_mul(norm2, homogeneous_kernel(h, 1));
    check_equal(claim, "diagonal",
                value_scale(factor * pow(S.q, h->alpha - 1), value_with(top, 16 * DBL_EPSILON * top.x, ROUNDING)),
                diagonal(claim, h, S.q));
}

/* The derivatives of $\mathsf V\phi_{12}$ at variances q and r against the correlation. */
static void tabulate(struct claim *claim, const struct homogeneous *h, double q, double r)
{
    claim_column(claim, "c", EXACT, "a grid");
    claim_column(claim, "by_covariance", RELATIVE(1e-10), "a series");
    claim_column(claim, "difference", RELATIVE(1e-8), "extrapolated differences");
    claim_column(claim, "by_variance",
                 ABSOLUTE(1e-10 * fabs(printed(claim, h, (struct pair){q, r, 0.9 * sqrt(q * r)}, 2).x)),
                 "a difference of series");
    claim_column(claim, "difference_q",
                 ABSOLUTE(1e-8 * fabs(printed(claim, h, (struct pair){q, r, 0.9 * sqrt(q * r)}, 2).x)),
                 "extrapolated differences");
    for (int i = -18; i <= 18; i++) {
        struct pair S = {q, r, i / 20.0 * sqrt(q * r)};

        claim_row(claim, NULL, i / 20.0, printed(claim, h, S, 2).x, difference(claim, h, S, 2).x,
                  printed(claim, h, S, 0).x, difference(claim, h, S, 0).x);
        check_pair(claim, h, S);
    }
}

static void partial_derivatives(struct claim *claim)
{
    static const struct homogeneous cheap[] = {{2, 1, 0}, {3, 1, 0.5}, {2, 1, -0.3}, {4, 0.7, 1}};
    static const double degrees[] = {0.6, 1, 1.5, 1.7, 2, 3, 5.5, 12};
    struct homogeneous asked = {claim_real(claim, "alpha"), claim_real(claim, "a"), claim_real(claim, "b")};

    if (asked.a == 0 && asked.b == 0)
        claim_refuse(claim, "a and b are both 0");
    tabulate(claim, &asked, 1.3, 0.6);
    for (uint32_t k = 0; k < claim_integer(claim, "samples"); k++) {
        struct stream stream = claim_stream(claim, 0, k);
        struct homogeneous h = {degrees[k % 8], stream_normal(&stream), stream_normal(&stream)};
        double q = exp(stream_normal(&stream)), r = exp(stream_normal(&stream)),
               c = 1.9 * stream_uniform(&stream) - 0.95;

        check_pair(claim, &h, (struct pair){q, r, c * sqrt(q * r)});
    }
    for (int k = 0; k < 4; k++)
        for (double c = -0.75; c < 0.8; c += 0.5)
            check_expectations(claim, &cheap[k], c);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("alpha", "degree", 1.5, 0.55, 30), real("a", "phi(1)", 1, -10, 10),
                           real("b", "-phi(-1)", 0.2, -10, 10),
                           integer_by_scale("samples", "random activations and covariances", 24, 120, 5000, 1,
                                            1000000)},
            .faults = {{"half_lost", "dV_ij/dS_ii without its 1/2", "by?a?variance density library"},
                       {"no_turn", "dV_ij/dS_ii without the term with J'", "by?a?variance density library"},
                       {"degree_kept", "(S_ii S_jj)^(alpha/2) in dV_ij/dS_ij", "by?the?covariance library"},
                       {"degree_lost", "dV_ii/dS_ii without its factor alpha", "diagonal"}},
            .run = partial_derivatives,
        }));
}
