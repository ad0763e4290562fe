// 64-bit ARM: 32 registers of 4 floats, fused multiply-add.
#if defined(__aarch64__)
#include "tables.h"

#define KERNELS_ISA CTK_ISA_NEON
#define KERNELS_TABLE ctk_kernels_neon
#define LANES 4
#define HAS_FMA 1
#define TILE_ROWS 8
#define TILE_VECTORS 3
#include "kernels.inc.h"
#endif
