// CRC-32 by carry-less multiplication, and Adler-32.
#include "CTensorKernels.h"
#include "CTensorKernelsReference.h"

// One bit at a time, the lowest first; `state` is the checksum without the final inversion.
static uint32_t advance(uint32_t state, const uint8_t *bytes, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) {
    state ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) state = (state >> 1) ^ (state & 1 ? 0xEDB88320u : 0);
  }
  return state;
}

uint32_t ctk_adler32_reference(uint32_t adler, const uint8_t *bytes, ptrdiff_t count) {
  uint32_t first = adler & 0xFFFF, second = adler >> 16;
  for (ptrdiff_t i = 0; i < count; i++) {
    first = (first + bytes[i]) % 65521;
    second = (second + first) % 65521;
  }
  return second << 16 | first;
}

uint32_t ctk_crc32_reference(uint32_t crc, const uint8_t *bytes, ptrdiff_t count) {
  return ~advance(~crc, bytes, count);
}

#if defined(__x86_64__)
#include <immintrin.h>

#define CARRYLESS __attribute__((target("pclmul,sse4.1")))

// The remainder of 16 bytes that stand `distance` bits before another 16: what the high half and the
// low half weigh there, which are powers of x modulo the polynomial, is in `powers`.
CARRYLESS static inline __m128i shift(__m128i value, __m128i powers) {
  return _mm_xor_si128(_mm_clmulepi64_si128(value, powers, 0x00),
                       _mm_clmulepi64_si128(value, powers, 0x11));
}

static inline __m128i load(const uint8_t *bytes) {
  return _mm_loadu_si128((const __m128i *)bytes);
}

// V. Gopal et al., Fast CRC computation for generic polynomials using PCLMULQDQ, Intel, 2009: four
// remainders of 16 bytes side by side, then one, which has the same CRC as all that came before it.
CARRYLESS static uint32_t fold(uint32_t state, const uint8_t *bytes, ptrdiff_t count) {
  const __m128i by_64_bytes = _mm_set_epi64x(0x1C6E41596, 0x154442BD4);
  const __m128i by_16_bytes = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
  __m128i a = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)state));
  __m128i b = load(bytes + 16), c = load(bytes + 32), d = load(bytes + 48);
  ptrdiff_t done = 64;
  for (; done + 64 <= count; done += 64) {
    a = _mm_xor_si128(shift(a, by_64_bytes), load(bytes + done));
    b = _mm_xor_si128(shift(b, by_64_bytes), load(bytes + done + 16));
    c = _mm_xor_si128(shift(c, by_64_bytes), load(bytes + done + 32));
    d = _mm_xor_si128(shift(d, by_64_bytes), load(bytes + done + 48));
  }
  b = _mm_xor_si128(b, shift(a, by_16_bytes));
  c = _mm_xor_si128(c, shift(b, by_16_bytes));
  d = _mm_xor_si128(d, shift(c, by_16_bytes));
  for (; done + 16 <= count; done += 16) {
    d = _mm_xor_si128(shift(d, by_16_bytes), load(bytes + done));
  }
  uint8_t rest[16];
  _mm_storeu_si128((__m128i *)rest, d);
  return advance(0, rest, 16);
}

ptrdiff_t ctk_crc32_fold(uint32_t *crc, const uint8_t *bytes, ptrdiff_t count) {
  const ptrdiff_t part = count & ~(ptrdiff_t)15;
  if (part < 256 || !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("sse4.1")) return 0;
  *crc = ~fold(~*crc, bytes, part);
  return part;
}
#else
ptrdiff_t ctk_crc32_fold(uint32_t *crc, const uint8_t *bytes, ptrdiff_t count) {
  (void)crc, (void)bytes, (void)count;
  return 0;
}
#endif

// After 5,552 bytes neither sum has passed 32 bits.
enum { ADLER_BLOCK = 5536, ADLER_MODULUS = 65521 };

typedef struct sums {
  uint32_t first, second;
} sums;

#if defined(__x86_64__)
__attribute__((target("ssse3"))) static uint32_t total(__m128i lanes) {
  lanes = _mm_add_epi32(lanes, _mm_shuffle_epi32(lanes, 0x4E));
  lanes = _mm_add_epi32(lanes, _mm_shuffle_epi32(lanes, 0xB1));
  return (uint32_t)_mm_cvtsi128_si32(lanes);
}

// Over `count` bytes, a multiple of 32. A byte has the weight 1 in the first sum; in the second, the
// number of bytes from it to the end.
__attribute__((target("ssse3"))) static sums add_fast(sums sum, const uint8_t *bytes,
                                                      ptrdiff_t count) {
  const __m128i zero = _mm_setzero_si128(), ones = _mm_set1_epi16(1);
  const __m128i first_weights =
      _mm_setr_epi8(32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17);
  const __m128i second_weights =
      _mm_setr_epi8(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
  __m128i plain = zero, before = zero, weighted = zero;
  for (ptrdiff_t i = 0; i < count; i += 32) {
    const __m128i a = load(bytes + i), b = load(bytes + i + 16);
    before = _mm_add_epi32(before, plain);
    plain = _mm_add_epi32(plain, _mm_add_epi32(_mm_sad_epu8(a, zero), _mm_sad_epu8(b, zero)));
    const __m128i products = _mm_add_epi32(
        _mm_madd_epi16(_mm_maddubs_epi16(a, first_weights), ones),
        _mm_madd_epi16(_mm_maddubs_epi16(b, second_weights), ones));
    weighted = _mm_add_epi32(weighted, products);
  }
  sum.second += (uint32_t)count * sum.first + 32 * total(before) + total(weighted);
  sum.first += total(plain);
  return sum;
}
#endif

uint32_t ctk_adler32(uint32_t adler, const uint8_t *bytes, ptrdiff_t count) {
  sums sum = {adler & 0xFFFF, adler >> 16};
  while (count > 0) {
    const ptrdiff_t block = count < ADLER_BLOCK ? count : ADLER_BLOCK;
    ptrdiff_t i = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("ssse3")) {
      i = block & ~(ptrdiff_t)31;
      sum = add_fast(sum, bytes, i);
    }
#endif
    for (; i < block; i++) {
      sum.first += bytes[i];
      sum.second += sum.first;
    }
    sum.first %= ADLER_MODULUS;
    sum.second %= ADLER_MODULUS;
    bytes += block;
    count -= block;
  }
  return sum.second << 16 | sum.first;
}
