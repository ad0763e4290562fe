// The inner loops of matrix products: a tile of y stays in registers while k runs.
//
// Every element is a chain of fused multiply-adds that starts at zero and runs over k in order: its
// bits depend on its row of x and its column of w, never on the shape of its tile.

// What one tile adds, and where.
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
} tile_work;

INLINE void finish_vector(const tile_work *work, vf sum, ptrdiff_t column, float *y) {
  const ptrdiff_t rest = work->columns - column;
  y += column;
  if (rest >= LANES) {
    if (work->bias) sum += load(work->bias + column);
    if (work->add) sum += load(y);
    store(y, sum);
  } else {
    if (work->bias) sum += load_partial(work->bias + column, rest);
    if (work->add) sum += load_partial(y, rest);
    store_partial(y, sum, rest);
  }
}

INLINE void run_tile(const int rows, const int vectors, const tile_work *work) {
  vf sums[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[i][v] = splat(0);

  // What the sums are added to at the end often comes from far.
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vectors; v++)
      __builtin_prefetch(work->y + i * work->y_stride + v * LANES, 1);

  // Rows are reached from every third, which the processor's addressing modes can do.
  const ptrdiff_t x_row_stride = work->x_row_stride, x_column_stride = work->x_column_stride;
  const float *thirds[3], *w = work->w;
  for (int i = 0; i < 3; i++) thirds[i] = work->x + 3 * i * x_row_stride;
  const ptrdiff_t w_stride = work->w_stride;
  for (ptrdiff_t p = work->k; p > 0; p--) {
    vf row[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) row[v] = load(w + v * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const vf factor = splat(thirds[i / 3][i % 3 * x_row_stride]);
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sums[i][v] = multiply_add(factor, row[v], sums[i][v]);
    }
    for (int i = 0; i < 3; i++) thirds[i] += x_column_stride;
    w += w_stride;
  }

#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      finish_vector(work, sums[i][v], v * LANES, work->y + i * work->y_stride);
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

// By rows - 1 and vectors - 1.
static void (*const tiles[TILE_ROWS][TILE_VECTORS])(const tile_work *) = {
    LIST_TILES(1), LIST_TILES(2), LIST_TILES(3), LIST_TILES(4),
#if TILE_ROWS > 4
    LIST_TILES(5), LIST_TILES(6),
#endif
#if TILE_ROWS > 6
    LIST_TILES(7), LIST_TILES(8),
#endif
};

// One row of x times several whole panels, `panel_stride` floats apart: so few sums as one panel
// has would wait for each other.
enum { ROW_PANELS = (9 + TILE_VECTORS - 1) / TILE_VECTORS };

static void run_row(const tile_work *work, ptrdiff_t panel_stride) {
  vf sums[ROW_PANELS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < ROW_PANELS; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < TILE_VECTORS; v++) sums[i][v] = splat(0);

  const float *x = work->x, *w = work->w;
  for (ptrdiff_t p = work->k; p > 0; p--) {
    const vf factor = splat(*x);
#pragma clang loop unroll(full)
    for (int i = 0; i < ROW_PANELS; i++)
#pragma clang loop unroll(full)
      for (int v = 0; v < TILE_VECTORS; v++)
        sums[i][v] = multiply_add(factor, load(w + i * panel_stride + v * LANES), sums[i][v]);
    x += work->x_column_stride;
    w += PANEL;
  }

#pragma clang loop unroll(full)
  for (int i = 0; i < ROW_PANELS; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < TILE_VECTORS; v++)
      finish_vector(work, sums[i][v], i * PANEL + v * LANES, work->y);
}

// All rows of x times one panel.
static void multiply_panel(ptrdiff_t m, tile_work work) {
  const ptrdiff_t vectors = (work.columns + LANES - 1) / LANES;
  for (ptrdiff_t i = 0; i < m; i += TILE_ROWS) {
    tiles[smaller(TILE_ROWS, m - i) - 1][vectors - 1](&work);
    work.x += TILE_ROWS * work.x_row_stride;
    work.y += TILE_ROWS * work.y_stride;
  }
}
