// SPDX-License-Identifier: GPL-3.0-or-later
/* A project of its own in a fresh directory, for tests of the assay command: a copy of the binary in a small tree whose one claim, p/a, is a
 * shell script that leaves a ready record behind. */
#ifndef ASSAY_TESTS_SMALL_PROJECT_H
#define ASSAY_TESTS_SMALL_PROJECT_H

/* What the last command printed. */
extern char project_output[32768];

/* A record with one check, named sum, in the given state. */
#define PROJECT_RECORD(verdict, red, state)                                                                            \
    "{\"claim\":\"p/a\",\"verdict\":\"" verdict "\",\"red\":" red                                                      \
    ",\"defaults\":true,\"seconds\":1,\"scale\":\"standard\","                                                         \
    "\"checks\":[{\"name\":\"sum\",\"kind\":\"equal\",\"state\":\"" state "\",\"resolution\":1e-6,\"digits\":12}],"    \
    "\"faults\":[{\"name\":\"lost\",\"what\":\"a term\",\"hits\":\"sum\"}],\"errata\":[{\"id\":\"E1\"}]}"

/* A record of a run without its data set. */
#define PROJECT_SKIPPED                                                                                                \
    "{\"claim\":\"p/a\",\"verdict\":\"skipped\",\"red\":false,\"skipped\":\"/data/images: no such file\","             \
    "\"defaults\":true,\"seconds\":0.5,\"scale\":\"standard\",\"seed\":1,\"threads\":1,\"parameters\":[{\"name\":"     \
    "\"data\","                                                                                                        \
    "\"value\":\"/data\",\"range\":\"text\",\"help\":\"where the images "                                              \
    "are\"}],\"checks\":[],\"faults\":[{\"name\":\"lost\","                                                            \
    "\"what\":\"a term\",\"hits\":\"s?m\"}],\"errata\":[{\"id\":\"E1\",\"printed\":\"It is "                           \
    "2.\",\"differs\":\"sum\"}],"                                                                                      \
    "\"environment\":{\"compiler\":\"cc\"}}"

/* Its ledger: two items, the first checked by p/a. */
extern const char project_ledger[];

/* A new tree in which all is well; its top directory. */
const char *project_new(void);

/* Such a tree after a run of a program whose data set is absent: neither a table nor a reference is there. */
const char *project_without_data(void);

/* Writes one of its files. */
void project_write(const char *top, const char *name, const char *content);

/* Runs its assay with these arguments; the exit status. */
int project_assay(const char *top, const char *arguments);

#endif
