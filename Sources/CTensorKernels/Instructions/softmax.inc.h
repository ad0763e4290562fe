// Softmax, cross-entropy, and the rows of an embedding.

// Rows of at most this number of vectors stay in registers.
enum { NARROW_VECTORS = 4 };

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

// `scale` times the softmax of a row of `vectors` vectors, the last of which may be a part, which stays in registers: to the
// bits of wide_softmax.
INLINE float narrow_softmax(const int vectors, const float *x, ptrdiff_t width, const float scale,
                            float *maximum, float *y) {
  const vf lowest = splat(-__builtin_inff()), zero = splat(0);
  const ptrdiff_t whole = (vectors - 1) * LANES, rest = width - whole;
  vf e[NARROW_VECTORS], maxima = lowest, sums = zero;
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    e[v] = v < vectors - 1 ? load(x + v * LANES) : only(load_some(x + whole, rest), rest, lowest);
    maxima = at_least(maxima, e[v]);
  }
  *maximum = maximum_of_lanes(maxima);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    e[v] = vector_exp(e[v] - *maximum);
    sums += v < vectors - 1 ? e[v] : only(e[v], rest, zero);
  }
  const float sum = sum_of_lanes(sums);
  if (!y) return sum;
  const vf factors = splat(1 / sum * scale);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors - 1; v++) store(y + v * LANES, multiply_add(e[v], factors, zero));
  store_some(y + whole, multiply_add(e[vectors - 1], factors, zero), rest);
  return sum;
}

INLINE float wide_softmax(const float *x, ptrdiff_t width, const float scale, float *maximum, float *y) {
  *maximum = maximum_of_row(x, width, NULL);
  const float sum = exponentials_of_row(x, width, *maximum, y);
  if (y) scale_row(y, width, 1 / sum * scale, y);
  return sum;
}

// Writes `scale` times the softmax of a row to y, unless it is null; sets its maximum, and returns the sum of
// e^(x - maximum).
INLINE float softmax_of_row(const float *x, ptrdiff_t width, const float scale, float *maximum, float *y) {
  switch ((width + LANES - 1) / LANES) {
    case 1: return narrow_softmax(1, x, width, scale, maximum, y);
    case 2: return narrow_softmax(2, x, width, scale, maximum, y);
    case 3: return narrow_softmax(3, x, width, scale, maximum, y);
    case 4: return narrow_softmax(4, x, width, scale, maximum, y);
    default: return wide_softmax(x, width, scale, maximum, y);
  }
}

INLINE float log_of(float x) { return vector_log(splat(x))[0]; }

static void softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, x += width, y += width) {
    float maximum;
    softmax_of_row(x, width, 1, &maximum, y);
  }
}

static void log_softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, x += width, y += width) {
    float maximum;
    const vf log_sum = splat(log_of(softmax_of_row(x, width, 1, &maximum, NULL)));
    ptrdiff_t j = 0;
    for (; j + LANES <= width; j += LANES) store(y + j, (load(x + j) - maximum) - log_sum);
    if (j < width)
      store_partial(y + j, (load_partial(x + j, width - j) - maximum) - log_sum, width - j);
  }
}

// `scale` times the softmax of some rows, at most LANES, of which those without a target get zeros, if y is not null. Sets for
// each row the sum of e^(x - maximum), and its target's x - maximum.
INLINE void softmax_of_rows(const float *x, ptrdiff_t rows, ptrdiff_t width, const int32_t *targets,
                            float scale, float *y, float *sums, float *relatives) {
  for (ptrdiff_t i = 0; i < rows; i++) {
    float *const own = y ? y + i * width : NULL;
    if (targets[i] < 0) {
      for (ptrdiff_t j = 0; own && j < width; j++) own[j] = 0;
      continue;
    }
    const float logit = x[i * width + targets[i]];  // y may replace x
    float maximum;
    sums[i] = softmax_of_row(x + i * width, width, scale, &maximum, own);
    relatives[i] = logit - maximum;
  }
}

static void cross_entropy(const float *x, ptrdiff_t rows, ptrdiff_t width, const int32_t *targets,
                          float scale, float *losses, float *gradient) {
  const vf one = splat(1), zero = splat(0);
  for (ptrdiff_t r = 0; r < rows; r += LANES) {
    const ptrdiff_t count = smaller(LANES, rows - r);
    float *const own = gradient ? gradient + r * width : NULL;
    float sums[LANES] = {}, relatives[LANES] = {};
    softmax_of_rows(x + r * width, count, width, targets + r, scale, own, sums, relatives);
    // Functions of several rows take as long as those of one. What was just written in vectors is not read again, for which
    // processors would wait.
    const vf relative = load(relatives), sum = load(sums);
    const vf loss = vector_log(sum) - relative;
    const vf excess = multiply_add(vector_exp(relative), one / sum, zero) - one;
    const vf scaled = excess * splat(scale);
    for (ptrdiff_t i = 0; i < count; i++) {
      const int32_t target = targets[r + i];
      losses[r + i] = target < 0 ? 0 : loss[i];
      if (own && target >= 0) own[i * width + target] = scaled[i];
    }
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
