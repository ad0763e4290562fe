// Optimizers, as their papers and PyTorch state them, in double precision.
#include <math.h>

#include "CTensorKernelsReference.h"

void ctk_adam_step_reference(const ctk_adam *settings, ptrdiff_t count, const float *gradient,
                             float *parameter, float *first_moment, float *second_moment) {
  const ctk_adam s = *settings;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double g = gradient[i] * s.gradient_scale + s.weight_decay * parameter[i];
    const double p = parameter[i] * (1 - s.learning_rate * s.decoupled_decay);
    const double m = s.beta1 * first_moment[i] + (1 - s.beta1) * g;
    const double v = s.beta2 * second_moment[i] + (1 - s.beta2) * g * g;
    const double denominator = sqrt(v) / s.bias_correction2_sqrt + s.epsilon;
    first_moment[i] = (float)m;
    second_moment[i] = (float)v;
    parameter[i] = (float)(p - s.learning_rate / s.bias_correction1 * m / denominator);
  }
}

void ctk_sgd_step_reference(float learning_rate, float momentum, float weight_decay, bool nesterov,
                            float gradient_scale, ptrdiff_t count, const float *gradient,
                            float *parameter, float *velocity) {
  for (ptrdiff_t i = 0; i < count; i++) {
    const double g = (double)gradient[i] * gradient_scale + (double)weight_decay * parameter[i];
    const double v = (double)momentum * (velocity ? velocity[i] : 0) + g;
    const double step = nesterov ? g + momentum * v : v;
    parameter[i] = (float)(parameter[i] - learning_rate * step);
    if (velocity) velocity[i] = (float)v;
  }
}
