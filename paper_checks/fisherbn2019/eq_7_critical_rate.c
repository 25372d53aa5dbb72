/* # Equation 7: gradient descent with momentum converges below $\eta_*=2(1+\mu)/\lambda_{\max}$
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 2.1, equation 7. Near a minimum whose Hessian has the largest eigenvalue $\lambda_{\max}$, a necessary condition for equation 1 to converge is
 *
 * $$\eta<\eta_*=\frac{2(1+\mu)}{\lambda_{\max}}.$$
 *
 * **Checked.** The largest $\eta\lambda$ with contraction, found by bisection on the companion matrix's spectral radius, at momenta from 0 to next to 1. Least squares of random data, iterated: it shrinks a little below $\eta_*$ and
 * grows a little above, at the rate of the radius. That below $\eta_*$ nothing else stops it: every smaller $\eta\lambda>0$ contracts.
 * **Tolerance.** Bisection and LAPACK state their errors. The growth of iterations is that of their last quarter. It differs from the limit by a bounded number over the steps; how much the last half says otherwise is added.
 * **Could miss.** What lies beyond the quadratic.
 * **Found.** Holds, and the condition is sufficient too on a quadratic. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/heavy_ball.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/roots.h>
#include <math.h>

/* ## As printed */
static double critical_product(struct claim *claim, double mu)
{
    return claim_fault(claim, "no_momentum") ? 2 : claim_fault(claim, "other_sign") ? 2 * (1 - mu) : 2 * (1 + mu);
}

/* ## The companion matrix */
static double beyond_one(double product, void *context)
{
    return heavy_ball_radius_companion(*(const double *)context, product).x - 1;
}

/* The radius grows like $1+(\eta\lambda-2(1+\mu))/(1-\mu)$ above the border: an error of the radius moves the root by its $1-\mu$. */
static void by_bisection(struct claim *claim, double mu)
{
    struct value root = claim_value(claim, root_bracketed(beyond_one, &mu, 1 + mu, 4 * (1 + mu)));
    struct value radius = claim_value(claim, heavy_ball_radius_companion(mu, root.x));

    claim_case(claim, "mu = %g", mu);
    check_equal(claim, "bisection", rounded(critical_product(claim, mu), 2),
                value_with(root, 2 * value_bound(radius) * (1 - mu), ROUNDING));
    for (int i = 1; i < 64; i++) {
        double product = critical_product(claim, mu) * i / 64;

        claim_case(claim, "mu = %g, rate times eigenvalue %.3g", mu, product);
        check_shape(claim, "contracts below", value_sub(exact(1), heavy_ball_radius(mu, product)), 1);
    }
}

/* ## Least squares
 * $A=X^TX/m$ of Gaussian data; the growth of the distance from the minimum over the second half of the steps. */
enum { SIZE = 6 };

static void random_hessian(struct claim *claim, double A[], double eigenvalue[])
{
    enum { ROWS = 3 * SIZE };
    struct stream stream = claim_stream(claim, 0, 0);
    double X[SIZE * ROWS];

    stream_normals(&stream, SIZE * ROWS, X);
    linear_gram(SIZE, ROWS, X, A);
    for (int i = 0; i < SIZE * SIZE; i++) {
        A[i] /= ROWS;
    }
    claim_need(claim, linear_symmetric_eigen(SIZE, A, eigenvalue, NULL));
}

static double grown(const double A[], double mu, double rate, long steps)
{
    double theta[SIZE];

    for (int i = 0; i < SIZE; i++) {
        theta[i] = 1 + i;
    }
    return heavy_ball_run(SIZE, A, mu, rate, steps, theta);
}

/* The logarithm of the largest radius of all eigenvalues. */
static struct value slowest(const double eigenvalue[], double mu, double rate)
{
    struct value radius = exact(0);

    for (int i = 0; i < SIZE; i++) {
        struct value here = heavy_ball_radius(mu, rate * eigenvalue[i]);

        radius = here.x > radius.x ? here : radius;
    }
    return value_through(radius, log(radius.x), 1 / radius.x);
}

static void by_iteration(struct claim *claim, const double A[], const double eigenvalue[], double mu)
{
    long steps = claim_integer(claim, "steps");

    for (int side = -1; side <= 1; side += 2) {
        double factor = 1 + side * claim_real(claim, "distance"),
               rate = factor * critical_product(claim, mu) / eigenvalue[SIZE - 1];
        double half = grown(A, mu, rate, steps / 2), quarter = grown(A, mu, rate, steps / 4 * 3),
               whole = grown(A, mu, rate, steps);
        double growth = (whole - half) / (double)(steps - steps / 2),
               late = (whole - quarter) / (double)(steps - steps / 4 * 3);
        struct value found = measured(late, fabs(late - growth) + 10.0 / (double)steps, FINITE_SIZE);

        claim_case(claim, "mu = %g, %.6g of the critical rate", mu, factor);
        check_shape(claim, side < 0 ? "shrinks below" : "grows above", value_scale(side, found), fabs(late));
        check_equal(claim, "growth", slowest(eigenvalue, mu, rate), found);
    }
}

static void draw(struct claim *claim, const char *label, double mu)
{
    enum { GRID = 84 };

    for (int i = 0; i <= GRID; i++) {
        double product = 4.2 * i / GRID;

        claim_row(claim, label, product, heavy_ball_radius(mu, product).x, critical_product(claim, mu));
    }
}

static void critical_rate(struct claim *claim)
{
    static const double momenta[] = {0, 0.1, 0.5, 0.9, 0.99};
    double A[SIZE * SIZE], eigenvalue[SIZE];

    claim_labels(claim, "momentum");
    claim_column(claim, "product", EXACT, "a grid");
    claim_column(claim, "radius", ABSOLUTE(1e-7), "a closed form with a double root");
    claim_column(claim, "critical", RELATIVE(1e-14), "a closed form");
    random_hessian(claim, A, eigenvalue);
    for (int i = 0; i < (int)(sizeof momenta / sizeof *momenta); i++) {
        by_bisection(claim, momenta[i]);
    }
    by_bisection(claim, claim_real(claim, "mu"));
    by_iteration(claim, A, eigenvalue, claim_real(claim, "mu"));
    draw(claim, "none", 0);
    draw(claim, "half", 0.5);
    draw(claim, "chosen", claim_real(claim, "mu"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("mu", "momentum", 0.9, 0, 0.99),
                           real("distance", "how far below and above the critical rate least squares are iterated",
                                0.01, 0.002, 0.2),
                           integer_by_scale("steps", "iterations", 20000, 100000, 1000000, 20000, 100000000)},
            .faults = {{"no_momentum", "2 / lambda, whatever the momentum", "bisection grows*"},
                       {"other_sign", "1 - mu in place of 1 + mu", "bisection grows*"}},
            .run = critical_rate,
        }));
}
