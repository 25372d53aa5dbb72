// SPDX-License-Identifier: GPL-3.0-or-later
/* bench_batchnorm: gradient norms by depth of a batchnorm-relu network, beside the same experiment in PyTorch and NumPy.
 *
 * One network of width N, batches of B, depth L, forward and backward, squared gradient norms of all layers. Ours is the conditioned sampler: in doubles, no
 * weights. The scripts in tests/bench draw the weights: PyTorch in float32, NumPy in float64, one thread each. All are timed in this run on this
 * machine, the best of some repeats. Then two threads (an ensemble of networks), the cost as a power of N, and where the time goes: normals and matrix
 * products are timed alone, on the same numbers in blocks of the same size, and what they take is compared with what the network takes. */
#include <assay/base/memory.h>
#include <assay/evidence/ensemble.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

enum { B = 32, L = 50 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fail(void)
{
    fprintf(stderr, "bench_batchnorm: %s\n", status_reason());
}

/* ## Ours */

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batchnorm_network *network = context;
    struct batchnorm_record record;
    double S[B * B];
    enum status status = batchnorm_record_new(&record, network);

    (void)sample;
    for (int i = 0; i < B * B; i++) {
        S[i] = i % (B + 1) == 0;
    }
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(network, S, NULL, *stream, &record);
    }
    out[0] = status == STATUS_OK
                 ? (batchnorm_record_log_gradient(&record, 1) - batchnorm_record_log_gradient(&record, L)) / (L - 1)
                 : NAN;
    batchnorm_record_free(&record);
    return status;
}

/* Seconds a network, of so many on so many threads. */
static double time_ours(int width, size_t networks, int threads, double *growth)
{
    struct batchnorm_network network;
    struct moments moments;

    if (batchnorm_network_of("relu", L, width, B, &network) != STATUS_OK) {
        fail();
        return NAN;
    }
    struct ensemble ensemble = {.key = stream_key("bench", 1),
                                .samples = networks,
                                .outputs = 1,
                                .threads = threads,
                                .draw = draw,
                                .context = &network};
    double start = seconds();
    if (ensemble_moments(&ensemble, &moments) != STATUS_OK) {
        fail();
        return NAN;
    }
    *growth = exp(moments.mean);
    return (seconds() - start) / (double)networks;
}

static double best_of(int rounds, int width, size_t networks, int threads, double *growth)
{
    double best = INFINITY;

    for (int i = 0; i < rounds; i++) {
        best = fmin(best, time_ours(width, networks, threads, growth));
    }
    return best;
}

/* ## Theirs: 0 if not installed */

static double time_script(const char *script, int width, int repeats, double *growth)
{
    char command[512];
    double time = 0;

    snprintf(command, sizeof command,
             "for p in python3 /usr/bin/python3; do $p tests/bench/%s %d %d %d %d 2>/dev/null && break; done", script,
             width, B, L, repeats);
    FILE *pipe = popen(command, "r");
    if (pipe != NULL) {
        if (fscanf(pipe, "%lf %lf", &time, growth) != 2) {
            time = 0;
        }
        pclose(pipe);
    }
    return time;
}

static void print_row(const char *name, double time, double ours, double growth)
{
    if (time > 0) {
        printf("  %-38s %12.4f %10.1f %12.4f\n", name, time, time / ours, growth);
    } else {
        printf("  %-38s not installed, or not enough memory\n", name);
    }
}

static double compare(int width, int repeats)
{
    double growth = NAN, ours = best_of(3, width, 4, 1, &growth), their_growth = NAN;

    printf("N = %d, B = %d, L = %d, forward and backward   seconds     ratio  growth a layer\n", width, B, L);
    print_row("assay, conditioned, double, 1 thread", ours, ours, growth);
    double time = time_script("gradient_norms_torch.py", width, repeats, &their_growth);
    print_row("PyTorch, float32, 1 thread", time, ours, their_growth);
    time = time_script("gradient_norms_numpy.py", width, repeats, &their_growth);
    print_row("NumPy, float64, 1 thread", time, ours, their_growth);
    return ours;
}

/* ## Where the time goes
 * A layer takes 3 N B normals (Z twice, Y twice; the last layers apart) and 6 products of 2 N B^2 flops (half of that for second moments, of which there are 2). */
static void profile(int width, double ours)
{
    enum { BLOCK = 256 };
    double *X = memory_doubles(B * BLOCK), *Y = memory_doubles(B * BLOCK), *S = memory_doubles(B * B), start,
           normals = INFINITY, products = INFINITY, grams = INFINITY;
    int blocks = width / BLOCK;

    for (int round = 0; round < 5; round++) {
        struct stream stream = stream_open(1, 0, 0);

        start = seconds();
        for (int i = 0; i < blocks; i++) {
            stream_normals(&stream, B * BLOCK, X);
        }
        normals = fmin(normals, seconds() - start);
        start = seconds();
        for (int i = 0; i < blocks; i++) {
            linear_multiply(false, false, B, BLOCK, B, 1, S, X, 0, Y);
        }
        products = fmin(products, seconds() - start);
        start = seconds();
        for (int i = 0; i < blocks; i++) {
            linear_gram(B, BLOCK, X, S);
        }
        grams = fmin(grams, seconds() - start);
    }
    double per_layer = ours / L;
    printf("profile at N = %d, a layer: normals %.0f %%, products %.0f %%, second moments %.0f %%; products run at "
           "%.1f Gflop/s, normals take %.2f ns\n",
           width, 100 * 4 * normals / per_layer, 100 * 6 * products / per_layer, 100 * 2 * grams / per_layer,
           2e-9 * B * B * BLOCK * blocks / products, 1e9 * normals / (B * BLOCK * (double)blocks));
    memory_free(X);
    memory_free(Y);
    memory_free(S);
}

int main(void)
{
    double growth = NAN, small = compare(1000, 3);

    profile(1 << 14, best_of(2, 1 << 14, 1, 1, &growth));
    compare(8000, 1);
    double one = best_of(3, 4000, 8, 1, &growth), two = best_of(3, 4000, 8, 2, &growth);
    printf("two threads at N = 4000: %.2f times as fast, efficiency %.2f\n", one / two, one / two / 2);
    double large = time_ours(100000, 1, 1, &growth);
    printf("cost as a power of N from 1000 to 100000: %.3f\n", log(large / small) / log(100));
    double huge = time_ours(1000000, 1, 1, &growth);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("N = 1000000: %.1f s on one core, growth a layer %.6f; the process took %.0f MiB at most\n", huge, growth,
           (double)usage.ru_maxrss / 1024);
    return 0;
}
