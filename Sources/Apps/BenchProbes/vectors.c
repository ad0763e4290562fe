// Fused multiply-add and reading, in vectors of each width.
#include "BenchProbes.h"

#pragma STDC FP_CONTRACT ON

// CHAINS independent sums hide the latency of the instruction; their number is what the registers hold. An empty asm
// statement takes their sum as an operand, so that the compiler does not remove the loop.
#define PROBE(NAME, TARGET, LANES, CHAINS)                                                        \
  typedef float NAME##_vector __attribute__((vector_size(4 * LANES)));                            \
  TARGET static double NAME(int64_t rounds) {                                                     \
    NAME##_vector sums[CHAINS], factor, summand;                                                  \
    for (int lane = 0; lane < LANES; lane++) {                                                    \
      factor[lane] = 0.999f + 1e-6f * (float)lane;                                                \
      summand[lane] = 1e-3f;                                                                      \
    }                                                                                             \
    for (int chain = 0; chain < CHAINS; chain++) sums[chain] = summand * (float)(chain + 1);      \
    for (int64_t round = 0; round < rounds; round++) {                                            \
      _Pragma("clang loop unroll(full)") for (int chain = 0; chain < CHAINS; chain++)             \
        sums[chain] = sums[chain] * factor + summand;                                             \
      __asm__ volatile("");                                                                       \
    }                                                                                             \
    for (int chain = 1; chain < CHAINS; chain++) sums[0] += sums[chain];                          \
    __asm__ volatile("" ::"m"(sums[0]));                                                          \
    return 2.0 * LANES * CHAINS * (double)rounds;                                                 \
  }

// Eight independent sums keep eight cache lines in flight.
#define READER(NAME, TARGET, LANES)                                                               \
  typedef float NAME##_vector __attribute__((vector_size(4 * LANES), aligned(4)));                \
  TARGET static double NAME(const float *memory, ptrdiff_t count, int64_t passes) {               \
    NAME##_vector sums[8] = {{0}};                                                                \
    for (int64_t pass = 0; pass < passes; pass++) {                                               \
      for (ptrdiff_t i = 0; i + 8 * LANES <= count; i += 8 * LANES)                               \
        _Pragma("clang loop unroll(full)") for (int part = 0; part < 8; part++)                   \
          sums[part] += *(const NAME##_vector *)(memory + i + part * LANES);                      \
      __asm__ volatile("" ::: "memory");                                                          \
    }                                                                                             \
    double total = 0;                                                                             \
    for (int part = 0; part < 8; part++)                                                          \
      for (int lane = 0; lane < LANES; lane++) total += sums[part][lane];                         \
    return total;                                                                                 \
  }

PROBE(portable, , 4, 12)
READER(read_portable, , 4)

double bench_probe_portable(int64_t rounds) { return portable(rounds); }

#if defined(__x86_64__)
PROBE(avx2, __attribute__((target("avx2,fma"))), 8, 12)
READER(read_avx2, __attribute__((target("avx2"))), 8)
PROBE(avx512, __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), 16, 24)
READER(read_avx512, __attribute__((target("avx512f"))), 16)

static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
double bench_probe_avx2(int64_t rounds) { return has_avx2() ? avx2(rounds) : 0; }
double bench_probe_avx512(int64_t rounds) { return has_avx512() ? avx512(rounds) : 0; }
double bench_probe_neon(int64_t rounds) { return 0; }
#else
double bench_probe_avx2(int64_t rounds) { return 0; }
double bench_probe_avx512(int64_t rounds) { return 0; }
#if defined(__aarch64__)
double bench_probe_neon(int64_t rounds) { return portable(rounds); }
#else
double bench_probe_neon(int64_t rounds) { return 0; }
#endif
#endif

double bench_probe_read(const float *memory, ptrdiff_t count, int64_t passes) {
#if defined(__x86_64__)
  if (has_avx512()) return read_avx512(memory, count, passes);
  if (has_avx2()) return read_avx2(memory, count, passes);
#endif
  return read_portable(memory, count, passes);
}
