// The matrix unit of x86-64: AMX tiles of bf16.
#include "BenchProbes.h"
#include "CTensorMatrixUnit.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <string.h>

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_shapes;

__attribute__((target("amx-tile,amx-bf16"))) static void multiply_tiles(int64_t rounds) {
  tile_shapes shapes;
  memset(&shapes, 0, sizeof shapes);
  shapes.palette = 1;
  for (int tile = 0; tile < 8; tile++) {
    shapes.row_bytes[tile] = 64;
    shapes.rows[tile] = 16;
  }
  _tile_loadconfig(&shapes);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (int64_t round = 0; round < rounds; round++) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
}

double bench_probe_amx(int64_t rounds) {
  if (!ctk_matrix_unit_amx()) return 0;
  multiply_tiles(rounds);
  return 4.0 * 2 * 16 * 16 * 32 * (double)rounds;
}
#else
double bench_probe_amx(int64_t rounds) { return 0; }
#endif
