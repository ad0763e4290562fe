// Products with weights of 8 and 16 bits: see CTensorEncodings.h. What both have in common, and bf16.
//
// bf16: an element's sum runs over k from the first to the last, whatever the loops around the tiles do.

typedef uint16_t vh __attribute__((vector_size(LANES * 2)));
typedef vh unaligned_vh __attribute__((aligned(2), may_alias));

enum {
  CODE_VECTORS = CTK_ENCODED_COLUMNS / LANES,
  CODE_ROWS = TILE_ROWS >= 8 ? 8 : 4,  // of a tile at most
  CODE_BLOCK = 16,  // rows whose integers are on the stack
};

// Some columns of a panel times some rows.
typedef struct {
  const float *scales;  // of int8
  const void *codes;
  ptrdiff_t panel_size;  // floats
  const void *x;  // int8: integers, four in 8 bytes; bf16: floats
  ptrdiff_t x_stride, x_column_stride;
  const float *x_scales;
  const int32_t *x_sums;  // of int8: each row's sum of integers
  ptrdiff_t k;  // int8: groups of four
  const float *bias;
  bool add;
  float *y;
  ptrdiff_t y_stride, columns;
} code_work;

typedef void (*code_function)(const code_work *work);
// Up to `most_rows` rows times one panel, or one row times `panels` panels, so that sums do not wait for each other.
typedef struct {
  ptrdiff_t panels, most_rows;
  code_function row_of_panels;
  code_function rows[CODE_ROWS];
} code_functions;

INLINE void finish_columns(const code_work *work, int row, int v, vf product) {
  const ptrdiff_t left = work->columns - v * LANES;
  if (left <= 0) return;
  float *y = work->y + row * work->y_stride + v * LANES;
  const float *bias = work->bias ? work->bias + v * LANES : NULL;
  if (left >= LANES) {
    vf base = work->add ? load(y) : splat(0);
    if (bias) base += load(bias);
    store(y, base + product);
  } else {
    vf base = work->add ? load_partial(y, left) : splat(0);
    if (bias) base += load_partial(bias, left);
    store_partial(y, base + product, left);
  }
}

// The rows of a block over all panels. `row_size`: bytes from one row of x to the next.
static void multiply_panels(ptrdiff_t rows, ptrdiff_t n, code_work work, const code_functions *functions,
                            const float *panel, ptrdiff_t codes, ptrdiff_t row_size) {
  const float *const x_scales = work.x_scales, *const bias = work.bias;
  const int32_t *const x_sums = work.x_sums;
  const char *const x = work.x;
  float *const y = work.y;
  const ptrdiff_t wide = functions->panels * CTK_ENCODED_COLUMNS;
  const ptrdiff_t tiles = (rows + functions->most_rows - 1) / functions->most_rows;
  const ptrdiff_t height = (rows + tiles - 1) / tiles;
  for (ptrdiff_t j = 0; j < n; j += work.columns) {
    const bool is_wide = rows == 1 && n - j > wide - CTK_ENCODED_COLUMNS;
    work.scales = panel;
    work.codes = panel + codes;
    work.columns = smaller(is_wide ? wide : CTK_ENCODED_COLUMNS, n - j);
    work.bias = bias ? bias + j : NULL;
    for (ptrdiff_t i = 0; i < rows; i += height) {
      work.x = x + i * row_size;
      work.x_scales = x_scales + i;
      work.x_sums = x_sums + i;
      work.y = y + i * work.y_stride + j;
      (is_wide ? functions->row_of_panels
               : functions->rows[smaller(height, rows - i) - 1])(&work);
    }
    panel += (is_wide ? functions->panels : 1) * work.panel_size;
  }
}

// MARK: bf16

enum {
  BF16_PANELS = LANES > 4 ? 2 : 1,
  BF16_TILE_VECTORS = 2,  // of a tile of several rows
};

INLINE void multiply_bf16(const code_work *work, const int rows, const int first, const int vectors) {
  vf sums[CODE_ROWS][BF16_PANELS * CODE_VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[r][v] = splat(0);
  const uint16_t *codes = (const uint16_t *)work->codes + LANES * first;
  const ptrdiff_t panel_size = 2 * work->panel_size;
  const float *x = work->x;
  for (ptrdiff_t p = 0; p < work->k; p++, codes += CTK_ENCODED_COLUMNS, x += work->x_column_stride) {
    vf factors[CODE_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) factors[r] = splat(x[r * work->x_stride]);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      const uint16_t *from = codes + v / CODE_VECTORS * panel_size + v % CODE_VECTORS * LANES;
      const vi wide = __builtin_convertvector(*(const unaligned_vh *)from, vi);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++)
        sums[r][v] = multiply_add((vf)(wide << 16), factors[r], sums[r][v]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) finish_columns(work, r, first + v, sums[r][v]);
}

// A function for `count` rows of a panel, `step` vectors at a time.
#define ROWS_OF(name, multiply, count, step)                                          \
  static void name##_rows_##count(const code_work *work) {                           \
    _Pragma("clang loop unroll(full)") for (int v = 0; v < CODE_VECTORS; v += step)   \
        multiply(work, count, v, step);                                              \
  }
static void bf16_row_of_panels(const code_work *work) {
  multiply_bf16(work, 1, 0, BF16_PANELS * CODE_VECTORS);
}
ROWS_OF(bf16, multiply_bf16, 1, CODE_VECTORS)
ROWS_OF(bf16, multiply_bf16, 2, BF16_TILE_VECTORS)
ROWS_OF(bf16, multiply_bf16, 3, BF16_TILE_VECTORS)
ROWS_OF(bf16, multiply_bf16, 4, BF16_TILE_VECTORS)
#if TILE_ROWS >= 8
ROWS_OF(bf16, multiply_bf16, 5, BF16_TILE_VECTORS)
ROWS_OF(bf16, multiply_bf16, 6, BF16_TILE_VECTORS)
ROWS_OF(bf16, multiply_bf16, 7, BF16_TILE_VECTORS)
ROWS_OF(bf16, multiply_bf16, 8, BF16_TILE_VECTORS)
#endif

static const code_functions bf16_functions = {
    BF16_PANELS, CODE_ROWS, bf16_row_of_panels,
    {bf16_rows_1, bf16_rows_2, bf16_rows_3, bf16_rows_4,
#if TILE_ROWS >= 8
     bf16_rows_5, bf16_rows_6, bf16_rows_7, bf16_rows_8,
#endif
    }};

static void product_bf16(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x, ptrdiff_t x_row_stride,
                         ptrdiff_t x_column_stride, const float *packed, const float *bias,
                         bool accumulate, float *y, ptrdiff_t y_stride) {
  static const float no_scales[CODE_BLOCK];
  static const int32_t no_sums[CODE_BLOCK];
  for (ptrdiff_t i = 0; i < m; i += CODE_BLOCK) {
    const code_work work = {
        .panel_size = ctk_encoded_panel(k, CTK_BF16),
        .x = x + i * x_row_stride,
        .x_stride = x_row_stride,
        .x_column_stride = x_column_stride,
        .x_scales = no_scales,
        .x_sums = no_sums,
        .k = k,
        .bias = bias,
        .add = accumulate,
        .y = y + i * y_stride,
        .y_stride = y_stride,
    };
    multiply_panels(smaller(CODE_BLOCK, m - i), n, work, &bf16_functions, packed, 0,
                    x_row_stride * (ptrdiff_t)sizeof(float));
  }
}
