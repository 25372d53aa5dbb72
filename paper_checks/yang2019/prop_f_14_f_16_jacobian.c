/* # Propositions F.14 to F.16: the Jacobian at the symmetric fixed point is ultrasymmetric, and factors through centring
 *
 * Yang et al. (2019), appendix F.3, proposition F.14 and definitions F.15 and F.16; lemma F.4. At any $\Sigma=\mu I+\nu11^T$ the Jacobian $T=\frac{dV_{B_\phi}}{d\Sigma}$ commutes with permutations of the
 * batch, $T_{ij|kl}=T_{\pi i\,\pi j|\pi k\,\pi l}$; it sees $\Sigma$ only through $G\Sigma G$, $T\{\Lambda\}=T\{G\Lambda G\}$; and $G\,T\,G$ restricted to $\Lambda=G\Lambda G$ is $\mathcal U$, which has the eigenvalues
 * $0$ on $\mathbb RG$, $\lambda_L$ and $\lambda_M$. Lemma F.4: a map that commutes with permutations sends a distribution that is invariant under them to a covariance $\mu I+\nu11^T$.
 *
 * **Checked.** The Jacobian entry by entry, from differences of the map by Laplace's method, which knows no symmetry, at several $\mu$ and $\nu$: under random permutations; applied to random
 * $\Lambda$ and to $G\Lambda G$; its eigenvalues against those from quadrature over the sphere, and $T\{\Sigma\}=0$. Lemma F.4 over all orders of random vectors, and for $V_{B_\phi}$.
 * **Tolerance.** Central differences at four steps, extrapolated; the last change and the map's error over the least step. Eigenvalues carry the residual.
 * **Could miss.** Activations that are not homogeneous.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <math.h>
#include <string.h>

enum { LEVELS = 4, MOST = 12 };

/* ## The Jacobian by differences */
struct jacobian {
    struct claim *claim;
    const struct homogeneous *phi;
    int B;
    double mu, nu, error; // the largest of an entry
    double *T;            // B^2 x B^2
};

/* $(V(\Sigma+h\Lambda)-V(\Sigma-h\Lambda))/2h$, and the map's error in it. */
static double difference(const struct jacobian *J, const double direction[], double h, double out[])
{
    int n = J->B * J->B;
    double S[MOST * MOST], V[MOST * MOST], error[MOST * MOST], worst = 0;

    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int k = 0; k < n; k++) {
            S[k] = J->nu + (k % (J->B + 1) == 0 ? J->mu : 0) + sign * h * direction[k];
        }
        claim_need(J->claim, batchnorm_map_laplace(J->phi, J->B, S, V, error));
        for (int k = 0; k < n; k++) {
            out[k] = (sign > 0 ? 0 : out[k]) + sign * V[k] / (2 * h);
            worst = fmax(worst, error[k] / h);
        }
    }
    return worst;
}

/* The error of a central difference is a series in $h^2$. */
static void along(struct jacobian *J, const double direction[], double out[])
{
    int n = J->B * J->B;
    double table[LEVELS][MOST * MOST], noise = 0;

    for (int level = 0; level < LEVELS; level++) {
        double factor = 1;

        noise = 2 * difference(J, direction, J->mu * ldexp(0.08, -level), table[level]);
        for (int j = level - 1; j >= 0; j--) {
            factor *= 4;
            for (int k = 0; k < n; k++) {
                table[j][k] = table[j + 1][k] + (table[j + 1][k] - table[j][k]) / (factor - 1);
                if (level == LEVELS - 1 && j == 1) {
                    J->error = fmax(J->error, noise);
                }
            }
        }
        for (int k = 0; level == LEVELS - 1 && k < n; k++) {
            J->error = fmax(J->error, fabs(table[0][k] - table[1][k]) + noise);
            out[k] = table[0][k];
        }
    }
}

static void fill(struct jacobian *J)
{
    int B = J->B, n = B * B;
    double direction[MOST * MOST], column[MOST * MOST];

    for (int k = 0; k < B; k++) {
        for (int l = k; l < B; l++) {
            memset(direction, 0, sizeof direction);
            direction[k * B + l] += 0.5;
            direction[l * B + k] += 0.5;
            along(J, direction, column);
            for (int i = 0; i < n; i++) {
                J->T[i * n + k * B + l] = J->T[i * n + l * B + k] = column[i];
            }
        }
    }
}

/* ## Symmetry */
static void permuted(struct jacobian *J, struct stream *stream)
{
    int B = J->B, n = B * B;
    size_t p[MOST];

    stream_permutation(stream, (size_t)B, p);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++) {
            int pi = (int)p[i / B] * B + (int)p[i % B], pk = (int)p[k / B] * B + (int)p[k % B];
            struct value d = measured(J->T[i * n + k] - J->T[pi * n + pk], 2 * J->error, QUADRATURE);

            check_zero(J->claim, "permutations", d, fabs(J->T[0]));
        }
    }
}

/* A random direction and the same one centred; and $T\{\Sigma\}=0$. */
static void centring(struct jacobian *J, struct stream *stream)
{
    int B = J->B, n = B * B;
    double L[MOST * MOST], centred[MOST * MOST], a[MOST * MOST], b[MOST * MOST], size = 0;

    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            L[i * B + j] = L[j * B + i] = stream_normal(stream);
        }
    }
    centre_both(B, L, centred);
    centred[0] *= claim_fault(J->claim, "one_entry") ? 1.01 : 1;
    for (int k = 0; k < n; k++) {
        size += fabs(L[k]);
    }
    operator_apply(B, J->T, L, a);
    operator_apply(B, J->T, centred, b);
    for (int k = 0; k < n; k++) {
        check_zero(J->claim, "centred", measured(a[k] - b[k], 2 * size * J->error, QUADRATURE), fabs(J->T[0]));
    }
    for (int k = 0; k < n; k++) {
        L[k] = J->nu + (k % (B + 1) == 0 ? J->mu : 0);
    }
    operator_apply(B, J->T, L, a);
    for (int k = 0; k < n; k++) {
        check_zero(J->claim, "no scale", measured(a[k], n * (J->mu + fabs(J->nu)) * J->error, QUADRATURE),
                   J->mu * fabs(J->T[0]));
    }
}

/* ## Eigenvalues
 * At the fixed point $\mu^*$; elsewhere $T$ is $\frac{\mu^*}\mu$ times that. */
static void eigenvalues(struct jacobian *J, const char *name)
{
    struct activation phi;
    struct batchnorm_state state;

    claim_need(J->claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(J->claim, batchnorm_state_sphere(&response, J->B, &state));
    struct spectrum seen = operator_spectrum(J->B, J->T);
    double noise = J->B * J->B * J->error, mu = claim_fault(J->claim, "not_scaled") ? 1 : J->mu;
    struct value ratio = value_scale(mu, value_div(exact(1), state.fixed.mu));
    check_zero(J->claim, "eigenvalue on RG", value_with(value_mul(ratio, seen.G), noise, QUADRATURE), 1);
    check_zero(J->claim, "lambda_L",
               value_sub(state.forward.L, value_with(value_mul(ratio, seen.L), ratio.x * noise, QUADRATURE)), 1);
    check_zero(J->claim, "lambda_M",
               value_sub(state.forward.M, value_with(value_mul(ratio, seen.M), ratio.x * noise, QUADRATURE)), 1);
}

static void at(struct claim *claim, const char *name, int B, double mu, double nu)
{
    struct activation phi;
    struct homogeneous h;
    struct stream stream = claim_stream(claim, 0, (uint32_t)B);

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    struct jacobian J = {claim, &h, B, mu, nu, 0, memory_doubles((size_t)(B * B) * (size_t)(B * B))};
    fill(&J);
    claim_case(claim, "%s, B = %d, mu = %g, nu = %g", name, B, mu, nu);
    permuted(&J, &stream);
    centring(&J, &stream);
    eigenvalues(&J, name);
    int n = B * B;
    double diagonal = J.T[0] * mu, other = J.T[B + 1] * mu, mixed = J.T[1] * mu, cross = J.T[n + 1] * mu;
    claim_row(claim, name, B, mu, nu, diagonal, other, mixed, cross);
    memory_free(J.T);
}

/* ## Lemma F.4
 * All orders of a random vector, by Heap's algorithm; $\Phi$ is batch normalisation with the activation. */
struct orders {
    const struct homogeneous *phi;
    double sum[25], count;
};

static void add_order(struct orders *orders, const double x[5])
{
    double mean = 0, square = 0, y[5];

    for (int i = 0; i < 5; i++) {
        mean += x[i] / 5;
    }
    for (int i = 0; i < 5; i++) {
        square += (x[i] - mean) * (x[i] - mean);
    }
    for (int i = 0; i < 5; i++) {
        y[i] = homogeneous_value(orders->phi, sqrt(5 / square) * (x[i] - mean));
    }
    for (int k = 0; k < 25; k++) {
        orders->sum[k] += y[k / 5] * y[k % 5];
    }
    orders->count++;
}

static void all_orders(struct orders *orders, int k, double x[5])
{
    if (k == 1) {
        add_order(orders, x);
        return;
    }
    for (int i = 0; i < k; i++) {
        int swap = k % 2 ? 0 : i;
        double kept = x[swap];

        all_orders(orders, k - 1, x);
        kept = x[swap];
        x[swap] = x[k - 1];
        x[k - 1] = kept;
    }
}

static void check_bsb1(struct claim *claim, int B, const double V[], double bound)
{
    for (int k = 0; k < B * B; k++) {
        double same = k % (B + 1) == 0 ? V[0] : V[1];

        check_zero(claim, "mu I + nu 11'", measured(V[k] - same, bound, ROUNDING), fabs(V[0]));
    }
}

static void lemma(struct claim *claim, const char *name)
{
    struct activation phi;
    struct homogeneous h;
    double S[64], V[64], error[64];

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    for (uint32_t number = 0; number < 5; number++) {
        struct stream stream = claim_stream(claim, 1, number);
        struct orders orders = {.phi = &h};
        double x[5];

        stream_normals(&stream, 5, x);
        all_orders(&orders, 5, x);
        claim_case(claim, "%s, all orders of vector %u", name, number);
        check_equal(claim, "all orders", exact(120), exact(orders.count));
        check_bsb1(claim, 5, orders.sum, 1e-12 * orders.sum[0] + 1e-10);
        shape_bsb1(8, 1 + number, 0.3 * number, S);
        claim_need(claim, batchnorm_map_laplace(&h, 8, S, V, error));
        claim_case(claim, "%s, BSB1 matrix %u", name, number);
        check_bsb1(claim, 8, V, 2 * error[0]);
    }
}

static void jacobians(struct claim *claim)
{
    const char *name = claim_text(claim, "phi");
    int B = (int)claim_integer(claim, "B");
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    if (activation_homogeneity(&phi) > 10) {
        claim_refuse(claim, "%s: a degree of 10 at most wanted", name);
    }
    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a setting");
    claim_column(claim, "mu", EXACT, "a setting");
    claim_column(claim, "nu", EXACT, "a setting");
    for (int k = 0; k < 4; k++) {
        static const char *const columns[] = {"T_11_11", "T_11_22", "T_11_12", "T_12_12"};

        claim_column(claim, columns[k], ABSOLUTE(1e-7), "extrapolated differences");
    }
    at(claim, name, B, 1, 0);
    at(claim, name, B, 0.4, 0.3);
    at(claim, "relu", 4, 1, 0.5);
    at(claim, "id", 6, 2, -0.1);
    at(claim, "abs", 5, 1, 0);
    at(claim, "lrelu:0.3", 7, 1, 0);
    lemma(claim, name);
    lemma(claim, "relu");
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "a homogeneous activation of degree 10 at most", "relu"),
                           integer("B", "batch size", 5, 4, 10)},
            .faults = {{"one_entry", "the first diagonal entry of G Lambda G one percent too large", "centred"},
                       {"not_scaled", "mu forgotten where the Jacobian is taken elsewhere", "lambda_L lambda_M"}},
            .run = jacobians,
        }));
}
