// The matrix product, in double precision.
#include <math.h>

#include "CTensorKernelsReference.h"

void ctk_product_reference(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a,
                           ptrdiff_t a_row_stride, ptrdiff_t a_column_stride, const float *b,
                           ptrdiff_t b_row_stride, ptrdiff_t b_column_stride, const float *bias,
                           bool accumulate, float *y, ptrdiff_t y_stride) {
  for (ptrdiff_t i = 0; i < m; i++)
    for (ptrdiff_t j = 0; j < n; j++) {
      double sum = (accumulate ? y[i * y_stride + j] : 0) + (double)(bias ? bias[j] : 0);
      for (ptrdiff_t p = 0; p < k; p++)
        sum += (double)a[i * a_row_stride + p * a_column_stride] *
               b[p * b_row_stride + j * b_column_stride];
      y[i * y_stride + j] = (float)sum;
    }
}

#pragma clang fp contract(off)

static int32_t nearest(float x) { return (int32_t)(x + (x < 0 ? -0.5f : 0.5f)); }

void ctk_product_int8_reference(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                                ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const int8_t *codes,
                                const float *scales, const float *bias, bool accumulate, float *y,
                                ptrdiff_t y_stride) {
  for (ptrdiff_t i = 0; i < m; i++) {
    const float *row = x + i * x_row_stride;
    float largest = 0;
    for (ptrdiff_t p = 0; p < k; p++) {
      const float magnitude = fabsf(row[p * x_column_stride]);
      if (isnan(magnitude) || magnitude > largest) largest = magnitude;
      if (!isfinite(largest)) break;
    }
    const bool is_zero = largest < CTK_SMALLEST_ROW;
    const float factor = is_zero ? 0 : CTK_LARGEST_INTEGER / largest;
    const float scale = !isfinite(largest) ? NAN : is_zero ? 0 : largest / CTK_LARGEST_INTEGER;
    for (ptrdiff_t j = 0; j < n; j++) {
      float sum = (accumulate ? y[i * y_stride + j] : 0);
      if (bias) sum += bias[j];
      ptrdiff_t p = 0;
      do {
        int64_t whole = 0;
        const ptrdiff_t end = p + CTK_ENCODED_DEPTH < k ? p + CTK_ENCODED_DEPTH : k;
        for (; p < end && isfinite(largest); p++)
          whole += (int64_t)nearest(row[p * x_column_stride] * factor) * codes[j * k + p];
        sum += (float)whole * (scales[j] * scale);
      } while (p < k && isfinite(largest));
      y[i * y_stride + j] = sum;
    }
  }
}
