/* # Property 7: a cropped Gaussian covariance has excess convexity in proportion to its non-linearity
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, property 7. Crop $C[f\,|\,\cdot]$ to $[r,1]$ and scale
 * it to map $[0,1]$ onto itself. Then
 *
 * $$e(\hat g)\;\ge\;\frac{(1-r)^2\|f-\bar f\|^2}{2(\|f\|^2-C[f\,|\,r])}\;\ge\;\frac{(1-r)\|f-\bar f\|^2}{2\|f'\|^2}.$$
 *
 * **Checked.** Both inequalities for seventeen activations, on a grid of $r$ up to $0.999$, and for the activation and $r$
 * chosen. The left side comes from the root of $\hat g(1-t)=t$, the others from norms, closed forms or quadrature.
 * **Tolerance.** Quadrature and the root state their errors.
 * **Could miss.** Nothing known.
 * **Found.** Holds. Both are tight in the limit $r\to1$ for smooth $f$ (the ratio tends to 1 for $h_2$). At $r=0$ none of these activations comes
 * nearer than softplus to the first bound, $1.03$ times it, and sigmoid to the second. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

/* ## The three sides */
struct sides {
    struct value e, first, second;
};

static struct value half_quotient(double factor, struct value numerator, struct value denominator)
{
    return value_scale(factor / 2, value_div(numerator, denominator));
}

static enum status sides_of(struct claim *claim, struct sides *sides, const struct activation *phi, double gap)
{
    struct correlation_map map;
    struct convex_map g;
    enum status status = correlation_map_layer(&map, phi, 0);

    if (status == STATUS_OK) {
        status = convex_map_crop(&g, &map, gap);
    }
    if (status == STATUS_OK) {
        struct value nonlinear = activation_nonlinearity2(phi), fall = covariance_gap(phi, gap);

        sides->e = excess_convexity(&g);
        sides->first = half_quotient(gap * gap, nonlinear, fall);
        sides->second = half_quotient(gap, nonlinear, activation_slope_norm2(phi));
        if (claim_fault(claim, "no_half")) {
            sides->first = value_scale(2, sides->first);
        }
    }
    return status;
}

static void confirm(struct claim *claim, const char *name, double gap)
{
    struct activation phi;
    struct sides sides;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, sides_of(claim, &sides, &phi, gap));
    struct value second = claim_fault(claim, "slope_of_phi") ? value_scale(2, sides.second) : sides.second;

    claim_case(claim, "f = %s, 1 - r = %g", name, gap);
    check_at_least(claim, "first", sides.e, sides.first);
    check_at_least(claim, "second", sides.first, second);
    claim_row(claim, name, 1 - gap, gap, sides.e.x, sides.first.x, sides.second.x);
}

/* ## Tight towards $r=1$
 * For $h_2$ the crop is $(2rs+(1-r)s^2)/(1+r)$, a quadratic, for which Property 6 is an equality: $e(2+e)/(1+e)$ is twice the first bound. */
static void quadratic(struct claim *claim)
{
    struct activation h2;
    struct sides sides;

    claim_need(claim, activation_find("h2", &h2));
    for (int i = 0; i <= 6; i++) {
        double gap = pow(10, -i);

        claim_need(claim, sides_of(claim, &sides, &h2, gap));
        double e = sides.e.x, grown = 1 + e;

        claim_case(claim, "f = h2, 1 - r = %g", gap);
        check_equal(claim, "quadratic", value_scale(2, sides.first),
                    value_through(sides.e, e * (1 + grown) / grown, 1 + 1 / (grown * grown)));
    }
}

static void property(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.3", "abs", "relu^2", "tanh", "sigmoid", "erf", "sin", "gelu",
                                        "silu", "softplus",  "exp", "bump",   "x^3",  "h2",      "h5",  "h20"};

    claim_labels(claim, "f");
    claim_column(claim, "r", EXACT, "a grid");
    claim_column(claim, "gap", EXACT, "a grid");
    claim_column(claim, "e", RELATIVE(1e-6), "a root; near r = 1 the map is straight and its error absolute");
    claim_column(claim, "first", RELATIVE(1e-9), "moments by quadrature");
    claim_column(claim, "second", RELATIVE(1e-10), "moments by quadrature");
    confirm(claim, claim_text(claim, "phi"), 1 - claim_real(claim, "r"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int k = 0; k <= 6; k++) {
            confirm(claim, names[i], pow(10, -k / 2.0));
        }
    }
    quadratic(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation f that comes first",
                                  "erf|relu|tanh|sigmoid|gelu|silu|softplus|elu|selu|sin|abs|bump|exp|x^2|x^3|h3|h4"),
                           real("r", "where the crop begins", 0.3, 0, 0.999)},
            .faults = {{"no_half", "the 2 in the first bound's denominator lost", "first quadratic"},
                       {"slope_of_phi", "the second bound doubled", "second"}},
            .run = property,
        }));
}
