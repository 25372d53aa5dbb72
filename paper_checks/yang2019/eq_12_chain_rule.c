/* # Equation (12) and lemma F.17: the Jacobian's eigenvalues are those of the projected operator
 *
 * Yang et al. (2019), section 3.1.1, equation (12), and appendix F.3, lemma F.17. Batch normalisation sees $\Sigma$ through $\Sigma^G=G\Sigma G$ alone, so
 *
 * $$\frac{dV_{B_\phi}(\Sigma)}{d\Sigma}=\frac{dV_{\phi\circ n}(\Sigma^G)}{d\Sigma^G}\circ G^{\otimes2},$$
 *
 * and the non-zero eigenvalues of this product $BA$, $A=G^{\otimes2}$, are those of $U=AB$, which is ultrasymmetric between centrings. Lemma F.17, for linear $A:X\to Y$, $B:Y\to X$: if $v$ is
 * an eigenvector of $AB$ with eigenvalue $\lambda\ne0$ then $Bv\ne0$ is one of $BA$ with the same $\lambda$, and if $AB$ has $k=\operatorname{rank}AB$
 * independent ones, their images are all that $BA$ has.
 *
 * **Checked.** Lemma F.17 for random rectangular pairs with known eigenvectors of $AB$: each $Bv$, its size, and all eigenvalues of $BA$ by LAPACK. Equation (12) by differences of the
 * covariance map (Laplace's method) at the symmetric fixed point: the derivative along $\Lambda$ and along $G\Lambda G$; $J\{J\{\Lambda\}\}=\lambda J\{\Lambda\}$ for $\Lambda$ in
 * $\mathbb L$ and $\mathbb M$ with $\lambda$ of the projected operator from quadrature over the sphere; and that $J$ does vanish on $\{\Sigma:G\Sigma G=0\}$.
 * **Corrected.** The lemma's first item, $\operatorname{rank}AB=\operatorname{rank}BA$, does not hold for all $A$ and $B$. Its proof uses $\operatorname{rank}AB=\operatorname{rank}ABAB$,
 * which needs that $AB$ has no nilpotent part. With the assumption of the third item, for both products, the ranks agree; so in the application.
 * **Tolerance.** Extrapolated differences state what the last extrapolation changed, and the map's error over the step. LAPACK's condition numbers.
 * **Could miss.** Activations that are not homogeneous: the map is differentiated for those that Laplace's method takes.
 * **Found.** Equation (12) and the second and third item hold. The first one fails for $A=\begin{pmatrix}0&1\\0&0\end{pmatrix}$, $B=\begin{pmatrix}1&0\\0&0\end{pmatrix}$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>

enum { LARGE = 16, ENTRIES = LARGE * LARGE };

/* ## Lemma F.17
 * $A$ ($m\times n$) is random, $m<n$; $B=A^+XDX^{-1}$ then gives $AB=XDX^{-1}$, with the columns of $X$ as eigenvectors, $D$ with $k$ non-zero entries. */
struct factors {
    int m, n, k;
    double A[ENTRIES], B[ENTRIES], X[ENTRIES], lambda[LARGE];
};

static void random_factors(struct claim *claim, int m, int n, int k, struct stream *stream, struct factors *f)
{
    double plus[ENTRIES], inverse[ENTRIES], XD[ENTRIES], AB[ENTRIES];

    *f = (struct factors){.m = m, .n = n, .k = k};
    stream_normals(stream, (size_t)(m * n), f->A);
    stream_normals_scaled(stream, 0.3 / sqrt(m), (size_t)(m * m), f->X);
    for (int i = 0; i < m; i++) {
        f->X[i * m + i] += 1;
        f->lambda[i] = i < k ? 0.5 + 0.4 * i : 0;
    }
    claim_need(claim, linear_pseudo_inverse(m, n, f->A, 1e-10, plus, NULL));
    claim_need(claim, linear_pseudo_inverse(m, m, f->X, 1e-10, inverse, NULL));
    for (int i = 0; i < m * m; i++) {
        XD[i] = f->X[i] * f->lambda[i % m];
    }
    linear_multiply(false, false, m, m, m, 1, XD, inverse, 0, AB);
    linear_multiply(false, false, n, m, m, 1, plus, AB, 0, f->B);
}

static int rank_of(struct claim *claim, int n, const double M[], double size)
{
    double s[LARGE];
    int rank = 0;

    claim_need(claim, linear_singular_values(n, n, M, s));
    while (rank < n && s[rank] > 1e-11 * size) {
        rank++;
    }
    return rank;
}

static void lemma(struct claim *claim, const struct factors *f)
{
    int m = f->m, n = f->n, nonzero = 0;
    double AB[ENTRIES], BA[ENTRIES], v[LARGE], Bv[LARGE], image[LARGE], re[LARGE], im[LARGE], error[LARGE];
    double size = linear_norm(m * n, f->A) * linear_norm(m * n, f->B);

    linear_multiply(false, false, m, m, n, 1, f->A, f->B, 0, AB);
    linear_multiply(false, false, n, n, m, 1, f->B, f->A, 0, BA);
    for (int e = 0; e < f->k; e++) {
        double lambda = f->lambda[claim_fault(claim, "next_eigenvalue") ? (e + 1) % f->k : e];

        for (int i = 0; i < m; i++) {
            v[i] = f->X[i * m + e];
        }
        linear_multiply(false, false, n, 1, m, 1, f->B, v, 0, Bv);
        double norm = linear_norm(n, Bv);
        check_shape(claim, "Bv is not 0", measured(norm, 1e-12 * size, ROUNDING), linear_norm(m, v));
        linear_multiply(false, false, n, 1, n, 1, BA, Bv, 0, image);
        linear_axpy(n, -lambda, Bv, image);
        check_zero(claim, "Bv is an eigenvector",
                   measured(linear_norm(n, image) / norm, 64 * n * DBL_EPSILON * size * size / norm, ROUNDING), lambda);
    }
    claim_need(claim, linear_general_eigen(n, BA, re, im, error));
    for (int i = 0; i < n; i++) {
        double nearest = INFINITY;

        for (int e = 0; e < f->k; e++) {
            nearest = fabs(re[i] - f->lambda[e]) < fabs(re[i] - nearest) ? f->lambda[e] : nearest;
        }
        nonzero += re[i] > 0.25;
        if (re[i] > 0.25) {
            check_equal(claim, "spectrum of BA", exact(nearest),
                        measured(re[i], error[i] + 64 * n * DBL_EPSILON * size, ROUNDING));
        }
    }
    check_equal(claim, "all of them", exact(claim_fault(claim, "one_more") ? f->k + 1 : f->k), exact(nonzero));
    check_equal(claim, "ranks, no nilpotent part", exact(rank_of(claim, m, AB, size)),
                exact(rank_of(claim, n, BA, size)));
}

/* The product AB is zero on a space that BA is nilpotent on: $A$ and $B$ of the head comment in random coordinates, $PAQ^{-1}$ and $QBP^{-1}$. */
static void nilpotent(struct claim *claim, struct stream *stream)
{
    double P[4], Q[4], inverse_P[4], inverse_Q[4], A[4] = {0, 1, 0, 0}, B[4] = {1, 0, 0, 0}, work[4], AB[4], BA[4];

    for (int k = 0; k < 2; k++) {
        double *X = k ? Q : P;

        stream_normals_scaled(stream, 0.3, 4, X);
        X[0] += 1;
        X[3] += 1;
        claim_need(claim, linear_pseudo_inverse(2, 2, X, 1e-10, k ? inverse_Q : inverse_P, NULL));
    }
    linear_multiply(false, false, 2, 2, 2, 1, P, A, 0, work);
    linear_multiply(false, false, 2, 2, 2, 1, work, inverse_Q, 0, A);
    linear_multiply(false, false, 2, 2, 2, 1, Q, B, 0, work);
    linear_multiply(false, false, 2, 2, 2, 1, work, inverse_P, 0, B);
    linear_multiply(false, false, 2, 2, 2, 1, A, B, 0, AB);
    linear_multiply(false, false, 2, 2, 2, 1, B, A, 0, BA);
    check_differs(claim, "ranks, any factors", exact(rank_of(claim, 2, AB, 4)), exact(rank_of(claim, 2, BA, 4)));
}

/* ## Equation (12)
 * The derivative of the covariance map at $S$ along $\Lambda$, $|\Lambda|=1$: central differences at $h$, $h/2$, $h/4$, extrapolated. Returns the error of the whole matrix. */
static double derivative(struct claim *claim, const struct homogeneous *phi, int B, const double S[],
                         const double direction[], double h, double out[])
{
    double moved[ENTRIES], V[ENTRIES], error[ENTRIES], d[3][ENTRIES], change[ENTRIES], noise = 0;

    for (int level = 0; level < 3; level++, h /= 2) {
        for (int side = -1; side <= 1; side += 2) {
            for (int k = 0; k < B * B; k++) {
                moved[k] = S[k] + side * h * direction[k];
            }
            claim_need(claim, batchnorm_map_laplace(phi, B, moved, V, error));
            for (int k = 0; k < B * B; k++) {
                d[level][k] = side < 0 ? -V[k] / (2 * h) : d[level][k] + V[k] / (2 * h);
            }
            noise = fmax(noise, linear_norm(B * B, error) / h);
        }
    }
    for (int k = 0; k < B * B; k++) {
        double first = (4 * d[1][k] - d[0][k]) / 3, second = (4 * d[2][k] - d[1][k]) / 3;

        out[k] = (16 * second - first) / 15;
        change[k] = out[k] - second;
    }
    return linear_norm(B * B, change) + 4 * noise;
}

static void normalise(int B, double S[])
{
    double norm = linear_norm(B * B, S);

    for (int k = 0; k < B * B; k++) {
        S[k] /= norm;
    }
}

/* A direction that centring kills: $x1^T+1x^T$. */
static void in_kernel(int B, struct stream *stream, double S[])
{
    double x[LARGE];

    stream_normals(stream, (size_t)B, x);
    for (int k = 0; k < B * B; k++) {
        S[k] = x[k / B] + x[k % B];
    }
    normalise(B, S);
}

static double difference(int B, const double x[], double scale, const double y[])
{
    double sum = 0;

    for (int k = 0; k < B * B; k++) {
        sum = hypot(sum, x[k] - scale * y[k]);
    }
    return sum;
}

static void chain_rule(struct claim *claim, const struct homogeneous *phi, int B, const double S[], double h,
                       struct stream *stream)
{
    double L[ENTRIES], G[ENTRIES], along[ENTRIES], centred[ENTRIES];

    symmetric_random(stream, B, L);
    normalise(B, L);
    claim_fault(claim, "one_side") ? project_on_M(B, L, G) : centre_both(B, L, G);
    double error = derivative(claim, phi, B, S, L, h, along) + derivative(claim, phi, B, S, G, h, centred);
    check_zero(claim, "through centring", measured(difference(B, along, 1, centred), error, QUADRATURE),
               linear_norm(B * B, along));
    double scale = linear_norm(B * B, along);
    in_kernel(B, stream, L);
    error = derivative(claim, phi, B, S, L, h, along);
    check_zero(claim, "kernel", measured(linear_norm(B * B, along), error, QUADRATURE), scale);
}

/* $J\{\Lambda\}$ is no member of the space, but an eigenmatrix of $J$. */
static void carried(struct claim *claim, const char *name, const struct homogeneous *phi, int B, const double S[],
                    double h, struct value lambda, const double member[])
{
    double unit[ENTRIES] = {0}, J[ENTRIES], JJ[ENTRIES], centred[ENTRIES];

    for (int k = 0; k < B * B; k++) {
        unit[k] = member[k];
    }
    normalise(B, unit);
    double error = derivative(claim, phi, B, S, unit, h, J), norm = linear_norm(B * B, J);
    centre_both(B, J, centred);
    double quotient = linear_dot(B * B, unit, centred);
    check_equal(claim, name, lambda, measured(quotient, error, QUADRATURE));
    for (int k = 0; k < B * B; k++) {
        unit[k] = J[k] / norm;
    }
    double again = derivative(claim, phi, B, S, unit, h, JJ);
    // an error of J by e changes J{J} by at most |J| e, and |J| is near |J{J}| / |J| plus what the error lets through
    again += error / norm * (2 * linear_norm(B * B, JJ) + fabs(lambda.x) + 4);
    check_zero(claim, "carried along",
               measured(difference(B, JJ, lambda.x, unit), again + value_error(lambda), QUADRATURE), norm);
}

static void at_batch_size(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct homogeneous h;
    struct batchnorm_state state;
    double S[ENTRIES], member[ENTRIES], d[ENTRIES];
    struct stream stream = claim_stream(claim, 1, (uint32_t)B);

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    shape_bsb1(B, state.fixed.q.x, state.fixed.nu.x, S);
    double step = 0.03 * state.fixed.mu.x;
    claim_case(claim, "phi = %s, B = %d", name, B);
    chain_rule(claim, &h, B, S, step, &stream);
    symmetric_random(&stream, B, d);
    shape_diagonal(B, d, member);
    struct value L = claim_fault(claim, "backward") ? state.backward.L : state.forward.L;
    carried(claim, "lambda_L", &h, B, S, step, L, member);
    project_on_M(B, d, member);
    carried(claim, "lambda_M", &h, B, S, step, claim_fault(claim, "backward") ? state.backward.M : state.forward.M,
            member);
    claim_row(claim, name, B, state.forward.L.x, state.forward.M.x);
}

static void equation(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.1", "abs", "relu^2", "relu^1.7", "x^3"};
    static const int batches[] = {4, 5, 6, 8};
    struct stream stream = claim_stream(claim, 0, 0);

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "L", RELATIVE(1e-10), "quadrature");
    claim_column(claim, "M", RELATIVE(1e-10), "quadrature");
    for (int k = 0; k < claim_integer(claim, "samples"); k++) {
        static struct factors f;
        int m = 2 + (int)stream_below(&stream, 6), n = m + (int)stream_below(&stream, 7);

        random_factors(claim, m, n, 1 + (int)stream_below(&stream, (uint64_t)m), &stream, &f);
        claim_case(claim, "pair %d: A is %d x %d, rank of AB %d", k, m, n, f.k);
        lemma(claim, &f);
        nilpotent(claim, &stream);
    }
    bool smoke = claim_scale(claim) == SCALE_SMOKE;
    for (int i = 0; i < (smoke ? 4 : 6); i++) {
        for (int k = 0; k < (smoke ? 2 : 4); k++) {
            at_batch_size(claim, names[i], batches[k]);
        }
    }
    at_batch_size(claim, claim_text(claim, "phi"), (int)claim_integer(claim, "B"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more homogeneous activation", "id"),
                           integer("B", "its batch size", 10, 4, LARGE),
                           integer_by_scale("samples", "random pairs of factors", 50, 200, 2000, 1, 100000)},
            .faults = {{"next_eigenvalue", "the next eigenvalue for each eigenvector", "Bv?is?an*"},
                       {"one_more", "k + 1 eigenvalues", "all*"},
                       {"one_side", "the diagonal taken away in place of the mean rows", "through*"},
                       {"backward", "the backward operator's eigenvalues", "lambda_L lambda_M carried*"}},
            .errata =
                {{"Y22s", "For linear $A:X\\to Y$, $B:Y\\to X$, $\\operatorname{rank}AB=\\operatorname{rank}BA$.",
                  "If each of $AB$ and $BA$ has as many independent eigenvectors of non-zero eigenvalues as its rank.",
                  "ranks,?any*", "ranks,?no*",
                  "None: the products of the paper can be diagonalised. The lemma's other items do not need equal "
                  "ranks.",
                  "$A=\\begin{pmatrix}0&1\\\\0&0\\end{pmatrix}$, $B=\\begin{pmatrix}1&0\\\\0&0\\end{pmatrix}$: $AB=0$, "
                  "$BA=A$."}},
            .run = equation,
        }));
}
