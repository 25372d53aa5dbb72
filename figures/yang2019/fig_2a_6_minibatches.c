/* # Figures 2a and 6: what batch normalisation does to two circles that differ in one point
 *
 * Yang et al. (2019), figures 2a and 6. Two minibatches of 64 points lie on one circle, except for one point of each, pushed off the plane in its own direction. They go
 * through a linear network with batch normalisation and orthogonal weights. Each pane shows all points at one layer, in the plane of the two principal directions of both batches
 * together: the circles become two different ellipses, and the odd points run away.
 *
 * **Checked.** What the caption says: a linear network maps each batch by an affine map, so the circle stays an ellipse in every layer, whatever the width. In each batch the
 * points on the circle, centred, keep a covariance of rank 2: its third eigenvalue is zero beside its second. And that the ellipses part: the share of the principal plane
 * in the total variance falls from nearly all to less, because two ellipses in general position span four dimensions.
 * **Tolerance.** Rounding of a Gram matrix: its order times eps times its largest eigenvalue.
 * **Could miss.** The picture itself is one network, drawn from the seed. Width and size of the perturbation are not in the text; figure 2b has the decay.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST = 128 };

/* ## The input
 * Two coordinates of the plane, and one for each batch's push. */
static void circles(int B, double push, double S[])
{
    double x[2 * LARGEST][4] = {{0}};

    for (int i = 0; i < 2 * B; i++) {
        double angle = M_PI + 2 * M_PI * (i % B) / B;

        x[i][0] = cos(angle);
        x[i][1] = sin(angle);
        x[i][i < B ? 2 : 3] = i % B == 0 ? push : 0;
    }
    for (int i = 0; i < 2 * B; i++) {
        for (int j = 0; j < 2 * B; j++) {
            S[i * 2 * B + j] = x[i][0] * x[j][0] + x[i][1] * x[j][1] + x[i][2] * x[j][2] + x[i][3] * x[j][3];
        }
    }
}

/* ## Principal directions
 * Of the points first..last of S (n x n), centred: eigenvalues of their Gram matrix (decreasing) and, unless NULL, the points' coordinates along the first two. */
static void principal(struct claim *claim, int n, const double S[], int first, int count, double eigenvalue[],
                      double coordinate[])
{
    double *C = memory_doubles((size_t)(count * count)), *V = memory_doubles((size_t)(count * count)),
           *mean = memory_doubles((size_t)count);
    double all = 0;

    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            mean[i] += S[(first + i) * n + first + j] / count;
        }
        all += mean[i] / count;
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            C[i * count + j] = S[(first + i) * n + first + j] - mean[i] - mean[j] + all;
        }
    }
    claim_need(claim, linear_symmetric_eigen(count, C, eigenvalue, V));
    for (int i = 0; i < count / 2; i++) {
        double swapped = eigenvalue[i];

        eigenvalue[i] = eigenvalue[count - 1 - i];
        eigenvalue[count - 1 - i] = swapped;
    }
    for (int i = 0; coordinate && i < count; i++) {
        for (int k = 0; k < 2; k++) {
            coordinate[2 * i + k] = sqrt(fmax(eigenvalue[k], 0)) * V[(count - 1 - k) * count + i];
        }
    }
    memory_free(C);
    memory_free(V);
    memory_free(mean);
}

/* Eigenvectors are defined up to a sign, and up to a rotation where eigenvalues agree, as a circle's do: the odd point of the first batch is turned to the left, the next point
 * of the circle upwards. */
static void turn(int count, double x[])
{
    double length = hypot(x[0], x[1]), cosine = -x[0] / length, sine = -x[1] / length;
    double up = -sine * x[2] + cosine * x[3] < 0 ? -1 : 1;

    for (int i = 0; i < count; i++) {
        double along = cosine * x[2 * i] + sine * x[2 * i + 1],
               across = up * (-sine * x[2 * i] + cosine * x[2 * i + 1]);

        x[2 * i] = along;
        x[2 * i + 1] = across;
    }
}

/* ## A layer */
static double layer(struct claim *claim, int l, int B, const double S[])
{
    double eigenvalue[2 * LARGEST], x[4 * LARGEST], total = 0;
    char label[32];

    for (int batch = 0; batch < 2; batch++) {
        bool with_odd = claim_fault(claim, "odd_point_too");

        principal(claim, 2 * B, S, batch * B + (with_odd ? 0 : 1), with_odd ? B : B - 1, eigenvalue, NULL);
        claim_case(claim, "layer %d, batch %d", l, batch + 1);
        check_zero(claim, "an ellipse", measured(eigenvalue[2], 4 * B * DBL_EPSILON * eigenvalue[0], ROUNDING),
                   eigenvalue[1]);
    }
    principal(claim, 2 * B, S, 0, 2 * B, eigenvalue, x);
    turn(2 * B, x);
    snprintf(label, sizeof label, "layer %d", l);
    for (int i = 0; i < 2 * B; i++) {
        total += eigenvalue[i];
        claim_row(claim, label, i / B + 1, i % B, x[2 * i], x[2 * i + 1]);
    }
    return (eigenvalue[0] + eigenvalue[1]) / total;
}

static void draw_figure(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B"), L = (int)claim_integer(claim, "L");
    double *S = memory_doubles((size_t)(4 * B * B)), share[2] = {0, 0};
    struct batchnorm_network network;
    struct batchnorm_record record;

    claim_need(claim, batchnorm_network_of(claim_fault(claim, "tanh") ? "tanh" : "id", L,
                                           (int)claim_integer(claim, "N"), B, &network));
    network.batches = 2;
    network.weights = WEIGHTS_ORTHOGONAL;
    network.sampler = SAMPLER_DENSE;
    claim_need(claim, batchnorm_record_new(&record, &network));
    circles(B, claim_real(claim, "push"), S);
    claim_need(claim, batchnorm_network_forward(&network, S, claim_stream(claim, 0, 0), &record));
    claim_labels(claim, "layer");
    claim_column(claim, "batch", EXACT, "an index");
    claim_column(claim, "point", EXACT, "an index");
    claim_column(claim, "x", ABSOLUTE(1e-5),
                 "rounding grows by less than 2 a layer, and more where eigenvalues nearly agree");
    claim_column(claim, "y", ABSOLUTE(1e-5), "as x");
    for (int l = 0; l <= L; l += 2) {
        share[l == 0 ? 0 : 1] = layer(claim, l, B, batchnorm_record_forward(&record, l));
    }
    claim_case(claim, "layer 0 and layer %d", L - L % 2);
    check_shape(claim, "the ellipses part",
                exact(claim_fault(claim, "backwards") ? share[1] - share[0] : share[0] - share[1]), share[0]);
    batchnorm_record_free(&record);
    memory_free(S);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("B", "points of a minibatch", 16, 64, 64, 8, LARGEST),
                           real("push", "how far the odd point is pushed; the circle has radius 1", 0.3, 0.01, 2),
                           integer_by_scale("N", "width", 64, 256, 1024, 32, 2048),
                           integer("L", "depth; every second layer is drawn", 30, 2, 200)},
            .faults = {{"odd_point_too", "the odd point counted among those of the circle", "an*"},
                       {"tanh", "a network with tanh in place of a linear one", "an*"},
                       {"backwards", "the last layer's share before the first's", "the*"}},
            .run = draw_figure,
        }));
}
