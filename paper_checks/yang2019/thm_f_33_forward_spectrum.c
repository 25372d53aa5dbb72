/* # Theorem F.33: the forward spectrum of positive-homogeneous activations
 *
 * Yang et al. (2019), appendix F.3.2, theorem F.33. Let $\phi$ be positive-homogeneous of degree $\alpha$, $\mathsf J_\phi$ and its slope be taken at
 * $-1/(B-1)$, and $P(a,b)=\Gamma(a+b)/\Gamma(a)$. At the symmetric fixed point deviations of the covariance in $\mathbb RG$, $\mathbb M$ and $\mathbb L$ are multiplied
 * by $0$,
 *
 * $$\lambda_M^\uparrow=\frac{c_\alpha B(B-1)^{\alpha-1}}{\mu^*2^\alpha P(\frac{B+1}2,\alpha)}\,\mathsf J_\phi',\qquad
 *   \lambda_L^\uparrow=\frac{c_\alpha(B-1)^{\alpha-1}}{\mu^*2^\alpha P(\frac{B+1}2,\alpha)}
 *   \Big((B-2)\alpha\big(\mathsf J_\phi(1)-\mathsf J_\phi\big)+\frac B{B-1}\mathsf J_\phi'\Big).$$
 *
 * The theorem assumes $\frac{B-1}2>\alpha$.
 *
 * **Checked.** All three against two witnesses that know no kernel: means over the sphere (two angles) for batches from 4 to 1000, and for batches up to 10 the
 * Jacobian as a matrix of $B^2\times B^2$ entries, each its own integral, applied to bases of the three spaces. Homogeneous activations of the table and
 * random $a$, $b$. Degrees above $\frac{B-1}2$ too.
 * **Tolerance.** Quadrature states its error, the matrix its residual; $\mu^*$ and the bracket carry theirs.
 * **Could miss.** An error common to both witnesses, in the reduction to the sphere: `prop_f_14_f_16_jacobian` differentiates the map itself.
 * **Found.** Holds, for every degree tried: the hypothesis on $\alpha$ is not needed. It comes from lemma F.28, whose precondition reads
 * $\frac{B+1}2>0$ where it is used. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

/* ## As printed */
static struct value pochhammer(int twice, double b)
{
    return sphere_radius_moment(twice + 1, 0.5, 2 * b); // P(twice/2, b)
}

static struct spectrum printed(struct claim *claim, const struct homogeneous *h, int B)
{
    double alpha = h->alpha, c = -1.0 / (B - 1);
    struct value norm2 = claim_value(claim, arccosine_norm2(alpha)),
                 slope = claim_value(claim, homogeneous_kernel_slope(h, c));
    struct value rise = value_sub(rounded(h->a * h->a + h->b * h->b, 3), claim_value(claim, homogeneous_kernel(h, c)));
    struct value K = value_div(value_mul(norm2, rounded(pow((B - 1) / 2.0, alpha), 4)), pochhammer(B - 1, alpha));
    struct value below =
        value_mul(value_mul(K, rise), pochhammer(claim_fault(claim, "one_sample_less") ? B : B + 1, alpha));
    struct value factor = value_div(value_mul(norm2, rounded(pow(B - 1, alpha - 1) * exp2(-alpha), 8)), below);
    double spread = (B - 2) * (claim_fault(claim, "degree_lost") ? 1 : alpha),
           turn = claim_fault(claim, "unit_turn") ? 1 : B / (B - 1.0);

    return (struct spectrum){.G = exact(0),
                             .L = value_mul(factor, value_add(value_scale(spread, rise), value_scale(turn, slope))),
                             .M = value_mul(factor, value_scale(B, slope))};
}

/* ## Two witnesses */
static struct response response(const struct homogeneous *h)
{
    return (struct response){homogeneous_piecewise(h), homogeneous_slope_piecewise(h)};
}

static struct spectrum on_sphere(struct claim *claim, const struct homogeneous *h, int B)
{
    struct response phi = response(h);
    struct batchnorm_state state;

    claim_need(claim, batchnorm_state_sphere(&phi, B, &state));
    return state.forward;
}

static struct spectrum of_matrix(struct claim *claim, const struct homogeneous *h, int B)
{
    struct response phi = response(h);
    struct brackets U;
    double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));

    claim_need(claim, batchnorm_forward_brackets(&phi, B, &U));
    ultrasymmetric_matrix(B, &U, matrix);
    struct spectrum spectrum = operator_spectrum(B, matrix);
    memory_free(matrix);
    return spectrum;
}

static void check_batch(struct claim *claim, const struct homogeneous *h, const char *name, int B)
{
    struct spectrum claimed = printed(claim, h, B), sphere = on_sphere(claim, h, B);
    double scale = fabs(sphere.L.x) * DBL_EPSILON * 4; // M vanishes for some phi

    claim_case(claim, "%s, alpha = %g, a = %.3g, b = %.3g, B = %d", name, h->alpha, h->a, h->b, B);
    check_equal(claim, "L, sphere", claimed.L, sphere.L);
    check_equal(claim, "M, sphere", claimed.M, value_with(sphere.M, scale, ROUNDING));
    if (B <= 10) {
        struct spectrum matrix = of_matrix(claim, h, B);

        check_equal(claim, "L, matrix", claimed.L, matrix.L);
        check_equal(claim, "M, matrix", claimed.M, value_with(matrix.M, scale, ROUNDING));
        check_zero(claim, "G, matrix", matrix.G, matrix.L.x);
    }
}

/* ## Beyond the hypothesis
 * The largest degree, of those tried, up to which formula and sphere agree on both eigenvalues. */
static bool agree(struct value a, struct value b)
{
    return fabs(a.x - b.x) <= value_tolerance(a, b, 0);
}

static void check_hypothesis(struct claim *claim, int B)
{
    double reach = 0;

    for (double alpha = 1.5; alpha <= 9; alpha += 1.5) {
        struct homogeneous h = {alpha, 1, 0.3};
        struct spectrum claimed = printed(claim, &h, B), sphere = on_sphere(claim, &h, B);

        if (!agree(claimed.L, sphere.L) || !agree(claimed.M, sphere.M))
            break;
        reach = alpha;
    }
    claim_case(claim, "B = %d", B);
    check_not_at_most(claim, "hypothesis", exact(reach), exact((B - 1) / 2.0));
    for (double alpha = (B - 1) / 2.0; alpha <= 9; alpha += 2.3)
        check_batch(claim, &(struct homogeneous){alpha, 1, 0.3}, "beyond", B);
}

static void tabulate(struct claim *claim, const struct homogeneous *h)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 12, 16, 23, 33, 50, 100, 300, 1000};

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "L", RELATIVE(1e-11), "a closed form with Gamma functions");
    claim_column(claim, "M", ABSOLUTE(1e-11), "a closed form with Gamma functions");
    claim_column(claim, "L_sphere", RELATIVE(1e-10), "quadrature");
    claim_column(claim, "M_sphere", ABSOLUTE(1e-10), "quadrature");
    for (int i = 0; i < (int)(sizeof batches / sizeof *batches); i++) {
        struct spectrum claimed = printed(claim, h, batches[i]), sphere = on_sphere(claim, h, batches[i]);

        claim_row(claim, NULL, batches[i], claimed.L.x, claimed.M.x, sphere.L.x, sphere.M.x);
        check_batch(claim, h, "given", batches[i]);
    }
}

static void forward_spectrum(struct claim *claim)
{
    static const char *const names[] = {"id",       "relu",   "lrelu:0.2", "abs", "relu^0.5",
                                        "relu^1.7", "relu^2", "relu^3",    "x^2", "x^3"};
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int B = (int)claim_integer(claim, "B"), step = claim_scale(claim) == SCALE_SMOKE ? 4 : 1;
    struct activation phi;
    struct homogeneous h;

    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (!(activation_homogeneity(&phi) > 0 && activation_homogeneity(&phi) <= 12))
        claim_refuse(claim, "phi = %s is not homogeneous of a degree above 0 and up to 12", phi.name);
    claim_need(claim, homogeneous_find(&phi, &h));
    tabulate(claim, &h);
    check_batch(claim, &h, phi.name, B);
    for (int k = 0; k < (int)(sizeof names / sizeof *names); k++) {
        claim_need(claim, activation_find(names[k], &phi));
        claim_need(claim, homogeneous_find(&phi, &h));
        for (int i = k % step; i < 10; i += step)
            check_batch(claim, &h, names[k], batches[i]);
    }
    for (uint32_t k = 0; k < claim_integer(claim, "samples"); k++) {
        struct stream stream = claim_stream(claim, 0, k);

        h = (struct homogeneous){0.3 + 3 * stream_uniform(&stream), stream_normal(&stream), stream_normal(&stream)};
        check_batch(claim, &h, "random", 4 + (int)stream_below(&stream, 20));
    }
    for (int batch = 4; batch <= 7; batch += step > 1 ? 2 : 1)
        check_hypothesis(claim, batch);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "homogeneous activation of the table, such as id, relu, abs, relu^1.5, x^3",
                                "relu"),
                           integer("B", "one more batch size", 64, 4, 10000),
                           integer_by_scale("samples", "random activations", 4, 16, 400, 1, 100000)},
            .faults = {{"one_sample_less", "P(B/2, alpha) in place of P((B+1)/2, alpha)",
                        "L,?sphere L,?matrix M,?sphere M,?matrix hypothesis"},
                       {"degree_lost", "(B - 2) without its factor alpha", "L,?sphere L,?matrix hypothesis"},
                       {"unit_turn", "J' without its factor B/(B-1)", "L,?sphere L,?matrix hypothesis"}},
            .errata =
                {{"Y9",
                  "Theorem F.33 assumes $\\frac{B-1}2>\\alpha$, and lemma F.25 $\\frac{B-1}2+2>\\alpha$, as the "
                  "precondition of lemma F.28.",
                  "No condition on $\\alpha$ beyond those of $\\mathsf J_\\phi$ is needed.", "hypothesis",
                  "?,?sphere ?,?matrix",
                  "The theorem and what follows from it hold for small batches too, such as $B=4$ and $\\alpha=2$.",
                  "Lemma F.28 needs $a>b+1$. It is used with $a=\\frac{B-1}2+1+\\alpha$, $b=\\alpha$ and with "
                  "$a=\\frac{B-1}2+1+\\alpha$, $b=\\alpha-1$: "
                  "$a-b-1=\\frac{B-1}2$ and $\\frac{B+1}2$."}},
            .run = forward_spectrum,
        }));
}
