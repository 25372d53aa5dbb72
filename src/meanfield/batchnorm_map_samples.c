// SPDX-License-Identifier: GPL-3.0-or-later
/* The covariance map of batch normalisation by samples.
 *
 * With X X' = PSP, P = G + ... + G, the centred batches are X xi, xi standard normal: centring comes before sampling, so that a large common part of S costs
 * nothing. A chunk of samples is one product; Phi'Phi and (Phi^2)'(Phi^2) give the sums of the products and of their squares. */
#include "projected.h"
#include <assay/base/memory.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>

enum { CHUNK = 256 };

struct sampler {
    int k, B, n, rank;
    double *X, *xi, *h, *square; // n x rank, rank x CHUNK, n x CHUNK twice
    double *gram;                // n x n
    double *first, *second;      // n x n: sums of products, and of their squares
};

static void sampler_start(struct sampler *s, int k, int B, const struct projected *p)
{
    size_t n = (size_t)p->n;

    *s = (struct sampler){.k = k, .B = B, .n = p->n, .rank = p->rank};
    s->X = memory_doubles(n * n);
    s->xi = memory_doubles(n * CHUNK);
    s->h = memory_doubles(n * CHUNK);
    s->square = memory_doubles(n * CHUNK);
    s->gram = memory_doubles(n * n);
    s->first = memory_doubles(n * n);
    s->second = memory_doubles(n * n);
    projected_root(p, s->X);
}

static void sampler_end(struct sampler *s)
{
    double *const block[] = {s->X, s->xi, s->h, s->square, s->gram, s->first, s->second};

    for (size_t i = 0; i < sizeof block / sizeof block[0]; i++)
        memory_free(block[i]);
}

/* phi of sqrt(B) y / |y| for each batch of column c; zero where a whole batch is absent. */
static void normalise(struct sampler *s, const struct piecewise *phi, int m, int c)
{
    for (int batch = 0; batch < s->k; batch++) {
        double *y = s->h + batch * s->B * m + c, sum = 0;

        for (int i = 0; i < s->B; i++)
            sum += y[i * m] * y[i * m];
        double scale = sum > 0 ? sqrt(s->B / sum) : 0;
        for (int i = 0; i < s->B; i++)
            y[i * m] = phi->f(scale * y[i * m], phi->context);
    }
}

/* m samples, one a column. */
static void add_chunk(struct sampler *s, const struct piecewise *phi, struct stream *stream, int m)
{
    stream_normals(stream, (size_t)s->rank * (size_t)m, s->xi);
    linear_multiply(false, false, s->n, m, s->rank, 1, s->X, s->xi, 0, s->h);
    for (int c = 0; c < m; c++)
        normalise(s, phi, m, c);
    for (int i = 0; i < s->n * m; i++)
        s->square[i] = s->h[i] * s->h[i];
    linear_gram(s->n, m, s->h, s->gram);
    linear_axpy(s->n * s->n, 1, s->gram, s->first);
    linear_gram(s->n, m, s->square, s->gram);
    linear_axpy(s->n * s->n, 1, s->gram, s->second);
}

static void sampler_result(const struct sampler *s, long samples, double V[], double error[])
{
    double count = (double)samples;

    for (int i = 0; i < s->n * s->n; i++) {
        double mean = s->first[i] / count, square = s->second[i] / count;

        V[i] = mean;
        if (error) // rounding, where the entry does not vary
            error[i] = fmax(sqrt(fmax(square - mean * mean, 0) / (count - 1)), 64 * DBL_EPSILON * sqrt(square));
    }
}

enum status batchnorm_map_batches_samples(const struct response *phi, int k, int B, const double S[],
                                          struct stream *stream, long samples, double V[], double error[])
{
    struct projected p;
    struct sampler s;

    if (samples < 2)
        return status_fail(STATUS_RANGE, "batchnorm_map_samples: at least 2 samples wanted, %ld given", samples);
    enum status status = projected_find("batchnorm_map_samples", k, B, S, &p);
    if (status)
        return status;
    sampler_start(&s, k, B, &p);
    for (long done = 0; done < samples; done += CHUNK)
        add_chunk(&s, &phi->value, stream, (int)(samples - done < CHUNK ? samples - done : CHUNK));
    sampler_result(&s, samples, V, error);
    sampler_end(&s);
    projected_free(&p);
    return STATUS_OK;
}

enum status batchnorm_map_samples(const struct response *phi, int B, const double S[], struct stream *stream,
                                  long samples, double V[], double error[])
{
    return batchnorm_map_batches_samples(phi, 1, B, S, stream, samples, V, error);
}
