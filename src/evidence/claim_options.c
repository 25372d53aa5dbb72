// SPDX-License-Identifier: GPL-3.0-or-later
/* The command line that every claim program shares. */
#include "claim_run.h"

#include <assay/base/memory.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void print_parameters(const struct claim *claim)
{
    for (const struct parameter *p = claim->spec->parameters; p->kind != PARAMETER_END; p++) {
        char range[256], value[128];

        parameter_range(p, sizeof range, range);
        parameter_format(p, &claim->settings[p - claim->spec->parameters], sizeof value, value);
        printf("  %-12s %s; %s (%s)\n", p->name, p->help, range, value);
    }
}

void claim_print_help(const struct claim *claim)
{
    char *title = record_title(claim->source), *head = record_head(claim->source);

    printf("%s\n\n%s\n\n%s\nParameters (--set NAME=VALUE), with their ranges and the values in force:\n", claim->name,
           title, head);
    print_parameters(claim);
    puts("\nPlanted faults (--plant NAME), each with the checks that it turns red:");
    for (const struct fault *fault = claim->spec->faults; fault->name != NULL; fault++) {
        printf("  %-12s %s: %s\n", fault->name, fault->what, fault->hits);
    }
    puts("\nOptions: --set NAME=VALUE  --seed N  --scale smoke|standard|paper  --threads N  --out DIR  --json  --plant "
         "NAME\n"
         "  --quiet  --help\n"
         "Exit: 0 all as expected; 1 a check is red; 2 usage; 3 numerical or output failure; 77 a data set is absent.");
    memory_free(title);
    memory_free(head);
}

static unsigned long natural(struct claim *claim, const char *option, const char *text, unsigned long least,
                             unsigned long most)
{
    char *rest;
    unsigned long n = strtoul(text, &rest, 10);

    if (text[0] < '0' || text[0] > '9' || *rest != '\0' || n < least || n > most) {
        claim_refuse(claim, "--%s %s: an integer from %lu to %lu is expected", option, text, least, most);
    }
    return n;
}

static const struct option options[] = {
    {"help", no_argument, NULL, 'h'},          {"set", required_argument, NULL, 's'},
    {"seed", required_argument, NULL, 'r'},    {"scale", required_argument, NULL, 'c'},
    {"threads", required_argument, NULL, 't'}, {"out", required_argument, NULL, 'o'},
    {"json", no_argument, NULL, 'j'},          {"plant", required_argument, NULL, 'p'},
    {"quiet", no_argument, NULL, 'q'},         {NULL, 0, NULL, 0}};

/* The scale decides the defaults, so it is looked for before any --set is applied. */
static void set_scale(struct claim *claim, int argc, char **argv)
{
    optind = 0; // glibc's getopt starts afresh
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == 'c') {
            claim->scale = scale_find(optarg);
            if (claim->scale == SCALES) {
                claim_refuse(claim, "--scale %s: smoke, standard or paper is expected", optarg);
            }
        }
    }
    optind = 0;
    parameter_defaults(claim->spec->parameters, claim->scale, claim->settings);
}

static void set_plant(struct claim *claim, const char *name)
{
    if (claim_find_fault(claim, name) == NULL) {
        claim_refuse(claim, "--plant %s: unknown fault (--help lists them)", name);
    }
    claim->plant = name;
}

static void set_parameter(struct claim *claim, const char *assignment)
{
    if (parameter_set(claim->spec->parameters, claim->settings, assignment) != STATUS_OK) {
        claim_refuse(claim, "--set %s", status_reason());
    }
    claim->changed = true;
}

bool claim_parse(struct claim *claim, int argc, char **argv)
{
    bool help = false;

    set_scale(claim, argc, argv);
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        switch (option) {
        case 'h':
            help = true;
            break;
        case 's':
            set_parameter(claim, optarg);
            break;
        case 'r':
            claim->seed = natural(claim, "seed", optarg, 0, ULONG_MAX - 1);
            claim->changed = true;
            break;
        case 'c':
            claim->changed = claim->changed || claim->scale != SCALE_STANDARD;
            break;
        case 't':
            claim->threads = (int)natural(claim, "threads", optarg, 1, 1024);
            break;
        case 'o':
            claim->out = optarg;
            break;
        case 'j':
            claim->json = true;
            break;
        case 'p':
            set_plant(claim, optarg);
            break;
        case 'q':
            claim->quiet = true;
            break;
        case ':':
            claim_refuse(claim, "%s needs a value (--help says which)", argv[optind - 1]);
        default:
            claim_refuse(claim, "unknown option %s (--help lists them)", argv[optind - 1]);
        }
    }
    if (optind < argc) {
        claim_refuse(claim, "unexpected argument %s (--help lists the options)", argv[optind]);
    }
    return help;
}
