// SPDX-License-Identifier: GPL-3.0-or-later
/* The reason of the last failure, one line a thread. */
#include <assay/base/status.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local char reason[512];

void status_record(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
}

const char *status_reason(void)
{
    return reason;
}

void status_clear(void)
{
    reason[0] = '\0';
}
