// Any processor: vectors of 16 bytes, which is SSE2 on x86-64; no fused multiply-add.
#include "tables.h"

#define KERNELS_ISA CTK_ISA_PORTABLE
#define KERNELS_TABLE ctk_kernels_portable
#define LANES 4
#define HAS_FMA 0
#define TILE_ROWS 4
#define TILE_VECTORS 2
#include "kernels.inc.h"
