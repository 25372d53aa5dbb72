// SPDX-License-Identifier: GPL-3.0-or-later
/* Declared parameters: a name, what it means, a default for each scale and a range. A program declares them in an array that ends
 * with a zeroed entry; `--set NAME=VALUE` changes them, and anything undeclared or out of range is refused in one line. */
#ifndef ASSAY_BASE_PARAMETER_H
#define ASSAY_BASE_PARAMETER_H

#include <assay/base/status.h>
#include <stddef.h>

enum scale { SCALE_SMOKE, SCALE_STANDARD, SCALE_PAPER, SCALES };

enum parameter_kind { PARAMETER_END, PARAMETER_INTEGER, PARAMETER_REAL, PARAMETER_TEXT, PARAMETER_CHOICE };

struct parameter {
    enum parameter_kind kind;
    const char *name, *help;
    double standard[SCALES]; // the default of each scale
    double least, most;      // the closed range of admissible values
    const char *text;        // the default of a text; the alternatives of a choice, "a|b|c", the first is the default
};

/* One entry of a declaration: integer("B", "batch size", 10, 4, 10000); _by_scale takes the defaults of smoke, standard, paper. */
#define integer(name, help, value, least, most) integer_by_scale(name, help, value, value, value, least, most)
#define integer_by_scale(name, help, smoke, standard, paper, least, most)                                              \
    {                                                                                                                  \
        PARAMETER_INTEGER, name, help, {smoke, standard, paper}, least, most, NULL                                     \
    }
#define real(name, help, value, least, most) real_by_scale(name, help, value, value, value, least, most)
#define real_by_scale(name, help, smoke, standard, paper, least, most)                                                 \
    {                                                                                                                  \
        PARAMETER_REAL, name, help, {smoke, standard, paper}, least, most, NULL                                        \
    }
#define text(name, help, value)                                                                                        \
    {                                                                                                                  \
        PARAMETER_TEXT, name, help, {0, 0, 0}, 0, 0, value                                                             \
    }
#define choice(name, help, alternatives)                                                                               \
    {                                                                                                                  \
        PARAMETER_CHOICE, name, help, {0, 0, 0}, 0, 0, alternatives                                                    \
    }

/* What a parameter is set to: number for integers and reals, text for the others. */
struct setting {
    double number;
    char *text;
};

/* How many entries stand before the end. */
int parameter_count(const struct parameter declared[]);

/* The defaults of a scale, one setting a parameter; settings has parameter_count entries. Free with parameter_release. */
void parameter_defaults(const struct parameter declared[], enum scale scale, struct setting settings[]);
void parameter_release(const struct parameter declared[], struct setting settings[]);

/* Applies "NAME=VALUE". STATUS_RANGE, with one line naming the parameter and its range, if the name is not declared, the value is no
 * number of that kind (trailing characters, NaN and infinities included) or out of range. */
enum status parameter_set(const struct parameter declared[], struct setting settings[], const char *assignment);

/* The index of a name, -1 if undeclared. */
int parameter_find(const struct parameter declared[], const char *name);

/* Writes a setting as text (an integer without a point, a real with 17 digits at most) into out. */
void parameter_format(const struct parameter *parameter, const struct setting *setting, size_t size, char out[]);

/* Writes the range as text: "integer from 4 to 10000", "relu|erf". */
void parameter_range(const struct parameter *parameter, size_t size, char out[]);

/* "smoke", "standard", "paper"; scale_find returns SCALES for another word. */
const char *scale_name(enum scale scale);
enum scale scale_find(const char *name);

#endif
