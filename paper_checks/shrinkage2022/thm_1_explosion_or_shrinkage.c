/* # Theorem 1: depth makes gradients explode, representations shrink, or both
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, theorem 1. A layer-normalised network of $L$ layers
 * has activation $\phi_l$ and bias ratio $s_l=\sigma_b^2/\sigma_w^2$ in layer $l$. When its widths grow,
 *
 * $$\Big\|\frac{\partial z^{(L)}}{\partial z^{(0)}}\Big\|_{op}^2\;\ge\;\frac{(1-\rho_{\max})^2}8\sum_{l=1}^L
 *   \frac{\|\phi_l-\bar\phi_l\|^2}{\|\phi_l'\|^2},$$
 *
 * where $\rho_{\max}$ is the largest over layers of the smallest correlation that any two inputs can have there.
 *
 * **Checked.** With $\prod_lP_l'(1)$ on the left, the squared Jacobian of infinite width in any one direction: for the activation chosen and for
 * others, alone and in turn, ordered, critical and chaotic, to depth $L$; and in a search over Hermite series, biases and depths for the
 * smallest ratio of the two sides. For finite networks see `thm_1_finite_networks`.
 * **Tolerance.** Each layer adds a few roundings to either side.
 * **Could miss.** Networks of more than two kinds of layers, and series of degree above five: the search has no others.
 * **Found.** Holds, with room: the smallest ratio found falls to $4e=10.87$, in chains of nearly linear odd layers ($h_1$ and a little $h_3$ keep
 * $\rho_{\max}=-1$; with $T$ the sum on the right the ratio is $e^{2T}/(T/2)$): $1/8$ could perhaps be $e/2$. The layers as printed begin with
 * $\phi_1=\mathrm{id}$, which adds nothing to the sum: of $L$ equal layers it is $(L-1)R$, where (4.1) to (4.3) take $LR$. All programs of this paper
 * count non-linear layers. */
#include <assay/base/memory.h>
#include <assay/evidence/search.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <math.h>

/* ## The two sides, layer by layer
 * $P$ maps $[\rho,1]$ onto an interval that ends in $1$. Its other end is all that the next layer has to know: the image of $\rho$, or, where
 * $\phi$ has an even part, possibly a value that $P$ takes on the way to $0$. */
struct chain {
    int L;
    double gap, least_gap;       // 1 - min_rho, and the smallest of them so far: 1 - rho_max
    double slopes, nonlinearity; // the product of P'(1), the sum of |phi - phibar|^2 / |phi'|^2
};

static const struct chain start = {0, 2, 2, 1, 0};

static void add_layer(struct chain *chain, double gap, double slope, double nonlinearity)
{
    chain->L++;
    chain->gap = gap;
    chain->least_gap = fmin(chain->least_gap, gap);
    chain->slopes *= slope;
    chain->nonlinearity += nonlinearity;
}

static double bound(const struct chain *chain)
{
    return chain->least_gap * chain->least_gap / 8 * chain->nonlinearity;
}

static void append(struct chain *chain, const struct correlation_map *map, bool slope_elsewhere)
{
    double gap = correlation_map_widest_gap(map, chain->gap);

    add_layer(chain, gap, correlation_map_slope(map, slope_elsewhere ? 1 - gap : 1),
              map->nonlinearity2 / map->slope_norm2);
}

/* ## Chains of infinite width
 * Layers of one period, repeated. A chain ends early where a side would leave the range of doubles. */
static struct correlation_map layer(struct claim *claim, const char *name, double s)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, name, s));
    claim_need(claim, correlation_map_sloped(&map));
    return map;
}

static void follow(struct claim *claim, const char *label, int period, const struct correlation_map map[], long L)
{
    struct chain chain = start;
    double next = 1;

    for (long l = 1; l <= L && chain.slopes < 1e200 && chain.slopes > 1e-200; l++) {
        append(&chain, &map[(l - 1) % period], claim_fault(claim, "slope_elsewhere"));
        claim_case(claim, "%s, L = %ld", label, l);
        check_at_least(claim, "chain", rounded(chain.slopes, 8 * (double)l), rounded(bound(&chain), 20 * (double)l));
        if ((double)l >= next || l == L) {
            claim_row(claim, label, (double)l, chain.slopes, bound(&chain));
            next = fmax(1.4 * next, (double)l + 1);
        }
    }
}

/* ## A search for the smallest ratio
 * Layers of one kind follow layers of another, each with $P(\rho)=\sum_{k\le5}c_k\rho^k/\sum_kc_k$, $c_1=1$ and the bias in $c_0$. The
 * correlations $-1,-\frac34,\dots,0$ of inputs stand for all. */
enum { DEGREE = 5, KIND = 6, INPUTS = 5 };

static void add_kind(struct chain *chain, const double x[], double rho[])
{
    double c[DEGREE + 1] = {pow(10, x[0]), 1, pow(10, x[1]), pow(10, x[2]), pow(10, x[3]), pow(10, x[4])};
    double sum = c[0] + c[1], slope = c[1], nonlinear = 0;

    for (int k = 2; k <= DEGREE; k++) {
        sum += c[k];
        slope += k * c[k];
        nonlinear += c[k];
    }
    for (int l = 0; l < (int)exp2(x[5]) && chain->least_gap > 1e-12; l++) {
        double gap = 0;

        for (int i = 0; i < INPUTS; i++) {
            double image = 0;

            for (int k = DEGREE; k >= 0; k--) {
                image = image * rho[i] + c[k];
            }
            rho[i] = image / sum;
            gap = fmax(gap, 1 - rho[i]);
        }
        add_layer(chain, gap, slope / sum, nonlinear / slope);
    }
}

static struct chain two_kinds(const double x[])
{
    struct chain chain = start;
    double rho[INPUTS] = {-1, -0.75, -0.5, -0.25, 0};

    add_kind(&chain, x, rho);
    add_kind(&chain, x + KIND, rho);
    return chain;
}

static double log_ratio(size_t n, const double x[], void *context)
{
    struct chain chain = two_kinds(x);

    (void)n, (void)context;
    return log(chain.slopes) - log(bound(&chain));
}

static void hunt(struct claim *claim)
{
    static const double least[] = {-7, -7, -7, -7, -7, 0, -7, -7, -7, -7, -7, 0};
    static const double most[] = {2, 2, 2, 2, 2, 7, 2, 2, 2, 2, 2, 7};
    struct search search = {1, 2 * KIND, least, most, (size_t)claim_integer(claim, "starts"), 2000, log_ratio, NULL};
    double x[2 * KIND], factor = claim_fault(claim, "constant_two") ? 16 : 1;

    search_least(claim, &search, x);
    struct chain chain = two_kinds(x);
    claim_case(claim, "L = %d, ratio %.4g", chain.L, chain.slopes / bound(&chain));
    check_at_least(claim, "search", rounded(chain.slopes, 20.0 * chain.L),
                   rounded(factor * bound(&chain), 20.0 * chain.L));
    claim_row(claim, "search", chain.L, chain.slopes, bound(&chain));
}

/* ## What the sum counts
 * The layers of the printed network, one by one, against $R$ from Hermite coefficients by quadrature. */
static void count_layers(struct claim *claim, const char *name, int L)
{
    struct layernorm_layer *layers = memory_new((size_t)L + 1, sizeof *layers);
    struct value sum = exact(0);
    int first = claim_fault(claim, "no_embedding") ? 1 : 0; // as if the first layer were like the others

    claim_need(claim, layernorm_layers(L + 1, 1, name, 1, 0, layers));
    for (int l = first; l < L + first; l++) {
        struct value nonlinearity = activation_nonlinearity2(&layers[l].phi);

        sum = value_add(sum, value_div(nonlinearity, activation_slope_norm2(&layers[l].phi)));
    }
    struct value R = claim_value(claim, activation_nonlinearity_ratio(&layers[L].phi));
    claim_case(claim, "%s, L = %d", name, L);
    check_differs(claim, "L layers", value_scale(L, R), sum);
    check_equal(claim, "L - 1 layers", value_scale(claim_fault(claim, "embedding_counted") ? L : L - 1, R), sum);
    memory_free(layers);
}

static void theorem(struct claim *claim)
{
    static const struct {
        const char *label, *phi;
        double s;
    } others[] = {{"erf, critical", "erf", -1},
                  {"erf, s = 0", "erf", 0},
                  {"erf, s = 0.05", "erf", 0.05},
                  {"erf, s = 0.2", "erf", 0.2},
                  {"relu", "relu", 0},
                  {"relu, s = 0.05", "relu", 0.05},
                  {"lrelu:0.5", "lrelu:0.5", 0},
                  {"tanh, critical", "tanh", -1},
                  {"abs", "abs", 0},
                  {"sin, critical", "sin", -1},
                  {"h2, s = 1", "h2", 1},
                  {"h3", "h3", 0},
                  {"gelu, critical", "gelu", -1}};
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct correlation_map chosen = layer(claim, claim_text(claim, "phi"), claim_real(claim, "s")), map[OTHERS];
    long L = claim_integer(claim, "L");

    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a depth");
    claim_column(claim, "slopes", RELATIVE(1e-9), "a product of slopes; for the search, where it stops");
    claim_column(claim, "bound", RELATIVE(1e-9), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    follow(claim, "chosen", 1, &chosen, L);
    for (int i = 0; i < OTHERS; i++) {
        map[i] = layer(claim, others[i].phi, others[i].s);
        follow(claim, others[i].label, 1, &map[i], L < 300 ? L : 300);
    }
    follow(claim, "all in turn", OTHERS, map, L < 300 ? L : 300);
    hunt(claim);
    for (int depth = 2; depth <= 128; depth *= 4) {
        count_layers(claim, "erf", depth);
        count_layers(claim, "relu", depth);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "erf"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 1000),
                           integer_by_scale("L", "depth: number of non-linear layers", 100, 300, 300, 1, 100000),
                           integer_by_scale("starts", "of the search", 16, 64, 2000, 1, 1000000)},
            .faults = {{"slope_elsewhere", "P' where the inputs have got to in place of P'(1)", "chain"},
                       {"constant_two", "the constant 2 in place of 1/8", "search"},
                       {"no_embedding", "a network without the embedding", "L?layers L?-?1?layers"},
                       {"embedding_counted", "the embedding counted as a non-linear layer", "L?-?1?layers"}},
            .errata =
                {{"S3",
                  "For a network of $L$ equal layers the sum "
                  "$\\sum_{l=1}^L\\|\\phi_l-\\bar\\phi_l\\|^2/\\|\\phi_l'\\|^2$ is $L$ times one term, as (4.1), (4.2) "
                  "and (4.3) have it.",
                  "Section 2.2 sets $\\phi_1(x)=x$, whose term is $0$: the sum is $L-1$ times that of the others.",
                  "L?layers", "L?-?1?layers",
                  "With $L$ the number of non-linear layers (4.1), (4.2) and (4.3) stand as printed.", NULL}},
            .run = theorem,
        }));
}
