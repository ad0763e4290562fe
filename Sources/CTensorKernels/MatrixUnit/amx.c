// The matrix unit of x86-64: AMX tiles of bf16.
#define _GNU_SOURCE
#include <string.h>

#include "CTensorMatrixUnit.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

// The processor must have the unit and the system must let this process use its registers.
static bool has_tiles(void) {
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18, AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24 };
  unsigned a, b, c, d;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512bw"))
    return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  if ((d & AMX_BF16) == 0 || (d & AMX_TILE) == 0) return false;
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

#define AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#pragma clang attribute push(AMX, apply_to = function)
#define KERNELS_AVX512 1
#define LANES 16
#define HAS_FMA 1
#include "../Instructions/vector.inc.h"

// Eight registers of 16 rows of 64 bytes.
static void configure_tiles(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } shapes = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) {
    shapes.row_bytes[tile] = 64;
    shapes.rows[tile] = 16;
  }
  _tile_loadconfig(&shapes);
}

#define TILES_BEGIN() configure_tiles()
#define TILES_END() _tile_release()
#define TILE_ZERO(tile) _tile_zero(tile)
#define TILE_LOAD(tile, from) _tile_loadd(tile, from, 64)
#define TILE_STORE(tile, to) _tile_stored(tile, to, 64)
#define TILE_MULTIPLY(sum, left, right) _tile_dpbf16ps(sum, left, right)

#include "pack.inc.h"
#include "product.inc.h"
#pragma clang attribute pop

const ctk_matrix_unit *ctk_matrix_unit_amx(void) {
  static const ctk_matrix_unit unit = {"amx", pack, product, gathered_product};
  return has_tiles() ? &unit : NULL;
}
#else
const ctk_matrix_unit *ctk_matrix_unit_amx(void) { return NULL; }
#endif
