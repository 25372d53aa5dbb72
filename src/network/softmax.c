// SPDX-License-Identifier: GPL-3.0-or-later
/* Softmax and cross-entropy. */
#include "softmax.h"

#include <math.h>
#include <stddef.h>

static int largest_logit(int classes, const double logit[])
{
    int best = 0;

    for (int c = 1; c < classes; c++) {
        best = logit[c] > logit[best] ? c : best;
    }
    return best;
}

/* -ln softmax(logit)[label]; logit becomes softmax(logit). */
static double cross_entropy(int classes, int label, int largest, double logit[])
{
    double top = logit[largest], own = logit[label] - top, sum = 0;

    for (int c = 0; c < classes; c++) {
        logit[c] = exp(logit[c] - top);
        sum += logit[c];
    }
    for (int c = 0; c < classes; c++) {
        logit[c] /= sum;
    }
    return log(sum) - own;
}

double softmax_cross_entropy(int samples, int classes, const int label[], double logits[], int *correct)
{
    double loss = 0;
    int right = 0;

    for (int i = 0; i < samples; i++) {
        double *logit = logits + (ptrdiff_t)i * classes;
        int largest = largest_logit(classes, logit);

        right += largest == label[i];
        loss += cross_entropy(classes, label[i], largest, logit);
    }
    if (correct != NULL) {
        *correct = right;
    }
    return loss / samples;
}

void softmax_gradient(int samples, int classes, const int label[], double probabilities[])
{
    for (int i = 0; i < samples; i++) {
        double *p = probabilities + (ptrdiff_t)i * classes;

        p[label[i]] -= 1;
        for (int c = 0; c < classes; c++) {
            p[c] /= samples;
        }
    }
}
