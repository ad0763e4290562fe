// Softmax, cross-entropy and embeddings.
#include <math.h>

#include "CTensorKernelsReference.h"

// The logarithm of the sum of e^x.
static double log_sum(const float *x, ptrdiff_t width) {
  double largest = -INFINITY, sum = 0;
  for (ptrdiff_t j = 0; j < width; j++)
    largest = ctk_value_reference(CTK_MAXIMUM, largest, x[j], 0);
  for (ptrdiff_t j = 0; j < width; j++) sum += exp(x[j] - largest);
  return largest + log(sum);
}

void ctk_softmax_reference(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const double total = log_sum(x + r * width, width);
    for (ptrdiff_t j = 0; j < width; j++) y[r * width + j] = (float)exp(x[r * width + j] - total);
  }
}

void ctk_log_softmax_reference(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const double total = log_sum(x + r * width, width);
    for (ptrdiff_t j = 0; j < width; j++) y[r * width + j] = (float)(x[r * width + j] - total);
  }
}

void ctk_cross_entropy_reference(const float *x, ptrdiff_t rows, ptrdiff_t width,
                                 const int32_t *targets, float scale, float *losses, float *gradient) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const int32_t target = targets[r];
    const double total = log_sum(x + r * width, width);
    losses[r] = target < 0 ? 0 : (float)(total - x[r * width + target]);
    for (ptrdiff_t j = 0; gradient && j < width; j++)
      gradient[r * width + j] =
          target < 0 ? 0 : (float)(scale * (exp(x[r * width + j] - total) - (j == target)));
  }
}

void ctk_gather_rows_reference(const float *table, ptrdiff_t width, const int32_t *indices,
                               ptrdiff_t count, float *y) {
  for (ptrdiff_t r = 0; r < count; r++)
    for (ptrdiff_t j = 0; j < width; j++) y[r * width + j] = table[indices[r] * width + j];
}

void ctk_scatter_add_rows_reference(const float *x, ptrdiff_t stride, ptrdiff_t width,
                                    const int32_t *indices, ptrdiff_t count, float *table,
                                    ptrdiff_t table_stride) {
  for (ptrdiff_t r = 0; r < count; r++)
    for (ptrdiff_t j = 0; j < width; j++)
      table[indices[r] * table_stride + j] += x[r * stride + j];
}
