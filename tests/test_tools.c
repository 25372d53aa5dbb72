// SPDX-License-Identifier: GPL-3.0-or-later
/* The programs as a user meets them: exit codes, messages, files. BUILD is the build directory. */
#include "assay_test.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <stdio.h>
#include <string.h>

#define CLAIM "shrinkage2022/ineq_4_1_leaky_relu_shrinkage"
#define PROGRAM BUILD "/bin/" CLAIM
#define SAMPLED BUILD "/bin/shrinkage2022/fig_1_correlation_curve"
#define NAMING BUILD "/bin/shrinkage2022/cor_1_depth_bound"

static char output[65536];

/* Runs PROGRAM with these arguments, its results in a fresh directory; out (may be NULL) gets that directory. */
static int run(const char *program, const char *arguments, char out[128])
{
    char command[1024];
    const char *directory = test_directory();

    snprintf(command, sizeof command, "%s --out %s %s", program, directory, arguments);
    if (out != NULL) {
        snprintf(out, 128, "%s", directory);
    }
    return test_run(command, sizeof output, output);
}

static char *result(const char *directory, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return file_read(path, NULL);
}

TEST(help_says_what_is_claimed_and_what_can_be_set)
{
    CHECK_INT(run(PROGRAM, "--help", NULL), 0);
    CHECK_CONTAINS(output, "Inequality (4.1)");
    CHECK_CONTAINS(output, "**Checked.**");
    CHECK_CONTAINS(output, "a number from 0 to 0.999");
    CHECK_CONTAINS(output, "pi_plus_two");
}

TEST(nonsense_is_refused_in_one_line_with_exit_2)
{
    static const struct {
        const char *arguments, *says;
    } bad[] = {{"--set b=1", "unknown parameter b (known: a, L)"},
               {"--set a=2", "a is a number from 0 to 0.999"},
               {"--set a=nan", "a is a number"},
               {"--set a", "NAME=VALUE"},
               {"--set", "needs a value"},
               {"--set L=1.5", "L is an integer"},
               {"--scale large", "smoke, standard or paper"},
               {"--seed -1", "an integer"},
               {"--seed 1x", "an integer"},
               {"--threads 0", "from 1 to 1024"},
               {"--plant nothing", "unknown fault"},
               {"--frobnicate", "unknown option"},
               {"stray", "unexpected argument stray"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(run(PROGRAM, bad[i].arguments, NULL), 2);
        CHECK_CONTAINS(output, bad[i].says);
        CHECK(strchr(output, '\n') == output + strlen(output) - 1);
    }
}

TEST(a_text_that_names_nothing_is_a_usage_error)
{
    static const char *const nothing[] = {"''", "nonsense", "'relu '", "ReLU", "lrelu:nan", "x^31", "%s%n"};

    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        char arguments[64];

        snprintf(arguments, sizeof arguments, "--set phi=%s", nothing[i]);
        CHECK_INT(run(NAMING, arguments, NULL), 2);
        CHECK_CONTAINS(output, "activation_find: ");
        CHECK(strchr(output, '\n') == output + strlen(output) - 1);
    }
}

TEST(a_run_leaves_a_table_and_a_record)
{
    char directory[128];

    CHECK_INT(run(PROGRAM, "--set a=0.25 --set L=64", directory), 0);
    CHECK_CONTAINS(output, "holds");
    CHECK_CONTAINS(output, "resolution");
    char *table = result(directory, CLAIM ".tsv"), *record = result(directory, CLAIM ".json");

    CHECK(table != NULL && record != NULL);
    if (table != NULL && record != NULL) {
        CHECK_CONTAINS(table, "# parameters: a=0.25 L=64");
        CHECK_CONTAINS(table, "# end: ");
        CHECK_CONTAINS(record, "\"verdict\":\t\"holds\"");
    }
    memory_free(table);
    memory_free(record);
}

TEST(json_and_quiet)
{
    CHECK_INT(run(PROGRAM, "--json", NULL), 0);
    CHECK(output[0] == '{');
    CHECK_INT(run(PROGRAM, "--quiet", NULL), 0);
    CHECK_TEXT(output, "");
}

TEST(a_planted_fault_is_red)
{
    CHECK_INT(run(PROGRAM, "--plant pi_plus_two", NULL), 1);
    CHECK_CONTAINS(output, "refuted      equal    constant");
}

/* Networks kept row by row, moments of networks, random maps with a search: what the threads share differs. */
TEST(any_number_of_threads_gives_the_same_table)
{
    static const char *const names[] = {"fig_1_correlation_curve", "cor_1_depth_bound",
                                        "prop_1_piecewise_linear_bound"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char directory[128], program[256], file[128], arguments[64], *tables[3];

        snprintf(program, sizeof program, "%s/bin/shrinkage2022/%s", BUILD, names[i]);
        snprintf(file, sizeof file, "shrinkage2022/%s.tsv", names[i]);
        for (int threads = 1; threads <= 3; threads++) {
            snprintf(arguments, sizeof arguments, "--quiet --scale smoke --threads %d", threads);
            CHECK_INT(run(program, arguments, directory), 0);
            tables[threads - 1] = result(directory, file);
            CHECK(tables[threads - 1] != NULL);
        }
        for (int k = 0; k < 3; k++) {
            CHECK(tables[0] != NULL && tables[k] != NULL && strcmp(tables[0], tables[k]) == 0);
        }
        for (int k = 0; k < 3; k++) {
            memory_free(tables[k]);
        }
    }
}

TEST(another_seed_gives_another_table)
{
    char directory[128];

    CHECK_INT(run(SAMPLED, "--scale smoke --seed 1", directory), 0);
    char *one = result(directory, "shrinkage2022/fig_1_correlation_curve.tsv");

    CHECK_INT(run(SAMPLED, "--scale smoke --seed 2", directory), 0);
    char *two = result(directory, "shrinkage2022/fig_1_correlation_curve.tsv");

    CHECK(one != NULL && two != NULL && strcmp(one, two) != 0);
    memory_free(one);
    memory_free(two);
}

TEST(unwritable_output_is_exit_3)
{
    char command[512];

    snprintf(command, sizeof command, "%s --quiet --out /proc/nowhere", PROGRAM);
    CHECK_INT(test_run(command, sizeof output, output), 3);
    CHECK_CONTAINS(output, "/proc/nowhere");
    snprintf(command, sizeof command, "%s --out %s > /dev/full", PROGRAM, test_directory());
    CHECK_INT(test_run(command, sizeof output, output), 3);
}

/* A file-size limit stands in for the full disk: the old table must survive, and no temporary file stay. */
TEST(a_full_disk_loses_nothing)
{
    char directory[128], command[512];

    CHECK_INT(run(PROGRAM, "--quiet --set L=8", directory), 0);
    char *before = result(directory, CLAIM ".tsv");

    snprintf(command, sizeof command, "trap '' XFSZ; ulimit -f 0; exec %s --quiet --out %s", PROGRAM, directory);
    CHECK_INT(test_run(command, sizeof output, output), 3);
    CHECK_CONTAINS(output, ".tsv");
    char *after = result(directory, CLAIM ".tsv");

    CHECK(before != NULL && after != NULL && strcmp(before, after) == 0);
    snprintf(command, sizeof command, "find %s -name '*.tmp'", directory);
    CHECK_INT(test_run(command, sizeof output, output), 0);
    CHECK_TEXT(output, "");
    memory_free(before);
    memory_free(after);
}

/* A hundred thousand networks take minutes on any machine, so that a second is always in the middle of them. */
TEST(an_interrupt_in_mid_run_leaves_the_old_result)
{
    char directory[128], command[512];

    CHECK_INT(run(SAMPLED, "--quiet --scale smoke", directory), 0);
    char *before = result(directory, "shrinkage2022/fig_1_correlation_curve.tsv");

    snprintf(command, sizeof command, "timeout -s INT 1 %s --quiet --scale smoke --set networks=100000 --out %s",
             SAMPLED, directory);
    CHECK_INT(test_run(command, sizeof output, output), 124);
    char *after = result(directory, "shrinkage2022/fig_1_correlation_curve.tsv");

    CHECK(before != NULL && after != NULL && strcmp(before, after) == 0);
    snprintf(command, sizeof command, "find %s -name '*.tmp'", directory);
    CHECK_INT(test_run(command, sizeof output, output), 0);
    CHECK_TEXT(output, "");
    memory_free(before);
    memory_free(after);
}

TEST(tabdiff_tells_same_close_drift_and_unreadable)
{
    char directory[128], command[1024];

    CHECK_INT(run(PROGRAM, "--quiet --set L=8", directory), 0);
    snprintf(command, sizeof command,
             "cd %s/shrinkage2022 && t=ineq_4_1_leaky_relu_shrinkage.tsv && awk -F'\\t' -v OFS='\\t' "
             "'/^0\\t3\\t/ {$3 = sprintf(\"%%.17g\", $3 * (1 + 1e-12))} {print}' $t > close.tsv && sed "
             "'s/^0\\t3\\t/0\\t3\\t1/' $t > drift.tsv && head -c 900 $t > cut.tsv",
             directory);
    CHECK_INT(test_run(command, sizeof output, output), 0);
    static const struct {
        const char *file;
        int code;
        const char *says;
    } cases[] = {{"ineq_4_1_leaky_relu_shrinkage.tsv", 0, "same"},
                 {"close.tsv", 0, "close: gap, row 3"},
                 {"drift.tsv", 1, "drift: gap, row 3"},
                 {"cut.tsv", 3, "cut.tsv:"},
                 {"absent.tsv", 3, "No such file"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(command, sizeof command, "%s/tabdiff %s/" CLAIM ".tsv %s/shrinkage2022/%s", BUILD, directory,
                 directory, cases[i].file);
        CHECK_INT(test_run(command, sizeof output, output), cases[i].code);
        CHECK_CONTAINS(output, cases[i].says);
    }
    CHECK_INT(test_run(BUILD "/tabdiff", sizeof output, output), 2);
}

TEST(assay_finds_claims_by_their_prefix)
{
    CHECK_INT(test_run(BUILD "/assay list ineq_4_1", sizeof output, output), 0);
    CHECK_CONTAINS(output, CLAIM);
    CHECK_INT(test_run(BUILD "/assay show shrinkage2022/ineq_4_1", sizeof output, output), 0);
    CHECK_CONTAINS(output, "**Found.**");
    CHECK_INT(test_run(BUILD "/assay show shrinkage2022/", sizeof output, output), 2);
    CHECK_CONTAINS(output, "not unique: shrinkage2022/");
    CHECK_CONTAINS(output, " more\n");
    CHECK_INT(test_run(BUILD "/assay show shrinkage2022/ineq_4_", sizeof output, output), 2);
    CHECK_CONTAINS(output, CLAIM ", shrinkage2022/ineq_4_2");
    CHECK(strstr(output, " more") == NULL);
    CHECK_INT(test_run(BUILD "/assay show shrinkage2022/nothing", sizeof output, output), 2);
    CHECK_CONTAINS(output, "no claim starts with");
    CHECK_INT(test_run(BUILD "/assay frobnicate", sizeof output, output), 2);
    CHECK_INT(test_run(BUILD "/assay show", sizeof output, output), 2);
    CHECK_INT(test_run(BUILD "/assay", sizeof output, output), 2);
    CHECK_INT(test_run(BUILD "/assay help", sizeof output, output), 0);
    CHECK_INT(test_run(BUILD "/assay accept shrinkage2022/ineq_4_1 --why ' '", sizeof output, output), 2);
}

/* Memory errors that the sanitizers' redzones miss: a claim program, the comparer and the lister, under valgrind where it is installed. */
TEST(a_sample_is_clean_under_valgrind)
{
    char command[512];
    static const char grind[] =
        "command -v valgrind >/dev/null || exit 0; nm -C " BUILD "/assay | grep -q __asan_init && exit 0; "
        "OPENBLAS_CORETYPE=Haswell valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite ";

    snprintf(command, sizeof command, "%s " PROGRAM " --quiet --set L=8 --threads 1 --out %s", grind, test_directory());
    CHECK_INT(test_run(command, sizeof output, output), 0);
    CHECK_TEXT(output, "");
    snprintf(command, sizeof command, "%s " BUILD "/assay list >/dev/null", grind);
    CHECK_INT(test_run(command, sizeof output, output), 0);
}
