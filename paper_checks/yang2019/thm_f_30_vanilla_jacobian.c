/* # Theorems F.29 to F.32: the Jacobian of a homogeneous layer without normalisation, at a BSB1 covariance
 *
 * Yang et al. (2019), appendix F.3.3. The derivative of $V_\phi(\Sigma)=\mathrm E\,\phi(h)\phi(h)^T$, $h\sim N(0,\Sigma)$, at $\mathrm{BSB1}(p,cp)$ is $\mathrm{DOS}(u,v,w)$, and between centrings
 * it has, for $\phi$ positive-homogeneous of degree $\alpha$ and with $\kappa=c_\alpha p^{\alpha-1}$,
 *
 * $$\lambda_M=\kappa J_\phi'(c),\qquad\lambda_L=\frac\kappa B\big((B-2)\alpha[J_\phi(1)-J_\phi(c)]+(2+c(B-2))J_\phi'(c)\big),$$
 * $$\lambda_G=\frac\kappa B\big((B-1)\alpha[J_\phi(1)-J_\phi(c)]+(1+c(B-1))J_\phi'(c)\big);$$
 *
 * at $G$, that is $p=\frac{B-1}B$, $c=\frac{-1}{B-1}$, $\lambda_G=c_\alpha(\frac{B-1}B)^\alpha\alpha[J_\phi(1)-J_\phi(c)]$. Without centrings: $\kappa J_\phi'(c)$ on matrices
 * without diagonal, and $\kappa\alpha J_\phi(1)$ on the span of $\bar L_B(a,b)$, $a=2(J_\phi'(c)-\alpha J_\phi(1))$, $b=\alpha J_\phi(c)-cJ_\phi'(c)$.
 *
 * **Checked.** All of these against differences of $V_\phi$ itself, whose entries come from closed kernels, along members of the spaces, $B$ to 33; and the $u,v,w$ of theorem F.29, as Gaussian
 * means of $\phi$ and its slope by quadrature, through the library's formula for ultrasymmetric operators, $B$ to 1000.
 * **Tolerance.** Extrapolated differences state what the last extrapolation changed, and rounding over the step. Quadrature states its error.
 * **Could miss.** $c$ next to $\pm1$, where $J_\phi'$ may diverge.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/homogeneous.h>
#include <assay/meanfield/response.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

struct place {
    struct homogeneous phi;
    int B;
    double p, c;
};

/* ## As printed */
struct kernel {
    struct value scale, top, J, slope; // kappa, J_phi(1), J_phi(c), J_phi'(c)
};

static struct kernel kernel_at(struct claim *claim, const struct place *at)
{
    double power = at->phi.alpha - (claim_fault(claim, "power_of_p") ? 0 : 1);

    return (struct kernel){value_mul(claim_value(claim, arccosine_norm2(at->phi.alpha)), rounded(pow(at->p, power), 4)),
                           claim_value(claim, homogeneous_kernel(&at->phi, 1)),
                           claim_value(claim, homogeneous_kernel(&at->phi, at->c)),
                           claim_value(claim, homogeneous_kernel_slope(&at->phi, at->c))};
}

/* $(\kappa/B)\,(n\alpha[J_\phi(1)-J_\phi(c)]+(m+cn)J_\phi'(c))$: n = B-2, m = 2 on L and n = B-1, m = 1 on G. */
static struct value on(const struct place *at, const struct kernel *k, double n, double m)
{
    struct value drop = value_scale(n * at->phi.alpha, value_sub(k->top, k->J)),
                 turn = value_scale(m + at->c * n, k->slope);

    return value_scale(1.0 / at->B, value_mul(k->scale, value_add(drop, turn)));
}

static struct spectrum printed(struct claim *claim, const struct place *at)
{
    struct kernel k = kernel_at(claim, at);

    return (struct spectrum){on(at, &k, at->B - 1, 1), on(at, &k, at->B - 2, claim_fault(claim, "one_for_two") ? 1 : 2),
                             value_mul(k.scale, k.slope)};
}

/* ## Differences of the map
 * Central ones at h, h/2, h/4, extrapolated; the error of the whole matrix. */
static double derivative(struct claim *claim, const struct place *at, const double direction[], double out[])
{
    int n = at->B * at->B;
    double *S = memory_doubles((size_t)n), *V = memory_doubles((size_t)n), *d[3], h = 0.05 * at->p * fmin(1 - at->c, 1),
           size = 0, change = 0;

    for (int level = 0; level < 3; level++, h /= 2) {
        d[level] = memory_doubles((size_t)n);
        for (int side = -1; side <= 1; side += 2) {
            shape_bsb1(at->B, at->p, at->c * at->p, S);
            linear_axpy(n, side * h, direction, S);
            claim_need(claim, homogeneous_moments(&at->phi, at->B, S, V));
            linear_axpy(n, side / (2 * h), V, d[level]);
            size = fmax(size, linear_norm(n, V) / h);
        }
    }
    for (int k = 0; k < n; k++) {
        double first = (4 * d[1][k] - d[0][k]) / 3, second = (4 * d[2][k] - d[1][k]) / 3;

        out[k] = (16 * second - first) / 15;
        change = hypot(change, out[k] - second);
    }
    for (int level = 0; level < 3; level++) {
        memory_free(d[level]);
    }
    memory_free(S);
    memory_free(V);
    return change + 64 * DBL_EPSILON * size;
}

/* The residual and the Rayleigh quotient of S (of norm 1 after this) as eigenmatrix, with or without centring. */
static void eigenmatrix(struct claim *claim, const char *name, const struct place *at, bool centred,
                        struct value lambda, double S[])
{
    int n = at->B * at->B;
    double *image = memory_doubles((size_t)n), *out = memory_doubles((size_t)n), norm = linear_norm(n, S);

    for (int k = 0; k < n; k++) {
        S[k] /= norm;
    }
    double error = derivative(claim, at, S, image);
    centre_both(at->B, image, out);
    double *found = centred ? out : image;
    check_equal(claim, name, lambda, measured(linear_dot(n, S, found), error, QUADRATURE));
    linear_axpy(n, -lambda.x, S, found);
    check_zero(claim, "eigenspaces", measured(linear_norm(n, found), error + value_error(lambda), QUADRATURE),
               fabs(lambda.x) + 0.1);
    memory_free(image);
    memory_free(out);
}

static void by_differences(struct claim *claim, const struct place *at, struct stream *stream)
{
    int B = at->B;
    double *R = memory_doubles((size_t)(B * B)), *S = memory_doubles((size_t)(B * B));
    struct spectrum s = printed(claim, at);
    struct kernel k = kernel_at(claim, at);

    shape_bsb1(B, B - 1, -1, S);
    eigenmatrix(claim, "G, differences", at, true, s.G, S);
    symmetric_random(stream, B, R);
    shape_diagonal(B, R, S);
    eigenmatrix(claim, "L, differences", at, true, s.L, S);
    project_on_M(B, R, S);
    eigenmatrix(claim, "M, differences", at, true, s.M, S);
    memset(S, 0, (size_t)(B * B) * sizeof *S);
    for (int i = 1; i < B; i++) { // L-bar(a, b)
        S[i] = S[i * B] = -(at->phi.alpha * k.J.x - (claim_fault(claim, "c_lost") ? 1 : at->c) * k.slope.x);
    }
    S[0] = 2 * (k.slope.x - at->phi.alpha * k.top.x);
    if (fabs(S[0]) + fabs(S[1]) > 1e-6) { // both vanish for the identity
        eigenmatrix(claim, "L-bar", at, false, value_scale(at->phi.alpha, value_mul(k.scale, k.top)), S);
    }
    for (int i = 0; i < B; i++) {
        R[i * B + i] = 0;
    }
    eigenmatrix(claim, "no diagonal", at, false, s.M, R);
    memory_free(R);
    memory_free(S);
}

/* ## Theorem F.29
 * $u=\mathrm E\,(x\phi\phi')/p$, $w=\mathrm E\,\phi'(x)\phi'(y)$, $v=\frac1{2p}(\mathrm E\,x\phi'(x)\phi(y)-cp\,w)$, by Stein's lemma, with variances $p$. */
static double times_slope(double x, void *context)
{
    const struct homogeneous *phi = context;

    return x * homogeneous_slope(phi, x);
}

static void by_quadrature(struct claim *claim, const struct place *at)
{
    struct homogeneous phi = at->phi;
    struct piecewise value = homogeneous_piecewise(&phi), slope = homogeneous_slope_piecewise(&phi), weighted = value;
    double power = pow(at->p, phi.alpha - 1);

    weighted.f = times_slope;
    weighted.context = &phi;
    struct value u = claim_value(claim, gaussian_product(&weighted, &value, 1)),
                 w = claim_value(claim, gaussian_product(&slope, &slope, at->c));
    struct value v = value_scale(
        0.5, value_sub(claim_value(claim, gaussian_product(&weighted, &value, at->c)), value_scale(at->c, w)));
    struct brackets dos = ultrasymmetric_dos(value_scale(power, u), value_scale(power, v), value_scale(power, w));
    struct spectrum s = printed(claim, at), from_dos = ultrasymmetric_spectrum(at->B, &dos);

    check_equal(claim, "G, quadrature", s.G, from_dos.G);
    check_equal(claim, "L, quadrature", s.L, from_dos.L);
    check_equal(claim, "M, quadrature", s.M, from_dos.M);
}

/* ## Theorem F.31 */
static void at_G(struct claim *claim, struct place at)
{
    at.p = (at.B - 1.0) / at.B;
    at.c = -1.0 / (at.B - 1);
    struct kernel k = kernel_at(claim, &at);
    double power = pow(at.p, claim_fault(claim, "power_of_G") ? at.phi.alpha - 1 : at.phi.alpha);
    struct value drop = value_sub(k.top, k.J),
                 simple = value_scale(at.phi.alpha * power,
                                      value_mul(claim_value(claim, arccosine_norm2(at.phi.alpha)), drop));

    // the term (1 + c(B-1)) J' of theorem F.30 is zero but for rounding of c
    check_equal(claim, "at G", value_with(simple, 4 * DBL_EPSILON * fabs(simple.x), ROUNDING), printed(claim, &at).G);
}

static void at_place(struct claim *claim, const char *name, int B, double p, double c, uint32_t number)
{
    struct activation phi;
    struct place at = {.B = B, .p = p, .c = c};
    struct stream stream = claim_stream(claim, (uint32_t)B, number);

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &at.phi));
    if (at.phi.alpha <= 0.5) {
        claim_refuse(claim, "phi = %s: its slope has no second moment, J_phi' none at 1", name);
    }
    claim_case(claim, "phi = %s, B = %d, p = %g, c = %g", name, B, p, c);
    if (B <= 33) {
        by_differences(claim, &at, &stream);
    }
    by_quadrature(claim, &at);
    at_G(claim, at);
}

static void tabulate(struct claim *claim, const char *name, int B, double p)
{
    struct activation phi;
    struct place at = {.B = B, .p = p};

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &at.phi));
    for (int i = -18; i <= 19; i++) {
        double *S = memory_doubles((size_t)(B * B)), *image = memory_doubles((size_t)(B * B)),
               *centred = memory_doubles((size_t)(B * B));

        at.c = i / 20.0;
        if (at.c > -1.0 / (B - 1)) {
            struct spectrum s = printed(claim, &at);

            shape_L(B, 0, 1, B - 2, 1, S);
            double norm = linear_norm(B * B, S);
            for (int k = 0; k < B * B; k++) {
                S[k] /= norm;
            }
            derivative(claim, &at, S, image);
            centre_both(B, image, centred);
            claim_row(claim, NULL, at.c, s.G.x, s.L.x, s.M.x, linear_dot(B * B, S, centred) / linear_dot(B * B, S, S));
        }
        memory_free(S);
        memory_free(image);
        memory_free(centred);
    }
}

static void theorems(struct claim *claim)
{
    static const char *const names[] = {"id", "relu", "lrelu:0.1", "abs", "relu^2", "x^3"};
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const double correlations[] = {-0.0005, 0.37, 0.8};
    const char *phi = claim_text(claim, "phi");
    int B = (int)claim_integer(claim, "B");
    double p = claim_real(claim, "p"), c = claim_real(claim, "c");

    if (c <= -1.0 / (B - 1)) {
        claim_refuse(claim, "c = %g: no covariance of %d samples has a common correlation of -1/(B-1) or less", c, B);
    }
    claim_column(claim, "c", EXACT, "a grid");
    claim_column(claim, "G", RELATIVE(1e-11), "closed kernels");
    claim_column(claim, "L", RELATIVE(1e-11), "closed kernels");
    claim_column(claim, "M", RELATIVE(1e-11), "closed kernels");
    claim_column(claim, "L_difference", RELATIVE(1e-6), "differences, the worse the nearer c is to 1");
    at_place(claim, phi, B, p, c, 0);
    for (int i = 0; i < 6; i++) {
        for (int k = 0; k < 10; k++) {
            if (claim_scale(claim) != SCALE_SMOKE || k % 3 == i % 3) {
                at_place(claim, names[i], batches[k], 1.3, correlations[(i + k) % 3], (uint32_t)i);
            }
        }
    }
    tabulate(claim, phi, B, p);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more homogeneous activation; drawn", "relu"),
                           integer("B", "its batch size", 6, 4, 33), real("p", "its variance", 1.3, 0.01, 100),
                           real("c", "its correlation", 0.3, -0.3, 0.95)},
            .faults = {{"power_of_p", "p^alpha in place of p^(alpha-1)", "?,* eigenspaces L-bar no* at*"},
                       {"one_for_two", "1 in place of 2 in lambda_L", "L,* eigenspaces"},
                       {"c_lost", "b = alpha J - J' in place of alpha J - c J'", "L-bar eigenspaces"},
                       {"power_of_G", "((B-1)/B)^(alpha-1) at G", "at*"}},
            .run = theorems,
        }));
}
