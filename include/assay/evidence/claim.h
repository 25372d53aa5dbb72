// SPDX-License-Identifier: GPL-3.0-or-later
/* Claims: what every claim program is made of.
 *
 * A program declares its parameters, planted faults and errata in a struct claim_spec and hands it to claim_main. Its run function
 * fills one table and makes checks, each a relation between what is claimed and what an independent witness measured.
 *
 *     equal              claimed and witness agree within the errors that they carry
 *     at most, at least  an inequality, for every case tried
 *     rate               a fitted slope or exponent has the claimed value within its error
 *     shape              an ordering, a monotonicity, a transition, a sign: a margin that is positive by more than its error
 *     differs            the statement as printed is off by more than every error bar
 *
 * **Tolerance.** What the two sides carry (value.h): bounds in full, standard errors times CHECK_SIGMAS. Nothing else.
 * **Cases.** Checks of the same name are one check with many cases: it holds if every case does, and shows the worst.
 * **Resolution.** The relative change of the claimed side, whatever its sign, that some case would have seen: (tolerance + |difference|) /
 * |claimed|, the least over the cases. A check that could not have seen a wrong constant is inconclusive, and red: from
 * INCONCLUSIVE_EQUAL for equal and rate, from a factor of INCONCLUSIVE_FACTOR for an inequality. */
#ifndef ASSAY_EVIDENCE_CLAIM_H
#define ASSAY_EVIDENCE_CLAIM_H

#include <assay/base/parameter.h>
#include <assay/base/value.h>
#include <assay/evidence/ensemble.h>
#include <assay/evidence/statistics.h>
#include <assay/evidence/table.h>
#include <assay/random/stream.h>
#include <stdbool.h>

#define CHECK_SIGMAS 4.0         // two-sided: one false alarm in 16000 sampled checks
#define INCONCLUSIVE_EQUAL 0.25  // a lost factor of 4/3 must show
#define INCONCLUSIVE_FACTOR 100. // an inequality's bound, moved by this factor, must fail in the tightest case tried

enum { CLAIM_PARAMETERS = 16, CLAIM_FAULTS = 8, CLAIM_ERRATA = 6 };

struct claim;

/* A planted fault: `--plant NAME` makes claim_fault(claim, NAME) true, and exactly the checks named in hits turn red (shell patterns
 * between spaces). what says in words what is broken. */
struct fault {
    const char *name, *what, *hits;
};

/* A statement that is wrong as printed. printed and corrected are the statements (Markdown with TeX), differs and equal the patterns of
 * the checks that refute the one and prove the other; corrected and equal are NULL where nothing could be put in its place. consequence
 * says what changes for the paper, by_hand gives a counterexample that can be followed without a computer (NULL: there is none). */
struct erratum {
    const char *id, *printed, *corrected, *differs, *equal, *consequence, *by_hand;
};

struct claim_spec {
    struct parameter parameters[CLAIM_PARAMETERS + 1];
    struct fault faults[CLAIM_FAULTS + 1];
    struct erratum errata[CLAIM_ERRATA + 1];
    const char *scaled; // what is smaller than in the paper and why; NULL if nothing
    void (*run)(struct claim *claim);
};

/* ## Parameters and randomness */

/* A declared parameter's setting; ends the program (a programming error) if it was not declared. */
long claim_integer(const struct claim *claim, const char *name);
double claim_real(const struct claim *claim, const char *name);
const char *claim_text(const struct claim *claim, const char *name);

/* Whether this fault is planted; ends the program if it is not declared. */
bool claim_fault(const struct claim *claim, const char *name);

enum scale claim_scale(const struct claim *claim);
int claim_threads(const struct claim *claim);
uint64_t claim_key(const struct claim *claim);
struct stream claim_stream(const struct claim *claim, uint32_t stream, uint32_t sample);

/* An ensemble of this claim: its key, threads and progress line filled in. */
struct ensemble claim_ensemble(struct claim *claim, uint32_t stream, size_t samples, size_t outputs,
                               sample_function *draw, const void *context);

/* The limit of infinite size (ensemble_limit) of every output: draw with context[0], the full size, samples times, with context[1], half of it, 4 times and with context[2], a
 * quarter of it, 16 times as often. Takes streams stream, stream + 1 and stream + 2; ends the program if a draw fails. */
void claim_limit(struct claim *claim, uint32_t stream, size_t samples, size_t outputs, sample_function *draw,
                 const void *const context[3], struct value out[]);

/* Shows progress (0 to 1) on a terminal; silent elsewhere. Any thread may call it. */
void claim_progress(struct claim *claim, double fraction);

/* ## Failing: one clear line, exit 3 (2 if an argument is out of range), nothing written */

/* Ends the program unless status is STATUS_OK. STATUS_ABSENT is no failure: the claim is skipped, exit 77, and its record says which data set is
 * absent; a table from an earlier run is removed. */
void claim_need(struct claim *claim, enum status status);

/* v, unless it failed: then ends the program with the reason. */
struct value claim_value(struct claim *claim, struct value v);

/* Ends the program as a usage error (exit 2): for parameters that are admissible alone and not together. */
_Noreturn void claim_refuse(struct claim *claim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ## The table */

/* Declares the labels column and the columns, before the first row. reason: where the tolerance comes from. */
void claim_labels(struct claim *claim, const char *name);
void claim_column(struct claim *claim, const char *name, struct tolerance tolerance, const char *reason);

/* One row: a label (NULL without a labels column), then as many numbers as there are columns. */
#define claim_row(claim, label, ...)                                                                                   \
    claim_row_cells(claim, label, (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), (double[]){__VA_ARGS__})
void claim_row_cells(struct claim *claim, const char *label, int count, const double cells[]);

/* A value and its error, as two numbers of a row. */
#define BOTH(v) (v).x, value_error(v)

/* ## Checks */

/* Names the case that the following checks are about, such as "B = %d"; shown with the worst case. */
void claim_case(struct claim *claim, const char *format, ...) __attribute__((format(printf, 2, 3)));

void check_equal(struct claim *claim, const char *name, struct value claimed, struct value witness);

/* quantity is zero, on the scale of |scale| > 0: check_equal for a claimed zero. */
void check_zero(struct claim *claim, const char *name, struct value quantity, double scale);

/* quantity <= bound, quantity >= bound; the bound is the claimed side. */
void check_at_most(struct claim *claim, const char *name, struct value quantity, struct value bound);
void check_at_least(struct claim *claim, const char *name, struct value quantity, struct value bound);

/* The fitted slope is the claimed one within the fit's error. */
void check_rate(struct claim *claim, const char *name, struct value claimed, struct value fitted);

/* margin > 0 by more than its error; scale is the size that the margin is to be compared with. */
void check_shape(struct claim *claim, const char *name, struct value margin, double scale);

/* printed and witness differ by more than every error bar; the printed inequality quantity >= bound (<= bound) fails by more than that. */
void check_differs(struct claim *claim, const char *name, struct value printed, struct value witness);
void check_not_at_least(struct claim *claim, const char *name, struct value quantity, struct value bound);
void check_not_at_most(struct claim *claim, const char *name, struct value quantity, struct value bound);

/* ## The program */

/* Parses the command line, runs, writes the table and the record of checks (OUT/PAPER/NAME.tsv, .json), and returns the exit code: 0 as
 * expected, 1 a check is red, 2 usage, 3 numerical or output failure, 77 a data set is absent. path is the program's source file
 * from the project's top, source its text. */
int claim_main_of(int argc, char **argv, const struct claim_spec *spec, const char *path, const char *source);

#ifdef ASSAY_PROGRAM
/* The program carries its own source: what --help prints and what the source hash is taken of is what was compiled. */
__asm__(".pushsection .rodata\n"
        "assay_program_source: .incbin \"" __BASE_FILE__ "\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char assay_program_source[];
#define claim_main(argc, argv, spec) claim_main_of(argc, argv, spec, __BASE_FILE__, assay_program_source)
#endif

#endif
