/* # Theorem K.5: the fixed point that sets one sample apart
 *
 * Yang et al. (2019), appendix K.1. The map $\Sigma\mapsto\mathrm E\,B_\phi(h)B_\phi(h)^T$, $h\sim N(0,\Sigma)$, of a wide layer with batch normalisation has exactly one fixed point of the form
 * $\mathrm{BSB2}^1_B(d,c,b)$ ($d$ in the corner, $c$ beside it, $b$ elsewhere). With $s=\sqrt{B-1}$
 *
 * $$d^*=\tfrac12\big(\phi(s)^2+\phi(-s)^2\big),\quad c^*=\tfrac12\big(\phi(s)\phi(\tfrac{-1}s)+\phi(-s)\phi(\tfrac1s)\big),\quad b^*=\tfrac12\big(\phi(\tfrac1s)^2+\phi(\tfrac{-1}s)^2\big),$$
 * $$(\Sigma^*)^G=\lambda^*\hat q\hat q^T,\qquad\lambda^*=\frac{B-1}{2B}\Big(\big(\phi(s)-\phi(\tfrac{-1}s)\big)^2+\big(\phi(-s)-\phi(\tfrac1s)\big)^2\Big).$$
 *
 * **Checked.** One application of the map to random matrices of the form must land on the printed one, whatever the start: existence and uniqueness in one. $h$ is drawn from $N(0,\Sigma)$
 * and sent through the definition of $B_\phi$, the mean taken over $\pm h$, which is exact here since $n(h)$ has two values. $\lambda^*$ and the
 * direction from LAPACK's eigenvalues of the centred image. All activations of the table.
 * **Tolerance.** What rounding of the normalised samples does through $\phi$ and its slope, and cancellation in $h_1-h_2$.
 * **Could miss.** Whether networks go there: the paper sees it for $\phi=\mathrm{relu}^{30}$ at moderate width only.
 * **Found.** Holds as printed, for every $\phi$ of the table: the fixed point exists always, it is stability that $\phi$ decides. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

struct alone {
    double d, c, b, lambda;
};

/* ## As printed */
static struct alone printed(struct claim *claim, const struct activation *phi, int B)
{
    double s = sqrt(B - 1.0), small = claim_fault(claim, "one_over_B") ? 1 / sqrt(B) : 1 / s;
    double far = activation_value(phi, s), back = activation_value(phi, -s), near = activation_value(phi, small),
           opposite = activation_value(phi, -small);
    double cross = claim_fault(claim, "same_side") ? far * near + back * opposite : far * opposite + back * near;
    double jump = far - opposite, drop = back - near, half = claim_fault(claim, "half_lost") ? 1 : 2;

    return (struct alone){(far * far + back * back) / 2, cross / 2, (near * near + opposite * opposite) / 2,
                          (B - 1) * (jump * jump + drop * drop) / (half * B)};
}

/* How far rounding of the arguments moves a product of two of the four values, per half ulp. */
static double sensitivity(const struct activation *phi, int B)
{
    double s = sqrt(B - 1.0), points[4] = {s, -s, 1 / s, -1 / s}, value = 0, change = 0;

    for (int i = 0; i < 4; i++) {
        value = fmax(value, fabs(activation_value(phi, points[i])));
        change = fmax(change, fabs(points[i] * activation_slope(phi, points[i])));
    }
    return value * (value + change);
}

/* ## One application of the map
 * $h=(x,y,\dots,y)$ for a start with $b$ in all of the second block; $B_\phi(h)=\phi(\sqrt B\,Gh/|Gh|)$. */
static void normalised(const struct activation *phi, int B, double x, double y, double out[])
{
    double *h = memory_doubles((size_t)B), norm = 0;
    long double mean = 0; // equal terms all round the same way

    for (int i = 0; i < B; i++) {
        h[i] = i == 0 ? x : y;
        mean += (long double)h[i] / B;
    }
    for (int i = 0; i < B; i++) {
        h[i] -= (double)mean;
        norm = hypot(norm, h[i]);
    }
    for (int i = 0; i < B; i++) {
        out[i] = activation_value(phi, sqrt(B) * h[i] / norm);
    }
    memory_free(h);
}

/* The mean over h and -h; returns what cancellation multiplied rounding with. */
static double image(const struct activation *phi, int B, const double start[3], struct stream *stream, double S[])
{
    double *up = memory_doubles((size_t)B), *down = memory_doubles((size_t)B), z[2];
    double root = sqrt(start[0]), shared = start[1] / root, rest = sqrt(start[2] - shared * shared);

    stream_normals(stream, 2, z);
    double x = root * z[0], y = shared * z[0] + rest * z[1];
    normalised(phi, B, x, y, up);
    normalised(phi, B, -x, -y, down);
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            S[i * B + j] = (up[i] * up[j] + down[i] * down[j]) / 2;
        }
    }
    memory_free(up);
    memory_free(down);
    return B * (fabs(x) + fabs(y)) / fabs(x - y); // the mean and what is left of it
}

static struct value entry(double x, double error)
{
    return measured(x, error, ROUNDING);
}

static void one_step(struct claim *claim, const struct activation *phi, int B, const double start[3],
                     struct stream *stream)
{
    struct alone fixed = printed(claim, phi, B);
    double *S = memory_doubles((size_t)(B * B)), *G = memory_doubles((size_t)(B * B)),
           *eigenvalue = memory_doubles((size_t)B);
    double error = 4 * DBL_EPSILON * sensitivity(phi, B) * (4 + image(phi, B, start, stream, S)), worst = 0;

    check_equal(claim, "d*", entry(fixed.d, error), exact(S[0]));
    check_equal(claim, "c*", entry(fixed.c, error), exact(S[1]));
    check_equal(claim, "b*", entry(fixed.b, error), exact(S[B + 1]));
    for (int k = 0; k < B * B; k++) {
        int i = k / B, j = k % B;

        worst = fmax(worst, fabs(S[k] - S[i == 0 || j == 0 ? (i == j ? 0 : 1) : B + 1]));
    }
    check_zero(claim, "shape", entry(worst, error), fabs(fixed.d) + fabs(fixed.b));
    if (B <= 100) {
        centre_both(B, S, G);
        claim_need(claim, linear_symmetric_eigen(B, G, eigenvalue, NULL));
        check_equal(claim, "lambda*", entry(fixed.lambda, 2 * B * error), exact(eigenvalue[B - 1]));
        check_zero(claim, "rank", entry(fmax(fabs(eigenvalue[0]), fabs(eigenvalue[B - 2])), 2 * B * error),
                   fixed.lambda);
    }
    memory_free(S);
    memory_free(G);
    memory_free(eigenvalue);
}

static void at_batch_size(struct claim *claim, const struct activation *phi, int B)
{
    if (!(printed(claim, phi, B).lambda > 1e-12 * sensitivity(phi, B))) {
        return; // phi can't tell the two values apart: the image is constant, and the map not defined there
    }
    for (uint32_t k = 0; k < (B > 100 ? 1 : 5); k++) {
        struct stream stream = claim_stream(claim, (uint32_t)B, k);
        double z[3];

        stream_normals(&stream, 3, z);
        double start[3] = {z[0] * z[0], z[0] * z[1], z[1] * z[1] + z[2] * z[2]}; // a covariance

        claim_case(claim, "phi = %s, B = %d, start %u", phi->name, B, k);
        one_step(claim, phi, B, start, &stream);
    }
}

static void tabulate(struct claim *claim, const struct activation *phi)
{
    for (int B = 3; B <= 40; B++) {
        struct stream stream = claim_stream(claim, 1, (uint32_t)B);
        struct alone fixed = printed(claim, phi, B);
        double *S = memory_doubles((size_t)(B * B)), start[3] = {1, 0.3, 0.5};

        image(phi, B, start, &stream, S);
        claim_row(claim, NULL, B, fixed.d, fixed.c, fixed.b, S[0], S[1], S[B + 1]);
        memory_free(S);
    }
}

static void theorem(struct claim *claim)
{
    static const int batches[] = {3, 4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const columns[] = {"d", "c", "b", "d_image", "c_image", "b_image"};
    struct activation phi;

    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (!isfinite(sensitivity(&phi, 1000))) {
        claim_refuse(claim, "phi = %s overflows at sqrt(999)", phi.name);
    }
    claim_column(claim, "B", EXACT, "a grid");
    for (int k = 0; k < 6; k++) {
        claim_column(claim, columns[k], RELATIVE(1e-9), "two values of phi, steep ones at arguments rounded");
    }
    at_batch_size(claim, &phi, (int)claim_integer(claim, "B"));
    for (int i = 0; i < (int)(sizeof batches / sizeof *batches); i++) {
        at_batch_size(claim, &phi, batches[i]);
        for (const char *const *name = activation_names(); *name; name++) {
            struct activation other;

            claim_need(claim, activation_find(*name, &other));
            at_batch_size(claim, &other, batches[i]);
        }
    }
    tabulate(claim, &phi);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("phi", "activation to try beside the table's; drawn", "tanh"),
                                         integer("B", "one more batch size to check", 12, 3, 1000)},
                          .faults = {{"one_over_B", "1/sqrt(B) in place of 1/sqrt(B-1)", "c? b? lambda?"},
                                     {"same_side", "phi(s) phi(1/s) in place of phi(s) phi(-1/s)", "c?"},
                                     {"half_lost", "lambda* without the factor 1/2", "lambda?"}},
                          .run = theorem,
                      }));
}
