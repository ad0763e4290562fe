// Products with weights in int8: see CTensorEncodings.h.
//
// Rows of x become integers once, for all columns; sums of products of integers are exact, so that their
// order doesn't matter, and every instruction set gives the same bits. Codes are stored with 128 added, as
// CTensorEncodings.h says: 128 times the sum of the row's integers is subtracted at the end.

typedef int16_t vs __attribute__((vector_size(LANES * 4)));
typedef int16_t vt __attribute__((vector_size(LANES * 2)));
typedef uint32_t vu __attribute__((vector_size(LANES * 4)));
typedef uint8_t vb __attribute__((vector_size(LANES * 2)));
typedef int64_t vq __attribute__((vector_size(LANES * 4)));
typedef vt unaligned_vt __attribute__((aligned(2), may_alias));
typedef vb unaligned_vb __attribute__((aligned(1), may_alias));

enum { INT8_OFFSET = 128 };

INLINE void finish_int8(const code_work *work, int row, int first, int v, vu sum) {
  const float *scales = work->scales + v / CODE_VECTORS * work->panel_size;
  const vf scale = load(scales + (first + v % CODE_VECTORS) * LANES) * splat(work->x_scales[row]);
  sum -= INT8_OFFSET * (uint32_t)work->x_sums[row];
  finish_columns(work, row, first + v, __builtin_convertvector((vi)sum, vf) * scale);
}

#if KERNELS_AVX512
#include "int8-vnni.inc.h"
#else

enum {
  INT8_TILE_VECTORS = 1,  // of a tile of several rows
  INT8_ROW_VECTORS = LANES > 4 ? CODE_VECTORS : 4,
};

// Lane i: a[2i] * b[2i] + a[2i + 1] * b[2i + 1].
INLINE vi multiply_pairs(vs a, vs b) {
#if KERNELS_AVX2
  return (vi)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (vi)__builtin_ia32_pmaddwd128(a, b);
#else
  const vi low = ((vi)a << 16 >> 16) * ((vi)b << 16 >> 16);
  return low + ((vi)a >> 16) * ((vi)b >> 16);
#endif
}

// Four integers of a row, in every 8 bytes of a vector.
INLINE vs splat_four(const void *x) {
  int64_t four;
  memcpy(&four, x, sizeof four);
  return (vs)((vq){} + four);
}

// Lane i of a vector of sums is that of two values of p; two lanes are a column.
INLINE void multiply_int8(const code_work *work, const int rows, const int first, const int vectors) {
  vi sums[CODE_ROWS][CODE_VECTORS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[r][v][0] = sums[r][v][1] = (vi){};
  const uint8_t *codes = (const uint8_t *)work->codes + 4 * LANES * first;
  const int64_t *x = work->x;
  for (ptrdiff_t p = 0; p < work->k; p++, codes += 4 * CTK_ENCODED_COLUMNS) {
    vs fours[CODE_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) fours[r] = splat_four(x + r * work->x_stride + p);
#pragma clang loop unroll(full)
    for (int v = 0; v < 2 * vectors; v++) {
      const vs w = __builtin_convertvector(*(const unaligned_vb *)(codes + v * 2 * LANES), vs);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) sums[r][v / 2][v % 2] += multiply_pairs(w, fours[r]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      const vu lower = (vu)sums[r][v][0], upper = (vu)sums[r][v][1];
      finish_int8(work, r, first, v, even_lanes(lower, upper) + odd_lanes(lower, upper));
    }
}

ROWS_OF(int8, multiply_int8, 1, INT8_ROW_VECTORS)
ROWS_OF(int8, multiply_int8, 2, INT8_TILE_VECTORS)
ROWS_OF(int8, multiply_int8, 3, INT8_TILE_VECTORS)
ROWS_OF(int8, multiply_int8, 4, INT8_TILE_VECTORS)
#if TILE_ROWS >= 8
ROWS_OF(int8, multiply_int8, 5, INT8_TILE_VECTORS)
ROWS_OF(int8, multiply_int8, 6, INT8_TILE_VECTORS)
ROWS_OF(int8, multiply_int8, 7, INT8_TILE_VECTORS)
ROWS_OF(int8, multiply_int8, 8, INT8_TILE_VECTORS)
#endif

// Integers are multiplied as they are.
INLINE void arrange(int16_t *row, ptrdiff_t count) { (void)row, (void)count; }

static const code_functions int8_functions = {
    1, CODE_ROWS, int8_rows_1,
    {int8_rows_1, int8_rows_2, int8_rows_3, int8_rows_4,
#if TILE_ROWS >= 8
     int8_rows_5, int8_rows_6, int8_rows_7, int8_rows_8,
#endif
    }};
#endif

// MARK: Rows as integers

INLINE vi larger_lanes(vi a, vi b) {
  const vi mask = a > b;
  return (mask & a) | (~mask & b);
}

// The largest magnitude of a row as the bits of a float; those of infinity or more if one is not finite.
static uint32_t largest_bits(const float *x, ptrdiff_t stride, ptrdiff_t count) {
  uint32_t largest = 0;
  ptrdiff_t i = 0;
  if (stride == 1 && count >= LANES) {
    vi most = {};
    for (; i + LANES <= count; i += LANES) most = larger_lanes((vi)absolute(load(x + i)), most);
#pragma clang loop unroll(full)
    for (int step = 1; step < LANES; step *= 2)
      most = larger_lanes(interleave_lower(most, most), interleave_upper(most, most));
    largest = (uint32_t)most[0];
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

// `count` numbers as integers, zeros up to a multiple of four; gives their sum.
static int32_t quantize(const float *x, ptrdiff_t stride, ptrdiff_t count, float factor, int16_t *to) {
  ptrdiff_t i = 0;
  const size_t size = (size_t)((count + 3) / 4 * 4);
  if (factor == 0) {  // also where x is not finite
    memset(to, 0, size * sizeof *to);
    return 0;
  }
  vi sums = {};
  if (stride == 1)
    for (; i + LANES <= count; i += LANES) {
      const vf scaled = load(x + i) * splat(factor);
      const vi whole = __builtin_convertvector(scaled + with_sign_of(splat(0.5f), scaled), vi);
      *(unaligned_vt *)(to + i) = __builtin_convertvector(whole, vt);
      sums += whole;
    }
  int32_t sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += sums[lane];
  for (; i < count; i++) {
    const float scaled = x[i * stride] * factor;
    to[i] = (int16_t)(scaled + (scaled < 0 ? -0.5f : 0.5f));
    sum += to[i];
  }
  memset(to + count, 0, (size - (size_t)count) * sizeof *to);
  return sum;
}

static void product_int8(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x, ptrdiff_t x_row_stride,
                         ptrdiff_t x_column_stride, const float *packed, const float *bias,
                         bool accumulate, float *y, ptrdiff_t y_stride) {
  _Alignas(64) int16_t integers[CODE_BLOCK * CTK_ENCODED_DEPTH];
  row_scale scales[CODE_BLOCK];
  float x_scales[CODE_BLOCK];
  int32_t x_sums[CODE_BLOCK];
  for (ptrdiff_t i = 0; i < m; i += CODE_BLOCK, x += CODE_BLOCK * x_row_stride) {
    const ptrdiff_t rows = smaller(CODE_BLOCK, m - i);
    for (ptrdiff_t r = 0; r < rows; r++) {
      scales[r] = scale_of_row(x + r * x_row_stride, x_column_stride, k);
      x_scales[r] = scales[r].scale;
    }
    ptrdiff_t p = 0;
    do {
      const ptrdiff_t depth = smaller(CTK_ENCODED_DEPTH, k - p);
      const ptrdiff_t stride = (depth + 31) / 32 * 32;
      for (ptrdiff_t r = 0; r < rows; r++) {
        int16_t *row = integers + r * stride;
        x_sums[r] = quantize(x + r * x_row_stride + p * x_column_stride, x_column_stride, depth,
                             scales[r].factor, row);
        arrange(row, depth);
      }
      const code_work work = {
          .panel_size = ctk_encoded_panel(k, CTK_INT8),
          .x = integers,
          .x_stride = stride / 4,
          .x_scales = x_scales,
          .x_sums = x_sums,
          .k = (depth + 3) / 4,
          .bias = p == 0 ? bias : NULL,
          .add = accumulate || p > 0,
          .y = y + i * y_stride,
          .y_stride = y_stride,
      };
      multiply_panels(rows, n, work, &int8_functions, packed, CTK_ENCODED_COLUMNS * (1 + p / 4),
                      stride * (ptrdiff_t)sizeof(int16_t));
      p += CTK_ENCODED_DEPTH;
    } while (p < k);
  }
}

static void product_encoded(ctk_encoding encoding, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                            ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                            const float *bias, bool accumulate, float *y, ptrdiff_t y_stride) {
#if KERNELS_AVX512
  if (encoding == CTK_INT8 && !__builtin_cpu_supports("avx512vnni")) {
    ctk_kernels_avx2.product_encoded(encoding, m, n, k, x, x_row_stride, x_column_stride, packed, bias,
                                     accumulate, y, y_stride);
    return;
  }
#endif
  (encoding == CTK_INT8 ? product_int8 : product_bf16)(m, n, k, x, x_row_stride, x_column_stride, packed,
                                                       bias, accumulate, y, y_stride);
}
#undef ROWS_OF
