// SPDX-License-Identifier: GPL-3.0-or-later
/* Sample statistics that come back with the same bits: sums run in an order that depends on the sample alone. */
#include <assay/base/memory.h>
#include <assay/evidence/statistics.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

struct moments moments_empty(void)
{
    return (struct moments){.least = INFINITY, .most = -INFINITY};
}

void moments_add(struct moments *sample, double x)
{
    double delta = x - sample->mean;

    sample->count += 1;
    sample->mean += delta / sample->count;
    sample->deviations += delta * (x - sample->mean);
    sample->least = fmin(sample->least, x);
    sample->most = fmax(sample->most, x);
}

struct moments moments_merge(struct moments a, struct moments b)
{
    if (a.count == 0 || b.count == 0) {
        return a.count == 0 ? b : a;
    }
    double count = a.count + b.count, delta = b.mean - a.mean;

    return (struct moments){.count = count,
                            .mean = a.mean + delta * (b.count / count),
                            .deviations = a.deviations + b.deviations + delta * delta * (a.count * b.count / count),
                            .least = fmin(a.least, b.least),
                            .most = fmax(a.most, b.most)};
}

struct moments moments_of(size_t n, const double x[], size_t stride)
{
    enum { BLOCK = 64 };

    if (n <= BLOCK) {
        struct moments sample = moments_empty();

        for (size_t i = 0; i < n; i++) {
            moments_add(&sample, x[i * stride]);
        }
        return sample;
    }
    size_t half = (n / BLOCK + 1) / 2 * BLOCK;

    return moments_merge(moments_of(half, x, stride), moments_of(n - half, x + half * stride, stride));
}

double moments_variance(struct moments sample)
{
    return sample.count < 2 ? NAN : sample.deviations / (sample.count - 1);
}

struct value moments_mean(struct moments sample)
{
    double standard = sample.count < 2 ? INFINITY : sqrt(moments_variance(sample) / sample.count);

    return measured(sample.mean, standard, SAMPLING);
}

/* Four standard errors of a normal law cover 1 - 6.3e-5; Student's t with few degrees of freedom needs more to cover as much. */
static double student_inflation(double degrees)
{
    const double tail = gsl_cdf_ugaussian_Q(4);

    return gsl_cdf_tdist_Qinv(tail, degrees) / 4;
}

struct value moments_estimate(struct moments sample)
{
    struct value mean = moments_mean(sample);

    return measured(mean.x, sample.count < 2 ? INFINITY : student_inflation(sample.count - 1) * mean.err[SAMPLING],
                    SAMPLING);
}

/* With limit + b the wide estimate's expectation and limit + 2b the narrow one's, the limit lies at 2 wide - half: where b outweighs the
 * noise, |wide - limit| - |wide - half| scatters like that. */
struct value limit_of_widths(struct value wide, struct value half)
{
    wide.err[SAMPLING] = hypot(2 * wide.err[SAMPLING], half.err[SAMPLING]);
    return value_with(wide, wide.x - half.x, FINITE_SIZE);
}

/* With limit + b + c, limit + 2b + 4c and limit + 4b + 16c the estimates' expectations, the first difference is off by -2c and the second by -8c. */
struct value limit_extrapolated(struct value whole, struct value half, struct value quarter)
{
    struct value near = value_sub(value_scale(2, whole), half);

    return value_with(near, (near.x - (2 * half.x - quarter.x)) / 3, FINITE_SIZE);
}

struct value moments_limit(struct moments wide, struct moments half)
{
    return limit_of_widths(moments_estimate(wide), moments_estimate(half));
}

/* With limit + b at full size, quarter - half is 2b. */
struct value moments_limit_of_sizes(const struct moments size[3])
{
    struct value full = moments_estimate(size[0]);
    struct value bias = value_scale(0.5, value_sub(moments_estimate(size[2]), moments_estimate(size[1])));

    full.err[SAMPLING] = hypot(full.err[SAMPLING], bias.err[SAMPLING]);
    return value_with(full, bias.x, FINITE_SIZE);
}

double quantile_of(size_t n, const double x[], double q)
{
    double *sorted = memory_copy(n, x);

    gsl_sort(sorted, 1, n);
    double quantile = gsl_stats_quantile_from_sorted_data(sorted, 1, n, q);
    memory_free(sorted);
    return quantile;
}

enum status line_fit(size_t n, const double x[], const double y[], const double sd[], struct line *line)
{
    double intercept, slope, cov00, cov01, cov11, chi2, inflation = 1;

    if (n < 3) {
        return status_fail(STATUS_RANGE, "line_fit: at least 3 points are needed, %zu given", n);
    }
    if (sd == NULL) {
        gsl_fit_linear(x, 1, y, 1, n, &intercept, &slope, &cov00, &cov01, &cov11, &chi2);
        inflation = student_inflation((double)n - 2);
    } else {
        double *weight = memory_doubles(n);

        for (size_t i = 0; i < n; i++) {
            weight[i] = 1 / (sd[i] * sd[i]);
        }
        gsl_fit_wlinear(x, 1, weight, 1, y, 1, n, &intercept, &slope, &cov00, &cov01, &cov11, &chi2);
        memory_free(weight);
    }
    if (!isfinite(slope) || !isfinite(cov11)) {
        return status_fail(STATUS_RANGE, "line_fit: the abscissae are all equal or the data are not finite");
    }
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        double residual = y[i] - intercept - slope * x[i];

        squares += residual * residual;
    }
    *line = (struct line){.slope = measured(slope, inflation * sqrt(cov11), SAMPLING),
                          .intercept = measured(intercept, inflation * sqrt(cov00), SAMPLING),
                          .residual = sqrt(squares / (double)n)};
    return STATUS_OK;
}

/* For a given exponent the best coefficient is linear: what is left is a search in one variable. x is taken in units of its
 * weighted geometric mean, so that no power overflows and coefficient and exponent come out nearly independent. */
struct power_search {
    size_t n;
    const double *log_x, *y, *sd;
};

/* sum w u^2, sum w u^2 log x, sum w u^2 (log x)^2, sum w u y, sum w y^2 at u = x^p, w = 1/sd^2. */
static void power_sums(const struct power_search *s, double p, double sum[5])
{
    for (int k = 0; k < 5; k++) {
        sum[k] = 0;
    }
    for (size_t i = 0; i < s->n; i++) {
        double u = exp(p * s->log_x[i]) / s->sd[i], y = s->y[i] / s->sd[i];

        sum[0] += u * u;
        sum[1] += u * u * s->log_x[i];
        sum[2] += u * u * s->log_x[i] * s->log_x[i];
        sum[3] += u * y;
        sum[4] += y * y;
    }
}

static double power_misfit(double p, void *context)
{
    double sum[5];

    power_sums(context, p, sum);
    return sum[4] - sum[3] * sum[3] / sum[0];
}

/* The least of f near the least of a grid from -8 to 8, by golden section. */
static double least_from_grid(double (*f)(double, void *), void *context)
{
    const double golden = (sqrt(5) - 1) / 2;
    double best = -8, step = 0.125;

    for (double p = -8; p <= 8; p += step) {
        best = f(p, context) < f(best, context) ? p : best;
    }
    double low = best - step, high = best + step;
    while (high - low > 1e-9) {
        double a = high - golden * (high - low), b = low + golden * (high - low);

        if (f(a, context) < f(b, context)) {
            high = b;
        } else {
            low = a;
        }
    }
    return (low + high) / 2;
}

/* Logarithms of x in units of their weighted mean, which is returned; NAN unless the data are fit to be fitted. */
static double centred_logarithms(size_t n, const double x[], const double y[], const double sd[], double log_x[])
{
    double weights = 0, mean = 0, spread = 0;

    for (size_t i = 0; i < n; i++) {
        double w = 1 / (sd[i] * sd[i]);

        log_x[i] = log(x[i]) + 0 * y[i];
        weights += w;
        mean += w * log_x[i];
    }
    mean /= weights;
    for (size_t i = 0; i < n; i++) {
        log_x[i] -= mean;
        spread = fmax(spread, fabs(log_x[i]));
    }
    return spread > 0 && isfinite(spread) && isfinite(mean) ? mean : NAN;
}

enum status power_fit(size_t n, const double x[], const double y[], const double sd[], struct power_law *power)
{
    double *log_x = memory_doubles(n), sum[5];
    struct power_search search = {n, log_x, y, sd};
    double centre = n < 3 ? NAN : centred_logarithms(n, x, y, sd, log_x);

    if (isnan(centre)) {
        memory_free(log_x);
        return status_fail(STATUS_RANGE, "power_fit: 3 points at least, positive x that are not all equal, finite y");
    }
    double p = least_from_grid(power_misfit, &search);
    power_sums(&search, p, sum);
    double c = sum[3] / sum[0], determinant = sum[0] * sum[2] - sum[1] * sum[1];
    // the inverse of the Fisher matrix of (c, p); then of c x^p back in units of 1: c exp(-p centre)
    double var_c = sum[2] / determinant, var_p = sum[0] / (c * c * determinant), cov = -sum[1] / (c * determinant),
           back = exp(-p * centre);
    double var_back = var_c - 2 * centre * c * cov + centre * centre * c * c * var_p;
    *power = (struct power_law){.exponent = measured(p, sqrt(var_p), SAMPLING),
                                .coefficient = measured(c * back, back * sqrt(fmax(var_back, 0)), SAMPLING),
                                .misfit = power_misfit(p, &search)};
    memory_free(log_x);
    return STATUS_OK;
}

/* P(sup |B| > z) for the Brownian bridge: 2 sum (-1)^{k-1} exp(-2 k^2 z^2); the dual series where that converges slowly. */
static double kolmogorov_tail(double z)
{
    double sum = 0;

    if (z < 0.2) {
        return 1;
    }
    if (z < 1) {
        for (int k = 1; k <= 9; k += 2) {
            sum += exp(-k * k * M_PI * M_PI / (8 * z * z));
        }
        return 1 - sqrt(2 * M_PI) / z * sum;
    }
    for (int k = 1; k <= 8; k++) {
        sum += (k % 2 == 1 ? 2 : -2) * exp(-2 * k * k * z * z);
    }
    return sum;
}

/* Stephens' small-sample correction (Numerical Recipes 14.3.9). */
static double kolmogorov_p(double distance, double effective)
{
    double root = sqrt(effective);

    return kolmogorov_tail((root + 0.12 + 0.11 / root) * distance);
}

double kolmogorov_smirnov(size_t n, double x[], size_t m, double y[], double *p)
{
    double distance = 0;
    size_t i = 0, j = 0;

    gsl_sort(x, 1, n);
    gsl_sort(y, 1, m);
    while (i < n && j < m) {
        double at = fmin(x[i], y[j]);

        while (i < n && x[i] <= at) {
            i++;
        }
        while (j < m && y[j] <= at) {
            j++;
        }
        distance = fmax(distance, fabs((double)i / (double)n - (double)j / (double)m));
    }
    *p = kolmogorov_p(distance, (double)n * (double)m / (double)(n + m));
    return distance;
}

double kolmogorov_smirnov_cdf(size_t n, double x[], double (*cdf)(double), double *p)
{
    double distance = 0;

    gsl_sort(x, 1, n);
    for (size_t i = 0; i < n; i++) {
        double expected = cdf(x[i]);

        distance = fmax(distance, fmax(expected - (double)i / (double)n, (double)(i + 1) / (double)n - expected));
    }
    *p = kolmogorov_p(distance, (double)n);
    return distance;
}
