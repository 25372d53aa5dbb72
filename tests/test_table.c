// SPDX-License-Identifier: GPL-3.0-or-later
#include "assay_test.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/table.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void identify(struct table *table)
{
    table_note(table, "claim", "paper/claim");
    table_note(table, "parameters", "B=10");
    table_note(table, "seed", "%d", 1);
    table_note(table, "scale", "standard");
}

/* Two rows: an exact index, a value with its error, and a last column compared by the given rule. */
static struct table small(struct tolerance tolerance, double last)
{
    struct table table;

    table_start(&table);
    identify(&table);
    table_labels(&table, "series");
    table_column(&table, "n", EXACT, "an index");
    table_column(&table, "x", tolerance, "a test");
    table_column(&table, "x_err", RELATIVE(0.5), "an error bar");
    table_row(&table, "one", (double[]){1, 0.1, 0.01});
    table_row(&table, "two", (double[]){2, last, 0.01});
    return table;
}

static struct comparison compare(struct tolerance tolerance, double reference, double result)
{
    struct table a = small(tolerance, reference), b = small(EXACT, result);
    struct comparison comparison = table_compare(&a, &b, NULL);

    table_release(&a);
    table_release(&b);
    return comparison;
}

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", test_directory(), name);
    return path;
}

TEST(a_table_comes_back_from_its_file)
{
    struct table out = small(SIGMAS(3), 1.0 / 3), in;
    char *path = memory_text(path_of("deep/er/table.tsv"));

    out.column[1].tolerance.nan_equal = true;
    CHECK_INT(table_write(&out, path), STATUS_OK);
    CHECK_INT(table_read(&in, path), STATUS_OK);
    CHECK_INT(table_compare(&out, &in, NULL).agreement, AGREES_SAME);
    CHECK_INT(in.column[1].tolerance.kind, TOLERANCE_SIGMAS);
    CHECK_SAME(in.column[1].tolerance.amount, 3);
    CHECK(in.column[1].tolerance.nan_equal);
    CHECK_TEXT(in.column[1].reason, "a test");
    CHECK_TEXT(in.label[1], "two");
    CHECK_TEXT(in.label_name, "series");
    CHECK_SAME(in.cell[4], 1.0 / 3);
    CHECK_TEXT(table_find_note(&in, "parameters"), "B=10");
    CHECK(table_find_note(&in, "absent") == NULL);
    table_release(&in);
    table_release(&out);
    memory_free(path);
}

TEST(each_rule_compares_as_it_says)
{
    CHECK_INT(compare(EXACT, 1, 1).agreement, AGREES_SAME);
    CHECK_INT(compare(EXACT, 1, 1 + 1e-15).agreement, AGREES_DRIFT);
    CHECK_INT(compare(RELATIVE(1e-3), 100, 100.09).agreement, AGREES_CLOSE);
    CHECK_INT(compare(RELATIVE(1e-3), 100, 100.11).agreement, AGREES_DRIFT);
    CHECK_INT(compare(ABSOLUTE(0.1), 100, 100.09).agreement, AGREES_CLOSE);
    CHECK_INT(compare(ABSOLUTE(0.1), 100, 99.8).agreement, AGREES_DRIFT);
    CHECK_INT(compare(DIGITS(6), 1, 1 + 9e-7).agreement, AGREES_CLOSE);
    CHECK_INT(compare(DIGITS(6), 1, 1 + 2e-6).agreement, AGREES_DRIFT);
    CHECK_INT(compare(SIGMAS(4), 1, 1.039).agreement, AGREES_CLOSE);
    CHECK_INT(compare(SIGMAS(4), 1, 1.041).agreement, AGREES_DRIFT);
    CHECK_INT(compare(RELATIVE(1), 1, -1).agreement, AGREES_DRIFT);
}

TEST(agreeing_digits_are_counted)
{
    CHECK_ABSOLUTE(compare(RELATIVE(1), 1, 1.001).digits, 3, 0.01);
    CHECK_SAME(compare(RELATIVE(1), 1, 1).digits, 17);
    CHECK_SAME(compare(ABSOLUTE(10), 1, -1).digits, 0);
    CHECK_CONTAINS(compare(RELATIVE(1e-6), 1, 1.5).what, "row 2");
}

TEST(nan_differs_unless_the_column_says_otherwise)
{
    struct tolerance lenient = RELATIVE(1);

    lenient.nan_equal = true;
    CHECK_INT(compare(RELATIVE(1), NAN, NAN).agreement, AGREES_DRIFT);
    CHECK_INT(compare(EXACT, NAN, NAN).agreement, AGREES_DRIFT);
    CHECK_INT(compare(lenient, NAN, NAN).agreement, AGREES_SAME);
    CHECK_INT(compare(lenient, NAN, 1).agreement, AGREES_DRIFT);
    CHECK_INT(compare(RELATIVE(1), 1, NAN).agreement, AGREES_DRIFT);
    CHECK_INT(compare(RELATIVE(1), INFINITY, INFINITY).agreement, AGREES_SAME);
    CHECK_INT(compare(RELATIVE(1), INFINITY, 1).agreement, AGREES_DRIFT);
}

TEST(another_experiment_is_not_compared)
{
    struct table a = small(RELATIVE(1), 1), b = small(RELATIVE(1), 1), c = small(RELATIVE(1), 1);

    table_row(&b, "three", (double[]){3, 1, 0.01});
    CHECK_INT(table_compare(&a, &b, NULL).agreement, AGREES_OTHER);
    CHECK_CONTAINS(table_compare(&a, &b, NULL).what, "3 rows");
    memory_free(c.note[1]);
    c.note[1] = memory_text("B=11");
    CHECK_CONTAINS(table_compare(&a, &c, NULL).what, "other parameters: B=11");
    memory_free(c.note[1]);
    c.note[1] = memory_text("B=10");
    memory_free(c.label[0]);
    c.label[0] = memory_text("uno");
    CHECK_CONTAINS(table_compare(&a, &c, NULL).what, "label uno");
    table_release(&a);
    table_release(&b);
    table_release(&c);
}

TEST(a_missing_reference_is_missing)
{
    struct comparison comparison = table_compare_files("/nonexistent/reference.tsv", "/nonexistent/result.tsv", NULL);

    CHECK_INT(comparison.agreement, AGREES_MISSING);
    CHECK_CONTAINS(comparison.what, "/nonexistent/reference.tsv");
}

static void put(const void *context, FILE *file)
{
    fputs(context, file);
}

/* Every malformed table is refused, with the file and the line. */
TEST(malformed_tables_are_refused)
{
#define HEAD "# assay table 1\n# claim: c\n# column n: exact; an index\n# column x: relative 0.1; a test\n"
    static const struct {
        const char *content, *says;
    } bad[] = {{"", "truncated"},
               {"n\tx\n1\t2\n", "not a table"},
               {"# assay table 2\n", "not a table"},
               {HEAD "n\tx\n1\t2\n", "truncated"},
               {HEAD "n\tx\n1\t2\n# end: 2 rows\n", "rows are missing"},
               {HEAD "n\tx\n1\t2\n# end: 1 rows\n1\t2\n", "after the end"},
               {HEAD "n\tx\n1\n# end: 1 rows\n", "fields"},
               {HEAD "n\tx\n1\t2\t3\n# end: 1 rows\n", "fields"},
               {HEAD "n\tx\n1\t\n# end: 1 rows\n", "not a number"},
               {HEAD "n\tx\n1\ttwo\n# end: 1 rows\n", "not a number"},
               {HEAD "n\ty\n1\t2\n# end: 1 rows\n", "another column"},
               {HEAD "n\n1\n# end: 1 rows\n", "lacks a column"},
               {"# assay table 1\n# column x: loosely 3; why\n", "unknown tolerance"},
               {"# assay table 1\n# column x: relative; why\n", "unknown tolerance"},
               {"# assay table 1\n# column x: relative -1; why\n", "no number"},
               {"# assay table 1\n# column x: relative inf; why\n", "no number"},
               {"# assay table 1\n# column x: relative nan; why\n", "no number"},
               {"# assay table 1\n# column x: relative 1\n", "malformed"},
               {HEAD "n\tx\n1\t2\n# column y: exact; late\n1\t2\t3\n# end: 2 rows\n", "after the header"},
               {HEAD "# end: 0 rows\n", "no header row"},
               {"# assay table 1\n# nonsense\n", "neither a note"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct table table;
        const char *path = path_of("bad.tsv");

        CHECK_INT(file_replace(path, put, bad[i].content), STATUS_OK);
        CHECK_INT(table_read(&table, path), STATUS_FORMAT);
        CHECK_CONTAINS(status_reason(), bad[i].says);
        CHECK_CONTAINS(status_reason(), "bad.tsv:");
    }
}

TEST(a_byte_of_value_0_is_no_end_of_line)
{
    static const char content[] = HEAD "n\tx\n1\t2\0 3\n# end: 1 rows\n";
    char path[256];
    struct table table;

    snprintf(path, sizeof path, "%s", path_of("zero.tsv"));
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(content, 1, sizeof content - 1, file) == sizeof content - 1 && fclose(file) == 0);
    CHECK_INT(table_read(&table, path), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "a byte of value 0");
}

TEST(a_directory_is_no_table)
{
    struct table table;

    CHECK_INT(table_read(&table, test_directory()), STATUS_IO);
    CHECK_CONTAINS(status_reason(), "Is a directory");
}

/* Cutting a good file anywhere, or flipping any one of its bytes, must never crash the reader; cutting it must never pass. */
TEST(damaged_tables_never_pass_unnoticed)
{
    struct table good = small(SIGMAS(3), 0.5), table;
    const char *path = path_of("damaged.tsv");
    size_t size;

    CHECK_INT(table_write(&good, path), STATUS_OK);
    char *content = file_read(path, &size);
    for (size_t cut = 0; cut + 1 < size; cut++) {
        char *part = memory_text(content);

        part[cut] = '\0';
        file_replace(path, put, part);
        CHECK_INT(table_read(&table, path), STATUS_FORMAT);
        memcpy(part, content, size);
        part[cut] = (char)(part[cut] ^ 0x15);
        file_replace(path, put, part);
        if (table_read(&table, path) == STATUS_OK) {
            table_release(&table);
        }
        memory_free(part);
    }
    memory_free(content);
    table_release(&good);
}

TEST(unwritable_output_is_reported_and_leaves_the_old_file)
{
    struct table table = small(EXACT, 1);

    CHECK_INT(table_write(&table, "/proc/nowhere/table.tsv"), STATUS_IO);
    CHECK_INT(table_write(&table, "/dev/full/table.tsv"), STATUS_IO);
    CHECK_CONTAINS(status_reason(), "/dev/full");
    table_release(&table);
}
