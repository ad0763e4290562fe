// The choice of the instruction set, once, at the first use.
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../System/environment.h"
#include "tables.h"

const ctk_kernels *ctk_kernels_for(ctk_isa isa) {
  switch (isa) {
    case CTK_ISA_PORTABLE:
      return &ctk_kernels_portable;
#if defined(__x86_64__)
    case CTK_ISA_AVX2:
      if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &ctk_kernels_avx2;
      return NULL;
    case CTK_ISA_AVX512:
      if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return &ctk_kernels_avx512;
      return NULL;
#elif defined(__aarch64__)
    case CTK_ISA_NEON:
      return &ctk_kernels_neon;
#endif
    default:
      return NULL;
  }
}

static const char *const names[] = {
    [CTK_ISA_PORTABLE] = "portable",
    [CTK_ISA_AVX2] = "avx2",
    [CTK_ISA_AVX512] = "avx512",
    [CTK_ISA_NEON] = "neon",
};

enum { ISA_COUNT = sizeof names / sizeof names[0] };

const char *ctk_isa_name(ctk_isa isa) {
  return isa >= 0 && (int)isa < ISA_COUNT ? names[isa] : "unknown";
}

bool ctk_isa_supported(ctk_isa isa) { return ctk_kernels_for(isa) != NULL; }

// Writes the names of the sets that the processor has, for a message.
static void list_supported(char *text, size_t size) {
  text[0] = 0;
  for (int32_t isa = 0; isa < ISA_COUNT; isa++) {
    if (!ctk_kernels_for(isa)) continue;
    if (text[0]) strncat(text, ", ", size - strlen(text) - 1);
    strncat(text, names[isa], size - strlen(text) - 1);
  }
}

static const ctk_kernels *chosen_at_start(void) {
  const char *wish = ctk_environment("SWIFT_RNN_ISA");
  const ctk_kernels *best = &ctk_kernels_portable;
  for (int32_t isa = 0; isa < ISA_COUNT; isa++) {
    const ctk_kernels *kernels = ctk_kernels_for(isa);
    if (!kernels) continue;
    if (wish && strcmp(wish, names[isa]) == 0) return kernels;
    best = kernels;  // they are listed from the narrowest to the widest
  }
  if (wish) {
    char text[128] = "one of this processor's sets ";
    const size_t start = strlen(text);
    list_supported(text + start, sizeof text - start);
    ctk_environment_refuse("SWIFT_RNN_ISA", text, wish);
  }
  return best;
}

static _Atomic(const ctk_kernels *) active;

const ctk_kernels *ctk_kernels_active(void) {
  const ctk_kernels *kernels = atomic_load_explicit(&active, memory_order_relaxed);
  if (kernels) return kernels;
  // Two threads that arrive here at once make the same choice.
  const ctk_kernels *none = NULL;
  kernels = chosen_at_start();
  return atomic_compare_exchange_strong(&active, &none, kernels) ? kernels : none;
}

ctk_isa ctk_isa_active(void) { return ctk_kernels_active()->isa; }

bool ctk_isa_select(ctk_isa isa) {
  const ctk_kernels *kernels = ctk_kernels_for(isa);
  if (kernels) atomic_store(&active, kernels);
  return kernels != NULL;
}
