// SPDX-License-Identifier: GPL-3.0-or-later
/* Trainability: columns as set, rates by independent routes, cells drawn again one by one, and checks of known maps. */
#include "assay_test.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <assay/experiment/trainability.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { INPUTS = 6, CLASSES = 2, COUNT = 64 };

static const char source[] = "/* # Trainability, tried */\n";

/* Runs a program and reads its record. */
static int run(const struct claim_spec *spec, cJSON **record)
{
    const char *out = test_directory();
    char path[256], *argv[] = {"claim", "--quiet", "--out", (char *)out, NULL};
    int code = claim_main_of(4, argv, spec, "figures/paper/trainability.c", source);

    snprintf(path, sizeof path, "%s/paper/trainability.json", out);
    char *text = file_read(path, NULL);

    *record = text == NULL ? NULL : cJSON_Parse(text);
    memory_free(text);
    return code;
}

/* Points around two centres, the same whatever the sample. */
static struct images make_clusters(uint32_t sample)
{
    struct images images = {.count = COUNT, .features = INPUTS, .classes = CLASSES};
    struct stream stream = stream_open(stream_key("test/trainability", 1), 0, sample);

    images.pixels = memory_doubles(COUNT * INPUTS);
    images.label = memory_new(COUNT, sizeof images.label[0]);
    stream_normals_scaled(&stream, 2, COUNT * INPUTS, images.pixels);
    for (int i = 0; i < COUNT; i++) {
        images.label[i] = i % CLASSES;
        images.pixels[i * INPUTS] += i % CLASSES == 0 ? 2 : -2;
    }
    return images;
}

/* ## An experiment from its beginning to its end */

#define PARAMETERS                                                                                                     \
    .parameters = {integer("N", "width", 8, 1, 100),          integer("epochs", "passes", 4, 1, 10),                   \
                   integer("images", "number", 64, 1, 100),   integer("L", "greatest depth", 6, 1, 100),               \
                   integer("rows", "depths", 2, 2, 9),        integer("columns", "batch sizes", 3, 1, 9),              \
                   integer("networks", "a cell", 2, 1, 9),    integer("B1", "greatest batch", 16, 1, 99),              \
                   real("rate", "learning rate", 0.05, 0, 1), real("level", "accuracy", 0.75, 0, 1)}

static void set_batch(struct claim *claim, double B, struct trainability_column *column)
{
    (void)claim;
    column->training.batch = (int)B;
    column->training.descent.rate *= B;
    column->model.epsilon = 1 / B;
}

static struct value halves_at_8(const struct trainability_column *column)
{
    return exact(column->training.batch == 8 ? 0.5 : 2);
}

static struct trainability experiment;

static void draw(struct claim *claim)
{
    experiment.data.train = make_clusters(0);
    experiment.data.test = make_clusters(1);
    trainability_require_steps(claim, "B1");
    trainability_new(claim, &experiment, "tanh");
    trainability_sweep(claim, &experiment,
                       (struct trainability_axis){
                           .name = "B", .from = 4, .to = 16.4, .geometric = true, .whole = true, .shallowest = 2},
                       set_batch);
    trainability_predict(claim, &experiment, 3, halves_at_8);
    trainability_draw(claim, &experiment);
    check_at_least(claim, "drawn", exact(2), exact(1));
}

static const struct claim_spec whole = {PARAMETERS, .run = draw};

TEST(columns_are_what_the_program_made_of_them)
{
    cJSON *record;
    const struct trainability_column *column;

    CHECK_INT(run(&whole, &record), 0);
    column = experiment.column;
    CHECK_SAME(experiment.map.x[1], 8);
    CHECK_SAME(experiment.map.x[2], 16);
    CHECK_SAME(experiment.map.chance, 0.5);
    CHECK_SAME(experiment.map.multiple, 3);
    CHECK_INT(column[2].training.batch, 16);
    CHECK_SAME(column[2].training.descent.rate, 0.05 * 16);
    CHECK_SAME(column[1].training.descent.rate, 0.05 * 8);
    CHECK_SAME(column[0].model.epsilon, 0.25);
    CHECK_INT(column[0].model.inputs, INPUTS);
    CHECK_INT(column[0].model.width, 8);
    CHECK_SAME(experiment.shared.training.descent.rate, 0.05);
    CHECK_RELATIVE(experiment.map.xi[0], 1 / log(2), 1e-15);
    CHECK_RELATIVE(experiment.map.xi[1], -1 / log(2), 1e-15);
    cJSON_Delete(record);
    trainability_free(&experiment);
}

/* Every cell again, its network drawn alone. */
TEST(a_cell_is_the_accuracy_of_its_networks)
{
    cJSON *record;
    const struct heatmap *map = &experiment.map;
    size_t different = 0;

    CHECK_INT(run(&whole, &record), 0);
    for (size_t i = 0; i < 12; i++) {
        struct cell cell = heatmap_cell(map, i);
        struct trainability_column column = experiment.column[cell.column];
        struct batchnorm_outcome outcome;
        double score = map->score[(cell.column * 2 + cell.row) * 2 + cell.repeat];

        column.model.depth = (int)map->depth[cell.row];
        CHECK_INT(batchnorm_training_trial(&column.model, &experiment.data.train, &experiment.data.test,
                                           &column.training,
                                           stream_open(stream_key("paper/trainability", 1), 0, (uint32_t)i), &outcome),
                  STATUS_OK);
        CHECK_SAME(score, outcome.test_accuracy);
        different += score != map->score[0];
    }
    CHECK(different > 0);
    CHECK_RELATIVE(map->depth[1], 6, 0);
    cJSON_Delete(record);
    trainability_free(&experiment);
}

/* ## Rates */

static struct trainability_column column_of(const char *phi, int B, double epsilon)
{
    struct trainability_column column = {.model = {.gamma = 1, .epsilon = epsilon}, .training = {.batch = B}};

    CHECK_INT(activation_find(phi, &column.model.phi), STATUS_OK);
    return column;
}

/* Relu: ((B - 1 + J') / (1 - J) - 1) / (B - 3) at c = -1 / (B - 1), J the arc-cosine kernel of degree 1, by mpmath. The identity: (B - 2) / (B - 3). */
TEST(rates_are_those_of_theory)
{
    struct trainability_column relu = column_of("relu", 64, 0), id = column_of("id", 8, 0),
                               small = column_of("relu", 64, 1e-7);

    CHECK_RELATIVE(trainability_rate_homogeneous(&relu).x, 1.4930629378036, 1e-12);
    CHECK_RELATIVE(trainability_rate_sphere(&relu).x, 1.4930629378036, 1e-10);
    CHECK_RELATIVE(trainability_rate_homogeneous(&id).x, 6. / 5, 1e-12);
    CHECK_RELATIVE(trainability_rate_epsilon(&small).x, 1.4930629378036, 1e-6);
    small.model.beta = 1e3; // nothing is ever off: linear
    small.training.batch = 8;
    CHECK_RELATIVE(trainability_rate_sphere(&small).x, 6. / 5, 1e-9);
    small.training.batch = 1;
    CHECK(!value_ok(trainability_rate_sphere(&small)));
    CHECK(!value_ok(trainability_rate_epsilon(&small)));
}

/* ## Checks: a map whose boundary is 16 xi, against the line at 16 xi, and against what it is not */

enum { COLUMNS = 4, ROWS = 7, REPEATS = 8 };
static const double depth[ROWS] = {2, 4, 8, 16, 32, 64, 128};

static struct heatmap known_map(void)
{
    struct heatmap map = {
        .columns = COLUMNS, .rows = ROWS, .repeats = REPEATS, .multiple = 16, .chance = 0.1, .level = 0.25};

    map.depth = memory_copy(ROWS, depth);
    map.x = memory_doubles(COLUMNS);
    map.xi = memory_doubles(COLUMNS);
    map.score = memory_doubles(COLUMNS * ROWS * REPEATS);
    map.boundary = memory_doubles(COLUMNS * REPEATS);
    for (int c = 0; c < COLUMNS; c++) {
        map.xi[c] = 0.5 * (c + 1);
        for (int k = 0; k < REPEATS; k++) {
            map.boundary[c * REPEATS + k] = 16 * map.xi[c] * (k % 2 == 0 ? 1.01 : 1 / 1.01);
            for (int r = 0; r < ROWS; r++) {
                map.score[(c * ROWS + r) * REPEATS + k] = (depth[r] < 16 * map.xi[c] ? 0.7 : 0.12) + 0.001 * k;
            }
        }
    }
    return map;
}

static struct trainability_line expected;

static void compare(struct claim *claim)
{
    struct heatmap map = known_map();

    claim_column(claim, "x", EXACT, "a number");
    claim_row(claim, NULL, 1);
    trainability_check_line(claim, &map, expected);
    heatmap_free(&map);
}

/* The checks that are red, by their number; 5 are asked for. */
static int red_checks(struct trainability_line line)
{
    cJSON *record, *checks;
    int red = 0;

    expected = line;
    run(&(struct claim_spec){.run = compare}, &record);
    checks = cJSON_GetObjectItem(record, "checks");
    CHECK_INT(cJSON_GetArraySize(checks), 5);
    for (int i = 0; i < cJSON_GetArraySize(checks); i++) {
        cJSON *state = cJSON_GetObjectItem(cJSON_GetArrayItem(checks, i), "state");

        red |= strcmp(cJSON_GetStringValue(state), "holds") == 0 ? 0 : 1 << i;
    }
    cJSON_Delete(record);
    return red;
}

TEST(a_line_that_holds_and_five_that_do_not)
{
    struct trainability_line line = {"everywhere",   .shallow = 4,  .deep = 24,
                                     .multiple = 16, .factor = 1.4, .direction = 1},
                             other = line;

    CHECK_INT(red_checks(line), 0);
    other.shallow = INFINITY;
    CHECK_INT(red_checks(other), 1);
    other = line;
    other.deep = 0;
    CHECK_INT(red_checks(other), 2);
    other = line;
    other.multiple = 32;
    CHECK_INT(red_checks(other), 4);
    other.multiple = 8;
    CHECK_INT(red_checks(other), 8);
    other = line;
    other.direction = -1;
    CHECK_INT(red_checks(other), 16);
}
