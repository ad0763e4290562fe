// x86-64 with AVX2 and FMA: 16 registers of 8 floats.
#if defined(__x86_64__)
#include <immintrin.h>

#include "tables.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNELS_AVX2 1
#define KERNELS_ISA CTK_ISA_AVX2
#define KERNELS_TABLE ctk_kernels_avx2
#define LANES 8
#define HAS_FMA 1
#define TILE_ROWS 6
#define TILE_VECTORS 2
#include "kernels.inc.h"
#pragma clang attribute pop
#endif
