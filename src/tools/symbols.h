// SPDX-License-Identifier: GPL-3.0-or-later
/* What the library's public headers declare, and where its manual says so. */
#ifndef ASSAY_TOOLS_SYMBOLS_H
#define ASSAY_TOOLS_SYMBOLS_H

#include <assay/base/status.h>
#include <stddef.h>

struct symbol {
    char *name; // a function, type, enumeration constant or macro
    size_t length;
    const char *header; // "meanfield/convex_map.h", one of symbols.header
    int line;           // of its declaration, from 1
};

struct symbols {
    size_t headers, count, room;
    char **header; // "ROOM/NAME.h", in the order of the rooms
    struct symbol *symbol;
};

/* The rooms of the library, from the ground up; NULL ends the list. */
extern const char *const library_rooms[];

/* Reads every header below include/assay. */
enum status symbols_read(struct symbols *symbols);
void symbols_free(struct symbols *symbols);

/* The symbol of that name (length characters); NULL if there is none. Of several of one name the first. */
const struct symbol *symbols_find(const struct symbols *symbols, const char *name, size_t length);

#endif
