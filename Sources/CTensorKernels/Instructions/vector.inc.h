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

// Shuffles of two vectors within groups of four lanes, which are the fastest: `four(g)` lists the lanes of the group
// that starts at lane g; those of b start at LANES.
#if LANES == 4
#define shuffle_fours(a, b, four) __builtin_shufflevector(a, b, four(0))
#elif LANES == 8
#define shuffle_fours(a, b, four) __builtin_shufflevector(a, b, four(0), four(4))
#elif LANES == 16
#define shuffle_fours(a, b, four) __builtin_shufflevector(a, b, four(0), four(4), four(8), four(12))
#endif
#define LOWER_SINGLES(g) g, g + LANES, g + 1, g + LANES + 1
#define UPPER_SINGLES(g) g + 2, g + LANES + 2, g + 3, g + LANES + 3
#define LOWER_PAIRS(g) g, g + 1, g + LANES, g + LANES + 1
#define UPPER_PAIRS(g) g + 2, g + 3, g + LANES + 2, g + LANES + 3

// The groups of four lanes of a, then of b, with an even (odd) index.
#define FOUR(g) g, g + 1, g + 2, g + 3
#if LANES == 4
#define even_fours(a, b) (a)
#define odd_fours(a, b) (b)
#elif LANES == 8
#define even_fours(a, b) __builtin_shufflevector(a, b, FOUR(0), FOUR(8))
#define odd_fours(a, b) __builtin_shufflevector(a, b, FOUR(4), FOUR(12))
#elif LANES == 16
#define even_fours(a, b) __builtin_shufflevector(a, b, FOUR(0), FOUR(8), FOUR(16), FOUR(24))
#define odd_fours(a, b) __builtin_shufflevector(a, b, FOUR(4), FOUR(12), FOUR(20), FOUR(28))
#endif

// Transposes a square of LANES vectors: squares of 4 lanes in four vectors each, then these squares as wholes.
INLINE void transpose_square(vf square[LANES]) {
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i += 4) {
    const vf a = shuffle_fours(square[i], square[i + 1], LOWER_SINGLES);
    const vf b = shuffle_fours(square[i], square[i + 1], UPPER_SINGLES);
    const vf c = shuffle_fours(square[i + 2], square[i + 3], LOWER_SINGLES);
    const vf d = shuffle_fours(square[i + 2], square[i + 3], UPPER_SINGLES);
    square[i] = shuffle_fours(a, c, LOWER_PAIRS);
    square[i + 1] = shuffle_fours(a, c, UPPER_PAIRS);
    square[i + 2] = shuffle_fours(b, d, LOWER_PAIRS);
    square[i + 3] = shuffle_fours(b, d, UPPER_PAIRS);
  }
#pragma clang loop unroll(full)
  for (int step = 4; step < LANES; step *= 2) {
    vf next[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++) {
      const vf a = square[i / 4 * 8 + i % 4], b = square[i / 4 * 8 + i % 4 + 4];
      next[i] = even_fours(a, b);
      next[i + LANES / 2] = odd_fours(a, b);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) square[i] = next[i];
  }
}

// The lanes of v, lane i in the place of lane i ^ s.
#if LANES == 4
#define exchanged(v, s) __builtin_shufflevector(v, v, 0 ^ s, 1 ^ s, 2 ^ s, 3 ^ s)
#elif LANES == 8
#define exchanged(v, s) \
  __builtin_shufflevector(v, v, 0 ^ s, 1 ^ s, 2 ^ s, 3 ^ s, 4 ^ s, 5 ^ s, 6 ^ s, 7 ^ s)
#elif LANES == 16
#define exchanged(v, s)                                                                           \
  __builtin_shufflevector(v, v, 0 ^ s, 1 ^ s, 2 ^ s, 3 ^ s, 4 ^ s, 5 ^ s, 6 ^ s, 7 ^ s, 8 ^ s,    \
                          9 ^ s, 10 ^ s, 11 ^ s, 12 ^ s, 13 ^ s, 14 ^ s, 15 ^ s)
#endif

// Combines the upper half with the lower one, then their halves, until one lane is left (the first one).
#define FOLD_LANES(v, combined)                        \
  if (LANES > 8) v = combined(v, exchanged(v, 8 % LANES)); \
  if (LANES > 4) v = combined(v, exchanged(v, 4 % LANES)); \
  v = combined(v, exchanged(v, 2));                    \
  v = combined(v, exchanged(v, 1))

INLINE vf lane_sum(vf a, vf b) { return a + b; }
INLINE float sum_of_lanes(vf v) {
  FOLD_LANES(v, lane_sum);
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
  FOLD_LANES(v, at_least);
  return v[0];
}
