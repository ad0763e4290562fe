// Products of float32 matrices on a matrix unit, which multiplies bf16 numbers and adds in float32.
//
// A number is cut into one or two parts: the bf16 nearest to it, and the bf16 nearest to the rest. With
// one part a product is one bf16 product, with a relative error of about 2e-3; with two it is three of
// them, high * high + high * low + low * high, with about 4e-6. Sums are float32 always. An
// infinity may become NaN, and subnormal numbers count as zero.
#ifndef CTENSORMATRIXUNIT_H
#define CTENSORMATRIXUNIT_H

#include "CTensorKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// A column range of a packed matrix may start at a multiple of this.
#define CTK_UNIT_COLUMNS 32

typedef struct ctk_matrix_unit {
  const char *name;

  // Cuts W [k, n], element (p, j) at w[p * k_stride + j * n_stride], into `parts` and packs it.
  void (*pack)(float *packed, const float *w, ptrdiff_t k_stride, ptrdiff_t n_stride, ptrdiff_t n,
               ptrdiff_t k, int32_t parts);
  // See ctk_product_packed. The bits of y(i, j) depend on row i of x, column j of W, bias(j) and the
  // old y(i, j) alone.
  void (*product)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x, ptrdiff_t x_row_stride,
                  ptrdiff_t x_column_stride, const float *packed, int32_t parts, const float *bias,
                  bool accumulate, float *y, ptrdiff_t y_stride);
  // See ctk_gathered_product; `scratch` is 64-byte aligned, for `ctk_unit_gathered_scratch` floats.
  void (*gathered_product)(ptrdiff_t m, ptrdiff_t n, const ctk_rows *pieces, ptrdiff_t piece_count,
                           int32_t parts, bool accumulate, float *y, ptrdiff_t y_stride,
                           float *scratch);
} ctk_matrix_unit;

// Floats that a packed matrix takes; it is 64-byte aligned. All units pack alike.
ptrdiff_t ctk_unit_packed_count(ptrdiff_t n, ptrdiff_t k, int32_t parts);
ptrdiff_t ctk_unit_gathered_scratch(ptrdiff_t n, int32_t parts);

// The tiles of x86-64 processors with AMX-bf16; null where the processor has none or the system does
// not let this process use them.
const ctk_matrix_unit *ctk_matrix_unit_amx(void);
// A plain model of such a unit, for tests: the same code with every instruction as a loop.
const ctk_matrix_unit *ctk_matrix_unit_emulated(void);

// The unit in use, or null: the processor's own, or what the environment variable
// SWIFT_RNN_MATRIX_UNIT (amx, emulated, none) names, if it is available. Read once.
const ctk_matrix_unit *ctk_matrix_unit_active(void);
// For tests: chooses the unit, or none, from now on.
void ctk_matrix_unit_select(const ctk_matrix_unit *unit);

#ifdef __cplusplus
}
#endif

#endif
