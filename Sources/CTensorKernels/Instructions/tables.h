// The tables of kernels; each is defined only where its instruction set exists.
#include <string.h>

#include "CTensorKernelTable.h"

extern const ctk_kernels ctk_kernels_portable;
#if defined(__x86_64__)
extern const ctk_kernels ctk_kernels_avx2, ctk_kernels_avx512;
#elif defined(__aarch64__)
extern const ctk_kernels ctk_kernels_neon;
#endif
