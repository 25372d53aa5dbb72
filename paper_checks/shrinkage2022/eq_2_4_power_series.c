/* # Equation (2.4): the correlation map is a power series with non-negative coefficients
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.2. With $\phi=\sum_k\phi_kh_k$,
 *
 * $$P(\rho)=\frac{\sigma_b^2+\sigma_w^2\phi_0^2}{\sigma_b^2+\sigma_w^2\|\phi\|^2}
 *   +\frac{\sigma_w^2}{\sigma_b^2+\sigma_w^2\|\phi\|^2}\sum_{k=1}^\infty\phi_k^2\rho^k.$$
 *
 * **Checked.** Coefficients from quadrature of $\mathrm E\,\phi(Z)h_k(Z)$, summed to degree $K$, against the map from closed forms or a lattice, on
 * $[-1,1]$. For relu the coefficients fall only like $k^{-5/2}$, since $1-P$ has a term $(1-\rho)^{3/2}$: what is missing at $\rho=1$ falls like
 * $K^{-3/2}/(3\sqrt2\,\pi^{3/2})$. The constant of that tail is checked by itself, and for erf the ratio of successive coefficients,
 * $\phi_{k+2}^2/\phi_k^2=\frac49\,k^2/((k+1)(k+2))$: a geometric tail.
 * **Tolerance.** Quadrature states its error. A cut series misses at most $|\rho|^{K+1}$ times the missing part of the norm. The tail's constant is
 * off by a series in $1/K$: its first term is removed with the help of $K/2$, and what doing so from $K/2$ and $K/4$ changes is allowed.
 * **Could miss.** Coefficients beyond degree $K$, one by one.
 * **Found.** Holds. A truncated series never gives $P'(1)$ of relu to better than $K^{-1/2}$: programs take it from a moment. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/numerics/hermite.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { DEGREE = 400 }; // the most that --set K= admits

/* ## The series as printed */
struct series {
    struct value square[DEGREE + 1]; // phi_k^2
    struct value missing;            // of the norm: the sum over k > K
    int K;
    double s, norm2;
};

static void expand(struct claim *claim, const struct activation *phi, int K, double s, struct series *series)
{
    struct piecewise value = activation_piecewise(phi);
    struct value c[DEGREE + 1], norm2 = claim_value(claim, gaussian_product(&value, &value, 1));

    claim_need(claim, hermite_expand(&value, K, c));
    series->missing = norm2;
    for (int k = 0; k <= K; k++) {
        series->square[k] = value_mul(c[k], c[k]);
        series->square[k] = value_with(series->square[k], value_error(c[k]) * value_error(c[k]), ROUNDING);
        series->missing = value_sub(series->missing, series->square[k]);
    }
    series->K = K;
    series->s = s;
    series->norm2 = norm2.x;
}

static struct value series_sum(struct claim *claim, const struct series *series, double rho)
{
    double missing = fmax(0, series->missing.x) + value_error(series->missing);
    struct value sum = exact(claim_fault(claim, "bias_lost") ? 0 : series->s);

    for (int k = 0; k <= series->K; k++) {
        double power = pow(rho, k + claim_fault(claim, "degree_off_by_one"));

        sum = value_add(sum, value_scale(power, series->square[k]));
    }
    sum = value_with(sum, missing * pow(fabs(rho), series->K + 1), QUADRATURE);
    return value_scale(1 / (series->s + series->norm2), sum);
}

/* ## On the whole interval */
static void check_series(struct claim *claim, const char *name, double s, int K, bool tabulate)
{
    struct activation phi;
    struct correlation_map map;
    struct series series;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, correlation_map_layer(&map, &phi, s));
    expand(claim, &phi, K, s, &series);
    for (int i = -20; i <= 20; i++) {
        double rho = i / 20.0;
        struct value P = rounded(correlation_map_apply(&map, rho), 60);

        claim_case(claim, "phi = %s, s = %g, rho = %g", name, s, rho);
        check_equal(claim, "series", series_sum(claim, &series, rho),
                    value_with(P, value_error(covariance(&phi, rho)) / (s + map.norm2), ROUNDING));
    }
    struct value rest = series.missing;
    for (int k = K; tabulate && k >= 0; k--) {
        if (rest.x > 100 * value_error(rest) && (k < 16 || k % 8 == 0)) {
            claim_row(claim, name, (double)k, BOTH(value_scale(1 / series.norm2, rest)));
        }
        rest = value_add(rest, series.square[k]);
    }
}

/* ## Two tails
 * What is missing of relu's norm after degree $K$, over its asymptote; and erf's coefficients, one over the next. */
static double tail_ratio(const struct series *series, int K)
{
    double missing = series->norm2;

    for (int k = 0; k <= K; k++) {
        missing -= series->square[k].x;
    }
    return missing * pow(K + 1, 1.5) * 3 * sqrt(2) * pow(M_PI, 1.5);
}

static void check_tails(struct claim *claim)
{
    struct activation relu, erf;
    struct series series;

    claim_need(claim, activation_find("relu", &relu));
    claim_need(claim, activation_find("erf", &erf));
    expand(claim, &relu, DEGREE, 0, &series);
    double quarter = tail_ratio(&series, DEGREE / 4), half = tail_ratio(&series, DEGREE / 2),
           whole = tail_ratio(&series, DEGREE), limit = 2 * whole - half, before = 2 * half - quarter;
    double noise = value_error(series.missing) / series.missing.x;
    claim_case(claim, "relu, K = %d", DEGREE);
    check_equal(claim, "relu's tail", exact(claim_fault(claim, "every_degree") ? 2 : 1),
                value_with(measured(limit, fabs(limit - before), FINITE_SIZE), 4 * noise, ROUNDING));
    expand(claim, &erf, DEGREE, 0, &series);
    for (int k = 1; k < 60; k += 2) {
        double printed = claim_fault(claim, "rate_by_degree") ? 2.0 / 3 : 4.0 / 9;

        claim_case(claim, "erf, degrees %d and %d", k, k + 2);
        check_equal(claim, "erf's ratio", rounded(printed * k * k / ((k + 1) * (k + 2)), 6),
                    value_div(series.square[k + 2], series.square[k]));
    }
}

static void power_series(struct claim *claim)
{
    static const char *const names[] = {"relu", "erf", "gelu", "elu"};
    const char *phi = claim_text(claim, "phi");
    double s = claim_real(claim, "s");
    int K = (int)claim_integer(claim, "K");

    claim_labels(claim, "series");
    claim_column(claim, "K", EXACT, "a degree");
    claim_column(claim, "missing", ABSOLUTE(1e-13), "a norm less a sum, both by quadrature");
    claim_column(claim, "missing_err", ABSOLUTE(1e-12), "an error estimate");
    check_series(claim, phi, s, K, true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        check_series(claim, names[i], s, K, strcmp(names[i], phi) != 0);
    }
    check_tails(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation to try beside relu, erf, gelu and elu", "tanh"),
                           real("s", "sigma_b^2 / sigma_w^2", 0.1, 0, 1000),
                           integer_by_scale("K", "degree at which the series is cut", 100, 400, 400, 1, DEGREE)},
            .faults = {{"bias_lost", "no sigma_b^2 in the constant term", "series"},
                       {"degree_off_by_one", "rho^(k+1) in place of rho^k", "series"},
                       {"every_degree", "relu's tail as if odd degrees counted too", "relu's?tail"},
                       {"rate_by_degree", "2/3 in place of 4/9 from one odd degree to the next", "erf's?ratio"}},
            .run = power_series,
        }));
}
