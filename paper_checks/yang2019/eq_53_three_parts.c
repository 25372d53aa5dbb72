/* # Equation 53: the backward operator of a homogeneous activation in three parts
 *
 * Yang et al. (2019), appendix G.2, equation 53. For $\phi$ positive-homogeneous of degree $\alpha$ the backward operator at the symmetric fixed point is $F=B^\alpha(A+B-C)$ with,
 * over $y\sim N(0,\mu^*G)$, $r=\|y\|$, and $D=\mathrm{diag}\,\phi'(y)$ at $y$ itself, not at the normalised batch,
 *
 * $$A\{\Lambda\}=\mathbb E\,r^{-2\alpha}D\Lambda D,\qquad B\{\Lambda\}=\mathbb E\,r^{-2(\alpha+2)}Dyy^T\Lambda yy^TD,\qquad
 *   C\{\Lambda\}=\mathbb E\,r^{-2(\alpha+1)}(D\Lambda yy^TD+Dyy^T\Lambda D).$$
 *
 * **Checked.** Before means are taken: at random $y$, $\Lambda$ and $u$ the number $u^T(\cdot)u$ against $g^T\Lambda g$, where $g$ is the gradient of
 * $u^T\phi(\sqrt B\,y/\|y\|)$ by differences. The means: eigenvalues of the three parts, by integrals over the sphere and theorem E.62, summed, against traces of the whole
 * operator; and samples of $y$, with the powers of $r$ as printed, against the same.
 * **Tolerance.** Differences and quadrature state their errors. Samples have a standard error.
 * **Could miss.** In samples anything below a percent; at degrees below 1 there are none, because $\phi'^2$ has no variance.
 * **Found.** Holds. $B$ and $C$ fall like $1/B$ and faster; with $B=4$ they take a quarter off relu's $\lambda_G$. */
#include <assay/evidence/spaces.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum { LARGEST = 33, SAMPLED = 12 };

/* ## As printed
 * $u^T(\cdot)u$ of the integrand: with $p=Du$ and $q=\langle y,p\rangle$ it is $r^{-2\alpha}p^T\Lambda p+r^{-2(\alpha+2)}q^2\,y^T\Lambda y-2r^{-2(\alpha+1)}q\,p^T\Lambda y$. */
struct faults {
    bool one_power, one_order, power_of_B;
};

static double form(int B, const double x[], const double Lambda[], const double y[])
{
    double sum = 0;

    for (int i = 0; i < B; i++)
        sum += x[i] * linear_dot(B, Lambda + i * B, y);
    return sum;
}

static double integrand_form(const struct faults *faults, const struct homogeneous *phi, int B, const double y[],
                             const double Lambda[], const double u[], double *size)
{
    double p[LARGEST], alpha = phi->alpha, r2 = linear_dot(B, y, y);

    for (int i = 0; i < B; i++)
        p[i] = u[i] * homogeneous_slope(phi, y[i]);
    double q = linear_dot(B, y, p), power = pow(B, faults->power_of_B ? alpha - 1 : alpha);
    double A = pow(r2, -alpha) * form(B, p, Lambda, p);
    double outer = pow(r2, -(faults->one_power ? alpha + 1 : alpha + 2)) * q * q * form(B, y, Lambda, y);
    double C = (faults->one_order ? 1 : 2) * pow(r2, -(alpha + 1)) * q * form(B, p, Lambda, y);

    *size = power * (fabs(A) + fabs(outer) + fabs(C));
    return power * (A + outer - C);
}

/* ## Before means are taken */
struct place {
    const struct homogeneous *phi;
    int B, coordinate;
    double y[LARGEST], u[LARGEST];
};

static double along(double t, void *context)
{
    struct place *p = context;
    double here = p->y[p->coordinate], sum = 0;

    p->y[p->coordinate] = t;
    double r = linear_norm(p->B, p->y);
    for (int i = 0; i < p->B; i++)
        sum += p->u[i] * homogeneous_value(p->phi, sqrt(p->B) * p->y[i] / r);
    p->y[p->coordinate] = here;
    return sum;
}

/* Steps that keep every coordinate on its side of the kink. */
static struct value form_by_differences(struct place *p, const double Lambda[])
{
    double g[LARGEST], error = 0, spread = 0;

    for (int i = 0; i < p->B; i++) {
        p->coordinate = i;
        struct value slope = derivative_by_differences(along, p, p->y[i], 0.4 * fabs(p->y[i]), 1e-15 * p->B);

        g[i] = slope.x;
        error = fmax(error, value_bound(slope));
    }
    for (int i = 0; i < p->B; i++)
        spread += 2 * fabs(linear_dot(p->B, Lambda + i * p->B, g));
    return measured(form(p->B, g, Lambda, g), error * spread, QUADRATURE);
}

static void pointwise(struct claim *claim, const struct faults *faults, const char *name, int B, uint32_t trial)
{
    struct stream stream = claim_stream(claim, (uint32_t)B, trial);
    struct activation phi;
    struct homogeneous h;
    struct place p = {.phi = &h, .B = B};
    double Lambda[LARGEST * LARGEST], size;

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &h));
    symmetric_random(&stream, B, Lambda);
    stream_normals(&stream, (size_t)B, p.u);
    stream_normals(&stream, (size_t)B, p.y);
    for (int i = 0; i < B; i++)
        p.y[i] += p.y[i] > 0 ? 0.3 : -0.3; // away from the kink, where differences are poor
    double printed = integrand_form(faults, &h, B, p.y, Lambda, p.u, &size);
    claim_case(claim, "%s, B = %d, trial %u", name, B, trial);
    check_equal(claim, "at one batch", measured(printed, 1e-15 * B * size, ROUNDING), form_by_differences(&p, Lambda));
}

/* ## Means */
static void means(struct claim *claim, const char *name, int B, bool tabulate)
{
    struct activation phi;
    struct backward_parts parts;
    struct batchnorm_state whole;

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_backward_parts(&response, B, &parts));
    claim_need(claim, batchnorm_state_sphere(&response, B, &whole));
    struct spectrum A = ultrasymmetric_spectrum(B, &parts.direct), outer = ultrasymmetric_spectrum(B, &parts.outer);
    struct spectrum C = ultrasymmetric_spectrum(B, &parts.mixed);
    bool plus = claim_fault(claim, "plus_C");
    struct spectrum sum = {value_add(value_add(A.G, outer.G), value_scale(plus ? 1 : -1, C.G)),
                           value_add(value_add(A.L, outer.L), value_scale(plus ? 1 : -1, C.L)),
                           value_add(value_add(A.M, outer.M), value_scale(plus ? 1 : -1, C.M))};
    claim_case(claim, "%s, B = %d", name, B);
    check_spectrum(claim, "sum of parts", sum, whole.backward);
    if (tabulate)
        claim_row(claim, NULL, B, A.G.x, outer.G.x, C.G.x, whole.backward.G.x, A.L.x, outer.L.x, C.L.x,
                  whole.backward.L.x, A.M.x, outer.M.x, C.M.x, whole.backward.M.x);
}

/* ## Samples
 * $\langle T,F\{T\}\rangle$ for $T=\sum_k\pm w_kw_k^T$ is a sum of the forms above; $T$ is $G$, $ss^T$ without its part in $\mathbb L$ and $\mathbb RG$, and a member of $\mathbb L$,
 * by their eigenvectors. */
struct experiment {
    struct faults faults;
    struct homogeneous phi;
    int B;
    double mu, T[3][SAMPLED * SAMPLED], vector[3][SAMPLED * SAMPLED], value[3][SAMPLED];
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    int B = e->B;
    double y[SAMPLED], mean = 0, size;

    (void)sample;
    stream_normals(stream, (size_t)B, y);
    for (int i = 0; i < B; i++)
        mean += y[i] / B;
    for (int i = 0; i < B; i++)
        y[i] = sqrt(e->mu) * (y[i] - mean);
    for (int space = 0; space < 3; space++) {
        out[space] = 0;
        for (int k = 0; k < B; k++)
            if (fabs(e->value[space][k]) > 1e-9)
                out[space] += e->value[space][k] *
                              integrand_form(&e->faults, &e->phi, B, y, e->T[space], e->vector[space] + k * B, &size);
    }
    return STATUS_OK;
}

static void samples(struct claim *claim, const struct faults *faults, const char *name, int B)
{
    struct experiment e = {.faults = {.power_of_B = faults->power_of_B}, .B = B}; // the others show at one batch
    struct activation phi;
    struct batchnorm_state whole;
    struct moments found[3];
    double pairs[SAMPLED * SAMPLED];

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &e.phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &whole));
    e.mu = whole.fixed.mu.x;
    shape_bsb1(B, B - 1, -1, e.T[0]);
    shape_L(B, 0, 1, B - 2, 1, e.T[1]);
    for (int i = 0; i < B * B; i++)
        pairs[i] = i / B / 2 == i % B / 2 ? 1 : 0;
    project_on_M(B, pairs, e.T[2]);
    for (int space = 0; space < 3; space++) {
        double norm = linear_norm(B * B, e.T[space]);

        for (int i = 0; i < B * B; i++)
            e.T[space][i] /= norm;
        claim_need(claim, linear_symmetric_eigen(B, e.T[space], e.value[space], e.vector[space]));
    }
    struct ensemble ensemble = claim_ensemble(claim, 1000, (size_t)claim_integer(claim, "samples"), 3, draw, &e);
    claim_need(claim, ensemble_moments(&ensemble, found));
    claim_case(claim, "%s, B = %d", name, B);
    check_spectrum(claim, "samples",
                   (struct spectrum){moments_mean(found[0]), moments_mean(found[1]), moments_mean(found[2])},
                   whole.backward);
}

static void three_parts(struct claim *claim)
{
    const char *const *name = homogeneous_names();
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    const char *chosen = claim_text(claim, "phi");
    struct activation phi;
    struct homogeneous h;
    int sparse[SCALES] = {5, 2, 1}, every = sparse[claim_scale(claim)], B = (int)claim_integer(claim, "B");
    struct faults faults = {claim_fault(claim, "one_power"), claim_fault(claim, "one_order"),
                            claim_fault(claim, "power_of_B")};

    claim_need(claim, homogeneous_within(chosen, 0.6, 12, &phi, &h));
    claim_column(claim, "B", EXACT, "a grid");
    for (int k = 0; k < 12; k++) {
        static const char *const part[] = {"direct", "outer", "mixed", "whole"};
        char column[16];

        snprintf(column, sizeof column, "%c_%s", "GLM"[k / 4], part[k % 4]);
        claim_column(claim, column, ABSOLUTE(1e-9), "quadrature; entries of size 1 cancel");
    }
    for (int n = 0; name[n] != NULL; n++)
        for (int i = n % every; i < 10; i += every) {
            means(claim, name[n], sizes[i], false);
            pointwise(claim, &faults, name[n], sizes[i] < LARGEST ? sizes[i] : LARGEST, (uint32_t)(10 * n + i));
        }
    means(claim, chosen, B, false);
    pointwise(claim, &faults, chosen, B < LARGEST ? B : LARGEST, 1000);
    for (int size = 4; size <= 100; size += 1 + size * every / 6)
        means(claim, chosen, size, true);
    samples(claim, &faults, "relu^1.5", SAMPLED);
    samples(claim, &faults, h.alpha >= 1 && h.alpha <= 3 ? chosen : "relu^2", SAMPLED);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation, homogeneous of a degree above 1/2; it is drawn", "relu"),
                           integer("B", "one more batch size for it", 64, 4, 2000),
                           integer_by_scale("samples", "of a batch", 3000, 40000, 2000000, 1000, 100000000)},
            .faults = {{"one_power", "r^(-2(alpha+1)) in place of r^(-2(alpha+2)) in B", "at*"},
                       {"one_order", "D Lambda yy' D alone in C", "at*"},
                       {"power_of_B", "B^(alpha-1) in front", "at* ?,?samples"},
                       {"plus_C", "A + B + C", "?,?sum*"}},
            .run = three_parts,
        }));
}
