// SPDX-License-Identifier: GPL-3.0-or-later
/* Central differences: the weights of f(x + k step) - f(x - k step) that are exact for polynomials of degree 8 and 6 (Fornberg 1988, Math. Comp. 51). */
#include <assay/numerics/difference.h>
#include <math.h>

struct value central_difference(double step, const struct value at[9])
{
    static const double eighth[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280},
                        sixth[] = {3.0 / 4, -3.0 / 20, 1.0 / 60, 0};
    struct value slope = exact(0);
    double low = 0;

    for (int k = 1; k <= 4; k++) {
        struct value pair = value_sub(at[4 + k], at[4 - k]);

        slope = value_add(slope, value_scale(eighth[k - 1] / step, pair));
        low += sixth[k - 1] / step * pair.x;
    }
    return value_with(slope, fabs(slope.x - low), QUADRATURE);
}
