/* # Section G.1.1: the backward operator as integrals over four angles
 *
 * Yang et al. (2019), appendix G.1.1. At the symmetric fixed point, with $\tau_{ij}=\frac12(\delta_i\delta_j^T+\delta_j\delta_i^T)$, $i,j\le4$,
 * $k,l\le2$ and $B\ge6$,
 *
 * $$F(\Sigma^*)\{\tau_{ij}\}_{kl}=\frac B{\mu^*}\,\frac{B-5}{(2\pi)^2}\int_{[0,\pi]^4}f(v^\theta)\,\sin^{B-3}\theta_1\cdots\sin^{B-6}\theta_4\,d\theta,$$
 *
 * $$f=\tfrac12\phi'(\sqrt Bu_k)\phi'(\sqrt Bu_l)\big([k{=}i,l{=}j]+[k{=}j,l{=}i]+2u_iu_ju_ku_l-[i{=}k]u_ju_l-[j{=}k]u_iu_l-[i{=}l]u_ju_k-[j{=}l]u_iu_k\big),$$
 *
 * $u=\mathbf ev$. $\theta_3$ and $\theta_4$ stand outside $\phi'$ and can be integrated by hand; the eigenvalues of $G^{\otimes2}\circ F$ follow by
 * theorem E.62.
 *
 * **Checked.** All nine patterns of indices, as printed: $\theta_3$ and $\theta_4$ by exact Gauss rules, $\theta_1$ and $\theta_2$ adaptively.
 * Against rings with conditional moments of the third and fourth coordinate. The same pattern with other indices. Then the eigenvalues: of the nine
 * numbers by theorem E.62, against closed forms for homogeneous $\phi$, and against traces on the three spaces, which are other means over the
 * sphere, for the rest.
 * **Tolerance.** Quadrature states its errors.
 * **Could miss.** An error in $F$ itself: `prop_g_3_g_4_jacobian` compares with samples of it.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <math.h>

enum { PATTERNS = 9 };

/* $(i,j|k,l)$ for each pattern in the order of struct brackets, whose $[kl|ij]$ is $F\{\tau_{ij}\}_{kl}$; and others of the same pattern. */
static const int indices[PATTERNS][4] = {{1, 1, 1, 1}, {2, 2, 1, 1}, {1, 2, 1, 1}, {2, 3, 1, 1}, {1, 1, 1, 2},
                                         {3, 3, 1, 2}, {1, 2, 1, 2}, {1, 3, 1, 2}, {3, 4, 1, 2}};
static const int others[PATTERNS][4] = {{2, 2, 2, 2}, {4, 4, 1, 1}, {4, 1, 1, 1}, {3, 4, 1, 1}, {2, 2, 1, 2},
                                        {4, 4, 1, 2}, {2, 1, 1, 2}, {2, 4, 1, 2}, {4, 3, 1, 2}};
static const char *const labels[PATTERNS] = {"11|11", "22|11", "12|11", "23|11", "11|12",
                                             "33|12", "12|12", "13|12", "34|12"};

/* ## As printed */
struct entry {
    int B;
    const int *index;
    const struct activation *phi;
    double last_sign; // -1 as printed
};

static double f(const double h[4], void *context)
{
    const struct entry *p = context;
    int i = p->index[0], j = p->index[1], k = p->index[2], l = p->index[3];
    double root = sqrt(p->B), u[] = {0, h[0] / root, h[1] / root, h[2] / root, h[3] / root};
    double sum = (k == i && l == j) + (k == j && l == i) + 2 * u[i] * u[j] * u[k] * u[l];

    sum -= (i == k) * u[j] * u[l] + (j == k) * u[i] * u[l] + (i == l) * u[j] * u[k];
    sum += p->last_sign * (j == l) * u[i] * u[k];
    return activation_slope(p->phi, h[k - 1]) * activation_slope(p->phi, h[l - 1]) * sum / 2;
}

static struct value printed(struct claim *claim, const struct activation *phi, int B, const int index[4],
                            struct value mu)
{
    struct entry p = {B, index, phi, claim_fault(claim, "last_sign") ? 1 : -1};
    double constant = B * (claim_fault(claim, "three_for_five") ? B - 3.0 : B - 5.0) / (4 * M_PI * M_PI);
    const double *kink;
    int kinks = activation_kinks(phi, &kink);
    struct value integral = claim_value(claim, sphere_four_angles_integral(B, f, &p, kinks, kink));

    return value_div(value_scale(constant, integral), mu);
}

/* All nine, compared one by one with those over rings. */
static struct brackets nine(struct claim *claim, const struct activation *phi, int B, bool all)
{
    struct response response = response_of(phi);
    struct value mu = claim_value(claim, batchnorm_fixed_point(phi, B).mu), value[PATTERNS];
    struct brackets F;

    claim_need(claim, batchnorm_backward_brackets(&response, B, &F));
    struct value ring[PATTERNS] = {F.b1111, F.b1122, F.b1112, F.b1123, F.b1211, F.b1233, F.b1212, F.b1213, F.b1234};
    for (int i = 0; i < PATTERNS; i++) {
        value[i] = printed(claim, phi, B, indices[i], mu);
        claim_case(claim, "B = %d, %s, %s", B, phi->name, labels[i]);
        check_zero(claim, "rings", value_sub(value[i], ring[i]), F.b1111.x);
        if (all)
            check_zero(claim, "same pattern", value_sub(value[i], printed(claim, phi, B, others[i], mu)), F.b1111.x);
    }
    return (struct brackets){value[0], value[1], value[2], value[3], value[4], value[5], value[6], value[7], value[8]};
}

/* ## Eigenvalues */
static void compare(struct claim *claim, const struct activation *phi, int B, bool all)
{
    struct brackets F = nine(claim, phi, B, all);
    struct spectrum spectrum = ultrasymmetric_spectrum(B, &F), witness;
    struct response response = response_of(phi);
    struct homogeneous h;
    struct batchnorm_state state;

    claim_case(claim, "B = %d, %s", B, phi->name);
    if (homogeneous_find(phi, &h) == STATUS_OK)
        claim_need(claim, batchnorm_state_closed(&h, B, &state));
    else
        claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    witness = state.backward;
    check_equal(claim, "eigenvalue G", spectrum.G, witness.G);
    check_zero(claim, "eigenvalue L", value_sub(spectrum.L, witness.L), witness.G.x);
    check_zero(claim, "eigenvalue M", value_sub(spectrum.M, witness.M), witness.G.x);
}

/* ## All cases */
static void tabulate(struct claim *claim, const struct activation *phi)
{
    int most = claim_scale(claim) == SCALE_SMOKE ? 10 : 100;

    for (int i = 0; i < PATTERNS; i++)
        for (int B = 6; B <= most; B += 1 + 2 * B / 3) {
            struct response response = response_of(phi);
            struct brackets F;

            claim_need(claim, batchnorm_backward_brackets(&response, B, &F));
            struct value ring[PATTERNS] = {F.b1111, F.b1122, F.b1112, F.b1123, F.b1211,
                                           F.b1233, F.b1212, F.b1213, F.b1234};
            claim_row(claim, labels[i], B, printed(claim, phi, B, indices[i], batchnorm_fixed_point(phi, B).mu).x,
                      ring[i].x);
        }
}

static void backward_brackets(struct claim *claim)
{
    static const int sizes[] = {6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const names[] = {"x^2", "tanh", "gelu", "silu", "exp"};
    struct activation phi;

    claim_labels(claim, "pattern");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "angles", ABSOLUTE(1e-10), "adaptive quadrature, nested");
    claim_column(claim, "rings", ABSOLUTE(1e-11), "quadrature");
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (activation_homogeneity(&phi) <= 0.5)
        claim_refuse(claim, "phi = %s: a derivative with a second moment wanted", phi.name);
    for (int i = claim_scale(claim) == SCALE_SMOKE ? 7 : 0; i < 8; i++)
        compare(claim, &phi, sizes[i], false);
    compare(claim, &phi, (int)claim_integer(claim, "B"), true);
    tabulate(claim, &phi);
    for (int i = 0; i < (claim_scale(claim) == SCALE_SMOKE ? 1 : 5); i++) {
        claim_need(claim, activation_find(names[i], &phi));
        compare(claim, &phi, 6 + 3 * i, false);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 12, 6, 1000),
                           text("phi", "activation at all batch sizes, beside x^2, tanh, gelu, silu and exp", "relu")},
            .faults = {{"three_for_five", "B-3 in place of B-5 in the constant", "rings eigenvalue*"},
                       {"last_sign", "the last of the four subtracted terms added", "rings same* eigenvalue*"}},
            .run = backward_brackets,
        }));
}
