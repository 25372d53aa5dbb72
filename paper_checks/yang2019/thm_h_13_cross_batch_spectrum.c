/* # Theorem H.13: all eigenvalues of the covariance map of several batches
 *
 * Yang et al. (2019), appendix H.2, theorem H.13. At the fixed point of $k$ batches the Jacobian of the covariance map, on $\Lambda$ ($kB\times kB$) with centred blocks, has the
 * eigenvalues $\lambda_L^\uparrow$, $\lambda_M^\uparrow$ and 0 of one batch, and on matrices whose diagonal blocks are 0
 *
 * $$\lambda_{\tilde M}^\uparrow=\frac{2a_1^2}{\mu^*}\,P\Big(\frac{B-1}2,\frac12\Big)^2\frac B{B-1}=\frac{\frac12a_1^2\,P(\frac B2,\frac12)^{-2}B(B-1)}
 *   {\sum_la_l^2\,\frac1{c_{B-1,l}}\big(C_l(1)-C_l(\frac{-1}{B-1})\big)},\qquad P(x,y)=\frac{\Gamma(x+y)}{\Gamma(x)},$$
 *
 * $a_l$ being the Gegenbauer coefficients of $\phi(\sqrt{B-1}\,x)$. An eigenmatrix $\Sigma$ of one batch, with eigenvalue $\lambda$, goes into a diagonal block, with
 * $-(\lambda-\lambda_{\tilde M})^{-1}V\{\Sigma\}$ beside it, where $V$ takes the change of a diagonal block to the blocks beside it.
 *
 * **Checked.** The Jacobian as a $(kB)^2\times(kB)^2$ matrix, each entry a mean under the Gaussian of the fixed point (its derivative is put on the density), for two
 * and three batches: LAPACK's eigenvalues with their multiplicities, and the eigenmatrices. Both forms against it, and against means over the
 * sphere at large $B$. And against samples of two correlated batches, with no derivative at all.
 * **Tolerance.** Quadrature, series (what they miss of the norm) and LAPACK state their errors. Samples have a standard error, and a bias of fourth order in the
 * correlation, $0.1$.
 * **Could miss.** In samples anything below a percent.
 * **Found.** Holds. $V$ is 0 at the fixed point: it makes blocks with equal columns, which $G$ removes. So the eigenmatrices are just blocks, and no condition on
 * $\lambda_{\tilde M}$ is needed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/gegenbauer.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <math.h>
#include <string.h>

enum { DEGREES = 300 };

static struct value pochhammer(int twice_x, double y)
{
    return sphere_radius_moment(twice_x + 1, 0.5, 2 * y);
}

/* ## As printed
 * With $d_l=C_l(1)/c_{B-1,l}$ and $R_l=C_l/C_l(1)$ the coefficients in an orthonormal basis are $f_l=\sqrt{d_l}\,a_l$; $d_1=B-1$. What the degrees beyond the last
 * have of $\sum f_l^2=\mathbb E\phi^2$ they bring to the denominator with a factor $1-R_l$. */
static double square_of(double x, void *context)
{
    const struct piecewise *phi = context;
    double value = phi->f(x, phi->context);

    return value * value;
}

static struct value denominator(struct claim *claim, const struct piecewise *phi, int B, const struct value f[])
{
    double R[2 * DEGREES + 1], largest = 0;
    struct value norm = sphere_mean(B, &(struct piecewise){square_of, (void *)phi, phi->kinks, phi->kink}),
                 sum = exact(0), rest = norm;

    gegenbauer_ratios(2 * DEGREES, (B - 3) / 2.0, -1.0 / (claim_fault(claim, "one_sample_more") ? B : B - 1), R);
    for (int l = 0; l <= DEGREES; l++) {
        struct value square = value_mul(f[l], f[l]);

        sum = value_add(sum, value_scale(1 - R[l], square));
        rest = value_sub(rest, square);
    }
    for (int l = DEGREES + 1; l <= 2 * DEGREES; l++)
        largest = fmax(largest, fabs(R[l]));
    return value_with(value_add(sum, rest), largest * fabs(rest.x), QUADRATURE);
}

struct forms {
    struct value first, second;
};

static struct forms printed(struct claim *claim, const struct response *phi, int B, struct value mu)
{
    struct value f[DEGREES + 1], above = pochhammer(B - 1, 0.5),
                                 below = pochhammer(claim_fault(claim, "one_half_less") ? B - 1 : B, 0.5);

    claim_need(claim, gegenbauer_expand(B - 1, &phi->value, DEGREES, f));
    struct value square = value_scale(1.0 / (B - 1), value_mul(f[1], f[1])); // a_1^2
    double two = claim_fault(claim, "without_two") ? 1 : 2;
    return (struct forms){value_scale(two * B / (B - 1.0), value_div(value_mul(square, value_mul(above, above)), mu)),
                          value_scale(0.5 * B * (B - 1.0), value_div(value_div(square, value_mul(below, below)),
                                                                     denominator(claim, &phi->value, B, f)))};
}

/* ## The Jacobian as a matrix
 * $dV_{ab}\{\Lambda\}=\frac1{2\mu^2}\mathbb E\,\phi_a\phi_b(y^T\Lambda y-\mu\,\mathrm{tr}\,\Lambda)$ for centred blocks. Within a batch that is the forward operator of one batch. Batches are
 * independent at the fixed point, so that between two all entries come from $\mathbb E\phi$, $\mathbb E\phi_1y_j$ and $\mathbb E\phi_1y_jy_k$, and these from three means over one coordinate. */
struct jacobian {
    int B, k;
    double mu, radius, mean, first, second; // E r, E phi, E phi h, E phi h^2
    struct brackets U;
};

static double with_power(double x, void *context)
{
    const struct piecewise *const *phi = context;

    return (*phi)->f(x, (*phi)->context) * x;
}

static double with_square(double x, void *context)
{
    return with_power(x, context) * x;
}

static void jacobian_start(struct claim *claim, const struct response *phi, int B, int k, struct value mu,
                           struct jacobian *J)
{
    const struct piecewise *value = &phi->value;

    *J = (struct jacobian){.B = B, .k = k, .mu = mu.x, .radius = sphere_radius_moment(B, mu.x, 1).x};
    J->mean = claim_value(claim, sphere_mean(B, value)).x;
    J->first =
        claim_value(claim, sphere_mean(B, &(struct piecewise){with_power, (void *)&value, value->kinks, value->kink}))
            .x;
    J->second =
        claim_value(claim, sphere_mean(B, &(struct piecewise){with_square, (void *)&value, value->kinks, value->kink}))
            .x;
    claim_need(claim, batchnorm_forward_brackets(phi, B, &J->U));
}

/* $\mathbb E\phi_iy_k$ and $\mathbb E\phi_iy_ky_l$: given $h_i=x$ the others have mean $-\frac x{B-1}$ and so on. */
static double mean_one(const struct jacobian *J, int i, int k)
{
    return J->radius / sqrt(J->B) * (i == k ? J->first : -J->first / (J->B - 1));
}

static double mean_two(const struct jacobian *J, int i, int k, int l)
{
    double B = J->B, size = J->mu * (B - 1) / B, m = J->mean, s = J->second;

    if (i == k && i == l)
        return size * s;
    if (i == k || i == l)
        return -size * s / (B - 1);
    return size * (k == l ? (B * m - s) / (B - 1) : (2 * s - B * m) / ((B - 1) * (B - 2)));
}

/* The entry of $V_{ai,bj}$ and $\Lambda_{ck,dl}$, batches $a,b,c,d$. */
static double entry(const struct jacobian *J, const double U[], const int batch[4], const int sample[4])
{
    int a = batch[0], b = batch[1], c = batch[2], d = batch[3], i = sample[0], j = sample[1], k = sample[2],
        l = sample[3], B = J->B;
    double half = 0.5 / (J->mu * J->mu), trace = J->mu * ((k == l ? 1 : 0) - 1.0 / B);

    if (a == b)
        return c == a && d == a ? U[((i * B + j) * B + k) * B + l] : 0;
    if (c == d)
        return c == a   ? half * J->mean * (mean_two(J, i, k, l) - trace * J->mean)
               : c == b ? half * J->mean * (mean_two(J, j, k, l) - trace * J->mean)
                        : 0;
    return c == a && d == b   ? half * mean_one(J, i, k) * mean_one(J, j, l)
           : c == b && d == a ? half * mean_one(J, i, l) * mean_one(J, j, k)
                              : 0;
}

/* $G$ on both sides of each of the $k\times k$ blocks of S. */
static void centre_blocks(int B, int k, double S[])
{
    double *block = memory_doubles((size_t)(B * B)), *out = memory_doubles((size_t)(B * B));
    int n = k * B;

    for (int corner = 0; corner < k * k; corner++) {
        double *at = S + corner / k * B * n + corner % k * B;

        for (int i = 0; i < B * B; i++)
            block[i] = at[i / B * n + i % B];
        centre_both(B, block, out);
        for (int i = 0; i < B * B; i++)
            at[i / B * n + i % B] = out[i];
    }
    memory_free(block);
    memory_free(out);
}

/* With centred blocks on both sides. matrix has $(kB)^2\times(kB)^2$ numbers. */
static void jacobian_matrix(const struct jacobian *J, double matrix[])
{
    int B = J->B, n = J->k * B, N = n * n;
    double *U = memory_doubles((size_t)(B * B) * (size_t)(B * B)), *column = memory_doubles((size_t)N);

    ultrasymmetric_matrix(B, &J->U, U);
    for (int row = 0; row < N; row++) {
        for (int c = 0; c < N; c++)
            matrix[row * N + c] = entry(J, U, (int[]){row / n / B, row % n / B, c / n / B, c % n / B},
                                        (int[]){row / n % B, row % n % B, c / n % B, c % n % B});
        centre_blocks(B, J->k, matrix + row * N);
    }
    for (int c = 0; c < N; c++) {
        for (int row = 0; row < N; row++)
            column[row] = matrix[row * N + c];
        centre_blocks(B, J->k, column);
        for (int row = 0; row < N; row++)
            matrix[row * N + c] = column[row];
    }
    memory_free(U);
    memory_free(column);
}

/* ## LAPACK's eigenvalues */
struct space {
    const char *name;
    struct value lambda;
    int dimension;
};

enum { SPACES = 4 };

static void count_eigenvalues(struct claim *claim, const struct space space[SPACES], int N, const double eigenvalue[],
                              double error)
{
    for (int s = 0; s < SPACES; s++) {
        int claimed = 0, found = 0;
        double reach = 1e-9 + error, sum = 0;

        for (int t = 0; t < SPACES; t++) // spaces that share an eigenvalue are counted together
            claimed += fabs(space[t].lambda.x - space[s].lambda.x) < 2 * reach ? space[t].dimension : 0;
        for (int i = 0; i < N; i++) {
            if (fabs(eigenvalue[i] - space[s].lambda.x) < reach) {
                found++;
                sum += eigenvalue[i];
            }
        }
        check_equal(claim, "multiplicity", exact(claimed), exact(found));
        if (found > 0 && fabs(space[s].lambda.x) > 2 * reach)
            check_equal(claim, space[s].name, space[s].lambda, measured(sum / found, error, QUADRATURE));
    }
}

static double asymmetry(int N, const double matrix[])
{
    double sum = 0;

    for (int i = 0; i < N; i++)
        for (int j = 0; j < i; j++)
            sum += 2 * (matrix[i * N + j] - matrix[j * N + i]) * (matrix[i * N + j] - matrix[j * N + i]);
    return sqrt(sum);
}

/* ## Eigenmatrices
 * A matrix of one batch in the first diagonal block; a random block beside it. */
static void check_eigenmatrix(struct claim *claim, const struct jacobian *J, const double matrix[], const char *name,
                              int column, const double block[], struct value lambda, double error)
{
    int B = J->B, n = J->k * B, N = n * n;
    double *S = memory_doubles((size_t)N), *image = memory_doubles((size_t)N);

    for (int i = 0; i < B * B; i++) {
        S[i / B * n + column * B + i % B] = block[i];
        S[(column * B + i % B) * n + i / B] = block[i];
    }
    double size = linear_norm(N, S);
    linear_multiply(false, false, N, 1, N, 1, matrix, S, 0, image);
    linear_axpy(N, -lambda.x, S, image);
    check_zero(claim, name, measured(linear_norm(N, image) / size, error + value_bound(lambda), ROUNDING), 1);
    memory_free(S);
    memory_free(image);
}

static void eigenmatrices(struct claim *claim, const struct jacobian *J, const double matrix[],
                          const struct space space[SPACES], double error)
{
    struct stream stream = claim_stream(claim, 1, (uint32_t)(10 * J->B + J->k));
    int B = J->B, n = B * B;
    double *S = memory_doubles((size_t)n), *random = memory_doubles((size_t)n);

    shape_bsb1(B, B - 1, -1, S);
    check_eigenmatrix(claim, J, matrix, "G in a block", 0, S, exact(0), error);
    shape_L(B, 0, 1, B - 2, 1, S);
    check_eigenmatrix(claim, J, matrix, "L in a block", 0, S, space[1].lambda, error);
    symmetric_random(&stream, B, random);
    project_on_M(B, random, S);
    check_eigenmatrix(claim, J, matrix, "M in a block", 0, S, space[2].lambda, error);
    stream_normals(&stream, (size_t)n, random);
    centre_both(B, random, S);
    check_eigenmatrix(claim, J, matrix, "beside the diagonal", 1, S, space[0].lambda, error);
    memory_free(S);
    memory_free(random);
}

static void explicit_matrix(struct claim *claim, const char *name, int B, int k, bool tabulate)
{
    struct activation phi;
    struct batchnorm_state sphere;
    struct jacobian J;
    int n = k * B, N = n * n;
    double *matrix = memory_doubles((size_t)N * (size_t)N), *eigenvalue = memory_doubles((size_t)N);

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    struct forms forms = printed(claim, &response, B, sphere.fixed.mu);
    int one = claim_fault(claim, "symmetric_blocks") ? B * (B - 1) / 2 : (B - 1) * (B - 1);
    struct space space[SPACES] = {
        {"between, LAPACK", forms.first, k * (k - 1) / 2 * one},
        {"L, LAPACK", sphere.forward.L, k * (B - 1)},
        {"M, LAPACK", sphere.forward.M, k * B * (B - 3) / 2},
        {"zero", exact(0), N - k * (k - 1) / 2 * (B - 1) * (B - 1) - k * (B - 1) - k * B * (B - 3) / 2}};
    jacobian_start(claim, &response, B, k, sphere.fixed.mu, &J);
    jacobian_matrix(&J, matrix);
    claim_need(claim, linear_symmetric_eigen(N, matrix, eigenvalue, NULL));
    double error = asymmetry(N, matrix) + 1e-15 * N + value_bound(J.U.b1111);
    claim_case(claim, "%s, B = %d, k = %d", name, B, k);
    count_eigenvalues(claim, space, N, eigenvalue, error);
    eigenmatrices(claim, &J, matrix, space, error);
    for (int i = N - 1, row = 0; tabulate && i >= 0; i--)
        if (fabs(eigenvalue[i]) > 1e-9)
            claim_row(claim, NULL, ++row, eigenvalue[i], forms.first.x, sphere.forward.L.x, sphere.forward.M.x);
    memory_free(matrix);
    memory_free(eigenvalue);
}

/* ## Both forms at any batch size */
static void on_sphere(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct batchnorm_state sphere;

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    struct forms forms = printed(claim, &response, B, sphere.fixed.mu);
    claim_case(claim, "%s, B = %d", name, B);
    if (activation_parity(&phi) == 1) {
        check_zero(claim, "even", value_sub(forms.first, sphere.cross), 1);
        return;
    }
    check_equal(claim, "first form, sphere", forms.first, sphere.cross);
    check_equal(claim, "second form, sphere", forms.second, sphere.cross);
}

/* ## Samples
 * Two batches with correlation $t$ between the same samples: $\langle G,V_{12}\rangle=\lambda\,t\mu\,(B-1)+\dots$, odd in $t$ for common random numbers. */
enum { SAMPLED = 8 };

static void activated(const struct activation *phi, const double z[], double out[])
{
    double mean = 0, square = 0, sum = 0;

    for (int i = 0; i < SAMPLED; i++)
        mean += z[i] / SAMPLED;
    for (int i = 0; i < SAMPLED; i++)
        square += (z[i] - mean) * (z[i] - mean) / SAMPLED;
    for (int i = 0; i < SAMPLED; i++) {
        out[i] = activation_value(phi, (z[i] - mean) / sqrt(square));
        sum += out[i] / SAMPLED;
    }
    for (int i = 0; i < SAMPLED; i++)
        out[i] -= sum;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    double z[2 * SAMPLED], other[SAMPLED], first[SAMPLED], second[SAMPLED], slope[2];

    (void)sample;
    stream_normals(stream, 2 * SAMPLED, z);
    activated(context, z, first);
    for (int step = 0; step < 2; step++) {
        double t = step ? 0.2 : 0.1, product[2];

        for (int side = 0; side < 2; side++) {
            for (int i = 0; i < SAMPLED; i++)
                other[i] = (side ? t : -t) * z[i] + sqrt(1 - t * t) * z[SAMPLED + i];
            activated(context, other, second);
            product[side] = linear_dot(SAMPLED, first, second);
        }
        slope[step] = (product[1] - product[0]) / (2 * t * (SAMPLED - 1));
    }
    out[0] = (4 * slope[0] - slope[1]) / 3;
    return STATUS_OK;
}

static void by_samples(struct claim *claim, const char *name, uint32_t number)
{
    struct activation phi;
    struct batchnorm_state sphere;
    struct moments found;

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, SAMPLED, &sphere));
    struct ensemble ensemble =
        claim_ensemble(claim, 100 + number, (size_t)claim_integer(claim, "samples"), 1, draw, &phi);
    claim_need(claim, ensemble_moments(&ensemble, &found));
    claim_case(claim, "%s, B = %d", name, SAMPLED);
    check_equal(claim, "samples", printed(claim, &response, SAMPLED, sphere.fixed.mu).first,
                value_with(value_div(moments_mean(found), sphere.fixed.mu), 2e-4, FINITE_SIZE));
}

static void cross_batch_spectrum(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    const char *const *name = activation_names();
    const char *chosen = claim_text(claim, "phi");
    int sparse[SCALES] = {9, 4, 1}, every = sparse[claim_scale(claim)], B = (int)claim_integer(claim, "B"),
        k = (int)claim_integer(claim, "k");
    struct activation phi;

    claim_need(claim, activation_find(chosen, &phi));
    if (activation_homogeneity(&phi) <= 0)
        claim_refuse(claim, "phi = %s: a continuous activation wanted", chosen);
    if (k * B > 18)
        claim_refuse(claim, "k = %d batches of B = %d: at most 18 samples in all", k, B);
    claim_column(claim, "number", EXACT, "a count");
    claim_column(claim, "eigenvalue", ABSOLUTE(1e-11), "LAPACK's");
    claim_column(claim, "between", ABSOLUTE(1e-11), "a coefficient, by quadrature");
    claim_column(claim, "L", ABSOLUTE(1e-11), "quadrature");
    claim_column(claim, "M", ABSOLUTE(1e-11), "quadrature");
    explicit_matrix(claim, chosen, B, k, true);
    explicit_matrix(claim, "tanh", 4, 2, false);
    if (claim_scale(claim) != SCALE_SMOKE) {
        explicit_matrix(claim, "relu", 4, 3, false);
        explicit_matrix(claim, "id", 5, 2, false);
        explicit_matrix(claim, "x^2", 6, 2, false);
    }
    for (int n = 0; name[n] != NULL; n++)
        for (int i = n % every; i < 10; i += every)
            on_sphere(claim, name[n], sizes[i]);
    on_sphere(claim, chosen, B);
    by_samples(claim, "relu", 0);
    by_samples(claim, "tanh", 1);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "the activation whose spectrum is drawn", "relu"),
                           integer("B", "batch size of the explicit matrix", 4, 4, 9),
                           integer("k", "how many batches", 2, 2, 4),
                           integer_by_scale("samples", "pairs of batches", 5000, 50000, 5000000, 1000, 100000000)},
            .faults =
                {{"without_two", "a_1^2 without the factor 2 in the first form", "multiplicity beside* first* samples"},
                 {"one_half_less", "P((B-1)/2, 1/2) in place of P(B/2, 1/2) in the second form", "second*"},
                 {"one_sample_more", "C_l(-1/B) in place of C_l(-1/(B-1))", "second*"},
                 {"symmetric_blocks", "blocks between batches counted as if they were symmetric", "multiplicity"}},
            .run = cross_batch_spectrum,
        }));
}
