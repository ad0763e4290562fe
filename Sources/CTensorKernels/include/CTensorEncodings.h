// Matrices of weights in 8 or 16 bits a number, and products with them.
//
// W [k, n] is given by its columns: the rows of a matrix of weights [n, k], row-major. int8: weight (j, p) is
// scales[j] * codes(j, p), codes from -128 to 127; bf16: the upper half of a float32.
#ifndef CTENSORENCODINGS_H
#define CTENSORENCODINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ctk_encoding : int32_t {
  CTK_FLOAT32 = 0,
  CTK_BF16 = 1,
  CTK_INT8 = 2,
} ctk_encoding;

// The bf16 numbers nearest to `count` floats, ties to even; NaN stays NaN.
void ctk_bf16_encode(const float *x, ptrdiff_t count, uint16_t *codes);
// The floats of bf16 numbers.
void ctk_bf16_decode(const uint16_t *codes, ptrdiff_t count, float *x);
// The rows of x [rows, columns], contiguous, as integers from -127 to 127: scales[r] is the row's
// largest magnitude / 127, a code the integer nearest to x / scale, away from zero at ties. A row
// with an infinity or NaN has a scale that is NaN.
void ctk_int8_encode(const float *x, ptrdiff_t rows, ptrdiff_t columns, int8_t *codes,
                     float *scales);

// MARK: Packed weights
//
// Panels of CTK_ENCODED_COLUMNS columns of W, the same for every instruction set. A panel of int8 has the
// scales of its columns, then for every four values of p the four codes of each column, plus 128; one of bf16, for
// every p the codes of all columns. Columns and values of p that do not exist are 0. Columns [j, n) are themselves
// packed, at packed[j / CTK_ENCODED_COLUMNS * ctk_encoded_panel(k, encoding)], if j is a multiple.

enum {
  CTK_ENCODED_COLUMNS = 32,
  // Sums of integers over at most this many values of p are exact in 32 bits: 1024 * 128 * 16383 < 2^31.
  CTK_ENCODED_DEPTH = 1024,
  CTK_LARGEST_INTEGER = 16383,
};
// Rows of x whose largest magnitude is less count as zeros: 2^-100.
#define CTK_SMALLEST_ROW 0x1p-100f

// Floats of one panel, and of all of a matrix.
static inline ptrdiff_t ctk_encoded_panel(ptrdiff_t k, ctk_encoding encoding) {
  return encoding == CTK_INT8 ? CTK_ENCODED_COLUMNS * (1 + (k + 3) / 4)
                              : CTK_ENCODED_COLUMNS / 2 * k;
}
ptrdiff_t ctk_encoded_count(ptrdiff_t n, ptrdiff_t k, ctk_encoding encoding);
// `codes` and `scales` as described above; bf16 has no scales.
void ctk_encoded_pack(float *packed, const void *codes, const float *scales, ptrdiff_t n, ptrdiff_t k,
                      ctk_encoding encoding);
void ctk_encoded_unpack(const float *packed, void *codes, float *scales, ptrdiff_t n, ptrdiff_t k,
                        ctk_encoding encoding);
// Row j of the matrix of weights, as floats.
void ctk_encoded_row(const float *packed, ptrdiff_t j, ptrdiff_t k, ctk_encoding encoding, float *row);

// y[m, n] = (accumulate ? y : 0) + bias (a row of n, or null) + x[m, k] * W, strides as in ctk_product_packed.
//
// bf16: sums are float32, from p = 0 to k - 1. int8: each row of x becomes integers, x * (16383 / its largest
// magnitude) rounded to the nearest, away from zero at ties, and is multiplied exactly for 1024 values of p at
// a time; these sums, times the product of both scales, are added to y one after the other. So int8 gives
// the same bits with every instruction set. A row with an infinity or NaN gives NaN. The bits of y(i, j) depend on
// row i of x, column j of W, bias(j) and the old y(i, j) alone.
void ctk_product_encoded(ctk_encoding encoding, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                         ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                         const float *bias, bool accumulate, float *y, ptrdiff_t y_stride);

#ifdef __cplusplus
}
#endif

#endif
