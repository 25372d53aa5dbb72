// SPDX-License-Identifier: GPL-3.0-or-later
/* Errors: a function that can fail returns a status, and the reason stands ready as one line of text.
 *
 * The reason is kept per thread, as errno is: the innermost function that fails writes it, callers pass the code on
 * unchanged, and the program prints it. Numerical functions that return a struct value report failure in the value
 * itself (value_failed) and leave their reason here too. */
#ifndef ASSAY_BASE_STATUS_H
#define ASSAY_BASE_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_RANGE,       // an argument is outside the range that the header states
    STATUS_CONVERGENCE, // an iteration or an adaptive rule did not reach its tolerance
    STATUS_IO,          // the operating system refused to read or write
    STATUS_FORMAT,      // a file is malformed or truncated
    STATUS_ABSENT       // a data set is not installed
};

/* status_fail(code, format, ...) records the reason (printf style; name the function and the value at fault) and returns code. A macro over two functions, so that who reads the calling program alone, a
 * compiler or an analyser, sees that it does not succeed. */
#define status_fail(code, ...) (status_record(__VA_ARGS__), status_itself(code))
void status_record(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline enum status status_itself(enum status code)
{
    return code;
}

/* The reason of this thread's last failure, "" if there was none. Valid until the next failure. */
const char *status_reason(void);

/* Forgets the reason. */
void status_clear(void);

#endif
