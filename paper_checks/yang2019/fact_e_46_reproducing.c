/* # Definition E.44 to fact E.46: zonal harmonics reproduce themselves
 *
 * Yang et al. (2019), appendix E.4. On the sphere $S^{N-1}$ of $\mathbb R^N$ with its uniform measure let
 *
 * $$Z_u^{(l)}(v)=\frac1{c_{N,l}}C_l^{(\frac{N-2}2)}(u\cdot v),\qquad c_{N,l}=\frac{N-2}{N+2l-2}.$$
 *
 * Then $\langle Z_u^{(l)},Z_v^{(l)}\rangle=Z_u^{(l)}(v)$, $\langle Z_u^{(l)},Z_v^{(m)}\rangle=0$ for $l\ne m$, $Z^{(0)}=1$, $Z_u^{(1)}(v)=N\,u\cdot v$, and
 * (lemma E.45) $c_{B+1,l-1}/c_{B-1,l}=\frac{B-1}{B-3}$.
 *
 * **Checked.** The inner product as a mean over two coordinates, by Gauss's rules for the sphere's own density, which are exact here, for several $u\cdot v$. At
 * $u\cdot v=-1/N$, the angle between two samples of a batch, also by adaptive quadrature. That $Z_u^{(l)}(u)$ is the dimension of the harmonics of degree $l$,
 * counted as homogeneous polynomials of degree $l$ less those of degree $l-2$.
 * **Tolerance.** Rounding of the rules and of the recurrence, a few $\epsilon$ for each degree.
 * **Could miss.** $N=2$, where $c_{N,l}=0$: the circle needs the limit of $C_l^{(\lambda)}/\lambda$. A batch of $B=3$ has $N=B-1=2$ and is left out of all that
 * follows from here.
 * **Found.** Holds for $N\ge3$. */
#include <assay/evidence/claim.h>
#include <assay/numerics/gegenbauer.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { DEGREES = 8 };

static double c(struct claim *claim, double N, double l)
{
    return (N - 2) / (claim_fault(claim, "one_l") ? N + l - 2 : N + 2 * l - 2);
}

static double Z(struct claim *claim, int N, int l, double cosine)
{
    return gegenbauer(l, (claim_fault(claim, "wrong_order") ? N - 1 : N - 2) / 2.0, cosine) / c(claim, N, l);
}

/* ## Two coordinates
 * $v\cdot u=x$ has density $(1-x^2)^{(N-3)/2}$; given $x$ the next coordinate is $\sqrt{1-x^2}\,y$, $y$ with density $(1-y^2)^{(N-4)/2}$. */
static struct value inner(struct claim *claim, int N, int l, int m, double t)
{
    struct rule first, second;
    double sum = 0, size = 0, weights = 0;

    claim_need(claim, rule_jacobi(&first, DEGREES + 1, (N - 3) / 2.0, (N - 3) / 2.0));
    claim_need(claim, rule_jacobi(&second, DEGREES + 1, (N - 4) / 2.0, (N - 4) / 2.0));
    for (int i = 0; i < first.n; i++) {
        for (int j = 0; j < second.n; j++) {
            double x = first.x[i], y = sqrt(1 - x * x) * second.x[j], weight = first.w[i] * second.w[j];
            double term = weight * Z(claim, N, l, x) * Z(claim, N, m, t * x + sqrt(1 - t * t) * y);

            sum += term;
            size += fabs(term);
            weights += weight;
        }
    }
    rule_free(&first);
    rule_free(&second);
    return measured(sum / weights, 100 * (l + m + 4) * DBL_EPSILON * size / weights, ROUNDING);
}

/* ## Between two samples */
struct zonal_pair {
    struct claim *claim;
    int N, l, m;
};

static void product(double x, double y, double out[], void *context)
{
    const struct zonal_pair *pair = context;
    double root = sqrt(pair->N);

    out[0] = Z(pair->claim, pair->N, pair->l, x / root) * Z(pair->claim, pair->N, pair->m, y / root);
}

static void at_angle(struct claim *claim, int N, double t)
{
    for (int l = 0; l <= DEGREES; l++) {
        for (int m = 0; m <= l; m++) {
            struct value mean = inner(claim, N, l, m, t);

            claim_case(claim, "N = %d, l = %d, m = %d, u.v = %.3f", N, l, m, t);
            if (m < l) {
                check_zero(claim, "other degrees", mean, sqrt(Z(claim, N, l, 1) * Z(claim, N, m, 1)));
            } else {
                check_equal(claim, "reproducing",
                            measured(Z(claim, N, l, t), 8 * (l + 2) * DBL_EPSILON * Z(claim, N, l, 1), ROUNDING), mean);
            }
        }
    }
}

static void between_samples(struct claim *claim, int N)
{
    double t = -1.0 / N;

    for (int l = 0; l <= DEGREES; l += 2) {
        for (int m = l % 3; m <= l; m += 2) {
            struct zonal_pair pair = {claim, N, l, m};
            struct value mean;

            claim_case(claim, "B = %d, l = %d, m = %d", N + 1, l, m);
            claim_need(claim, sphere_pair_means(N + 1, 1, product, &pair, 0, NULL, &mean));
            if (m < l) {
                check_zero(claim, "two samples, other degrees", mean, sqrt(Z(claim, N, l, 1) * Z(claim, N, m, 1)));
            } else {
                check_equal(claim, "two samples",
                            measured(Z(claim, N, l, t), 8 * (l + 2) * DBL_EPSILON * Z(claim, N, l, 1), ROUNDING), mean);
            }
        }
    }
}

/* ## Dimensions, first harmonics, lemma E.45 */
static double binomial(int n, int k)
{
    double product = 1;

    for (int j = 1; j <= k; j++) {
        product = product * (n - k + j) / j;
    }
    return k < 0 ? 0 : product;
}

static void by_counting(struct claim *claim, int N)
{
    for (int l = 0; l <= DEGREES; l++) {
        struct value dimension = rounded(binomial(N + l - 1, l) - binomial(N + l - 3, l - 2), 2 * l * (N + l));

        claim_case(claim, "N = %d, l = %d", N, l);
        check_equal(claim, "dimension", rounded(Z(claim, N, l, 1), 6 * (l + 2)), dimension);
        double top = Z(claim, N, l, 1);

        claim_row(claim, NULL, N, l, top, Z(claim, N, l, -1.0 / N) / top, inner(claim, N, l, l, -1.0 / N).x / top);
        if (l >= 1) {
            double B = N + 1, ratio = claim_fault(claim, "lemma") ? (B - 2) / (B - 3) : (B - 1) / (B - 3);

            check_equal(claim, "E.45", rounded(ratio, 3), rounded(c(claim, B + 1, l - 1) / c(claim, B - 1, l), 8));
        }
    }
    claim_case(claim, "N = %d", N);
    check_equal(claim, "first harmonics", exact(1), rounded(Z(claim, N, 0, 0.3), 4));
    check_equal(claim, "first harmonics", rounded(0.3 * N, 1), rounded(Z(claim, N, 1, 0.3), 8));
}

static void reproducing(struct claim *claim)
{
    const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, (int)claim_integer(claim, "B")};

    claim_column(claim, "N", EXACT, "a grid");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "dimension", RELATIVE(1e-12), "a recurrence");
    claim_column(claim, "between", ABSOLUTE(1e-13), "a recurrence, relative to the dimension");
    claim_column(claim, "mean", ABSOLUTE(1e-12), "Gauss's rule, relative to the dimension");
    for (int i = 0; i < 10; i++) {
        int N = batches[i] - 1;

        for (double t = -0.8; t < 1; t += 0.45) {
            at_angle(claim, N, t);
        }
        at_angle(claim, N, 1);
        at_angle(claim, N, -1.0 / N);
        between_samples(claim, N);
        by_counting(claim, N);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size to check: N = B - 1", 23, 4, 1000)},
                          .faults = {{"one_l", "c = (N-2)/(N+l-2)", "reproducing two?samples dimension first* E.45"},
                                     {"wrong_order", "order (N-1)/2 in place of (N-2)/2",
                                      "reproducing other?degrees two* dimension first*"},
                                     {"lemma", "(B-2)/(B-3) in lemma E.45", "E.45"}},
                          .run = reproducing,
                      }));
}
