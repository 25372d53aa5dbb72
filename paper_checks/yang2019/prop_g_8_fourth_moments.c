/* # Proposition G.8: a quadratic form under the mean is a derivative in the covariance
 *
 * Yang et al. (2019), appendix G.2, definition G.7 and proposition G.8. For $\psi:\mathbb R\to\mathbb R$ and symmetric $\Lambda$ let
 * $V^{(4)}_\psi(\Sigma)\{\Lambda\}=\mathbb E\,\psi(y)\,y^T\Lambda y\,\psi(y)^T$ over $y\sim N(0,\Sigma)$. With $V_\psi(\Sigma)=\mathbb E\,\psi(y)\psi(y)^T$,
 *
 * $$V_\psi^{(4)}(\Sigma)\{\Lambda\}=V_\psi(\Sigma)\,\langle\Sigma,\Lambda\rangle+2\,\frac{dV_\psi(\Sigma)}{d\Sigma}\{\Sigma\Lambda\Sigma\}.$$
 *
 * **Checked.** Every activation of the table as $\psi$, with random $\Sigma$ and $\Lambda$ of 2 and of 4 samples, one entry on the diagonal and one off it. The right side from
 * values of $V_\psi$ alone: quadrature, differentiated by differences. The left side by quadrature without a derivative: given two components the mean of
 * $y^T\Lambda y$ is a quadratic form in them and a constant. For homogeneous $\psi$ the right side also in arc-cosine kernels, at all entries of larger $\Sigma$. And
 * samples of $y$, for relu and tanh.
 * **Tolerance.** Quadrature and differences state their errors. Samples have a standard error.
 * **Could miss.** In samples anything below a percent. Singular $\Sigma$, where the paper's proof does not go: `lem_g_10_gaussian_derivative` tries its relative there.
 * **Found.** Holds. $\psi$ need not be smooth: a step will do. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/homogeneous.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <math.h>

enum { LARGEST = 12, ENTRIES = LARGEST * LARGEST };

/* A random pair, and $H=\Sigma\Lambda\Sigma$. $\Sigma$ is between $\frac12I$ and about $2I$; $\Lambda$ has norm 1. */
struct pair {
    int B;
    double Sigma[ENTRIES], Lambda[ENTRIES], H[ENTRIES], inner; // <Sigma, Lambda>
};

static void complete(struct pair *p)
{
    double half[ENTRIES];
    int B = p->B;

    linear_multiply(false, false, B, B, B, 1, p->Sigma, p->Lambda, 0, half);
    linear_multiply(false, false, B, B, B, 1, half, p->Sigma, 0, p->H);
    p->inner = linear_dot(B * B, p->Sigma, p->Lambda);
}

static void random_pair(struct stream *stream, int B, struct pair *p)
{
    double X[ENTRIES];

    p->B = B;
    stream_normals(stream, (size_t)(B * B), X);
    linear_gram(B, B, X, p->Sigma);
    symmetric_random(stream, B, p->Lambda);
    double norm = linear_norm(B * B, p->Lambda);
    for (int i = 0; i < B * B; i++) {
        p->Sigma[i] = 0.7 / B * p->Sigma[i] + (i % (B + 1) == 0 ? 0.5 : 0);
        p->Lambda[i] /= norm;
    }
    complete(p);
}

/* ## The right side */
struct path {
    const struct piecewise *psi;
    const struct pair *p;
    int i, j;
};

static struct value entry_at(const struct path *path, double t)
{
    const struct pair *p = path->p;
    int B = p->B, i = path->i, j = path->j;
    double xx = p->Sigma[i * B + i] + t * p->H[i * B + i], xy = p->Sigma[i * B + j] + t * p->H[i * B + j];

    return gaussian_moment(path->psi, 0, path->psi, 0, xx, xy, p->Sigma[j * B + j] + t * p->H[j * B + j]);
}

static double entry_only(double t, void *context)
{
    return entry_at(context, t).x;
}

static struct value right_side(struct claim *claim, const struct piecewise *psi, const struct pair *p, int i, int j)
{
    struct path path = {psi, p, i, j};
    double step = 0.4 / linear_norm(p->B * p->B, p->H) * 0.5; // Sigma + t H stays above 0.3 I
    struct value V = claim_value(claim, entry_at(&path, 0));
    struct value slope = derivative_by_differences(entry_only, &path, 0, step, 4 * value_bound(V));
    double order = claim_fault(claim, "one_order") ? 1 : 2;

    return value_add(value_scale(claim_fault(claim, "no_trace") ? 0 : p->inner, V), value_scale(order, slope));
}

static void right_closed(struct claim *claim, const struct homogeneous *psi, const struct pair *p, double right[])
{
    double V[ENTRIES], order = claim_fault(claim, "one_order") ? 1 : 2;

    claim_need(claim, homogeneous_moments(psi, p->B, p->Sigma, V));
    claim_need(claim, homogeneous_moments_along(psi, p->B, p->Sigma, p->H, right));
    for (int i = 0; i < p->B * p->B; i++)
        right[i] = (claim_fault(claim, "no_trace") ? 0 : p->inner * V[i]) + order * right[i];
}

/* ## The left side
 * $y=M(y_i,y_j)^T$ and a rest that is independent: $\mathbb E(y^T\Lambda y\mid y_i,y_j)$ has the form $M^T\Lambda M$ and the constant $\mathrm{tr}\,\Lambda(\Sigma-MSM^T)$, $S$ the
 * covariance of the two. */
static struct value left_side(struct claim *claim, const struct piecewise *psi, const struct pair *p, int i, int j)
{
    int B = p->B;
    double M[2 * LARGEST], LM[2 * LARGEST], Q[4], rest = p->inner;
    double xx = p->Sigma[i * B + i], xy = p->Sigma[i * B + j], yy = p->Sigma[j * B + j];

    claim_need(claim, gaussian_regression(B, p->Sigma, i, j, M));
    linear_multiply(false, false, B, 2, B, 1, p->Lambda, M, 0, LM);
    linear_multiply(true, false, 2, 2, B, 1, M, LM, 0, Q);
    rest -= Q[0] * xx + 2 * Q[1] * xy + Q[3] * yy;
    struct value square = value_add(value_scale(Q[0], gaussian_moment(psi, 2, psi, 0, xx, xy, yy)),
                                    value_scale(Q[3], gaussian_moment(psi, 0, psi, 2, xx, xy, yy)));
    struct value cross = value_scale(2 * Q[1], gaussian_moment(psi, 1, psi, 1, xx, xy, yy));
    struct value constant = value_scale(rest, gaussian_moment(psi, 0, psi, 0, xx, xy, yy));

    return claim_value(claim, value_add(value_add(square, cross), constant));
}

/* ## One activation */
static void check_entry(struct claim *claim, const char *name, struct value right, struct value left, double scale)
{
    if (fabs(left.x) > 1e-3 * scale)
        check_equal(claim, name, right, left);
}

static void one_activation(struct claim *claim, const char *name, int B, uint32_t trial)
{
    struct stream stream = claim_stream(claim, (uint32_t)B, trial);
    struct activation phi;
    struct pair p;

    claim_need(claim, activation_find(name, &phi));
    random_pair(&stream, B, &p);
    struct piecewise psi = activation_piecewise(&phi);
    struct value diagonal = left_side(claim, &psi, &p, 0, 0);
    claim_case(claim, "%s, B = %d", name, B);
    check_equal(claim, "diagonal", right_side(claim, &psi, &p, 0, 0), diagonal);
    check_entry(claim, "off diagonal", right_side(claim, &psi, &p, 0, 1), left_side(claim, &psi, &p, 0, 1), diagonal.x);
}

static void homogeneous(struct claim *claim, const char *name, int B)
{
    struct stream stream = claim_stream(claim, 100 + (uint32_t)B, 0);
    struct activation phi;
    struct homogeneous h;
    struct pair p;
    double right[ENTRIES];

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    random_pair(&stream, B, &p);
    right_closed(claim, &h, &p, right);
    struct piecewise psi = activation_piecewise(&phi);
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            claim_case(claim, "%s, B = %d, entry (%d, %d)", name, B, i + 1, j + 1);
            check_zero(claim, "closed form",
                       value_with(value_sub(exact(right[i * B + j]), left_side(claim, &psi, &p, i, j)),
                                  1e-13 * fabs(right[0]), ROUNDING),
                       fabs(right[0]));
        }
    }
}

/* ## Samples */
struct experiment {
    const struct activation *phi;
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
    double form = linear_dot(B, y, Ly), first = activation_value(e->phi, y[0]);
    out[0] = form * first * first;
    out[1] = form * first * activation_value(e->phi, y[1]);
    return STATUS_OK;
}

static void samples(struct claim *claim, const char *name, int B, uint32_t number)
{
    struct stream stream = claim_stream(claim, number, 0);
    struct activation phi;
    struct experiment e = {.phi = &phi};
    struct moments found[2];

    claim_need(claim, activation_find(name, &phi));
    random_pair(&stream, B, &e.p);
    for (int i = 0; i < B * B; i++) // a Lambda whose form does not nearly average out
        e.p.Lambda[i] = i % (B + 1) == 0 ? 0.5 : i % B < 2 && i / B < 2 ? 0.25 : 0;
    complete(&e.p);
    claim_need(claim, linear_cholesky(B, e.p.Sigma, e.root));
    struct piecewise psi = activation_piecewise(&phi);
    struct ensemble ensemble = claim_ensemble(claim, number + 1, (size_t)claim_integer(claim, "samples"), 2, draw, &e);
    claim_need(claim, ensemble_moments(&ensemble, found));
    claim_case(claim, "%s, B = %d", name, B);
    check_equal(claim, "diagonal, samples", right_side(claim, &psi, &e.p, 0, 0), moments_mean(found[0]));
    check_zero(claim, "off diagonal, samples", value_sub(right_side(claim, &psi, &e.p, 0, 1), moments_mean(found[1])),
               moments_mean(found[0]).x);
}

/* ## Two samples of variance 1, $\Lambda=I$: the entry off the diagonal as their correlation varies */
static void tabulate(struct claim *claim, const char *name)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    struct piecewise psi = activation_piecewise(&phi);
    for (int k = -9; k <= 9; k += claim_scale(claim) == SCALE_SMOKE ? 6 : 2) {
        double rho = k / 10.0;
        struct pair p = {.B = 2, .Sigma = {1, rho, rho, 1}, .Lambda = {1, 0, 0, 1}};

        complete(&p);
        struct path path = {&psi, &p, 0, 1};
        double step = 0.3 * (1 - fabs(rho)) / linear_norm(4, p.H);
        struct value V = value_scale(p.inner, entry_at(&path, 0)),
                     slope = derivative_by_differences(entry_only, &path, 0, step, 1e-14);
        claim_row(claim, NULL, rho, left_side(claim, &psi, &p, 0, 1).x, V.x + 2 * slope.x, V.x);
    }
}

static void fourth_moments(struct claim *claim)
{
    static const char *const kernels[] = {"relu", "lrelu:-0.5", "id", "abs", "relu^2", "x^3"};
    const char *const *name = activation_names();
    const char *chosen = claim_text(claim, "psi");
    int B = (int)claim_integer(claim, "B");
    struct activation psi;

    claim_need(claim, activation_find(chosen, &psi));
    if (!isfinite(activation_value(&psi, 0)))
        claim_refuse(claim, "psi = %s: an activation that is finite at 0 wanted", chosen);
    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "left", ABSOLUTE(1e-10), "quadrature");
    claim_column(claim, "right", ABSOLUTE(1e-8), "differences of quadrature");
    claim_column(claim, "trace_term", ABSOLUTE(1e-10), "quadrature");
    for (uint32_t k = 0; name[k] != NULL; k++) {
        if (claim_scale(claim) != SCALE_SMOKE || k % 4 == 1)
            one_activation(claim, name[k], k % 2 ? 4 : 2, k);
    }
    one_activation(claim, chosen, B, 1000);
    for (int n = 0; n < 6; n += claim_scale(claim) == SCALE_SMOKE ? 4 : 1)
        homogeneous(claim, kernels[n], n % 2 ? 3 : 4);
    samples(claim, "relu", B, 200);
    samples(claim, "tanh", B, 202);
    tabulate(claim, chosen);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("psi", "one more activation; it is drawn", "relu"),
                           integer("B", "how many components y has for it and in samples", 4, 2, LARGEST),
                           integer_by_scale("samples", "of y", 20000, 100000, 5000000, 10000, 100000000)},
            .faults = {{"one_order", "the derivative once in place of twice", "diagonal off* closed* diagonal,*"},
                       {"no_trace", "the derivative alone", "diagonal off* closed* diagonal,*"}},
            .run = fourth_moments,
        }));
}
