// Loops that reach a processor's own limits: what every kernel is measured against.
#ifndef BENCHPROBES_H
#define BENCHPROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Each probe works on registers alone, `rounds` times, and returns how many floating-point operations it
// did: a multiplication and an addition for each lane of each instruction.

// A multiplication and an addition in vectors of four floats, as far as every processor has them.
double bench_probe_portable(int64_t rounds);
// Fused multiply-add in the vectors of an instruction set; 0, having done nothing, where it is missing.
double bench_probe_avx2(int64_t rounds);
double bench_probe_avx512(int64_t rounds);
double bench_probe_neon(int64_t rounds);
// Products of bf16 tiles of 16 rows by 32 columns; 0 where there is no such unit, or the system denies it.
double bench_probe_amx(int64_t rounds);

// Reads `count` floats, a multiple of 64, `passes` times, in the widest vectors; returns their sum.
double bench_probe_read(const float *memory, ptrdiff_t count, int64_t passes);

#ifdef __cplusplus
}
#endif

#endif
