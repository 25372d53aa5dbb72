/* # Theorem F.22: the forward eigenvalue on L as a ratio of quadratic forms
 *
 * Yang et al. (2019), appendix F.3.2, theorem F.22. Let $\phi(\sqrt{B-1}x)=\sum_la_lc_{B-1,l}^{-1}C_l(x)$, $C_l=C_l^{((B-3)/2)}$, and
 * $X_l=C_l(1)-\frac{2(B-1)}{B-2}C_l(\frac{-1}{B-1})$. The Jacobian at the symmetric fixed point has on $\mathbb L$ the eigenvalue
 *
 * $$\lambda_L^\uparrow=\frac{\sum_la_l^2w_l+a_la_{l+2}u_l}{\sum_la_l^2v_l},\qquad v_l=c_{B-1,l}^{-1}\Big(C_l(1)-C_l\big(\tfrac{-1}{B-1}\big)\Big),$$
 *
 * $$w_l=\frac{B-1}2\Big(\kappa_0\big(l,\tfrac{B-3}2\big)-\frac1{B-1}\Big)c_{B-1,l}^{-1}X_l=\frac{l(B-3+l)(B-3)}{(B-5+2l)(B-1+2l)}c_{B-1,l}^{-1}X_l,$$
 *
 * $$u_l=\frac{B-1}2\Big(\frac{(B-3+l)(B-2+l)}{(B-3)(B-1+2l)}X_l+\frac{(l+1)(l+2)}{(B-3)(B-1+2l)}X_{l+2}\Big),$$
 *
 * $u_0=v_0=w_0=0$, and $w_1-v_1=\frac{-2B}{B+1}$, $w_2-v_2=\frac{B(B+1)(B^2-9B+12)}{2(B-1)(B+3)}$, $w_3-v_3=\frac{(B-3)(B+3)B^2(2B^3-19B^2+16B+13)}{6(B-1)^2(B+1)(B+5)}$. The prose
 * goes on that plots suggest $w_l\ge v_l$ for all $l\ge1$ when $B\ge10$.
 *
 * **Checked.** Each $w_l$: the eigenvalue of a network whose $\phi$ is $C_l$ itself, by quadrature over the sphere, is $w_l/v_l$. Each $u_l$ the same way, with $C_l+C_{l+2}$. The whole ratio
 * for every activation of the table. Both forms of $w_l$, the values at $l=0$, and the closed forms. Where $w_l\ge v_l$.
 * **Tolerance.** Quadrature states its error. What lies beyond the last degree of the series is bounded by Parseval's rest for $\phi$ times the largest coefficients to come.
 * **Could miss.** With kinks, errors below what the series leaves: $10^{-8}$ for small batches, $10^{-3}$ at $B=1000$.
 * **Found.** The theorem holds. The prose after it contradicts the line above it: $w_1<v_1$ for every $B$. For $l\ge2$ it is true, and from $B=9$ on already. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/zonal.h>
#include <math.h>

enum { DEGREES = 12 };

/* ## Coefficients
 * Over $d_l=c_{B-1,l}^{-1}C_l(1)$, so that nothing overflows: $a_l^2w_l=f_l^2(w_l/d_l)$ with the coefficients $f_l$ for orthonormal harmonics; R holds $C_l(\frac{-1}{B-1})/C_l(1)$. */
static double X(int B, const double R[], int l)
{
    return 1 - 2 * (B - 1.0) / (B - 2) * R[l];
}

static double v(const double R[], int l)
{
    return 1 - R[l];
}

static double kappa_0(double l, double lambda)
{
    return (l + 1) * (l + 2 * lambda) / (4 * (l + lambda) * (l + 1 + lambda)) +
           (l > 0 ? (l - 1 + 2 * lambda) * l / (4 * (l + lambda) * (l - 1 + lambda)) : 0);
}

static double w_by_kappa(int B, const double R[], int l)
{
    return (B - 1) / 2.0 * (kappa_0(l, (B - 3) / 2.0) - 1.0 / (B - 1)) * X(B, R, l);
}

/* At $B=5$, $l=0$ this form reads $0/0$ and means 0. */
static double w_factor(struct claim *claim, int B, double l)
{
    return l == 0 ? 0
                  : l * (B - 3 + l) * (B - 3) /
                        ((B - 5 + 2 * l) * (B - (claim_fault(claim, "denominator") ? 3 : 1) + 2 * l));
}

static double w(struct claim *claim, int B, const double R[], int l)
{
    return w_factor(claim, B, l) * X(B, R, l);
}

/* $u_l/\sqrt{d_ld_{l+2}}$, with $C_l(1)=d_lc_{B-1,l}$. */
static double u(struct claim *claim, int B, const double R[], int l)
{
    double step = sqrt(gegenbauer_dimension_ratio(l, B - 1) * gegenbauer_dimension_ratio(l + 1, B - 1)),
           below = (B - 3) * (B - 1 + 2.0 * l);
    double c = (B - 3) / (B - 3 + 2.0 * l), c2 = (B - 3) / (B + 1 + 2.0 * l),
           top = claim_fault(claim, "last_term") ? l + 2 : l + 1;

    return (B - 1) / 2.0 *
           ((B - 3.0 + l) * (B - 2 + l) / below * c / step * X(B, R, l) +
            top * (l + 2) / below * c2 * step * X(B, R, l + 2));
}

/* ## One degree at a time
 * $\phi=\sqrt{d_l}R_l$, or $\sqrt{d_l}R_l+\sqrt{d_{l+2}}R_{l+2}$. */
static struct value eigenvalue(struct claim *claim, int B, int l, bool both)
{
    double f[DEGREES + 3] = {0};
    struct zonal_activation phi = {B - 1, l + 2, f};
    struct response response = response_zonal(&phi);
    struct batchnorm_state state;

    f[l] = 1;
    f[l + 2] = both;
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    return state.forward.L;
}

static void degrees(struct claim *claim, int B)
{
    double R[DEGREES + 3];

    gegenbauer_ratios(DEGREES + 2, (B - 3) / 2.0, -1.0 / (B - 1), R);
    for (int l = 0; l <= DEGREES; l++) {
        double both = v(R, l) + v(R, l + 2), scale = both * B;
        struct value mixed = value_scale(both, eigenvalue(claim, B, l, true));
        struct value squares = measured(w(claim, B, R, l) + w(claim, B, R, l + 2), 1e-15 * (l + 4) * scale, ROUNDING);

        claim_case(claim, "B = %d, l = %d", B, l);
        check_equal(claim, "two forms of w", rounded(w_by_kappa(B, R, l), 30 + 8.0 * B),
                    rounded(w(claim, B, R, l), 30));
        if (l > 0) {
            check_equal(claim, "w of one degree", rounded(w(claim, B, R, l) / v(R, l), 40 + 8 * l),
                        eigenvalue(claim, B, l, false));
            check_zero(
                claim, "u of two degrees",
                value_sub(measured(u(claim, B, R, l), 1e-15 * (l + 4) * scale, ROUNDING), value_sub(mixed, squares)),
                B);
        } else {
            check_zero(claim, "none of degree 0",
                       measured(fabs(u(claim, B, R, 0)) + fabs(w(claim, B, R, 0)) + v(R, 0), 40e-16 * B, ROUNDING), B);
        }
    }
}

/* ## Every activation
 * Beyond lmax the factor of $w_l$ moves monotonically to $\frac{B-3}4$, and $|u_l|/\sqrt{d_ld_{l+2}}$ stays below $0.26(B-1)(1+\frac{2(B-1)}{B-2}\max|R_l|)$. */
static struct value series(struct claim *claim, const struct piecewise *f, int B)
{
    int lmax = (int)claim_integer(claim, "lmax");
    size_t room = (size_t)lmax + 3;
    double *R = memory_doubles(4 * room), *vs = R + room, *ws = vs + room, *us = ws + room;
    double m = gegenbauer_ratio_bound(lmax + 1, B - 1, -1.0 / (B - 1)), sway = 2 * (B - 1.0) / (B - 2) * m,
           first = w_factor(claim, B, lmax + 1), limit = (B - 3) / 4.0;
    struct zonal zonal;

    claim_need(claim, zonal_expand(B - 1, f, NULL, lmax, &zonal));
    gegenbauer_ratios(lmax + 2, (B - 3) / 2.0, -1.0 / (B - 1), R);
    for (int l = 0; l <= lmax; l++) {
        vs[l] = v(R, l);
        ws[l] = w(claim, B, R, l);
        us[l] = u(claim, B, R, l);
    }
    struct value top = zonal_sum(
        &zonal, ws, (struct zonal_tail){fmin(first, limit) * (1 - sway), fmax(first, limit) * (1 + sway), false});
    top = value_add(top, zonal_sum_two_apart(&zonal, us, 0.26 * (B - 1) * (1 + sway)));
    struct value ratio = value_div(top, zonal_sum(&zonal, vs, (struct zonal_tail){1 - m, 1 + m, false}));
    zonal_free(&zonal);
    memory_free(R);
    return ratio;
}

static void activation(struct claim *claim, const struct activation *phi, int B, bool row)
{
    struct response response = response_of(phi);
    struct batchnorm_state state;
    struct value lambda = series(claim, &response.value, B);

    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    claim_case(claim, "%s, B = %d", phi->name, B);
    check_equal(claim, "activations", lambda, state.forward.L);
    if (row) {
        claim_row(claim, phi->name, B, lambda.x, state.forward.L.x, value_error(lambda));
    }
}

/* ## Where $w_l\ge v_l$ */
static void closed_forms(struct claim *claim, int B)
{
    double R[4], b = B, square = claim_fault(claim, "l_2") ? b * b - 9 * b + 11 : b * b - 9 * b + 12;
    const double printed[] = {0, -2 * b / (b + 1), b * (b + 1) * square / (2 * (b - 1) * (b + 3)),
                              (b - 3) * (b + 3) * b * b * (2 * b * b * b - 19 * b * b + 16 * b + 13) /
                                  (6 * (b - 1) * (b - 1) * (b + 1) * (b + 5))};

    gegenbauer_ratios(3, (B - 3) / 2.0, -1.0 / (B - 1), R);
    for (int l = 1; l <= 3; l++) {
        double d = exp(gegenbauer_log_dimension(l, B - 1));
        struct value difference = measured(d * (w(claim, B, R, l) - v(R, l)), 40e-16 * d * (b + 1), ROUNDING);

        claim_case(claim, "B = %d, l = %d", B, l);
        check_zero(claim, "w - v in closed form",
                   value_sub(measured(printed[l], 20e-16 * d * (b + 1), ROUNDING), difference), d * b);
        if (l == 1 && B >= 10) {
            struct value by_kappa = rounded(d * (w_by_kappa(B, R, 1) - v(R, 1)), 8.0 * B);

            check_not_at_least(claim, "w - v at l = 1, as printed", by_kappa, exact(0));
        }
    }
}

static void ordered(struct claim *claim, int B)
{
    enum { LAST = 400 };
    double R[LAST + 1];

    gegenbauer_ratios(LAST, (B - 3) / 2.0, -1.0 / (B - 1), R);
    for (int l = 2; l <= LAST; l += 1 + l / 20) {
        struct value margin = measured(w_by_kappa(B, R, l) - v(R, l), 1e-15 * (l + 4) * B, ROUNDING);

        claim_case(claim, "B = %d, l = %d", B, l);
        if (B >= 9) {
            check_shape(claim, "w above v from l = 2", margin, v(R, l));
        } else if (B == 8 && l == 3) {
            check_shape(claim, "not yet at B = 8, l = 3", value_scale(-1, margin), v(R, l));
        }
    }
}

static void forward(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi;
    int B = (int)claim_integer(claim, "B");

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "series", RELATIVE(1e-9), "a series over quadratures");
    claim_column(claim, "sphere", RELATIVE(1e-9), "quadrature; cancels for x^3 and h5");
    claim_column(claim, "series_err", ABSOLUTE(1e-2), "its bound on what is left out");
    for (int i = 0; i < 10; i += claim_scale(claim) == SCALE_SMOKE ? 3 : 1) {
        degrees(claim, sizes[i]);
        closed_forms(claim, sizes[i]);
    }
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += claim_scale(claim) == SCALE_SMOKE ? 3 : 1) {
            activation(claim, &phi, sizes[i], true);
        }
    }
    for (int b = 8; b <= 10000; b += 1 + b / 9) {
        ordered(claim, b);
    }
    degrees(claim, B);
    closed_forms(claim, B);
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    activation(claim, &phi, B, false);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 1000),
                           text("phi", "one more activation, tried at B", "relu^1.7"),
                           integer_by_scale("lmax", "highest degree", 120, 400, 3000, 50, 5000)},
            .faults = {{"denominator", "B - 3 + 2l in place of B - 1 + 2l in w",
                        "two?forms* w?of* u?of* activations w?-?v?in*"},
                       {"last_term", "(l+2)^2 in place of (l+1)(l+2) in u", "u?of* none* activations"},
                       {"l_2", "B^2 - 9B + 11 in w_2 - v_2", "w?-?v?in*"}},
            .errata =
                {{.id = "Y5",
                  .printed = "For $B\\ge10$, $w_{B-1,l}-v_{B-1,l}\\ge0$ for all $l\\ge1$ (prose after theorem F.22).",
                  .corrected =
                      "For $B\\ge9$, $w_{B-1,l}-v_{B-1,l}\\ge0$ for all $l\\ge2$; $w_{B-1,1}<v_{B-1,1}$ for every $B$.",
                  .differs = "w?-?v?at*",
                  .equal = "w?above* not?yet*",
                  .consequence = "None: a slip of the pen. The argument needs the linear part to be the one that "
                                 "lowers the eigenvalue.",
                  .by_hand = "The lines above the sentence give $w_1-v_1=-2B/(B+1)$, negative for every $B$."}},
            .run = forward,
        }));
}
