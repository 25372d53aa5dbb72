// SPDX-License-Identifier: GPL-3.0-or-later
/* The test runner: CUnit's registry and terminal output, our messages and our JUnit report.
 *
 * CUnit's own JUnit writer stops at the first failed assertion, and it counts a test that asserts nothing as passed; here such a
 * test fails. `test [PATTERN] [--junit FILE]` runs the suites and tests whose SUITE/TEST name contains PATTERN. */
#include "assay_test.h"

#include <cblas.h>
#include <CUnit/Basic.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TESTS_MAX = 1024, SUITE_NAME = 64 };

struct test {
    char suite[SUITE_NAME];
    const char *name;
    test_function *function;
    int asserted, failed;
    char message[1024];
};

static struct test tests[TESTS_MAX];
static int test_count, running;
static char directory[64];

/* tests/test_normal.c belongs to suite "normal". */
static void suite_of(const char *file, char suite[SUITE_NAME])
{
    const char *base = strrchr(file, '/');

    base = base == NULL ? file : base + 1;
    base += strncmp(base, "test_", 5) == 0 ? 5 : 0;
    snprintf(suite, SUITE_NAME, "%.*s", (int)strcspn(base, "."), base);
}

void test_register(const char *file, const char *name, test_function *function)
{
    if (test_count == TESTS_MAX) {
        fprintf(stderr, "tests: more than %d tests\n", TESTS_MAX);
        abort();
    }
    struct test *test = &tests[test_count++];

    suite_of(file, test->suite);
    test->name = name;
    test->function = function;
}

static bool record(const char *file, int line, bool passed, const char *message)
{
    struct test *test = &tests[running];

    test->asserted++;
    if (!passed) {
        test->failed++;
        size_t used = strlen(test->message);
        snprintf(test->message + used, sizeof test->message - used, "%s:%d: %s\n", file, line, message);
    }
    CU_assertImplementation(passed ? CU_TRUE : CU_FALSE, (unsigned)line, message, file, "", CU_FALSE);
    return passed;
}

bool test_near(const char *file, int line, const char *what, double actual, double expected, double tolerance,
               const char *kind)
{
    char message[512];
    double allowed = strcmp(kind, "relative") == 0 ? tolerance * fabs(expected) : tolerance;
    bool near = actual == expected || fabs(actual - expected) <= allowed;

    snprintf(message, sizeof message, "%s is %.17g, expected %.17g: off by %.3g, allowed %.3g (%s)", what, actual,
             expected, fabs(actual - expected), allowed, kind);
    return record(file, line, near, message);
}

bool test_at_most(const char *file, int line, const char *what, double actual, double bound)
{
    char message[512];

    snprintf(message, sizeof message, "%s is %.17g, above %.17g", what, actual, bound);
    return record(file, line, actual <= bound, message);
}

bool test_integer(const char *file, int line, const char *what, long actual, long expected)
{
    char message[512];

    snprintf(message, sizeof message, "%s is %ld, expected %ld", what, actual, expected);
    return record(file, line, actual == expected, message);
}

bool test_text(const char *file, int line, const char *what, const char *actual, const char *expected)
{
    char message[900];

    snprintf(message, sizeof message, "%s is \"%.400s\", expected \"%.400s\"", what, actual, expected);
    return record(file, line, strcmp(actual, expected) == 0, message);
}

bool test_contains(const char *file, int line, const char *what, const char *text, const char *part)
{
    char message[900];

    snprintf(message, sizeof message, "%s lacks \"%.200s\": \"%.600s\"", what, part, text);
    return record(file, line, strstr(text, part) != NULL, message);
}

bool test_true(const char *file, int line, const char *what, bool condition)
{
    char message[512];

    snprintf(message, sizeof message, "%s is false", what);
    return record(file, line, condition, message);
}

int test_run(const char *command, size_t size, char output[])
{
    char line[4096];
    size_t used = 0;

    output[0] = '\0';
    snprintf(line, sizeof line, "exec 2>&1 </dev/null; %s", command);
    FILE *pipe = popen(line, "r");
    if (pipe == NULL) {
        return -1;
    }
    for (size_t got; used + 1 < size && (got = fread(output + used, 1, size - 1 - used, pipe)) > 0;) {
        used += got;
    }
    output[used] = '\0';
    while (fread(line, 1, sizeof line, pipe) > 0) {
        continue;
    }
    int status = pclose(pipe);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void remove_directory(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    if (system(command) != 0) {
        fprintf(stderr, "tests: cannot remove %s\n", directory);
    }
}

const char *test_directory(void)
{
    static int count;
    static char fresh[96];

    if (directory[0] == '\0') {
        snprintf(directory, sizeof directory, "/tmp/assay-test-XXXXXX");
        if (mkdtemp(directory) == NULL) {
            perror("tests: mkdtemp");
            exit(1);
        }
        atexit(remove_directory);
    }
    char command[128];

    snprintf(fresh, sizeof fresh, "%s/%d", directory, count++);
    snprintf(command, sizeof command, "mkdir -p '%s'", fresh);
    if (system(command) != 0) {
        exit(1);
    }
    return fresh;
}

/* CUnit's tests take no context: this one runs the test whose turn it is. */
static void run_one(void)
{
    struct test *test = &tests[running];

    test->function();
    if (test->asserted == 0) {
        record(__FILE__, __LINE__, false, "the test asserts nothing");
    }
}

static void escape_xml(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

static int write_junit(const char *path, int ran, int failed)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        return 1;
    }
    fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%d\" failures=\"%d\">\n", ran,
            failed);
    for (int i = 0; i < test_count; i++) {
        if (tests[i].asserted == 0) {
            continue;
        }
        fprintf(file, "  <testsuite name=\"%s\" tests=\"1\" failures=\"%d\">\n", tests[i].suite, tests[i].failed > 0);
        fprintf(file, "    <testcase classname=\"%s\" name=\"%s\" assertions=\"%d\">", tests[i].suite, tests[i].name,
                tests[i].asserted);
        if (tests[i].failed > 0) {
            fputs("<failure>", file);
            escape_xml(file, tests[i].message);
            fputs("</failure>", file);
        }
        fputs("</testcase>\n  </testsuite>\n", file);
    }
    fputs("</testsuites>\n", file);
    return fclose(file) == 0 ? 0 : 1;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct test *)a)->suite, ((const struct test *)b)->suite);
}

/* Runs one test under CUnit's registry, in a suite of its own name. */
static void under_cunit(int i)
{
    running = i;
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite(tests[i].suite, NULL, NULL);
    CU_add_test(suite, tests[i].name, run_one);
    CU_set_error_action(CUEA_IGNORE);
    CU_run_all_tests();
    CU_cleanup_registry();
}

int main(int argc, char **argv)
{
    const char *pattern = "", *junit = NULL;
    int ran = 0, failed = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--junit") == 0 && i + 1 < argc) {
            junit = argv[++i];
        } else {
            pattern = argv[i];
        }
    }
    gsl_set_error_handler_off();
    openblas_set_num_threads(1);
    qsort(tests, (size_t)test_count, sizeof tests[0], compare);
    for (int i = 0; i < test_count; i++) {
        char full[256];

        snprintf(full, sizeof full, "%.63s/%.180s", tests[i].suite, tests[i].name);
        if (strstr(full, pattern) == NULL) {
            continue;
        }
        under_cunit(i);
        ran++;
        failed += tests[i].failed > 0;
        printf("%s %s (%d)\n%s", tests[i].failed > 0 ? "FAIL" : "ok  ", full, tests[i].asserted, tests[i].message);
        fflush(stdout);
    }
    int unwritten = junit == NULL ? 0 : write_junit(junit, ran, failed);
    printf("%d passed, %d failed\n", ran - failed, failed);
    return failed > 0 || ran == 0 || unwritten ? 1 : 0;
}
