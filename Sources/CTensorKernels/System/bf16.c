#include <string.h>

#include "CTensorKernels.h"

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

void ctk_bf16_encode(const float *x, ptrdiff_t count, uint16_t *codes) {
  for (ptrdiff_t i = 0; i < count; i++) {
    const uint32_t bits = bits_of(x[i]);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
    codes[i] = (uint16_t)(is_nan ? bits >> 16 | 0x40 : rounded);
  }
}

void ctk_bf16_decode(const uint16_t *codes, ptrdiff_t count, float *x) {
  for (ptrdiff_t i = 0; i < count; i++) {
    const uint32_t bits = (uint32_t)codes[i] << 16;
    memcpy(&x[i], &bits, sizeof bits);
  }
}

bool ctk_is_zero(const float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) {
    if (bits_of(x[i]) != 0) return false;
  }
  return true;
}
