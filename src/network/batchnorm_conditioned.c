// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch-normalised networks without their weights, exactly in law.
 *
 * Let X (N x n, rows are neurons) enter a layer, S = X'X/N = R R' with R of full column rank r, and U the orthonormal basis of X's columns with X = sqrt(N)
 * U R'. The weights act on X through W U alone, whose entries are independent N(0, 1/N): with W U = Z/sqrt(N), Z standard normal,
 *
 *     h = W X = Z R'.
 *
 * The part of W that h does not fix, W (I - UU'), is as good as new on the way back. With D the gradient with respect to h and D'D/N = C C',
 *
 *     W'D = U Z'D/sqrt(N) + (I - UU') Y C',    Y standard normal (N x n),
 *         = Y C' + U A,    A = Z'D/sqrt(N) - (U'Y) C',
 *
 * which needs of all N rows only two sums, Z'D and X'Y. The first is taken as D goes by. The second involves no gradient, so the way forward takes it,
 * from the draws that the way back will make: the way back then passes each layer once.
 *
 * R comes from Cholesky's method, dependent columns left out: it has r rows (the pivots p) that make a lower triangle L, so U = X_p L'^-1 / sqrt(N), and U'Y and U A
 * take one triangular solution each with a matrix of n columns. No inverse is formed, and rank below n (N < n, columns that sum to 0) is nothing special. With fresh
 * weights A = 0.
 *
 * **Orthogonal weights.** W U is a uniform frame F: F = Z M'^-1 / sqrt(N) with Z'Z/N = M M', so that h = Z (R M^-1)', after one more look at Z. On the way back W'
 * takes span F to span U, and its complement to the complement of U by an orthogonal matrix that is as good as new. With A_0 = F'D = M^-1 Z'D / sqrt(N), what of D
 * lies in the complement of F has second moments K = D'D/N - A_0'A_0/N = C C' of rank s, and becomes a uniform frame there: (I - UU') Y B'^-1 / sqrt(N)
 * with the first s columns of Y and B B' = Y'Y/N - (U'Y)'(U'Y)/N. So
 *
 *     W'D = Y B'^-1 C' + U A,    A = A_0 - (U'Y) B'^-1 C':
 *
 * the Gaussian formulas with R M^-1 for R and C B^-1 for C. Fresh weights: A = 0, C C' = D'D/N, B B' = Y'Y/N.
 *
 * Blocks of neurons are stored samples x neurons, so that normalisation and activation run along neurons. */
#include "batchnorm_pass.h"

#include <assay/base/memory.h>
#include <assay/network/batchnorm_layer.h>
#include <assay/network/propagation.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { BLOCK_NUMBERS = 8192, BLOCK_LEAST = 64 };

/* S = R R' (n x n, columns from rank on are zero), and the pivots' triangle L (rank x rank). */
struct root {
    int n, rank, *pivot;
    double *R, *L;
};

struct pass {
    const struct batchnorm_network *network;
    struct stream stream;
    struct batchnorm_record *record;
    bool back;                 // gradients are asked for
    bool reused;               // the way back will need X'Y and Z'D
    bool frames;               // orthogonal weights: Z'Z/N is needed, and Y'Y/N for the way back
    int n, N, block;           // samples, neurons, neurons a block
    struct root root;          // of the layer's input moments
    double *Z, *z, *X, *Y;     // a block, samples x neurons: normals, normalised, activated; normals of the way back
    double *slope, *D, *scale; // phi', the gradient; batches x neurons
    double *work;              // n x n
    double *exchange;          // X'Y/N of each layer, n x n
    double *C, *K, *ZD;        // D = C Y + K X for the block; D Z'/N
    double *triangle, *gram;   // orthogonal weights: M and Y'Y/N of each layer, n x n
};

static size_t square(int n)
{
    return (size_t)n * (size_t)n;
}

/* ## Second moments and their roots */

static struct root root_new(int n)
{
    return (struct root){n, 0, memory_new((size_t)n, sizeof(int)), memory_doubles(square(n)),
                         memory_doubles(square(n))};
}

static void root_free(struct root *root)
{
    memory_free(root->pivot);
    memory_free(root->R);
    memory_free(root->L);
}

/* Rounding can find more columns than the most that there are: leaves out those that stand lowest on their pivots. */
static void keep_columns(int n, int most, double R[], int pivot[], int *rank)
{
    while (*rank > most) {
        int lowest = 0;

        for (int j = 1; j < *rank; j++) {
            double here = R[pivot[j] * n + j], least = R[pivot[lowest] * n + lowest];

            lowest = here * linear_norm(n, R + (ptrdiff_t)pivot[lowest] * n) <
                             least * linear_norm(n, R + (ptrdiff_t)pivot[j] * n)
                         ? j
                         : lowest;
        }
        (*rank)--;
        for (int i = 0; i < n; i++) {
            memmove(R + (ptrdiff_t)i * n + lowest, R + (ptrdiff_t)i * n + lowest + 1,
                    (size_t)(*rank - lowest) * sizeof *R);
            R[i * n + *rank] = 0;
        }
        memmove(pivot + lowest, pivot + lowest + 1, (size_t)(*rank - lowest) * sizeof *pivot);
    }
}

/* R of rank most at most. */
static enum status root_take(struct root *root, int most, const double S[])
{
    enum status status = linear_semidefinite_root(root->n, S, BATCHNORM_CUTOFF, root->R, root->pivot, &root->rank);

    if (status != STATUS_OK) {
        return status;
    }
    keep_columns(root->n, most, root->R, root->pivot, &root->rank);
    for (int j = 0; j < root->rank; j++) {
        memcpy(root->L + (ptrdiff_t)j * root->rank, root->R + (ptrdiff_t)root->pivot[j] * root->n,
               (size_t)root->rank * sizeof(double));
    }
    return STATUS_OK;
}

/* R := R T^-1 for the first columns of R (n x n, rank of them in use), T lower triangular (rank x rank). */
static void divide_by_triangle(int n, int rank, const double T[], double R[])
{
    double *transposed = memory_doubles(square(n));

    for (int i = 0; i < n; i++) {
        for (int j = 0; j < rank; j++) {
            transposed[j * n + i] = R[i * n + j];
        }
    }
    if (rank > 0) {
        linear_solve_triangular(true, rank, n, T, transposed);
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < rank; j++) {
            R[i * n + j] = transposed[j * n + i];
        }
    }
    memory_free(transposed);
}

/* T (rank x rank) T' = the leading block of S (n x n). */
static enum status leading_root(int n, int rank, const double S[], double T[])
{
    double *block = memory_doubles(square(n));

    for (int i = 0; i < rank; i++) {
        memcpy(block + (ptrdiff_t)i * rank, S + (ptrdiff_t)i * n, (size_t)rank * sizeof *block);
    }
    enum status status = rank > 0 ? linear_cholesky(rank, block, T) : STATUS_OK;
    memory_free(block);
    return status;
}

/* ## A block of neurons */

/* Neurons first..first+m-1 of layer l: Z, z, scale, X and, if asked, the slopes. */
static void neurons(struct pass *pass, int l, int first, int m, double *slope)
{
    const struct batchnorm_network *network = pass->network;
    size_t numbers = (size_t)pass->n * (size_t)m;
    struct stream place = batchnorm_place(pass->stream, l, FORWARD, (size_t)pass->n * (size_t)first);

    stream_normals(&place, numbers, pass->Z);
    linear_multiply(false, false, pass->n, m, pass->n, 1, pass->root.R, pass->Z, 0, pass->z);
    batchnorm_layer_forward(network->batch, network->batches, m, network->epsilon, pass->z, pass->z, pass->scale);
    batchnorm_activate(network, numbers, pass->z, pass->X, slope);
}

static void normals_back(struct pass *pass, int l, int first, int m)
{
    struct stream place = batchnorm_place(pass->stream, l, BACKWARD, (size_t)pass->n * (size_t)first);

    stream_normals(&place, (size_t)pass->n * (size_t)m, pass->Y);
}

static int block_at(const struct pass *pass, int first)
{
    return pass->N - first < pass->block ? pass->N - first : pass->block;
}

/* ## Forward */

/* Orthogonal weights: M of layer l, by a look at its normals. The first layer's weights are Gaussian. */
static enum status take_frame(struct pass *pass, int l)
{
    int n = pass->n;
    double *moments = pass->work;

    memset(moments, 0, square(n) * sizeof *moments);
    for (int first = 0; first < pass->N; first += pass->block) {
        int m = block_at(pass, first);
        struct stream place = batchnorm_place(pass->stream, l, FORWARD, (size_t)n * (size_t)first);

        stream_normals(&place, (size_t)n * (size_t)m, pass->Z);
        batchnorm_add_gram(n, m, 1.0 / pass->N, pass->Z, moments, pass->K);
    }
    return leading_root(n, pass->root.rank, moments, pass->triangle + (size_t)l * square(n));
}

static void use_frame(struct pass *pass, int l)
{
    if (pass->frames && l > 1) {
        divide_by_triangle(pass->n, pass->root.rank, pass->triangle + (size_t)l * square(pass->n), pass->root.R);
    }
}

static enum status forward(struct pass *pass, int l)
{
    int n = pass->n, N = pass->N;
    double *moments = pass->record->forward + (size_t)l * square(n);
    double *exchange = pass->reused && l < pass->network->depth ? pass->exchange + (size_t)l * square(n) : NULL;
    double *gram = pass->gram != NULL && l < pass->network->depth ? pass->gram + (size_t)l * square(n) : NULL;
    enum status status = root_take(&pass->root, l > 1 ? N : n, moments - square(n));

    if (status == STATUS_OK && pass->frames && l > 1) {
        status = take_frame(pass, l);
    }
    if (status != STATUS_OK) {
        return status;
    }
    use_frame(pass, l);
    memset(moments, 0, square(n) * sizeof *moments);
    for (int first = 0; first < N; first += pass->block) {
        int m = block_at(pass, first);

        neurons(pass, l, first, m, NULL);
        batchnorm_add_gram(n, m, 1.0 / N, pass->X, moments, pass->work);
        if (exchange != NULL || gram != NULL) {
            normals_back(pass, l, first, m);
        }
        if (exchange != NULL) {
            linear_multiply(false, true, n, n, m, 1.0 / N, pass->X, pass->Y, first == 0 ? 0 : 1, exchange);
        }
        if (gram != NULL) {
            batchnorm_add_gram(n, m, 1.0 / N, pass->Y, gram, pass->work);
        }
    }
    return batchnorm_moments_check(pass->network, l, moments);
}

/* ## Backward */

/* C := the root of S, of rank most at most; its rank. */
static enum status take_root(struct pass *pass, int most, const double S[], int *rank)
{
    int *pivot = memory_new((size_t)pass->n, sizeof *pivot);
    enum status status = linear_semidefinite_root(pass->n, S, BATCHNORM_CUTOFF, pass->C, pivot, rank);

    if (status == STATUS_OK) {
        keep_columns(pass->n, most, pass->C, pivot, rank);
    }
    memory_free(pivot);
    return status;
}

/* Q = U'Y of layer l - 1 (r x n). */
static void project_normals(struct pass *pass, int l, double Q[])
{
    const struct root *root = &pass->root;
    const double *exchange = pass->exchange + (size_t)(l - 1) * square(pass->n);

    for (int j = 0; j < root->rank; j++) {
        for (int i = 0; i < pass->n; i++) {
            Q[j * pass->n + i] = sqrt(pass->N) * exchange[root->pivot[j] * pass->n + i];
        }
    }
    linear_solve_triangular(false, root->rank, pass->n, root->L, Q);
}

/* S -= V'V / N for V (r x n). */
static void without(int n, int r, double N, const double V[], double S[])
{
    if (r > 0) {
        linear_multiply(true, false, n, n, r, -1 / N, V, V, 1, S);
    }
}

/* Orthogonal weights: C B^-1 in the place of C. A (r x n) is F'D, Q is U'Y; both without rows for fresh weights. */
static enum status take_complement(struct pass *pass, int l, int r, const double A[], const double Q[])
{
    int n = pass->n, rank;
    double *S = memory_copy(square(n), batchnorm_record_backward(pass->record, l));
    double *normals = memory_copy(square(n), pass->gram + (size_t)(l - 1) * square(n)), *B = memory_doubles(square(n));

    without(n, r, pass->N, A, S);
    without(n, r, pass->N, Q, normals);
    enum status status = take_root(pass, pass->N - r, S, &rank);
    if (status == STATUS_OK) {
        status = leading_root(n, rank, normals, B);
    }
    if (status == STATUS_OK) {
        divide_by_triangle(n, rank, B, pass->C);
    }
    memory_free(S);
    memory_free(normals);
    memory_free(B);
    return status;
}

/* C and K of layer l - 1, from layer l's D'D/N, D Z'/N and input root. */
static enum status meet(struct pass *pass, int l)
{
    const struct root *root = &pass->root;
    int n = pass->n, r = pass->reused ? root->rank : 0, rank;
    double *Q = pass->work, *A = pass->ZD, root_N = sqrt(pass->N);
    enum status status = STATUS_OK;

    memset(pass->K, 0, square(n) * sizeof *pass->K);
    if (r > 0) {
        project_normals(pass, l, Q);
        for (int i = 0; i < r * n; i++) {
            A[i] *= root_N;
        }
    }
    if (pass->frames && r > 0) {
        linear_solve_triangular(false, r, n, pass->triangle + (size_t)l * square(n), A);
    }
    if (pass->frames) {
        status = take_complement(pass, l, r, A, Q);
    } else {
        status = take_root(pass, n, batchnorm_record_backward(pass->record, l), &rank);
    }
    if (status != STATUS_OK || r == 0) {
        return status;
    }
    // A = W'D's coordinates along U, less those of Y C'; then L'^-1 A
    linear_multiply(false, true, r, n, n, -1, Q, pass->C, 1, A);
    linear_solve_triangular(true, r, n, root->L, A);
    for (int j = 0; j < r; j++) {
        for (int i = 0; i < n; i++) {
            pass->K[i * n + root->pivot[j]] = A[j * n + i] / root_N;
        }
    }
    return STATUS_OK;
}

/* D of neurons first..first+m-1 of layer l. */
static void gradients(struct pass *pass, int l, int first, int m)
{
    const struct batchnorm_network *network = pass->network;
    int n = pass->n;

    neurons(pass, l, first, m, pass->slope);
    normals_back(pass, l, first, m);
    linear_multiply(false, false, n, m, n, 1, pass->C, pass->Y, 0, pass->D);
    if (pass->reused && l < network->depth) {
        linear_multiply(false, false, n, m, n, 1, pass->K, pass->X, 1, pass->D);
    }
    propagation_scale(n, 1, m, pass->slope, pass->D);
    batchnorm_layer_derivative(network->batch, network->batches, m, pass->z, pass->scale, pass->D, pass->D);
}

static enum status backward(struct pass *pass, int l)
{
    int n = pass->n, N = pass->N;
    double *moments = pass->record->backward + (size_t)l * square(n), factor;
    enum status status = root_take(&pass->root, l > 1 ? N : n, batchnorm_record_forward(pass->record, l - 1));

    if (status != STATUS_OK) {
        return status;
    }
    use_frame(pass, l);
    memset(moments, 0, square(n) * sizeof *moments);
    for (int first = 0; first < N; first += pass->block) {
        int m = block_at(pass, first);

        gradients(pass, l, first, m);
        batchnorm_add_gram(n, m, 1.0 / N, pass->D, moments, pass->work);
        if (pass->reused && l > 1) {
            linear_multiply(false, true, n, n, m, 1.0 / N, pass->Z, pass->D, first == 0 ? 0 : 1, pass->ZD);
        }
    }
    status = batchnorm_record_rescale(pass->record, l, &factor);
    for (size_t i = 0; i < square(n); i++) {
        pass->ZD[i] *= factor;
    }
    return status == STATUS_OK && l > 1 ? meet(pass, l) : status;
}

/* ## The pass */

/* C at the top: the root of P, or 1. */
static enum status top(struct pass *pass, const double P[])
{
    int n = pass->n;

    int rank;

    if (P != NULL) {
        return take_root(pass, n, P, &rank);
    }
    for (int i = 0; i < n; i++) {
        pass->C[i * n + i] = 1;
    }
    return STATUS_OK;
}

static void pass_open(struct pass *pass)
{
    size_t n = (size_t)pass->n, numbers = n * (size_t)pass->block;

    pass->root = root_new(pass->n);
    pass->Z = memory_doubles(7 * numbers); // the last for scale: at most as many
    pass->z = pass->Z + numbers;
    pass->X = pass->z + numbers;
    pass->Y = pass->X + numbers;
    pass->slope = pass->Y + numbers;
    pass->D = pass->slope + numbers;
    pass->scale = pass->D + numbers;
    pass->work = memory_doubles(4 * n * n);
    pass->C = pass->work + n * n;
    pass->K = pass->C + n * n;
    pass->ZD = pass->K + n * n;
    pass->exchange = pass->reused ? memory_doubles((size_t)pass->network->depth * n * n) : NULL;
    pass->triangle = pass->frames ? memory_doubles((size_t)(pass->network->depth + 1) * n * n) : NULL;
    pass->gram = pass->frames && pass->back ? memory_doubles((size_t)pass->network->depth * n * n) : NULL;
}

static void pass_close(struct pass *pass)
{
    root_free(&pass->root);
    memory_free(pass->Z);
    memory_free(pass->work);
    memory_free(pass->exchange);
    memory_free(pass->triangle);
    memory_free(pass->gram);
}

enum status batchnorm_conditioned_pass(const struct batchnorm_network *network, const double P[], struct stream stream,
                                       bool back, struct batchnorm_record *record)
{
    int n = record->samples, block = BLOCK_NUMBERS / n;
    struct pass pass = {.network = network, .stream = stream, .record = record, .n = n, .N = network->width};
    enum status status = STATUS_OK;

    block = block > BLOCK_LEAST ? block : BLOCK_LEAST;
    pass.block = block < network->width ? block : network->width;
    pass.back = back;
    pass.reused = back && network->backward == BACKWARD_REUSED;
    pass.frames = network->weights == WEIGHTS_ORTHOGONAL;
    pass_open(&pass);
    for (int l = 1; l <= network->depth && status == STATUS_OK; l++) {
        status = forward(&pass, l);
    }
    if (back && status == STATUS_OK) {
        status = top(&pass, P);
    }
    for (int l = network->depth; l >= 1 && back && status == STATUS_OK; l--) {
        status = backward(&pass, l);
    }
    pass_close(&pass);
    return status;
}
