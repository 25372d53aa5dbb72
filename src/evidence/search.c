// SPDX-License-Identifier: GPL-3.0-or-later
/* Nelder and Mead from many starts: slow, and indifferent to the kinks that slacks have. */
#include <assay/base/memory.h>
#include <assay/evidence/search.h>
#include <math.h>
#include <string.h>

/* The objective on the unit cube, folded back at its faces so that the simplex may step out. */
struct folded {
    const struct search *search;
    double *x;
};

static double fold(double u)
{
    double t = fmod(fabs(u), 2);

    return t > 1 ? 2 - t : t;
}

static void unfold(const struct search *search, const double u[], double x[])
{
    for (size_t i = 0; i < search->dimensions; i++) {
        x[i] = search->least[i] + (search->most[i] - search->least[i]) * fold(u[i]);
    }
}

static double on_cube(size_t n, const double u[], void *context)
{
    struct folded *folded = context;

    unfold(folded->search, u, folded->x);
    double value = folded->search->f(n, folded->x, folded->search->context);
    return isnan(value) ? INFINITY : value;
}

/* One start: out[0] the least value, out[1..] its argument. The second descent starts from the first's end with a fresh simplex. */
static enum status descend(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct search *search = context;
    size_t n = search->dimensions;
    double *u = memory_doubles(2 * n);
    struct folded folded = {search, u + n};

    (void)sample;
    stream_uniforms(stream, n, u);
    minimise_simplex(on_cube, &folded, n, u, 0.2, search->evaluations / 2);
    out[0] = minimise_simplex(on_cube, &folded, n, u, 0.02, search->evaluations / 2);
    unfold(search, u, out + 1);
    memory_free(u);
    return STATUS_OK;
}

double search_least(struct claim *claim, const struct search *search, double best[])
{
    size_t width = search->dimensions + 1, least = 0;
    double *rows = memory_doubles(search->starts * width);
    struct ensemble ensemble = claim_ensemble(claim, search->stream, search->starts, width, descend, search);

    claim_need(claim, ensemble_rows(&ensemble, rows));
    for (size_t i = 1; i < search->starts; i++) {
        least = rows[i * width] < rows[least * width] ? i : least;
    }
    double value = rows[least * width];

    memcpy(best, rows + least * width + 1, search->dimensions * sizeof(double));
    memory_free(rows);
    return value;
}
