/* # Appendix J: a symmetric fixed point that narrow networks do not keep
 *
 * Yang et al. (2019), appendix J, "Finite width effect". For
 * $$\phi(x)=C_5^{((B-3)/2)}\big(x/\sqrt{B-1}\big)-C_k^{((B-3)/2)}\big(x/\sqrt{B-1}\big),\qquad B=10,$$
 * networks of width 100 favour a BSB2 fixed point, one dominant block of samples, and networks of width 1000 and more the symmetric one. The degree $k$ cannot be read in the copy at
 * hand.
 *
 * **Checked.** Which degrees up to 10 the statement admits: $\lambda_L^\uparrow<1$ for 3 and 7 only, by integrals over a sphere, and only with these do wide networks stay symmetric. For
 * both: the share of networks that are symmetric at some depth, from uncorrelated inputs of equal size, at widths from 100 to 10000.
 * **Tolerance.** A network counts as symmetric if no sample has twice the mean variance; broken ones have one with four times that and more, and in between is nobody after some
 * layers. Shares are compared with a quarter and three quarters.
 * **Could miss.** The width of the transition, which depends on depth and inputs; the paper gives neither.
 * **Found.** Holds in kind for $k=3$ and $k=7$: none of the networks of width 100 and all of width 10000 are symmetric. At width 1000 both outcomes occur, and depth favours
 * the broken one: the transition lies near 1000, not below. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/gegenbauer.h>
#include <math.h>

enum { B = 10, DEGREES = 11, WIDTHS = 5 };

/* ## The activation
 * As a polynomial: $lC_l=2(l+\lambda-1)tC_{l-1}-(l+2\lambda-2)C_{l-2}$, $\lambda=(B-3)/2$, $t=x/\sqrt{B-1}$. */
struct polynomial {
    double c[DEGREES];
};

static void add_gegenbauer(int l, double factor, struct polynomial *p)
{
    double lambda = (B - 3) / 2.0, C[DEGREES][DEGREES] = {{1}, {0, 2 * lambda}};

    for (int n = 2; n <= l; n++) {
        for (int i = 0; i <= n; i++) {
            C[n][i] = ((i > 0 ? 2 * (n + lambda - 1) * C[n - 1][i - 1] : 0) - (n + 2 * lambda - 2) * C[n - 2][i]) / n;
        }
    }
    for (int i = 0; i <= l; i++) {
        p->c[i] += factor * C[l][i] * pow(B - 1, -i / 2.0);
    }
}

static double value(double x, void *context)
{
    const struct polynomial *p = context;
    double sum = 0;

    for (int i = DEGREES - 1; i >= 0; i--) {
        sum = sum * x + p->c[i];
    }
    return sum;
}

static double slope(double x, void *context)
{
    const struct polynomial *p = context;
    double sum = 0;

    for (int i = DEGREES - 1; i >= 1; i--) {
        sum = sum * x + i * p->c[i];
    }
    return sum;
}

static struct response difference(struct claim *claim, int k, struct polynomial *p)
{
    *p = (struct polynomial){{0}};
    add_gegenbauer(5, 1, p);
    add_gegenbauer(k, claim_fault(claim, "sum") ? 1 : -1, p);
    for (int i = 0; i <= 6; i++) {
        double x = i - 3, t = x / sqrt(B - 1), lambda = (B - 3) / 2.0,
               size = exp(gegenbauer_log_at_one(k, lambda)) + exp(gegenbauer_log_at_one(5, lambda));

        claim_case(claim, "k = %d, x = %g", k, x);
        check_zero(claim, "polynomial",
                   measured(value(x, p) - gegenbauer(5, lambda, t) + gegenbauer(k, lambda, t), 1e-12 * size, ROUNDING),
                   size);
    }
    return (struct response){.value = {.f = value, .context = p}, .slope = {.f = slope, .context = p}};
}

/* ## Networks
 * Whether one is symmetric at its last layer. */
static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batchnorm_network *network = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, network);
    double S[B * B] = {0}, mean = 0, most = 0;

    (void)sample;
    for (int i = 0; i < B; i++) {
        S[i * B + i] = 1;
    }
    if (status == STATUS_OK) {
        status = batchnorm_network_forward(network, S, *stream, &record);
    }
    for (int i = 0; i < B && status == STATUS_OK; i++) {
        double variance = batchnorm_record_forward(&record, network->depth)[i * B + i];

        mean += variance / B;
        most = fmax(most, variance);
    }
    out[0] = most < 2 * mean;
    batchnorm_record_free(&record);
    return status;
}

static double share(struct claim *claim, uint32_t stream, const struct response *phi, int depth, int width,
                    size_t networks)
{
    struct batchnorm_network network = {
        .depth = depth, .width = width, .batch = B, .batches = 1, .gamma = 1, .response = phi};
    struct moments moments;
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, 1, draw, &network);

    claim_need(claim, ensemble_moments(&ensemble, &moments));
    return moments.mean;
}

/* ## All degrees, in wide networks */
static void every_degree(struct claim *claim)
{
    for (int k = 1; k < DEGREES; k++) {
        struct polynomial p;
        struct batchnorm_state state;

        if (k == 5) {
            continue;
        }
        struct response phi = difference(claim, k, &p);
        claim_need(claim, batchnorm_state_sphere(&phi, B, &state));
        double sign = k == 3 || k == 7 ? 1 : -1, L = fmax(state.forward.L.x, state.forward.M.x);
        claim_case(claim, "k = %d", k);
        check_shape(claim, "eigenvalue",
                    measured(sign * (1 - L), value_bound(state.forward.L) + value_bound(state.forward.M), QUADRATURE),
                    1);
        check_shape(claim, "wide networks", exact(sign * (share(claim, (uint32_t)k, &phi, 25, 5000, 2) - 0.5)), 1);
    }
}

/* ## Widths, at the two degrees */
static void over_widths(struct claim *claim, int k)
{
    static const int width[WIDTHS] = {100, 300, 1000, 3000, 10000};
    struct polynomial p;
    struct response phi = difference(claim, k, &p);
    char name[16];

    snprintf(name, sizeof name, "k = %d", k);
    for (int w = 0; w < WIDTHS; w++) {
        size_t networks = (size_t)claim_integer(claim, "networks");
        int used = claim_fault(claim, "ten_times_wider") ? 10 * width[w] : width[w];
        double symmetric = share(claim, (uint32_t)(100 * k + w), &phi, (int)claim_integer(claim, "L"), used,
                                 width[w] > 1000 ? networks / 4 : networks);

        claim_case(claim, "k = %d, N = %d", k, width[w]);
        if (width[w] == 100) {
            check_shape(claim, "width 100", exact(0.25 - symmetric), 1);
        } else if (width[w] == 10000) {
            check_shape(claim, "width 10000", exact(symmetric - 0.75), 1);
        }
        claim_row(claim, name, width[w], symmetric);
    }
}

static void finite_width(struct claim *claim)
{
    claim_labels(claim, "degree");
    claim_column(claim, "N", EXACT, "a parameter");
    claim_column(claim, "symmetric", ABSOLUTE(0.15),
                 "a share of some twenty networks, of which rounding may turn one or two");
    every_degree(claim);
    over_widths(claim, 3);
    over_widths(claim, 7);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "depth", 50, 25, 10000),
                           integer_by_scale("networks", "networks of width 100 to 1000; a fourth of wider ones", 12, 40,
                                            400, 8, 10000)},
            .faults = {{"sum", "C_5 + C_k", "polynomial eigenvalue wide* width?10000"},
                       {"ten_times_wider", "networks ten times as wide as they say", "width?100"}},
            .run = finite_width,
        }));
}
