// A vector of LANES floats, and the basic operations that all kernels use.
//
// Each instruction set includes this file once, with LANES and HAS_FMA defined. Nothing here
// depends on a lane's position: a value gives the same bits wherever it stands, tails included.

#pragma clang fp contract(off)  // a sum fuses where the source says so, and nowhere else

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));
typedef double vd __attribute__((vector_size(LANES * 8)));
typedef int64_t vl __attribute__((vector_size(LANES * 8)));
typedef vf unaligned_vf __attribute__((aligned(4), may_alias));

INLINE vf load(const float *p) { return *(const unaligned_vf *)p; }
INLINE void store(float *p, vf v) { *(unaligned_vf *)p = v; }
INLINE vf splat(float x) {
#if LANES == 4
  return (vf){x, x, x, x};
#elif LANES == 8
  return (vf){x, x, x, x, x, x, x, x};
#else
  return (vf){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
#endif
}

// a * b + c: one rounding where the instruction set has it, else two.
INLINE vf multiply_add(vf a, vf b, vf c) {
#if HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

INLINE vf absolute(vf x) { return (vf)((vi)x & 0x7fffffff); }
INLINE vf with_sign_of(vf magnitude, vf sign) {
  return (vf)(((vi)magnitude & 0x7fffffff) | ((vi)sign & INT32_MIN));
}
// a in the lanes where `mask` has all bits set, b where it has none. (C has no vector `? :`.)
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }

// These two pass a NaN in `x` on (and lose one in `bound`).
INLINE vf at_least(vf x, vf bound) { return choose(bound > x, bound, x); }
INLINE vf at_most(vf x, vf bound) { return choose(bound < x, bound, x); }
// These two give NaN if either is NaN.
INLINE vf maximum(vf a, vf b) { return choose((a > b) | (a != a), a, b); }
INLINE vf minimum(vf a, vf b) { return choose((a < b) | (a != a), a, b); }

// The first `count` lanes, 0 < count < LANES; the others are zero, and their memory is not touched.
#if KERNELS_AVX512
INLINE vf load_partial(const float *p, ptrdiff_t count) {
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
}
INLINE void store_partial(float *p, vf v, ptrdiff_t count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
}
#elif KERNELS_AVX2
INLINE vf load_partial(const float *p, ptrdiff_t count) {
  const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
  return (vf)_mm256_maskload_ps(p, (__m256i)(lane < (int32_t)count));
}
// Masked stores are slow on some processors: two, one and half a register instead.
INLINE void store_partial(float *p, vf v, ptrdiff_t count) {
  __m128 rest = _mm256_castps256_ps128((__m256)v);
  if (count & 4) {
    _mm_storeu_ps(p, rest);
    rest = _mm256_extractf128_ps((__m256)v, 1);
    p += 4;
  }
  if (count & 2) {
    _mm_storel_pi((__m64 *)p, rest);
    rest = _mm_movehl_ps(rest, rest);
    p += 2;
  }
  if (count & 1) _mm_store_ss(p, rest);
}
#else
INLINE vf load_partial(const float *p, ptrdiff_t count) {
  vf v = {};
  v[0] = p[0];
  if (count > 1) v[1] = p[1];
  if (count > 2) v[2] = p[2];
  return v;
}
INLINE void store_partial(float *p, vf v, ptrdiff_t count) {
  p[0] = v[0];
  if (count > 1) p[1] = v[1];
  if (count > 2) p[2] = v[2];
}
#endif

// The first `count` numbers, or as many as a vector has.
INLINE vf load_some(const float *from, ptrdiff_t count) {
  return count >= LANES ? load(from) : load_partial(from, count);
}
INLINE void store_some(float *to, vf value, ptrdiff_t count) {
  if (count >= LANES) store(to, value);
  else store_partial(to, value, count);
}

// The first `count` lanes of v, and `other` in the rest.
INLINE vf only(vf v, ptrdiff_t count, vf other) {
#if LANES == 4
  const vi lane = {0, 1, 2, 3};
#elif LANES == 8
  const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
#else
  const vi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#endif
  return choose(lane < (int32_t)count, v, other);
}

// Lane i of the result is lane i / 2 of the lower (upper) half of a if i is even, else of b.
#if LANES == 4
#define interleave_lower(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define interleave_upper(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#elif LANES == 8
#define interleave_lower(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define interleave_upper(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#elif LANES == 16
#define interleave_lower(a, b)                                                                   \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define interleave_upper(a, b)                                                                   \
  __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#endif

// The lanes of a, then of b, with an even (odd) index.
#if LANES == 4
#define even_lanes(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define odd_lanes(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#elif LANES == 8
#define even_lanes(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define odd_lanes(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#elif LANES == 16
#define even_lanes(a, b)                                                                         \
  __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define odd_lanes(a, b)                                                                          \
  __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#endif

// Transposes a square of LANES vectors: log2(LANES) perfect shuffles of the whole.
INLINE void transpose_square(vf square[LANES]) {
#pragma clang loop unroll(full)
  for (int step = 1; step < LANES; step *= 2) {
    vf next[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++) {
      next[2 * i] = interleave_lower(square[i], square[i + LANES / 2]);
      next[2 * i + 1] = interleave_upper(square[i], square[i + LANES / 2]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) square[i] = next[i];
  }
}

// Folds the upper half onto the lower one until one lane is left (the others hold copies).
INLINE float sum_of_lanes(vf v) {
#pragma clang loop unroll(full)
  for (int step = 1; step < LANES; step *= 2) v = interleave_lower(v, v) + interleave_upper(v, v);
  return v[0];
}
// The same of LANES vectors at once, with the same bits.
INLINE vf sums_of_lanes(vf vectors[LANES]) {
#pragma clang loop unroll(full)
  for (int count = LANES / 2; count > 0; count /= 2)
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++)
      vectors[i] = interleave_lower(vectors[i], vectors[i + count]) +
                   interleave_upper(vectors[i], vectors[i + count]);
  return vectors[0];
}
INLINE float maximum_of_lanes(vf v) {  // of no NaN
#pragma clang loop unroll(full)
  for (int step = 1; step < LANES; step *= 2)
    v = at_least(interleave_lower(v, v), interleave_upper(v, v));
  return v[0];
}
