/* # Lemma G.10: with a homogeneous activation $D\Lambda yy^TD+Dyy^T\Lambda D$ has the mean of a derivative
 *
 * Yang et al. (2019), appendix G.2, lemma G.10. For $\phi$ positive-homogeneous of degree $\alpha$, $y\sim N(0,\Sigma)$, $D=\mathrm{diag}\,\phi'(y)$ and symmetric $\Lambda$,
 *
 * $$\mathbb E\big[D\Lambda yy^TD+Dyy^T\Lambda D\big]=\alpha\,\frac{dV_\phi(\Sigma)}{d\Sigma}\{\Sigma\Lambda+\Lambda\Sigma\}
 *   =\alpha\,\frac{dV_\phi(\Pi\Sigma\Pi)}{d\Pi}\Big|_{\Pi=I}\{\Lambda\},\qquad V_\phi(\Sigma)=\mathbb E\,\phi(y)\phi(y)^T.$$
 *
 * **Checked.** The left side by quadrature: given two components of $y$ the mean of $\Lambda y$ is linear in them. The middle in arc-cosine kernels; the right side
 * by differences of $V_\phi$ in kernels, and by differences of $V_\phi$ in quadrature. Random $\Sigma$ and $\Lambda$ of 2 to 12 components, all entries; and $\Sigma=G$, which is singular, where
 * the paper uses the lemma. Samples of $y$.
 * **Tolerance.** Quadrature and differences state their errors; for entries, which may be near 0, on the scale of the largest. Samples have a standard error.
 * **Could miss.** In samples anything below a percent.
 * **Found.** Holds, at $\Sigma=G$ too. It is Euler's $\alpha\phi(y)=D\,y$ put in twice. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/homogeneous.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <math.h>

enum { LARGEST = 12, ENTRIES = LARGEST * LARGEST };

struct pair {
    int B;
    double Sigma[ENTRIES], Lambda[ENTRIES], along[ENTRIES]; // Sigma Lambda + Lambda Sigma
};

static void complete(struct pair *p)
{
    linear_multiply(false, false, p->B, p->B, p->B, 1, p->Sigma, p->Lambda, 0, p->along);
    linear_multiply(false, false, p->B, p->B, p->B, 1, p->Lambda, p->Sigma, 1, p->along);
}

static void random_pair(struct claim *claim, int B, uint32_t trial, bool centred, struct pair *p)
{
    struct stream stream = claim_stream(claim, (uint32_t)B, trial);
    double X[ENTRIES];

    p->B = B;
    stream_normals(&stream, (size_t)(B * B), X);
    linear_gram(B, B, X, p->Sigma);
    symmetric_random(&stream, B, p->Lambda);
    for (int i = 0; i < B * B; i++) {
        double on = i % (B + 1) == 0 ? 1 : 0;

        p->Sigma[i] = centred ? on - 1.0 / B : 0.7 / B * p->Sigma[i] + 0.5 * on;
    }
    if (centred)
        centre_both(B, p->Lambda, X);
    double norm = linear_norm(B * B, centred ? X : p->Lambda);
    for (int i = 0; i < B * B; i++)
        p->Lambda[i] = (centred ? X[i] : p->Lambda[i]) / norm;
    complete(p);
}

/* ## The left side
 * $(\Lambda y)_i=l_{i1}y_i+l_{i2}y_j$ in the mean, given these two, and the same for $j$. */
static struct value left_side(struct claim *claim, const struct homogeneous *phi, const struct pair *p, int i, int j)
{
    int B = p->B;
    double M[2 * LARGEST], L[2 * LARGEST], xx = p->Sigma[i * B + i], xy = p->Sigma[i * B + j], yy = p->Sigma[j * B + j];
    struct piecewise D = homogeneous_slope_piecewise(phi);

    claim_need(claim, gaussian_regression(B, p->Sigma, i, j, M));
    linear_multiply(false, false, B, 2, B, 1, p->Lambda, M, 0, L);
    if (i == j)
        return value_scale(2 * L[2 * i], claim_value(claim, gaussian_moment(&D, 1, &D, 1, xx, xy, yy)));
    struct value both = value_scale(L[2 * i] + L[2 * j + 1], gaussian_moment(&D, 1, &D, 1, xx, xy, yy));
    struct value first = value_scale(L[2 * j], gaussian_moment(&D, 2, &D, 0, xx, xy, yy));
    struct value second = value_scale(L[2 * i + 1], gaussian_moment(&D, 0, &D, 2, xx, xy, yy));
    return claim_value(claim, value_add(both, value_add(first, second)));
}

/* ## The right side
 * $V_\phi(\Pi\Sigma\Pi)$ at $\Pi=I+t\Lambda$, one entry. */
struct bend {
    const struct homogeneous *phi;
    const struct pair *p;
    int i, j;
    bool quadrature;
};

static void bent(const struct pair *p, double t, double out[])
{
    double Pi[ENTRIES], half[ENTRIES];
    int B = p->B;

    for (int i = 0; i < B * B; i++)
        Pi[i] = (i % (B + 1) == 0 ? 1 : 0) + t * p->Lambda[i];
    linear_multiply(false, false, B, B, B, 1, Pi, p->Sigma, 0, half);
    linear_multiply(false, false, B, B, B, 1, half, Pi, 0, out);
}

static double entry_at(double t, void *context)
{
    const struct bend *bend = context;
    double S[ENTRIES];
    int B = bend->p->B, i = bend->i, j = bend->j;

    bent(bend->p, t, S);
    double xx = S[i * B + i], xy = S[i * B + j], yy = S[j * B + j];
    if (bend->quadrature) {
        struct piecewise f = homogeneous_piecewise(bend->phi);

        return gaussian_moment(&f, 0, &f, 0, xx, xy, yy).x;
    }
    double block[4] = {xx, xy, xy, yy};
    if (homogeneous_moments(bend->phi, 2, block, block) != STATUS_OK)
        return NAN;
    return block[1];
}

static struct value right_side(struct claim *claim, const struct homogeneous *phi, const struct pair *p, int i, int j,
                               bool quadrature)
{
    struct bend bend = {phi, p, i, j, quadrature};
    double noise = (quadrature ? 1e-13 : 1e-14) * (fabs(entry_at(0, &bend)) + 0.1);
    double alpha = claim_fault(claim, "no_alpha") ? 1 : phi->alpha;

    return value_scale(alpha, claim_value(claim, derivative_by_differences(entry_at, &bend, 0, 0.25, noise)));
}

static void middle(struct claim *claim, const struct homogeneous *phi, const struct pair *p, double out[])
{
    double alpha = claim_fault(claim, "no_alpha") ? 1 : phi->alpha, direction[ENTRIES];

    for (int i = 0; i < p->B * p->B; i++)
        direction[i] = claim_fault(claim, "one_side") ? p->along[i] / 2 : p->along[i];
    claim_need(claim, homogeneous_moments_along(phi, p->B, p->Sigma, direction, out));
    for (int i = 0; i < p->B * p->B; i++)
        out[i] *= alpha;
}

/* ## One pair */
static void compare(struct claim *claim, const char *name, const struct pair *p, const char *where, bool differences)
{
    struct activation phi;
    struct homogeneous h;
    double closed[ENTRIES], scale = 0;
    int B = p->B;

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &h));
    middle(claim, &h, p, closed);
    for (int i = 0; i < B * B; i++)
        scale = fmax(scale, fabs(closed[i]));
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j += 1 + B / 5) {
            struct value left = left_side(claim, &h, p, i, j);

            claim_case(claim, "%s, B = %d, %s, entry (%d, %d)", name, B, where, i + 1, j + 1);
            check_zero(claim, "kernels", value_with(value_sub(exact(closed[i * B + j]), left), 1e-13 * scale, ROUNDING),
                       scale);
            if (differences)
                check_zero(claim, "differences of kernels", value_sub(right_side(claim, &h, p, i, j, false), left),
                           scale);
            if (differences && i < 2)
                check_zero(claim, "differences of quadrature", value_sub(right_side(claim, &h, p, i, j, true), left),
                           scale);
        }
    }
}

/* ## Samples */
struct experiment {
    struct homogeneous phi;
    struct pair p;
    double root[ENTRIES];
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    int B = e->p.B;
    double z[LARGEST], y[LARGEST], Ly[LARGEST];

    (void)sample;
    stream_normals(stream, (size_t)B, z);
    linear_multiply(false, false, B, 1, B, 1, e->root, z, 0, y);
    linear_multiply(false, false, B, 1, B, 1, e->p.Lambda, y, 0, Ly);
    double first = homogeneous_slope(&e->phi, y[0]), second = homogeneous_slope(&e->phi, y[1]);
    out[0] = 2 * first * first * y[0] * Ly[0];
    out[1] = first * second * (Ly[0] * y[1] + y[0] * Ly[1]);
    return STATUS_OK;
}

static void samples(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct experiment e;
    struct moments found[2];
    double closed[ENTRIES];

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &e.phi));
    random_pair(claim, B, 500, false, &e.p);
    for (int i = 0; i < B * B; i++) // a Lambda whose form does not nearly average out
        e.p.Lambda[i] = i % (B + 1) == 0 ? 0.5 : 0.25;
    complete(&e.p);
    claim_need(claim, linear_cholesky(B, e.p.Sigma, e.root));
    middle(claim, &e.phi, &e.p, closed);
    struct ensemble ensemble = claim_ensemble(claim, 501, (size_t)claim_integer(claim, "samples"), 2, draw, &e);
    claim_need(claim, ensemble_moments(&ensemble, found));
    claim_case(claim, "%s, B = %d", name, B);
    check_equal(claim, "diagonal, samples", rounded(closed[0], 100), moments_mean(found[0]));
    check_equal(claim, "off diagonal, samples", rounded(closed[1], 100), moments_mean(found[1]));
}

/* ## Two samples of variance 1, $\Lambda=I$: the entry off the diagonal as their correlation varies */
static void tabulate(struct claim *claim, const char *name)
{
    struct activation phi;
    struct homogeneous h;

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &h));
    for (int k = -9; k <= 9; k += claim_scale(claim) == SCALE_SMOKE ? 6 : 1) {
        double rho = k / 10.0, closed[4];
        struct pair p = {.B = 2, .Sigma = {1, rho, rho, 1}, .Lambda = {1, 0.5, 0.5, 1}};

        complete(&p);
        middle(claim, &h, &p, closed);
        claim_row(claim, NULL, rho, left_side(claim, &h, &p, 0, 1).x, closed[1], left_side(claim, &h, &p, 0, 0).x,
                  closed[0]);
    }
}

static void gaussian_derivative(struct claim *claim)
{
    static const char *const names[] = {"relu", "relu^2", "id", "x^3", "lrelu:-0.5", "abs"};
    static const int sizes[] = {2, 3, 5, 2, 4, 3};
    const char *chosen = claim_text(claim, "phi");
    int B = (int)claim_integer(claim, "B"), last = claim_scale(claim) == SCALE_SMOKE ? 3 : 6;
    struct activation phi;
    struct homogeneous h;
    struct pair p;

    claim_need(claim, homogeneous_within(chosen, 0.6, 12, &phi, &h));
    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "left", ABSOLUTE(1e-10), "quadrature");
    claim_column(claim, "kernels", ABSOLUTE(1e-12), "a closed form");
    claim_column(claim, "left_diagonal", ABSOLUTE(1e-10), "quadrature");
    claim_column(claim, "kernels_diagonal", ABSOLUTE(1e-12), "a closed form");
    for (int n = 0; n < last; n++) {
        random_pair(claim, sizes[n], (uint32_t)n, false, &p);
        compare(claim, names[n], &p, "random", sizes[n] < 4);
        random_pair(claim, 4 + n, (uint32_t)n, true, &p);
        compare(claim, names[n], &p, "G", false);
    }
    random_pair(claim, B, 100, false, &p);
    compare(claim, chosen, &p, "random", B < 4);
    samples(claim, "relu", B);
    tabulate(claim, chosen);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation, homogeneous of a degree above 1/2; it is drawn", "relu"),
                           integer("B", "how many components y has for it and in samples", 3, 2, LARGEST),
                           integer_by_scale("samples", "of y", 20000, 200000, 5000000, 10000, 100000000)},
            .faults = {{"no_alpha", "the derivative without the factor alpha", "kernels differences*"},
                       {"one_side", "the derivative along Sigma Lambda alone", "kernels *diagonal,?samples"}},
            .run = gaussian_derivative,
        }));
}
