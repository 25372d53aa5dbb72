/* # Lemma F.23: the mean of $\phi_1\phi_2h_1h_2$ in Gegenbauer coefficients
 *
 * Yang et al. (2019), appendix F.3.2, lemma F.23. Let $\phi(\sqrt{B-1}x)=\sum_la_lc_{B-1,l}^{-1}C_l(x)$, $C_l=C_l^{((B-3)/2)}$, $h=\sqrt Bev$ with $v$ uniform on $S^{B-2}$. Then
 *
 * $$A_{12}(12)=\mathbb E\,\phi(h_1)\phi(h_2)\frac{h_1h_2}B=\sum_la_l^2\alpha_l+a_la_{l+2}\beta_l,\qquad\beta_l=\frac{B-1}B\frac{2(l+1)(B+l-2)}{(B+2l-1)^2}c_{B-1,l+1}^{-1}C_{l+1}\big(\tfrac{-1}{B-1}\big),$$
 *
 * $$\alpha_l=\frac{B-1}B\Big(\frac{(l+1)^2}{(B+2l-1)^2}c_{B-1,l+1}^{-1}C_{l+1}\big(\tfrac{-1}{B-1}\big)+\frac{(B+l-4)^2}{(B+2l-5)^2}c_{B-1,l-1}^{-1}C_{l-1}\big(\tfrac{-1}{B-1}\big)\Big),$$
 *
 * the second term only for $l\ge1$. It is one of the three means of which the eigenvalue on $\mathbb M$ is made.
 *
 * **Checked.** Each $\alpha_l$ and $\beta_l$ by quadrature over the sphere with $\phi=C_l$, and with $C_l$ and $C_{l+2}$. The whole sum for every activation of the table.
 * **Tolerance.** Quadrature states its error. Beyond the last degree both coefficients are below $0.53\max|C_l(x)/C_l(1)|$ times Parseval's rest.
 * **Could miss.** With kinks at $B=4$, errors below $10^{-8}$.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/response.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/zonal.h>
#include <math.h>

enum { DEGREES = 12 };

/* ## Coefficients
 * Over $d_l=c_{B-1,l}^{-1}C_l(1)$ and $\sqrt{d_ld_{l+2}}$; R holds $C_l(\frac{-1}{B-1})/C_l(1)$. */
static double alpha(struct claim *claim, int B, const double R[], int l)
{
    double up = gegenbauer_dimension_ratio(l, B - 1), down = l ? 1 / gegenbauer_dimension_ratio(l - 1, B - 1) : 0;
    double below = claim_fault(claim, "second_term") ? B + 2 * l - 3 : B + 2 * l - 5;
    double first = (l + 1) / (B + 2.0 * l - 1), second = l ? (B + l - 4) / below : 0;

    return (B - 1.0) / B * (first * first * up * R[l + 1] + (l ? second * second * down * R[l - 1] : 0));
}

static double beta(struct claim *claim, int B, const double R[], int l)
{
    double up = gegenbauer_dimension_ratio(l, B - 1), next = gegenbauer_dimension_ratio(l + 1, B - 1),
           below = B + 2.0 * l - 1;
    double twice = claim_fault(claim, "once") ? 1 : 2;

    return (B - 1.0) / B * twice * (l + 1) * (B + l - 2) / (below * below) * sqrt(up / next) * R[l + 1];
}

/* ## Two functions
 * $\mathbb E\,f(h_1)g(h_2)h_1h_2/B$. */
struct functions {
    const struct piecewise *f, *g;
    int B;
};

static void weighted(double x, double y, double out[], void *context)
{
    const struct functions *two = context;

    out[0] = x * y / two->B * two->f->f(x, two->f->context) * two->g->f(y, two->g->context);
}

static struct value quadrature(struct claim *claim, int B, const struct piecewise *f, const struct piecewise *g)
{
    struct functions two = {f, g, B};
    struct value mean;

    claim_need(claim, sphere_pair_means(B, 1, weighted, &two, f->kinks, f->kink, &mean));
    return mean;
}

static void degrees(struct claim *claim, int B)
{
    double R[DEGREES + 3];

    gegenbauer_ratios(DEGREES + 2, (B - 3) / 2.0, -1.0 / (B - 1), R);
    for (int l = 0; l <= DEGREES; l += claim_scale(claim) == SCALE_SMOKE ? 3 : 1) {
        double one[DEGREES + 3] = {0}, other[DEGREES + 3] = {0};
        struct zonal_activation p = {B - 1, l, one}, q = {B - 1, l + 2, other};
        struct response first = response_zonal(&p), second = response_zonal(&q);

        one[l] = other[l + 2] = 1;
        claim_case(claim, "B = %d, l = %d", B, l);
        check_zero(claim, "alpha",
                   value_sub(measured(alpha(claim, B, R, l), 2e-15 * (l + 2), ROUNDING),
                             quadrature(claim, B, &first.value, &first.value)),
                   1);
        check_zero(claim, "beta",
                   value_sub(measured(beta(claim, B, R, l), 2e-15 * (l + 2), ROUNDING),
                             value_scale(2, quadrature(claim, B, &first.value, &second.value))),
                   1);
    }
}

/* ## Every activation */
static struct value series(struct claim *claim, const struct piecewise *f, int B)
{
    int lmax = (int)claim_integer(claim, "lmax");
    size_t room = (size_t)lmax + 3;
    double *R = memory_doubles(3 * room), *squares = R + room, *products = squares + room;
    double m = 0.53 * gegenbauer_ratio_bound(lmax, B - 1, -1.0 / (B - 1));
    struct zonal zonal;

    claim_need(claim, zonal_expand(B - 1, f, NULL, lmax, &zonal));
    gegenbauer_ratios(lmax + 2, (B - 3) / 2.0, -1.0 / (B - 1), R);
    for (int l = 0; l <= lmax; l++) {
        squares[l] = alpha(claim, B, R, l);
        products[l] = beta(claim, B, R, l);
    }
    struct value sum = value_add(zonal_sum(&zonal, squares, (struct zonal_tail){-m, m, false}),
                                 zonal_sum_two_apart(&zonal, products, m));
    zonal_free(&zonal);
    memory_free(R);
    return sum;
}

static double squared(double h, void *context)
{
    const struct piecewise *f = context;
    double y = f->f(h, f->context);

    return y * y;
}

static void activation(struct claim *claim, const struct activation *phi, int B, bool row)
{
    struct response response = response_of(phi);
    struct piecewise *f = &response.value;
    struct value sum = series(claim, f, B), mean = quadrature(claim, B, f, f);
    double size = claim_value(claim, sphere_mean(B, &(struct piecewise){squared, f, f->kinks, f->kink})).x;

    claim_case(claim, "%s, B = %d", phi->name, B);
    check_zero(claim, "activations", value_sub(sum, mean), size);
    if (row) {
        claim_row(claim, phi->name, B, sum.x / size, mean.x / size, value_error(sum) / size);
    }
}

static void lemma(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "series", ABSOLUTE(1e-11), "a series over quadratures, relative to q");
    claim_column(claim, "sphere", ABSOLUTE(1e-11), "quadrature, relative to q");
    claim_column(claim, "series_err", ABSOLUTE(1e-5), "its bound on what is left out");
    for (int i = 0; i < 10; i += claim_scale(claim) == SCALE_SMOKE ? 3 : 1) {
        degrees(claim, sizes[i]);
    }
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += claim_scale(claim) == SCALE_SMOKE ? 3 : 1) {
            activation(claim, &phi, sizes[i], true);
        }
    }
    degrees(claim, (int)claim_integer(claim, "B"));
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    activation(claim, &phi, (int)claim_integer(claim, "B"), false);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 1000),
                           text("phi", "one more activation, tried at B", "relu^1.7"),
                           integer_by_scale("lmax", "highest degree", 120, 400, 3000, 50, 5000)},
            .faults = {{"second_term", "B + 2l - 3 in the second denominator of alpha", "alpha activations"},
                       {"once", "without the 2 in beta", "beta activations"}},
            .run = lemma,
        }));
}
