// SPDX-License-Identifier: GPL-3.0-or-later
#include <assay/evidence/spaces.h>
#include <stdio.h>

static void check_space(struct claim *claim, char space, const char *route, struct value claimed, struct value witness)
{
    char name[64];

    snprintf(name, sizeof name, "%c, %s", space, route);
    check_equal(claim, name, claimed, witness);
}

void check_spectrum(struct claim *claim, const char *route, struct spectrum claimed, struct spectrum witness)
{
    check_space(claim, 'G', route, claimed.G, witness.G);
    check_space(claim, 'L', route, claimed.L, witness.L);
    check_space(claim, 'M', route, claimed.M, witness.M);
}

void check_brackets(struct claim *claim, int B, struct spectrum claimed, const struct brackets *T)
{
    check_spectrum(claim, "brackets", claimed, ultrasymmetric_spectrum(B, T));
    if (B <= 8)
        check_spectrum(claim, "matrix", claimed, ultrasymmetric_spectrum_by_matrix(B, T));
}
