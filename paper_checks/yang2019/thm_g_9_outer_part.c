/* # Theorem G.9: the part of the backward operator of rank one in every sample
 *
 * Yang et al. (2019), appendix G.2, theorem G.9. For $\phi$ positive-homogeneous of degree $\alpha$ the second part of the backward operator,
 * $B^\alpha B\{\Lambda\}=B^\alpha\,\mathbb E\,r^{-2(\alpha+2)}Dyy^T\Lambda yy^TD$, $y\sim N(0,\mu^*G)$, has the eigenvalues
 *
 * $$\lambda_G=\frac{\alpha^2}{B-3},\qquad
 *   \lambda_L=\frac{2\alpha^3(B-2)}{(B-3)(B-1)(B-1+2\alpha)}+\frac{2\alpha^2BJ'}{(B-3)(B-1)^2(B-1+2\alpha)(J_1-J)},\qquad
 *   \lambda_M=\frac{2\alpha^2BJ'}{(B-3)(B-1)(B-1+2\alpha)(J_1-J)},$$
 *
 * with $J=J_\phi$ and $J'=J_\phi'$ at $\frac{-1}{B-1}$, $J_1=J_\phi(1)$. Before $\mu^*$ is put in, $\lambda_L$ and $\lambda_M$ are
 * $2^{-\alpha-1}B^\alpha\frac{\Gamma((B-3)/2)}{\Gamma((B+1)/2+\alpha)}\frac1{\mu^*}$ times the eigenvalues of $dV_\psi/d\Sigma$ at $G$, $\psi=\alpha\phi$; and on $\mathbb RG$ the trace adds
 * $\frac12(B-1)$ times that of $V_\psi(G)$.
 *
 * **Checked.** Both forms on each space against entries integrated over the sphere (two angles, the moments of a third and a fourth sample
 * given two), put together by theorem E.62 and as a $B^2\times B^2$ matrix.
 * **Tolerance.** Kernels and quadrature state their errors; entries of size 1 cancel in the sums over $B^2$ of them.
 * **Could miss.** The identity for fourth moments behind it: `prop_g_8_fourth_moments`.
 * **Found.** Holds. On $\mathbb RG$ nothing is left of $\phi$ but its degree. */
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

/* ## With $\mu^*$
 * $V_\psi(G)$ is $c_\alpha\big(\frac{B-1}B\big)^\alpha(J_\psi(1)-J_\psi)$ on $\mathbb RG$, and $\mathrm{tr}\,G=B-1$. */
static struct spectrum first_forms(struct claim *claim, const struct kernels *k)
{
    double B = k->B, alpha = k->alpha, shift = claim_fault(claim, "one_degree_less") ? alpha + 1 : alpha + 2;
    struct value ratio = sphere_radius_moment((int)B - 2, 0.5, 2 * shift);
    double size = alpha * alpha * pow(B, alpha) * pow(2, -alpha - 2);
    struct value scale = value_div(rounded(size, 6 + 2 * alpha), value_mul(ratio, k->mu));
    struct spectrum dV = derivative_at_G(k);
    struct value V = value_mul(arccosine_norm2(alpha), value_mul(rounded(pow((B - 1) / B, alpha), 4 + alpha), k->rise));

    return (struct spectrum){value_mul(scale, value_add(value_scale(B - 1, V), value_scale(2, dV.G))),
                             value_scale(2, value_mul(scale, dV.L)), value_scale(2, value_mul(scale, dV.M))};
}

/* ## Without */
static struct spectrum last_forms(struct claim *claim, const struct kernels *k)
{
    double B = k->B, alpha = k->alpha, square = alpha * alpha, less = (B - 3) * (B - 1), width = B - 1 + 2 * alpha;
    double cube = claim_fault(claim, "square_for_cube") ? square : square * alpha;
    struct value R = value_div(k->slope, k->rise);
    double factor = 2 * square * B / (less * (claim_fault(claim, "alpha_lost") ? B - 1 : width));

    return (struct spectrum){
        rounded(square / (claim_fault(claim, "two_samples") ? B - 2 : B - 3), 3),
        value_add(rounded(2 * cube * (B - 2) / (less * width), 10), value_mul(rounded(factor / (B - 1), 10), R)),
        value_mul(rounded(factor, 10), R)};
}

static void at_batch_size(struct claim *claim, const char *name, int B, bool tabulate)
{
    struct activation phi;
    struct backward_parts parts;

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    struct kernels k = kernels_of(claim, &phi, B);
    claim_need(claim, batchnorm_backward_parts(&response, B, &parts));
    struct spectrum sphere = ultrasymmetric_spectrum(B, &parts.outer), closed = last_forms(claim, &k);
    claim_case(claim, "%s, B = %d", name, B);
    check_brackets(claim, B, closed, &parts.outer);
    check_spectrum(claim, "first forms", first_forms(claim, &k), sphere);
    if (tabulate)
        claim_row(claim, NULL, B, closed.G.x, closed.L.x, closed.M.x, sphere.G.x, sphere.L.x, sphere.M.x);
}

static void outer_part(struct claim *claim)
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
            .faults =
                {{"one_degree_less", "alpha + 1 in place of alpha + 2 in the Pochhammer symbol", "?,?first?forms"},
                 {"square_for_cube", "alpha^2 in place of alpha^3 in lambda_L", "L,?brackets L,?matrix"},
                 {"alpha_lost", "B - 1 in place of B - 1 + 2 alpha", "L,?brackets L,?matrix M,?brackets M,?matrix"},
                 {"two_samples", "B - 2 in place of B - 3 in lambda_G", "G,?brackets G,?matrix"}},
            .run = outer_part,
        }));
}
