// Loops that reach the processor's peak performance, the reference for every kernel.
#ifndef BENCHPROBES_H
#define BENCHPROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Each probe runs `rounds` rounds on registers alone and returns the number of floating-point operations: a
// multiplication and an addition for each lane of each instruction.

// A multiplication and an addition in vectors of four floats, which every processor has.
double bench_probe_portable(int64_t rounds);
// Fused multiply-add in the vectors of an instruction set; does nothing and returns 0 if it is missing.
double bench_probe_avx2(int64_t rounds);
double bench_probe_avx512(int64_t rounds);
double bench_probe_neon(int64_t rounds);
// Products of bf16 tiles of 16 rows by 32 columns; returns 0 if the unit is missing or the system denies its use.
double bench_probe_amx(int64_t rounds);

// Reads `count` floats, a multiple of 64, `passes` times, in the widest vectors; returns their sum.
double bench_probe_read(const float *memory, ptrdiff_t count, int64_t passes);

// One step of one head of a recurrence over a matrix of 64 columns: S = diag(decay) S + key valueᵀ, or, with a strength
// b, by the delta rule, b (value - Sᵀ key) in the place of the value, with the decayed S; then y = Sᵀ query.
typedef struct bench_matrix_step {
  ptrdiff_t rows;
  const float *decay, *key, *query, *value;
  const float *strength;  // or null
} bench_matrix_step;
void bench_matrix_step_run(const bench_matrix_step *step, float *matrix, float *y);

// Gives the memory that was freed back to the system, where the allocator can.
void bench_release_free_memory(void);

#ifdef __cplusplus
}
#endif

#endif
