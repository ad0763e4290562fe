// Recurrences over matrices of 64 columns as one writes them by hand: one pass over a matrix for each step.
#include "BenchProbes.h"

enum { COLUMNS = 64 };

// One head. A decay, a write and a read for each row; the delta rule reads once more before it writes. Like the library's,
// every product and sum of the update is rounded, and a read is a chain of fused multiply-adds.
#define LOOPS(NAME, TARGET, LANES, FUSED)                                                         \
  typedef float NAME##_vector __attribute__((vector_size(4 * LANES), aligned(4)));                \
  TARGET static inline NAME##_vector NAME##_add(NAME##_vector sum, NAME##_vector x, float y) {    \
    const NAME##_vector factor = (NAME##_vector){} + y;                                           \
    return FUSED ? __builtin_elementwise_fma(x, factor, sum) : sum + x * factor;                  \
  }                                                                                               \
  TARGET static void NAME##_step(const bench_matrix_step *step, float *s, float *y) {             \
    enum { VECTORS = COLUMNS / LANES };                                                           \
    NAME##_vector write[VECTORS], sums[VECTORS], reads[VECTORS];                                  \
    for (int j = 0; j < VECTORS; j++) {                                                           \
      write[j] = *(const NAME##_vector *)(step->value + j * LANES);                               \
      sums[j] = reads[j] = (NAME##_vector){};                                                     \
    }                                                                                             \
    if (step->strength) {                                                                         \
      for (ptrdiff_t r = 0; r < step->rows; r++)                                                  \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTORS; j++) {                    \
          NAME##_vector *x = (NAME##_vector *)(s + r * COLUMNS + j * LANES);                      \
          *x = *x * step->decay[r];                                                               \
          reads[j] = NAME##_add(reads[j], *x, step->key[r]);                                      \
        }                                                                                         \
      for (int j = 0; j < VECTORS; j++) write[j] = (write[j] - reads[j]) * *step->strength;       \
    }                                                                                             \
    for (ptrdiff_t r = 0; r < step->rows; r++)                                                    \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTORS; j++) {                      \
        NAME##_vector *x = (NAME##_vector *)(s + r * COLUMNS + j * LANES);                        \
        const NAME##_vector old = step->strength ? *x : *x * step->decay[r];                      \
        *x = old + write[j] * step->key[r];                                                       \
        sums[j] = NAME##_add(sums[j], *x, step->query[r]);                                        \
      }                                                                                           \
    for (int j = 0; j < VECTORS; j++) *(NAME##_vector *)(y + j * LANES) = sums[j];                \
  }

#pragma STDC FP_CONTRACT OFF
LOOPS(portable, , 4, false)

#if defined(__x86_64__)
LOOPS(avx2, __attribute__((target("avx2,fma"))), 8, true)
LOOPS(avx512, __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), 16, true)
#endif

void bench_matrix_step_run(const bench_matrix_step *step, float *matrix, float *y) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
    avx512_step(step, matrix, y);
    return;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    avx2_step(step, matrix, y);
    return;
  }
#endif
  portable_step(step, matrix, y);
}
