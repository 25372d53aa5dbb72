/* # Footnote 1: on a quadratic the optimal learning rate is half of the critical one
 *
 * Mean-Field Analysis of Batch Normalization (2019), footnote 1, used again in section 4 for the dark strips of figure 2: in the quadratic approximation the optimal learning rate is $\frac12\eta_*$,
 * $\eta_*=2(1+\mu)/\lambda_{\max}$.
 *
 * **Checked.** One eigenvalue: the rate of least spectral radius. Many, from $\lambda_{\min}$ to $\lambda_{\max}=\kappa\lambda_{\min}$: the largest radius over them, minimised over the rate; only the two ends matter. Both with
 * LAPACK's eigenvalues of the companion matrix. Further iterations of the two rates on a quadratic.
 * **Tolerance.** Minimisation and LAPACK state their errors.
 * **Could miss.** Speed in the sense of a few steps from a given start, where the large eigenvalues matter first: there $\frac12\eta_*$ may well be best.
 * **Found.** True for one eigenvalue: with momentum $\frac12\eta_*$ is the middle of an interval of optimal rates, from $(1-\sqrt\mu)^2/\lambda$ to $(1+\sqrt\mu)^2/\lambda$. False for a spread spectrum: optimal is
 * $\frac\kappa{\kappa+1}\eta_*$, which is nearly the critical rate itself, and $\frac12\eta_*$ takes nearly twice as many steps. With momentum it is still among the optimal ones up to $\kappa=(1+\mu)/(1-\sqrt\mu)^2$, which is 721 at
 * $\mu=0.9$. */
#include <assay/evidence/claim.h>
#include <assay/numerics/heavy_ball.h>
#include <assay/numerics/roots.h>
#include <math.h>

/* Eigenvalues $1/\kappa$ and 1. */
struct spectrum {
    double mu, kappa;
};

static struct value companion(const struct spectrum *spectrum, double rate)
{
    struct value small = heavy_ball_radius_companion(spectrum->mu, rate / spectrum->kappa);
    struct value large = heavy_ball_radius_companion(spectrum->mu, rate);

    return small.x > large.x ? small : large;
}

static double companion_radius(double rate, void *context)
{
    return companion(context, rate).x;
}

static struct value polynomial(const struct spectrum *spectrum, double rate)
{
    struct value small = heavy_ball_radius(spectrum->mu, rate / spectrum->kappa);
    struct value large = heavy_ball_radius(spectrum->mu, rate);

    return small.x > large.x ? small : large;
}

/* How much a step gains: what is missing to radius 1. */
static struct value gain(struct value radius)
{
    return value_sub(exact(1), radius);
}

static struct value best(struct claim *claim, struct spectrum *spectrum, double *rate)
{
    double critical = 2 * (1 + spectrum->mu);
    struct value least = claim_value(claim, minimise_interval(companion_radius, spectrum, 0, critical, rate));

    return value_with(least, value_bound(companion(spectrum, *rate)), ROUNDING);
}

static double half_rate(struct claim *claim, double mu)
{
    return claim_fault(claim, "a_quarter") ? (1 + mu) / 2 : 1 + mu;
}

/* ## One eigenvalue
 * The ends of the flat interval are double roots: a little inside the radius is still $\sqrt\mu$, a little outside it is larger. */
static void one_eigenvalue(struct claim *claim, double mu)
{
    struct spectrum one = {mu, 1};
    double rate, half = half_rate(claim, mu), low = pow(1 - sqrt(mu), 2), high = pow(1 + sqrt(mu), 2);

    claim_case(claim, "mu = %g", mu);
    check_equal(claim, "one eigenvalue", gain(polynomial(&one, half)), gain(best(claim, &one, &rate)));
    if (mu == 0) {
        return;
    }
    check_equal(claim, "middle", rounded(half, 2), rounded((low + high) / 2, 10));
    check_equal(claim, "flat inside", gain(companion(&one, low * 1.01)), gain(companion(&one, high * 0.99)));
    check_shape(claim, "steeper outside", value_sub(companion(&one, low * 0.99), companion(&one, low * 1.01)), 1);
    check_shape(claim, "steeper outside", value_sub(companion(&one, high * 1.01), companion(&one, high * 0.99)), 1);
}

/* ## A spread spectrum */
static double optimal_rate(struct claim *claim, const struct spectrum *spectrum)
{
    return 2 * (1 + spectrum->mu) / (1 + (claim_fault(claim, "other_end") ? 2 : 1) / spectrum->kappa);
}

static void iterate(struct claim *claim, const struct spectrum *spectrum, double rate)
{
    double A[] = {1, 0, 0, 1 / spectrum->kappa}, slow[] = {1, 1}, fast[] = {1, 1};
    long steps = (long)ceil(30 / gain(polynomial(spectrum, 1 + spectrum->mu)).x);
    double by_half = heavy_ball_run(2, A, spectrum->mu, 1 + spectrum->mu, steps, slow);
    double by_optimum = heavy_ball_run(2, A, spectrum->mu, rate, steps, fast);

    check_shape(claim, "faster", measured(by_half - by_optimum, 4, FINITE_SIZE), fabs(by_half));
}

static void spread(struct claim *claim, struct spectrum spectrum)
{
    double found, rate = optimal_rate(claim, &spectrum), mu = spectrum.mu;
    double border = (1 + mu) / pow(1 - sqrt(mu), 2);
    struct value least = gain(best(claim, &spectrum, &found));
    struct value printed = gain(polynomial(&spectrum, 1 + mu));

    claim_case(claim, "mu = %g, kappa = %g", mu, spectrum.kappa);
    check_equal(claim, "spread", gain(polynomial(&spectrum, rate)), least);
    if (spectrum.kappa > 1.02 * border) {
        check_differs(claim, "printed", printed, least);
    }
    if (spectrum.kappa > 4 * border) {
        iterate(claim, &spectrum, rate);
    }
    if (spectrum.kappa < border / 1.02) {
        check_equal(claim, "still optimal", printed, least);
    }
    claim_row(claim, NULL, spectrum.kappa, mu, printed.x, gain(polynomial(&spectrum, rate)).x);
}

static void footnote(struct claim *claim)
{
    static const double momenta[] = {0, 0.1, 0.5, 0.9, 0.99};
    double mu = claim_real(claim, "mu"), kappa = claim_real(claim, "kappa");

    claim_column(claim, "kappa", RELATIVE(1e-14), "a grid");
    claim_column(claim, "mu", EXACT, "a grid");
    claim_column(claim, "half", ABSOLUTE(1e-7), "a closed form with a double root");
    claim_column(claim, "optimal", ABSOLUTE(1e-7), "a closed form with a double root");
    for (int i = 0; i < (int)(sizeof momenta / sizeof *momenta); i++) {
        one_eigenvalue(claim, momenta[i]);
    }
    one_eigenvalue(claim, mu);
    for (int k = 1; k <= 32; k++) {
        spread(claim, (struct spectrum){mu, pow(10, k / 8.0)});
    }
    spread(claim, (struct spectrum){mu, kappa});
    spread(claim, (struct spectrum){0, 10});
    spread(claim, (struct spectrum){0, kappa});
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("mu", "momentum", 0.9, 0, 0.99),
                           real("kappa", "one more condition number, largest over least eigenvalue", 10000, 1.5,
                                100000)},
            .faults = {{"a_quarter", "a quarter of the critical rate", "one* middle"},
                       {"other_end", "the optimum with twice the least eigenvalue", "spread"}},
            .errata = {{"E10o",
                        "In the quadratic approximation to the loss, the optimal learning rate is $\\frac12\\eta_*$.",
                        "With eigenvalues from $\\lambda_{\\min}$ to $\\lambda_{\\max}$ it is "
                        "$\\frac{2(1+\\mu)}{\\lambda_{\\min}+\\lambda_{\\max}}=\\eta_*/(1+\\lambda_{\\min}/"
                        "\\lambda_{\\max})$, and $\\frac12\\eta_*$ if all are equal. With momentum, $\\frac12\\eta_*$ "
                        "is among the "
                        "optimal rates for $\\lambda_{\\max}/\\lambda_{\\min}\\le(1+\\mu)/(1-\\sqrt\\mu)^2$.",
                        "printed", "spread",
                        "The Fisher matrix has a few large eigenvalues and very many small ones. Asymptotically its "
                        "optimal rate lies next to $\\eta_*$; strips at $\\frac12\\eta_*$ after five epochs are not "
                        "explained by this argument.",
                        "$\\mu=0$, eigenvalues 1 and $\\frac14$: $\\eta_*=2$. At $\\eta=1$ a step leaves 0 and "
                        "$\\frac34$ of the two components, at $\\eta=\\frac85$ it leaves $-\\frac35$ and $\\frac35$."}},
            .run = footnote,
        }));
}
