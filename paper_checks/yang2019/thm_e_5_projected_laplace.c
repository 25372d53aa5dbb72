/* # Theorem E.5: the Laplace form in a basis of the centred batch, and without one
 *
 * Yang et al. (2019), appendix E.1, theorem E.5, equations 26 and 27; theorem 3.2 with its proof's other form. For $\phi$ of degree $\alpha$ and any orthonormal basis
 * $e\in\mathbb R^{B\times(B-1)}$ of $\{x:\sum x=0\}$, with $\Sigma_\square=e^T\Sigma e$ and $\Sigma^G=G\Sigma G$,
 *
 * $$V_{B_\phi}(\Sigma)=\frac{B^\alpha}{\Gamma(\alpha)}\int_0^\infty ds\,s^{\alpha-1}\,\frac{V_\phi\big(e(I+2s\Sigma_\square)^{-1}\Sigma_\square e^T\big)}{\sqrt{\det(I+2s\Sigma_\square)}}
 * =\frac{B^\alpha}{\Gamma(\alpha)}\int_0^\infty ds\,s^{\alpha-1}\,\frac{V_\phi\big((I+2s\Sigma^G)^{-1}\Sigma^G\big)}{\sqrt{\det(I+2s\Sigma^G)}}.$$
 *
 * The first is printed with one more inverse, $V_\phi(e\,((I+2s\Sigma_\square)^{-1}\Sigma_\square)^{-1}e^T)$, which is not the tilted covariance but its inverse.
 *
 * **Checked.** Both forms, the first in three bases and by Cholesky's factors in $B-1$ dimensions, the second by eigenvectors in $B$, against each other, against the integral over
 * directions ($B=4$, 5) and against samples. The printed first form against the same samples, and against the exact trace $\frac B2$ of relu.
 * **Tolerance.** The first form is a trapezoidal sum with the change at half the step; the second states its error; samples have a standard error.
 * **Could miss.** Whether the inverse is in the print or crept in when its text was extracted: parentheses don't match around it in both equations. I take
 * it for the print's.
 * **Found.** Without the inverse both forms hold. With it, relu at $B=8$ and a random covariance has a trace more than twice $\frac B2$. */
#include <assay/base/memory.h>
#include <assay/evidence/entries.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <assay/random/haar.h>
#include <assay/random/wishart.h>
#include <math.h>
#include <string.h>

/* ## The first form
 * With $LL^T=I+2s\Sigma_\square$ the tilted covariance is $L^{-T}L^{-1}\Sigma_\square$, its inverse $\Sigma_\square^{-1}+2sI$. */
struct form {
    struct claim *claim;
    const struct homogeneous *phi;
    bool inverse; // the printed one
    int B;
    double *e, *square, *tilted, *L, *half, *Pi; // B x (B-1), then (B-1) x (B-1) three times, then B x B twice
};

static struct form form_of(struct claim *claim, const struct homogeneous *phi, int B, const double S[], uint32_t basis)
{
    int n = B - 1;
    size_t entries = (size_t)(B * B);
    double *block = memory_doubles(8 * entries);
    struct form f = {claim,
                     phi,
                     false,
                     B,
                     block,
                     block + entries,
                     block + 2 * entries,
                     block + 3 * entries,
                     block + 4 * entries,
                     block + 5 * entries};
    struct stream stream = claim_stream(claim, 1, basis);

    sphere_basis(B, f.Pi);
    claim_need(claim, haar_orthogonal(&stream, n, f.L));
    linear_multiply(false, false, B, n, n, 1, f.Pi, f.L, 0, f.e);
    linear_multiply(false, false, B, n, B, 1, S, f.e, 0, f.half);
    linear_multiply(true, false, n, n, B, 1, f.e, f.half, 0, f.square);
    return f;
}

static void tilt(const struct form *f, double s)
{
    int n = f->B - 1;

    for (int k = 0; k < n * n; k++) {
        f->tilted[k] = (k % (n + 1) == 0) + (claim_fault(f->claim, "one_s") ? s : 2 * s) * f->square[k];
    }
    claim_need(f->claim, linear_cholesky(n, f->tilted, f->L));
    memcpy(f->tilted, f->square, (size_t)(n * n) * sizeof *f->tilted);
    linear_solve_triangular(false, n, n, f->L, f->tilted);
    linear_solve_triangular(true, n, n, f->L, f->tilted);
}

static void invert_tilted(const struct form *f, double s)
{
    int n = f->B - 1;
    double *factor = memory_doubles((size_t)(n * n));

    claim_need(f->claim, linear_cholesky(n, f->square, factor));
    for (int k = 0; k < n * n; k++) {
        f->tilted[k] = k % (n + 1) == 0;
    }
    linear_solve_triangular(false, n, n, factor, f->tilted);
    linear_solve_triangular(true, n, n, factor, f->tilted);
    for (int k = 0; k < n; k++) {
        f->tilted[k * (n + 1)] += 2 * s;
    }
    memory_free(factor);
}

static void add(const struct form *f, double s, double weight, double sum[])
{
    int B = f->B, n = B - 1;
    double log_factor = f->phi->alpha * log(B * s) - lgamma(f->phi->alpha);

    tilt(f, s);
    for (int k = 0; k < n; k++) {
        log_factor -= (claim_fault(f->claim, "whole_determinant") ? 2 : 1) * log(f->L[k * (n + 1)]);
    }
    if (f->inverse) {
        invert_tilted(f, s);
    }
    linear_multiply(false, false, B, n, n, 1, f->e, f->tilted, 0, f->half);
    linear_multiply(false, true, B, B, n, 1, f->half, f->e, 0, f->Pi);
    claim_need(f->claim, homogeneous_moments(f->phi, B, f->Pi, f->Pi));
    linear_axpy(B * B, weight * exp(log_factor), f->Pi, sum);
}

/* From where $s^\alpha$ to where the right end, $s^{-(B-1)/2}$ or $s^{2\alpha-(B-1)/2}$, has fallen to $10^{-16}$. */
static void integral(const struct form *f, double V[], double error[])
{
    size_t entries = (size_t)(f->B * f->B);
    double *coarse = memory_doubles(entries), alpha = f->phi->alpha,
           fall = 0.5 * (f->B - 1) - (f->inverse ? 2 * alpha : 0);
    double to = 8 + (38 + 8 * alpha) / fall;

    memset(V, 0, entries * sizeof *V);
    for (double step = 0.4; step > 0.1; step /= 2) {
        for (double u = -8 - 38 / alpha; u < to; u += step) {
            add(f, exp(u), step, step > 0.3 ? coarse : V);
        }
    }
    for (size_t k = 0; k < entries; k++) {
        size_t i = k / (size_t)f->B * (size_t)(f->B + 1), j = k % (size_t)f->B * (size_t)(f->B + 1);

        error[k] = fabs(V[k] - coarse[k]) + (1 + alpha) * f->B * 1e-13 * sqrt(V[i] * V[j]);
    }
    memory_free(coarse);
}

/* ## Against the second form and the definition */
static void compare(struct claim *claim, const char *name, int B, uint32_t number, long samples)
{
    size_t n = (size_t)(B * B);
    double *S = memory_doubles(5 * n), *V = S + n, *error = S + 2 * n, *W = S + 3 * n, *other = S + 4 * n;
    struct stream stream = claim_stream(claim, 0, number);
    struct activation phi;
    struct homogeneous h;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    struct response response = response_of(&phi);
    wishart(&stream, B, 3 * B, S);
    struct form f = form_of(claim, &h, B, S, number);
    integral(&f, V, error);
    struct entries first = {V, error, QUADRATURE};
    claim_case(claim, "%s, B = %d, basis %u", name, B, number);
    claim_need(claim, batchnorm_map_laplace(&h, B, S, W, other));
    check_entries(claim, "(26) and (27)", n, first, (struct entries){W, other, QUADRATURE});
    if (B == 4 || B == 5) {
        claim_need(claim, batchnorm_map_sphere(&response, B, S, W, other));
        check_entries(claim, "(26) and sphere", n, first, (struct entries){W, other, QUADRATURE});
    } else if (h.alpha <= 2) {
        claim_need(claim, batchnorm_map_samples(&response, B, S, &stream, samples, W, other));
        check_entries(claim, "(26) and samples", 3, first, (struct entries){W, other, SAMPLING});
    }
    memory_free(f.e);
    memory_free(S);
}

/* ## As printed
 * relu, $B=8$: there both integrals exist. */
static struct value trace_of(const double V[], const double error[])
{
    struct value trace = exact(0);

    for (int i = 0; i < 8; i++) {
        trace = value_add(trace, measured(V[9 * i], error[9 * i], QUADRATURE));
    }
    return trace;
}

static void as_printed(struct claim *claim, long samples)
{
    double S[64], V[64], error[64], W[64], other[64], corrected[64];
    struct activation phi;
    struct homogeneous relu;

    claim_need(claim, activation_find("relu", &phi));
    claim_need(claim, homogeneous_find(&phi, &relu));
    struct response response = response_of(&phi);
    for (uint32_t number = 0; number < 4; number++) {
        struct stream stream = claim_stream(claim, 2, number);

        wishart(&stream, 8, 24, S);
        claim_need(claim, batchnorm_map_samples(&response, 8, S, &stream, samples, W, other));
        struct form f = form_of(claim, &relu, 8, S, number);
        integral(&f, corrected, error);
        claim_case(claim, "relu, B = 8, covariance %u", number);
        check_equal(claim, "trace", trace_of(corrected, error), exact(4));
        for (int k = 0; k < 8; k++) {
            claim_row(claim, "diagonal", (double)number, corrected[9 * k], W[9 * k], other[9 * k]);
            if (k < 7) {
                claim_row(claim, "off-diagonal", (double)number, corrected[9 * k + 1], W[9 * k + 1], other[9 * k + 1]);
            }
        }
        f.inverse = true;
        integral(&f, V, error);
        check_differs(claim, "printed trace", trace_of(V, error), exact(4));
        check_differs(claim, "printed entry", measured(V[0], error[0], QUADRATURE), measured(W[0], other[0], SAMPLING));
        memory_free(f.e);
    }
}

static void projected(struct claim *claim)
{
    static const char *const names[] = {"id", "relu", "lrelu:0.3", "abs", "relu^2", "relu^1.5", "x^3"};
    const char *name = claim_text(claim, "phi");
    long samples = claim_integer(claim, "samples");

    claim_labels(claim, "entry");
    claim_column(claim, "covariance", EXACT, "a number");
    claim_column(claim, "integral", RELATIVE(1e-9), "a trapezoidal sum");
    claim_column(claim, "sampled", SIGMAS(0.1), "the same draws everywhere, through other roundings");
    claim_column(claim, "sampled_err", RELATIVE(0.01), "a standard error");
    for (uint32_t number = 0; number < 3; number++) {
        compare(claim, name, (int)claim_integer(claim, "B"), number, samples);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        compare(claim, names[i], 4 + (int)i % 2, (uint32_t)i, samples);
    }
    as_printed(claim, samples);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "a homogeneous activation", "relu"), integer("B", "batch size", 8, 4, 60),
                           integer_by_scale("samples", "samples of each batch", 20000, 100000, 10000000, 1000,
                                            100000000)},
            .faults = {{"one_s", "I + s Sigma in the tilt and the determinant", "(26)* trace"},
                       {"whole_determinant", "the determinant without its square root", "(26)* trace printed?entry"}},
            .errata =
                {{.id = "Y16",
                  .printed =
                      "Equation 26 has $V_\\phi\\big(e\\,((I+2s\\Sigma_\\square)^{-1}\\Sigma_\\square)^{-1}e^T\\big)$ "
                      "in its integrand.",
                  .corrected = "$V_\\phi\\big(e\\,(I+2s\\Sigma_\\square)^{-1}\\Sigma_\\square\\,e^T\\big)$, without "
                               "the outer inverse.",
                  .differs = "printed*",
                  .equal = "(26)* trace",
                  .consequence = "None: the derivation above it and theorem 3.2 have the right form.",
                  .by_hand =
                      "Let $\\Sigma=I$ and $\\phi=\\mathrm{id}$. Then $\\Sigma_\\square=I$, and the printed integrand "
                      "has the trace $(B-1)(1+2s)$ times "
                      "$B\\,(1+2s)^{-(B-1)/2}$, which integrates to $\\frac{B(B-1)}{B-5}$; the trace of $V$ is $B$."}},
            .run = projected,
        }));
}
