/* # Equations (46) to (49): the derivative along $\mathbb L$, from three numbers
 *
 * Yang et al. (2019), appendix F.3.2. With $\Sigma_\square=\mathbf e^T\Sigma\mathbf e$ the derivative of $V_{B_\phi}$ at the symmetric fixed point is
 *
 * $$\mathcal V\{\dot\Sigma\}=\frac1{\mu^*}\,\mathbb E_v\,\phi(\sqrt B\mathbf ev)^{\otimes2}\Big(\frac{B-1}2v^T\dot\Sigma_\square v-\frac12\mathrm{tr}\,\dot\Sigma_\square\Big),\tag{46}$$
 *
 * which is 0 for $\dot\Sigma=G$. Along $L=BG(\delta_1^{\otimes2}-\delta_2^{\otimes2})G\in\mathbb L$ only the numbers
 * $A(a,b;c)=\mathbb E_v\,\phi(\sqrt B\mathbf ev)_a\phi(\sqrt B\mathbf ev)_b(\mathbf ev)_c^2$ enter, for which $\sum_cA(a,b;c)=\Sigma^*_{ab}$ (47), so
 * that
 *
 * $$\lambda_L^\uparrow=\frac{B-1}{2\mu^*}\Big(\frac B{B-1}A(1,1;1)-\frac{\Sigma^*_{aa}}{B-1}-\frac{2B}{B-2}A(1,3;1)+\frac{2\Sigma^*_{ab}}{B-2}\Big),\tag{48}$$
 *
 * and $A(a,b;b)$ is a quadratic form in $\phi$'s Gegenbauer coefficients, from $x^2C_l=\kappa_2C_{l+2}+\kappa_0C_l+\kappa_{-2}C_{l-2}$ (49).
 *
 * **Checked.** (46) along $L$ against finite differences of $V_{B_\phi}(\Sigma^*+tL)$ itself, a mean over the sphere with the kernel $K$; its zero
 * along $G$ from the nine entries of the operator. (47) with $A(1,1;2)$ by quadrature, and with $A(1,3;2)$, three coordinates, by samples. (48)
 * against the operator as a matrix of $B^2\times B^2$ entries, and against closed forms where $\phi$ is homogeneous. (49) against quadrature, for
 * smooth $\phi$.
 * **Tolerance.** Quadrature and matrices state their errors; difference formulas of sixth and eighth order; series cut at two degrees; standard
 * errors.
 * **Could miss.** (49) for kinked $\phi$, whose series converges too slowly; $A(1,3;2)$ for $\phi$ with tails too heavy to sample.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/gegenbauer.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { DEGREE = 240, SAMPLED_MOST = 33 };

/* ## The numbers $A$
 * $(\mathbf ev)_c=h_c/\sqrt B$. */
struct numbers {
    struct value A111, A112, A131, Saa, Sab, mu; // A(1,1;1), A(1,1;2), A(1,3;1), the fixed point's entries, mu*
};

struct pair {
    int B;
    const struct activation *phi;
    double t; // along L
};

static void terms(double x, double y, double out[], void *context)
{
    const struct pair *p = context;
    double a = activation_value(p->phi, x), both = a * activation_value(p->phi, y);

    out[0] = a * a * x * x / p->B;
    out[1] = a * a * y * y / p->B;
    out[2] = both * x * x / p->B;
    out[3] = a * a;
    out[4] = both;
}

static struct numbers numbers(struct claim *claim, const struct activation *phi, int B)
{
    struct pair p = {B, phi, 0};
    struct value mean[5];
    const double *kink;
    int kinks = activation_kinks(phi, &kink);

    claim_need(claim, sphere_pair_means(B, 5, terms, &p, kinks, kink, mean));
    return (struct numbers){mean[0], mean[1], mean[2], mean[3], mean[4], value_sub(mean[3], mean[4])};
}

/* ## (46) along $L$
 * $\mathbf e_{c:}v=h_c/\sqrt B$ makes $v^TL_\square v=h_1^2-h_2^2$, of trace 0. On the path $\Sigma_\square=\mu^*(I+tL_\square)$ the kernel's
 * determinant and quadratic form are those of a $2\times2$ matrix (Woodbury), for $|t|<1/\sqrt{B(B-2)}$. */
static void along_path(double x, double y, double out[], void *context)
{
    const struct pair *p = context;
    double B = p->B, t = p->t, determinant = 1 - t * t * B * (B - 2);
    double form = (t * (y * y - x * x) + t * t * ((B - 1) * (x * x + y * y) + 2 * x * y)) / determinant;
    double K = exp(-(B - 1) / 2 * log1p(form)) / sqrt(determinant), a = activation_value(p->phi, x),
           b = activation_value(p->phi, y);

    out[0] = K * a * a;
    out[1] = K * b * b;
    out[2] = K * a * b;
}

static void on_path(struct claim *claim, const struct activation *phi, int B, double t, struct value V[3])
{
    struct pair p = {B, phi, t};
    const double *kink;
    int kinks = activation_kinks(phi, &kink);

    claim_need(claim, sphere_pair_means(B, 3, along_path, &p, kinks, kink, V));
}

/* $dV_{11}$, $dV_{22}$, $dV_{12}$ for a unit of $t$, that is along $\mu^*L$. */
static void printed_slope(struct claim *claim, const struct numbers *n, int B, struct value slope[3])
{
    double factor = (claim_fault(claim, "half_forgotten") ? 1 : 0.5) * B * (B - 1.0);

    slope[0] = value_scale(factor, value_sub(n->A111, n->A112));
    slope[1] = value_scale(-1, slope[0]);
    slope[2] = exact(0);
}

static void derivative_along_L(struct claim *claim, const struct activation *phi, int B)
{
    static const char *const entries[] = {"(1,1)", "(2,2)", "(1,2)"};
    struct numbers n = numbers(claim, phi, B);
    struct value printed[3], V[3], at[3][9];
    double step = 0.02 / B;

    printed_slope(claim, &n, B, printed);
    for (int k = -4; k <= 4; k++) {
        on_path(claim, phi, B, k * step, V);
        for (int j = 0; j < 3; j++)
            at[j][k + 4] = V[j];
    }
    for (int j = 0; j < 3; j++) {
        claim_case(claim, "B = %d, %s, entry %s", B, phi->name, entries[j]);
        check_zero(claim, "(46)", value_sub(printed[j], central_difference(step, at[j])), fabs(printed[0].x));
    }
}

/* ## (46) along $G$, and the operator as a matrix */
static struct spectrum of_matrix(struct claim *claim, const struct activation *phi, int B)
{
    struct brackets U;
    struct response response = response_of(phi);
    double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));

    claim_need(claim, batchnorm_forward_brackets(&response, B, &U));
    ultrasymmetric_matrix(B, &U, matrix);
    struct spectrum spectrum = operator_spectrum(B, matrix);
    memory_free(matrix);
    return spectrum;
}

/* ## (48) */
static struct value lambda_L(struct claim *claim, const struct numbers *n, int B)
{
    double two = claim_fault(claim, "two_lost") ? 1 : 2;
    struct value diagonal = value_scale(1 / (B - 1.0), value_sub(value_scale(B, n->A111), n->Saa));
    struct value off = value_scale(two / (B - 2.0), value_sub(value_scale(B, n->A131), n->Sab));

    return value_div(value_scale((B - 1) / 2.0, value_sub(diagonal, off)), n->mu);
}

static void eigenvalue(struct claim *claim, const struct activation *phi, int B)
{
    struct numbers n = numbers(claim, phi, B);
    struct value printed = lambda_L(claim, &n, B);
    struct homogeneous h;
    struct batchnorm_state state;

    claim_case(claim, "B = %d, %s", B, phi->name);
    if (B <= 10) {
        struct spectrum matrix = of_matrix(claim, phi, B);

        check_equal(claim, "(48), matrix", printed, matrix.L);
        check_zero(claim, "G to 0", matrix.G, fabs(matrix.L.x));
    }
    if (homogeneous_find(phi, &h) == STATUS_OK && batchnorm_state_closed(&h, B, &state) == STATUS_OK)
        check_equal(claim, "(48), closed form", printed, state.forward.L);
}

/* ## (47) */
static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct pair *p = context;
    double y[SAMPLED_MOST], mean = 0, square = 0;

    (void)sample;
    stream_normals(stream, (size_t)p->B, y);
    for (int i = 0; i < p->B; i++)
        mean += y[i] / p->B;
    for (int i = 0; i < p->B; i++)
        square += (y[i] - mean) * (y[i] - mean);
    double ev = (y[1] - mean) / sqrt(square), scale = sqrt(p->B / square);
    out[0] =
        activation_value(p->phi, scale * (y[0] - mean)) * activation_value(p->phi, scale * (y[2] - mean)) * ev * ev;
    return STATUS_OK;
}

static void sum_rule(struct claim *claim, const struct activation *phi, int B)
{
    struct numbers n = numbers(claim, phi, B);
    double others = claim_fault(claim, "one_more_sample") ? B : B - 1;
    struct value rest = value_scale(1 / others, value_sub(n.Saa, n.A111));

    claim_case(claim, "B = %d, %s", B, phi->name);
    check_equal(claim, "(47), A(1,1;2)", rest, n.A112);
    struct piecewise value = activation_piecewise(phi);
    if (B > SAMPLED_MOST || sphere_tail(B, &value, 4) > (double)claim_integer(claim, "samples") / 50)
        return;
    struct pair p = {B, phi, 0};
    struct moments moments;
    struct ensemble ensemble = claim_ensemble(claim, (uint32_t)B, (size_t)claim_integer(claim, "samples"), 1, draw, &p);
    claim_need(claim, ensemble_moments(&ensemble, &moments));
    check_zero(
        claim, "(47), A(1,3;2)",
        value_sub(value_scale(1.0 / (B - 2), value_sub(n.Sab, value_scale(2, n.A131))), moments_estimate(moments)),
        n.Saa.x / B);
}

/* ## (49)
 * $C_l/c_{B-1,l}=d_lR_l$ with $R_l=C_l/C_l(1)$ and $d_l$ the dimension of the harmonics; $a_l\sqrt{d_l}$ are the coefficients in the orthonormal
 * system. */
static double kappa(int shift, int l, double lambda)
{
    double n = l, down = n > 0 ? (n - 1 + 2 * lambda) * n / (4 * (n + lambda) * (n - 1 + lambda)) : 0;

    if (shift == 2)
        return (n + 1) * (n + 2) / (4 * (n + lambda) * (n + 1 + lambda));
    if (shift == -2)
        return (n - 1 + 2 * lambda) * (n - 2 + 2 * lambda) / (4 * (n + lambda) * (n - 1 + lambda));
    return (n + 1) * (n + 2 * lambda) / (4 * (n + lambda) * (n + 1 + lambda)) + down;
}

/* $\sqrt{d_l/d_k}\,c_{B-1,l}/c_{B-1,k}$. */
static double rescale(int B, int l, int k)
{
    double dimensions = gegenbauer_log_dimension(l, B - 1) - gegenbauer_log_dimension(k, B - 1);

    return exp(dimensions / 2) * (B - 3.0 + 2 * k) / (B - 3.0 + 2 * l);
}

/* $A(a,b;b)$ to degree most; x is 1 for $a=b$, $-1/(B-1)$ otherwise. */
static struct value series(struct claim *claim, int B, int most, const struct value f[], const double R[])
{
    double lambda = (B - 3) / 2.0;
    struct value sum = exact(0);
    int late = claim_fault(claim, "kappa_late") ? 0 : 2;

    for (int l = 0; l <= most; l++) {
        struct value inner = value_scale(kappa(0, l, lambda), f[l]);

        if (l >= 2)
            inner = value_add(inner, value_scale(rescale(B, l, l - 2) * kappa(2, l - late, lambda), f[l - 2]));
        inner = value_add(inner, value_scale(rescale(B, l, l + 2) * kappa(-2, l + 2, lambda), f[l + 2]));
        sum = value_add(sum, value_scale(R[l], value_mul(f[l], inner)));
    }
    return value_scale((B - 1.0) / B, sum);
}

static void quadratic_form(struct claim *claim, const struct activation *phi, int B)
{
    struct piecewise f = activation_piecewise(phi);
    struct numbers n = numbers(claim, phi, B);
    struct value coefficient[DEGREE + 3];
    double at_one[DEGREE + 3], at_c[DEGREE + 3];

    if (f.kinks > 0)
        return;
    claim_need(claim, gegenbauer_expand(B - 1, &f, DEGREE + 2, coefficient));
    gegenbauer_ratios(DEGREE + 2, (B - 3) / 2.0, 1, at_one);
    gegenbauer_ratios(DEGREE + 2, (B - 3) / 2.0, -1 / (B - 1.0), at_c);
    struct value diagonal = series(claim, B, DEGREE, coefficient, at_one),
                 off = series(claim, B, DEGREE, coefficient, at_c);
    diagonal =
        value_with(diagonal, fabs(diagonal.x - series(claim, B, DEGREE - 40, coefficient, at_one).x), QUADRATURE);
    off = value_with(off, fabs(off.x - series(claim, B, DEGREE - 40, coefficient, at_c).x), QUADRATURE);
    claim_case(claim, "B = %d, %s", B, phi->name);
    check_equal(claim, "(49), A(1,1;1)", diagonal, n.A111);
    check_zero(claim, "(49), A(1,3;1)", value_sub(off, n.A131), n.A111.x);
}

/* ## All cases */
static void at_batch_size(struct claim *claim, const struct activation *phi, int B)
{
    derivative_along_L(claim, phi, B);
    eigenvalue(claim, phi, B);
    sum_rule(claim, phi, B);
    quadratic_form(claim, phi, B);
}

/* The entries of $V$ on the path, and the lines that (46) draws through its middle; $s=t\sqrt{B(B-2)}$. */
static void tabulate(struct claim *claim, const struct activation *phi, int B)
{
    struct numbers n = numbers(claim, phi, B);
    struct value slope[3], V[3];
    double reach = sqrt(B * (B - 2.0));

    printed_slope(claim, &n, B, slope);
    for (int i = -9; i <= 9; i++) {
        double s = i / 10.0;

        on_path(claim, phi, B, s / reach, V);
        claim_row(claim, NULL, s, V[0].x, V[1].x, V[2].x, n.Saa.x + slope[0].x * s / reach, n.Sab.x);
    }
}

static void forward_along_L(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const names[] = {"relu", "gelu", "x^3", "exp", "sigmoid", "abs", "elu", "sin"};
    struct activation phi;
    int B = (int)claim_integer(claim, "B");

    claim_column(claim, "s", EXACT, "a grid");
    claim_column(claim, "V_11", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "V_22", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "V_12", ABSOLUTE(1e-11), "quadrature");
    claim_column(claim, "tangent", ABSOLUTE(1e-11), "quadrature");
    claim_column(claim, "Sigma_12", ABSOLUTE(1e-11), "quadrature");
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (!isfinite(activation_value(&phi, 0)))
        claim_refuse(claim, "phi = %s: a function that is finite at 0 wanted", phi.name);
    tabulate(claim, &phi, B);
    for (int i = 0; i < 10; i++)
        at_batch_size(claim, &phi, sizes[i]);
    at_batch_size(claim, &phi, B);
    for (int i = 0; i < 8; i++) {
        claim_need(claim, activation_find(names[i], &phi));
        at_batch_size(claim, &phi, i < 4 ? 4 + 2 * i : 5);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size, drawn; sampled to 33", 12, 4, 1000),
                                         text("phi", "activation at all batch sizes", "tanh"),
                                         integer_by_scale("samples", "of h for A(1,3;2)", 10000, 100000, 10000000,
                                                          10000, 1000000000)},
                          .faults = {{"half_forgotten", "B-1 in place of (B-1)/2 in (46)", "?46?"},
                                     {"two_lost", "1/(B-2) in place of 2/(B-2) in (48)", "?48?,*"},
                                     {"one_more_sample", "B in place of B-1 in the sum over c", "?47?,?A?1,1*"},
                                     {"kappa_late", "kappa_2 at l in place of l-2 in (49)", "?49?,*"}},
                          .run = forward_along_L,
                      }));
}
