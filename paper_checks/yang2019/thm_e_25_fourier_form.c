/* # Theorem E.25: the Fourier form of a layer with batch normalisation, and the order of its integrals
 *
 * Yang et al. (2019), appendix E.2, theorem E.25, equation 32. For $\Sigma$ of size $D$, with $\Sigma^G=G\Sigma G$ and $V_\phi$ continued to complex covariances,
 *
 * $$V_{B_\phi}(\Sigma)=\frac1{2\pi}\lim_{a\searrow0,\,b\nearrow\infty}\int_a^bds\int_{-\infty}^\infty d\lambda\,e^{i\lambda s}\det(I+2i\lambda\Sigma^G/D)^{-1/2}\,V_\phi\big(\Sigma^G(I+2i\lambda\Sigma^G/D)^{-1}s^{-1}\big);$$
 *
 * and without $G$ for $\phi(\sqrt Dz/\|z\|)$. The integrals must not change places: for $\phi=\mathrm{id}$ the one over $s$ would diverge at 0.
 *
 * **Checked.** Both integrals as printed, with $\lambda$ on the real axis, for id, $x^2$, $x^3$, whose $V_\phi$ are polynomials, and for relu and abs, whose arc-cosine kernel
 * is continued: against Laplace's method, which is real. The form without $G$ in a space of one dimension more, in which $G$ does nothing. How the
 * limit $a\to0$ is reached, and that the integral over $s$ alone grows like $\ln\frac1a$. For id also the library's path around the branch points.
 * **Tolerance.** The inner integral is a sum over half periods, accelerated by Levin's transformation, which states its error; outside
 * Gauss rules in $\ln s$ with the change at more nodes, and the rest below $a$ from the integrand's first two terms. Agreement to $10^{-10}$ for degree 1, $10^{-6}$ for degree 3.
 * **Could miss.** Activations that are not homogeneous: the theorem admits tanh, but its $V_\phi$ at complex covariances is itself an integral.
 * **Found.** Holds as printed. The root of the determinant is the product of the factors' principal roots; the principal root of the product is another branch, and wrong from
 * three dimensions. */
#include <assay/base/memory.h>
#include <assay/evidence/entries.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/quadrature.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/ultrasymmetric.h>
#include <assay/random/wishart.h>
#include <complex.h>
#include <gsl/gsl_sum.h>
#include <math.h>
#include <string.h>

enum { MOST = 24, LEVIN = 24 };

/* ## $V_\phi$ of two Gaussians with complex variances */
typedef double complex covariance_of(double complex a, double complex b, double complex ab);

static double complex of_id(double complex a, double complex b, double complex ab)
{
    (void)a, (void)b;
    return ab;
}

static double complex of_square(double complex a, double complex b, double complex ab)
{
    return a * b + 2 * ab * ab;
}

static double complex of_cube(double complex a, double complex b, double complex ab)
{
    return 9 * a * b * ab + 6 * ab * ab * ab;
}

/* $\sqrt a\sqrt b$ and $\sqrt{1-c}\sqrt{1+c}$, each root principal, continue from $\lambda=0$ where all are positive. */
static double complex arc_cosine(double complex a, double complex b, double complex ab, double sign)
{
    double complex size = csqrt(a) * csqrt(b), c = sign * ab / size;

    return size * (csqrt(1 - c) * csqrt(1 + c) + (M_PI - cacos(c)) * c) / (2 * M_PI);
}

static double complex of_relu(double complex a, double complex b, double complex ab)
{
    return arc_cosine(a, b, ab, 1);
}

static double complex of_abs(double complex a, double complex b, double complex ab)
{
    return 2 * arc_cosine(a, b, ab, 1) + 2 * arc_cosine(a, b, ab, -1);
}

static const struct kind {
    const char *name;
    covariance_of *V;
    double degree;
} kinds[] = {{"id", of_id, 1}, {"x^2", of_square, 2}, {"x^3", of_cube, 3}, {"relu", of_relu, 1}, {"abs", of_abs, 1}};

/* ## The integrand, in the eigenvectors of $\Sigma^G$ */
struct entry {
    struct claim *claim;
    const struct kind *kind;
    int D, rank, i, j;
    double lambda[MOST], q[MOST][MOST]; // rank eigenvalues, decreasing, and their vectors
};

static void set_covariance(struct entry *e, int D, const double S[])
{
    double lambda[MOST], q[MOST * MOST];

    e->D = D;
    e->rank = 0;
    claim_need(e->claim, linear_symmetric_eigen(D, S, lambda, q));
    for (int k = D - 1; k >= 0; k--) {
        if (lambda[k] > 1e-12 * lambda[D - 1]) {
            e->lambda[e->rank] = lambda[k];
            for (int i = 0; i < D; i++) {
                e->q[e->rank][i] = q[k * D + i];
            }
            e->rank++;
        }
    }
}

/* Without $e^{i\lambda s}$, at $s=1$: $V_\phi(\Pi/s)=s^{-\alpha}V_\phi(\Pi)$. */
static double complex spectrum_at(const struct entry *e, double w)
{
    double complex a = 0, b = 0, ab = 0, root = 1, product = 1;

    for (int k = 0; k < e->rank; k++) {
        double complex factor = 1 + 2 * I * w * e->lambda[k] / e->D, tilted = e->lambda[k] / factor;
        double qi = e->q[k][e->i], qj = e->q[k][e->j];

        root /= csqrt(factor);
        product *= factor;
        a += tilted * qi * qi;
        b += tilted * qj * qj;
        ab += tilted * qi * qj;
    }
    if (claim_fault(e->claim, "root_of_product")) {
        root = 1 / csqrt(product);
    }
    return root * e->kind->V(a, b, ab);
}

/* ## Inside: $\frac1\pi\mathrm{Re}\int_0^\infty d\lambda\,e^{i\lambda s}\dots$
 * Term $k$ is the part from $k\pi/s$ to $(k+1)\pi/s$. The first one may reach far beyond $D/\lambda_k$ and is cut into pieces that grow; so many are added up as the factors
 * $1+2i\lambda\lambda_k/D$ need to look like powers, and the rest is Levin's. */
static double part(const struct entry *e, double s, double from, double to, const struct rule *rule)
{
    double sum = 0;

    for (int m = 0; m < rule->n; m++) {
        double w = from + (to - from) * rule->x[m];

        sum += (to - from) * rule->w[m] * creal(cexp(I * w * s) * spectrum_at(e, w)) / M_PI;
    }
    return sum;
}

static double term(const struct entry *e, double s, int k, const struct rule *rule)
{
    double from = k * M_PI / s, end = (k + 1) * M_PI / s, sum = 0;
    double width = k == 0 ? 0.25 * e->D / e->lambda[0] : end;

    for (; from < end; width *= 1.5) {
        double to = fmin(from + width, end);

        sum += part(e, s, from, to, rule);
        from = to;
    }
    return sum;
}

static struct value inner(const struct entry *e, double s, const struct rule *rule)
{
    double terms[LEVIN], sum = 0, rest = 0, error = 0;
    int plain = 2 + (int)(s * e->D / e->lambda[e->rank - 1]);
    gsl_sum_levin_u_workspace *levin = gsl_sum_levin_u_alloc(LEVIN);

    for (int k = 0; k < plain; k++) {
        sum += term(e, s, k, rule);
    }
    for (int k = 0; k < LEVIN; k++) {
        terms[k] = term(e, s, plain + k, rule);
    }
    gsl_sum_levin_u_accel(terms, LEVIN, levin, &rest, &error);
    gsl_sum_levin_u_free(levin);
    return measured(sum + rest, error + 5e-15 * cabs(spectrum_at(e, 0)) * e->D / e->lambda[e->rank - 1], QUADRATURE);
}

/* ## Outside
 * Below $a$ the integrand is $s^{C/2}(c_0+c_1s)$ but for a relative $O(a^2)$, $C$ the rank; $c_0$ and $c_1$ from its values at $a$ and $2a$. */
static struct value outer_integrand(const struct entry *e, double s, const struct rule *rule)
{
    double power = claim_fault(e->claim, "power_of_s") ? 0 : 1 - e->kind->degree;

    return value_scale(pow(s, power), inner(e, s, rule)); // times ds/s
}

static struct value below(const struct entry *e, double a, double scale, const struct rule *rule)
{
    double h = 0.5 * e->rank, t = pow(2, h);
    struct value one = outer_integrand(e, a, rule), two = value_scale(1 / t, outer_integrand(e, 2 * a, rule));
    struct value c1 = value_sub(two, one), c0 = value_sub(value_scale(2, one), two);
    struct value sum = value_add(value_scale(1 / h, c0), value_scale(1 / (h + 1), c1));

    return value_with(sum, 100 * a * a / (scale * scale) * fabs(one.x), QUADRATURE);
}

/* Where rounding, $10^{-15}a^{1-\alpha}$, and what the first two terms leave out, $a^{C/2+2}$, are alike. */
static double lower_end(const struct entry *e)
{
    return pow(10, -15 / (0.5 * e->rank + 1 + e->kind->degree)) * 2 * e->lambda[e->rank - 1] / e->D;
}

static struct value fourier_form(const struct entry *e)
{
    double a = lower_end(e), b = 2 * e->lambda[0] / e->D * (36 + e->rank);
    int panels = (int)ceil(log(b / a));
    struct value sums[2];
    struct rule inside;

    claim_need(e->claim, rule_legendre(&inside, 14, 0, 1));
    for (int fine = 0; fine < 2; fine++) {
        struct rule rule;

        claim_need(e->claim, rule_legendre(&rule, 8 + 3 * fine, 0, 1));
        sums[fine] = below(e, a, 2 * e->lambda[e->rank - 1] / e->D, &inside);
        for (int k = 0; k < panels * rule.n; k++) {
            double width = log(b / a) / panels, u = log(a) + width * (k / rule.n + rule.x[k % rule.n]);

            sums[fine] =
                value_add(sums[fine], value_scale(width * rule.w[k % rule.n], outer_integrand(e, exp(u), &inside)));
        }
        rule_free(&rule);
    }
    rule_free(&inside);
    return value_with(sums[1], fabs(sums[1].x - sums[0].x), QUADRATURE);
}

static void centre(int B, double S[])
{
    double *copy = memory_copy((size_t)(B * B), S);

    centre_both(B, copy, S);
    memory_free(copy);
}

/* ## Against Laplace's method */
static void centred(struct claim *claim, const struct kind *kind, int B, uint32_t number)
{
    double S[MOST * MOST], V[MOST * MOST], error[MOST * MOST];
    struct stream stream = claim_stream(claim, (uint32_t)B, number);
    struct entry e = {.claim = claim, .kind = kind};
    struct activation phi;
    struct homogeneous h;

    wishart(&stream, B, 3 * B, S);
    claim_need(claim, activation_find(kind->name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    claim_need(claim, batchnorm_map_laplace(&h, B, S, V, error));
    claim_case(claim, "%s, B = %d", kind->name, B);
    centre(B, S);
    set_covariance(&e, B, S);
    for (int k = 0; k < 2; k++) {
        e.j = k;
        check_equal(claim, "centred", fourier_form(&e), measured(V[k], error[k], QUADRATURE));
    }
}

/* With $e$ of $\mathbb R^{D+1}$, $e\Sigma e^T$ is centred, and $D$ times what id makes of it is $D+1$ times $e\,V(\Sigma)\,e^T$, $V$ without $G$. */
static void not_centred(struct claim *claim, int D)
{
    int B = D + 1;
    double S[MOST * MOST], e[MOST * MOST], half[MOST * MOST], full[MOST * MOST], V[MOST * MOST], error[MOST * MOST];
    struct stream stream = claim_stream(claim, 1000, (uint32_t)D);
    struct entry entry = {.claim = claim, .kind = &kinds[0]};
    double bound = 0;

    wishart(&stream, D, 3 * D, S);
    sphere_basis(B, e);
    linear_multiply(false, false, B, D, D, 1, e, S, 0, half);
    linear_multiply(false, true, B, B, D, 1, half, e, 0, full);
    claim_need(claim, batchnorm_map_laplace(&(struct homogeneous){1, 1, 1}, B, full, V, error));
    for (int k = 0; k < B * B; k++) {
        bound = fmax(bound, B * error[k]);
    }
    linear_multiply(false, false, B, D, B, 1, V, e, 0, half);
    linear_multiply(true, false, D, D, B, (double)D / B, e, half, 0, full);
    set_covariance(&entry, D, S);
    claim_case(claim, "id, D = %d", D);
    for (int k = 0; k < 2; k++) {
        entry.j = k;
        check_equal(claim, "not centred", fourier_form(&entry), measured(full[k], bound, QUADRATURE));
    }
}

static void library_path(struct claim *claim, int B)
{
    double *S = memory_doubles((size_t)(5 * B * B)), *V = S + B * B, *error = V + B * B, *W = error + B * B,
           *other = W + B * B;
    struct stream stream = claim_stream(claim, (uint32_t)B, 0);

    wishart(&stream, B, 3 * B, S);
    claim_need(claim, batchnorm_map_fourier_identity(B, S, V, error));
    claim_need(claim, batchnorm_map_laplace(&(struct homogeneous){1, 1, 1}, B, S, W, other));
    claim_case(claim, "id, B = %d", B);
    check_entries(claim, "bent path", (size_t)(B * B), (struct entries){V, error, QUADRATURE},
                  (struct entries){W, other, QUADRATURE});
    memory_free(S);
}

/* ## The limit $a\to0$
 * What is missing at $a$ falls like $a^{C/2}$: the integrand's logarithmic slope. And for id the other order: $\int_a^1\cos(\lambda s)\,ds/s$. */
static double cosine_over_s(double s, void *context)
{
    return cos(*(double *)context * s) / s;
}

static void limit(struct claim *claim, int B)
{
    double S[MOST * MOST], w = 3;
    struct stream stream = claim_stream(claim, (uint32_t)B, 0);
    struct entry e = {.claim = claim, .kind = &kinds[0]};
    struct rule rule;
    bool asked = false;

    wishart(&stream, B, 3 * B, S);
    centre(B, S);
    set_covariance(&e, B, S);
    claim_need(claim, rule_legendre(&rule, 14, 0, 1));
    double scale = 2 * e.lambda[e.rank - 1] / B;
    for (int k = 24; k >= 0; k--) {
        double a = scale * pow(10, -k / 8.0);
        struct value missing = below(&e, a, scale, &rule), g = outer_integrand(&e, a, &rule);

        claim_row(claim, NULL, a / scale, value_error(missing) < 0.1 * fabs(missing.x) ? missing.x : NAN,
                  value_error(g) < 1e-6 * g.x ? g.x : NAN);
        if (!asked && value_error(g) < 1e-6 * g.x) {
            asked = true;
            double slope = log(outer_integrand(&e, 2 * a, &rule).x / g.x) / M_LN2;

            double far = log(outer_integrand(&e, 8 * a, &rule).x / outer_integrand(&e, 4 * a, &rule).x) / M_LN2;
            claim_case(claim, "id, B = %d", B);
            check_rate(claim, "reached", exact(claim_fault(claim, "rank_B") ? 0.5 * B : 0.5 * e.rank),
                       measured(slope, fabs(far - slope), FINITE_SIZE));
        }
    }
    rule_free(&rule);
    for (double a = 1e-2; a > 1e-9; a /= 10) {
        struct value near = claim_value(claim, integrate(cosine_over_s, &w, a / 10, 1, 1e-12));

        claim_case(claim, "a = %g", a);
        check_equal(claim, "other order diverges", rounded(log(10), 2),
                    value_with(value_sub(near, claim_value(claim, integrate(cosine_over_s, &w, a, 1, 1e-12))),
                               w * w * a * a, FINITE_SIZE));
    }
}

static void fourier(struct claim *claim)
{
    const char *name = claim_text(claim, "phi");
    int B = (int)claim_integer(claim, "B");

    claim_column(claim, "a", RELATIVE(1e-14), "a grid");
    claim_column(claim, "missing", (struct tolerance){TOLERANCE_RELATIVE, 1e-4, true}, "two values of the integrand");
    claim_column(claim, "integrand", (struct tolerance){TOLERANCE_RELATIVE, 1e-5, true},
                 "an accelerated series next to 0");
    limit(claim, B);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(name, kinds[k].name) == 0) {
            centred(claim, &kinds[k], B, 0);
        }
        centred(claim, &kinds[k], 5, 1);
    }
    not_centred(claim, 3);
    not_centred(claim, 5);
    for (int b = 3; b <= 33; b += 5) {
        library_path(claim, b);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation with a covariance that continues", "id|x^2|x^3|relu|abs"),
                           integer("B", "batch size", 4, 4, 12)},
            .faults = {{"root_of_product", "the principal root of the whole determinant", "centred not* reached"},
                       {"power_of_s", "s^-1 forgotten where V is scaled", "centred"},
                       {"rank_B", "the limit reached like a^(B/2)", "reached"}},
            .run = fourier,
        }));
}
