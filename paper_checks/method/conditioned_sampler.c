/* # Wide networks without their weights, exactly in law
 *
 * Method. A layer with $N\times N$ weights acts on a batch of $n$ samples, and everything that networks are asked here (covariances, gradients, norms of weight gradients)
 * depends on $n$ columns, not on $N^2$ weights. This page derives how to draw just those columns with the law that weights would give them, forward and backward, and compares
 * the two ways of drawing.
 *
 * **Checked.** The conditional law of the backward pass, without sampling: a small $W$ is written out as $N^2$ Gaussian numbers, conditioned on $WX=h$ by the general formula for Gaussian
 * vectors, and the mean and covariance of $W^TD$ are compared with those below, for $X$ of full and of deficient rank. Then whole networks, conditioned against dense: Kolmogorov-Smirnov distances over thousands of networks, for
 * covariances, gradients and weight gradients of every layer, with $N>n$, $N=n$, $N<n$, one and two batches, Gaussian and orthogonal weights, the same and fresh weights on the way back, normalised
 * over the batch or over the layer, with and without residual layers.
 * **Tolerance.** The first comparison is linear algebra. The distances have bounds that one true comparison in $10^4$ would pass, all comparisons of this program counted together.
 * **Could miss.** Deviations of a law that a few thousand samples don't show: a shift by a twentieth of a standard deviation.
 * **Found.** The laws agree. The derivation carries over to orthogonal weights with uniform frames in place of Gaussian rows, to layer normalisation and to residual layers.
 *
 * ## Forward
 * Let the entries of $W$ be independent $N(0,1/N)$ and $X$ be $N\times n$. The rows of $h=WX$ are independent, each $N(0,X^TX/N)$: $h$ depends on $X$ through $n\times n$ numbers. Nothing else of $W$ is known yet.
 * With $X=\sqrt N\,UR^T$, $U$ orthonormal and $R$ an $n\times r$ root of $X^TX/N$, $h=ZR^T$ with $Z=\sqrt N\,WU$ standard normal. A rank $r<n$ (a centred batch, $N<n$) changes nothing,
 * but for $N<n$ the root must be taken with exchanges: behind samples that nearly agree rounding makes more than $N$ columns, and dropping the wrong one makes one gradient in a hundred too large by powers of ten.
 *
 * ## Backward
 * Given $h$, $W$ is known on the columns of $U$: $WU=Z/\sqrt N$. On their complement it is an independent copy. Hence for any $D$ that was made from $h$ and from layers above,
 *
 * $$W^TD=\frac1{\sqrt N}UZ^TD+(I-UU^T)\,G,\qquad G=YC^T,\quad CC^T=D^TD/N,$$
 *
 * with $Y$ ($N\times n$) standard normal: $U Z^TD/\sqrt N=X(X^TX)^+h^TD$. The pass needs $Z^TD$ and $X^TY$, both $n\times n$. Fresh weights drop the part along $U$ and the projection.
 *
 * ## Weight gradients, several batches
 * The gradient with respect to $W$ is $DX^T$, and $|DX^T|_F^2=\langle D^TD,X^TX\rangle$: two matrices that are there anyway. Several batches are more columns; normalisation acts on each by itself.
 *
 * ## Orthogonal weights
 * For Haar-distributed $W$, $F=WU$ is a uniform frame: $F=ZM^{-T}/\sqrt N$ with $Z^TZ/N=MM^T$. $W^T$ takes the span of $F$ to that of $U$, and complement to complement by a Haar-distributed map that is
 * independent of $F$: $W^TD=UF^TD+V K^{1/2}$ with $K=D^TD-D^TFF^TD$ and $V$ a uniform frame in the complement of $U$, $V=(I-UU^T)YB^{-T}/\sqrt N$ with $BB^T=Y^T(I-UU^T)Y/N$.
 *
 * ## Layer normalisation
 * Each column of $h$ is shifted and divided by mean and standard deviation of its own $N$ numbers: two more sums over the rows, so that a layer looks at its rows twice. Its derivative takes
 * from $D$ the means over neurons of $D$ and of $z\,D$, column by column: two looks on the way back as well. The law of $W^TD$ stays as it is, because $D$ is made from
 * $h$ and from layers above. Between layers pass $n\times n$ matrices and vectors of $n$.
 *
 * ## Residual layers
 * $X_l=X_{l-1}+\alpha\,\phi(z_l)$ with $z_l$ the normalised $h_l=W_lX_{l-1}$, $l\ge2$. $W_l$ is still independent of $X_{l-1}$, and once $X_{l-1}$ is given, it is known through $h_l$ alone: both laws above
 * hold. The gradient with respect to $X_{l-1}$ is that with respect to $X_l$ plus $W_l^TD_l$. What changes is that rows of $X$ are sums over layers. Drawing them again from their counters would take
 * $O(l)$ at layer $l$, keeping every layer's $O(LNn)$ memory. Neither is needed: the way back draws the branch of layer $l$ anyway, and takes it from $X_l$ to have $X_{l-1}$. Two arrays of
 * $Nn$ numbers are kept, $X$ and the gradient with respect to it, whatever the depth.
 *
 * ## Cost
 * Rows are independent given matrices of $n\times n$, so they stream through in blocks that stay in the cache, and the way back draws the forward rows again. $O(Nn^2)$ operations a layer where weights take
 * $O(N^2n)$, and $O(Ln^2)$ memory whatever $N$; residual networks $O(Nn)$ more. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

/* ## The conditional law, written out
 * $w=\mathrm{vec}\,W$ (rows one after the other) is $N(0,I/N)$. $h=Aw$ and $t=\mathrm{vec}\,W^TD=Tw$ are linear in it: $\mathbb E[t\,|\,h]=TA^+h$ and
 * $\mathrm{cov}[t\,|\,h]=T(I-A^+A)T^T/N$. */
enum { WIDTH = 5, SAMPLES = 3, WEIGHTS = WIDTH * WIDTH, SEEN = WIDTH * SAMPLES };

static void observation(double X[WIDTH][SAMPLES], double A[SEEN][WEIGHTS])
{
    for (int i = 0; i < WIDTH; i++) {
        for (int b = 0; b < SAMPLES; b++) {
            for (int j = 0; j < WIDTH; j++) {
                A[i * SAMPLES + b][i * WIDTH + j] = X[j][b];
            }
        }
    }
}

static void target(double D[WIDTH][SAMPLES], double T[SEEN][WEIGHTS])
{
    for (int j = 0; j < WIDTH; j++) {
        for (int b = 0; b < SAMPLES; b++) {
            for (int i = 0; i < WIDTH; i++) {
                T[j * SAMPLES + b][i * WIDTH + j] = D[i][b];
            }
        }
    }
}

/* The mean TA^+h and N times the covariance, by the general formula. */
static void by_conditioning(struct claim *claim, double X[WIDTH][SAMPLES], double D[WIDTH][SAMPLES],
                            const double h[SEEN], double mean[SEEN], double covariance[SEEN * SEEN])
{
    double A[SEEN][WEIGHTS] = {{0}}, T[SEEN][WEIGHTS] = {{0}}, inverse[WEIGHTS * SEEN], TP[SEEN * SEEN],
           known[SEEN * WEIGHTS];
    int rank;

    observation(X, A);
    target(D, T);
    claim_need(claim, linear_pseudo_inverse(SEEN, WEIGHTS, A[0], 1e-10, inverse, &rank));
    linear_multiply(false, false, SEEN, SEEN, WEIGHTS, 1, T[0], inverse, 0, TP);
    linear_multiply(false, false, SEEN, 1, SEEN, 1, TP, h, 0, mean);
    linear_multiply(false, false, SEEN, WEIGHTS, SEEN, 1, TP, A[0], 0, known);
    linear_multiply(false, true, SEEN, SEEN, WEIGHTS, 1, T[0], T[0], 0, covariance);
    linear_multiply(false, true, SEEN, SEEN, WEIGHTS, -1, known, T[0], 1, covariance);
}

/* The same by the formulas above: $X(X^TX)^+h^TD$, and $(I-UU^T)_{jj'}(D^TD)_{bb'}$. */
static void by_formula(struct claim *claim, double X[WIDTH][SAMPLES], double D[WIDTH][SAMPLES], const double h[SEEN],
                       double mean[SEEN], double covariance[SEEN * SEEN])
{
    double inverse[SEEN], hD[SAMPLES * SAMPLES], projector[WIDTH * WIDTH], DD[SAMPLES * SAMPLES];
    int rank;

    claim_need(claim, linear_pseudo_inverse(WIDTH, SAMPLES, X[0], 1e-10, inverse, &rank));
    linear_multiply(true, false, SAMPLES, SAMPLES, WIDTH, 1, h, D[0], 0, hD);
    linear_multiply(true, false, WIDTH, SAMPLES, SAMPLES, 1, inverse, hD, 0, mean);
    linear_multiply(false, false, WIDTH, WIDTH, SAMPLES, claim_fault(claim, "no_projection") ? 0 : 1, X[0], inverse, 0,
                    projector);
    linear_multiply(true, false, SAMPLES, SAMPLES, WIDTH, 1, D[0], D[0], 0, DD);
    for (int i = 0; i < SEEN * SEEN; i++) {
        int j = i / SEEN / SAMPLES, b = i / SEEN % SAMPLES, k = i % SEEN / SAMPLES, c = i % SEEN % SAMPLES;

        covariance[i] = ((j == k) - projector[j * WIDTH + k]) * DD[b * SAMPLES + c];
    }
}

static void conditional_law(struct claim *claim, uint32_t number, bool deficient)
{
    struct stream stream = claim_stream(claim, 1, number);
    double X[WIDTH][SAMPLES], D[WIDTH][SAMPLES], W[WIDTH * WIDTH], h[SEEN];
    double mean[2][SEEN], covariance[2][SEEN * SEEN];

    stream_normals(&stream, SEEN, X[0]);
    stream_normals(&stream, SEEN, D[0]);
    stream_normals(&stream, WEIGHTS, W);
    for (int j = 0; j < WIDTH && deficient; j++) {
        X[j][2] = -X[j][0] - X[j][1];
    }
    linear_multiply(false, false, WIDTH, SAMPLES, WIDTH, 1, W, X[0], 0, h);
    by_conditioning(claim, X, D, h, mean[0], covariance[0]);
    by_formula(claim, X, D, h, mean[1], covariance[1]);
    claim_case(claim, "draw %u, rank %d", number, deficient ? 2 : 3);
    double scale = linear_norm(SEEN, mean[0]), spread = linear_norm(SEEN * SEEN, covariance[0]),
           rounding = 2000 * DBL_EPSILON; // two pseudo-inverses of moderate condition
    linear_axpy(SEEN, -1, mean[0], mean[1]);
    linear_axpy(SEEN * SEEN, -1, covariance[0], covariance[1]);
    double drawn = claim_fault(claim, "no_mean") ? scale : linear_norm(SEEN, mean[1]);
    check_zero(claim, "conditional mean", measured(drawn, rounding * scale, ROUNDING), scale);
    check_zero(claim, "conditional covariance",
               measured(linear_norm(SEEN * SEEN, covariance[1]), rounding * spread, ROUNDING), spread);
}

/* ## Whole networks
 * Of each network, at every layer: two entries of the covariance, the squared gradient, its share in one direction, the squared weight gradient. */
enum { LAYERS = 3, FEATURES = 5 * LAYERS, MOST = 12 };

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batchnorm_network *network = context;
    int n = network->batch * network->batches;
    double S[MOST * MOST];
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, network);

    (void)sample;
    for (int i = 0; i < n * n; i++) {
        S[i] = 0.3 + (i % (n + 1) == 0 ? 1 + 0.1 * (i / n) : 0);
    }
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(network, S, NULL, *stream, &record);
    }
    for (int l = 1; status == STATUS_OK && l <= LAYERS; l++) {
        const double *forward = batchnorm_record_forward(&record, l), *backward = batchnorm_record_backward(&record, l);

        *out++ = forward[0];
        *out++ = forward[1];
        *out++ = batchnorm_record_log_gradient(&record, l);
        *out++ = backward[1] / (backward[0] + backward[n + 1]);
        *out++ = batchnorm_record_log_weight_gradient(&record, l);
    }
    batchnorm_record_free(&record);
    return status;
}

static double *sample_networks(struct claim *claim, const struct batchnorm_network *network, uint32_t stream,
                               size_t networks)
{
    double *rows = memory_doubles(networks * FEATURES), *columns = memory_doubles(networks * FEATURES);
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, FEATURES, draw_network, network);

    claim_need(claim, ensemble_rows(&ensemble, rows));
    for (size_t s = 0; s < networks; s++) {
        for (size_t f = 0; f < FEATURES; f++) {
            columns[f * networks + s] = rows[s * FEATURES + f];
        }
    }
    memory_free(rows);
    return columns;
}

/* One in 10^4 over all comparisons, by Kolmogorov's asymptotic tail 2 exp(-2 x^2), x = D sqrt(networks / 2). */
static double largest_distance(size_t networks, double comparisons)
{
    return sqrt(log(2e4 * comparisons) / (double)networks);
}

struct comparison_setting {
    const char *phi;
    int batch, batches, width;
    enum batchnorm_weights weights;
    enum batchnorm_backward backward;
    enum batchnorm_normalisation normalisation;
    double residual;
};

static void compare(struct claim *claim, const struct comparison_setting *setting, uint32_t number, double comparisons)
{
    static const char *const kind[5] = {"covariances", "covariances", "gradients", "directions", "weight gradients"};
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct batchnorm_network conditioned, dense;
    char label[64];

    claim_need(claim, batchnorm_network_of(setting->phi, LAYERS, setting->width, setting->batch, &conditioned));
    conditioned.batches = setting->batches;
    conditioned.weights = setting->weights;
    conditioned.backward = setting->backward;
    conditioned.normalisation = setting->normalisation;
    conditioned.residual = setting->residual;
    dense = conditioned;
    dense.sampler = SAMPLER_DENSE;
    conditioned.width += claim_fault(claim, "wider") ? 4 : 0;
    conditioned.residual *= claim_fault(claim, "branches") ? 0.8 : 1;
    conditioned.backward = claim_fault(claim, "fresh") ? BACKWARD_FRESH : conditioned.backward;
    double *x = sample_networks(claim, &conditioned, 10 + 2 * number, networks),
           *y = sample_networks(claim, &dense, 11 + 2 * number, networks);
    snprintf(label, sizeof label, "%s %s %s%s%s", setting->phi,
             setting->weights == WEIGHTS_GAUSSIAN ? "Gaussian" : "orthogonal",
             setting->backward == BACKWARD_REUSED ? "reused" : "fresh",
             setting->normalisation == NORMALISE_LAYER ? " layernorm" : "", setting->residual != 0 ? " residual" : "");
    for (size_t f = 0; f < FEATURES; f++) {
        double p, distance = kolmogorov_smirnov(networks, x + f * networks, networks, y + f * networks, &p);

        claim_case(claim, "%s, B = %d, k = %d, N = %d, layer %d", label, setting->batch, setting->batches,
                   setting->width, 1 + (int)f / 5);
        check_at_most(claim, kind[f % 5], exact(distance), exact(largest_distance(networks, comparisons)));
        claim_row(claim, label, setting->batch, setting->batches, setting->width, 1 + (int)f / 5, (double)(f % 5),
                  distance, p);
    }
    memory_free(x);
    memory_free(y);
}

static void law(struct claim *claim)
{
    static const struct comparison_setting settings[] = {
        {"tanh", 6, 1, 18, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"tanh", 6, 1, 6, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"tanh", 6, 1, 3, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"relu", 8, 1, 16, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"relu", 8, 1, 16, WEIGHTS_GAUSSIAN, BACKWARD_FRESH, NORMALISE_BATCH, 0},
        {"id", 4, 2, 6, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"relu", 6, 2, 16, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"tanh", 6, 1, 18, WEIGHTS_ORTHOGONAL, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"tanh", 6, 1, 6, WEIGHTS_ORTHOGONAL, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"tanh", 6, 1, 3, WEIGHTS_ORTHOGONAL, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"relu", 8, 1, 16, WEIGHTS_ORTHOGONAL, BACKWARD_FRESH, NORMALISE_BATCH, 0},
        {"id", 4, 2, 6, WEIGHTS_ORTHOGONAL, BACKWARD_REUSED, NORMALISE_BATCH, 0},
        {"tanh", 6, 1, 18, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_LAYER, 0},
        {"tanh", 6, 1, 6, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_LAYER, 0},
        {"gelu", 6, 1, 3, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_LAYER, 0},
        {"tanh", 6, 1, 18, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0.8},
        {"tanh", 6, 1, 6, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0.8},
        {"tanh", 6, 1, 3, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_BATCH, 0.8},
        {"tanh", 6, 1, 6, WEIGHTS_GAUSSIAN, BACKWARD_REUSED, NORMALISE_LAYER, 0.8},
        {"relu", 8, 1, 16, WEIGHTS_GAUSSIAN, BACKWARD_FRESH, NORMALISE_LAYER, 0.8},
        {"tanh", 6, 1, 6, WEIGHTS_ORTHOGONAL, BACKWARD_REUSED, NORMALISE_LAYER, 0.8},
    };
    enum { SETTINGS = sizeof settings / sizeof *settings };

    claim_labels(claim, "networks");
    claim_column(claim, "B", EXACT, "a setting");
    claim_column(claim, "batches", EXACT, "a setting");
    claim_column(claim, "N", EXACT, "a setting");
    claim_column(claim, "layer", EXACT, "an index");
    claim_column(claim, "feature", EXACT, "an index");
    claim_column(claim, "distance", ABSOLUTE(0.002), "the same draws: rounding may exchange neighbours");
    claim_column(claim, "p", ABSOLUTE(0.1), "as the distance");
    for (uint32_t i = 0; i < 8; i++) {
        conditional_law(claim, i, i % 2 == 1);
    }
    for (uint32_t i = 0; i < SETTINGS; i++) {
        compare(claim, &settings[i], i, SETTINGS * FEATURES);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("networks", "how many networks are drawn each way", 1500, 6000, 100000,
                                            1000, 10000000)},
            .faults = {{"no_projection", "the fresh part not projected on the complement", "conditional?covariance"},
                       {"no_mean", "the part that h fixes left out", "conditional?mean"},
                       {"wider", "a conditioned network of four neurons more",
                        "covariances gradients directions weight*"},
                       {"fresh", "fresh weights on the way back", "gradients weight*"},
                       {"branches", "residual branches weighted a fifth less", "covariances gradients weight*"}},
            .run = law,
        }));
}
