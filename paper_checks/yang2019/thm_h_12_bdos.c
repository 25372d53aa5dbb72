/* # Theorem H.12: operators on several batches that act block by block
 *
 * Yang et al. (2019), appendix H.2.1, definitions H.9 to H.11, theorem H.12. $T=\mathrm{BDOS}(U,V,w)$ maps symmetric $kB\times kB$ matrices, in blocks, to
 *
 * $$T\{\Sigma\}^{ii}=U\{\Sigma^{ii}\},\qquad T\{\Sigma\}^{ij}=V\{\Sigma^{ii}\}+V\{\Sigma^{jj}\}^T+w\,\Sigma^{ij}.$$
 *
 * It has the eigenvalue $w$ on the matrices whose diagonal blocks vanish, and for each eigenvalue $\lambda$ of $U$ with eigenmatrix $\Sigma$, in each of the $k$ positions, the eigenmatrix
 * $L_{kB}(\Sigma,-(\lambda-w)^{-1}V\{\Sigma\})$: $\Sigma$ in one diagonal block and $(\lambda-w)^{-1}V\{\Sigma\}$ beside it.
 *
 * **Checked.** Random $V$ and $w$, and random $U$ with known eigenmatrices; $k=2,3$, $B$ to 6: each eigenmatrix under the definition, and LAPACK's eigenvalues of the whole operator,
 * counted. Both again when $V=wI$, which the printed condition excludes.
 * **Corrected.** The condition is printed as "if $V-wI$ is not singular", for $\mathrm{BDOS}(V,U,w)$; after definition H.7 the operator is $\mathrm{BDOS}(U,V,w)$ and $w$ must
 * not be an eigenvalue of $U$. If it is, $V-wI$ being regular does not help: eigenmatrices are missing. "Block diagonal matrices where the
 * diagonal blocks are zero", in the second list, is a slip for block matrices. The names are exchanged throughout the theorem: it is the print.
 * **Tolerance.** Roundings of sums of $B^2$ terms; LAPACK's condition numbers.
 * **Could miss.** $k>3$.
 * **Found.** Holds with $U$ for $V$ in the condition. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum {
    B_MOST = 6,
    K_MOST = 3,
    SIDE = K_MOST * B_MOST,
    ENTRIES = B_MOST * B_MOST,
    COORDINATES = B_MOST * (B_MOST + 1) / 2
};

struct bdos {
    int k, B, n;                                               // n = B(B+1)/2
    double U[COORDINATES * COORDINATES], V[ENTRIES * ENTRIES]; // U in the coordinates of symmetric matrices
    double eigenvalue[COORDINATES], eigenvector[COORDINATES * COORDINATES];
    double w;
};

/* ## Symmetric matrices by their lower triangle */
static void unpack(int B, const double coordinates[], double S[])
{
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            S[i * B + j] = S[j * B + i] = *coordinates++;
        }
    }
}

static void pack(int B, const double S[], double coordinates[])
{
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            *coordinates++ = S[i * B + j];
        }
    }
}

/* U = P diag(lambda) P^-1 with P near the identity, so that it is well conditioned. */
static void random_bdos(struct claim *claim, int k, int B, struct stream *stream, struct bdos *T)
{
    int n = B * (B + 1) / 2;
    double P[COORDINATES * COORDINATES], inverse[COORDINATES * COORDINATES], scaled[COORDINATES * COORDINATES];

    *T = (struct bdos){.k = k, .B = B, .n = n, .w = 0.25 * stream_normal(stream)};
    stream_normals_scaled(stream, 0.3 / sqrt(n), (size_t)(n * n), P);
    stream_normals(stream, (size_t)(B * B * B * B), T->V);
    for (int i = 0; i < n; i++) {
        P[i * n + i] += 1;
        T->eigenvalue[i] = 1 + 0.5 * i + 0.2 * stream_uniform(stream); // apart from each other and, mostly, from w
    }
    claim_need(claim, linear_pseudo_inverse(n, n, P, 1e-10, inverse, NULL));
    for (int i = 0; i < n * n; i++) {
        scaled[i] = P[i] * T->eigenvalue[i % n];
        T->eigenvector[i] = P[i % n * n + i / n];
    }
    linear_multiply(false, false, n, n, n, 1, scaled, inverse, 0, T->U);
}

/* ## Definition H.7 */
static void block(const struct bdos *T, const double S[], int i, int j, double out[])
{
    int side = T->k * T->B;

    for (int a = 0; a < T->B; a++) {
        memcpy(out + a * T->B, S + (i * T->B + a) * side + j * T->B, (size_t)T->B * sizeof *out);
    }
}

static void apply(const struct bdos *T, const double S[], double out[])
{
    int B = T->B, side = T->k * B;
    double V[K_MOST][ENTRIES], inner[ENTRIES], coordinates[COORDINATES], image[COORDINATES];

    for (int i = 0; i < T->k; i++) {
        block(T, S, i, i, inner);
        operator_apply(B, T->V, inner, V[i]);
        pack(B, inner, coordinates);
        linear_multiply(false, false, T->n, 1, T->n, 1, T->U, coordinates, 0, image);
        unpack(B, image, inner);
        for (int m = 0; m < B * B; m++) {
            out[(i * B + m / B) * side + i * B + m % B] = inner[m];
        }
    }
    for (int i = 0; i < T->k; i++) {
        for (int j = 0; j < T->k; j++) {
            for (int m = 0; m < B * B && i != j; m++) {
                int a = m / B, b = m % B, at = (i * B + a) * side + j * B + b;

                out[at] = V[i][a * B + b] + V[j][b * B + a] + T->w * S[at];
            }
        }
    }
}

/* ## The eigenmatrices */
static void check_eigen(struct claim *claim, const char *name, const struct bdos *T, double lambda, const double S[])
{
    int side = T->k * T->B;
    double image[SIDE * SIDE],
        size = linear_norm(T->n * T->n, T->U) + 2 * linear_norm(T->B * T->B * T->B * T->B, T->V) + fabs(T->w);

    apply(T, S, image);
    linear_axpy(side * side, -lambda, S, image);
    check_zero(claim, name,
               measured(linear_norm(side * side, image) / linear_norm(side * side, S), 16 * T->B * DBL_EPSILON * size,
                        ROUNDING),
               size);
}

static void eigenmatrices(struct claim *claim, const struct bdos *T, struct stream *stream)
{
    int B = T->B, side = T->k * B;
    double S[SIDE * SIDE], Sigma[ENTRIES], beside[ENTRIES];

    for (int e = 0; e < T->n; e++) {
        int i = (int)stream_below(stream, (uint64_t)T->k);
        double lambda = T->eigenvalue[e], gap = claim_fault(claim, "sign_turned") ? T->w - lambda : lambda - T->w;

        unpack(B, T->eigenvector + e * T->n, Sigma);
        operator_apply(B, T->V, Sigma, beside);
        memset(S, 0, sizeof S);
        for (int m = 0; m < B * B; m++) {
            int a = m / B, b = m % B;

            S[(i * B + a) * side + i * B + b] = Sigma[m];
            for (int j = 0; j < T->k; j++) {
                if (j != i) {
                    S[(i * B + a) * side + j * B + b] = S[(j * B + b) * side + i * B + a] = beside[m] / gap;
                }
            }
        }
        check_eigen(claim, "L-shaped", T, lambda, S);
    }
    symmetric_random(stream, side, S);
    for (int m = 0; m < side * side && !claim_fault(claim, "diagonal_blocks"); m++) {
        S[m] = m / side / B == m % side / B ? 0 : S[m];
    }
    check_eigen(claim, "zero diagonal blocks", T, T->w, S);
}

/* ## All eigenvalues */
static void matrix_of(const struct bdos *T, double A[])
{
    int side = T->k * T->B, N = side * (side + 1) / 2;
    double S[SIDE * SIDE], image[SIDE * SIDE];
    double *unit = memory_doubles((size_t)N);

    for (int c = 0; c < N; c++) {
        unit[c] = 1;
        unpack(side, unit, S);
        apply(T, S, image);
        pack(side, image, A + c * N); // column c, so A is the transpose
        unit[c] = 0;
    }
    memory_free(unit);
}

static void spectrum(struct claim *claim, const struct bdos *T, bool tabulate)
{
    int side = T->k * T->B, N = side * (side + 1) / 2, at_w = 0;
    double *A = memory_doubles((size_t)(N * N)), *re = memory_doubles((size_t)N), *im = memory_doubles((size_t)N),
           *error = memory_doubles((size_t)N);

    matrix_of(T, A);
    claim_need(claim, linear_general_eigen(N, A, re, im, error));
    for (int e = 0; e < T->n; e++) {
        int near = 0;

        for (int m = 0; m < N; m++) {
            near += hypot(re[m] - T->eigenvalue[e], im[m]) <= fmin(error[m], 0.05);
        }
        check_equal(claim, "lambda, multiplicity", exact(claim_fault(claim, "once") ? 1 : T->k), exact(near));
    }
    for (int m = 0; m < N; m++) {
        at_w += hypot(re[m] - T->w, im[m]) <= fmin(error[m], 0.05);
        if (tabulate) {
            claim_row(claim, "LAPACK", m, re[m]);
        }
    }
    check_equal(claim, "w, multiplicity", exact(T->B * T->B * T->k * (T->k - 1) / 2), exact(at_w));
    memory_free(A);
    memory_free(re);
    memory_free(im);
    memory_free(error);
}

/* ## The condition
 * One eigenvalue of U is made equal to w. How many independent eigenmatrices there are for w: the dimension of the kernel of T - w. */
static void singular(struct claim *claim, struct bdos *T)
{
    int side = T->k * T->B, N = side * (side + 1) / 2, kernel = 0;
    double *A = memory_doubles((size_t)(N * N)), *s = memory_doubles((size_t)N), V[ENTRIES * ENTRIES], s_V[ENTRIES],
           regular;
    int B2 = T->B * T->B;

    T->w = T->eigenvalue[0];
    matrix_of(T, A);
    for (int m = 0; m < N; m++) {
        A[m * N + m] -= T->w;
    }
    claim_need(claim, linear_singular_values(N, N, A, s));
    for (int m = 0; m < N; m++) {
        kernel += s[m] <= 64 * N * DBL_EPSILON * s[0];
    }
    memcpy(V, T->V, (size_t)(B2 * B2) * sizeof *V);
    for (int m = 0; m < B2; m++) {
        V[m * B2 + m] -= T->w;
    }
    claim_need(claim, linear_singular_values(B2, B2, V, s_V));
    regular = s_V[B2 - 1] / s_V[0];
    check_shape(claim, "V - w is regular", measured(regular, 64 * B2 * DBL_EPSILON, ROUNDING), 1);
    check_differs(claim, "condition on V", exact(B2 * T->k * (T->k - 1) / 2 + T->k), exact(kernel));
    memory_free(A);
    memory_free(s);
}

static void at(struct claim *claim, int k, int B, uint32_t number, bool tabulate)
{
    struct stream stream = claim_stream(claim, (uint32_t)(10 * B + k), number);
    static struct bdos T;

    random_bdos(claim, k, B, &stream, &T);
    claim_case(claim, "k = %d, B = %d, operator %u", k, B, number);
    eigenmatrices(claim, &T, &stream);
    spectrum(claim, &T, tabulate);
    for (int e = 0; e < T.n && tabulate; e++) {
        claim_row(claim, "U", e, T.eigenvalue[e]);
    }
    if (tabulate) {
        claim_row(claim, "w", 0, T.w);
    }
    singular(claim, &T);
    random_bdos(claim, k, B, &stream, &T);
    memset(T.V, 0, sizeof T.V);
    for (int m = 0; m < B * B; m++) {
        T.V[m * B * B + m] = T.w;
    }
    claim_case(claim, "k = %d, B = %d, V = w", k, B);
    eigenmatrices(claim, &T, &stream);
    spectrum(claim, &T, false);
}

static void theorem(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "index", EXACT, "a number");
    claim_column(claim, "eigenvalue", ABSOLUTE(1e-8), "a general eigenproblem");
    at(claim, (int)claim_integer(claim, "k"), (int)claim_integer(claim, "B"), 0, true);
    for (int k = 2; k <= 3; k++) {
        for (int B = 2; B <= 5 - k / 3; B++) {
            for (uint32_t number = 0; number < claim_integer(claim, "samples"); number++) {
                at(claim, k, B, number, false);
            }
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("k", "batches of the operator drawn", 2, 2, K_MOST),
                           integer("B", "and their size", 4, 2, B_MOST),
                           integer_by_scale("samples", "random operators for each k and B", 1, 3, 30, 1, 1000)},
            .faults = {{"sign_turned", "w - lambda in place of lambda - w", "L-shaped"},
                       {"diagonal_blocks", "matrices with diagonal blocks", "zero*"},
                       {"once", "each eigenvalue of U once in place of k times", "lambda,*"}},
            .errata = {{"Y8", "If $V-wI_B$ is not singular then $\\mathrm{BDOS}(V,U,w)$ has these eigenspaces.",
                        "If $w$ is not an eigenvalue of $U$ then $\\mathrm{BDOS}(U,V,w)$ has them, in the notation of "
                        "definition H.7.",
                        "condition*", "L-shaped lambda,* w,*",
                        "None: theorem H.13 asks that $\\tilde\\lambda_M$ be apart from the eigenvalues of $U$.",
                        "$k=2$, $B=1$: $U=w=1$, $V=0.5$. $(p,q,x)\\mapsto(p,q,0.5p+0.5q+x)$ is a Jordan block for "
                        "$p+q\\ne0$, though $V-w=-0.5$."}},
            .run = theorem,
        }));
}
