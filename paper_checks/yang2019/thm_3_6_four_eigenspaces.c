/* # Theorem 3.6: on symmetric matrices a projected ultrasymmetric operator has four orthogonal eigenspaces
 *
 * Yang et al. (2019), section 3.1.1, theorem 3.6. For ultrasymmetric $T$ the operator $G^{\otimes2}\circ T\circ G^{\otimes2}:\Sigma\mapsto G\,T\{G\Sigma G\}\,G$ on symmetric $B\times B$
 * matrices has, orthogonal to each other under the trace inner product, the eigenspaces
 *
 * - $\{\Sigma:G\Sigma G=0\}$ with eigenvalue 0,
 * - $\mathbb RG$ (dimension 1),
 * - $\mathbb L=\{GDG:D\text{ diagonal},\operatorname{tr}D=0\}$ (dimension $B-1$),
 * - $\mathbb M=\{\Sigma:G\Sigma G=\Sigma,\operatorname{Diag}\Sigma=0\}$ (dimension $B(B-3)/2$);
 *
 * it is self-adjoint even when $T$ is not.
 *
 * **Checked.** Operators whose eleven classes of entries are all different random numbers, as explicit matrices in an orthonormal basis of the symmetric matrices. LAPACK's
 * eigenvectors of each multiplicity must lie in the space claimed: their parts along $G$, in $\mathbb L$ and in $\mathbb M$ add up to the dimensions. That the
 * matrix equals its transpose. The backward operator of batch normalisation as one more.
 * **Tolerance.** LAPACK: eigenvectors are orthonormal to some roundings; those of close eigenvalues mix by rounding over their distance.
 * **Could miss.** $B>10$: `thm_e_62_projected_eigen` goes to 1000.
 * **Found.** Holds. The kernel has dimension $B$; the four add up to $B(B+1)/2$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { CLASSES = 11 };

/* ## An operator from eleven numbers
 * $[12|12]$, $[12|21]$ and $[12|13]$, $[12|31]$ are told apart. */
static double entry(const double c[CLASSES], int i, int j, int k, int l)
{
    if (i == j && k == l) {
        return c[k == i ? 0 : 1];
    }
    if (i == j || k == l) {
        return i == j ? c[k == i || l == i ? 2 : 3] : c[k == i || k == j ? 4 : 5];
    }
    if ((i == k && j == l) || (i == l && j == k)) {
        return c[i == k ? 6 : 7];
    }
    return i == k || j == l ? c[8] : i == l || j == k ? c[9] : c[10];
}

static void fill(int B, const double c[CLASSES], double T[])
{
    for (int m = 0; m < B * B; m++) {
        for (int n = 0; n < B * B; n++) {
            *T++ = entry(c, m / B, m % B, n / B, n % B);
        }
    }
}

/* ## In an orthonormal basis of the symmetric matrices
 * Element m is $\delta_i\delta_i^T$ or $(\delta_i\delta_j^T+\delta_j\delta_i^T)/\sqrt2$. */
static void basis(int B, double E[])
{
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            E[i * B + j] = E[j * B + i] = i == j ? 1 : M_SQRT1_2;
            E += B * B;
        }
    }
}

static void projected(struct claim *claim, int B, const double T[], const double E[], double P[])
{
    int n = B * (B + 1) / 2;
    double *S = memory_doubles((size_t)(B * B)), *image = memory_doubles((size_t)(B * B));

    for (int c = 0; c < n; c++) {
        centre_both(B, E + c * B * B, S);
        operator_apply(B, T, claim_fault(claim, "after_only") ? E + c * B * B : S, image);
        centre_both(B, image, S);
        for (int r = 0; r < n; r++) {
            P[r * n + c] = linear_dot(B * B, E + r * B * B, S);
        }
    }
    memory_free(S);
    memory_free(image);
}

/* ## Where a unit vector lies
 * The squared norms of its parts in the four spaces. */
static void parts(int B, const double S[], double part[4])
{
    double *centred = memory_doubles((size_t)(B * B)), *in_M = memory_doubles((size_t)(B * B)), trace = 0;

    centre_both(B, S, centred);
    project_on_M(B, centred, in_M);
    for (int i = 0; i < B; i++) {
        trace += centred[i * B + i];
    }
    part[1] = trace * trace / (B - 1);
    part[3] = linear_dot(B * B, in_M, in_M);
    part[2] = linear_dot(B * B, centred, centred) - part[1] - part[3];
    part[0] = linear_dot(B * B, S, S) - linear_dot(B * B, centred, centred);
    memory_free(centred);
    memory_free(in_M);
}

static void eigenspaces(struct claim *claim, int B, const double T[], const struct spectrum *claimed, bool tabulate)
{
    static const char *const names[4] = {"kernel", "G", "L", "M"};
    int n = B * (B + 1) / 2;
    double lambda[4] = {0, claimed->G.x, claimed->L.x, claimed->M.x}, weight[4] = {0},
           dimension[4] = {B, 1, B - 1, B * (B - 3) / 2.0};
    double *E = memory_doubles((size_t)(n * B * B)), *P = memory_doubles((size_t)(n * n)),
           *V = memory_doubles((size_t)(n * n));
    double *eigenvalue = memory_doubles((size_t)n), *S = memory_doubles((size_t)(B * B)), worst = 0, gap = INFINITY;

    dimension[0] = claim_fault(claim, "one_lost") ? B - 1 : B;
    basis(B, E);
    projected(claim, B, T, E, P);
    double size = linear_norm(n * n, P);
    for (int m = 0; m < n * n; m++) {
        worst = fmax(worst, fabs(P[m] - P[m % n * n + m / n]));
    }
    check_zero(claim, "self-adjoint", measured(worst, 8 * DBL_EPSILON * B * linear_norm(B * B, T), ROUNDING), size);
    claim_need(claim, linear_symmetric_eigen(n, P, eigenvalue, V));
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b < a; b++) {
            gap = fmin(gap, fabs(lambda[a] - lambda[b]));
        }
    }
    double mixing = 64 * n * DBL_EPSILON * size / gap;
    for (int m = 0; m < n; m++) {
        double part[4];
        int space = 0;

        for (int a = 1; a < 4; a++) {
            space = fabs(eigenvalue[m] - lambda[a]) < fabs(eigenvalue[m] - lambda[space]) ? a : space;
        }
        linear_multiply(true, false, B * B, 1, n, 1, E, V + m * n, 0, S);
        parts(B, S, part);
        weight[space] += part[space];
        check_equal(claim, "eigenvalues", measured(lambda[space], 64 * n * DBL_EPSILON * size, ROUNDING),
                    exact(eigenvalue[m]));
        if (tabulate) {
            claim_row(claim, names[space], m, eigenvalue[m], lambda[space]);
        }
    }
    for (int a = 0; a < 4; a++) {
        check_equal(claim, names[a], exact(dimension[a]), measured(weight[a], n * mixing, ROUNDING));
    }
    double *blocks[] = {E, P, V, eigenvalue, S};
    for (int k = 0; k < 5; k++) {
        memory_free(blocks[k]);
    }
}

/* ## Random operators, and the backward operator of a network */
static void random_operator(struct claim *claim, int B, uint32_t number, bool tabulate)
{
    struct stream stream = claim_stream(claim, (uint32_t)B, number);
    double c[CLASSES], *T = memory_doubles((size_t)(B * B) * (size_t)(B * B));

    stream_normals(&stream, CLASSES, c);
    fill(B, c, T);
    double mean = claim_fault(claim, "one_for_the_mean") ? c[8] : (c[8] + c[9]) / 2;
    struct brackets means = {
        exact(c[0]), exact(c[1]), exact(c[2]), exact(c[3]), exact(c[4]), exact(c[5]), exact((c[6] + c[7]) / 2),
        exact(mean), exact(c[10])};
    struct spectrum claimed = ultrasymmetric_spectrum(B, &means);
    claim_case(claim, "B = %d, operator %u", B, number);
    eigenspaces(claim, B, T, &claimed, tabulate);
    memory_free(T);
}

static void backward(struct claim *claim, int B, const char *name)
{
    struct activation phi;
    struct brackets F;
    double *T = memory_doubles((size_t)(B * B) * (size_t)(B * B));

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_backward_brackets(&response, B, &F));
    ultrasymmetric_matrix(B, &F, T);
    struct spectrum claimed = ultrasymmetric_spectrum(B, &F);
    if (fabs(claimed.L.x - claimed.M.x) < 1e-6 * fabs(claimed.G.x)) {
        claim_refuse(claim, "phi = %s: the eigenvalues on L and M are equal, their spaces can't be told apart", name);
    }
    claim_case(claim, "B = %d, gradients of %s", B, name);
    eigenspaces(claim, B, T, &claimed, false);
    memory_free(T);
}

static void theorem(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10};
    int chosen = (int)claim_integer(claim, "B");

    claim_labels(claim, "space");
    claim_column(claim, "index", EXACT, "a number");
    claim_column(claim, "eigenvalue", ABSOLUTE(1e-11), "LAPACK");
    claim_column(claim, "claimed", ABSOLUTE(1e-11), "sums of brackets");
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? chosen : batches[i];

        for (uint32_t k = 0; k < claim_integer(claim, "samples"); k++) {
            random_operator(claim, B, k, i < 0 && k == 1);
        }
        if (B <= 8) {
            backward(claim, B, claim_text(claim, "phi"));
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check; its second operator is drawn", 7, 4, 12),
                           text("phi", "activation of the network whose backward operator is tried", "tanh"),
                           integer_by_scale("samples", "random operators for each batch size", 2, 10, 100, 1, 10000)},
            .faults = {{"after_only", "the projection after T only", "self-adjoint eigenvalues kernel G L M"},
                       {"one_lost", "dimension B - 1 for the kernel", "kernel"},
                       {"one_for_the_mean", "[12|13] in place of the mean of [12|13] and [12|31]",
                        "eigenvalues G L M"}},
            .run = theorem,
        }));
}
