// SPDX-License-Identifier: GPL-3.0-or-later
/* Test macros over CUnit: a failed assertion says both values, their difference, the tolerance and its kind.
 *
 * A test file is `tests/test_MODULE.c`; each TEST in it registers itself in the suite MODULE. */
#ifndef ASSAY_TEST_H
#define ASSAY_TEST_H

#include <stdbool.h>
#include <stddef.h>

typedef void test_function(void);

/* Defines and registers one test; the name says the property: TEST(quantile_inverts_cdf) { ... } */
#define TEST(name)                                                                                                     \
    static void name(void);                                                                                            \
    __attribute__((constructor)) static void register_##name(void)                                                     \
    {                                                                                                                  \
        test_register(__FILE__, #name, name);                                                                          \
    }                                                                                                                  \
    static void name(void)

/* |actual - expected| <= tolerance; NaN fails. */
#define CHECK_ABSOLUTE(actual, expected, tolerance)                                                                    \
    test_near(__FILE__, __LINE__, #actual, actual, expected, tolerance, "absolute")
/* |actual - expected| <= tolerance * |expected|; NaN fails. */
#define CHECK_RELATIVE(actual, expected, tolerance)                                                                    \
    test_near(__FILE__, __LINE__, #actual, actual, expected, tolerance, "relative")
/* Equal bits (except that -0 equals 0). */
#define CHECK_SAME(actual, expected) test_near(__FILE__, __LINE__, #actual, actual, expected, 0, "exact")
#define CHECK_AT_MOST(actual, bound) test_at_most(__FILE__, __LINE__, #actual, actual, bound)
#define CHECK_AT_LEAST(actual, bound) test_at_most(__FILE__, __LINE__, "-(" #actual ")", -(actual), -(bound))
#define CHECK_INT(actual, expected) test_integer(__FILE__, __LINE__, #actual, (long)(actual), (long)(expected))
#define CHECK_TEXT(actual, expected) test_text(__FILE__, __LINE__, #actual, actual, expected)
#define CHECK_CONTAINS(text, part) test_contains(__FILE__, __LINE__, #text, text, part)
#define CHECK(condition) test_true(__FILE__, __LINE__, #condition, condition)

void test_register(const char *file, const char *name, test_function *function);
bool test_near(const char *file, int line, const char *what, double actual, double expected, double tolerance,
               const char *kind);
bool test_at_most(const char *file, int line, const char *what, double actual, double bound);
bool test_integer(const char *file, int line, const char *what, long actual, long expected);
bool test_text(const char *file, int line, const char *what, const char *actual, const char *expected);
bool test_contains(const char *file, int line, const char *what, const char *text, const char *part);
bool test_true(const char *file, int line, const char *what, bool condition);

/* Runs a shell command from the project's top, captures stdout and stderr together into output (truncated to size - 1
 * characters, always terminated) and returns its exit status, or 128 + the signal that killed it. */
int test_run(const char *command, size_t size, char output[]);

/* A fresh directory for one test, removed when the tests end. */
const char *test_directory(void);

#endif
