// Numbers in 8 and 16 bits.
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

// A row's largest magnitude; NaN if a number of it is infinite or NaN.
static float magnitude_of(const float *x, ptrdiff_t count) {
  uint32_t largest = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    const uint32_t bits = bits_of(x[i]) & 0x7fffffff;
    if (bits > largest) largest = bits;
  }
  if (largest >= 0x7f800000) largest = 0x7fc00000;
  float magnitude;
  memcpy(&magnitude, &largest, sizeof magnitude);
  return magnitude;
}

static int8_t nearest_code(float x) {
  const int code = (int)(x < 0 ? x - 0.5f : x + 0.5f);
  return (int8_t)(code < -127 ? -127 : code > 127 ? 127 : code);
}

void ctk_int8_encode(const float *x, ptrdiff_t rows, ptrdiff_t columns, int8_t *codes,
                     float *scales) {
  for (ptrdiff_t i = 0; i < rows; i++, x += columns, codes += columns) {
    const float scale = magnitude_of(x, columns) / 127;
    scales[i] = scale;
    for (ptrdiff_t j = 0; j < columns; j++) codes[j] = scale > 0 ? nearest_code(x[j] / scale) : 0;
  }
}

ptrdiff_t ctk_encoded_count(ptrdiff_t n, ptrdiff_t k, ctk_encoding encoding) {
  return (n + CTK_ENCODED_COLUMNS - 1) / CTK_ENCODED_COLUMNS * ctk_encoded_panel(k, encoding);
}

// The place of number (j, p) of int8 or bf16 among its panel's bytes or 16-bit numbers.
static ptrdiff_t place_in_panel(ptrdiff_t j, ptrdiff_t p, ctk_encoding encoding) {
  const ptrdiff_t column = j % CTK_ENCODED_COLUMNS;
  if (encoding == CTK_BF16) return p * CTK_ENCODED_COLUMNS + column;
  return CTK_ENCODED_COLUMNS * (ptrdiff_t)sizeof(float) + p / 4 * 4 * CTK_ENCODED_COLUMNS + 4 * column +
         p % 4;
}

static int8_t code_at(const float *panel, ptrdiff_t j, ptrdiff_t p) {
  return (int8_t)(((const uint8_t *)panel)[place_in_panel(j, p, CTK_INT8)] - 128);
}

void ctk_encoded_pack(float *packed, const void *codes, const float *scales, ptrdiff_t n, ptrdiff_t k,
                      ctk_encoding encoding) {
  const ptrdiff_t size = ctk_encoded_panel(k, encoding);
  memset(packed, 0, (size_t)ctk_encoded_count(n, k, encoding) * sizeof *packed);
  for (ptrdiff_t j = 0; j < n; j++) {
    float *panel = packed + j / CTK_ENCODED_COLUMNS * size;
    if (encoding == CTK_BF16) {
      const uint16_t *row = (const uint16_t *)codes + j * k;
      for (ptrdiff_t p = 0; p < k; p++) ((uint16_t *)panel)[place_in_panel(j, p, encoding)] = row[p];
    } else {
      const int8_t *row = (const int8_t *)codes + j * k;
      for (ptrdiff_t p = 0; p < k; p++) ((uint8_t *)panel)[place_in_panel(j, p, encoding)] = (uint8_t)(row[p] + 128);
      panel[j % CTK_ENCODED_COLUMNS] = scales[j];
    }
  }
}

void ctk_encoded_unpack(const float *packed, void *codes, float *scales, ptrdiff_t n, ptrdiff_t k,
                        ctk_encoding encoding) {
  const ptrdiff_t size = ctk_encoded_panel(k, encoding);
  for (ptrdiff_t j = 0; j < n; j++) {
    const float *panel = packed + j / CTK_ENCODED_COLUMNS * size;
    if (encoding == CTK_BF16) {
      uint16_t *row = (uint16_t *)codes + j * k;
      for (ptrdiff_t p = 0; p < k; p++) row[p] = ((const uint16_t *)panel)[place_in_panel(j, p, encoding)];
    } else {
      int8_t *row = (int8_t *)codes + j * k;
      for (ptrdiff_t p = 0; p < k; p++) row[p] = code_at(panel, j, p);
      scales[j] = panel[j % CTK_ENCODED_COLUMNS];
    }
  }
}

void ctk_encoded_row(const float *packed, ptrdiff_t j, ptrdiff_t k, ctk_encoding encoding, float *row) {
  const float *panel = packed + j / CTK_ENCODED_COLUMNS * ctk_encoded_panel(k, encoding);
  if (encoding == CTK_BF16) {
    for (ptrdiff_t p = 0; p < k; p++)
      ctk_bf16_decode((const uint16_t *)panel + place_in_panel(j, p, encoding), 1, row + p);
  } else {
    const float scale = panel[j % CTK_ENCODED_COLUMNS];
    for (ptrdiff_t p = 0; p < k; p++)
      row[p] = scale * code_at(panel, j, p);
  }
}
