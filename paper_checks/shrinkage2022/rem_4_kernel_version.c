/* # Remark 4: with the kernel in place of the Jacobian, Theorem 1 needs no exchange of limits
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1.1, remark 4. Replace the squared Jacobian norm by its
 * infinite-width analogue
 *
 * $$\lim_{x_\beta\to x_\alpha}\frac{K_L(x_\alpha,x_\alpha)+K_L(x_\beta,x_\beta)-2K_L(x_\alpha,x_\beta)}
 * {K_0(x_\alpha,x_\alpha)+K_0(x_\beta,x_\beta)-2K_0(x_\alpha,x_\beta)},$$
 *
 * $K_l$ the NNGP kernel of the preactivations $z^{(l)}$. With layer normalisation $K_l(x,x)=1$ and $K_l(x_\alpha,x_\beta)=\rho_l$: the quotient is
 * $(1-\rho_L)/(1-\rho_0)$ and its limit $(P_L\circ\dots\circ P_1)'(1)$. This is the form that inequalities (4.1) and (4.2) need: there the left side
 * is 1.
 *
 * **Checked.** The quotient of kernels at shrinking distances, from falls of Gaussian covariances (closed forms or quadrature), layer by layer,
 * against the product of slopes $\sigma_w^2\|\phi'\|^2/(\sigma_b^2+\sigma_w^2\|\phi\|^2)$, both norms by quadrature; Theorem 1's bound below it; the
 * value 1 at criticality.
 * **Tolerance.** The chord differs from the slope by a term that vanishes with the distance: the change when the distance grows a hundredfold is
 * allowed. Covariances state their errors.
 * **Could miss.** What finite width does: see `eq_a_1_directional_derivative` and `thm_1_finite_networks`.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

/* ## The quotient of kernels
 * $K_l(x,x)=1$, so that numerator and denominator are twice the gaps. The kernel of a layer before normalisation is $s+C[\phi\,|\,\rho]$. */
static double quotient(const struct correlation_map *map, int L, double distance)
{
    double gap = distance;

    for (int l = 1; l <= L; l++) {
        gap = covariance_gap(&map->phi, gap).x / (map->bias + covariance_quadrature(&map->phi, 1).x);
    }
    return gap / distance;
}

static struct value kernel_limit(const struct correlation_map *map, int L)
{
    double near = quotient(map, L, 1e-26), far = quotient(map, L, 1e-24);

    return value_with(rounded(near, 64.0 * L), fabs(near - far), FINITE_SIZE);
}

/* ## The product of slopes, and Theorem 1's bound */
static struct value slope_product(struct claim *claim, const struct correlation_map *map, int L)
{
    struct value one = claim_value(claim, correlation_map_slope_by_quadrature(map)), product = exact(1);

    for (int l = 1; l <= L; l++) {
        product = value_mul(product, one);
    }
    return claim_fault(claim, "one_layer_more") ? value_mul(product, value_scale(1.01, one)) : product;
}

static double theorem_bound(const struct correlation_map *map, int L)
{
    double gap = 2;

    for (int l = 1; l <= L; l++) {
        gap = correlation_map_gap(map, gap);
    }
    return gap * gap / 8 * L * map->nonlinearity2 / map->slope_norm2;
}

static void compare(struct claim *claim, const char *name, double s, int L)
{
    struct correlation_map map;
    double eight = claim_fault(claim, "constant_two") ? 16 : 1;

    claim_need(claim, correlation_map_find(&map, name, s));
    struct value limit = kernel_limit(&map, L), product = slope_product(claim, &map, L);

    claim_case(claim, "phi = %s, s = %.4g, L = %d", name, map.bias, L);
    check_equal(claim, "limit", product, limit);
    check_at_least(claim, "theorem", limit, rounded(eight * theorem_bound(&map, L), 64.0 * L));
    if (s < 0) {
        check_equal(claim, "critical", exact(claim_fault(claim, "one_layer_more") ? 1.01 : 1), limit);
    }
    claim_row(claim, name, map.bias, L, limit.x, product.x, theorem_bound(&map, L));
}

static void kernels(struct claim *claim)
{
    static const char *const names[] = {"relu", "erf", "tanh", "sin", "gelu", "h3"};
    static const double ratios[] = {0, 0.05, 0.3};
    static const int depths[] = {1, 4, 16};

    claim_labels(claim, "phi");
    claim_column(claim, "s", RELATIVE(1e-12), "a parameter, or a critical ratio by quadrature");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "limit", RELATIVE(1e-9), "covariances at gaps of 1e-26");
    claim_column(claim, "product", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "bound", RELATIVE(1e-10), "an iterated map");
    compare(claim, claim_text(claim, "phi"), claim_real(claim, "s"), (int)claim_integer(claim, "L"));
    compare(claim, "erf", -1, 64);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int k = 0; k < 9; k++) {
            compare(claim, names[i], ratios[k / 3], depths[k % 3]);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {choice("phi", "activation", "erf|relu|tanh|sin|abs|selu|h2|h3"),
                                         real("s", "sigma_b^2 / sigma_w^2", 0.05, 0, 100),
                                         integer("L", "non-linear layers", 32, 1, 200)},
                          .faults = {{"one_layer_more", "one slope too many, and a percent", "limit critical"},
                                     {"constant_two", "the constant 2 in place of Theorem 1's 1/8", "theorem"}},
                          .run = kernels,
                      }));
}
