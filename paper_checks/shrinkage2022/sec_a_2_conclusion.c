/* # Appendix A.2, conclusion: each residual block adds excess convexity in proportion to its variance
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.2, last step of the proof of Theorem 2:
 *
 * $$e(\tilde P_l)\;\ge\;\frac{\sigma_l^2(1-\bar\rho_{l-1})\,\|\phi_l-\bar\phi_l\|^2}{2\,(1+\sigma_l^2\|\phi_l'\|^2)}.$$
 *
 * The printed proof reaches it through a false step (see `sec_a_2_property_8_step`); Property 6, applied to the block's own map, gives it too.
 *
 * **Checked.** Left: the root of $\tilde P(1-t)=t$ for the cropped map of a block. Right: norms of the activation, closed forms or quadrature. For
 * the activation chosen, a grid of variances and $\bar\rho$ for ten more, $h_5$ and $h_{20}$, which refute the proof's step, among them; a search
 * over Hermite series, variance and $\bar\rho$ for the least ratio.
 * **Tolerance.** The root and the moments state their errors.
 * **Could miss.** Activations that no series of five terms comes near.
 * **Found.** True. The least ratio is 1, approached for $\phi$ in the span of $h_1$ and $h_2$ as $\bar\rho\to1$ or $\sigma^2\to0$: the constant cannot
 * be improved. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

/* ## One block */
static struct value bound_of(struct claim *claim, double sigma2, double gap, struct value nonlinear,
                             struct value slope_norm2)
{
    struct value whole = value_add(exact(1), value_scale(sigma2, slope_norm2));

    return value_scale((claim_fault(claim, "no_half") ? 1 : 0.5) * sigma2 * gap, value_div(nonlinear, whole));
}

static void confirm(struct claim *claim, const char *name, double sigma2, double rho_bar)
{
    struct activation phi;
    struct correlation_map map;
    struct convex_map crop;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, correlation_map_residual(&map, &phi, sigma2));
    claim_need(claim, convex_map_crop(&crop, &map, 1 - rho_bar));
    struct value e = claim_value(claim, excess_convexity(&crop));
    struct value bound =
        bound_of(claim, sigma2, 1 - rho_bar, activation_nonlinearity2(&phi), activation_slope_norm2(&phi));

    claim_case(claim, "phi = %s, sigma^2 = %g, rho_bar = %g", name, sigma2, rho_bar);
    check_at_least(claim, "conclusion", e, bound);
    claim_row(claim, name, sigma2, rho_bar, e.x, bound.x, e.x / bound.x);
}

/* ## The search
 * $\phi=\sum_k\phi_kh_k$ over $k=1,2,3,5,10$ has $C[\phi\,|\,\rho]=\sum_k\phi_k^2\rho^k$: the block's map is itself a power series, cropped to
 * $[\bar\rho,1]$. Coordinates: the logarithms of the $\phi_k^2$, of $\sigma^2$ and of $1-\bar\rho$. */
static const int degrees[] = {1, 2, 3, 5, 10};
enum { TERMS = 5, COORDINATES = TERMS + 2, DEGREE = 10 };

static double ratio(size_t n, const double x[], void *context)
{
    double c[DEGREE + 1] = {0}, sigma2 = exp(x[TERMS]), gap = exp(x[TERMS + 1]), nonlinear = 0, slope_norm2 = 0;
    struct convex_map crop;

    (void)n;
    (void)context;
    for (int i = 0; i < TERMS; i++) {
        double square = exp(x[i]);

        c[degrees[i]] = sigma2 * square;
        nonlinear += degrees[i] >= 2 ? square : 0;
        slope_norm2 += degrees[i] * square;
    }
    c[1] += 1;
    double bound = sigma2 * gap * nonlinear / (2 * (1 + sigma2 * slope_norm2));
    if (bound < 1e-6 || convex_map_crop_series(&crop, DEGREE, c, 1 - gap, 1, NULL) != STATUS_OK) {
        return INFINITY;
    }
    return excess_convexity(&crop).x / bound;
}

static void attack(struct claim *claim)
{
    static const double least[] = {-12, -12, -12, -12, -12, -8, -6}, most[] = {3, 3, 3, 3, 3, 4, 0};
    double best[COORDINATES];
    const struct search search = {0,    COORDINATES, least, most, (size_t)claim_integer(claim, "starts"),
                                  2000, ratio,       NULL};
    double found = search_least(claim, &search, best);

    claim_case(claim, "phi_2^2 = %.3g, sigma^2 = %.3g, 1 - rho_bar = %.3g", exp(best[1]), exp(best[TERMS]),
               exp(best[TERMS + 1]));
    check_at_least(claim, "least ratio", measured(found, 1e-8, ROUNDING), exact(claim_fault(claim, "no_half") ? 2 : 1));
}

static void conclusion(struct claim *claim)
{
    static const char *const names[] = {"relu", "abs", "erf", "tanh", "sin", "gelu", "h2", "h3", "h5", "h20"};
    static const double sigma2s[] = {0.01, 0.1, 1, 100}, rho_bars[] = {0, 0.5, 0.99};

    claim_labels(claim, "phi");
    claim_column(claim, "sigma2", EXACT, "a parameter");
    claim_column(claim, "rho_bar", EXACT, "a parameter");
    claim_column(claim, "e", RELATIVE(1e-8), "a root; absolute near the identity");
    claim_column(claim, "bound", RELATIVE(1e-11), "moments by quadrature");
    claim_column(claim, "ratio", RELATIVE(1e-8), "as e");
    confirm(claim, claim_text(claim, "phi"), claim_real(claim, "sigma2"), claim_real(claim, "rho_bar"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int k = 0; k < 12; k++) {
            confirm(claim, names[i], sigma2s[k / 3], rho_bars[k % 3]);
        }
    }
    attack(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation that comes first",
                                  "h5|relu|erf|tanh|sigmoid|gelu|silu|softplus|elu|selu|sin|abs|bump|x^2|x^3|h20"),
                           real("sigma2", "branch variance", 1, 1e-4, 1e6),
                           real("rho_bar", "correlation that enters the block", 0, 0, 0.999),
                           integer_by_scale("starts", "of the search", 6, 32, 400, 1, 100000)},
            .faults = {{"no_half", "the 2 in the denominator lost", "conclusion least?ratio"}},
            .run = conclusion,
        }));
}
