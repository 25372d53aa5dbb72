/* # Theorem 3.8: how fast a batch finds its symmetric fixed point, degree by degree
 *
 * Yang et al. (2019), section 3.1.1, theorem 3.8, eq. 15, and the prose after it. With the Gegenbauer coefficients $a_l$ of $\phi$,
 *
 * $$\lambda_L^\uparrow=\frac{\sum_la_l^2w_l+a_la_{l+2}u_l}{\sum_la_l^2v_l},\qquad\lambda_M^\uparrow=\frac{\sum_la_l^2\tilde w_l+a_la_{l+2}\tilde u_l}{\sum_la_l^2v_l}.$$
 *
 * The prose: $w_1<v_1$ but $w_l\ge v_l$ for $l\ge2$, so that a larger linear part makes $\lambda_L^\uparrow$ smaller; $\lambda_M^\uparrow$ is typically much smaller than $\lambda_L^\uparrow$, with
 * exceptions like $\sin$.
 *
 * **Checked.** The form of the statement, which the formulas of theorems F.22 and F.24 don't enter (they have programs of their own): eigenvalues of networks whose $\phi$ has one or two degrees, by quadrature over the
 * sphere, give every entry of both quadratic forms. Entries of degrees that differ by anything but 0 or 2 vanish, and the forms predict the eigenvalues at random coefficients. The same eigenvalues from the
 * Jacobian as a matrix of $B^2\times B^2$ entries. For every activation of the table: its series, and which of the two eigenvalues is larger.
 * **Tolerance.** Quadrature states its error, the matrix its residual, the series what it leaves out.
 * **Could miss.** Forms of degrees above 6.
 * **Found.** The theorem holds. Two sentences after it don't. $w_l\ge v_l$ for all $l\ge2$ only from $B=9$. And $\lambda_M^\uparrow$ is the larger one not just for $\sin$: for tanh, erf, sigmoid, elu and selu as well, that is,
 * wherever large inputs are compressed. It is the smaller one for relu, leaky relu, gelu, silu, softplus, exp and powers. For gelu, silu and softplus $\lambda_L^\uparrow$ passes 1 between $B=16$ and $B=64$: their
 * symmetric fixed point is unstable at large batches. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/gegenbauer.h>
#include <math.h>

enum { DEGREES = 6 };

/* ## Networks of given coefficients
 * f for orthonormal harmonics, f[0..DEGREES]. $\lambda\sum f_l^2(1-R_l)$ is the quadratic form. */
struct forms {
    struct value L, M, spread;
};

static struct forms forms_at(struct claim *claim, int B, const double R[], const double f[])
{
    struct zonal_activation phi = {B - 1, DEGREES, f};
    struct response response = response_zonal(&phi);
    struct batchnorm_state state;
    double spread = 0;

    for (int l = 0; l <= DEGREES; l++) {
        spread += f[l] * f[l] * (1 - R[l]);
    }
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    return (struct forms){value_scale(spread, state.forward.L), value_scale(spread, state.forward.M),
                          rounded(spread, 4 * DEGREES)};
}

/* Entry $(l,m)$ is half of what two degrees have more than both alone. */
static void entries(struct claim *claim, int B, const double R[], struct forms entry[DEGREES + 1][DEGREES + 1])
{
    for (int l = 1; l <= DEGREES; l++) {
        double f[DEGREES + 1] = {0};

        f[l] = 1;
        entry[l][l] = forms_at(claim, B, R, f);
        for (int m = 1; m < l; m++) {
            double both[DEGREES + 1] = {0};

            both[l] = both[m] = 1;
            struct forms sum = forms_at(claim, B, R, both);
            entry[l][m].L = value_sub(sum.L, value_add(entry[l][l].L, entry[m][m].L));
            entry[l][m].M = value_sub(sum.M, value_add(entry[l][l].M, entry[m][m].M));
            claim_case(claim, "B = %d, l = %d, m = %d", B, l, m);
            if (m != l - (claim_fault(claim, "neighbours") ? 1 : 2)) {
                check_zero(claim, "no other products, L", entry[l][m].L, B);
                check_zero(claim, "no other products, M", entry[l][m].M, 1);
            }
        }
    }
}

static void random_coefficients(struct claim *claim, int B, const double R[],
                                struct forms entry[DEGREES + 1][DEGREES + 1], uint32_t sample)
{
    struct stream stream = claim_stream(claim, 0, sample);
    double f[DEGREES + 1];
    struct value L = exact(0), M = exact(0);

    stream_normals(&stream, DEGREES + 1, f);
    for (int l = 1; l <= DEGREES; l++) {
        L = value_add(L, value_scale(f[l] * f[l], entry[l][l].L));
        M = value_add(M, value_scale(f[l] * f[l], entry[l][l].M));
        if (l > 2 && !claim_fault(claim, "diagonal")) {
            L = value_add(L, value_scale(f[l] * f[l - 2], entry[l][l - 2].L));
            M = value_add(M, value_scale(f[l] * f[l - 2], entry[l][l - 2].M));
        }
    }
    struct forms there = forms_at(claim, B, R, f);
    claim_case(claim, "B = %d, random coefficients %u", B, sample);
    check_zero(claim, "random coefficients, L", value_sub(value_div(L, there.spread), value_div(there.L, there.spread)),
               B);
    check_zero(claim, "random coefficients, M", value_sub(value_div(M, there.spread), value_div(there.M, there.spread)),
               1);
}

static void quadratic_forms(struct claim *claim, int B)
{
    struct forms entry[DEGREES + 1][DEGREES + 1];
    double R[DEGREES + 1];

    gegenbauer_ratios(DEGREES, (B - 3) / 2.0, -1.0 / (B - 1), R);
    entries(claim, B, R, entry);
    for (uint32_t i = 0; i < 5; i++) {
        random_coefficients(claim, B, R, entry, (uint32_t)B * 8 + i);
    }
}

/* ## Every activation */
static void by_matrix(struct claim *claim, const struct response *phi, int B, struct spectrum sphere)
{
    double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));
    struct brackets U;

    claim_need(claim, batchnorm_forward_brackets(phi, B, &U));
    ultrasymmetric_matrix(B, &U, matrix);
    struct spectrum spectrum = operator_spectrum(B, matrix);
    check_equal(claim, "L, matrix", sphere.L, spectrum.L);
    check_zero(claim, "M, matrix", value_sub(sphere.M, spectrum.M), 1);
    memory_free(matrix);
}

static struct spectrum activation(struct claim *claim, const struct activation *phi, int B, bool row)
{
    struct response response = response_of(phi);
    struct batchnorm_state sphere, series;

    claim_case(claim, "%s, B = %d", phi->name, B);
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    claim_need(claim, batchnorm_state_series(&response, B, (int)claim_integer(claim, "lmax"), &series));
    check_equal(claim, "L, series", series.forward.L, sphere.forward.L);
    check_zero(claim, "M, series", value_sub(series.forward.M, sphere.forward.M), 1);
    if (B <= 6) {
        by_matrix(claim, &response, B, sphere.forward);
    }
    if (row) {
        claim_row(claim, phi->name, B, sphere.forward.L.x, sphere.forward.M.x);
    }
    return sphere.forward;
}

/* ## Which is larger
 * The linear network has both equal; $h_5$ goes either way. */
static void larger(struct claim *claim, const char *const names[], bool M, bool exception)
{
    static const int sizes[] = {4, 5, 6, 8, 16, 64, 1000};

    for (; *names; names++) {
        struct activation phi;

        claim_need(claim, activation_find(*names, &phi));
        for (int i = 0; i < 7; i++) {
            struct spectrum at = activation(claim, &phi, sizes[i], true);
            struct value margin = M ? value_sub(at.M, at.L) : value_sub(at.L, at.M);

            check_shape(claim, M ? "M larger" : "L larger",
                        claim_fault(claim, "swapped") ? value_scale(-1, margin) : margin, 1);
            if (M && !exception) {
                check_not_at_most(claim, "M below L, as printed", at.M, at.L);
            }
        }
    }
}

/* ## $w_l\ge v_l$ */
static void ordered(struct claim *claim, int B)
{
    for (int l = 2; l <= 200; l += 1 + l / 10) {
        double R = gegenbauer_ratio(l, (B - 3) / 2.0, -1.0 / (B - 1)), b = B;
        double w = l * (b - 3 + l) * (b - 3) / ((b - 5 + 2 * l) * (b - 1 + 2 * l)) * (1 - 2 * (b - 1) / (b - 2) * R);
        struct value margin = measured(w - (1 - R), 1e-15 * (l + 4) * B, ROUNDING);

        claim_case(claim, "B = %d, l = %d", B, l);
        if (B >= 9) {
            check_shape(claim, "w above v from B = 9", margin, 1);
        } else if ((l == 2 && B <= 7) || (l == 3 && B == 8)) {
            check_not_at_least(claim, "w above v from l = 2, as printed", margin, exact(0));
        }
    }
}

static void rates(struct claim *claim)
{
    static const char *const grow[] = {"relu",     "lrelu:0.1", "abs",  "relu^2", "gelu", "silu",
                                       "softplus", "exp",       "bump", "x^3",    NULL};
    static const char *const saturate[] = {"tanh", "sigmoid", "erf", "elu", "selu", NULL}, *const sine[] = {"sin",
                                                                                                            NULL};
    static const int sizes[] = {4, 5, 6, 7, 10, 33, 100, 1000};
    struct activation phi;
    int B = (int)claim_integer(claim, "B"), step = claim_scale(claim) == SCALE_SMOKE ? 3 : 1;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "L", RELATIVE(1e-9), "quadrature");
    claim_column(claim, "M", ABSOLUTE(1e-10), "quadrature");
    for (int i = 0; i < 8; i += step) {
        quadratic_forms(claim, sizes[i]);
    }
    larger(claim, grow, false, false);
    larger(claim, saturate, true, false);
    larger(claim, sine, true, true);
    for (int b = 4; b <= 10000; b += 1 + b / 9) {
        ordered(claim, b);
    }
    quadratic_forms(claim, B);
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
                           integer_by_scale("lmax", "highest degree of the series", 120, 300, 2000, 50, 5000)},
            .faults = {{"neighbours", "products of degrees that differ by 1 in place of 2", "no?other*"},
                       {"diagonal", "squares alone", "random*"},
                       {"swapped", "the other eigenvalue larger", "L?larger M?larger"}},
            .errata = {{.id = "Y5",
                        .printed = "$w_{B-1,l}\\ge v_{B-1,l}$ for all $l\\ge2$ (main text after theorem 3.8).",
                        .corrected = "For $B\\ge9$, $w_{B-1,l}\\ge v_{B-1,l}$ for all $l\\ge2$. For smaller batches it "
                                     "fails at $l=2$ ($B\\le7$) or $l=3$ ($B=8$).",
                        .differs = "w?above?v?from?l*",
                        .equal = "w?above?v?from?B*",
                        .consequence = "The intuition that higher degrees make the symmetric fixed point unstable "
                                       "needs batches of nine or more.",
                        .by_hand = "At $l=2$ appendix F.3.2 has $w_2-v_2=\\frac{B(B+1)(B^2-9B+12)}{2(B-1)(B+3)}$, and "
                                   "$B^2-9B+12=-8$ at $B=4$."},
                       {.id = "Y10",
                        .printed = "$\\lambda_M^\\uparrow$ is typically much smaller than $\\lambda_L^\\uparrow$, but "
                                   "there are exceptions like $\\sin$.",
                        .corrected = "$\\lambda_M^\\uparrow<\\lambda_L^\\uparrow$ for activations that grow (relu, "
                                     "gelu, silu, softplus, exp, powers), $\\lambda_M^\\uparrow>\\lambda_L^\\uparrow$ "
                                     "for those that compress large "
                                     "inputs (tanh, erf, sigmoid, elu, selu) and for $\\sin$.",
                        .differs = "M?below*",
                        .equal = "L?larger M?larger",
                        .consequence = "For saturating activations correlations, not norms, take longest to settle.",
                        .by_hand = NULL}},
            .run = rates,
        }));
}
