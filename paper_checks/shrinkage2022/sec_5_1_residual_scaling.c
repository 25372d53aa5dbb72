/* # Section 5.1: residual networks stay well behaved when the branch variance is $c/L$
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 5.1. Deep residual networks need branch variances that scale as
 * $L^{-1}$. With $\sigma^2=c/L$ in each of $L$ blocks the derivative of the composed correlation maps at $1$, and the correlation after the fraction
 * $t$ of the blocks, tend to
 *
 * $$\Big(\frac{1+\sigma^2\|\phi'\|^2}{1+\sigma^2\|\phi\|^2}\Big)^{L}\to e^{c(\|\phi'\|^2-\|\phi\|^2)},\qquad
 * \frac{d\rho}{dt}=c\,\big(C[\phi\,|\,\rho]-\rho\,\|\phi\|^2\big).$$
 *
 * **Checked.** The first limit against two nearly equal inputs carried through chains of $L/4$, $L/2$ and $L$ blocks. The second, integrated as an
 * ordinary differential equation in $\rho$, against the same chains, iterated in $1-\rho$. That $\sigma^2=L^{-1/2}$ will not do: two inequalities with
 * their constants, for the derivative of erf networks, which explodes, and for relu, whose derivative is $1$ and whose correlations tend to $1$.
 * **Tolerance.** Chains differ from the limit by a series in $1/L$, extrapolated twice; the last step of that is the error. The equation is solved with
 * two tolerances. Near inputs start $10^{-40}$ apart.
 * **Could miss.** What finite width adds: with width as with depth, the order of limits matters.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/numerics/roots.h>
#include <math.h>

enum { STEPS = 20 };

#define NEAR 1e-40 // so near that not even a kink is seen

/* ## Chains
 * The gap after part/STEPS of L blocks. */
static double chain(struct claim *claim, const struct activation *phi, double sigma2, long L, int part, double gap)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_residual(&map, phi, sigma2));
    for (long l = 1; l <= L * part / STEPS; l++) {
        gap = fmin(2, correlation_map_gap(&map, gap));
    }
    return gap;
}

/* $f(L)=f+f_1/L+f_2/L^2+\dots$: the first term removed from two pairs of depths, the second from what results. */
static struct value extrapolated(double quarter, double half, double full, long L)
{
    double first = 2 * half - quarter, second = 2 * full - half, third = second + (second - first) / 3;

    return value_with(rounded(third, 64 * (double)L), fabs(third - second), FINITE_SIZE);
}

static struct value chain_limit(struct claim *claim, const struct activation *phi, double c, double gap)
{
    double f[3];
    long L = claim_integer(claim, "L") / 80 * 80;

    for (int i = 0; i < 3; i++) {
        long depth = L >> (2 - i);

        f[i] = chain(claim, phi, c / (double)depth, depth, STEPS, gap);
    }
    return extrapolated(f[0], f[1], f[2], L);
}

/* ## The limit of the derivative */
static void slopes(struct claim *claim, const struct activation *phi, double c)
{
    struct value norm2 = activation_norm2(phi), slope_norm2 = activation_slope_norm2(phi);
    struct value rate = value_scale(claim_fault(claim, "half") ? c / 2 : c, value_sub(slope_norm2, norm2));
    double start = NEAR / fmax(1, exp(rate.x));
    struct value end = chain_limit(claim, phi, c, start);

    rate = claim_fault(claim, "norm_forgotten") ? value_scale(c, slope_norm2) : rate;
    claim_case(claim, "phi = %s, c = %g", phi->name, c);
    check_equal(claim, "slopes", value_through(rate, exp(rate.x), exp(rate.x)), value_scale(1 / start, end));
}

/* ## The limit of the correlation */
struct flow {
    const struct activation *phi;
    double c, norm2;
};

static void derivative_of(double t, size_t n, const double y[], double dydt[], void *context)
{
    const struct flow *flow = context;
    double rho = fmax(-1, fmin(1, y[0]));

    (void)t;
    (void)n;
    dydt[0] = flow->c * (covariance(flow->phi, rho).x - rho * flow->norm2);
}

static struct value flow_at(struct claim *claim, struct flow *flow, double rho_0, double t)
{
    double fine = rho_0, coarse = rho_0;

    claim_need(claim, ode_solve(derivative_of, flow, 1, 0, t, &fine, 1e-13));
    claim_need(claim, ode_solve(derivative_of, flow, 1, 0, t, &coarse, 1e-10));
    return value_with(rounded(1 - fine, 64 / (1 - fine)), fabs(fine - coarse), QUADRATURE);
}

static void correlations(struct claim *claim, const struct activation *phi, double c, double rho_0)
{
    struct flow flow = {phi, c,
                        claim_fault(claim, "norm_forgotten") ? 0.5 : claim_value(claim, activation_norm2(phi)).x};

    claim_case(claim, "phi = %s, c = %g, rho_0 = %g", phi->name, c, rho_0);
    check_equal(claim, "correlation", flow_at(claim, &flow, rho_0, claim_fault(claim, "half") ? 0.5 : 1),
                chain_limit(claim, phi, c, 1 - rho_0));
}

/* ## No slower scaling will do
 * With $\sigma^2=L^{-1/2}$. For erf $\ln\frac{1+x}{1+y}\ge\frac{x-y}{1+x}$ makes the derivative grow like $e^{\sqrt L(\|\phi'\|^2-\|\phi\|^2)}$. For
 * relu a gap $\epsilon$ falls to at most $\epsilon-K\epsilon^{3/2}$, $K=\frac{\sqrt2}{3\pi}\sigma^2/(1+\frac12\sigma^2)$, so that $\epsilon^{-1/2}$
 * gains $K/2$ a block. */
static void slower(struct claim *claim, long L)
{
    struct activation erf, relu;
    double printed = 1 / sqrt((double)L), sigma2 = claim_fault(claim, "already_scaled") ? 1 / (double)L : printed;

    claim_need(claim, activation_find("erf", &erf));
    claim_need(claim, activation_find("relu", &relu));
    double A = activation_slope_norm2(&erf).x, B = activation_norm2(&erf).x;
    double K = sqrt(2) / (3 * M_PI) * printed / (1 + printed / 2), root = 1 + K * (double)L / 2;
    double grown = chain(claim, &erf, sigma2, L, STEPS, NEAR) / NEAR, left = chain(claim, &relu, sigma2, L, STEPS, 1);

    claim_case(claim, "sigma^2 = L^(-1/2), L = %ld", L);
    check_at_least(claim, "explosion", rounded(grown, 16 * (double)L),
                   rounded(exp((double)L * printed * (A - B) / (1 + printed * A)), 64));
    check_at_most(claim, "shrinkage", rounded(left, 16 * (double)L), rounded(1 / (root * root), 16));
}

static void tabulate(struct claim *claim, const struct activation *phi, double c, double rho_0)
{
    struct flow flow = {phi, c, claim_value(claim, activation_norm2(phi)).x};
    char series[32];

    snprintf(series, sizeof series, "rho_0 = %g", rho_0);
    for (int part = 0; part <= STEPS; part++) {
        double t = part / (double)STEPS, limit = part == 0 ? rho_0 : 1 - flow_at(claim, &flow, rho_0, t).x;

        claim_row(claim, series, t, limit, 1 - chain(claim, phi, c / STEPS, STEPS, part, 1 - rho_0),
                  1 - chain(claim, phi, c / 1000, 1000, part, 1 - rho_0));
    }
}

static void scaling(struct claim *claim)
{
    static const char *const names[] = {"erf", "relu", "gelu", "sin", "abs"};
    static const double rho_0s[] = {-0.8, -0.4, 0, 0.4, 0.8};
    struct activation phi;
    double c = claim_real(claim, "c");

    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    double most = c * fmax(activation_norm2(&phi).x, activation_slope_norm2(&phi).x);
    if (!(most <= 1e-2 * (double)claim_integer(claim, "L") && most <= 100)) {
        claim_refuse(claim, "c |phi|^2 and c |phi'|^2 must be at most L/100 and 100: phi = %s, c = %g gives %g",
                     phi.name, c, most);
    }
    claim_labels(claim, "series");
    claim_column(claim, "t", EXACT, "a grid");
    claim_column(claim, "limit", ABSOLUTE(1e-11), "the equation is solved to 1e-13 a step");
    claim_column(claim, "blocks_20", ABSOLUTE(1e-12), "iterated in 1 - rho");
    claim_column(claim, "blocks_1000", ABSOLUTE(1e-12), "iterated in 1 - rho");
    slower(claim, 100);
    slower(claim, 10000);
    slopes(claim, &phi, c);
    correlations(claim, &phi, c, claim_real(claim, "rho_0"));
    for (int k = 0; k < 25; k++) {
        struct activation other;

        claim_need(claim, activation_find(names[k / 5], &other));
        slopes(claim, &other, 1);
        correlations(claim, &other, 1, rho_0s[k % 5]);
    }
    for (int k = 0; k < 5; k++) {
        tabulate(claim, &phi, c, rho_0s[k]);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "erf|relu|lrelu:0.5|abs|sin|gelu|tanh|bump|exp|h3|x^2"),
                           real("c", "L times the branch variance", 1, 0.01, 20),
                           integer_by_scale("L", "blocks of the deepest chain", 2000, 10000, 100000, 1000, 1000000),
                           real("rho_0", "correlation of the inputs", 0, -1, 0.99)},
            .faults = {{"half", "c/2 in place of c", "slopes correlation"},
                       {"norm_forgotten", "the normalisation of each block's sum left out", "slopes correlation"},
                       {"already_scaled", "1/L in place of L^(-1/2) in the counterexample", "explosion shrinkage"}},
            .run = scaling,
        }));
}
