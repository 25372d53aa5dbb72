/* # Proposition E.8: the second moment of a rectified power
 *
 * Yang et al. (2019), appendix E.1, lemma E.1, definitions E.6 and E.7, proposition E.8. With $\rho_\alpha(x)=x^\alpha$ for $x>0$ and $0$
 * otherwise, for $\alpha>-\frac12$ and $q>0$,
 *
 * $$\mathrm E\,\rho_\alpha(\sqrt q\,Z)^2=c_\alpha q^\alpha,\qquad c_\alpha=\frac{2^{\alpha-1}}{\sqrt\pi}\,\Gamma\big(\alpha+\tfrac12\big),$$
 *
 * and $\rho_\alpha$ is continuous for $\alpha>0$ and for no other $\alpha$. The integral is Schwinger's, lemma E.1:
 * $c^{-z}=\Gamma(z)^{-1}\int_0^\infty x^{z-1}e^{-cx}dx$.
 *
 * **Checked.** The moment against quadrature of the definition, for degrees from $-0.45$ to 99.5 and variances from 0.1 to 10, and for integer degrees
 * against the double factorial $(2\alpha-1)!!\,/2$. Lemma E.1 against quadrature. $\rho_\alpha$ next to zero, for its continuity. That the
 * bound on $\alpha$ is sharp: $(2\alpha+1)\,c_\alpha$ stays away from zero down to $\alpha=-\frac12$.
 * **Tolerance.** Quadrature states its error, and its logarithms and exponentials lose an ulp of the exponent. $c_\alpha$ takes as many
 * roundings as the library states.
 * **Could miss.** Larger degrees.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/meanfield/arccosine.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <math.h>

/* ## Quadrature of $x^pe^{-cx^k}$ over the half line
 * Below the peak the variable is $s=x^{p+1}$ if $p<0$, which takes the singularity at 0 away. The peak's size goes out of the integral as a
 * factor $e^{\text{top}}$. */
struct gamma_integrand {
    double p, c, top;
    int k;
};

static double density(double x, void *context)
{
    const struct gamma_integrand *g = context;

    return exp((g->p == 0 ? 0 : g->p * log(x)) - g->c * (g->k == 2 ? x * x : x) - g->top);
}

static double unfolded(double s, void *context)
{
    const struct gamma_integrand *g = context;
    double x = pow(s, 1 / (g->p + 1));

    return exp(-g->c * (g->k == 2 ? x * x : x) - g->top) / (g->p + 1);
}

static struct value integral(struct claim *claim, double p, double c, int k)
{
    double peak = p > 0 ? pow(p / (k * c), 1.0 / k) : 0, width = 1 / sqrt(k * c);
    struct gamma_integrand g = {p, c, p > 0 ? p * log(peak) - c * pow(peak, k) : 0, k};
    double cut = peak + width, far = peak + 40 * (width + 1 / c + (k == 1 ? sqrt(fmax(p, 0)) / c : 0));
    struct value low = p < 0 ? integrate(unfolded, &g, 0, pow(cut, p + 1), 1e-14)
                             : integrate_pieces(density, &g, 3, (double[]){0, peak, cut}, 1e-14);
    struct value high = integrate_pieces(density, &g, 3, (double[]){cut, (7 * cut + far) / 8, far}, 1e-14);
    struct value sum = value_scale(exp(g.top), claim_value(claim, value_add(low, high)));

    return value_with(sum, (8 + 4 * fabs(g.top) + 4 * fabs(p)) * DBL_EPSILON * fabs(sum.x), ROUNDING);
}

/* ## Proposition E.8 */
static struct value printed_moment(struct claim *claim, double alpha, double q)
{
    struct value c = claim_value(claim, arccosine_norm2(claim_fault(claim, "half_lost") ? alpha + 0.5 : alpha));
    double power = claim_fault(claim, "standard_deviation") ? alpha / 2 : alpha;

    return value_with(value_scale(pow(q, power), c), 2 * DBL_EPSILON * c.x * pow(q, power), ROUNDING);
}

static struct value moment(struct claim *claim, double alpha, double q)
{
    return value_scale(1 / sqrt(2 * M_PI * q), integral(claim, 2 * alpha, 0.5 / q, 2));
}

static void check_moment(struct claim *claim, double alpha, double q)
{
    claim_case(claim, "alpha = %g, q = %g", alpha, q);
    check_equal(claim, "second moment", printed_moment(claim, alpha, q), moment(claim, alpha, q));
}

static void check_factorials(struct claim *claim)
{
    double odd = 0.5;

    for (int alpha = 0; alpha <= 20; alpha++) {
        claim_case(claim, "alpha = %d", alpha);
        check_equal(claim, "double factorial", printed_moment(claim, alpha, 1), rounded(odd, alpha));
        odd *= 2 * alpha + 1;
    }
}

/* ## Lemma E.1 */
static void check_schwinger(struct claim *claim)
{
    for (double z = 0.125; z < 40; z *= 1.7)
        for (double c = 0.2; c < 9; c *= 2.3) {
            double sign = claim_fault(claim, "sign_of_power") ? z : -z;
            struct value mean = value_scale(1 / tgamma(z), integral(claim, z - 1, c, 1));

            claim_case(claim, "z = %g, c = %g", z, c);
            check_equal(claim, "Schwinger", rounded(pow(c, sign), 4 + 2 * z),
                        value_with(mean, 8 * DBL_EPSILON * mean.x, ROUNDING));
        }
}

/* ## Continuity at zero, and the edge
 * $\rho_\alpha(x)$ as $x$ is halved: it falls by $2^{-\alpha}$. */
static void check_ends(struct claim *claim, double alpha)
{
    struct activation rho;
    double x = 0.25;

    claim_need(claim, activation_with("relu^", alpha, &rho));
    double fall = 1 - activation_value(&rho, x / 2) / activation_value(&rho, x);
    claim_case(claim, "alpha = %g", alpha);
    if (alpha > 0)
        check_shape(claim, "continuous", rounded(fall, 8), 1);
    else
        check_at_least(claim, "discontinuous", rounded(activation_value(&rho, x), 4), exact(1));
}

static void check_edge(struct claim *claim)
{
    for (double edge = 1e-2; edge > 1e-9; edge /= 10) {
        struct value c = value_scale(2 * edge, claim_value(claim, arccosine_norm2(edge - 0.5)));

        claim_case(claim, "alpha = -1/2 + %g", edge);
        check_equal(claim, "edge", rounded(1 / sqrt(2 * M_PI), 4),
                    value_with(c, 2 * edge * c.x + 1e-16 / edge, FINITE_SIZE));
    }
}

static void tabulate(struct claim *claim, double q)
{
    claim_column(claim, "alpha", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-12), "Gamma and powers differ between C libraries by some ulp");
    claim_column(claim, "moment", RELATIVE(1e-11), "adaptive quadrature");
    for (int i = 0; i <= 86; i++) {
        double alpha = -0.4375 + i / 16.0;

        claim_row(claim, NULL, alpha, printed_moment(claim, alpha, q).x, moment(claim, alpha, q).x);
    }
}

static void power_norm(struct claim *claim)
{
    static const double degrees[] = {-0.45, -0.25, -0.1, 0, 0.25, 0.5, 1, 1.5, 1.7, 2, 3, 5.5, 10, 33.3, 99.5};
    double q = claim_real(claim, "q");

    tabulate(claim, q);
    check_moment(claim, claim_real(claim, "alpha"), q);
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        check_moment(claim, degrees[i], q);
        check_moment(claim, degrees[i], 0.1);
        check_moment(claim, degrees[i], 7);
        check_ends(claim, degrees[i]);
    }
    check_factorials(claim);
    check_schwinger(claim);
    check_edge(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("alpha", "degree", 1, -0.45, 99.5), real("q", "variance", 1, 0.1, 10)},
            .faults = {{"half_lost",
                        "Gamma(alpha + 1) and 2^(alpha-1/2) in place of Gamma(alpha + 1/2) and 2^(alpha-1)",
                        "second?moment double?factorial"},
                       {"standard_deviation", "q^(alpha/2) in place of q^alpha", "second?moment"},
                       {"sign_of_power", "c^z in place of c^-z", "Schwinger"}},
            .run = power_norm,
        }));
}
