// SPDX-License-Identifier: GPL-3.0-or-later
/* A claim program's life: command line, run, verdict, files.
 *
 * Everything a run leaves behind is written at its end, by rename: until then an interrupt, a failure or a full disk costs nothing. */
#include "claim_run.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <limits.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_text(const void *context, FILE *file)
{
    fputs(context, file);
    fputc('\n', file);
}

static void print_checks(const struct claim *claim, enum verdict verdict)
{
    printf("%s: %s\n", claim->name, verdict_name(verdict));
    for (size_t i = 0; i < claim->checks; i++) {
        const struct check *check = &claim->check[i];
        const struct relation *worst = &check->worst;

        printf("  %-12s %-8s %-28s claimed %.12g +- %.2g, witness %.12g +- %.2g; resolution %.1e, %zu cases%s%s\n",
               check_state_name(check_state_of(check)), check_kind_name(check->kind), check->name, worst->claimed.x,
               value_error(worst->claimed), worst->witness.x, value_error(worst->witness), check->resolution,
               check->cases, check->worst_case[0] == '\0' ? "" : ", worst at ", check->worst_case);
    }
}

/* Where results go unless --out says: a changed experiment must not take the place of the standard one. */
static const char *out_directory(const struct claim *claim)
{
    if (claim->out != NULL) {
        return claim->out;
    }
    return claim->plant != NULL ? "build/planted" : claim->changed ? "build/tried" : "build/results";
}

static void result_path(const struct claim *claim, const char *ending, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s.%s", out_directory(claim), claim->name, ending);
}

/* Writes the record, and prints it if --json asks for that. */
static void leave_record(struct claim *claim)
{
    char path[PATH_MAX];
    cJSON *record = claim_record(claim);
    char *text = cJSON_Print(record);

    result_path(claim, "json", path);
    if (file_replace(path, print_text, text) != STATUS_OK) {
        claim_end(claim, EXIT_FAILED, status_reason());
    }
    if (claim->terminal) {
        fputs("\r\033[K", stderr);
    }
    if (claim->json) {
        puts(text);
    }
    cJSON_free(text);
    cJSON_Delete(record);
}

static void flush_output(const struct claim *claim)
{
    if (fflush(stdout) != 0) {
        claim_end(claim, EXIT_FAILED, "cannot write to standard output");
    }
}

static int finish(struct claim *claim)
{
    char path[PATH_MAX];
    bool red;
    enum verdict verdict = claim_verdict(claim, &red);

    result_path(claim, "tsv", path);
    claim_need(claim, table_write(&claim->table, path));
    leave_record(claim);
    if (!claim->json && !claim->quiet) {
        print_checks(claim, verdict);
    }
    flush_output(claim);
    return red ? EXIT_RED : EXIT_EXPECTED;
}

/* The table of a run that had its data must not pass for this run's. */
void claim_skip(struct claim *claim, const char *reason)
{
    char path[PATH_MAX], kept[512];

    snprintf(kept, sizeof kept, "%s", reason);
    claim->skipped = kept;
    result_path(claim, "tsv", path);
    unlink(path);
    leave_record(claim);
    if (!claim->json && !claim->quiet) {
        fprintf(stderr, "%s: skipped: %s\n", claim->name, kept);
    }
    flush_output(claim);
    exit(EXIT_ABSENT);
}

/* "figures/PAPER/NAME.c" is claim PAPER/NAME. */
static void name_claim(struct claim *claim)
{
    const char *slash = strrchr(claim->path, '/');

    while (slash != NULL && slash > claim->path && slash[-1] != '/') {
        slash--;
    }
    const char *start = slash == NULL ? claim->path : slash;
    snprintf(claim->name, sizeof claim->name, "%.*s", (int)strcspn(start, "."), start);
}

static void release(struct claim *claim)
{
    table_release(&claim->table);
    parameter_release(claim->spec->parameters, claim->settings);
    memory_free(claim->check);
}

int claim_main_of(int argc, char **argv, const struct claim_spec *spec, const char *path, const char *source)
{
    struct claim claim = {.spec = spec,
                          .path = path,
                          .source = source,
                          .scale = SCALE_STANDARD,
                          .seed = 1,
                          .threads = omp_get_num_procs()};
    int code = EXIT_EXPECTED;

    name_claim(&claim);
    opterr = 0;
    clock_gettime(CLOCK_MONOTONIC, &claim.start);
    gsl_set_error_handler_off();
    openblas_set_num_threads(1);
    table_start(&claim.table);
    if (claim_parse(&claim, argc, argv)) {
        claim_print_help(&claim);
    } else {
        claim.terminal = !claim.quiet && isatty(STDERR_FILENO);
        spec->run(&claim);
        claim_require_errata(&claim);
        claim_describe_table(&claim);
        code = finish(&claim);
    }
    release(&claim);
    return code;
}
