// SPDX-License-Identifier: GPL-3.0-or-later
/* Heat maps: boundaries of known curves, statistics of known maps. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/evidence/heatmap.h>
#include <math.h>

static const double depth[] = {2, 4, 8, 16, 32, 64};

TEST(boundary_of_a_cliff_is_in_its_middle)
{
    const double y[] = {0.9, 0.9, 0.9, 0.1, 0.1, 0.1}, high[] = {0.9, 0.8, 0.7, 0.6, 0.6, 0.6},
                 low[] = {0.1, 0.05, 0.1, 0.1, 0, 0.1};

    CHECK_RELATIVE(heatmap_boundary(6, depth, y, 0.1, 0.25), sqrt(8 * 16), 1e-14);
    CHECK_RELATIVE(heatmap_boundary(6, depth, high, 0.1, 0.25), 64, 1e-14);
    CHECK_RELATIVE(heatmap_boundary(6, depth, low, 0.1, 0.25), 2, 1e-14);
}

/* A score that falls linearly in log depth through the level at 8, and one that a noisy cell disturbs by its share. */
TEST(boundary_of_a_slope_is_where_it_passes_the_level)
{
    const double y[] = {0.4, 0.325, 0.25, 0.175, 0.1, 0.1}, noisy[] = {0.4, 0.325, 0.25, 0.175, 0.1, 0.13};

    CHECK_RELATIVE(heatmap_boundary(6, depth, y, 0.1, 0.25), 8, 1e-14);
    CHECK_RELATIVE(heatmap_boundary(6, depth, noisy, 0.1, 0.25), 8 * pow(2, 0.05), 1e-14);
}

enum { COLUMNS = 4, REPEATS = 3 };

/* Boundaries at 10 xi times noise that cancels among repeats; the last column's line is beyond the depths. */
static struct heatmap known_map(void)
{
    static const double noise[REPEATS] = {1, 1.1, 1 / 1.1};
    struct heatmap map = {
        .columns = COLUMNS, .rows = 6, .repeats = REPEATS, .multiple = 16, .chance = 0.1, .level = 0.25};

    map.depth = memory_copy(6, depth);
    map.x = memory_doubles(COLUMNS);
    map.xi = memory_doubles(COLUMNS);
    map.score = memory_doubles(COLUMNS * 6 * REPEATS);
    map.boundary = memory_doubles(COLUMNS * REPEATS);
    for (int c = 0; c < COLUMNS; c++) {
        map.x[c] = c;
        map.xi[c] = c == COLUMNS - 1 ? 100 : 0.5 * (c + 1);
        for (int k = 0; k < REPEATS; k++) {
            map.boundary[c * REPEATS + k] = c == COLUMNS - 1 ? 64 : 10 * map.xi[c] * noise[k];
            for (int r = 0; r < 6; r++) {
                map.score[(c * 6 + r) * REPEATS + k] = depth[r] / map.xi[c] <= 8 ? 0.8 : 0.1;
            }
        }
    }
    return map;
}

TEST(statistics_of_a_known_map)
{
    struct heatmap map = known_map();
    struct value multiple = heatmap_multiple(&map), gain = heatmap_gain(&map, 0.5, 1.5);

    CHECK_RELATIVE(multiple.x, 10, 1e-12);
    CHECK_AT_LEAST(value_standard(multiple), 10 * log(1.1) / sqrt(12)); // scatter of 9 boundaries, and Student's t
    CHECK_AT_MOST(value_standard(multiple), 10 * log(1.1));
    CHECK_RELATIVE(gain.x, 2, 1e-12);
    CHECK_RELATIVE(heatmap_mean(&map, 0, 8).x, 0.8, 1e-12);
    CHECK_RELATIVE(heatmap_mean(&map, 9, INFINITY).x, 0.1, 1e-12);
    CHECK(!value_ok(heatmap_mean(&map, 1000, INFINITY)));
    CHECK(!value_ok(heatmap_gain(&map, 50, 60)));
    struct value slope = heatmap_slope(&map);
    CHECK_AT_MOST(fabs(slope.x - 1), 4 * value_standard(slope));
    CHECK_AT_LEAST(slope.x, 0.8);
    heatmap_free(&map);
}

/* Every cell once, deepest rows first. */
TEST(samples_number_the_cells)
{
    struct heatmap map = {.columns = 4, .rows = 3, .repeats = 2};
    int seen[4][3][2] = {{{0}}};

    for (size_t i = 0; i < 24; i++) {
        struct cell cell = heatmap_cell(&map, i);

        seen[cell.column][cell.row][cell.repeat]++;
        CHECK_INT(cell.row, 2 - (int)i / 8);
    }
    for (int i = 0; i < 24; i++) {
        CHECK_INT(seen[i / 6][i / 2 % 3][i % 2], 1);
    }
}
