// x86-64 with AVX-512: 32 registers of 16 floats.
#if defined(__x86_64__)
#include <immintrin.h>

#include "tables.h"

#define AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#pragma clang attribute push(AVX512, apply_to = function)
#define KERNELS_AVX512 1
#define KERNELS_ISA CTK_ISA_AVX512
#define KERNELS_TABLE ctk_kernels_avx512
#define LANES 16
#define HAS_FMA 1
#define TILE_ROWS 8
#define TILE_VECTORS 3
#include "kernels.inc.h"
#pragma clang attribute pop
#endif
