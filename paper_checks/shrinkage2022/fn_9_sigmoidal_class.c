/* # Footnote 9: which activations are sigmoidal, and with which constant
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1.1, footnote 9. Almost sure convergence is quoted for
 * activations with $\|\phi\|_\infty,\|\phi'\|_\infty,\|\phi''\|_\infty<C\|\phi\|_N$ for a common constant $C$.
 *
 * **Checked.** The three suprema for erf, tanh, sigmoid, sin and the Gaussian bump: in closed form by hand, against a numerical maximum of $|\phi|$,
 * $|\phi'|$ and of differences of $\phi'$; with $\|\phi\|_N$ they give the least $C$ that each allows. That relu and its kin are not in
 * the class: $|\phi|$ grows without bound.
 * **Tolerance.** A maximum is found to the square of its place's error; differences of step $h$ err by $h^2$, measured by halving $h$.
 * **Could miss.** Nothing: the class is a definition, and the footnote claims no more than that it is not empty.
 * **Found.** erf, tanh, sigmoid, sin and the bump are sigmoidal with $C$ between 1.3 and 1.9. The paper's other example, relu, needs the case of its
 * own that it gets. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/roots.h>
#include <math.h>
#include <string.h>

/* ## Suprema by hand
 * tanh: $\phi''=-2\phi(1-\phi^2)$ is largest at $\phi^2=1/3$; sigmoid is $\frac12+\frac12\tanh\frac x2$; erf: $\phi''=-2x\phi'$ is largest at
 * $x^2=1/2$; bump: $\phi'$ at $x=1$, $\phi''$ at 0. */
struct bounded {
    const char *name;
    double value, slope, curvature;
};

/* ## Suprema by search */
struct probe {
    struct activation phi;
    int order;
    double h;
};

static double minus_size(double x, void *context)
{
    const struct probe *p = context;

    switch (p->order) {
    case 0:
        return -fabs(activation_value(&p->phi, x));
    case 1:
        return -fabs(activation_slope(&p->phi, x));
    default:
        return -fabs(activation_slope(&p->phi, x + p->h) - activation_slope(&p->phi, x - p->h)) / (2 * p->h);
    }
}

static struct value supremum(struct claim *claim, const struct activation *phi, int order)
{
    struct probe probe = {*phi, order, 1e-3}, half = {*phi, order, 5e-4};
    double at;
    struct value least = claim_value(claim, minimise_interval(minus_size, &half, -40, 40, &at));
    double coarse = minus_size(at, &probe);

    return value_with(value_scale(-1, least), 2 * fabs(coarse - least.x) + 1e-12, QUADRATURE);
}

static void examine(struct claim *claim, const struct bounded *by_hand)
{
    struct activation phi;
    struct value found[3];
    double hand[3] = {by_hand->value, by_hand->slope, by_hand->curvature}, most = 0;

    claim_need(claim, activation_find(by_hand->name, &phi));
    if (claim_fault(claim, "no_two_over_root_pi") && strcmp(by_hand->name, "erf") == 0) {
        hand[1] = 1;
    }
    for (int order = 0; order < 3; order++) {
        found[order] = supremum(claim, &phi, order);
        most = fmax(most, hand[order]);
        claim_case(claim, "phi = %s, derivative %d", by_hand->name, order);
        check_equal(claim, "suprema", rounded(hand[order], 4), found[order]);
    }
    double norm = sqrt(claim_value(claim, activation_norm2(&phi)).x);

    claim_row(claim, by_hand->name, found[0].x, found[1].x, found[2].x, norm, most / norm);
}

/* ## Not in the class
 * The supremum over $[-x,x]$ doubles with $x$. */
static void unbounded(struct claim *claim, const char *name)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    for (int i = 2; i < 20; i += 4) {
        double growth = activation_value(&phi, ldexp(1, i + 1)) / activation_value(&phi, ldexp(1, i));

        claim_case(claim, "phi = %s, |x| from 2^%d", name, i);
        check_shape(claim, "relu's kin grow", rounded(growth - 1.5, 16), 1);
    }
}

static void sigmoidal(struct claim *claim)
{
    const struct bounded bounded[] = {
        {"erf", 1, M_2_SQRTPI, 4 / sqrt(2 * M_PI * M_E)},
        {"tanh", 1, 1, 4 / (3 * sqrt(3))},
        {"sigmoid", 1, 0.25, 1 / (6 * sqrt(3))},
        {"sin", 1, 1, 1},
        {"bump", 1, exp(-0.5), 1},
    };
    static const char *const growing[] = {"relu", "lrelu:0.3", "gelu", "silu", "softplus", "elu", "selu"};

    claim_labels(claim, "phi");
    claim_column(claim, "value", RELATIVE(1e-6), "a numerical maximum");
    claim_column(claim, "slope", RELATIVE(1e-6), "a numerical maximum");
    claim_column(claim, "curvature", RELATIVE(1e-6), "a numerical maximum of differences");
    claim_column(claim, "norm", RELATIVE(1e-12), "quadrature");
    claim_column(claim, "C", RELATIVE(1e-12), "a quotient");
    for (int i = 0; i < (int)(sizeof bounded / sizeof bounded[0]); i++) {
        examine(claim, &bounded[i]);
    }
    for (size_t i = 0; i < sizeof growing / sizeof growing[0]; i++) {
        unbounded(claim, claim_fault(claim, "saturated") ? "tanh" : growing[i]);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .faults = {{"no_two_over_root_pi", "erf's slope at 0 taken as 1", "suprema"},
                                     {"saturated", "tanh in place of relu and its kin", "relu*"}},
                          .run = sigmoidal,
                      }));
}
