// Optimizers: one pass over memory each.

typedef struct {
  vf scale, decay, kept_parameter, first_weight, kept_second, second_weight;
  vf root_scale, epsilon, step;
} adam_factors;

typedef struct {
  vf parameter, first_moment, second_moment;
} adam_state;

INLINE adam_state adam_update(adam_state s, vf gradient, const adam_factors *f) {
  vf g = gradient * f->scale;
  g = g + f->decay * s.parameter;
  s.parameter = s.parameter * f->kept_parameter;
  s.first_moment = s.first_moment + f->first_weight * (g - s.first_moment);
  s.second_moment = s.second_moment * f->kept_second + f->second_weight * g * g;
  const vf denominator = __builtin_elementwise_sqrt(s.second_moment) / f->root_scale + f->epsilon;
  s.parameter = s.parameter + f->step * s.first_moment / denominator;
  return s;
}

static void adam_step(const ctk_adam *settings, ptrdiff_t count, const float *gradient,
                      float *parameter, float *first_moment, float *second_moment) {
  const ctk_adam a = *settings;
  const adam_factors factors = {
      .scale = splat((float)a.gradient_scale),
      .decay = splat((float)a.weight_decay),
      .kept_parameter = splat((float)(1 - a.learning_rate * a.decoupled_decay)),
      .first_weight = splat((float)(1 - a.beta1)),
      .kept_second = splat((float)a.beta2),
      .second_weight = splat((float)(1 - a.beta2)),
      .root_scale = splat((float)a.bias_correction2_sqrt),
      .epsilon = splat((float)a.epsilon),
      .step = splat((float)(-a.learning_rate / a.bias_correction1)),
  };
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const adam_state s = adam_update(
        (adam_state){load(parameter + i), load(first_moment + i), load(second_moment + i)},
        load(gradient + i), &factors);
    store(parameter + i, s.parameter);
    store(first_moment + i, s.first_moment);
    store(second_moment + i, s.second_moment);
  }
  if (i < count) {
    const ptrdiff_t rest = count - i;
    const adam_state s = adam_update(
        (adam_state){load_partial(parameter + i, rest), load_partial(first_moment + i, rest),
                     load_partial(second_moment + i, rest)},
        load_partial(gradient + i, rest), &factors);
    store_partial(parameter + i, s.parameter, rest);
    store_partial(first_moment + i, s.first_moment, rest);
    store_partial(second_moment + i, s.second_moment, rest);
  }
}

typedef struct {
  float learning_rate, momentum, weight_decay, gradient_scale;
} sgd_factors;

// Updates the velocity v in place; returns the new parameter.
INLINE vf sgd_update(const bool nesterov, const sgd_factors *f, vf p, vf g, vf *v) {
  g = g * f->gradient_scale + p * f->weight_decay;
  *v = *v * f->momentum + g;
  return p - f->learning_rate * (nesterov ? g + f->momentum * *v : *v);
}

INLINE void sgd_steps(const bool nesterov, const bool has_velocity, const sgd_factors *factors,
                      ptrdiff_t count, const float *gradient, float *parameter, float *velocity) {
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vf v = has_velocity ? load(velocity + i) : splat(0);
    store(parameter + i,
          sgd_update(nesterov, factors, load(parameter + i), load(gradient + i), &v));
    if (has_velocity) store(velocity + i, v);
  }
  if (i < count) {
    const ptrdiff_t rest = count - i;
    vf v = has_velocity ? load_partial(velocity + i, rest) : splat(0);
    const vf p = sgd_update(nesterov, factors, load_partial(parameter + i, rest),
                            load_partial(gradient + i, rest), &v);
    store_partial(parameter + i, p, rest);
    if (has_velocity) store_partial(velocity + i, v, rest);
  }
}

static void sgd_step(float learning_rate, float momentum, float weight_decay, bool nesterov,
                     float gradient_scale, ptrdiff_t count, const float *gradient, float *parameter,
                     float *velocity) {
  const sgd_factors factors = {learning_rate, momentum, weight_decay, gradient_scale};
  if (!velocity) sgd_steps(nesterov, false, &factors, count, gradient, parameter, velocity);
  else if (nesterov) sgd_steps(true, true, &factors, count, gradient, parameter, velocity);
  else sgd_steps(false, true, &factors, count, gradient, parameter, velocity);
}
