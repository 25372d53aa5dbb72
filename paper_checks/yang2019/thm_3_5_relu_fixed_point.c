/* # Theorem 3.5: the symmetric fixed point of relu is an arc-cosine kernel
 *
 * Yang et al. (2019), section 3.1.1, theorem 3.5. With batch normalisation and relu the covariance $q^*((1-c^*)I+c^*\mathbf 1\mathbf 1^T)$ of a batch of $B$ samples
 * is a fixed point for
 *
 * $$q^*=\frac12,\qquad c^*=J_1\Big(\frac{-1}{B-1}\Big)=\frac1\pi-\frac1{2(B-1)}+O\big((B-1)^{-2}\big),\qquad
 * J_1(c)=\frac1\pi\big(\sqrt{1-c^2}+(\pi-\arccos c)\,c\big).$$
 *
 * **Checked.** Both numbers, from $J_1$ as printed, against two witnesses: means over the sphere $S^{B-2}$ by quadrature, and the covariance map itself
 * (theorem 3.2, one integral over $s$) applied until a random covariance stops moving. The expansion: the remainder after two terms falls like
 * $(B-1)^{-2}$.
 * **Tolerance.** Quadrature states its error. Iteration stops after as many layers as its slowest eigenvalue $\lambda_L$ of theorem 3.7 asks for; what is left is taken
 * from the last step and that eigenvalue.
 * **Could miss.** Other fixed points: theorem F.5 says that there is no other symmetric one, section 3.1 and appendix K have asymmetric ones.
 * **Found.** Holds. The remainder is $\frac1{2\pi}(B-1)^{-2}$ to leading order. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <math.h>

/* ## As printed
 * A dozen roundings, and $c$ itself is rounded. */
static struct value J_1(struct claim *claim, double c) {
    double angle = claim_fault(claim, "sine") ? asin(c) : acos(c);

    return rounded((sqrt(1 - c * c) + (M_PI - angle) * c) / M_PI, 12);
}

static struct value
c_star(struct claim *claim, int B)
{
    return J_1(claim, -1.0 / (claim_fault(claim, "one_sample_more") ? B : B - 1));
}

/* ## The sphere
 * At a covariance of this form batch normalisation sees a uniform direction, whatever the radius: $q^*=\mathbb E\,\phi(h_1)^2$ and
 * $q^*c^*=\mathbb E\,\phi(h_1)\phi(h_2)$. */
static double relu(double h, void *context)
{
    (void)context;
    return h > 0 ? h : 0;
}

static double relu_squared(double h, void *context)
{
    return relu(h, context) * relu(h, context);
}

static struct value on_sphere(struct claim *claim, int B, struct value *q)
{
    static const double zero[] = {0};
    struct piecewise phi = {relu, NULL, 1, zero}, square = {relu_squared, NULL, 1, zero};

    *q = claim_value(claim, sphere_mean(B, &square));
    return value_div(claim_value(claim, sphere_product(B, &phi, &phi)), *q);
}

/* ## The map, iterated
 * From the Gram matrix of random inputs. The distance left after the last step is at most $\lambda/(1-\lambda)$ times that step. */
static void random_covariance(struct claim *claim, int B, double S[])
{
    struct stream stream = claim_stream(claim, 1, (uint32_t)B);
    double *X = memory_doubles((size_t)(2 * B * B));

    stream_normals(&stream, (size_t)(2 * B * B), X);
    linear_gram(B, 2 * B, X, S);
    memory_free(X);
}

static struct value iterated(struct claim *claim, int B, struct value *q)
{
    size_t entries = (size_t)(B * B);
    double *S = memory_doubles(entries), *next = memory_doubles(entries), *error = memory_doubles(entries);
    struct activation phi;
    struct homogeneous relu_again;
    double step = 1, largest_error = 0;

    claim_need(claim, activation_find("relu", &phi));
    claim_need(claim, homogeneous_find(&phi, &relu_again));
    double lambda = claim_value(claim, batchnorm_forward_L(&phi, B)).x;
    random_covariance(claim, B, S);
    for (int l = 0; l < 10 + 30 / -log(lambda) && step > 0; l++) {
        claim_need(claim, batchnorm_map_laplace(&relu_again, B, S, next, error));
        step = largest_error = 0;
        for (size_t i = 0; i < entries; i++) {
            step = fmax(step, fabs(next[i] - S[i]));
            largest_error = fmax(largest_error, error[i]);
            S[i] = next[i];
        }
    }
    double left = (step + largest_error) / (1 - lambda);
    *q = measured(S[0], left, QUADRATURE);
    struct value c = value_div(measured(S[1], left, QUADRATURE), *q);
    memory_free(S);
    memory_free(next);
    memory_free(error);
    return c;
}

static void at_batch_size(struct claim *claim, int B)
{
    struct value claimed = c_star(claim, B), half = exact(claim_fault(claim, "trace_B") ? 1 : 0.5), q;
    struct value sphere = on_sphere(claim, B, &q);

    claim_case(claim, "B = %d", B);
    check_equal(claim, "q, sphere", half, q);
    check_equal(claim, "c, sphere", claimed, sphere);
    if (B <= 12) {
        struct value fixed = iterated(claim, B, &q);

        check_equal(claim, "q, iterated map", half, q);
        check_equal(claim, "c, iterated map", claimed, fixed);
    }
}

/* ## The expansion
 * The remainder on logarithmic scales against $B-1$, from $B=11$ to $1001$. */
static void expansion(struct claim *claim)
{
    enum { POINTS = 9 };
    double x[POINTS], y[POINTS], second = claim_fault(claim, "full_second_term") ? 1 : 0.5;
    struct line line;

    for (int i = 0; i < POINTS; i++) {
        double n = round(10 * exp2(i * 0.83));
        struct value remainder = claim_value(claim, arccosine_kernel(1, -1 / n));

        x[i] = log(n);
        y[i] = log(fabs(remainder.x - M_1_PI + second / n));
    }
    claim_need(claim, line_fit(POINTS, x, y, NULL, &line));
    claim_case(claim, "B - 1 from 10 to 1000");
    check_rate(claim, "order of the remainder", exact(-2), line.slope);
}

static void fixed_point(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000, 10000};

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "c", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "two_terms", RELATIVE(1e-14), "a closed form");
    claim_column(claim, "sphere", RELATIVE(1e-11), "adaptive quadrature");
    for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
        struct value q;

        at_batch_size(claim, sizes[i]);
        claim_row(claim, NULL, sizes[i], c_star(claim, sizes[i]).x, M_1_PI - 0.5 / (sizes[i] - 1),
                  on_sphere(claim, sizes[i], &q).x);
    }
    at_batch_size(claim, (int)claim_integer(claim, "B"));
    expansion(claim);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size to check", 64, 4, 10000)},
                          .faults = {{"one_sample_more", "c = -1/B in place of -1/(B-1)", "c,*"},
                                     {"sine", "arcsin in place of arccos in J_1", "c,*"},
                                     {"trace_B", "q* = 1, the identity's", "q,*"},
                                     {"full_second_term", "1/(B-1) in place of 1/(2(B-1)) in the expansion", "order*"}},
                          .run = fixed_point,
                      }));
}
