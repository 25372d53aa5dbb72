/* # Stein's lemma: the derivative of a Gaussian covariance is the covariance of the derivative
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, proof of Property 7, which calls it Stein's
 * lemma; the two-variable form is Price's theorem. For $\phi$ with a square-integrable weak derivative,
 *
 * $$\frac{\partial}{\partial\rho}C[\phi\,|\,\rho]=C[\phi'\,|\,\rho],\qquad\text{so that}\qquad
 * \frac{\partial C[\phi\,|\,\rho]}{\partial\rho}\Big|_{\rho=1}=\|\phi'\|^2.$$
 *
 * **Checked.** Right side: $E\,\phi'(X)\phi'(Y)$ by quadrature. Left side, which never sees $\phi'$: central differences of $E\,\phi(X)\phi(Y)$,
 * extrapolated to step zero; at $\rho=1$ one-sided differences of the gap $C[\phi\,|\,1]-C[\phi\,|\,1-\epsilon]$. For the activation chosen and
 * seventeen more.
 * **Tolerance.** Three steps, each half the one before, give Richardson's value twice, and the difference is its error; the noise of the covariances
 * over the step is added. At $\rho=1$ the gap is analytic in $\epsilon$ or has a term $\epsilon^{3/2}$: the difference between two tiny steps is
 * allowed.
 * **Could miss.** An activation with jumps, which the lemma excludes: its derivative is a point mass.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/covariance.h>
#include <float.h>
#include <math.h>

/* ## Left: differences of the covariance */
static struct value central_difference(const struct activation *phi, double rho, double h)
{
    struct value difference = value_sub(covariance_quadrature(phi, rho + h), covariance_quadrature(phi, rho - h));

    return value_scale(0.5 / h, difference);
}

/* The central difference errs by h^2 C'''/6 and h^4 C'''''/120: the combination removes the first, its distance to the better of the two
 * bounds the second. */
static struct value derivative_inside(const struct activation *phi, double rho)
{
    double h = 0.02 * (1 - fabs(rho));
    struct value coarse = central_difference(phi, rho, h), fine = central_difference(phi, rho, h / 2);
    struct value finest = central_difference(phi, rho, h / 4);
    struct value first = value_sub(value_scale(4.0 / 3, fine), value_scale(1.0 / 3, coarse));
    struct value second = value_sub(value_scale(4.0 / 3, finest), value_scale(1.0 / 3, fine));

    return value_with(second, fabs(second.x - first.x), QUADRATURE);
}

/* The gap over its step, at two steps. */
static struct value derivative_at_one(const struct activation *phi)
{
    struct value near = value_scale(1e10, covariance_gap(phi, 1e-10)),
                 far = value_scale(1e8, covariance_gap(phi, 1e-8));

    return value_with(near, fabs(near.x - far.x), QUADRATURE);
}

/* ## Right: the covariance of the derivative */
static struct value derivative_covariance(struct claim *claim, const struct activation *phi, double rho)
{
    struct piecewise slope = activation_slope_piecewise(phi);
    struct value C = claim_value(claim, gaussian_product(&slope, &slope, rho));

    return claim_fault(claim, "half") ? value_scale(0.5, C) : C;
}

static void compare(struct claim *claim, const char *name, bool tabulate)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    for (int i = -9; i <= 9; i += tabulate ? 1 : 8) {
        double rho = i / 10.0;
        struct value right = derivative_covariance(claim, &phi, rho),
                     left = claim_value(claim, derivative_inside(&phi, rho));

        claim_case(claim, "phi = %s, rho = %g", name, rho);
        /* Odd derivatives make the covariance vanish somewhere: the scale is the norm, not the value. */
        check_zero(claim, "inside", value_sub(right, left), activation_slope_norm2(&phi).x);
        if (tabulate) {
            claim_row(claim, NULL, rho, BOTH(left), right.x);
        }
    }
    claim_case(claim, "phi = %s, rho = 1", name);
    check_equal(claim, "at one", derivative_covariance(claim, &phi, 1), claim_value(claim, derivative_at_one(&phi)));
}

static void lemma(struct claim *claim)
{
    static const char *const names[] = {"id",   "relu", "lrelu:0.3", "abs", "relu^2", "tanh", "sigmoid", "erf", "sin",
                                        "gelu", "silu", "softplus",  "elu", "selu",   "bump", "x^3",     "h5"};

    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "difference", RELATIVE(1e-7), "extrapolated differences of quadratures");
    claim_column(claim, "difference_err", RELATIVE(10), "an estimate of rounding noise");
    claim_column(claim, "covariance", RELATIVE(1e-11), "quadrature");
    compare(claim, claim_text(claim, "phi"), true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        compare(claim, names[i], false);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice(
                "phi", "activation to tabulate",
                "relu|erf|tanh|sigmoid|gelu|silu|softplus|elu|selu|sin|abs|bump|id|relu^2|x^2|x^3|h2|h3|h5")},
            .faults = {{"half", "half the covariance of the derivative", "inside at?one"}},
            .run = lemma,
        }));
}
