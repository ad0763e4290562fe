// The matrix product, in double precision.
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
