// SPDX-License-Identifier: GPL-3.0-or-later
/* The reference manual: one page a header, which is its own documentation, and one a source, which teaches how. */
#include "book.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <glob.h>
#include <string.h>

static const char *const room_says[] = {
    "errors, arrays, a value with its error bar, the command line",
    "counter-based streams: uniform, normal, Haar orthogonal",
    "quadrature, orthogonal polynomials, roots, dense linear algebra",
    "infinite width: activations, dual kernels, correlation maps",
    "finite width: layers, forward and backward, Jacobians, training, data sets",
    "ensembles, statistics, tables, claims and their verdicts",
    "whole experiments that several programs run: what they sweep is theirs",
};

/* "src/ROOM/NAME.c" or "include/assay/ROOM/NAME.h" as the address "library/ROOM/NAME[_c].html". */
static void address_of(const char *file, size_t size, char address[])
{
    const char *name = strrchr(file, '/'), *room = name - 1, *dot = strrchr(file, '.');

    while (room[-1] != '/') {
        room--;
    }
    bool public_header = strncmp(file, "include/", 8) == 0;
    snprintf(address, size, "library/%.*s%s.html", (int)(dot - room), room,
             public_header            ? ""
             : strcmp(dot, ".c") == 0 ? "_c"
                                      : "_h");
}

static enum status write_file(struct book *book, const char *file)
{
    char address[PATH_MAX], title[256];
    char *text = file_read(file, NULL);
    bool public_header = strncmp(file, "include/", 8) == 0;

    if (text == NULL) {
        return STATUS_IO;
    }
    address_of(file, sizeof address, address);
    snprintf(title, sizeof title, "%s", public_header ? file + strlen("include/") : file);
    struct page *page = page_begin(book, address, title, NULL);

    fprintf(page->out,
            "<p class=\"path\"><a href=\"%slibrary/index.html\">Library</a></p>\n<h1 class=\"file\">%s</h1>\n",
            page->root, title);
    fputs("<section id=\"program\" class=\"manual\">\n", page->out);
    page_literate(page, text, file, public_header ? file + strlen("include/assay/") : NULL, 2, false);
    fputs("</section>\n", page->out);
    memory_free(text);
    return page_end(page);
}

/* Links to all files that match the pattern, in one line. */
static void list_files(struct page *page, const char *label, const char *pattern)
{
    glob_t found = {0};

    if (glob(pattern, 0, NULL, &found) == 0) {
        fprintf(page->out, "<p class=\"sources\">%s: ", label);
        for (size_t i = 0; i < found.gl_pathc; i++) {
            char address[PATH_MAX];

            address_of(found.gl_pathv[i], sizeof address, address);
            fprintf(page->out, "%s<a href=\"%s%s\">%s</a>", i == 0 ? "" : ", ", page->root, address,
                    strrchr(found.gl_pathv[i], '/') + 1);
        }
        fputs("</p>\n", page->out);
    }
    globfree(&found);
}

static void list_header(struct page *page, const struct symbols *symbols, const char *header)
{
    int stem = (int)strcspn(header, ".");

    fprintf(page->out, "<dt><a href=\"%.*s.html\">%s</a></dt>\n<dd>", stem, header, header);
    for (size_t i = 0, shown = 0; i < symbols->count; i++) {
        const struct symbol *symbol = &symbols->symbol[i];

        if (symbol->header == header && (i == 0 || strcmp(symbol[-1].name, symbol->name) != 0)) {
            fprintf(page->out, "%s<a href=\"%.*s.html#%s\">%s</a>", shown++ == 0 ? "" : " ", stem, header, symbol->name,
                    symbol->name);
        }
    }
    fputs("</dd>\n", page->out);
}

static enum status write_index(struct book *book)
{
    struct page *page = page_begin(book, "library/index.html", "The library", NULL);

    fputs("<h1>The library</h1>\n<p class=\"lead\">What the programs call, room by room. Each page is a header, whose "
          "comments are its "
          "documentation, or a source. Rooms call only rooms above them.</p>\n",
          page->out);
    for (int i = 0; library_rooms[i] != NULL; i++) {
        char pattern[128];

        fprintf(page->out, "<section class=\"room\">\n<h2>%s</h2>\n<p>%s</p>\n<dl class=\"index\">\n", library_rooms[i],
                room_says[i]);
        for (size_t h = 0; h < book->symbols.headers; h++) {
            size_t length = strlen(library_rooms[i]);

            if (strncmp(book->symbols.header[h], library_rooms[i], length) == 0 &&
                book->symbols.header[h][length] == '/') {
                list_header(page, &book->symbols, book->symbols.header[h]);
            }
        }
        fputs("</dl>\n", page->out);
        snprintf(pattern, sizeof pattern, "src/%s/*.[ch]", library_rooms[i]);
        list_files(page, "Sources", pattern);
        fputs("</section>\n", page->out);
    }
    return page_end(page);
}

enum status book_library(struct book *book)
{
    enum status status = write_index(book);
    glob_t found = {0};

    for (int i = 0; library_rooms[i] != NULL; i++) {
        char pattern[128];

        snprintf(pattern, sizeof pattern, "include/assay/%s/*.h", library_rooms[i]);
        glob(pattern, i == 0 ? 0 : GLOB_APPEND, NULL, &found);
        snprintf(pattern, sizeof pattern, "src/%s/*.[ch]", library_rooms[i]);
        glob(pattern, GLOB_APPEND, NULL, &found);
    }
    for (size_t i = 0; status == STATUS_OK && i < found.gl_pathc; i++) {
        status = write_file(book, found.gl_pathv[i]);
    }
    globfree(&found);
    return status;
}
