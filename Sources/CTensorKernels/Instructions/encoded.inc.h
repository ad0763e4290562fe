// Products with weights of 8 and 16 bits: see CTensorEncodings.h.
//
// int8: rows of x become integers once, for all columns; sums of products of integers are exact, so that their
// order doesn't matter, and every instruction set gives the same bits. bf16: an element's sum runs over k
// from the first to the last, whatever the loops around the tiles do.

typedef int16_t vs __attribute__((vector_size(LANES * 4)));
typedef int8_t vc __attribute__((vector_size(LANES * 2)));
typedef uint16_t vh __attribute__((vector_size(LANES * 2)));
typedef vc unaligned_vc __attribute__((aligned(1), may_alias));
typedef vh unaligned_vh __attribute__((aligned(2), may_alias));

enum {
  CODE_VECTORS = CTK_ENCODED_COLUMNS / LANES,
  CODE_ROWS = TILE_ROWS >= 8 ? 8 : 4,  // of a tile of several rows, which is ...
  CODE_TILE_VECTORS = 2,  // ... this many vectors wide
  CODE_BLOCK = 16,        // rows whose integers are on the stack
  // Panels that a single row is multiplied with together, so that sums do not wait for each other.
  CODE_PANELS = LANES > 4 ? 2 : 1,
};

// Lane i: a[2i] * b[2i] + a[2i + 1] * b[2i + 1].
INLINE vi multiply_pairs(vs a, vs b) {
#if KERNELS_AVX512
  return (vi)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif KERNELS_AVX2
  return (vi)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (vi)__builtin_ia32_pmaddwd128(a, b);
#else
  const vi low = ((vi)a << 16 >> 16) * ((vi)b << 16 >> 16);
  return low + ((vi)a >> 16) * ((vi)b >> 16);
#endif
}

// Some columns of a panel times some rows.
typedef struct {
  const float *scales;  // of int8
  const void *codes;
  ptrdiff_t panel_size;  // floats
  const void *x;  // int8: pairs of integers; bf16: floats
  ptrdiff_t x_stride, x_column_stride;
  const float *x_scales;
  ptrdiff_t k;  // int8: pairs
  const float *bias;
  bool add;
  float *y;
  ptrdiff_t y_stride, columns;
} code_work;

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

INLINE void multiply_int8(const code_work *work, const int rows, const int first, const int vectors) {
  vi sums[CODE_ROWS][CODE_PANELS * CODE_VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[r][v] = (vi){};
  const int8_t *codes = (const int8_t *)work->codes + 2 * LANES * first;
  const ptrdiff_t panel_size = work->panel_size * (ptrdiff_t)sizeof(float);
  const int32_t *x = work->x;
  for (ptrdiff_t p = 0; p < work->k; p++, codes += 2 * CTK_ENCODED_COLUMNS) {
    vs pairs[CODE_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) pairs[r] = (vs)((vi){} + x[r * work->x_stride + p]);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      const int8_t *from = codes + v / CODE_VECTORS * panel_size + v % CODE_VECTORS * 2 * LANES;
      const vs w = __builtin_convertvector(*(const unaligned_vc *)from, vs);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) sums[r][v] += multiply_pairs(w, pairs[r]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      const float *scales = work->scales + v / CODE_VECTORS * work->panel_size;
      const vf scale =
          load(scales + (first + v % CODE_VECTORS) * LANES) * splat(work->x_scales[r]);
      finish_columns(work, r, first + v, __builtin_convertvector(sums[r][v], vf) * scale);
    }
}

INLINE void multiply_bf16(const code_work *work, const int rows, const int first, const int vectors) {
  vf sums[CODE_ROWS][CODE_PANELS * CODE_VECTORS];
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

// One row over one panel or CODE_PANELS; more rows over CODE_TILE_VECTORS at a time.
#define ROWS_OF(encoding, count)                                                              \
  static void encoding##_rows_##count(const code_work *work) {                                \
    _Pragma("clang loop unroll(full)") for (int v = 0; v < CODE_VECTORS; v += CODE_TILE_VECTORS) \
        multiply_##encoding(work, count, v, CODE_TILE_VECTORS);                               \
  }
#define FUNCTIONS_OF(encoding)                                                                \
  static void encoding##_row(const code_work *work) {                                         \
    multiply_##encoding(work, 1, 0, CODE_VECTORS);                                            \
  }                                                                                           \
  static void encoding##_row_of_panels(const code_work *work) {                               \
    multiply_##encoding(work, 1, 0, CODE_PANELS *CODE_VECTORS);                               \
  }                                                                                           \
  ROWS_OF(encoding, 2)                                                                        \
  ROWS_OF(encoding, 3)                                                                        \
  ROWS_OF(encoding, 4)                                                                        \
  MORE_ROWS_OF(encoding)                                                                      \
  static const code_functions encoding##_functions = {                                        \
      encoding##_row_of_panels,                                                               \
      {encoding##_row, encoding##_rows_2, encoding##_rows_3,                                  \
       encoding##_rows_4 MORE_ROWS(encoding)}};
#if TILE_ROWS >= 8
#define MORE_ROWS_OF(encoding) \
  ROWS_OF(encoding, 5) ROWS_OF(encoding, 6) ROWS_OF(encoding, 7) ROWS_OF(encoding, 8)
#define MORE_ROWS(encoding) \
  , encoding##_rows_5, encoding##_rows_6, encoding##_rows_7, encoding##_rows_8
#else
#define MORE_ROWS_OF(encoding)
#define MORE_ROWS(encoding)
#endif

typedef void (*code_function)(const code_work *work);
typedef struct {
  code_function row_of_panels;
  code_function rows[CODE_ROWS];
} code_functions;

FUNCTIONS_OF(int8)
FUNCTIONS_OF(bf16)
#undef ROWS_OF
#undef MORE_ROWS_OF
#undef MORE_ROWS
#undef FUNCTIONS_OF

// The largest magnitude of a row as the bits of a float; those of infinity or more if one is not finite.
static uint32_t largest_bits(const float *x, ptrdiff_t stride, ptrdiff_t count) {
  uint32_t largest = 0;
  ptrdiff_t i = 0;
  if (stride == 1 && count >= LANES) {
    vi most = {};
    for (; i + LANES <= count; i += LANES) {
      const vi bits = (vi)absolute(load(x + i));
      const vi mask = bits > most;
      most = (mask & bits) | (~mask & most);
    }
    for (int lane = 0; lane < LANES; lane++)
      if ((uint32_t)most[lane] > largest) largest = (uint32_t)most[lane];
  }
  for (; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i * stride, sizeof bits);
    if ((bits & 0x7fffffff) > largest) largest = bits & 0x7fffffff;
  }
  return largest;
}

// The number that a row of x is multiplied with to give integers, and the scale that turns sums back.
typedef struct {
  float factor, scale;
} row_scale;

static row_scale scale_of_row(const float *x, ptrdiff_t stride, ptrdiff_t k) {
  const uint32_t bits = largest_bits(x, stride, k);
  float largest;
  memcpy(&largest, &bits, sizeof largest);
  if (bits >= 0x7f800000) return (row_scale){0, __builtin_nanf("")};
  if (largest < CTK_SMALLEST_ROW) return (row_scale){0, 0};
  return (row_scale){CTK_LARGEST_INTEGER / largest, largest / CTK_LARGEST_INTEGER};
}

// `count` numbers as integers; one more 0 where they are odd.
static void quantize(const float *x, ptrdiff_t stride, ptrdiff_t count, float factor, int16_t *to) {
  ptrdiff_t i = 0;
  to[count] = 0;
  if (factor == 0) {  // also where x is not finite
    memset(to, 0, (size_t)count * sizeof *to);
    return;
  }
  if (stride == 1)
    for (; i + LANES <= count; i += LANES) {
      const vf scaled = load(x + i) * splat(factor);
      const vi whole = __builtin_convertvector(scaled + with_sign_of(splat(0.5f), scaled), vi);
      typedef int16_t vt __attribute__((vector_size(LANES * 2)));
      typedef vt unaligned_vt __attribute__((aligned(2), may_alias));
      *(unaligned_vt *)(to + i) = __builtin_convertvector(whole, vt);
    }
  for (; i < count; i++) {
    const float scaled = x[i * stride] * factor;
    to[i] = (int16_t)(scaled + (scaled < 0 ? -0.5f : 0.5f));
  }
}

// The rows of a block over all panels, CODE_ROWS at a time. `row_size`: bytes from one row of x to the next.
static void multiply_panels(ptrdiff_t rows, ptrdiff_t n, code_work work, const code_functions *functions,
                            const float *panel, ptrdiff_t codes, ptrdiff_t row_size) {
  const float *const x_scales = work.x_scales, *const bias = work.bias;
  const char *const x = work.x;
  float *const y = work.y;
  for (ptrdiff_t j = 0; j < n; j += work.columns, panel += work.panel_size) {
    const bool is_wide = rows == 1 && n - j > CTK_ENCODED_COLUMNS;
    work.scales = panel;
    work.codes = panel + codes;
    work.columns = smaller(is_wide ? CODE_PANELS * CTK_ENCODED_COLUMNS : CTK_ENCODED_COLUMNS, n - j);
    work.bias = bias ? bias + j : NULL;
    for (ptrdiff_t i = 0; i < rows; i += CODE_ROWS) {
      work.x = x + i * row_size;
      work.x_scales = x_scales + i;
      work.y = y + i * work.y_stride + j;
      (is_wide ? functions->row_of_panels : functions->rows[smaller(CODE_ROWS, rows - i) - 1])(&work);
    }
    if (is_wide) panel += (CODE_PANELS - 1) * work.panel_size;
  }
}

static void product_int8(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x, ptrdiff_t x_row_stride,
                         ptrdiff_t x_column_stride, const float *packed, const float *bias,
                         bool accumulate, float *y, ptrdiff_t y_stride) {
  enum { ROW = CTK_ENCODED_DEPTH + 2 };
  int16_t integers[CODE_BLOCK * ROW];
  row_scale scales[CODE_BLOCK];
  float x_scales[CODE_BLOCK];
  for (ptrdiff_t i = 0; i < m; i += CODE_BLOCK, x += CODE_BLOCK * x_row_stride) {
    const ptrdiff_t rows = smaller(CODE_BLOCK, m - i);
    for (ptrdiff_t r = 0; r < rows; r++) {
      scales[r] = scale_of_row(x + r * x_row_stride, x_column_stride, k);
      x_scales[r] = scales[r].scale;
    }
    ptrdiff_t p = 0;
    do {
      const ptrdiff_t depth = smaller(CTK_ENCODED_DEPTH, k - p);
      for (ptrdiff_t r = 0; r < rows; r++)
        quantize(x + r * x_row_stride + p * x_column_stride, x_column_stride, depth,
                 scales[r].factor, integers + r * ROW);
      const code_work work = {
          .panel_size = ctk_encoded_panel(k, CTK_INT8),
          .x = integers,
          .x_stride = ROW / 2,
          .x_scales = x_scales,
          .k = (depth + 1) / 2,
          .bias = p == 0 ? bias : NULL,
          .add = accumulate || p > 0,
          .y = y + i * y_stride,
          .y_stride = y_stride,
      };
      multiply_panels(rows, n, work, &int8_functions, packed, CTK_ENCODED_COLUMNS * (1 + p / 4),
                      ROW * sizeof(int16_t));
      p += CTK_ENCODED_DEPTH;
    } while (p < k);
  }
}

static void product_bf16(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x, ptrdiff_t x_row_stride,
                         ptrdiff_t x_column_stride, const float *packed, const float *bias,
                         bool accumulate, float *y, ptrdiff_t y_stride) {
  static const float unused[CODE_BLOCK];
  for (ptrdiff_t i = 0; i < m; i += CODE_BLOCK) {
    const code_work work = {
        .panel_size = ctk_encoded_panel(k, CTK_BF16),
        .x = x + i * x_row_stride,
        .x_stride = x_row_stride,
        .x_column_stride = x_column_stride,
        .x_scales = unused,
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

static void product_encoded(ctk_encoding encoding, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                            ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                            const float *bias, bool accumulate, float *y, ptrdiff_t y_stride) {
  (encoding == CTK_INT8 ? product_int8 : product_bf16)(m, n, k, x, x_row_stride, x_column_stride, packed,
                                                       bias, accumulate, y, y_stride);
}
