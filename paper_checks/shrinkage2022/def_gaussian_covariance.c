/* # Section 2.1: the Gaussian covariance $C[f\,|\,\rho]$ and the Gaussian norm
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.1. For standard normals $x,y$ of correlation $\rho$,
 *
 * $$C[f\,|\,\rho]=E\,f(x)f(y),\qquad\|f\|_N^2=E\,f(x)^2=C[f\,|\,1].$$
 *
 * Everything in the paper is made of these numbers, so they are checked for every activation of the table.
 *
 * **Checked.** The library's best route (a closed form where there is one, a lattice rule or quadrature elsewhere) against adaptive quadrature that
 * splits at kinks, against the Hermite series, and against correlated samples.
 * **Tolerance.** Each route states its error; the truncated series is bounded by the norm that it misses; samples have a standard error.
 * **Could miss.** An error shared by all routes, such as a wrong activation: the tests of the library check those one by one.
 * **Found.** The routes agree. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/covariance.h>
#include <math.h>

static const double rhos[] = {-0.99, -0.9, -0.5, 0, 0.3, 0.9, 0.99, 1};
enum { RHOS = sizeof rhos / sizeof rhos[0] };

/* ## Routes that compute */
static struct value best_route(struct claim *claim, const struct activation *phi, double rho)
{
    double planted = claim_fault(claim, "rho_squared") ? rho * rho : rho;

    return claim_value(claim, covariance(phi, planted));
}

static void compute(struct claim *claim, const struct activation *phi, double rho)
{
    struct value C = best_route(claim, phi, rho), quadrature = claim_value(claim, covariance_quadrature(phi, rho));
    struct value series = claim_value(claim, covariance_series(phi, rho, 100));
    double norm2 = activation_norm2(phi).x;

    claim_case(claim, "phi = %s, rho = %g", phi->name, rho);
    check_zero(claim, "quadrature", value_sub(C, quadrature), norm2);
    check_zero(claim, "series", value_sub(C, series), norm2);
    claim_row(claim, phi->name, rho, C.x, quadrature.x, series.x);
}

/* ## Samples
 * $y=\rho x+\sqrt{1-\rho^2}\,z$. The draws serve every $\rho$. */
static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct activation *phi = context;
    double z[2];

    (void)sample;
    stream_normals(stream, 2, z);
    for (int i = 0; i < RHOS; i++) {
        out[i] =
            activation_value(phi, z[0]) * activation_value(phi, rhos[i] * z[0] + sqrt(1 - rhos[i] * rhos[i]) * z[1]);
    }
    return STATUS_OK;
}

static void sample(struct claim *claim, const struct activation *phi)
{
    struct moments moments[RHOS];
    struct ensemble ensemble = claim_ensemble(claim, 0, (size_t)claim_integer(claim, "samples"), RHOS, draw, phi);

    claim_need(claim, ensemble_moments(&ensemble, moments));
    for (int i = 0; i < RHOS; i++) {
        claim_case(claim, "phi = %s, rho = %g", phi->name, rhos[i]);
        check_zero(claim, "samples", value_sub(best_route(claim, phi, rhos[i]), moments_estimate(moments[i])),
                   activation_norm2(phi).x);
    }
}

/* ## Every activation
 * Those of fast growth have heavy tails in the sample; they are left to the routes that compute. */
static void covariances(struct claim *claim)
{
    static const char *const names[] = {"id",  "relu", "lrelu:0.3", "abs",  "relu^2",   "tanh", "sigmoid",
                                        "erf", "sin",  "gelu",      "silu", "softplus", "elu",  "selu",
                                        "exp", "bump", "x^3",       "h2",   "h5"};
    struct activation phi;

    claim_labels(claim, "phi");
    claim_column(claim, "rho", EXACT, "a parameter");
    claim_column(claim, "covariance", ABSOLUTE(1e-11), "a closed form or quadrature");
    claim_column(claim, "quadrature", ABSOLUTE(1e-10), "quadrature");
    claim_column(claim, "series", ABSOLUTE(1e-10), "a series of 100 terms");
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    compute(claim, &phi, claim_real(claim, "rho"));
    sample(claim, &phi);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        claim_need(claim, activation_find(names[i], &phi));
        for (int k = 0; k < RHOS; k++) {
            compute(claim, &phi, rhos[k]);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation that is also sampled",
                                  "relu|erf|tanh|sigmoid|gelu|silu|softplus|elu|selu|sin|abs|bump|id|x^2|h2"),
                           real("rho", "correlation tried first", 0.6, -1, 1),
                           integer_by_scale("samples", "pairs drawn", 50000, 400000, 100000000, 10000, 1000000000)},
            .faults = {{"rho_squared", "the correlation squared", "quadrature series samples"}},
            .run = covariances,
        }));
}
