// SPDX-License-Identifier: GPL-3.0-or-later
/* The classifier's gradient against finite differences; training on separable clusters; the same bits again;
 * refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/training.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { INPUTS = 8, CLASSES = 3, DEPTH = 3 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/training", 1), 0, sample);
}

static void make_layers(struct layernorm_layer layer[DEPTH])
{
    const char *const phi[DEPTH] = {"id", "erf", "id"};

    for (int l = 0; l < DEPTH; l++) {
        layer[l] = (struct layernorm_layer){.width = 10 + l, .weight_sd = 1.3, .bias_sd = 0.3};
        CHECK_INT(activation_find(phi[l], &layer[l].phi), STATUS_OK);
    }
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
        images.label[i] = (int)(i % CLASSES);
        linear_axpy(INPUTS, 1, centre + images.label[i] * INPUTS, images.pixels + i * INPUTS);
    }
    return images;
}

TEST(loss_of_a_silent_readout_is_the_logarithm_of_the_classes)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = {.inputs = INPUTS, .depth = DEPTH, .layer = layer};
    struct classifier classifier;
    struct images images = make_clusters(30, 0);
    double loss, accuracy;

    make_layers(layer);
    CHECK_INT(classifier_new(&classifier, &network, CLASSES, 0, open_stream(1)), STATUS_OK);
    CHECK_INT(classifier_evaluate(&classifier, &images, &loss, &accuracy), STATUS_OK);
    CHECK_RELATIVE(loss, log(CLASSES), 1e-15 * 30);
    CHECK_RELATIVE(accuracy, 1.0 / CLASSES, 1e-15); // ties go to the first class
    classifier_readout_bias(&classifier)[0] = 1e4;
    CHECK_INT(classifier_evaluate(&classifier, &images, &loss, &accuracy), STATUS_OK);
    CHECK_RELATIVE(loss, 1e4 * 2 / 3, 1e-13); // no overflow: ln softmax is -1e4 for two classes out of three
    images_free(&images);
    classifier_free(&classifier);
}

/* h^2 times a third derivative and eps / h leave 1e-10. */
TEST(gradient_matches_central_differences)
{
    enum { SAMPLES = 5 };
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = {.inputs = INPUTS, .depth = DEPTH, .layer = layer};
    struct classifier classifier;
    struct classifier_pass pass;
    struct images images = make_clusters(SAMPLES, 2);

    make_layers(layer);
    classifier_new(&classifier, &network, CLASSES, 0.8, open_stream(3));
    classifier_pass_new(&pass, &classifier, SAMPLES);
    double *gradient = memory_doubles(classifier.parameters), h = 1e-5;
    double loss = classifier_gradient(&classifier, &pass, SAMPLES, images.pixels, images.label, 1, 0, gradient);
    CHECK_SAME(classifier_loss(&classifier, &pass, SAMPLES, images.pixels, images.label, NULL), loss);
    for (size_t i = 0; i < classifier.parameters; i++) {
        double *at = &classifier.parameter[i], was = *at;

        *at = was + h;
        double up = classifier_loss(&classifier, &pass, SAMPLES, images.pixels, images.label, NULL);
        *at = was - h;
        double down = classifier_loss(&classifier, &pass, SAMPLES, images.pixels, images.label, NULL);
        *at = was;
        CHECK_ABSOLUTE(gradient[i], (up - down) / (2 * h), 1e-7 * 0.1); // entries are of order 0.1
    }
    memory_free(gradient);
    classifier_pass_free(&pass);
    images_free(&images);
    classifier_free(&classifier);
}

TEST(readout_is_drawn_after_the_network)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = {.inputs = INPUTS, .depth = DEPTH, .layer = layer};
    struct classifier classifier;
    struct stream stream = open_stream(14);
    double readout[CLASSES * 12];

    make_layers(layer);
    classifier_new(&classifier, &network, CLASSES, 0.7, stream);
    size_t body = layernorm_offset(&network, DEPTH + 1);
    CHECK_INT(classifier.parameters, body + CLASSES * 13);
    stream.draw += body;
    stream_normals_scaled(&stream, 0.7, CLASSES * 12, readout);
    CHECK(memcmp(readout, classifier_readout(&classifier), sizeof readout) == 0);
    CHECK_SAME(linear_norm(CLASSES, classifier_readout_bias(&classifier)), 0);
    classifier_free(&classifier);
}

struct history {
    int epochs, stop_after;
    struct training_epoch epoch[32];
};

static bool record(const struct training_epoch *epoch, void *context)
{
    struct history *history = context;

    history->epoch[history->epochs++] = *epoch;
    return history->epochs != history->stop_after;
}

/* Trains on the clusters; NaN in an epoch's unset fields would defeat memcmp, so a test set is always given. */
static enum status train(struct training training, struct history *history, double **parameters, size_t *count)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = {.inputs = INPUTS, .depth = DEPTH, .layer = layer};
    struct classifier classifier;
    struct images images = make_clusters(64, 4), test = make_clusters(300, 5);

    make_layers(layer);
    classifier_new(&classifier, &network, CLASSES, 1, open_stream(6));
    enum status status = training_run(&classifier, &images, &test, &training, open_stream(7), record, history);
    *count = classifier.parameters;
    *parameters = memory_copy(*count, classifier.parameter);
    classifier_free(&classifier);
    images_free(&images);
    images_free(&test);
    return status;
}

static const struct training gentle = {.epochs = 20, .minibatch = 16, .rate = 0.5, .momentum = 0.5, .decay = 0.95};

TEST(training_learns_separable_clusters_and_repeats_its_bits)
{
    struct history first = {0}, second = {0};
    double *once, *again;
    size_t count;

    CHECK_INT(train(gentle, &first, &once, &count), STATUS_OK);
    CHECK_INT(train(gentle, &second, &again, &count), STATUS_OK);
    CHECK_INT(first.epochs, 20);
    CHECK_AT_MOST(first.epoch[19].loss, 0.1 * first.epoch[0].loss);
    CHECK_AT_LEAST(first.epoch[19].test_accuracy, 0.95);
    CHECK_RELATIVE(first.epoch[19].rate, 0.5 * pow(0.95, 19), 1e-14);
    for (int i = 0; i < 20; i++) {
        CHECK_SAME(first.epoch[i].loss, second.epoch[i].loss);
        CHECK_SAME(first.epoch[i].test_loss, second.epoch[i].test_loss);
    }
    CHECK(memcmp(once, again, count * sizeof once[0]) == 0);
    memory_free(once);
    memory_free(again);
}

/* One step without momentum on the whole set is parameter - rate * gradient, whatever the order of the samples. */
TEST(first_step_goes_down_the_gradient)
{
    enum { SAMPLES = 12 };
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = {.inputs = INPUTS, .depth = DEPTH, .layer = layer};
    struct classifier classifier;
    struct classifier_pass pass;
    struct images images = make_clusters(SAMPLES, 8);
    struct training one = {.epochs = 1, .minibatch = SAMPLES, .rate = 0.25, .momentum = 0.9, .decay = 1};

    make_layers(layer);
    classifier_new(&classifier, &network, CLASSES, 1, open_stream(9));
    classifier_pass_new(&pass, &classifier, SAMPLES);
    double *expected = memory_copy(classifier.parameters, classifier.parameter);
    double *gradient = memory_doubles(classifier.parameters);
    classifier_gradient(&classifier, &pass, SAMPLES, images.pixels, images.label, 1, 0, gradient);
    CHECK_INT(training_run(&classifier, &images, NULL, &one, open_stream(10), NULL, NULL), STATUS_OK);
    for (size_t i = 0; i < classifier.parameters; i++) {
        CHECK_ABSOLUTE(classifier.parameter[i], expected[i] - 0.25 * gradient[i], 1e-14);
    }
    memory_free(expected);
    memory_free(gradient);
    classifier_pass_free(&pass);
    images_free(&images);
    classifier_free(&classifier);
}

/* At a rate too small to move any parameter an epoch's loss depends only on which samples sit out. */
TEST(each_epoch_has_an_order_of_its_own)
{
    struct history history = {0};
    struct training still = {.epochs = 2, .minibatch = 40, .rate = 1e-300, .momentum = 0, .decay = 1};
    double *parameters;
    size_t count;

    CHECK_INT(train(still, &history, &parameters, &count), STATUS_OK);
    CHECK_SAME(history.epoch[0].test_loss, history.epoch[1].test_loss);
    CHECK_AT_LEAST(fabs(history.epoch[0].loss - history.epoch[1].loss), 1e-6);
    memory_free(parameters);
}

TEST(visitor_stops_training)
{
    struct history history = {.stop_after = 3};
    double *parameters;
    size_t count;

    CHECK_INT(train(gentle, &history, &parameters, &count), STATUS_OK);
    CHECK_INT(history.epochs, 3);
    memory_free(parameters);
}

TEST(divergence_is_reported)
{
    struct history history = {0};
    struct training wild = gentle;
    double *parameters;
    size_t count;

    wild.rate = 1e308;
    CHECK_INT(train(wild, &history, &parameters, &count), STATUS_CONVERGENCE);
    CHECK_CONTAINS(status_reason(), "epoch 1, minibatch");
    memory_free(parameters);
}

TEST(bad_settings_are_refused)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = {.inputs = INPUTS, .depth = DEPTH, .layer = layer};
    struct classifier classifier;
    struct images images = make_clusters(20, 11);
    struct training training = gentle;

    make_layers(layer);
    CHECK_INT(classifier_new(&classifier, &network, 1, 1, open_stream(12)), STATUS_RANGE);
    CHECK_INT(classifier_new(&classifier, &network, CLASSES, NAN, open_stream(12)), STATUS_RANGE);
    CHECK_INT(classifier_new(&classifier, &network, CLASSES, 1, open_stream(12)), STATUS_OK);
    training.minibatch = 21;
    CHECK_INT(training_run(&classifier, &images, NULL, &training, open_stream(13), NULL, NULL), STATUS_RANGE);
    training = gentle;
    training.momentum = 1;
    CHECK_INT(training_run(&classifier, &images, NULL, &training, open_stream(13), NULL, NULL), STATUS_RANGE);
    training = gentle;
    training.rate = NAN;
    CHECK_INT(training_run(&classifier, &images, NULL, &training, open_stream(13), NULL, NULL), STATUS_RANGE);
    images.classes = CLASSES + 1;
    CHECK_INT(training_run(&classifier, &images, NULL, &gentle, open_stream(13), NULL, NULL), STATUS_RANGE);
    images.classes = CLASSES;
    images.features = INPUTS + 1;
    CHECK_INT(training_run(&classifier, &images, NULL, &gentle, open_stream(13), NULL, NULL), STATUS_RANGE);
    images_free(&images);
    classifier_free(&classifier);
}
