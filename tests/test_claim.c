// SPDX-License-Identifier: GPL-3.0-or-later
/* Claim programs made on the spot: what claim_main does with a specification. */
#include "assay_test.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <assay/evidence/search.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char source[] = "/* # A title\n *\n * The first paragraph.\n *\n * The second. */\nint x;\n";

/* Runs a specification with one option (NULL: none) and reads the record that it leaves. */
static int run(const struct claim_spec *spec, const char *option, const char *argument, cJSON **record)
{
    const char *out = test_directory();
    char path[256];
    char *argv[] = {"claim", "--quiet", "--out", (char *)out, (char *)option, (char *)argument, NULL};
    int code = claim_main_of(option == NULL     ? 4
                             : argument == NULL ? 5
                                                : 6,
                             argv, spec, "paper_checks/paper/name.c", source);

    snprintf(path, sizeof path, "%s/paper/name.json", out);
    char *text = file_read(path, NULL);

    *record = text == NULL ? NULL : cJSON_Parse(text);
    memory_free(text);
    return code;
}

static const char *text_of(const cJSON *record, const char *member)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(record, member));

    return value == NULL ? "(none)" : value;
}

/* The value of the record's first parameter. */
static const char *first_parameter(const cJSON *record)
{
    return text_of(cJSON_GetArrayItem(cJSON_GetObjectItem(record, "parameters"), 0), "value");
}

static void fill(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "n", EXACT, "an index");
    claim_row(claim, "one", (double)claim_integer(claim, "n"));
    claim_case(claim, "n = %ld", claim_integer(claim, "n"));
    check_equal(claim, "sum", exact(claim_fault(claim, "off_by_one") ? 4 : 3), rounded(3, 1));
    check_at_most(claim, "bound", exact(1), exact(2));
}

static const struct claim_spec plain = {
    .parameters = {integer_by_scale("n", "a number", 1, 2, 3, 0, 10)},
    .faults = {{"off_by_one", "one too many", "sum"}},
    .run = fill,
};

TEST(a_claim_that_holds)
{
    cJSON *record;

    CHECK_INT(run(&plain, NULL, NULL, &record), 0);
    CHECK_TEXT(text_of(record, "claim"), "paper/name");
    CHECK_TEXT(text_of(record, "title"), "A title");
    CHECK_TEXT(text_of(record, "verdict"), "holds");
    CHECK_TEXT(first_parameter(record), "2");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(record, "checks")), 2);
    CHECK_TEXT(text_of(cJSON_GetArrayItem(cJSON_GetObjectItem(record, "checks"), 0), "worst_case"), "n = 2");
    cJSON_Delete(record);
}

TEST(scale_and_settings_change_the_parameters)
{
    cJSON *record;

    CHECK_INT(run(&plain, "--scale", "paper", &record), 0);
    CHECK_TEXT(first_parameter(record), "3");
    CHECK(cJSON_IsFalse(cJSON_GetObjectItem(record, "defaults")));
    cJSON_Delete(record);
    CHECK_INT(run(&plain, "--set", "n=7", &record), 0);
    CHECK_TEXT(first_parameter(record), "7");
    cJSON_Delete(record);
}

TEST(a_planted_fault_turns_its_check_red)
{
    cJSON *record;

    CHECK_INT(run(&plain, "--plant", "off_by_one", &record), 1);
    CHECK_TEXT(text_of(record, "verdict"), "refuted");
    CHECK_TEXT(text_of(cJSON_GetArrayItem(cJSON_GetObjectItem(record, "checks"), 0), "state"), "refuted");
    CHECK_TEXT(text_of(cJSON_GetArrayItem(cJSON_GetObjectItem(record, "checks"), 1), "state"), "holds");
    cJSON_Delete(record);
}

static void correct(struct claim *claim)
{
    claim_column(claim, "x", EXACT, "a number");
    claim_row(claim, NULL, 1);
    check_differs(claim, "printed", exact(2), measured(1, 0.01, QUADRATURE));
    check_equal(claim, "corrected", exact(1), measured(1, 0.01, QUADRATURE));
}

TEST(an_erratum_with_its_correction_holds_corrected)
{
    cJSON *record;
    struct claim_spec spec = {
        .errata = {{.id = "E1", .printed = "two", .corrected = "one", .differs = "printed", .equal = "corrected"}},
        .run = correct};

    CHECK_INT(run(&spec, NULL, NULL, &record), 0);
    CHECK_TEXT(text_of(record, "verdict"), "holds corrected");
    cJSON_Delete(record);
    spec.errata[0].equal = NULL;
    CHECK_INT(run(&spec, NULL, NULL, &record), 0);
    CHECK_TEXT(text_of(record, "verdict"), "refuted");
    CHECK(cJSON_IsFalse(cJSON_GetObjectItem(record, "red")));
    cJSON_Delete(record);
}

static void miss_data(struct claim *claim)
{
    claim_column(claim, "x", EXACT, "a number");
    claim_row(claim, NULL, 1);
    check_equal(claim, "too soon", exact(1), exact(2));
    claim_need(claim, status_fail(STATUS_ABSENT, "/data/images: no such file"));
}

/* What the tests do at exit is not the child's to do. */
static void leave_at_once(int code, void *nothing)
{
    (void)nothing;
    _exit(code);
}

/* The program ends within run: in a process of its own. */
TEST(a_claim_without_its_data_leaves_a_record_and_no_table)
{
    const struct claim_spec spec = {.run = miss_data};
    const char *out = test_directory();
    char path[256], table[256];
    char *argv[] = {"claim", "--quiet", "--out", (char *)out, NULL};
    int ended = 0;

    snprintf(table, sizeof table, "%s/paper/name.tsv", out);
    snprintf(path, sizeof path, "%s/paper/name.json", out);
    CHECK_INT(file_make_parents(table), STATUS_OK);
    FILE *stale = fopen(table, "w");
    CHECK(stale != NULL && fclose(stale) == 0);
    pid_t child = fork();
    if (child == 0) {
        on_exit(leave_at_once, NULL);
        claim_main_of(4, argv, &spec, "paper_checks/paper/name.c", source);
        _exit(0);
    }
    CHECK(waitpid(child, &ended, 0) == child && WIFEXITED(ended));
    CHECK_INT(WEXITSTATUS(ended), 77);
    CHECK(access(table, F_OK) != 0);
    char *text = file_read(path, NULL);
    cJSON *record = text == NULL ? NULL : cJSON_Parse(text);
    CHECK_TEXT(text_of(record, "verdict"), "skipped");
    CHECK_TEXT(text_of(record, "skipped"), "/data/images: no such file");
    CHECK(cJSON_IsFalse(cJSON_GetObjectItem(record, "red")));
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(record, "checks")), 0);
    memory_free(text);
    cJSON_Delete(record);
}

static void check_nothing(struct claim *claim)
{
    claim_column(claim, "x", EXACT, "a number");
}

TEST(a_claim_without_checks_is_inconclusive)
{
    cJSON *record;
    const struct claim_spec spec = {.run = check_nothing};

    CHECK_INT(run(&spec, NULL, NULL, &record), 1);
    CHECK_TEXT(text_of(record, "verdict"), "inconclusive");
    cJSON_Delete(record);
}

/* A valley with a second, shallower one: the search must not stay in it. */
static double two_valleys(size_t n, const double x[], void *context)
{
    double deep = 0, shallow = 0;

    (void)context;
    for (size_t i = 0; i < n; i++) {
        deep += (x[i] - 0.7) * (x[i] - 0.7);
        shallow += (x[i] + 0.7) * (x[i] + 0.7);
    }
    return fmin(deep - 1, shallow - 0.5);
}

static void hunt(struct claim *claim)
{
    double best[3], least[3] = {-1, -1, -1}, most[3] = {1, 1, 1};
    const struct search search = {
        .dimensions = 3, .least = least, .most = most, .starts = 8, .evaluations = 600, .f = two_valleys};
    double found = search_least(claim, &search, best);

    claim_column(claim, "found", EXACT, "a search");
    claim_row(claim, NULL, found);
    check_equal(claim, "depth", exact(-1), measured(found, 1e-6, QUADRATURE));
    check_equal(claim, "place", exact(0.7), measured(best[1], 1e-3, QUADRATURE));
}

TEST(a_search_finds_the_deeper_valley_with_any_number_of_threads)
{
    cJSON *one, *three;
    const struct claim_spec spec = {.run = hunt};

    CHECK_INT(run(&spec, "--threads", "1", &one), 0);
    CHECK_INT(run(&spec, "--threads", "3", &three), 0);
    CHECK(cJSON_Compare(cJSON_GetObjectItem(one, "checks"), cJSON_GetObjectItem(three, "checks"), true));
    cJSON_Delete(one);
    cJSON_Delete(three);
}

TEST(patterns_match_as_the_shell_does)
{
    CHECK(record_matches("one two*", "two at B = 3"));
    CHECK(record_matches("one two*", "one"));
    CHECK(!record_matches("one two*", "three"));
    CHECK(!record_matches("", "one"));
    CHECK(!record_matches(NULL, "one"));
}

TEST(a_head_comment_is_title_and_text)
{
    char *title = record_title(source), *head = record_head(source), *none = record_title("int x;");

    CHECK_TEXT(title, "A title");
    CHECK_TEXT(head, "The first paragraph.\n\nThe second. \n");
    CHECK_TEXT(none, "");
    memory_free(title);
    memory_free(head);
    memory_free(none);
}
