// SPDX-License-Identifier: GPL-3.0-or-later
#include "assay_test.h"

#include <assay/base/parameter.h>

static const struct parameter declared[] = {integer_by_scale("B", "batch size", 4, 10, 100, 2, 1000),
                                            real("a", "slope", 0.25, -1, 1),
                                            choice("phi", "activation", "relu|erf|tanh"),
                                            text("data", "directory", "here"),
                                            {PARAMETER_END, NULL, NULL, {0, 0, 0}, 0, 0, NULL}};

static enum status try_setting(const char *assignment, struct setting *first)
{
    struct setting settings[4];

    parameter_defaults(declared, SCALE_STANDARD, settings);
    enum status status = parameter_set(declared, settings, assignment);
    *first = settings[0];
    parameter_release(declared, settings);
    return status;
}

TEST(defaults_follow_the_scale)
{
    struct setting settings[4];

    CHECK_INT(parameter_count(declared), 4);
    parameter_defaults(declared, SCALE_PAPER, settings);
    CHECK_SAME(settings[0].number, 100);
    CHECK_SAME(settings[1].number, 0.25);
    CHECK_TEXT(settings[2].text, "relu");
    CHECK_TEXT(settings[3].text, "here");
    parameter_release(declared, settings);
}

TEST(good_assignments_are_taken)
{
    struct setting B;
    static const char *const good[] = {"B=7", "a=-1", "a=1e-3", "phi=tanh", "data=/a b/c=d", "data="};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(try_setting(good[i], &B), STATUS_OK);
    }
    CHECK_INT(try_setting("B=7", &B), STATUS_OK);
    CHECK_SAME(B.number, 7);
}

TEST(bad_assignments_are_refused_with_the_range)
{
    struct setting B;
    static const struct {
        const char *assignment, *says;
    } bad[] = {{"B=1", "from 2 to 1000"},      {"B=1001", "from 2 to 1000"}, {"B=7.5", "an integer"},
               {"B=", "an integer"},           {"B=7x", "an integer"},       {"B", "NAME=VALUE"},
               {"a=nan", "from -1 to 1"},      {"a=inf", "from -1 to 1"},    {"a=1.0001", "from -1 to 1"},
               {"phi=elu", "relu|erf|tanh"},   {"phi=rel", "one of"},        {"phi=", "one of"},
               {"C=1", "unknown parameter C"}, {"=1", "unknown parameter"},  {"data=a\tb", "without tabs"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(try_setting(bad[i].assignment, &B), STATUS_RANGE);
        CHECK_CONTAINS(status_reason(), bad[i].says);
        CHECK_SAME(B.number, 10);
    }
}

TEST(settings_are_written_so_that_they_read_back)
{
    char line[64];
    struct setting third = {1.0 / 3, NULL}, tenth = {0.1, NULL};

    parameter_format(&declared[1], &third, sizeof line, line);
    CHECK_TEXT(line, "0.33333333333333331");
    parameter_format(&declared[1], &tenth, sizeof line, line);
    CHECK_TEXT(line, "0.1");
}
