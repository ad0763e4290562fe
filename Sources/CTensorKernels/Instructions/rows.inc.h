// Sums, maxima and copies along the rows and columns of a matrix.

static float sum_of_row(const float *x, ptrdiff_t width) {
  vf sums[4] = {};
  ptrdiff_t j = 0;
  for (; j + 4 * LANES <= width; j += 4 * LANES)
    for (int i = 0; i < 4; i++) sums[i] += load(x + j + i * LANES);
  for (; j + LANES <= width; j += LANES) sums[0] += load(x + j);
  if (j < width) sums[1] += load_partial(x + j, width - j);
  return sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

static void row_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width, float *sums,
                    ptrdiff_t sums_stride) {
  for (ptrdiff_t r = 0; r < rows; r++) sums[r * sums_stride] = sum_of_row(x + r * stride, width);
}

// Rows of a times rows of b, element by element, added up to vectors whose lanes are still to be: `count` rows at once.
INLINE void multiply_rows(const int count, const float *a, ptrdiff_t a_stride, const float *b,
                          ptrdiff_t b_stride, ptrdiff_t width, vf *y) {
  vf sums[4][2];
  for (int i = 0; i < count; i++) sums[i][0] = sums[i][1] = splat(0);
  ptrdiff_t j = 0;
  for (; j + 2 * LANES <= width; j += 2 * LANES)
    for (int i = 0; i < count; i++)
      for (int k = 0; k < 2; k++)
        sums[i][k] = multiply_add(load(a + i * a_stride + j + k * LANES),
                                  load(b + i * b_stride + j + k * LANES), sums[i][k]);
  for (; j + LANES <= width; j += LANES)
    for (int i = 0; i < count; i++)
      sums[i][0] = multiply_add(load(a + i * a_stride + j), load(b + i * b_stride + j), sums[i][0]);
  if (j < width)
    for (int i = 0; i < count; i++)
      sums[i][1] = multiply_add(load_partial(a + i * a_stride + j, width - j),
                                load_partial(b + i * b_stride + j, width - j), sums[i][1]);
  for (int i = 0; i < count; i++) y[i] = sums[i][0] + sums[i][1];
}

static void row_products(const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t b_stride,
                         ptrdiff_t rows, ptrdiff_t width, float *y) {
  ptrdiff_t r = 0;
  vf sums[LANES];
  // Rows of one vector, as those of a channel's states, would spend their time on the loop over vectors.
  for (; width == LANES && r + LANES <= rows; r += LANES) {
    for (int i = 0; i < LANES; i++)
      sums[i] = multiply_add(load(a + (r + i) * a_stride), load(b + (r + i) * b_stride), splat(0));
    store(y + r, sums_of_lanes(sums));
  }
  for (; r + LANES <= rows; r += LANES) {
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i += 4)
      multiply_rows(4, a + (r + i) * a_stride, a_stride, b + (r + i) * b_stride, b_stride, width,
                    sums + i);
    store(y + r, sums_of_lanes(sums));
  }
  for (; r < rows; r++) {
    multiply_rows(1, a + r * a_stride, a_stride, b + r * b_stride, b_stride, width, sums);
    y[r] = sum_of_lanes(sums[0]);
  }
}

// y[j] = the sum of x[r] * a(r, j) over the rows.
INLINE void add_weighted_rows(const int vectors, const float *x, const float *a, ptrdiff_t stride,
                              ptrdiff_t rows, ptrdiff_t columns, bool accumulate, float *y) {
  const ptrdiff_t rest = columns - (vectors - 1) * LANES;  // of the last vector
  vf sums[4];
  for (int v = 0; v < vectors; v++) {
    const bool is_whole = v < vectors - 1 || rest == LANES;
    sums[v] = !accumulate ? splat(0) : is_whole ? load(y + v * LANES) : load_partial(y + v * LANES, rest);
  }
  for (ptrdiff_t r = 0; r < rows; r++) {
    const vf weight = splat(x[r]);
    for (int v = 0; v < vectors; v++) {
      const float *from = a + r * stride + v * LANES;
      const vf value = v < vectors - 1 || rest == LANES ? load(from) : load_partial(from, rest);
      sums[v] = multiply_add(weight, value, sums[v]);
    }
  }
  for (int v = 0; v < vectors; v++) {
    if (v < vectors - 1 || rest == LANES) store(y + v * LANES, sums[v]);
    else store_partial(y + v * LANES, sums[v], rest);
  }
}

static void weighted_rows(const float *x, const float *a, ptrdiff_t stride, ptrdiff_t rows,
                          ptrdiff_t width, bool accumulate, float *y) {
  ptrdiff_t j = 0;
  for (; j + 4 * LANES <= width; j += 4 * LANES)
    add_weighted_rows(4, x, a + j, stride, rows, 4 * LANES, accumulate, y + j);
  for (; j < width; j += LANES)
    add_weighted_rows(1, x, a + j, stride, rows, smaller(LANES, width - j), accumulate, y + j);
}

// What an update has; known to the compiler.
typedef struct {
  bool x, scale, left, right, weights, is_exponential;
} update_parts;

INLINE vf updated(const update_parts has, vf x, vf scale, vf left, vf right) {
  if (!has.x && has.left && has.right) return left * right;
  if (!has.x) return has.right ? right : has.scale ? scale : left;
  if (has.scale) x = scale * x;
  if (has.is_exponential) return vector_exp(x);
  if (has.right) x = has.left ? x + left * right : x * right;
  return x;
}

// `vectors` vectors of each row; the last one has `rest` columns. The right-hand row and the sums stay in registers.
INLINE void update_columns(const int vectors, const update_parts has, const ctk_matrix_update *update,
                           ptrdiff_t column, ptrdiff_t rows, ptrdiff_t rest, float *y,
                           ptrdiff_t y_stride) {
  vf right[4], sums[4];
  for (int v = 0; v < vectors; v++) {
    const bool is_whole = v < vectors - 1 || rest == LANES;
    const float *from = has.right ? update->right + column + v * LANES : NULL;
    right[v] = !has.right ? splat(0) : is_whole ? load(from) : load_partial(from, rest);
    const float *old = has.weights && update->adds ? update->sums + column + v * LANES : NULL;
    sums[v] = !old ? splat(0) : is_whole ? load(old) : load_partial(old, rest);
  }
  const ptrdiff_t x_stride = update->x_stride, scale_stride = update->scale_stride;
  const ptrdiff_t left_stride = update->left_stride;
  const float *x = has.x ? update->x + column : NULL, *scales = update->scale, *lefts = update->left;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const vf scale = has.scale ? splat(*scales) : splat(0), left = has.left ? splat(*lefts) : splat(0);
    const vf weight = has.weights ? splat(update->weights[r]) : splat(0);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      const bool is_whole = v < vectors - 1 || rest == LANES;
      const float *from = has.x ? x + v * LANES : NULL;
      const vf old = !has.x ? splat(0) : is_whole ? load(from) : load_partial(from, rest);
      const vf new = updated(has, old, scale, left, right[v]);
      if (is_whole) store(y + v * LANES, new);
      else store_partial(y + v * LANES, new, rest);
      if (has.weights) sums[v] = multiply_add(weight, new, sums[v]);
    }
    y += y_stride;
    if (has.x) x += x_stride;
    if (has.scale) scales += scale_stride;
    if (has.left) lefts += left_stride;
  }
  for (int v = 0; has.weights && v < vectors; v++) {
    float *to = update->sums + column + v * LANES;
    if (v < vectors - 1 || rest == LANES) store(to, sums[v]);
    else store_partial(to, sums[v], rest);
  }
}

INLINE void update_matrix(const update_parts has, const ctk_matrix_update *update, ptrdiff_t rows,
                          ptrdiff_t width, float *y, ptrdiff_t y_stride) {
  ptrdiff_t j = 0;
  for (; j + 4 * LANES <= width; j += 4 * LANES)
    update_columns(4, has, update, j, rows, LANES, y + j, y_stride);
  for (; j < width; j += LANES)
    update_columns(1, has, update, j, rows, smaller(LANES, width - j), y + j, y_stride);
}

INLINE void update_and_add(const bool has_weights, const ctk_matrix_update *update, ptrdiff_t rows,
                           ptrdiff_t width, float *y, ptrdiff_t y_stride) {
  const bool has_left = update->left != NULL, has_right = update->right != NULL;
  const bool has_scale = update->scale != NULL;
  if (update->is_exponential)
    update_matrix((update_parts){true, true, false, false, has_weights, true}, update, rows, width, y,
                  y_stride);
  else if (!update->x)
    update_matrix((update_parts){false, has_scale, has_left, has_right, has_weights, false}, update,
                  rows, width, y, y_stride);
  else if (has_scale && has_left)
    update_matrix((update_parts){true, true, true, true, has_weights, false}, update, rows, width, y,
                  y_stride);
  else if (has_left)
    update_matrix((update_parts){true, false, true, true, has_weights, false}, update, rows, width, y,
                  y_stride);
  else if (has_scale)
    update_matrix((update_parts){true, true, false, false, has_weights, false}, update, rows, width, y,
                  y_stride);
  else
    update_matrix((update_parts){true, false, false, true, has_weights, false}, update, rows, width, y,
                  y_stride);
}

static void matrix_update(const ctk_matrix_update *update, ptrdiff_t rows, ptrdiff_t width, float *y,
                          ptrdiff_t y_stride) {
  if (update->weights) update_and_add(true, update, rows, width, y, y_stride);
  else update_and_add(false, update, rows, width, y, y_stride);
}

// The maximum of a row without its NaNs; if `has_nan` is not null, sets it to whether there are any.
INLINE float maximum_of_row(const float *x, ptrdiff_t width, bool *has_nan) {
  const vf lowest = splat(-__builtin_inff());
  vf maxima = lowest;
  vi nan = {};
  ptrdiff_t j = 0;
  for (; j + LANES <= width; j += LANES) {
    const vf v = load(x + j);
    if (has_nan) nan |= v != v;
    maxima = at_least(maxima, v);  // loses NaN
  }
  if (j < width) {
    const vf v = only(load_partial(x + j, width - j), width - j, lowest);
    if (has_nan) nan |= v != v;
    maxima = at_least(maxima, v);
  }
  if (has_nan) *has_nan = __builtin_reduce_or(nan) != 0;
  return maximum_of_lanes(maxima);
}

static void row_maximum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                        float *maxima, ptrdiff_t maxima_stride) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    bool has_nan;
    const float largest = maximum_of_row(x + r * stride, width, &has_nan);
    maxima[r * maxima_stride] = has_nan ? __builtin_nanf("") : largest;
  }
}

// `count` rows at once, to hide the latency of additions.
INLINE void cumulate_rows(const int count, const float *x, ptrdiff_t stride, ptrdiff_t width,
                          bool reversed, float *y, ptrdiff_t y_stride) {
  float sums[4] = {0};
  ptrdiff_t j = reversed ? width - 1 : 0;
  for (ptrdiff_t step = 0; step < width; step++, j += reversed ? -1 : 1)
    for (int i = 0; i < count; i++) {
      sums[i] += x[i * stride + j];
      y[i * y_stride + j] = sums[i];
    }
}

static void row_cumulative_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                               bool reversed, float *y, ptrdiff_t y_stride) {
  for (; rows >= 4; rows -= 4, x += 4 * stride, y += 4 * y_stride)
    cumulate_rows(4, x, stride, width, reversed, y, y_stride);
  for (; rows > 0; rows--, x += stride, y += y_stride)
    cumulate_rows(1, x, stride, width, reversed, y, y_stride);
}

// Rows are added in blocks of this size first, which keeps the error of long sums small.
enum { SUM_ROWS = 128 };

INLINE void sum_columns(const int vectors, const float *x, ptrdiff_t stride, ptrdiff_t rows,
                        ptrdiff_t columns, bool accumulate, float *sums) {
  const ptrdiff_t rest = columns - (vectors - 1) * LANES;  // of the last vector
  vf totals[4];
  for (int v = 0; v < vectors; v++) totals[v] = splat(0);
  for (ptrdiff_t r = 0; r < rows;) {
    const ptrdiff_t end = smaller(rows, r + SUM_ROWS);
    vf block[4];
    for (int v = 0; v < vectors; v++) block[v] = splat(0);
    for (; r < end; r++)
      for (int v = 0; v < vectors; v++) {
        const float *from = x + r * stride + v * LANES;
        block[v] += v < vectors - 1 || rest == LANES ? load(from) : load_partial(from, rest);
      }
    for (int v = 0; v < vectors; v++) totals[v] += block[v];
  }
  for (int v = 0; v < vectors; v++) {
    float *to = sums + v * LANES;
    if (v < vectors - 1 || rest == LANES) store(to, accumulate ? load(to) + totals[v] : totals[v]);
    else store_partial(to, accumulate ? load_partial(to, rest) + totals[v] : totals[v], rest);
  }
}

// Wide rows lie far apart: they are added from left to right, a piece of the sums after the other, four rows at a time.
// Each column's numbers are added in the order of `sum_columns`.
enum { SUM_COLUMNS = 1024 };

INLINE void add_to_block(const int count, const float *x, ptrdiff_t stride, ptrdiff_t columns,
                         float *block) {
  for (ptrdiff_t j = 0; j < columns; j += LANES) {
    vf sum = load(block + j);
    for (int r = 0; r < count; r++) sum += load(x + r * stride + j);
    store(block + j, sum);
  }
}

// Of whole vectors, at most SUM_COLUMNS.
static void sum_piece(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t columns,
                      bool accumulate, float *sums) {
  _Alignas(64) float totals[SUM_COLUMNS], block[SUM_COLUMNS];
  for (ptrdiff_t j = 0; j < columns; j += LANES) store(totals + j, splat(0));
  for (ptrdiff_t r = 0; r < rows;) {
    const ptrdiff_t end = smaller(rows, r + SUM_ROWS);
    for (ptrdiff_t j = 0; j < columns; j += LANES) store(block + j, splat(0));
    for (; r + 4 <= end; r += 4) add_to_block(4, x + r * stride, stride, columns, block);
    for (; r < end; r++) add_to_block(1, x + r * stride, stride, columns, block);
    add_to_block(1, block, 0, columns, totals);
  }
  if (accumulate) {
    add_to_block(1, totals, 0, columns, sums);
    return;
  }
  for (ptrdiff_t j = 0; j < columns; j += LANES) store(sums + j, load(totals + j));
}

static void column_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                       bool accumulate, float *sums) {
  ptrdiff_t j = 0;
  for (; width - j >= SUM_COLUMNS / 2; j += smaller(SUM_COLUMNS, (width - j) / LANES * LANES))
    sum_piece(x + j, stride, rows, smaller(SUM_COLUMNS, (width - j) / LANES * LANES), accumulate,
              sums + j);
  for (; j + 4 * LANES <= width; j += 4 * LANES)
    sum_columns(4, x + j, stride, rows, 4 * LANES, accumulate, sums + j);
  for (; j < width; j += LANES)
    sum_columns(1, x + j, stride, rows, smaller(LANES, width - j), accumulate, sums + j);
}

INLINE double sum_of_powers(const bool squares, const float *x, ptrdiff_t count) {
  vd sums[4] = {};
  while (count > 0) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++, x += LANES, count -= LANES) {
      if (count <= 0) break;
      const vd wide = __builtin_convertvector(count < LANES ? load_partial(x, count) : load(x), vd);
      sums[i] += squares ? wide * wide : wide;
    }
  }
  const vd all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  double total = 0;
  for (int i = 0; i < LANES; i++) total += all[i];
  return total;
}

static double sum(const float *x, ptrdiff_t count) { return sum_of_powers(false, x, count); }
static double sum_of_squares(const float *x, ptrdiff_t count) {
  return sum_of_powers(true, x, count);
}

// The last vector of a row overlaps the one before it where the columns don't fill it. It is read before anything is
// written: the rows may share memory.
INLINE void copy_row(const float *x, ptrdiff_t width, float *y) {
  if (width < LANES) {
    if (width > 0) store_partial(y, load_partial(x, width), width);
    return;
  }
  const vf last = load(x + width - LANES);
#pragma clang loop unroll(disable)
  for (ptrdiff_t j = 0; j < width - LANES; j += LANES) store(y + j, load(x + j));
  store(y + width - LANES, last);
}

static void copy_rows(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width, float *y,
                      ptrdiff_t y_stride) {
  if (x_stride == width && y_stride == width) {
    memmove(y, x, (size_t)(rows * width) * sizeof *x);
    return;
  }
  for (ptrdiff_t r = 0; r < rows; r++, x += x_stride, y += y_stride) copy_row(x, width, y);
}

INLINE void add_row(const float *x, ptrdiff_t width, float *y) {
  if (width < LANES) {
    if (width > 0) store_partial(y, load_partial(y, width) + load_partial(x, width), width);
    return;
  }
  const vf last = load(y + width - LANES) + load(x + width - LANES);
#pragma clang loop unroll(disable)
  for (ptrdiff_t j = 0; j < width - LANES; j += LANES) store(y + j, load(y + j) + load(x + j));
  store(y + width - LANES, last);
}

static void add_rows(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width, float *y,
                     ptrdiff_t y_stride) {
  for (ptrdiff_t r = 0; r < rows; r++, x += x_stride, y += y_stride) add_row(x, width, y);
}

static void repeat_columns(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width,
                           float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, y += width) {
    const vf value = splat(x[r * x_stride]);
    ptrdiff_t j = 0;
    for (; j + LANES <= width; j += LANES) store(y + j, value);
    if (j < width) store_partial(y + j, value, width - j);
  }
}

static void transpose(const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y) {
  for (ptrdiff_t r = 0; r < rows; r += LANES)
    for (ptrdiff_t c = 0; c < columns; c += LANES) {
      const ptrdiff_t height = smaller(LANES, rows - r), width = smaller(LANES, columns - c);
      vf square[LANES];
      for (int i = 0; i < LANES; i++) {
        const float *from = x + (r + i) * columns + c;
        if (i >= height) square[i] = splat(0);
        else square[i] = width == LANES ? load(from) : load_partial(from, width);
      }
      transpose_square(square);
      for (int i = 0; i < width; i++) {
        float *to = y + (c + i) * rows + r;
        if (height == LANES) store(to, square[i]);
        else store_partial(to, square[i], height);
      }
    }
}
