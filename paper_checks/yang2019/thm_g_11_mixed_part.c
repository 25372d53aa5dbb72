/* # Theorem G.11: the mixed part of the backward operator
 *
 * Yang et al. (2019), appendix G.2, theorem G.11. For $\phi$ positive-homogeneous of degree $\alpha$ the third part of the backward operator,
 * $B^\alpha C\{\Lambda\}=B^\alpha\,\mathbb E\,r^{-2(\alpha+1)}(D\Lambda yy^TD+Dyy^T\Lambda D)$, $y\sim N(0,\mu^*G)$, has the eigenvalues
 *
 * $$\lambda_G=\frac{2\alpha^2}{B-3},\qquad\lambda_L=\frac{2\alpha^2(B-2)}{(B-3)(B-1)}+\frac{2\alpha BJ'}{(B-3)(B-1)^2(J_1-J)},\qquad
 *   \lambda_M=\frac{2\alpha BJ'}{(B-3)(B-1)(J_1-J)},$$
 *
 * with $J=J_\phi$ and $J'=J_\phi'$ at $\frac{-1}{B-1}$, $J_1=J_\phi(1)$. Before $\mu^*$ is put in they are
 * $2^{-\alpha}\alpha B^\alpha\frac{\Gamma((B-3)/2)}{\Gamma((B-1)/2+\alpha)}\frac1{\mu^*}$ times the eigenvalues of $dV_\phi/d\Sigma$ at $G$.
 *
 * **Checked.** Both forms on each space against entries integrated over the sphere (two angles), put together by theorem E.62 and as a
 * $B^2\times B^2$ matrix.
 * **Tolerance.** Kernels and quadrature state their errors; entries of size 1 cancel in the sums over $B^2$ of them.
 * **Could miss.** The identity behind the first form: `lem_g_10_gaussian_derivative`.
 * **Found.** Holds. On $\mathbb RG$ it is twice what the outer part is: there $C=2B$ for any homogeneous $\phi$. */
#include <assay/evidence/spaces.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <math.h>

struct kernels {
    double B, alpha;
    struct value top, slope, rise, mu; // J(1), J', J(1) - J, mu*
};

static struct kernels kernels_of(struct claim *claim, const struct activation *phi, int B)
{
    struct homogeneous h;
    struct batchnorm_state sphere;
    struct response response = response_of(phi);
    double c = -1.0 / (B - 1);

    claim_need(claim, homogeneous_find(phi, &h));
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    struct value top = homogeneous_kernel(&h, 1);
    return (struct kernels){
        B, h.alpha, top, homogeneous_kernel_slope(&h, c), value_sub(top, homogeneous_kernel(&h, c)), sphere.fixed.mu};
}

/* ## The derivative of $V_\phi$ at $G$
 * Theorem F.31: the eigenvalues of $G^{\otimes2}\circ dV_\phi/d\Sigma$ at $\Sigma=G$. */
static struct spectrum derivative_at_G(const struct kernels *k)
{
    double B = k->B, alpha = k->alpha;
    struct value scale = value_mul(arccosine_norm2(alpha), rounded(pow((B - 1) / B, alpha - 1), 4 + alpha));

    return (struct spectrum){
        value_mul(scale, value_scale((B - 1) * alpha / B, k->rise)),
        value_mul(scale, value_add(value_scale((B - 2) * alpha / B, k->rise), value_scale(1 / (B - 1), k->slope))),
        value_mul(scale, k->slope)};
}

/* ## With $\mu^*$ */
static struct spectrum first_forms(struct claim *claim, const struct kernels *k)
{
    double B = k->B, alpha = k->alpha, twice = claim_fault(claim, "one_order") ? 1 : 2;
    struct value ratio = sphere_radius_moment((int)B - 2, 0.5, 2 * (alpha + 1));
    double size = twice * alpha * pow(B, alpha) * pow(2, -alpha - 1);
    struct value scale = value_div(rounded(size, 6 + 2 * alpha), value_mul(ratio, k->mu));
    struct spectrum dV = derivative_at_G(k);

    return (struct spectrum){value_mul(scale, dV.G), value_mul(scale, dV.L), value_mul(scale, dV.M)};
}

/* ## Without */
static struct spectrum last_forms(struct claim *claim, const struct kernels *k)
{
    double B = k->B, alpha = k->alpha, square = alpha * alpha, less = (B - 3) * (B - 1);
    struct value R = value_div(k->slope, k->rise);
    double factor = 2 * alpha * (claim_fault(claim, "one_sample_less") ? B - 1 : B) / less;

    return (struct spectrum){
        rounded(2 * (claim_fault(claim, "one_alpha") ? alpha : square) / (B - 3), 3),
        value_add(rounded(2 * square * (B - 2) / less, 8),
                  value_mul(rounded(factor / (claim_fault(claim, "power_of_B") ? 1 : B - 1), 8), R)),
        value_mul(rounded(factor, 8), R)};
}

static void at_batch_size(struct claim *claim, const char *name, int B, bool tabulate)
{
    struct activation phi;
    struct backward_parts parts;

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    struct kernels k = kernels_of(claim, &phi, B);
    claim_need(claim, batchnorm_backward_parts(&response, B, &parts));
    struct spectrum sphere = ultrasymmetric_spectrum(B, &parts.mixed), closed = last_forms(claim, &k);
    claim_case(claim, "%s, B = %d", name, B);
    check_brackets(claim, B, closed, &parts.mixed);
    check_spectrum(claim, "first forms", first_forms(claim, &k), sphere);
    if (tabulate)
        claim_row(claim, NULL, B, closed.G.x, closed.L.x, closed.M.x, sphere.G.x, sphere.L.x, sphere.M.x);
}

static void mixed_part(struct claim *claim)
{
    const char *const *name = homogeneous_names();
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    const char *chosen = claim_text(claim, "phi");
    struct activation phi;
    struct homogeneous h;
    int sparse[SCALES] = {6, 2, 1}, every = sparse[claim_scale(claim)];

    claim_need(claim, homogeneous_within(chosen, 0.6, 12, &phi, &h));
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "G", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "L", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "M", ABSOLUTE(1e-12), "a closed form");
    claim_column(claim, "G_sphere", RELATIVE(1e-9), "quadrature of entries that cancel");
    claim_column(claim, "L_sphere", RELATIVE(1e-9), "quadrature of entries that cancel");
    claim_column(claim, "M_sphere", ABSOLUTE(1e-9), "quadrature of entries that cancel");
    for (int n = 0; name[n] != NULL; n++)
        for (int i = n % every; i < 10; i += every)
            at_batch_size(claim, name[n], sizes[i], false);
    at_batch_size(claim, chosen, (int)claim_integer(claim, "B"), false);
    for (int B = 4; B <= 300; B += 1 + B * every / 12)
        at_batch_size(claim, chosen, B, true);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation, homogeneous of a degree above 1/2; it is drawn",
                                "relu^1.5"),
                           integer("B", "one more batch size for it", 64, 4, 2000)},
            .faults = {{"one_order", "D S yy' D without D yy' S D", "?,?first?forms"},
                       {"one_sample_less", "B - 1 in place of B before J'",
                        "L,?brackets L,?matrix M,?brackets M,?matrix"},
                       {"one_alpha", "alpha in place of alpha^2 in lambda_G", "G,?brackets G,?matrix"},
                       {"power_of_B", "B - 1 in place of its square under J' in lambda_L", "L,?brackets L,?matrix"}},
            .run = mixed_part,
        }));
}
