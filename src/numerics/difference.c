// SPDX-License-Identifier: GPL-3.0-or-later
#include <assay/numerics/difference.h>
#include <float.h>
#include <math.h>

enum { LEVELS = 8 };

/* Row k of the table: entry j combines steps h_{k-j}, ..., h_k and has an error of order h^(2j+2). The weights of an entry grow to less than two in
 * sum, so that noise is amplified by at most 2 / h_k. */
struct value derivative_by_differences(integrand *f, void *context, double x, double step, double noise)
{
    double row[LEVELS], above[LEVELS], h = step;
    struct value best = value_failed();

    for (int k = 0; k < LEVELS; k++, h /= 2) {
        double up = f(x + h, context), down = f(x - h, context), weight = 1;
        double rough = 2 * (noise + DBL_EPSILON * fmax(fabs(up), fabs(down))) / h;

        row[0] = (up - down) / ((x + h) - (x - h));
        for (int j = 1; j <= k; j++) {
            weight *= 4;
            row[j] = row[j - 1] + (row[j - 1] - above[j - 1]) / (weight - 1);
            double change = fmax(fabs(row[j] - row[j - 1]), fabs(row[j] - above[j - 1])) + rough;

            if (change < best.err[QUADRATURE])
                best = measured(row[j], change, QUADRATURE);
        }
        for (int j = 0; j <= k; j++)
            above[j] = row[j];
    }
    return best;
}
