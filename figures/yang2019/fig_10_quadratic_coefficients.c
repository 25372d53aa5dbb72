/* # Figure 10: which degrees drive the norms of a batch apart
 *
 * Yang et al. (2019), appendix F.3.2, figure 10: $w_{B-1,l}-v_{B-1,l}$ over $B$ for $l=2,3,4,5,10,100$. The eigenvalue on $\mathbb L$ at the symmetric fixed point is at least 1 where
 * $\sum_la_l^2(w_{B-1,l}-v_{B-1,l})+a_la_{l+2}u_{B-1,l}\ge0$ (theorem F.22), so a degree with $w_l>v_l$ works for instability, one with $w_l<v_l$ against it. The caption gives no
 * axes; the text reads from the figure that from $B=10$ on all these are non-negative.
 *
 * **Checked.** The values against networks whose $\phi$ is the Gegenbauer polynomial of degree $l$ itself: $w_l/v_l$ is their eigenvalue, by quadrature over the sphere. For $l=2$ and 3 against the closed
 * forms in the text. Non-negative from $B=9$, growing with $l$ from $B=10$ and with $B$; negative for $l=2$ up to $B=7$.
 * **Tolerance.** The quantities span hundreds of decades: all is computed relative to $d_l=c_{B-1,l}^{-1}C_l(1)$, the dimension of the harmonics of degree $l$, whose logarithm is known.
 * **Could miss.** Degrees other than drawn; `thm_f_22_forward_L` goes through all up to 400.
 * **Found.** As the text says, and from $B=9$ already. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/gegenbauer.h>
#include <math.h>
#include <string.h>

static const int degrees[] = {2, 3, 4, 5, 10, 100};
enum { DEGREES = 6 };

/* ## Relative to $d_l$
 * $v_l/d_l=1-R$, $w_l/d_l=\frac{l(B-3+l)(B-3)}{(B-5+2l)(B-1+2l)}\big(1-\frac{2(B-1)}{B-2}R\big)$, $R=C_l(\frac{-1}{B-1})/C_l(1)$. */
static double ratio(int B, int l)
{
    return gegenbauer_ratio(l, (B - 3) / 2.0, -1.0 / (B - 1));
}

static double w(struct claim *claim, int B, int l)
{
    double b = B, factor = l * (b - 3 + l) * (b - 3) / ((b - 5 + 2 * l) * (b - 1 + 2 * l)),
           twice = claim_fault(claim, "once") ? 1 : 2;

    return factor * (1 - twice * (b - 1) / (b - 2) * ratio(B, l));
}

static struct value difference(struct claim *claim, int B, int l)
{
    return measured(w(claim, B, l) - (1 - ratio(B, l)), 1e-15 * (l + 4) * (B + 1), ROUNDING);
}

/* ## The witness */
static struct value eigenvalue(struct claim *claim, int B, int l)
{
    double f[101] = {0};
    struct zonal_activation phi = {B - 1, l, f};
    struct response response = response_zonal(&phi);
    struct batchnorm_state state;

    f[l] = 1;
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    return state.forward.L;
}

static void against_networks(struct claim *claim, int B)
{
    for (int i = 0; i < DEGREES - 1; i++) {
        int l = degrees[i];
        struct value less = value_sub(eigenvalue(claim, B, l), exact(1));

        claim_case(claim, "B = %d, l = %d", B, l);
        check_zero(claim, "networks of one degree",
                   value_sub(difference(claim, B, l), value_scale(1 - ratio(B, l), less)), B);
    }
}

static void closed_forms(struct claim *claim, int B)
{
    double b = B, top = claim_fault(claim, "l_3") ? b * b - 9 : (b - 3) * (b + 3);
    double two = b * (b + 1) * (b * b - 9 * b + 12) / (2 * (b - 1) * (b + 3));
    double three = top * (claim_fault(claim, "l_3") ? b : b * b) * (2 * b * b * b - 19 * b * b + 16 * b + 13) /
                   (6 * (b - 1) * (b - 1) * (b + 1) * (b + 5));

    claim_case(claim, "B = %d", B);
    for (int l = 2; l <= 3; l++) {
        double d = exp(gegenbauer_log_dimension(l, B - 1));

        check_zero(claim, l == 2 ? "closed form, l = 2" : "closed form, l = 3",
                   value_sub(measured(l == 2 ? two : three, 20e-16 * d * b, ROUNDING),
                             value_scale(d, difference(claim, B, l))),
                   d * b);
    }
}

/* ## What is read from the figure */
static void shapes(struct claim *claim, int B)
{
    struct value before = exact(0);
    double log_before = 0;

    for (int i = 0; i < DEGREES; i++) {
        int l = degrees[i];
        struct value here = difference(claim, B, l);
        double log_here = gegenbauer_log_dimension(l, B - 1);

        claim_case(claim, "B = %d, l = %d", B, l);
        if (B >= 9) {
            check_shape(claim, "non-negative from B = 9", claim_fault(claim, "negative") ? value_scale(-1, here) : here,
                        B);
        }
        if (B >= 10 && i > 0) {
            check_shape(claim, "grows with l", value_sub(here, value_scale(exp(log_before - log_here), before)), B);
        }
        if (B >= 10) {
            double grown = exp(gegenbauer_log_dimension(l, B - 1) - gegenbauer_log_dimension(l, B));

            check_shape(claim, "grows with B", value_sub(difference(claim, B + 1, l), value_scale(grown, here)), B);
        }
        if (l == 2 && B <= 7) {
            check_shape(claim, "negative for l = 2 up to B = 7", value_scale(-1, here), B);
        }
        before = here;
        log_before = log_here;
    }
}

static void figure(struct claim *claim)
{
    int last = (int)claim_integer(claim, "B");

    claim_labels(claim, "l");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "sign", EXACT, "of w - v, which is never near 0 on this grid");
    claim_column(claim, "log10", ABSOLUTE(1e-9), "of |w - v|; relative error of a difference");
    claim_column(claim, "over_v", ABSOLUTE(1e-9), "w / v - 1");
    for (int i = 0; i < DEGREES; i++) {
        char label[8];

        snprintf(label, sizeof label, "%d", degrees[i]);
        for (int B = 4; B <= last; B += 1 + B / 20) {
            double here = difference(claim, B, degrees[i]).x;

            claim_row(claim, label, B, here < 0 ? -1 : 1,
                      (log(fabs(here)) + gegenbauer_log_dimension(degrees[i], B - 1)) / M_LN10,
                      here / (1 - ratio(B, degrees[i])));
        }
    }
    for (int B = 4; B <= last; B += 1 + B / 20) {
        closed_forms(claim, B);
        shapes(claim, B);
        if (claim_scale(claim) != SCALE_SMOKE || B % 3 == 1) {
            against_networks(claim, B);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "largest batch size", 50, 12, 1000)},
                          .faults = {{"once", "(B-1)/(B-2) in place of twice that in w", "networks* closed*"},
                                     {"l_3", "B in place of B^2 in the closed form for l = 3", "closed?form,?l?=?3"},
                                     {"negative", "v - w in place of w - v", "non-negative*"}},
                          .run = figure,
                      }));
}
