// SPDX-License-Identifier: GPL-3.0-or-later
/* Largest eigenvalues of drawn networks against gamma. */
#include <assay/base/memory.h>
#include <assay/experiment/fisher_curves.h>
#include <math.h>

enum { NUMBERS = 3, OUTPUTS = NUMBERS * FISHER_CURVE_POINTS }; // largest, bound, others

void fisher_curve_grid(struct fisher_curve *curve, int points, double least, double most)
{
    curve->points = points;
    for (int k = 0; k < points; k++) {
        curve->gamma[k] = least * pow(most / least, k / (points - 1.0));
    }
}

void fisher_curve_thin(struct fisher_curve *curve, bool keep_last)
{
    int first = keep_last ? (curve->points - 1) % 2 : 0;

    for (int k = 0; first + 2 * k < curve->points; k++) {
        curve->gamma[k] = curve->gamma[first + 2 * k];
    }
    curve->points = (curve->points - first + 1) / 2;
}

/* ## One network */

struct drawn {
    struct fisher_curve curve;
    double unit[OUTPUTS];
};

static enum status frozen_numbers(const struct fisher_curve *curve, const struct feedforward *network,
                                  struct feedforward_pass *pass, double out[])
{
    struct fisher_family family;
    enum status status = fisher_family_new(&family, network, pass);

    for (int k = 0; status == STATUS_OK && k < curve->points; k++) {
        struct fisher_numbers numbers = fisher_family_at(&family, curve->gamma[k]);

        out[NUMBERS * k] = numbers.largest;
        out[NUMBERS * k + 1] = numbers.weights;
        out[NUMBERS * k + 2] = numbers.others;
    }
    fisher_family_free(&family);
    return status;
}

static enum status live_numbers(const struct feedforward *network, struct feedforward_pass *pass, struct stream *start,
                                double out[])
{
    struct value largest = fisher_largest(network, pass, STATISTICS_LIVE, FISHER_ALL, 1, start, 3e-3);

    out[0] = largest.x;
    out[1] = fisher_constant_form(network, pass, STATISTICS_LIVE, FISHER_ALL);
    out[2] = 0;
    return value_ok(largest) ? STATUS_OK : STATUS_CONVERGENCE;
}

static enum status measure_network(const struct fisher_curve *curve, struct feedforward *network,
                                   struct feedforward_pass *pass, struct stream *inputs, double out[])
{
    size_t size = (size_t)curve->samples * (size_t)feedforward_size(network, 0);
    double *X = memory_doubles(size);
    enum status status = STATUS_OK;

    stream_normals(inputs, size, X);
    for (int k = 0; status == STATUS_OK && k < (curve->kind == CURVE_LIVE ? curve->points : 1); k++) {
        if (curve->kind == CURVE_LIVE) {
            feedforward_set_gamma(network, curve->gamma[k]);
        }
        feedforward_forward(network, pass, X);
        status = curve->kind == CURVE_LIVE ? live_numbers(network, pass, inputs, out + NUMBERS * k)
                                           : frozen_numbers(curve, network, pass, out);
    }
    memory_free(X);
    return status;
}

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct drawn *drawn = context;
    struct feedforward network = {0};
    struct feedforward_pass pass = {0};
    uint64_t key = (uint64_t)stream->key[1] << 32 | stream->key[0];
    struct stream inputs = stream_open(key + 1, stream->stream, stream->sample);
    enum status status = feedforward_new(&network, &drawn->curve.model, *stream);

    (void)sample;
    if (status == STATUS_OK) {
        status = feedforward_pass_new(&pass, &network, drawn->curve.samples);
    }
    if (status == STATUS_OK) {
        status = measure_network(&drawn->curve, &network, &pass, &inputs, out);
    }
    for (int i = 0; i < NUMBERS * drawn->curve.points; i++) {
        out[i] /= drawn->unit[i];
    }
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return status;
}

/* ## Ensembles of two sizes */

static void halve(struct fisher_curve *curve)
{
    for (int l = 1; l < curve->model.layers; l++) {
        curve->model.layer[l].outputs /= 2;
    }
    curve->samples /= 2;
}

static void measure_size(struct claim *claim, uint32_t stream, size_t networks, fisher_unit *unit, void *context,
                         struct drawn *drawn, struct moments moments[OUTPUTS])
{
    struct fisher_curve *curve = &drawn->curve;

    for (int k = 0; k < curve->points; k++) {
        double gamma = curve->kind == CURVE_VANILLA ? 0 : curve->gamma[k];
        double *units = drawn->unit + NUMBERS * k;

        units[0] = units[1] = unit(&curve->model, curve->kind, gamma, context);
        units[2] = 1;
    }
    struct ensemble ensemble =
        claim_ensemble(claim, stream, networks, (size_t)(NUMBERS * curve->points), draw_network, drawn);
    claim_need(claim, ensemble_moments(&ensemble, moments));
}

void fisher_curve_measure(struct claim *claim, uint32_t stream, const struct fisher_curve *curve, fisher_unit *unit,
                          void *context, struct fisher_curve_numbers *numbers)
{
    struct drawn whole = {.curve = *curve}, half;
    struct moments at_whole[OUTPUTS], at_half[OUTPUTS];

    whole.curve.model.batchnorm = curve->kind != CURVE_VANILLA;
    whole.curve.model.gamma = 1;
    whole.curve.points = curve->kind == CURVE_VANILLA ? 1 : curve->points;
    half = whole;
    halve(&half.curve);
    measure_size(claim, stream, curve->networks, unit, context, &whole, at_whole);
    measure_size(claim, stream + 1, 2 * curve->networks, unit, context, &half, at_half);
    for (int k = 0; k < whole.curve.points; k++) {
        struct value *of[NUMBERS] = {&numbers->largest[k], &numbers->bound[k], &numbers->others[k]};

        for (int i = 0; i < NUMBERS; i++) {
            int at = NUMBERS * k + i;
            struct value mean = i == 0 ? moments_mean(at_whole[at])
                                       : limit_of_widths(moments_estimate(at_whole[at]), moments_estimate(at_half[at]));

            *of[i] = value_scale(whole.unit[at], mean);
        }
    }
}

/* ## The table */

void fisher_curve_columns(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "gamma", RELATIVE(1e-14), "a geometric grid");
    claim_column(claim, "lambda", RELATIVE(1e-3),
                 "lines are closed forms; networks are the same draws, live ones iterated to 3e-3");
    claim_column(claim, "lambda_err", RELATIVE(0.1), "rounding for lines");
    claim_column(claim, "eta", RELATIVE(1e-3), "as lambda");
    claim_column(claim, "eta_err", RELATIVE(0.1), "as lambda_err");
}

void fisher_curve_row(struct claim *claim, const char *series, double gamma, struct value lambda, double mu)
{
    struct value eta = value_div(exact(2 * (1 + mu)), lambda);

    claim_row(claim, series, gamma, BOTH(lambda), BOTH(eta));
}
