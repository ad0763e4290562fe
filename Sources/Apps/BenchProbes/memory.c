// Memory that the allocator keeps for what is to come.
#include "BenchProbes.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void bench_release_free_memory(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}
