// SPDX-License-Identifier: GPL-3.0-or-later
/* Critical rates of maps that are known: boundaries, offsets, losses. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/experiment/critical_rates.h>
#include <math.h>

enum { COLUMNS = 3, ROWS = 9, RESTARTS = 2 };

/* Rates 10^-4, 10^-3.5, ..., 1; boundaries at -c - 1, a tenth apart in the two restarts; loss 10^(0.1 row). */
static struct critical_rates known_map(void)
{
    struct critical_rates map = {.columns = COLUMNS, .rows = ROWS, .restarts = RESTARTS};

    map.x = memory_doubles(COLUMNS);
    map.log_rate = memory_doubles(ROWS);
    map.loss = memory_doubles(COLUMNS * ROWS * RESTARTS);
    map.boundary = memory_doubles(COLUMNS * RESTARTS);
    for (int r = 0; r < ROWS; r++) {
        map.log_rate[r] = -4 + 0.5 * r;
    }
    for (int c = 0; c < COLUMNS; c++) {
        map.x[c] = c + 1;
        for (int k = 0; k < RESTARTS; k++) {
            map.boundary[c * RESTARTS + k] = -c - 1 + (k == 0 ? 0.05 : -0.05);
            for (int r = 0; r < ROWS; r++) {
                map.loss[(c * ROWS + r) * RESTARTS + k] =
                    map.log_rate[r] < map.boundary[c * RESTARTS + k] ? pow(10, 0.1 * r) : NAN;
            }
        }
    }
    return map;
}

TEST(boundaries_carry_bracket_and_scatter)
{
    struct critical_rates map = known_map();
    struct value boundary = critical_rates_boundary(&map, 1);

    CHECK_RELATIVE(critical_rates_resolution(&map), 0.5 / (2 << CRITICAL_RATES_HALVINGS), 1e-14);
    CHECK_RELATIVE(boundary.x, -2, 1e-14);
    CHECK_RELATIVE(boundary.err[FINITE_SIZE], critical_rates_resolution(&map), 1e-14);
    // deviations of 0.05 in three pairs: variance 6 0.05^2 / 3, two restarts; wider for few
    CHECK_AT_LEAST(boundary.err[SAMPLING], 0.05);
    CHECK_AT_MOST(boundary.err[SAMPLING], 0.05 * 10);
    map.boundary[2] = NAN;
    CHECK(!value_ok(critical_rates_boundary(&map, 1)));
    critical_rates_free(&map);
}

TEST(offsets_from_a_line)
{
    struct critical_rates map = known_map();
    const double right[COLUMNS] = {-1.3, -2.3, -3.3}, wrong[COLUMNS] = {-1.3, -1.3, -1.3},
                 one[COLUMNS] = {-1, NAN, NAN};
    struct rate_offset offset = critical_rates_offset(&map, right);

    CHECK_INT(offset.columns, COLUMNS);
    CHECK_RELATIVE(offset.mean.x, 0.3, 1e-13);
    CHECK_ABSOLUTE(offset.spread.x, 0, 1e-14);
    offset = critical_rates_offset(&map, wrong);
    CHECK_RELATIVE(offset.mean.x, -0.7, 1e-13);
    CHECK_RELATIVE(offset.spread.x, 1, 1e-13);
    CHECK(!value_ok(critical_rates_offset(&map, one).mean));
    critical_rates_free(&map);
}

TEST(losses_next_to_the_boundary)
{
    struct critical_rates map = known_map();

    // column 0: rows -2, -1.5 are within 10^-1.06 to 10^-0.4 of 10^-0.95: 0.4 and 0.5
    CHECK_RELATIVE(critical_rates_loss(&map, 0, 0, pow(10, -1.06), pow(10, -0.4)), 0.45, 1e-13);
    CHECK(isnan(critical_rates_loss(&map, 0, 0, 2, 4)));
    CHECK_RELATIVE(critical_rates_best(&map, 0), 1, 1e-14);
    critical_rates_free(&map);
}

TEST(rows_span_a_line)
{
    struct critical_rates map = known_map();
    const double line[COLUMNS] = {-2, 0, -1};

    critical_rates_span(&map, line, 1, 0.5);
    CHECK_RELATIVE(map.log_rate[0], -3, 1e-14);
    CHECK_RELATIVE(map.log_rate[ROWS - 1], 0.5, 1e-14);
    critical_rates_free(&map);
}
