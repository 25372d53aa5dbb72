/* # Theorem G.12: how positive-homogeneous activations multiply gradients, and a form that is not equal to the others
 *
 * Yang et al. (2019), appendix G.2, theorem G.12. For $\phi$ positive-homogeneous of degree $\alpha$ the backward operator has on $\mathbb RG$, $\mathbb L$, $\mathbb M$, with
 * $J=J_\phi(\frac{-1}{B-1})$, $J'=J_\phi'(\frac{-1}{B-1})$, $\hat J=J_{\phi'/\alpha}(\frac{-1}{B-1})$, $J_1=J_\phi(1)$, the eigenvalues
 *
 * $$\begin{aligned}\lambda_G&=\frac{(B-3+2\alpha)\big((2\alpha-1)J'+\alpha^2(B-1)J_1\big)}{(2\alpha-1)(B-3)(B-1)(J_1-J)}-\frac{\alpha^2}{B-3}
 *   =\frac{\alpha^2(B-3+2\alpha)\big(J_1+\frac1{B-1}\hat J\big)}{(2\alpha-1)(B-3)(J_1-J)}-\frac{\alpha^2}{B-3}\\
 *   &=\frac{\alpha^2\big((B-2)J_1+(B-3+2\alpha)\frac1{B-1}\hat J+(2\alpha-1)(J_1-J)\big)}{(2\alpha-1)(B-3)(J_1-J)},\end{aligned}$$
 *
 * $$\begin{aligned}\lambda_L&=\frac{2\big(\alpha^2(3B-4)+\alpha(3B^2-11B+8)+(B-3)(B-1)^2\big)}{(B-3)(B-1)^2(B-1+2\alpha)}\,\frac{J'}{J_1-J}
 *   +\frac{\alpha^2(B-2)(B-3+2\alpha)}{(2\alpha-1)(B-3)(B-1)}\,\frac{J_1}{J_1-J}-\frac{2\alpha^2(B-2)(B-1+\alpha)}{(B-3)(B-1)(B-1+2\alpha)},\\
 *   \lambda_M&=\frac{B\big(B^2+2(\alpha-2)B+2(\alpha-3)\alpha+3\big)}{(B-3)(B-1)(B-1+2\alpha)}\,\frac{J'}{J_1-J}.\end{aligned}$$
 *
 * **Checked.** Each formula, from kernels, against traces of the operator over the sphere (two angles) and against the operator as a
 * $B^2\times B^2$ matrix of quadratures; and all three eigenvalues in samples of a batch in which batch normalisation is differentiated by differences, so that no formula
 * for its derivative enters. The first two forms of $\lambda_G$, and the third as printed, with the other sign that a smudge could hide, and corrected.
 * **Tolerance.** Kernels and quadrature state their errors, the matrix its residual. Samples have a standard error.
 * **Could miss.** In samples anything below a percent.
 * **Found.** All hold but the third form of $\lambda_G$. $B-3+2\alpha-(2\alpha-1)=B-2$: taking $\frac{\alpha^2}{B-3}$ into the fraction leaves $(2\alpha-1)J$, not
 * $(2\alpha-1)(J_1-J)$. Our text of the paper is damaged there, but its last bracket is legible, and with either sign the line is false. Of the activations
 * tried only id has $\lambda_G$ near 1 in large batches. */
#include <assay/evidence/spaces.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/linear.h>
#include <math.h>

/* Below degree 1/2 $\phi'$ has no second moment; near it quadrature is slow. */
#define LEAST_DEGREE 0.6
#define MOST_DEGREE 12.0

/* ## As printed
 * $J_1-J$ divides everything: rise stands for it. */
struct kernels {
    double B, alpha;
    struct value top, J, slope, hat, rise;
};

static struct kernels kernels_of(const struct homogeneous *phi, int B)
{
    double c = -1.0 / (B - 1);
    struct homogeneous derivative = homogeneous_derivative(phi);
    struct kernels k = {B,
                        phi->alpha,
                        homogeneous_kernel(phi, 1),
                        homogeneous_kernel(phi, c),
                        homogeneous_kernel_slope(phi, c),
                        value_scale(1 / (phi->alpha * phi->alpha), homogeneous_kernel(&derivative, c)),
                        exact(0)};

    k.rise = value_sub(k.top, k.J);
    return k;
}

static struct value sum(double a, struct value x, double b, struct value y)
{
    return value_add(value_scale(a, x), value_scale(b, y));
}

static struct value first_form(struct claim *claim, const struct kernels *k)
{
    double B = k->B, alpha = k->alpha, twice = 2 * alpha - 1,
           last = claim_fault(claim, "one_alpha") ? alpha : alpha * alpha;
    struct value inner = sum(twice, k->slope, alpha * alpha * (B - 1), k->top);
    double factor = (B - 3 + 2 * alpha) / (twice * (B - 3) * (B - 1));

    return value_sub(value_scale(factor, value_div(inner, k->rise)), rounded(last / (B - 3), 2));
}

static struct value second_form(struct claim *claim, const struct kernels *k)
{
    double B = k->B, alpha = k->alpha, neighbours = claim_fault(claim, "one_sample_more") ? B : B - 1;
    double factor = alpha * alpha * (B - 3 + 2 * alpha) / ((2 * alpha - 1) * (B - 3));

    return value_sub(value_scale(factor, value_div(sum(1, k->top, 1 / neighbours, k->hat), k->rise)),
                     rounded(alpha * alpha / (B - 3), 2));
}

/* The third form with any numbers of $J_1$ and $J$ in its last term. */
static struct value third_form(const struct kernels *k, double tops, double rest)
{
    double B = k->B, alpha = k->alpha, twice = 2 * alpha - 1;
    struct value inner = sum(B - 2 + twice * tops, k->top, (B - 3 + 2 * alpha) / (B - 1), k->hat);

    return value_scale(alpha * alpha / (twice * (B - 3)), value_div(sum(1, inner, twice * rest, k->J), k->rise));
}

static struct value printed_L(struct claim *claim, const struct kernels *k)
{
    double B = k->B, a = k->alpha, less = (B - 3) * (B - 1), width = B - 1 + 2 * a;
    double eleven = claim_fault(claim, "ten_B") ? 10 : 11;
    double of_slope =
        2 * (a * a * (3 * B - 4) + a * (3 * B * B - eleven * B + 8) + less * (B - 1)) / (less * (B - 1) * width);
    double of_top = a * a * (B - 2) * (B - 3 + 2 * a) / ((2 * a - 1) * less);
    struct value kernels = value_div(sum(of_slope, k->slope, of_top, k->top), k->rise);

    return value_sub(value_with(kernels, 4e-15 * fabs(kernels.x), ROUNDING),
                     rounded(2 * a * a * (B - 2) * (B - 1 + a) / (less * width), 8));
}

static struct value printed_M(struct claim *claim, const struct kernels *k)
{
    double B = k->B, a = k->alpha, three = claim_fault(claim, "two_alpha") ? 2 : 3;
    double factor = B * (B * B + 2 * (a - 2) * B + 2 * (a - three) * a + 3) / ((B - 3) * (B - 1) * (B - 1 + 2 * a));

    return value_mul(rounded(factor, 16), value_div(k->slope, k->rise));
}

/* ## Witnesses */
static struct spectrum printed(struct claim *claim, const struct kernels *k)
{
    return (struct spectrum){first_form(claim, k), printed_L(claim, k), printed_M(claim, k)};
}

static void at_batch_size(struct claim *claim, const char *name, int B, bool tabulate)
{
    struct activation phi;
    struct homogeneous homogeneous;
    struct batchnorm_state sphere;

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &homogeneous));
    struct response response = response_of(&phi);
    struct kernels k = kernels_of(&homogeneous, B);
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    claim_case(claim, "%s, B = %d", name, B);
    check_spectrum(claim, "sphere", printed(claim, &k), sphere.backward);
    check_equal(claim, "second form", second_form(claim, &k), sphere.backward.G);
    bool other = claim_fault(claim, "third_form_right");
    check_differs(claim, "third form as printed", third_form(&k, other ? 0 : 1, other ? 1 : -1), sphere.backward.G);
    check_differs(claim, "third form, other sign", third_form(&k, -1, 1), sphere.backward.G);
    check_equal(claim, "third form corrected", third_form(&k, 0, claim_fault(claim, "third_form_sign") ? -1 : 1),
                sphere.backward.G);
    if (B <= 8) {
        struct brackets F;

        claim_need(claim, batchnorm_backward_brackets(&response, B, &F));
        check_spectrum(claim, "matrix", printed(claim, &k), ultrasymmetric_spectrum_by_matrix(B, &F));
    }
    if (tabulate)
        claim_row(claim, name, B, first_form(claim, &k).x, printed_L(claim, &k).x, printed_M(claim, &k).x,
                  sphere.backward.G.x, sphere.backward.L.x, sphere.backward.M.x);
}

/* ## Samples, differentiated numerically
 * $A=GJ$ with $J$ the derivative of $z\mapsto\phi(\sqrt B\,Gz/\|Gz\|)$ by central differences, at a batch $z\sim N(0,I)$. For any $T$ in a space the
 * eigenvalue is $\mathbb E\langle T,ATA^T\rangle/\langle T,T\rangle$, over $\mu^*$ because $\Sigma^*$ is $\mu^*I$ up to a multiple of $\mathbf 1\mathbf 1^T$. Kinks are
 * hit with probability of order of the step. */
enum { LARGEST = 16, SAMPLED = 10 };

struct experiment {
    int B;
    const struct activation *phi;
    double T[3][LARGEST * LARGEST];
};

static void directions(struct experiment *e)
{
    int B = e->B;
    double pairs[LARGEST * LARGEST];

    shape_bsb1(B, B - 1, -1, e->T[0]);
    shape_L(B, 0, 1, B - 2, 1, e->T[1]);
    for (int i = 0; i < B * B; i++)
        pairs[i] = i / B / 2 == i % B / 2 ? 1 : 0; // samples in pairs
    project_on_M(B, pairs, e->T[2]);
    for (int space = 0; space < 3; space++) {
        double norm = linear_norm(B * B, e->T[space]);

        for (int i = 0; i < B * B; i++)
            e->T[space][i] /= norm;
    }
}

static void normalised(const struct experiment *e, const double z[], double out[])
{
    double mean = 0, square = 0;

    for (int i = 0; i < e->B; i++)
        mean += z[i] / e->B;
    for (int i = 0; i < e->B; i++)
        square += (z[i] - mean) * (z[i] - mean) / e->B;
    for (int i = 0; i < e->B; i++)
        out[i] = (z[i] - mean) / sqrt(square);
    activation_apply(e->phi, (size_t)e->B, out, out, NULL);
}

static enum status draw_batch(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    int B = e->B, n = B * B;
    double z[LARGEST], above[LARGEST], below[LARGEST], J[LARGEST * LARGEST], JT[LARGEST * LARGEST], step = 1e-6;

    (void)sample;
    stream_normals(stream, (size_t)B, z);
    for (int j = 0; j < B; j++) {
        double here = z[j];

        z[j] = here + step;
        normalised(e, z, above);
        z[j] = here - step;
        normalised(e, z, below);
        z[j] = here;
        for (int i = 0; i < B; i++)
            J[i * B + j] = (above[i] - below[i]) / (2 * step);
    }
    for (int space = 0; space < 3; space++) { // <T, J T J'> = <T J, J T>: T = G T G centres by itself
        double TJ[LARGEST * LARGEST];

        linear_multiply(false, false, B, B, B, 1, J, e->T[space], 0, JT);
        linear_multiply(false, false, B, B, B, 1, e->T[space], J, 0, TJ);
        out[space] = linear_dot(n, TJ, JT);
    }
    return STATUS_OK;
}

static void by_samples(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct homogeneous homogeneous;
    struct experiment e = {.B = B, .phi = &phi};
    struct moments sampled[3];

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &homogeneous));
    directions(&e);
    struct kernels k = kernels_of(&homogeneous, B);
    struct response response = response_of(&phi);
    struct batchnorm_state sphere;
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    struct ensemble ensemble =
        claim_ensemble(claim, (uint32_t)B, (size_t)claim_integer(claim, "samples"), 3, draw_batch, &e);
    claim_need(claim, ensemble_moments(&ensemble, sampled));
    claim_case(claim, "%s, B = %d", name, B);
    check_spectrum(claim, "samples", printed(claim, &k),
                   (struct spectrum){value_div(moments_mean(sampled[0]), sphere.fixed.mu),
                                     value_div(moments_mean(sampled[1]), sphere.fixed.mu),
                                     value_div(moments_mean(sampled[2]), sphere.fixed.mu)});
}

static void homogeneous_gradients(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.2", "id", "abs", "relu^1.7", "relu^2", "x^3", "relu^0.8"};
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    const char *chosen = claim_text(claim, "phi");
    struct activation phi;
    struct homogeneous h;
    int sparse[SCALES] = {6, 2, 1}, finer[SCALES] = {1, 5, 10}, every = sparse[claim_scale(claim)];

    claim_need(claim, homogeneous_within(chosen, LEAST_DEGREE, MOST_DEGREE, &phi, &h));
    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "G", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "L", RELATIVE(1e-11), "a closed form");
    claim_column(claim, "M", ABSOLUTE(1e-12), "a closed form");
    claim_column(claim, "G_sphere", RELATIVE(1e-10), "quadrature");
    claim_column(claim, "L_sphere", RELATIVE(1e-10), "quadrature");
    claim_column(claim, "M_sphere", ABSOLUTE(1e-10), "quadrature");
    for (int n = 0; n < 8; n++) {
        for (int i = n % every; i < 10; i += every)
            at_batch_size(claim, names[n], sizes[i], false);
        for (int B = 4; n < 6 && B <= 10000; B += 1 + B / finer[claim_scale(claim)])
            at_batch_size(claim, names[n], B, true);
    }
    at_batch_size(claim, chosen, (int)claim_integer(claim, "B"), false);
    by_samples(claim, "relu", SAMPLED);
    by_samples(claim, h.alpha >= 1 && h.alpha <= 3 ? chosen : "lrelu:0.2", LARGEST);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation to check, homogeneous of a degree above 1/2", "lrelu:0.01"),
                           integer("B", "its batch size", 64, 4, 10000),
                           integer_by_scale("samples", "batches, differentiated by differences", 4000, 50000, 2000000,
                                            1000, 100000000)},
            .faults = {{"one_alpha", "alpha in place of alpha^2 in the last term of lambda_G", "G,?sphere G,?matrix"},
                       {"one_sample_more", "1/B in place of 1/(B-1) in the second form of lambda_G", "second*"},
                       {"third_form_right", "the third form with J where J(1) - J is printed", "third?form?as*"},
                       {"third_form_sign", "the corrected third form with a minus sign", "third?form?corrected"},
                       {"ten_B", "10B in place of 11B in lambda_L", "L,?sphere L,?matrix"},
                       {"two_alpha", "2(alpha-2)alpha in place of 2(alpha-3)alpha in lambda_M", "M,?sphere M,?matrix"}},
            .errata =
                {{.id = "Y12",
                  .printed = "$\\lambda_G=\\frac{\\alpha^2((B-2)J_1+\\frac{B-3+2\\alpha}{B-1}\\hat "
                             "J+(2\\alpha-1)(J_1-J))}{(2\\alpha-1)(B-3)(J_1-J)}$",
                  .corrected = "$\\lambda_G=\\frac{\\alpha^2((B-2)J_1+\\frac{B-3+2\\alpha}{B-1}\\hat "
                               "J+(2\\alpha-1)J)}{(2\\alpha-1)(B-3)(J_1-J)}$",
                  .differs = "third?form?as?printed third?form,?other?sign",
                  .equal = "third?form?corrected",
                  .consequence = "None beyond this line: the first two forms are right, and they are what is used.",
                  .by_hand = "$\\phi=\\mathrm{id}$, $B=4$: $J_\\phi(c)=2c$, so that $J_1=2$, $J=-\\frac23$, $J'=2$, "
                             "$\\hat J=2$. The first form gives "
                             "$\\frac{3\\cdot8}{3\\cdot8/3}-1=2=\\frac{B-2}{B-3}$, the printed third one "
                             "$(4+2+\\frac83)/\\frac83=\\frac{13}4$, the corrected one $(4+2-\\frac23)/\\frac83=2$."}},
            .run = homogeneous_gradients,
        }));
}
