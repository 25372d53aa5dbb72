/* # Theorem 2: in residual networks too, depth costs a large Jacobian or shrunken representations
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, theorem 2, and appendix A.2. A residual network of $L$
 * blocks has activation $\phi_l$ and branch variance $\sigma_l^2$ in block $l$. When its widths grow,
 *
 * $$\Big\|\frac{\partial z^{(L)}}{\partial z^{(0)}}\Big\|_{op}^2\;\ge\;\frac{(1-\rho_{\max})^2}8\sum_{l=1}^L
 *   \frac{\sigma_l^2\,\|\phi_l-\bar\phi_l\|^2}{1+\sigma_l^2\,\|\phi_l'\|^2},$$
 *
 * where $\rho_{\max}$ is the largest over blocks of the smallest correlation that any two inputs can have there. **Two readings.** In the text
 * at hand the denominator's prime can't be made out. The proof gives $\|\phi_l'\|^2$; the other reading is $\|\phi_l\|^2$.
 *
 * **Checked.** With $\prod_lP_l'(1)$ on the left, the squared Jacobian of infinite width in any one direction: for the activation chosen and for
 * eleven others, variances over four decades, alone and in turn, to depth $L$, and in a search over Hermite series, variances and depths for the
 * smallest ratio of the two sides; all of it for both readings. Finite networks are in a program of their own.
 * **Tolerance.** Each block adds a few roundings to either side.
 * **Could miss.** Networks of more than two kinds of blocks: the search has no others.
 * **Found.** Holds, with room: the smallest ratio found falls to $4e=10.87$, in deep chains of nearly linear odd blocks, as in Theorem 1. With
 * $\frac e2$ in place of $\frac18$ it still holds wherever it was tried. The other reading holds as well, and has a short proof (below); its
 * smallest ratio is $6$, one block of $h_3$ without its skip. So numbers don't decide between the readings; the proof does. */
#include <assay/evidence/search.h>
#include <assay/meanfield/correlation_map.h>
#include <math.h>

/* ## The two sides, block by block
 * $P$ maps $[\rho,1]$ onto an interval that ends in $1$. Its other end is all that the next block has to know: the image of $\rho$, or, where
 * $\phi$ has an even part, possibly a value that $P$ takes on the way to $0$. */
enum reading { PROVED, OTHER, READINGS }; // |phi'|^2 or |phi|^2 in the denominator

struct chain {
    int L;
    double gap, least_gap; // 1 - min_rho, and the smallest of them so far: 1 - rho_max
    double slopes, sum[READINGS];
};

static const struct chain start = {0, 2, 2, 1, {0, 0}};

/* Each squared norm comes multiplied by $\sigma^2$. */
static void add_block(struct chain *chain, double gap, double norm2, double slope_norm2, double nonlinearity2)
{
    chain->L++;
    chain->gap = gap;
    chain->least_gap = fmin(chain->least_gap, gap);
    chain->slopes *= (1 + slope_norm2) / (1 + norm2);
    chain->sum[PROVED] += nonlinearity2 / (1 + slope_norm2);
    chain->sum[OTHER] += nonlinearity2 / (1 + norm2);
}

static double bound(const struct chain *chain, enum reading reading)
{
    return chain->least_gap * chain->least_gap / 8 * chain->sum[reading];
}

static void append(struct chain *chain, const struct correlation_map *map)
{
    double gap = correlation_map_widest_gap(map, chain->gap);

    add_block(chain, gap, map->branch * map->norm2, map->branch * map->slope_norm2, map->branch * map->nonlinearity2);
}

/* ## A constant that could stand in place of $\frac18$
 * Odd $\phi_l$ have $\|\phi_l'\|^2-\|\phi_l\|^2\ge2\|\phi_l-\bar\phi_l\|^2$, so that $P_l'(1)\ge1/(1-2r_l)$, $r_l$ being the sum's $l$-th
 * term. For a given sum the product is least when all $r_l$ are equal, and its ratio to half the sum is least at $r_l=1/(2L+2)$, where it is
 * $4(1+1/L)^{L+1}>4e$. Blocks of $h_1$ and $h_3$ have it. That is a proof for odd blocks, where $\rho_{\max}=-1$; others are tried. */
static double odd_ratio(int L)
{
    return 4 * pow(1 + 1.0 / L, L + 1);
}

static void check_stronger(struct claim *claim, const struct chain *chain)
{
    double factor = odd_ratio(chain->L) * (claim_fault(claim, "a_tenth_more") ? 1.1 : 1);

    check_at_least(claim, "constant e/2", rounded(chain->slopes, 20.0 * chain->L),
                   rounded(factor * bound(chain, PROVED), 30.0 * chain->L));
}

/* ## The other reading is true as well
 * Let $P_l(\rho)=\sum_kw_k\rho^k$ and $q_l=\sum_{k\ge2}w_k$, the other sum's $l$-th term. With $\bar\rho_l=P_l(\bar\rho_{l-1})$, $\bar\rho_0=0$ and
 * $g_k=1+\bar\rho_{l-1}+\dots+\bar\rho_{l-1}^{k-1}$ is $1-\bar\rho_l=(1-\bar\rho_{l-1})\sum_kw_kg_k$, and the slopes telescope:
 *
 * $$\prod_lP_l'(1)=(1-\bar\rho_L)\prod_l\frac{\sum_kkw_k}{\sum_kw_kg_k}.$$
 *
 * As $k/g_k\ge2/(1+\bar\rho_{l-1})$ and $g_k\ge1+\bar\rho_{l-1}$ for $k\ge2$, each factor is at least $1+\frac12(1-\bar\rho_{l-1})q_l$. Multiply out, and use
 * $1-\rho_{\max}\le2(1-\bar\rho_{\max})$ as the paper does. */
static double check_factor(struct claim *claim, const struct correlation_map *map, double gap_bar, int l)
{
    double next = fmin(1, correlation_map_gap(map, gap_bar)); // rounding may pass 1
    double q = map->branch * map->nonlinearity2 / (1 + map->branch * map->norm2);
    double half = claim_fault(claim, "no_half") ? 1 : 0.5;

    check_at_least(claim, "other reading, factor",
                   rounded(correlation_map_slope(map, 1) * gap_bar / next, 20.0 * l + 20),
                   rounded(1 + half * gap_bar * q, 20.0 * l + 20));
    return next;
}

/* ## Chains of infinite width
 * Blocks of one period, repeated. What is on the left is compared with how far the maps carry two inputs apart that start $10^{-250}$ from each
 * other. A chain ends early where a side would leave the range of doubles. */
#define NEAR 1e-250

struct block {
    struct correlation_map map;
    struct value slope; // P'(1), from norms that state their errors
};

static struct block block(struct claim *claim, const char *name, double sigma2)
{
    struct activation phi;
    struct block block;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, correlation_map_residual(&block.map, &phi, sigma2));
    if (!isfinite(block.map.slope_norm2)) {
        claim_refuse(claim, "phi = %s: |phi'| is infinite", name);
    }
    struct value above = value_add(exact(1), value_scale(sigma2, activation_slope_norm2(&phi)));
    struct value below = value_add(exact(1), value_scale(sigma2, activation_norm2(&phi)));

    block.slope = claim_fault(claim, "norm_forgotten") ? above : value_div(above, below);
    return block;
}

static void follow(struct claim *claim, const char *label, int period, const struct block blocks[], long L)
{
    struct chain chain = start;
    struct value product = exact(1), near = exact(NEAR);
    double next = 1, gap_bar = 1;

    for (int l = 1; l <= L && chain.slopes < 1e200 && chain.slopes > 1e-40; l++) {
        const struct block *now = &blocks[(l - 1) % period];

        append(&chain, &now->map);
        chain.least_gap = claim_fault(claim, "inputs_alone") ? 2 : chain.least_gap;
        product = value_mul(product, now->slope);
        near = correlation_map_gap_through(&now->map, near);
        claim_case(claim, "%s, L = %d", label, l);
        check_equal(claim, "slopes", product, value_scale(1 / NEAR, near));
        check_at_least(claim, "chain", product, rounded(bound(&chain, PROVED), 20.0 * l));
        check_at_least(claim, "other reading", product, rounded(bound(&chain, OTHER), 20.0 * l));
        check_stronger(claim, &chain);
        gap_bar = check_factor(claim, &now->map, gap_bar, l);
        if (l >= next || l == L) {
            claim_row(claim, label, l, chain.slopes, bound(&chain, PROVED), bound(&chain, OTHER), NAN);
            next = fmax(1.6 * next, l + 1);
        }
    }
}

/* ## A search for the smallest ratio
 * Blocks of one kind follow blocks of another, each with $P(\rho)=(\rho+\sum_kc_k\rho^k)/(1+\sum_kc_k)$, $c_k=\sigma^2\phi_k^2$,
 * $k=0,1,2,3,5,20$. A grid finds the least value that $P$ takes where the inputs have got to. */
enum { TERMS = 6, KIND = TERMS + 1, GRID = 8 };

static const int degrees[TERMS] = {0, 1, 2, 3, 5, 20};

static double image(const double c[], double rho)
{
    double rho2 = rho * rho, rho3 = rho * rho2, rho5 = rho2 * rho3, rho10 = rho5 * rho5;

    return c[0] + (1 + c[1]) * rho + c[2] * rho2 + c[3] * rho3 + c[4] * rho5 + c[5] * rho10 * rho10;
}

static double least_image(const double c[], double rho)
{
    double least = image(c, rho);

    for (int i = 0; rho < 0 && i < GRID; i++) {
        least = fmin(least, image(c, rho * i / GRID));
    }
    return least;
}

static void add_kind(struct chain *chain, const double x[])
{
    double c[TERMS], norm2 = 0, slope_norm2 = 0, nonlinearity2 = 0;

    for (int i = 0; i < TERMS; i++) {
        c[i] = pow(10, x[i]);
        norm2 += c[i];
        slope_norm2 += degrees[i] * c[i];
        nonlinearity2 += degrees[i] >= 2 ? c[i] : 0;
    }
    for (int l = 0; l < (int)exp2(x[TERMS]) && chain->least_gap > 1e-12; l++) {
        double gap = 1 - least_image(c, 1 - chain->gap) / (1 + norm2);

        add_block(chain, gap, norm2, slope_norm2, nonlinearity2);
    }
}

static struct chain two_kinds(const double x[])
{
    struct chain chain = start;

    add_kind(&chain, x);
    add_kind(&chain, x + KIND);
    return chain;
}

/* What is made small: the ratio for either reading, or the ratio by which $\frac e2$ still holds. */
enum { STRONGER = READINGS, TARGETS };

static double log_ratio(size_t n, const double x[], void *context)
{
    struct chain chain = two_kinds(x);
    int target = *(const int *)context;
    double ratio = log(chain.slopes) - log(bound(&chain, target == OTHER ? OTHER : PROVED));

    (void)n;
    return target == STRONGER ? ratio - log(odd_ratio(chain.L)) : ratio;
}

static void hunt(struct claim *claim, const char *label, int target)
{
    static const double least[] = {-7, -7, -7, -7, -7, -7, 0, -7, -7, -7, -7, -7, -7, 0};
    static const double most[] = {3, 3, 3, 3, 3, 3, 7, 3, 3, 3, 3, 3, 3, 7};
    size_t starts = (size_t)claim_integer(claim, "starts");
    struct search search = {(uint32_t)target, 2 * KIND, least, most, starts, 3000, log_ratio, &target};
    double x[2 * KIND];

    double ratio = exp(search_least(claim, &search, x));
    struct chain chain = two_kinds(x);
    enum reading reading = target == OTHER ? OTHER : PROVED;
    const char *fault = target == OTHER ? "constant_one" : "constant_three_halves";
    double factor = !claim_fault(claim, fault) ? 1 : target == OTHER ? 8 : 12;

    claim_case(claim, "%s, L = %d, ratio %.4g", label, chain.L, ratio);
    if (target == STRONGER) {
        check_stronger(claim, &chain);
    } else {
        check_at_least(claim, label, rounded(chain.slopes, 20.0 * chain.L),
                       rounded(factor * bound(&chain, reading), 20.0 * chain.L));
    }
    claim_row(claim, label, NAN, NAN, NAN, NAN, ratio);
}

static void theorem(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.5", "abs", "erf", "tanh", "sin",
                                        "gelu", "h2",        "h3",  "h5",  "h20"};
    static const double variances[] = {0.01, 0.1, 1, 100};
    enum { NAMES = sizeof names / sizeof names[0], VARIANCES = sizeof variances / sizeof variances[0] };
    struct block chosen = block(claim, claim_text(claim, "phi"), claim_real(claim, "sigma2")),
                 blocks[VARIANCES * NAMES];
    struct tolerance relative = {TOLERANCE_RELATIVE, 1e-9, true};
    long L = claim_integer(claim, "L");
    char label[64];

    claim_labels(claim, "series");
    claim_column(claim, "L", (struct tolerance){TOLERANCE_EXACT, 0, true}, "a depth; nan for searches");
    claim_column(claim, "slopes", relative, "a product of slopes");
    claim_column(claim, "bound", relative, "iterated in 1 - rho: rounding grows by a few ulp a block");
    claim_column(claim, "other", relative, "as bound");
    claim_column(claim, "least", (struct tolerance){TOLERANCE_RELATIVE, 0.02, true}, "where a search stops");
    follow(claim, "chosen", 1, &chosen, L);
    L = L < 300 ? L : 300;
    for (int k = 0; k < VARIANCES; k++) {
        struct block *kinds = blocks + k * NAMES;

        for (int i = 0; i < NAMES; i++) {
            kinds[i] = block(claim, names[i], variances[k]);
            snprintf(label, sizeof label, "%s, sigma^2 = %g", names[i], variances[k]);
            follow(claim, label, 1, &kinds[i], L);
        }
        snprintf(label, sizeof label, "all in turn, sigma^2 = %g", variances[k]);
        follow(claim, label, NAMES, kinds, L);
    }
    follow(claim, "all variances in turn", VARIANCES * NAMES, blocks, L);
    hunt(claim, "search", PROVED);
    hunt(claim, "search, other reading", OTHER);
    hunt(claim, "search, constant e/2", STRONGER);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "erf"), real("sigma2", "variance of the branch", 1, 0, 1e6),
                           integer_by_scale("L", "depth: number of blocks", 80, 300, 300, 1, 100000),
                           integer_by_scale("starts", "of each search", 12, 64, 1000, 1, 1000000)},
            .faults = {{"inputs_alone", "the least correlation of the inputs in place of rho_max",
                        "chain other?reading constant?e/2"},
                       {"norm_forgotten", "the sum of skip and branch not normalised", "slopes"},
                       {"constant_three_halves", "the constant 3/2 in place of 1/8", "search"},
                       {"constant_one", "the constant 1 in place of 1/8, in the other reading",
                        "search,?other?reading"},
                       {"a_tenth_more", "a constant a tenth larger than e/2", "constant?e/2"},
                       {"no_half", "the half lost in the other reading's proof", "other?reading,?factor"}},
            .run = theorem,
        }));
}
