// SPDX-License-Identifier: GPL-3.0-or-later
/* Gradients against finite differences; sub-batches against batches alone; evaluation; optimisers step by step; divergence; refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/batchnorm_training.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { INPUTS = 7, CLASSES = 3 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/batchnorm_classifier", 1), 0, sample);
}

static struct batchnorm_model model_of(const char *phi, double epsilon, bool trained)
{
    struct batchnorm_model model = {.inputs = INPUTS,
                                    .width = 9,
                                    .depth = 3,
                                    .classes = CLASSES,
                                    .gamma = 1.3,
                                    .beta = 0.2,
                                    .epsilon = epsilon,
                                    .trained = trained};

    CHECK_INT(activation_find(phi, &model.phi), STATUS_OK);
    return model;
}

/* Points around one centre a class, the same centres whatever the sample. */
static struct images make_clusters(size_t count, uint32_t sample)
{
    struct images images = {.count = count, .features = INPUTS, .classes = CLASSES};
    struct stream centres = open_stream(1000), stream = open_stream(sample);
    double centre[CLASSES * INPUTS];

    stream_normals_scaled(&centres, 2, CLASSES * INPUTS, centre);
    images.pixels = memory_doubles(count * INPUTS);
    images.label = memory_new(count, sizeof images.label[0]);
    stream_normals_scaled(&stream, 0.5, count * INPUTS, images.pixels);
    for (size_t i = 0; i < count; i++) {
        images.label[i] = (int)(i * 7 % CLASSES);
        linear_axpy(INPUTS, 1, centre + images.label[i] * INPUTS, images.pixels + i * INPUTS);
    }
    return images;
}

/* The largest error of any entry, in units of the largest entry. */
static double worst_difference(const struct batchnorm_model *model, int batch, int batches)
{
    struct batchnorm_classifier classifier;
    struct batchnorm_classifier_pass pass;
    struct images images = make_clusters((size_t)(batch * batches), 1);
    double worst = 0, largest = 0, h = 1e-5;

    CHECK_INT(batchnorm_classifier_new(&classifier, model, open_stream(2)), STATUS_OK);
    CHECK_INT(batchnorm_classifier_pass_new(&pass, &classifier, batch, batches), STATUS_OK);
    double *gradient = memory_doubles(classifier.parameters);
    batchnorm_classifier_gradient(&classifier, &pass, images.pixels, images.label, gradient, NULL);
    for (size_t i = 0; i < classifier.parameters; i++) {
        double *at = &classifier.parameter[i], was = *at, side[2];

        for (int up = 0; up < 2; up++) {
            *at = was + (up ? h : -h);
            side[up] = batchnorm_classifier_loss(&classifier, &pass, images.pixels, images.label, NULL);
        }
        *at = was;
        largest = fmax(largest, fabs(gradient[i]));
        worst = fmax(worst, fabs(gradient[i] - (side[1] - side[0]) / (2 * h)));
    }
    memory_free(gradient);
    batchnorm_classifier_pass_free(&pass);
    batchnorm_classifier_free(&classifier);
    images_free(&images);
    return worst / largest;
}

/* h^2 times a third derivative and eps / h leave some 1e-9. */
TEST(gradient_matches_central_differences)
{
    const char *const phi[] = {"tanh", "gelu"};

    for (int k = 0; k < 2; k++) {
        for (int batches = 1; batches <= 3; batches++) {
            struct batchnorm_model plain = model_of(phi[k], 0, true), regularised = model_of(phi[k], 0.3, true);

            CHECK_AT_MOST(worst_difference(&plain, 6, batches), 1e-6);
            CHECK_AT_MOST(worst_difference(&regularised, 5, batches), 1e-6);
        }
    }
}

/* Without training them gamma and beta have no gradient, and the others' is the same. */
TEST(constant_scales_have_no_gradient)
{
    struct images images = make_clusters(6, 1);
    double *gradient[2];
    size_t count = 0;

    for (int trained = 0; trained < 2; trained++) {
        struct batchnorm_model model = model_of("tanh", 0.1, trained);
        struct batchnorm_classifier classifier;
        struct batchnorm_classifier_pass pass;

        batchnorm_classifier_new(&classifier, &model, open_stream(2));
        batchnorm_classifier_pass_new(&pass, &classifier, 6, 1);
        count = classifier.parameters;
        gradient[trained] = memory_doubles(count);
        batchnorm_classifier_gradient(&classifier, &pass, images.pixels, images.label, gradient[trained], NULL);
        batchnorm_classifier_pass_free(&pass);
        batchnorm_classifier_free(&classifier);
    }
    struct batchnorm_model model = model_of("tanh", 0.1, false);
    for (int l = 1; l <= model.depth; l++) {
        size_t at = batchnorm_classifier_offset(&model, l), weights = batchnorm_classifier_weights(&model, l);

        CHECK_SAME(linear_norm(2 * model.width, gradient[0] + at + weights), 0);
        CHECK_AT_LEAST(linear_norm(2 * model.width, gradient[1] + at + weights), 1e-3);
        CHECK(memcmp(gradient[0] + at, gradient[1] + at, weights * sizeof(double)) == 0);
    }
    memory_free(gradient[0]);
    memory_free(gradient[1]);
    images_free(&images);
}

/* |dLoss/dh|^2: by moving h^(1) = W x itself along the gradient's own direction; and it can't be seen in a layer's mean or scale. */
TEST(preactivation_gradients_are_those_of_the_first_layer)
{
    enum { B = 6 };
    struct batchnorm_model model = model_of("tanh", 0, false);
    struct batchnorm_classifier classifier;
    struct batchnorm_classifier_pass pass;
    struct images images = make_clusters(B, 3);
    double square[5];

    model.depth = 1;
    model.inputs = B; // inputs I: W is h itself, transposed, and its gradient that of h
    double *X = memory_doubles(B * B);
    for (int i = 0; i < B; i++) {
        X[i * B + i] = 1;
    }
    batchnorm_classifier_new(&classifier, &model, open_stream(4));
    batchnorm_classifier_pass_new(&pass, &classifier, B, 1);
    double *gradient = memory_doubles(classifier.parameters);
    batchnorm_classifier_gradient(&classifier, &pass, X, images.label, gradient, square);
    CHECK_RELATIVE(square[1], linear_dot(B * model.width, gradient, gradient), 1e-14);
    for (int a = 0; a < model.width; a++) {
        double sum = 0;

        for (int i = 0; i < B; i++) {
            sum += gradient[a * B + i];
        }
        CHECK_ABSOLUTE(sum, 0, 1e-15);
        CHECK_ABSOLUTE(linear_dot(B, gradient + a * B, classifier.parameter + a * B), 0, 1e-15);
    }
    memory_free(gradient);
    memory_free(X);
    images_free(&images);
    batchnorm_classifier_pass_free(&pass);
    batchnorm_classifier_free(&classifier);
}

TEST(sub_batches_do_not_see_each_other)
{
    enum { B = 5, BATCHES = 3 };
    struct batchnorm_model model = model_of("relu", 0, false);
    struct batchnorm_classifier classifier;
    struct batchnorm_classifier_pass together, alone;
    struct images images = make_clusters(B * BATCHES, 5);
    double sum = 0, loss, accuracy;
    int correct = 0, all;

    batchnorm_classifier_new(&classifier, &model, open_stream(6));
    batchnorm_classifier_pass_new(&together, &classifier, B, BATCHES);
    batchnorm_classifier_pass_new(&alone, &classifier, B, 1);
    for (int g = 0; g < BATCHES; g++) {
        int right;

        sum += batchnorm_classifier_loss(&classifier, &alone, images.pixels + (ptrdiff_t)g * B * INPUTS,
                                         images.label + (ptrdiff_t)g * B, &right);
        correct += right;
    }
    CHECK_RELATIVE(batchnorm_classifier_loss(&classifier, &together, images.pixels, images.label, &all), sum / BATCHES,
                   1e-14);
    CHECK_INT(all, correct);
    images.count--; // the last batch is not full any more
    CHECK_INT(batchnorm_classifier_evaluate(&classifier, &images, B, &loss, &accuracy), STATUS_OK);
    CHECK_RELATIVE(
        loss,
        (batchnorm_classifier_loss(&classifier, &alone, images.pixels, images.label, NULL) +
         batchnorm_classifier_loss(&classifier, &alone, images.pixels + B * INPUTS, images.label + B, NULL)) /
            2,
        1e-14);
    batchnorm_classifier_pass_free(&together);
    batchnorm_classifier_pass_free(&alone);
    batchnorm_classifier_free(&classifier);
    images_free(&images);
}

/* More groups than one pass holds, the last pass shorter: 1300 images in groups of 4. */
TEST(evaluation_in_several_passes_is_the_sum_of_its_groups)
{
    struct batchnorm_model model = model_of("relu", 0, false);
    struct batchnorm_classifier classifier;
    struct batchnorm_classifier_pass all;
    struct images images = make_clusters(1300, 7);
    double loss, accuracy;
    int correct;

    batchnorm_classifier_new(&classifier, &model, open_stream(8));
    batchnorm_classifier_pass_new(&all, &classifier, 4, 325);
    CHECK_INT(batchnorm_classifier_evaluate(&classifier, &images, 4, &loss, &accuracy), STATUS_OK);
    CHECK_RELATIVE(loss, batchnorm_classifier_loss(&classifier, &all, images.pixels, images.label, &correct), 1e-13);
    CHECK_RELATIVE(accuracy, correct / 1300.0, 1e-15);
    batchnorm_classifier_pass_free(&all);
    batchnorm_classifier_free(&classifier);
    images_free(&images);
}

TEST(optimisers_step_as_they_say)
{
    double gradient[2] = {3, -4e200}, parameter[2] = {1, 2}, v[2] = {0, 0};
    struct descent sgd = {DESCENT_SGD, 0.5, 0, 0}, rms = {DESCENT_RMSPROP, 0.01, 0.9, 1e-8};

    descent_step(&sgd, 1, gradient, NULL, parameter);
    CHECK_SAME(parameter[0], -0.5);
    gradient[1] = -4;
    descent_step(&rms, 2, gradient, v, parameter + 0);
    CHECK_RELATIVE(v[0], 0.9, 1e-15);
    CHECK_RELATIVE(parameter[0], -0.5 - 0.01 * 3 / (sqrt(0.9) + 1e-8), 1e-15);
    CHECK_RELATIVE(parameter[1], 2 + 0.01 / sqrt(0.1), 1e-8); // whatever the gradient's size
    descent_step(&rms, 2, gradient, v, parameter);
    CHECK_RELATIVE(v[1], 0.9 * 1.6 + 1.6, 1e-15);
}

static struct batchnorm_outcome train(enum descent_kind kind, double rate, int batches, double **parameters,
                                      size_t *count)
{
    struct batchnorm_model model = model_of("relu", 1e-3, true);
    struct batchnorm_classifier classifier;
    struct images images = make_clusters(96, 9);
    struct batchnorm_training training = {
        .epochs = 20, .batch = 16, .batches = batches, .descent = {kind, rate, 0.9, 1e-8}};
    struct batchnorm_outcome outcome;

    batchnorm_classifier_new(&classifier, &model, open_stream(10));
    CHECK_INT(batchnorm_training_run(&classifier, &images, &training, open_stream(11), &outcome), STATUS_OK);
    *count = classifier.parameters;
    *parameters = memory_copy(*count, classifier.parameter);
    batchnorm_classifier_free(&classifier);
    images_free(&images);
    return outcome;
}

TEST(training_learns_clusters_and_repeats_its_bits)
{
    for (int k = 0; k < 4; k++) {
        enum descent_kind kind = k % 2 == 0 ? DESCENT_SGD : DESCENT_RMSPROP;
        double *once, *again, rate = kind == DESCENT_SGD ? 0.1 : 0.003;
        size_t count;
        struct batchnorm_outcome first = train(kind, rate, 1 + k / 2, &once, &count),
                                 second = train(kind, rate, 1 + k / 2, &again, &count);

        CHECK_INT(first.steps, 20 * 6 / (1 + k / 2));
        CHECK(!first.diverged);
        CHECK_AT_MOST(first.loss, 0.25); // of 1.2 and more at first
        CHECK_SAME(first.loss, second.loss);
        CHECK(memcmp(once, again, count * sizeof once[0]) == 0);
        memory_free(once);
        memory_free(again);
    }
}

/* One step on the whole set is parameter - rate * gradient, whatever the order of the samples. */
TEST(first_step_goes_down_the_gradient)
{
    enum { SAMPLES = 12 };
    struct batchnorm_model model = model_of("tanh", 0, true);
    struct batchnorm_classifier classifier;
    struct batchnorm_classifier_pass pass;
    struct images images = make_clusters(SAMPLES, 12);
    struct batchnorm_training one = {.epochs = 1, .batch = SAMPLES, .batches = 1, .descent = {DESCENT_SGD, 0.25, 0, 0}};
    struct batchnorm_outcome outcome;

    batchnorm_classifier_new(&classifier, &model, open_stream(13));
    batchnorm_classifier_pass_new(&pass, &classifier, SAMPLES, 1);
    double *expected = memory_copy(classifier.parameters, classifier.parameter),
           *gradient = memory_doubles(classifier.parameters);
    double loss = batchnorm_classifier_gradient(&classifier, &pass, images.pixels, images.label, gradient, NULL);
    CHECK_INT(batchnorm_training_run(&classifier, &images, &one, open_stream(14), &outcome), STATUS_OK);
    CHECK_RELATIVE(outcome.loss, loss, 1e-14);
    for (size_t i = 0; i < classifier.parameters; i++) {
        CHECK_ABSOLUTE(classifier.parameter[i], expected[i] - 0.25 * gradient[i], 1e-13);
    }
    memory_free(expected);
    memory_free(gradient);
    batchnorm_classifier_pass_free(&pass);
    batchnorm_classifier_free(&classifier);
    images_free(&images);
}

/* Variances that overflow would silence a neuron without a trace: relu makes 0 of NaN. */
TEST(divergence_is_an_outcome)
{
    double *parameters;
    size_t count;

    CHECK(train(DESCENT_SGD, 1e300, 1, &parameters, &count).diverged);
    memory_free(parameters);
    struct batchnorm_model model = model_of("relu", 0, false);
    struct batchnorm_classifier classifier;
    struct images images = make_clusters(12, 15);
    struct batchnorm_training training = {.epochs = 2, .batch = 6, .batches = 1, .descent = {DESCENT_SGD, 1e300, 0, 0}};
    struct batchnorm_outcome outcome;
    double loss, accuracy;

    CHECK_INT(batchnorm_training_trial(&model, &images, &images, &training, open_stream(16), &outcome), STATUS_OK);
    CHECK(outcome.diverged && isnan(outcome.loss));
    CHECK_RELATIVE(outcome.test_accuracy, 1.0 / CLASSES, 1e-15);
    batchnorm_classifier_new(&classifier, &model, open_stream(17));
    classifier.parameter[batchnorm_classifier_offset(&model, 2)] = 1e200;
    CHECK_INT(batchnorm_classifier_evaluate(&classifier, &images, 6, &loss, &accuracy), STATUS_OK);
    CHECK(isnan(loss));
    classifier.parameter[batchnorm_classifier_offset(&model, 2)] = NAN;
    batchnorm_classifier_evaluate(&classifier, &images, 6, &loss, &accuracy);
    CHECK(isnan(loss));
    batchnorm_classifier_free(&classifier);
    images_free(&images);
}

struct seen {
    int calls, last;
    double first; // parameter, before the first epoch
};

static enum status see(const struct batchnorm_classifier *classifier, int epoch, void *observer)
{
    struct seen *seen = observer;

    seen->first = seen->calls == 0 ? classifier->parameter[0] : seen->first;
    seen->calls++;
    seen->last = epoch;
    return epoch == 3 ? status_fail(STATUS_CONVERGENCE, "seen enough") : STATUS_OK;
}

/* Epochs 0, 1 and 2 are seen; a failure of the observer ends the training; a divergence is not looked at; and looking changes nothing. */
TEST(observers_see_every_epoch)
{
    struct batchnorm_model model = model_of("tanh", 0, true);
    struct images images = make_clusters(24, 18);
    struct seen seen = {0};
    struct batchnorm_training training = {
        .epochs = 2, .batch = 6, .batches = 1, .descent = {DESCENT_SGD, 0.1, 0, 0}, .observe = see, .observer = &seen};
    struct batchnorm_outcome outcome, alone;
    struct batchnorm_classifier fresh;

    CHECK_INT(batchnorm_training_trial(&model, &images, &images, &training, open_stream(19), &outcome), STATUS_OK);
    CHECK_INT(seen.calls, 3);
    CHECK_INT(seen.last, 2);
    batchnorm_classifier_new(&fresh, &model, open_stream(19));
    CHECK_SAME(seen.first, fresh.parameter[0]);
    batchnorm_classifier_free(&fresh);
    training.observe = NULL;
    CHECK_INT(batchnorm_training_trial(&model, &images, &images, &training, open_stream(19), &alone), STATUS_OK);
    CHECK_SAME(outcome.loss, alone.loss);
    training.observe = see;
    training.epochs = 5;
    CHECK_INT(batchnorm_training_trial(&model, &images, &images, &training, open_stream(19), &outcome),
              STATUS_CONVERGENCE);
    CHECK_INT(seen.last, 3);
    training.descent.rate = 1e300;
    seen.calls = 0;
    CHECK_INT(batchnorm_training_trial(&model, &images, &images, &training, open_stream(19), &outcome), STATUS_OK);
    CHECK(outcome.diverged);
    CHECK_AT_MOST(seen.calls, 1);
    images_free(&images);
}

TEST(bad_arguments_are_refused)
{
    struct batchnorm_model good = model_of("relu", 0, false), bad = good;
    struct batchnorm_classifier classifier;
    struct batchnorm_classifier_pass pass;
    struct images images = make_clusters(20, 18);
    struct batchnorm_training training = {.epochs = 1, .batch = 10, .batches = 2, .descent = {DESCENT_SGD, 0.1, 0, 0}},
                              wrong = training;
    struct batchnorm_outcome outcome;
    double loss, accuracy;

    bad.depth = 0;
    CHECK_INT(batchnorm_classifier_new(&classifier, &bad, open_stream(19)), STATUS_RANGE);
    bad = good;
    bad.classes = 1;
    CHECK_INT(batchnorm_classifier_new(&classifier, &bad, open_stream(19)), STATUS_RANGE);
    bad = good;
    bad.epsilon = -1e-3;
    CHECK_INT(batchnorm_classifier_new(&classifier, &bad, open_stream(19)), STATUS_RANGE);
    bad.epsilon = NAN;
    CHECK_INT(batchnorm_classifier_new(&classifier, &bad, open_stream(19)), STATUS_RANGE);
    CHECK_INT(batchnorm_classifier_new(&classifier, &good, open_stream(19)), STATUS_OK);
    CHECK_INT(batchnorm_classifier_pass_new(&pass, &classifier, 1, 4), STATUS_RANGE); // no variance
    CHECK_INT(batchnorm_classifier_pass_new(&pass, &classifier, 4, 0), STATUS_RANGE);
    CHECK_INT(batchnorm_classifier_evaluate(&classifier, &images, 21, &loss, &accuracy), STATUS_RANGE);
    wrong.batches = 3;
    CHECK_INT(batchnorm_training_run(&classifier, &images, &wrong, open_stream(20), &outcome), STATUS_RANGE);
    wrong = training;
    wrong.descent.rate = NAN;
    CHECK_INT(batchnorm_training_run(&classifier, &images, &wrong, open_stream(20), &outcome), STATUS_RANGE);
    wrong.descent = (struct descent){DESCENT_RMSPROP, 0.1, 1, 1e-8};
    CHECK_INT(batchnorm_training_run(&classifier, &images, &wrong, open_stream(20), &outcome), STATUS_RANGE);
    images.features++;
    CHECK_INT(batchnorm_training_run(&classifier, &images, &training, open_stream(20), &outcome), STATUS_RANGE);
    images.features--;
    images.classes++;
    CHECK_INT(batchnorm_training_run(&classifier, &images, &training, open_stream(20), &outcome), STATUS_RANGE);
    batchnorm_classifier_free(&classifier);
    images_free(&images);
}
