/* # Inequality (4.1): critical leaky-relu networks shrink at least as fast as $L^{-1/2}$
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1. A layer-normalised network of $L$ layers with
 * leaky relu of negative slope $a$ and no bias is critical, and
 *
 * $$1-\rho_{\max}\;\le\;\sqrt{\frac{16\pi}{\pi-2}}\;\frac{\sqrt{1+a^2}}{1-a}\;\frac{1}{\sqrt L},$$
 *
 * where $\rho_{\max}$ is the largest over layers of the smallest correlation that any two inputs can have there.
 *
 * **Checked.** The constant against $\sqrt{8/R}$, with $R=\|\phi-\bar\phi\|^2/\|\phi'\|^2$ from quadrature that knows no closed form of leaky relu.
 * The first depth at which the bound says anything, that is falls below $2$, against $2/R$. The inequality from there on, for the slope chosen and
 * seven more, with $1-\rho_l$ from the infinite-width correlation map, started at antipodal inputs. How loose it is: the ratio of the two sides falls
 * like $L^{-3/2}$.
 * **Tolerance.** Quadrature states its error. The map is iterated in $1-\rho$; each step adds a few roundings, $8$ half ulps a layer are allowed. The
 * fitted exponent differs from its limit by a term of order $\log L/L$, measured by halving the depth, and twice that is allowed.
 * **Could miss.** A constant up to ten times as large, were it not compared with $R$: where the bound begins to say something, networks are
 * already far below it.
 * **Found.** Holds, with $L$ the number of non-linear layers (see `thm_1_explosion_or_shrinkage`). It says nothing for relu until $L=12$, and for
 * slope $0.9$ until $L=1993$; at $L=256$ relu stands at $0.0006$, the bound at $0.41$. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

/* ## The bound as printed */
static double constant(double a)
{
    return sqrt(16 * M_PI / (M_PI - 2)) * sqrt(1 + a * a) / (1 - a);
}

static struct activation leaky_relu(struct claim *claim, double a)
{
    struct activation phi;

    claim_need(claim, activation_with("lrelu:", a, &phi));
    return phi;
}

/* ## The constant from the activation alone
 * Theorem 1 with a Jacobian of norm one gives $1\ge\frac18(1-\rho_{\max})^2LR$. No two inputs are further apart than $1-\rho=2$: the bound says
 * something when $8/(LR)<4$. */
static long first_depth(double a)
{
    return (long)floor(constant(a) * constant(a) / 4) + 1;
}

static void check_constant(struct claim *claim, double a)
{
    struct activation phi = leaky_relu(claim, a);
    struct value R = claim_value(claim, activation_nonlinearity_ratio(&phi)), square = value_div(exact(8), R);
    double printed = claim_fault(claim, "pi_plus_two") ? constant(a) * sqrt((M_PI - 2) / (M_PI + 2)) : constant(a);

    claim_case(claim, "a = %g", a);
    check_equal(claim, "constant", rounded(printed, 8), value_through(square, sqrt(square.x), 0.5 / sqrt(square.x)));
    check_equal(claim, "first depth", exact((double)first_depth(a) * (claim_fault(claim, "below_one") ? 4 : 1)),
                exact(floor(2 / R.x) + 1));
}

/* ## The inequality, layer by layer
 * $P$ increases on $[-1,1]$, so antipodal inputs stay the least correlated pair. $1-\rho_l$ decreases with $l$, and $\rho_{\max}$ is the last. */
static void follow(struct claim *claim, double a, long L, bool tabulate)
{
    struct activation phi = leaky_relu(claim, a);
    struct correlation_map map;
    double gap = 2, next = 1;

    claim_need(claim, correlation_map_layer(&map, &phi, 0));
    for (long l = 1; l <= L; l++) {
        gap = correlation_map_gap(&map, gap);
        double bound = constant(a) / sqrt((double)l);
        double sharper = claim_fault(claim, "three_halves") ? bound / (double)l : bound;

        claim_case(claim, "a = %g, L = %ld", a, l);
        if (bound < 2) {
            check_at_most(claim, "bound", rounded(gap, 8 * (double)l), rounded(sharper, 8));
        }
        if (tabulate && ((double)l >= next || l == L)) {
            claim_row(claim, NULL, a, (double)l, gap, bound);
            next = fmax(next * 1.12, (double)l + 1);
        }
    }
}

/* ## How loose
 * For relu $1-\rho_l$ falls like $l^{-2}$, the bound like $l^{-1/2}$. */
static void looseness(struct claim *claim)
{
    struct activation phi = leaky_relu(claim, 0);
    struct correlation_map map;
    double gap = 2, at[3] = {0};

    claim_need(claim, correlation_map_layer(&map, &phi, 0));
    for (int l = 1; l <= 131072; l++) {
        gap = correlation_map_gap(&map, gap);
        at[0] = l == 32768 ? gap : at[0];
        at[1] = l == 65536 ? gap : at[1];
        at[2] = l == 131072 ? gap : at[2];
    }
    double slope = log2(at[2] / at[1]), earlier = log2(at[1] / at[0]);

    claim_case(claim, "relu, L from 65536 to 131072");
    check_rate(claim, "looseness", exact(claim_fault(claim, "one_over_L") ? -0.5 : -1.5),
               value_with(exact(slope + 0.5), 2 * fabs(slope - earlier), FINITE_SIZE));
}

static void shrinkage(struct claim *claim)
{
    double a = claim_real(claim, "a");
    long L = claim_integer(claim, "L");
    static const double others[] = {0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95};

    claim_column(claim, "a", EXACT, "a parameter");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "gap", RELATIVE(1e-10), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    claim_column(claim, "bound", RELATIVE(1e-14), "a closed form of a few roundings");
    looseness(claim);
    check_constant(claim, a);
    follow(claim, a, L, true);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        check_constant(claim, others[i]);
        follow(claim, others[i], 4 * first_depth(others[i]), false);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("a", "negative slope of leaky relu", 0, 0, 0.999),
                                         integer("L", "depth: number of non-linear layers", 512, 1, 1000000)},
                          .faults = {{"pi_plus_two", "the constant with pi + 2 in place of pi - 2", "constant"},
                                     {"below_one", "the depth where the bound falls below 1", "first*"},
                                     {"three_halves", "the bound falling like L^(-3/2)", "bound"},
                                     {"one_over_L", "relu's 1 - rho falling like 1/L in place of 1/L^2", "looseness"}},
                          .run = shrinkage,
                      }));
}
