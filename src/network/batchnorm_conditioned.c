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
 * R comes from Cholesky's method, dependent columns left out (with exchanges of columns where N < n): it has r rows (the pivots p) that make a lower
 * triangle L, so U = X_p L'^-1 / sqrt(N), and U'Y and U A take one triangular solution each with a matrix of n columns. No inverse is formed, and rank below n (N < n, columns that sum to 0) is nothing special. With fresh
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
 * **Layer normalisation.** Mean and variance of a sample's N numbers of h are two more sums over all rows, and so are the means of D and of z D that its derivative subtracts:
 * either way looks at the rows twice. D depends on h, X and the layers above, as before, and so nothing else changes.
 *
 * **Residual layers.** X^(l) = X^(l-1) + alpha phi(z^(l)) is still independent of W^(l+1), and W^(l) is still known by h^(l) alone once X^(l-1) is given. But a row of X
 * is a sum over layers. It is kept, N n numbers, and so is the gradient E with respect to it, E^(l-1) = E^(l) + W'D. The way back takes the branches, which it draws
 * anyway, from X again one by one. Rounding of this does not grow: h comes from the recorded moments, not from the rows.
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
    double *mean, *inverse;    // layer normalisation: of h of each layer, n
    double *mean_D, *along;    // and the means of D and of z D, n
    double *stream_X, *stream_gradient; // residual layers: X and the gradient with respect to it, block by block
    double carry;                       // what the latter is to be multiplied by
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

/* S = R R' of rank most at most. In the order of samples, so that R is a continuous function of S; with exchanges where fewer columns than samples can be, because
 * rounding would find more of them behind samples that nearly agree, and it would be anybody's guess which are there. */
static enum status semidefinite_root(int n, int most, const double S[], double R[], int pivot[], int *rank)
{
    if (most >= n) {
        return linear_semidefinite_root(n, S, BATCHNORM_CUTOFF, R, pivot, rank);
    }
    enum status status = linear_pivoted_root(n, S, BATCHNORM_CUTOFF, R, pivot, rank);
    *rank = *rank < most ? *rank : most;
    for (int i = 0; i < n; i++) {
        memset(R + (ptrdiff_t)i * n + *rank, 0, (size_t)(n - *rank) * sizeof *R);
    }
    return status;
}

/* R of rank most at most, and its triangle. */
static enum status root_take(struct root *root, int most, const double S[])
{
    enum status status = semidefinite_root(root->n, most, S, root->R, root->pivot, &root->rank);

    for (int j = 0; status == STATUS_OK && j < root->rank; j++) {
        memcpy(root->L + (ptrdiff_t)j * root->rank, root->R + (ptrdiff_t)root->pivot[j] * root->n,
               (size_t)root->rank * sizeof(double));
    }
    return status;
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

/* h of neurons first..first+m-1 of layer l, in the place of z; Z. */
static void preactivations(struct pass *pass, int l, int first, int m)
{
    struct stream place = batchnorm_place(pass->stream, l, FORWARD, (size_t)pass->n * (size_t)first);

    stream_normals(&place, (size_t)pass->n * (size_t)m, pass->Z);
    linear_multiply(false, false, pass->n, m, pass->n, 1, pass->root.R, pass->Z, 0, pass->z);
}

/* What neurons first..first+m-1 of layer l add or put out: Z, z, scale, X and, if asked, the slopes. */
static void neurons(struct pass *pass, int l, int first, int m, double *slope)
{
    const struct batchnorm_network *network = pass->network;
    ptrdiff_t at = (ptrdiff_t)l * pass->n;

    preactivations(pass, l, first, m);
    if (network->normalisation == NORMALISE_LAYER) {
        layer_normalise(pass->n, m, pass->mean + at, pass->inverse + at, pass->z);
    } else {
        batchnorm_layer_forward(network->batch, network->batches, m, network->epsilon, pass->z, pass->z, pass->scale);
    }
    batchnorm_activate(network, (size_t)pass->n * (size_t)m, pass->z, pass->X, slope);
}

static void normals_back(struct pass *pass, int l, int first, int m)
{
    struct stream place = batchnorm_place(pass->stream, l, BACKWARD, (size_t)pass->n * (size_t)first);

    stream_normals(&place, (size_t)pass->n * (size_t)m, pass->Y);
}

/* The rows first..first+m-1 of a residual network's X change by factor times pass->X, which becomes what they are then. */
static void move_stream(struct pass *pass, int first, int m, double factor)
{
    size_t numbers = (size_t)pass->n * (size_t)m;
    double *stream = pass->stream_X + (ptrdiff_t)pass->n * first;

    linear_axpy((int)numbers, factor, pass->X, stream);
    memcpy(pass->X, stream, numbers * sizeof *stream);
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

/* Layer normalisation: mean and variance of layer l, by a look at its h. */
static void take_statistics(struct pass *pass, int l)
{
    int n = pass->n;
    double *mean = pass->mean + (ptrdiff_t)l * n, *inverse = pass->inverse + (ptrdiff_t)l * n;

    for (int first = 0; first < pass->N; first += pass->block) {
        int m = block_at(pass, first);

        preactivations(pass, l, first, m);
        layer_sums_add(n, m, pass->z, pass->z, mean, inverse);
    }
    layer_statistics(n, pass->N, pass->network->epsilon, mean, inverse);
}

/* X of neurons first..first+m-1 of layer l. */
static void outputs(struct pass *pass, int l, int first, int m)
{
    neurons(pass, l, first, m, NULL);
    if (pass->network->residual != 0) {
        move_stream(pass, first, m, batchnorm_is_residual(pass->network, l) ? pass->network->residual : 1);
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
    if (pass->network->normalisation == NORMALISE_LAYER) {
        take_statistics(pass, l);
    }
    memset(moments, 0, square(n) * sizeof *moments);
    for (int first = 0; first < N; first += pass->block) {
        int m = block_at(pass, first);

        outputs(pass, l, first, m);
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
    enum status status = semidefinite_root(pass->n, most, S, pass->C, pivot, rank);

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

/* The gradient with respect to X^(l), neurons first..first+m-1, in the place of D; Z, z, scale, X and the slopes with it. */
static void gradient_above(struct pass *pass, int l, int first, int m)
{
    const struct batchnorm_network *network = pass->network;
    int n = pass->n;
    size_t numbers = (size_t)n * (size_t)m;
    ptrdiff_t at = (ptrdiff_t)n * first;
    const double *X = network->residual != 0 ? pass->stream_X + at : pass->X;

    neurons(pass, l, first, m, pass->slope);
    normals_back(pass, l, first, m);
    linear_multiply(false, false, n, m, n, 1, pass->C, pass->Y, 0, pass->D);
    if (pass->reused && l < network->depth) {
        linear_multiply(false, false, n, m, n, 1, pass->K, X, 1, pass->D);
    }
    if (network->residual != 0 && l < network->depth) {
        linear_axpy((int)numbers, pass->carry, pass->stream_gradient + at, pass->D);
    }
}

/* D, so far the gradient with respect to X^(l), becomes that with respect to z. */
static void through_activation(struct pass *pass, int l, int m)
{
    double alpha = pass->network->residual;

    propagation_scale(pass->n, 1, m, pass->slope, pass->D);
    for (size_t i = 0; i < (size_t)pass->n * (size_t)m && batchnorm_is_residual(pass->network, l); i++) {
        pass->D[i] *= alpha;
    }
}

/* Layer normalisation: the means of D and z D of layer l, by a look at its neurons. */
static void take_means(struct pass *pass, int l)
{
    int n = pass->n;

    memset(pass->mean_D, 0, 2 * (size_t)n * sizeof *pass->mean_D);
    for (int first = 0; first < pass->N; first += pass->block) {
        int m = block_at(pass, first);

        gradient_above(pass, l, first, m);
        through_activation(pass, l, m);
        layer_sums_add(n, m, pass->D, pass->z, pass->mean_D, pass->along);
    }
    for (int i = 0; i < 2 * n; i++) {
        pass->mean_D[i] /= pass->N;
    }
}

/* D of neurons first..first+m-1 of layer l. A residual layer's branch leaves X, which is then X^(l-1). */
static void gradients(struct pass *pass, int l, int first, int m)
{
    const struct batchnorm_network *network = pass->network;
    int n = pass->n;

    gradient_above(pass, l, first, m);
    if (batchnorm_is_residual(network, l)) {
        memcpy(pass->stream_gradient + (ptrdiff_t)n * first, pass->D, (size_t)n * (size_t)m * sizeof *pass->D);
        move_stream(pass, first, m, -network->residual);
    }
    through_activation(pass, l, m);
    if (network->normalisation == NORMALISE_LAYER) {
        layer_derivative(n, m, pass->mean_D, pass->along, pass->inverse + (ptrdiff_t)l * n, pass->z, pass->D);
    } else {
        batchnorm_layer_derivative(network->batch, network->batches, m, pass->z, pass->scale, pass->D, pass->D);
    }
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
    if (pass->network->normalisation == NORMALISE_LAYER) {
        take_means(pass, l);
    }
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
    pass->carry = factor;
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
    bool layer = pass->network->normalisation == NORMALISE_LAYER, kept = pass->network->residual != 0;

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
    pass->mean = layer ? memory_doubles((size_t)(2 * pass->network->depth + 4) * n) : NULL;
    pass->inverse = layer ? pass->mean + (size_t)(pass->network->depth + 1) * n : NULL;
    pass->mean_D = layer ? pass->inverse + (size_t)(pass->network->depth + 1) * n : NULL;
    pass->along = layer ? pass->mean_D + n : NULL;
    pass->stream_X = kept ? memory_doubles(2 * n * (size_t)pass->N) : NULL;
    pass->stream_gradient = kept ? pass->stream_X + n * (size_t)pass->N : NULL;
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
    memory_free(pass->mean);
    memory_free(pass->stream_X);
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
