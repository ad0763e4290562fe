// Softmax, cross-entropy, and the rows of an embedding.

// A NaN in a row is lost in the maximum, but not in the exponentials: the whole row becomes NaN.

// Writes e^(x - maximum) to y, unless it is null, and returns the sum.
INLINE float exponentials_of_row(const float *x, ptrdiff_t width, float maximum, float *y) {
  vf sums = splat(0);
  ptrdiff_t j = 0;
  for (; j + LANES <= width; j += LANES) {
    const vf e = vector_exp(load(x + j) - maximum);
    if (y) store(y + j, e);
    sums += e;
  }
  if (j < width) {
    const ptrdiff_t rest = width - j;
    const vf e = vector_exp(load_partial(x + j, rest) - maximum);
    if (y) store_partial(y + j, e, rest);
    sums += only(e, rest, splat(0));
  }
  return sum_of_lanes(sums);
}

// y = x * factor + shift
INLINE void scale_row(const float *x, ptrdiff_t width, float factor, float shift, float *y) {
  const vf factors = splat(factor), shifts = splat(shift);
  ptrdiff_t j = 0;
  for (; j + LANES <= width; j += LANES)
    store(y + j, multiply_add(load(x + j), factors, shifts));
  if (j < width)
    store_partial(y + j, multiply_add(load_partial(x + j, width - j), factors, shifts), width - j);
}

INLINE float log_of(float x) { return vector_log(splat(x))[0]; }

static void softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, x += width, y += width) {
    const float sum = exponentials_of_row(x, width, maximum_of_row(x, width, NULL), y);
    scale_row(y, width, 1 / sum, 0, y);
  }
}

static void log_softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, x += width, y += width) {
    const float maximum = maximum_of_row(x, width, NULL);
    const vf log_sum = splat(log_of(exponentials_of_row(x, width, maximum, NULL)));
    ptrdiff_t j = 0;
    for (; j + LANES <= width; j += LANES) store(y + j, (load(x + j) - maximum) - log_sum);
    if (j < width)
      store_partial(y + j, (load_partial(x + j, width - j) - maximum) - log_sum, width - j);
  }
}

static void cross_entropy(const float *x, ptrdiff_t rows, ptrdiff_t width, const int32_t *targets,
                          float *losses, float *gradient) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    float *row_gradient = gradient ? gradient + r * width : NULL;
    const int32_t target = targets[r];
    if (target < 0) {
      losses[r] = 0;
      for (ptrdiff_t j = 0; gradient && j < width; j++) row_gradient[j] = 0;
      continue;
    }
    const float maximum = maximum_of_row(row, width, NULL);
    const float relative = row[target] - maximum;
    const float sum = exponentials_of_row(row, width, maximum, row_gradient);
    losses[r] = log_of(sum) - relative;
    if (!gradient) continue;
    scale_row(row_gradient, width, 1 / sum, 0, row_gradient);
    row_gradient[target] -= 1;
  }
}

static void scatter_add_rows(const float *x, ptrdiff_t stride, ptrdiff_t width,
                             const int32_t *indices, ptrdiff_t count, float *table,
                             ptrdiff_t table_stride) {
  for (ptrdiff_t r = 0; r < count; r++, x += stride) {
    float *row = table + indices[r] * table_stride;
    map_add(row, row, x, NULL, width);
  }
}
