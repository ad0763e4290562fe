// Matrix products.
//
// A tile of up to TILE_ROWS rows and TILE_VECTORS vectors of columns stays in registers while k runs.
// Every element is the sum, over blocks of DEPTH, of a chain of fused multiply-adds that starts at
// zero: its bits depend on its row of x, its column of w and k, and on nothing else.

enum { DEPTH = 256, BLOCK_ROWS = 128 };

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

// All rows of x times one panel.
static void multiply_panel(ptrdiff_t m, tile_work work) {
  const ptrdiff_t vectors = (work.columns + LANES - 1) / LANES;
  for (ptrdiff_t i = 0; i < m; i += TILE_ROWS) {
    tiles[smaller(TILE_ROWS, m - i) - 1][vectors - 1](&work);
    work.x += TILE_ROWS * work.x_row_stride;
    work.y += TILE_ROWS * work.y_stride;
  }
}

static void product_packed(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                           ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                           const float *bias, bool accumulate, float *y, ptrdiff_t y_stride) {
  for (ptrdiff_t i = 0; i < m; i += BLOCK_ROWS) {
    ptrdiff_t p = 0;
    do {
      const ptrdiff_t depth = smaller(DEPTH, k - p);
      for (ptrdiff_t j = 0; j < n; j += PANEL) {
        const ptrdiff_t columns = smaller(PANEL, n - j), width = rounded_up(columns);
        multiply_panel(smaller(BLOCK_ROWS, m - i),
                       (tile_work){depth, x + i * x_row_stride + p * x_column_stride, x_row_stride,
                                   x_column_stride, packed + j * k + p * width, width, columns,
                                   p == 0 && bias ? bias + j : NULL, accumulate || p > 0,
                                   y + i * y_stride + j, y_stride});
      }
      p += DEPTH;
    } while (p < k);
  }
}

static void product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_row_stride,
                    ptrdiff_t a_column_stride, const float *b, ptrdiff_t b_row_stride,
                    ptrdiff_t b_column_stride, bool accumulate, float *y, ptrdiff_t y_stride) {
  _Alignas(64) float panel[DEPTH * PANEL];
  ptrdiff_t p = 0;
  do {
    const ptrdiff_t depth = smaller(DEPTH, k - p);
    for (ptrdiff_t j = 0; j < n; j += PANEL) {
      const ptrdiff_t columns = smaller(PANEL, n - j);
      pack_panel(panel, b + p * b_row_stride + j * b_column_stride, b_row_stride, b_column_stride,
                 columns, depth);
      multiply_panel(m, (tile_work){depth, a + p * a_column_stride, a_row_stride, a_column_stride,
                                    panel, rounded_up(columns), columns, NULL, accumulate || p > 0,
                                    y + j, y_stride});
    }
    p += DEPTH;
  } while (p < k);
}
