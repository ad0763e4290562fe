// The inner loops of matrix products: a tile of y stays in registers while k runs.
//
// Every element is a chain of fused multiply-adds that starts at zero and runs over k in order: its
// bits depend on its row of x and its column of w, never on the shape of its tile.

// The work of one tile.
typedef struct {
  ptrdiff_t k;
  const float *x;
  ptrdiff_t x_row_stride, x_column_stride;
  const float *w;  // row p of the panel at w + p * w_stride
  ptrdiff_t w_stride;
  ptrdiff_t columns;
  const float *bias;  // or null
  bool add;           // to what y holds
  float *y;
  ptrdiff_t y_stride;
  // The address to prefetch for the next panel, one for each row of w.
  const float *next;
  ptrdiff_t next_step;
} tile_work;

enum {
  LINE_VECTORS = LANES < 16 ? 16 / LANES : 1,  // of a cache line
  // Tiles of fewer rows have too few sums to keep the multipliers busy.
  ENOUGH_ROWS = (8 + TILE_VECTORS - 1) / TILE_VECTORS,
};

// The rows of the next tile when `rest` rows remain: TILE_ROWS, unless that leaves too few for the
// last tile.
INLINE ptrdiff_t tile_rows(ptrdiff_t rest) {
  if (rest <= TILE_ROWS) return rest;
  return rest >= TILE_ROWS + ENOUGH_ROWS ? TILE_ROWS : (rest + 1) / 2;
}

INLINE void finish_vector(const tile_work *work, vf sum, ptrdiff_t column, float *y) {
  const ptrdiff_t rest = work->columns - column;
  y += column;
  if (rest >= LANES) {
    if (work->bias) sum += load(work->bias + column);
    if (work->add) sum += load(y);
    store(y, sum);
  } else if (rest > 0) {
    if (work->bias) sum += load_partial(work->bias + column, rest);
    if (work->add) sum += load_partial(y, rest);
    store_partial(y, sum, rest);
  }
}

// The layout of the rows of x: each contiguous, interleaved in groups of one tile, or with any
// strides. The first two need only a few address instructions every other row of w.
typedef enum { CONTIGUOUS_ROWS, PACKED_ROWS, ANY_ROWS } row_layout;

// Adds the products of `steps` columns of x with `steps` rows of w.
INLINE void add_some_products(const int steps, const int rows, const int vectors,
                              const float *const thirds[3], ptrdiff_t x_row_stride,
                              ptrdiff_t x_column_stride, const float *w, ptrdiff_t w_stride,
                              vf sums[TILE_ROWS][TILE_VECTORS]) {
#pragma clang loop unroll(full)
  for (int p = 0; p < steps; p++) {
    vf row[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) row[v] = load(w + p * w_stride + v * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const vf factor = splat(thirds[i / 3][i % 3 * x_row_stride + p * x_column_stride]);
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sums[i][v] = multiply_add(factor, row[v], sums[i][v]);
    }
  }
}

INLINE void add_products(const int rows, const int vectors, const row_layout layout,
                         const tile_work *work, vf sums[TILE_ROWS][TILE_VECTORS]) {
  enum { TOGETHER = 4 };
  const ptrdiff_t x_row_stride = layout == PACKED_ROWS ? 1 : work->x_row_stride;
  const ptrdiff_t x_column_stride =
      layout == CONTIGUOUS_ROWS ? 1 : layout == PACKED_ROWS ? rows : work->x_column_stride;
  const ptrdiff_t w_stride = layout == ANY_ROWS ? work->w_stride : vectors * LANES;
  const ptrdiff_t next_step = work->next_step;
  // Rows are reached from every third, which the processor's addressing modes can do.
  const float *thirds[3], *w = work->w, *next = work->next;
  for (int i = 0; i < 3; i++) thirds[i] = work->x + 3 * i * x_row_stride;
  ptrdiff_t p = work->k;
  if (layout != ANY_ROWS) {
    for (; p >= TOGETHER; p -= TOGETHER) {
      __builtin_prefetch(next);
      __builtin_prefetch(next + 2 * next_step);
      add_some_products(TOGETHER, rows, vectors, thirds, x_row_stride, x_column_stride, w,
                        w_stride, sums);
      for (int i = 0; i < 3; i++) thirds[i] += TOGETHER * x_column_stride;
      w += TOGETHER * w_stride;
      next += TOGETHER * next_step;
    }
  }
#pragma clang loop unroll(disable)
  for (; p > 0; p--) {
    if (layout == ANY_ROWS) __builtin_prefetch(next);
    add_some_products(1, rows, vectors, thirds, x_row_stride, x_column_stride, w, w_stride, sums);
    for (int i = 0; i < 3; i++) thirds[i] += x_column_stride;
    w += w_stride;
    next += next_step;
  }
}

INLINE void run_tile(const int rows, const int vectors, const tile_work *work) {
  vf sums[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[i][v] = splat(0);

  // Prefetch y, which is often in no cache.
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vectors; v += LINE_VECTORS)
      __builtin_prefetch(work->y + i * work->y_stride + v * LANES, 1);

  if (work->w_stride != vectors * LANES) add_products(rows, vectors, ANY_ROWS, work, sums);
  else if (work->x_column_stride == 1)
    add_products(rows, vectors, CONTIGUOUS_ROWS, work, sums);
  else if (work->x_row_stride == 1 && work->x_column_stride == rows)
    add_products(rows, vectors, PACKED_ROWS, work, sums);
  else add_products(rows, vectors, ANY_ROWS, work, sums);

  float *y = work->y;
  const ptrdiff_t y_stride = work->y_stride;
  // Reads come before writes: two vectors may overlap, and a read waits long for a write of a part of its vector.
  if (work->columns < LANES) {
    const ptrdiff_t count = work->columns;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      if (work->bias) sums[i][0] += load_partial(work->bias, count);
      if (work->add) sums[i][0] += load_partial(y + i * y_stride, count);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) store_partial(y + i * y_stride, sums[i][0], count);
    return;
  }
  ptrdiff_t columns[TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) columns[v] = vector_column(v, vectors, work->columns);
  if (work->bias) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      const vf bias = load(work->bias + columns[v]);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) sums[i][v] += bias;
    }
  }
  if (work->add) {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sums[i][v] += load(y + i * y_stride + columns[v]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) store(y + i * y_stride + columns[v], sums[i][v]);
}

#define DEFINE_TILE(rows, vectors)                                                                 \
  static void tile_##rows##_##vectors(const tile_work *work) { run_tile(rows, vectors, work); }
#if TILE_VECTORS == 3
#define DEFINE_TILES(rows) DEFINE_TILE(rows, 1) DEFINE_TILE(rows, 2) DEFINE_TILE(rows, 3)
#define LIST_TILES(rows) {tile_##rows##_1, tile_##rows##_2, tile_##rows##_3}
#else
#define DEFINE_TILES(rows) DEFINE_TILE(rows, 1) DEFINE_TILE(rows, 2)
#define LIST_TILES(rows) {tile_##rows##_1, tile_##rows##_2}
#endif

DEFINE_TILES(1)
DEFINE_TILES(2)
DEFINE_TILES(3)
DEFINE_TILES(4)
#if TILE_ROWS > 4
DEFINE_TILES(5)
DEFINE_TILES(6)
#endif
#if TILE_ROWS > 6
DEFINE_TILES(7)
DEFINE_TILES(8)
#endif

// Indexed by rows - 1 and vectors - 1.
static void (*const tiles[TILE_ROWS][TILE_VECTORS])(const tile_work *) = {
    LIST_TILES(1), LIST_TILES(2), LIST_TILES(3), LIST_TILES(4),
#if TILE_ROWS > 4
    LIST_TILES(5), LIST_TILES(6),
#endif
#if TILE_ROWS > 6
    LIST_TILES(7), LIST_TILES(8),
#endif
};

// One row of x times several whole panels, `panel_stride` floats apart: the few sums of one panel
// would be limited by the latency of additions.
enum { ROW_PANELS = (9 + TILE_VECTORS - 1) / TILE_VECTORS };

// Row p of panel i stands at w[i * panel_stride + p * w_stride].
static void run_row(const tile_work *work, ptrdiff_t panel_stride) {
  vf sums[ROW_PANELS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < ROW_PANELS; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < TILE_VECTORS; v++) sums[i][v] = splat(0);

  const float *x = work->x, *w = work->w;
  const ptrdiff_t w_stride = work->w_stride;
  for (ptrdiff_t p = work->k; p > 0; p--) {
    const vf factor = splat(*x);
#pragma clang loop unroll(full)
    for (int i = 0; i < ROW_PANELS; i++)
#pragma clang loop unroll(full)
      for (int v = 0; v < TILE_VECTORS; v++)
        sums[i][v] = multiply_add(factor, load(w + i * panel_stride + v * LANES), sums[i][v]);
    x += work->x_column_stride;
    w += w_stride;
  }

#pragma clang loop unroll(full)
  for (int i = 0; i < ROW_PANELS; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < TILE_VECTORS; v++)
      finish_vector(work, sums[i][v], i * PANEL + v * LANES, work->y);
}

// The same for up to one panel; the last columns are read alone.
static void run_row_of_rows(const tile_work *work) {
  vf sums[TILE_VECTORS];
  for (int v = 0; v < TILE_VECTORS; v++) sums[v] = splat(0);
  for (ptrdiff_t p = 0; p < work->k; p++) {
    const vf factor = splat(work->x[p * work->x_column_stride]);
    const float *w = work->w + p * work->w_stride;
#pragma clang loop unroll(full)
    for (int v = 0; v < TILE_VECTORS; v++) {
      const ptrdiff_t rest = work->columns - v * LANES;
      if (rest <= 0) break;
      const vf row = rest >= LANES ? load(w + v * LANES) : load_partial(w + v * LANES, rest);
      sums[v] = multiply_add(factor, row, sums[v]);
    }
  }
  for (int v = 0; v < TILE_VECTORS; v++) finish_vector(work, sums[v], v * LANES, work->y);
}

// One row of x times columns that are each contiguous in w, `column_stride` floats apart: squares are
// transposed in registers, several at a time to hide the latency of additions.
enum { ROW_SQUARES = 4 };

// The sums of a square's columns, with `depth` more products each, from row p on. Constant counts leave no branches.
INLINE vf add_square(const tile_work *work, ptrdiff_t column_stride, ptrdiff_t p, int s,
                     const ptrdiff_t depth, const ptrdiff_t columns, vf sums) {
  const float *from = work->w + s * LANES * column_stride + p;
  vf square[LANES];
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++) {
    if (i >= columns) square[i] = splat(0);
    else if (depth == LANES) square[i] = load(from + i * column_stride);
    else square[i] = load_partial(from + i * column_stride, depth);
  }
  transpose_square(square);
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++)
    if (i < depth)
      sums = multiply_add(splat(work->x[(p + i) * work->x_column_stride]), square[i], sums);
  return sums;
}

static void run_row_of_columns(const tile_work *work, ptrdiff_t column_stride) {
  vf sums[ROW_SQUARES];
  for (int s = 0; s < ROW_SQUARES; s++) sums[s] = splat(0);
  for (ptrdiff_t p = 0; p < work->k; p += LANES) {
    const ptrdiff_t depth = smaller(LANES, work->k - p);
    // One square after the other: registers hold no more.
#pragma clang loop unroll(disable)
    for (int s = 0; s < ROW_SQUARES; s++) {
      const ptrdiff_t columns = smaller(LANES, work->columns - s * LANES);
      if (columns <= 0) break;
      sums[s] = depth == LANES && columns == LANES
                    ? add_square(work, column_stride, p, s, LANES, LANES, sums[s])
                    : add_square(work, column_stride, p, s, depth, columns, sums[s]);
    }
  }
  for (int s = 0; s < ROW_SQUARES; s++) finish_vector(work, sums[s], s * LANES, work->y);
}

// Sets what tiles prefetch of the panel at `next`, or of none, when `count` of them follow; returns how far each goes.
INLINE ptrdiff_t prefetch_panel(tile_work *work, const float *next, ptrdiff_t vectors, ptrdiff_t count) {
  work->next = next ? next : work->w;
  work->next_step = next ? vectors * LANES / count : 0;
  return next ? work->k * vectors * LANES / count : 0;
}

// All rows of x times one panel. Prefetches the panel at `next`, which has the same size. The work is the caller's, to be
// set anew for another panel: a copy would read at once what was just written in pieces, for which processors wait.
static void multiply_panel(ptrdiff_t m, const float *x, tile_work *work, const float *next) {
  const ptrdiff_t vectors = (work->columns + LANES - 1) / LANES;
  const ptrdiff_t share = prefetch_panel(work, next, vectors, (m + TILE_ROWS - 1) / TILE_ROWS);
  work->x = x;
  while (m > 0) {
    const ptrdiff_t rows = tile_rows(m);
    tiles[rows - 1][vectors - 1](work);
    work->x += rows * work->x_row_stride;
    work->y += rows * work->y_stride;
    work->next += share;
    m -= rows;
  }
}
