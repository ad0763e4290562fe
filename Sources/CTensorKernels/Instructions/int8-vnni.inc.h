// Products with weights in int8 by AVX-512 VNNI, which multiplies bytes from 0 to 255 with ones from -128 to 127.
//
// An integer of x is 128 * upper + lower, with lower from 0 to 127: two sums of bytes, to the same bits.

#define VNNI __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma")))

enum {
  VNNI_ROWS = 6,
  VNNI_PANELS = 4,
};

// Makes of every four integers the four upper parts, then the four lower ones. `row` has room for 32 * n integers.
static void arrange(int16_t *row, ptrdiff_t count) {
  const __m512i order =
      _mm512_broadcast_i32x4(_mm_set_epi64x(0x0f0d0b090e0c0a08, 0x0705030106040200));
  for (ptrdiff_t i = 0; i < count; i += 32) {
    const __m512i x = _mm512_load_si512(row + i);
    const __m512i upper = _mm512_and_si512(_mm512_srai_epi16(x, 7), _mm512_set1_epi16(0xff));
    const __m512i lower = _mm512_and_si512(_mm512_slli_epi16(x, 8), _mm512_set1_epi16(0x7f00));
    _mm512_store_si512(row + i, _mm512_shuffle_epi8(_mm512_or_si512(upper, lower), order));
  }
}

VNNI INLINE void multiply_vnni(const code_work *work, const int rows, const int first,
                               const int vectors) {
  __m512i upper[VNNI_ROWS][VNNI_PANELS * CODE_VECTORS], lower[VNNI_ROWS][VNNI_PANELS * CODE_VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) upper[r][v] = lower[r][v] = _mm512_setzero_si512();
  const uint8_t *codes = (const uint8_t *)work->codes + 4 * LANES * first;
  const ptrdiff_t panel_size = work->panel_size * (ptrdiff_t)sizeof(float);
  const int32_t *x = work->x;
  for (ptrdiff_t p = 0; p < work->k; p++, codes += 4 * CTK_ENCODED_COLUMNS, x += 2) {
    __m512i w[VNNI_PANELS * CODE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      w[v] = _mm512_loadu_si512(codes + v / CODE_VECTORS * panel_size + v % CODE_VECTORS * 4 * LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const __m512i factor_upper = _mm512_set1_epi32(x[2 * r * work->x_stride]);
      const __m512i factor_lower = _mm512_set1_epi32(x[2 * r * work->x_stride + 1]);
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        upper[r][v] = _mm512_dpbusd_epi32(upper[r][v], w[v], factor_upper);
        lower[r][v] = _mm512_dpbusd_epi32(lower[r][v], w[v], factor_lower);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      finish_int8(work, r, first, v, ((vu)upper[r][v] << 7) + (vu)lower[r][v]);
}

VNNI static void vnni_row_of_panels(const code_work *work) {
  multiply_vnni(work, 1, 0, VNNI_PANELS * CODE_VECTORS);
}
VNNI ROWS_OF(vnni, multiply_vnni, 1, CODE_VECTORS)
VNNI ROWS_OF(vnni, multiply_vnni, 2, CODE_VECTORS)
VNNI ROWS_OF(vnni, multiply_vnni, 3, CODE_VECTORS)
VNNI ROWS_OF(vnni, multiply_vnni, 4, CODE_VECTORS)
VNNI ROWS_OF(vnni, multiply_vnni, 5, CODE_VECTORS)
VNNI ROWS_OF(vnni, multiply_vnni, 6, CODE_VECTORS)

static const code_functions int8_functions = {
    VNNI_PANELS, VNNI_ROWS, vnni_row_of_panels,
    {vnni_rows_1, vnni_rows_2, vnni_rows_3, vnni_rows_4, vnni_rows_5, vnni_rows_6}};
