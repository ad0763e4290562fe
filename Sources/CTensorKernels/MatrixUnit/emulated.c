// A plain model of the matrix unit, with which every machine tests packing and sums.
#include <string.h>

#include "CTensorMatrixUnit.h"

// Everything that takes a vector is inlined, so that no calling convention matters.
#pragma clang diagnostic ignored "-Wpsabi"
#define LANES 16
#define HAS_FMA 0
#include "../Instructions/vector.inc.h"

static _Thread_local _Alignas(64) uint32_t registers[8][16][16];

static float number(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// sum(i, j) += the sum over words p of left(i, p) right(p, j): the products of the words' lower halves
// and those of their upper halves have separate sums, as in the processor.
static void multiply(int sum, int left, int right) {
  for (int i = 0; i < 16; i++) {
    float lower[16] = {}, upper[16] = {}, old[16];
    for (int p = 0; p < 16; p++) {
      const uint32_t word = registers[left][i][p], *row = registers[right][p];
      const float a = number(word << 16), b = number(word & 0xffff0000);
      for (int j = 0; j < 16; j++) {
        lower[j] += a * number(row[j] << 16);
        upper[j] += b * number(row[j] & 0xffff0000);
      }
    }
    memcpy(old, registers[sum][i], sizeof old);
    for (int j = 0; j < 16; j++) old[j] += lower[j] + upper[j];
    memcpy(registers[sum][i], old, sizeof old);
  }
}

#define TILES_BEGIN() (void)0
#define TILES_END() (void)0
#define TILE_ZERO(tile) memset(registers[tile], 0, sizeof registers[tile])
#define TILE_LOAD(tile, from) memcpy(registers[tile], from, sizeof registers[tile])
#define TILE_STORE(tile, to) memcpy(to, registers[tile], sizeof registers[tile])
#define TILE_MULTIPLY(sum, left, right) multiply(sum, left, right)

#include "pack.inc.h"
#include "product.inc.h"

const ctk_matrix_unit *ctk_matrix_unit_emulated(void) {
  static const ctk_matrix_unit unit = {"emulated", pack, product, gathered_product};
  return &unit;
}

ptrdiff_t ctk_unit_packed_count(ptrdiff_t n, ptrdiff_t k, int32_t parts) {
  return (n + BLOCK_LINES - 1) / BLOCK_LINES * panel_size(k, parts);
}

ptrdiff_t ctk_unit_gathered_scratch(ptrdiff_t n, int32_t parts) {
  return ctk_unit_packed_count(smaller(n, BLOCK_COLUMNS), BLOCK_DEPTH, parts);
}
