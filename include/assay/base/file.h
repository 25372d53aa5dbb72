// SPDX-License-Identifier: GPL-3.0-or-later
/* Files that are either old or new, never half. */
#ifndef ASSAY_BASE_FILE_H
#define ASSAY_BASE_FILE_H

#include <assay/base/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes path by way of a temporary file in the same directory: write fills it, then it is synced and renamed. Missing directories are
 * made. On failure (STATUS_IO, with the reason) the temporary file is removed and an old file at path is untouched. */
enum status file_replace(const char *path, void (*write)(const void *context, FILE *file), const void *context);

/* The same for a content at hand, unless the file holds just that already: then its time stays, too. *changed says so, unless NULL. */
enum status file_update(const char *path, size_t size, const char content[], bool *changed);

/* The whole file as a string of its own (memory_free); *size may be NULL. NULL with a reason if it can't be read. */
char *file_read(const char *path, size_t *size);

/* Makes the directories above path's last component. */
enum status file_make_parents(const char *path);

#endif
