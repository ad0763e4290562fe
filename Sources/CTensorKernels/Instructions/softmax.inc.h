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

// y = x * factor; y may be x, so that a last vector that overlaps the one before it is read first.
INLINE void scale_row(const float *x, ptrdiff_t width, float factor, float *y) {
  const vf factors = splat(factor), zero = splat(0);
  if (width < LANES) {
    if (width > 0) store_partial(y, multiply_add(load_partial(x, width), factors, zero), width);
    return;
  }
  const vf last = load(x + width - LANES);
  for (ptrdiff_t j = 0; j < width - LANES; j += LANES)
    store(y + j, multiply_add(load(x + j), factors, zero));
  store(y + width - LANES, multiply_add(last, factors, zero));
}

INLINE float log_of(float x) { return vector_log(splat(x))[0]; }

static void softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, x += width, y += width) {
    const float sum = exponentials_of_row(x, width, maximum_of_row(x, width, NULL), y);
    scale_row(y, width, 1 / sum, y);
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

// The gradient of a row; its loss is the logarithm of the sum that is returned, less `relative`.
INLINE float cross_entropy_of_row(const float *row, ptrdiff_t width, int32_t target, float *gradient,
                                  float *relative) {
  if (target < 0) {
    for (ptrdiff_t j = 0; gradient && j < width; j++) gradient[j] = 0;
    *relative = 0;
    return 1;
  }
  const float maximum = maximum_of_row(row, width, NULL);
  *relative = row[target] - maximum;
  const float sum = exponentials_of_row(row, width, maximum, gradient);
  if (gradient) {
    scale_row(gradient, width, 1 / sum, gradient);
    gradient[target] -= 1;
  }
  return sum;
}

static void cross_entropy(const float *x, ptrdiff_t rows, ptrdiff_t width, const int32_t *targets,
                          float *losses, float *gradient) {
  // A logarithm of several rows takes as long as that of one.
  float sums[LANES] = {}, relatives[LANES];
  for (ptrdiff_t r = 0; r < rows; r += LANES) {
    const ptrdiff_t count = smaller(LANES, rows - r);
    for (ptrdiff_t i = 0; i < count; i++) {
      const ptrdiff_t row = r + i;
      sums[i] = cross_entropy_of_row(x + row * width, width, targets[row],
                                     gradient ? gradient + row * width : NULL, &relatives[i]);
    }
    const vf logs = vector_log(load(sums));
    for (ptrdiff_t i = 0; i < count; i++)
      losses[r + i] = targets[r + i] < 0 ? 0 : logs[i] - relatives[i];
  }
}

static void gather_rows(const float *table, ptrdiff_t width, const int32_t *indices, ptrdiff_t count,
                        float *y) {
  for (ptrdiff_t r = 0; r < count; r++) copy_row(table + indices[r] * width, width, y + r * width);
}

static void scatter_add_rows(const float *x, ptrdiff_t stride, ptrdiff_t width,
                             const int32_t *indices, ptrdiff_t count, float *table,
                             ptrdiff_t table_stride) {
  for (ptrdiff_t r = 0; r < count; r++, x += stride)
    add_row(x, width, table + indices[r] * table_stride);
}
