// SPDX-License-Identifier: GPL-3.0-or-later
#include "assay_test.h"

#include <assay/base/memory.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(memory_is_zeroed_and_aligned)
{
    for (size_t n = 0; n < 5; n++) {
        double *x = memory_doubles(n);

        CHECK((uintptr_t)x % 64 == 0);
        for (size_t i = 0; i < n; i++) {
            CHECK_SAME(x[i], 0);
        }
        memory_free(x);
    }
    char *copy = memory_text("abc");

    CHECK_TEXT(copy, "abc");
    memory_free(copy);
}

/* Keeps a child from removing the tests' directory when it exits. */
static void leave(int status, void *unused)
{
    (void)unused;
    _exit(status);
}

/* The exit status of a process that asks for so much. */
static int ask(size_t count, size_t size)
{
    int status = -1;

    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        on_exit(leave, NULL);
        memory_free(memory_new(count, size));
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Sizes that overflow, that no machine has, and that this one has but cannot spare: the kernel would promise the last. */
TEST(too_much_memory_is_a_clear_end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (size_t)sysconf(_SC_PHYS_PAGES);

    CHECK_INT(ask(1000, 8), 0);
    CHECK_INT(ask(SIZE_MAX / 4, 8), 3);
    CHECK_INT(ask(SIZE_MAX, 1), 3);
    CHECK_INT(ask((size_t)1 << 46, 8), 3);
    CHECK_INT(ask(pages, page), 3);
}
