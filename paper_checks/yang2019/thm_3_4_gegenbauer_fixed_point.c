/* # Theorem 3.4: the symmetric fixed point is diagonal in Gegenbauer coefficients
 *
 * Yang et al. (2019), section 3.1.1, theorem 3.4. Let $\phi(\sqrt{B-1}x)=\sum_la_lc_{B-1,l}^{-1}C_l^{((B-3)/2)}(x)$, $c_{B-1,l}=\frac{B-3}{B-3+2l}$. The symmetric fixed point
 * $q^*((1-c^*)I+c^*\mathbf 1\mathbf 1^T)$ of a batch of $B$ samples has
 *
 * $$q^*=\sum_la_l^2\frac1{c_{B-1,l}}C_l^{(\frac{B-3}2)}(1),\qquad q^*c^*=\sum_la_l^2\frac1{c_{B-1,l}}C_l^{(\frac{B-3}2)}\Big(\frac{-1}{B-1}\Big).$$
 *
 * **Checked.** Both series for every activation of the table against quadrature of $\mathbb E\phi(h_1)^2$ and $\mathbb E\phi(h_1)\phi(h_2)$ over the sphere, and for positive-homogeneous
 * $\phi$ against arc-cosine kernels (theorem F.8). For identity and cube, whose expansions end, the sums by hand.
 * **Tolerance.** $q^*$: what lies beyond the last degree is extrapolated, and all of it is the error. $q^*c^*$: it is bounded by what $q^*$ lacks times the largest
 * $|C_l(x)/C_l(1)|$ to come. Smooth $\phi$ leave nothing, a kink some $10^{-8}$ of $q^*$ at $B=4$.
 * **Could miss.** With kinks, errors of that size.
 * **Found.** Holds for $4\le B\le10^4$. At $B=3$ the polynomials of order 0 don't exist, and the statement says nothing. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/zonal.h>
#include <math.h>

/* ## The series
 * With $f_l=a_l\sqrt{c_{B-1,l}^{-1}C_l(1)}$, the coefficients for orthonormal harmonics, the terms are $f_l^2$ and $f_l^2R_l$, $R_l=C_l(\frac{-1}{B-1})/C_l(1)$: nothing
 * overflows. */
struct sums {
    struct value q, qc;
};

static struct sums series(struct claim *claim, const struct zonal *zonal)
{
    int n = zonal->n, lmax = zonal->lmax;
    double *R = memory_doubles(2 * ((size_t)lmax + 1)), *one = R + lmax + 1,
           x = (claim_fault(claim, "sign") ? 1.0 : -1.0) / n;
    double bound = gegenbauer_ratio_bound(lmax + 1, n, x);

    gegenbauer_ratios(lmax, 0.5 * n - 1, x, R);
    for (int l = 0; l <= lmax; l++) {
        double c = (n - 2) / (n - 2 + 2.0 * l), lost = claim_fault(claim, "c_once") ? c : 1;

        one[l] = lost;
        R[l] *= lost;
    }
    struct sums sums = {zonal_sum_extrapolated(zonal, one),
                        zonal_sum(zonal, R, (struct zonal_tail){-bound, bound, false})};
    memory_free(R);
    return sums;
}

/* ## Quadrature */
static double squared(double h, void *context)
{
    const struct piecewise *f = context;
    double y = f->f(h, f->context);

    return y * y;
}

static void at(struct claim *claim, const struct activation *phi, int B, bool row)
{
    struct response response = response_of(phi);
    struct piecewise *f = &response.value;
    struct zonal zonal;
    struct homogeneous homogeneous;
    struct batchnorm_state closed;

    claim_case(claim, "%s, B = %d", phi->name, B);
    claim_need(claim, zonal_expand(B - 1, f, NULL, (int)claim_integer(claim, "lmax"), &zonal));
    struct sums sums = series(claim, &zonal);
    struct value q = claim_value(claim, sphere_mean(B, &(struct piecewise){squared, f, f->kinks, f->kink}));
    struct value qc = claim_value(claim, sphere_product(B, f, f));
    check_equal(claim, "q", sums.q, q);
    check_zero(claim, "q c", value_sub(sums.qc, qc), q.x);
    if (activation_homogeneity(phi) > 0 && homogeneous_find(phi, &homogeneous) == STATUS_OK) {
        claim_need(claim, batchnorm_state_closed(&homogeneous, B, &closed));
        check_equal(claim, "q, kernels", sums.q, closed.fixed.q);
        check_zero(claim, "q c, kernels", value_sub(sums.qc, closed.fixed.nu), q.x);
    }
    if (row) {
        claim_row(claim, phi->name, B, sums.qc.x / q.x, qc.x / q.x, value_error(sums.qc) / q.x);
    }
    zonal_free(&zonal);
}

/* ## By hand
 * $h=\sqrt nx$ is $\sqrt n/(2\lambda)\,C_1$ with $2\lambda=n-2$: $a_1c_{B-1,1}^{-1}=\sqrt n/(n-2)$, $q^*=1$, $q^*c^*=-1/n$. For the cube $q^*=\mathbb Eh^6=\frac{15n^2}{(n+2)(n+4)}$, and with $y$ the
 * second sample $\mathbb Eh^3y^3=\rho(9+6\rho^2)\frac{n^2}{(n+2)(n+4)}$, $\rho=-1/n$, from Gaussians of that correlation. */
static void by_hand(struct claim *claim, int B)
{
    double n = B - 1, rho = -1 / n, scale = n * n / ((n + 2) * (n + 4));
    struct activation phi;

    for (int cube = 0; cube < 2; cube++) {
        struct zonal zonal;

        claim_need(claim, activation_find(cube ? "x^3" : "id", &phi));
        struct response response = response_of(&phi);
        claim_case(claim, "%s, B = %d", phi.name, B);
        claim_need(claim, zonal_expand(B - 1, &response.value, NULL, 8, &zonal));
        struct sums sums = series(claim, &zonal);
        check_equal(claim, "q, by hand", sums.q, rounded(cube ? 15 * scale : 1, 8));
        check_equal(claim, "q c, by hand", sums.qc, rounded(cube ? rho * (9 + 6 * rho * rho) * scale : rho, 12));
        zonal_free(&zonal);
    }
}

static void fixed_point(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "c_series", ABSOLUTE(1e-11), "a series over quadratures");
    claim_column(claim, "c_sphere", ABSOLUTE(1e-11), "quadrature");
    claim_column(claim, "c_series_err", ABSOLUTE(1e-6), "its bound on what is left out");
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += claim_scale(claim) == SCALE_SMOKE ? 3 : 1) {
            at(claim, &phi, sizes[i], true);
        }
    }
    for (int B = 4; B <= 10000; B += 1 + B / 3) {
        by_hand(claim, B);
    }
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    at(claim, &phi, (int)claim_integer(claim, "B"), false);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 10000),
                           text("phi", "one more activation, tried at B", "relu^1.7"),
                           integer_by_scale("lmax", "highest degree", 120, 400, 3000, 50, 5000)},
            .faults = {{"c_once", "without the factor 1/c", "q q?c q,?kernels q?c,?kernels q,?by?hand q?c,?by?hand"},
                       {"sign", "C_l at 1/(B-1)", "q?c q?c,?kernels q?c,?by?hand"}},
            .run = fixed_point,
        }));
}
