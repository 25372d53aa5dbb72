// SPDX-License-Identifier: GPL-3.0-or-later
/* The record of one run as JSON: verdict, checks, parameters, environment, errata, faults. What `assay`, the summary and the book read. */
#ifndef ASSAY_EVIDENCE_RECORD_H
#define ASSAY_EVIDENCE_RECORD_H

#include <assay/evidence/check.h>
#include <assay/evidence/claim.h>
#include <cjson/cJSON.h>

/* A check and a verdict as JSON. Numbers that JSON can't say (NaN, infinities) become null. The caller frees it (cJSON_Delete). */
cJSON *record_check(const struct check *check);

/* The declared faults and errata. */
cJSON *record_faults(const struct fault faults[]);
cJSON *record_errata(const struct erratum errata[]);

/* Compiler, libraries, processor and BLAS kernel of this run, as an object of strings. */
cJSON *record_environment(void);

/* The text of a block comment of that length, delimiters included, without them and the " * " before its lines; line for line. The
 * string is the caller's (memory_free). */
char *record_prose(const char *comment, size_t length);

/* The title and the text of a program's head comment: the first block comment without its decoration, from the line after "# TITLE". The strings are the
 * caller's (memory_free). */
char *record_title(const char *source);
char *record_head(const char *source);

/* Whether name matches one of the shell patterns in patterns (separated by spaces; NULL matches nothing). */
bool record_matches(const char *patterns, const char *name);

#endif
