/* # Definitions E.53 to E.57, propositions E.58 and E.59, lemma E.60: the symmetry, its classes of entries, and the three spaces
 *
 * Yang et al. (2019), appendix E.5. An operator on $B\times B$ matrices is ultrasymmetric if its entries $[ij|kl]$ stay the same when one permutation acts on all four
 * indices, and if $[ij|kl]=[ji|lk]$. Remark E.54 sorts the entries into classes. The symmetric matrices with $G\Sigma G=\Sigma$ split orthogonally into
 * $\mathbb RG\oplus\mathbb L\oplus\mathbb M$, with $\mathbb L=\{GDG:D\text{ diagonal},\operatorname{tr}D=0\}$ of dimension $B-1$ and
 * $\mathbb M=\{\Sigma:G\Sigma G=\Sigma,\operatorname{Diag}\Sigma=0\}$ of dimension $B(B-3)/2$. With $L_B(a,b)$ of definition E.57,
 *
 * $$L_B(B-2,1)=B\,G[\delta_1\delta_1^T-\delta_2\delta_2^T]G,\qquad GL_B(a,b)G=\frac{a+2b}B\,L_B(B-2,1),$$
 *
 * and the matrices $L_B(B-2,1)$, rows and columns permuted, span $\mathbb L$.
 *
 * **Checked.** Classes are counted by joining the $B^4$ index quadruples under the symmetries. Dimensions are ranks by LAPACK: of spanning sets of
 * each space, of all three together, of the centred symmetric matrices. Orthogonality of random members. Both formulas entry by entry, for $B$ to 1000.
 * **Corrected.** The table of remark E.54 has ten rows; there are eleven classes. It puts $i=k$ and $i=l$ in one, with $[12|13]$, but no
 * permutation takes $[12|13]$ to $[12|31]$. The proof of theorem E.61 adds the two as if they were equal, so it is the print. On symmetric matrices only their
 * mean matters: the spectrum from means is that of an operator in which they differ. And proposition E.59 reads
 * $B[(-B+1,1,\dots)^{\otimes2}-(1,-B+1,\dots)^{\otimes2}]$ in the text at hand, where $\frac1B$ is needed; the numerator of a fraction may have been lost
 * on the way from the print, so this one is not certain.
 * **Tolerance.** Counts and ranks are integers. Entries are few roundings.
 * **Could miss.** Ranks at $B>12$, which only the formulas reach.
 * **Found.** Holds but for the two points. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ## Classes of entries, counted
 * The orbit of a quadruple under permutations is known by which indices are equal: $(i,j,k,l)$ renamed in order of appearance. The other symmetry
 * joins $ijkl$ to $jilk$. */
static int renamed(const int index[4])
{
    int name[4], code = 0;

    for (int p = 0; p < 4; p++) {
        int first = p, largest = -1;

        for (int q = p - 1; q >= 0; q--) {
            first = index[q] == index[p] ? q : first;
            largest = name[q] > largest ? name[q] : largest;
        }
        name[p] = first < p ? name[first] : largest + 1;
        code = 4 * code + name[p];
    }
    return code;
}

static int class_of(int i, int j, int k, int l, bool joined)
{
    int one = renamed((int[4]){i, j, k, l}), other = renamed((int[4]){j, i, l, k});

    return joined && other < one ? other : one;
}

static int count_classes(int B, bool joined)
{
    bool seen[256] = {false};
    int count = 0;

    for (int m = 0; m < B * B * B * B; m++) {
        int c = class_of(m / (B * B * B), m / (B * B) % B, m / B % B, m % B, joined);

        count += !seen[c];
        seen[c] = true;
    }
    return count;
}

static void classes(struct claim *claim, int B)
{
    int counted = count_classes(B, !claim_fault(claim, "transpose_forgotten"));

    claim_case(claim, "B = %d", B);
    check_differs(claim, "ten classes", exact(10), exact(counted));
    check_equal(claim, "eleven classes", exact(11), exact(counted));
}

/* ## An operator with eleven different brackets
 * Its action on symmetric matrices against the nine means. */
static void means(struct claim *claim, int B, struct stream *stream)
{
    double value[256], *T = memory_doubles((size_t)(B * B) * (size_t)(B * B));
    int entry = 0;

    stream_normals(stream, 256, value);
    for (int m = 0; m < B * B; m++) {
        for (int n = 0; n < B * B; n++) {
            T[entry++] = value[class_of(m / B, m % B, n / B, n % B, true)];
        }
    }
    double b1213 = value[class_of(0, 1, 0, 2, true)], b1231 = value[class_of(0, 1, 2, 0, true)];
    double b1212 = value[class_of(0, 1, 0, 1, true)], b1221 = value[class_of(0, 1, 1, 0, true)];
    struct brackets brackets = {.b1111 = exact(value[class_of(0, 0, 0, 0, true)]),
                                .b1122 = exact(value[class_of(0, 0, 1, 1, true)]),
                                .b1112 = exact(value[class_of(0, 0, 0, 1, true)]),
                                .b1123 = exact(value[class_of(0, 0, 1, 2, true)]),
                                .b1211 = exact(value[class_of(0, 1, 0, 0, true)]),
                                .b1233 = exact(value[class_of(0, 1, 2, 2, true)]),
                                .b1212 = exact((b1212 + b1221) / 2),
                                .b1213 = exact(claim_fault(claim, "one_for_the_mean") ? b1213 : (b1213 + b1231) / 2),
                                .b1234 = exact(value[class_of(0, 1, 2, 3, true)])};
    struct spectrum from_means = ultrasymmetric_spectrum(B, &brackets), applied = operator_spectrum(B, T);
    check_equal(claim, "means suffice", from_means.G, applied.G);
    check_equal(claim, "means suffice", from_means.L, applied.L);
    check_equal(claim, "means suffice", from_means.M, applied.M);
    memory_free(T);
}

/* ## Dimensions
 * member holds count matrices; the rank is the number of singular values above a gap of many decades. */
static int rank_of(struct claim *claim, int count, int n, const double member[])
{
    double *s = memory_doubles((size_t)(count < n ? count : n));
    int rank = 0;

    claim_need(claim, linear_singular_values(count, n, member, s));
    while (rank < (count < n ? count : n) && s[rank] > 1e-8 * s[0]) {
        rank++;
    }
    memory_free(s);
    return rank;
}

/* Appends to member: G, diagonal matrices from both sides centred, L_B(B-2,1) permuted, centred matrices without diagonal, any centred ones. */
static int add_G(int B, double member[])
{
    shape_bsb1(B, B - 1, -1, member);
    return 1;
}

static int add_L(int B, double member[])
{
    double *d = memory_doubles((size_t)B);

    for (int i = 0; i < B; i++) {
        memset(d, 0, (size_t)B * sizeof *d);
        d[i] = 1;
        shape_diagonal(B, d, member + i * B * B);
    }
    memory_free(d);
    return B;
}

static int add_shaped(int B, double member[])
{
    for (int j = 1; j < B; j++) {
        shape_L(B, 0, j, B - 2, 1, member + (j - 1) * B * B);
    }
    return B - 1;
}

static int add_pairs(int B, bool on_M, double member[])
{
    double *S = memory_doubles((size_t)(B * B));
    int count = 0;

    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= (on_M ? i - 1 : i); j++) {
            memset(S, 0, (size_t)(B * B) * sizeof *S);
            S[i * B + j] = S[j * B + i] = 1;
            on_M ? project_on_M(B, S, member + count * B * B) : centre_both(B, S, member + count * B * B);
            count++;
        }
    }
    memory_free(S);
    return count;
}

static void dimensions(struct claim *claim, int B)
{
    int n = B * B;
    double *member = memory_doubles((size_t)(3 * n * n));
    double M = claim_fault(claim, "a_half") ? B * (B - 2) / 2.0 : B * (B - 3) / 2.0;

    int L = rank_of(claim, add_L(B, member), n, member);

    check_equal(claim, "dimension of L", exact(B - 1), exact(L));
    int count = add_L(B, member);
    count += add_shaped(B, member + count * n);
    check_equal(claim, "shapes span L", exact(B - 1), exact(rank_of(claim, B - 1, n, member + B * n)));
    check_equal(claim, "shapes span L", exact(B - 1), exact(rank_of(claim, count, n, member)));
    int counted_M = rank_of(claim, add_pairs(B, true, member), n, member);
    check_equal(claim, "dimension of M", exact(M), exact(counted_M));
    count = add_G(B, member);
    count += add_L(B, member + count * n);
    count += add_pairs(B, true, member + count * n);
    int sum = rank_of(claim, count, n, member);
    count += add_pairs(B, false, member + count * n);
    check_equal(claim, "sum of spaces", exact(1 + B - 1 + M), exact(sum));
    check_equal(claim, "whole space", exact(1 + B - 1 + M), exact(rank_of(claim, count, n, member)));
    claim_row(claim, NULL, B, L, counted_M, sum);
    memory_free(member);
}

static void orthogonal(struct claim *claim, int B, struct stream *stream)
{
    double *G = memory_doubles((size_t)(B * B)), *L = memory_doubles((size_t)(B * B)),
           *M = memory_doubles((size_t)(B * B));
    double *S = memory_doubles((size_t)(B * B));

    add_G(B, G);
    symmetric_random(stream, B, S);
    shape_diagonal(B, S, L);
    claim_fault(claim, "rows_not_zero") ? symmetric_random(stream, B, M) : project_on_M(B, S, M);
    for (int pair = 0; pair < 3; pair++) {
        const double *x = pair == 0 ? L : G, *y = pair == 2 ? L : M;
        double size = linear_norm(B * B, x) * linear_norm(B * B, y);

        check_zero(claim, "orthogonal", measured(linear_dot(B * B, x, y) / size, 4 * B * DBL_EPSILON, ROUNDING), 1);
    }
    memory_free(G);
    memory_free(L);
    memory_free(M);
    memory_free(S);
}

/* ## The shape $L_B(a,b)$, entry by entry */
static struct value worst_entry(int B, const double x[], double scale, const double y[])
{
    double worst = 0, size = 0;

    for (int k = 0; k < B * B; k++) {
        worst = fmax(worst, fabs(x[k] - scale * y[k]));
        size = fmax(size, fabs(x[k]));
    }
    return measured(worst / size, 16 * DBL_EPSILON, ROUNDING);
}

static void shape(struct claim *claim, int B, struct stream *stream)
{
    double *L = memory_doubles((size_t)(B * B)), *other = memory_doubles((size_t)(B * B)),
           *d = memory_doubles((size_t)B), ab[2];

    shape_L(B, 0, 1, B - 2, 1, L);
    d[0] = 1;
    d[1] = -1;
    shape_diagonal(B, d, other); // G [delta_1^2 - delta_2^2] G
    check_zero(claim, "E.59, G", worst_entry(B, L, claim_fault(claim, "shape_scaled") ? B - 1 : B, other), 1);
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            double x = i == 0 ? 1 - B : 1, y = j == 0 ? 1 - B : 1, p = i == 1 ? 1 - B : 1, q = j == 1 ? 1 - B : 1;

            other[i * B + j] = x * y - p * q;
        }
    }
    check_differs(claim, "E.59, printed", rounded(B * other[0], 4), exact(L[0]));
    check_zero(claim, "E.59, corrected", worst_entry(B, L, 1.0 / B, other), 1);
    stream_normals(stream, 2, ab);
    double *shaped = memory_doubles((size_t)(B * B));
    shape_L(B, 0, 1, ab[0], ab[1], shaped);
    centre_both(B, shaped, other);
    double factor = (ab[0] + (claim_fault(claim, "lemma_factor") ? 1 : 2) * ab[1]) / B;
    struct value miss = worst_entry(B, other, factor, L);
    double cancelled = (fabs(ab[0]) + 2 * fabs(ab[1])) / fabs(ab[0] + 2 * ab[1]);
    check_zero(claim, "E.60", value_with(miss, 64 * DBL_EPSILON * cancelled, ROUNDING), 1);
    memory_free(L);
    memory_free(other);
    memory_free(shaped);
    memory_free(d);
}

static void spaces(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int chosen = (int)claim_integer(claim, "B");

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "rank_L", EXACT, "a rank");
    claim_column(claim, "rank_M", EXACT, "a rank");
    claim_column(claim, "rank_sum", EXACT, "a rank");
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? chosen : batches[i];
        struct stream stream = claim_stream(claim, 0, (uint32_t)B);

        claim_case(claim, "B = %d", B);
        if (B <= 8) {
            classes(claim, B);
            means(claim, B, &stream);
        }
        if (B <= 12) {
            dimensions(claim, B);
        }
        orthogonal(claim, B, &stream);
        shape(claim, B, &stream);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check", 12, 4, 1000)},
            .faults = {{"transpose_forgotten", "quadruples joined by permutations only", "eleven*"},
                       {"one_for_the_mean", "[12|13] in place of the mean of [12|13] and [12|31]", "means*"},
                       {"a_half", "B (B - 2) / 2 for the dimension of M", "dimension?of?M sum* whole*"},
                       {"rows_not_zero", "members of M whose rows don't sum to zero", "orthogonal"},
                       {"shape_scaled", "B - 1 in place of B", "E.59,?G"},
                       {"lemma_factor", "a + b in place of a + 2b", "E.60"}},
            .errata =
                {{"Y17",
                  "The entries of an ultrasymmetric operator fall into ten classes; one of them, with representative "
                  "$[12|13]$, holds $i=k$ and $i=l$.",
                  "Eleven classes: $[12|13]$ ($i=k$ or $j=l$) and $[12|31]$ ($i=l$ or $j=k$) are different. On "
                  "symmetric matrices their mean takes the place of both.",
                  "ten*", "eleven* means*",
                  "None for symmetric matrices: $[12|13]$ in theorems E.61 and E.62 then stands for the mean.",
                  "$[ij|kl]=\\delta_{ik}$ for $i\\ne j$, $k\\ne l$ and $j\\ne l$, symmetrised to "
                  "$\\delta_{ik}+\\delta_{jl}$, has all the symmetries; $[12|13]=1$, $[12|31]=0$."},
                 {"Y14", "$L_B(B-2,1)=B[(-B+1,1,\\dots,1)^{\\otimes2}-(1,-B+1,1,\\dots,1)^{\\otimes2}]$",
                  "$L_B(B-2,1)=\\frac1B[(-B+1,1,\\dots,1)^{\\otimes2}-(1,-B+1,1,\\dots,1)^{\\otimes2}]$",
                  "E.59,?printed", "E.59,?corrected",
                  "None: only the form with $G$ is used. Perhaps a slip of the text extraction, not of the print.",
                  "The upper left entry is $B-2$; the bracket's is $(B-1)^2-1=B(B-2)$."}},
            .run = spaces,
        }));
}
