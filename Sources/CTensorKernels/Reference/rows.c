// Sums, maxima and copies along rows and columns.
#include <math.h>

#include "CTensorKernelsReference.h"

void ctk_row_sum_reference(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                           float *sums, ptrdiff_t sums_stride) {
  for (ptrdiff_t r = 0; r < rows; r++)
    sums[r * sums_stride] = (float)ctk_sum_reference(x + r * stride, width);
}

void ctk_row_products_reference(const float *a, ptrdiff_t a_stride, const float *b,
                                ptrdiff_t b_stride, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    double sum = 0;
    for (ptrdiff_t j = 0; j < width; j++) sum += (double)a[r * a_stride + j] * b[r * b_stride + j];
    y[r] = (float)sum;
  }
}

void ctk_weighted_rows_reference(const float *x, const float *a, ptrdiff_t stride, ptrdiff_t rows,
                                 ptrdiff_t width, float *y) {
  for (ptrdiff_t j = 0; j < width; j++) {
    double sum = 0;
    for (ptrdiff_t r = 0; r < rows; r++) sum += (double)x[r] * a[r * stride + j];
    y[j] = (float)sum;
  }
}

void ctk_matrix_update_reference(const ctk_matrix_update *update, ptrdiff_t rows, ptrdiff_t width,
                                 float *y, ptrdiff_t y_stride) {
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t j = 0; j < width; j++) {
      float factor = 1, value = update->x ? update->x[r * update->x_stride + j] : 0;
      if (update->scale) factor = update->scale[r * update->scale_stride];
      if (update->x) value = factor * value;
      if (update->is_exponential) value = (float)ctk_value_reference(CTK_EXP, value, 0, 0);
      if (update->left && update->right) {
        const float product = update->left[r * update->left_stride] * update->right[j];
        value = update->x ? value + product : product;
      } else if (update->right) {
        value = update->x ? value * update->right[j] : update->right[j];
      } else if (!update->x) {
        value = update->left ? update->left[r * update->left_stride] : factor;
      }
      y[r * y_stride + j] = value;
    }
  for (ptrdiff_t j = 0; update->weights && j < width; j++) {
    double sum = update->adds ? update->sums[j] : 0;
    for (ptrdiff_t r = 0; r < rows; r++) sum += (double)update->weights[r] * y[r * y_stride + j];
    update->sums[j] = (float)sum;
  }
}

void ctk_row_maximum_reference(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                               float *maxima, ptrdiff_t maxima_stride) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    double largest = -INFINITY;
    for (ptrdiff_t j = 0; j < width; j++)
      largest = ctk_value_reference(CTK_MAXIMUM, largest, x[r * stride + j], 0);
    maxima[r * maxima_stride] = (float)largest;
  }
}

void ctk_row_cumulative_sum_reference(const float *x, ptrdiff_t stride, ptrdiff_t rows,
                                      ptrdiff_t width, bool reversed, float *y,
                                      ptrdiff_t y_stride) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    double sum = 0;
    for (ptrdiff_t step = 0; step < width; step++) {
      const ptrdiff_t j = reversed ? width - 1 - step : step;
      sum += x[r * stride + j];
      y[r * y_stride + j] = (float)sum;
    }
  }
}

void ctk_column_sum_reference(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                              bool accumulate, float *sums) {
  for (ptrdiff_t j = 0; j < width; j++) {
    double sum = accumulate ? sums[j] : 0;
    for (ptrdiff_t r = 0; r < rows; r++) sum += x[r * stride + j];
    sums[j] = (float)sum;
  }
}

double ctk_sum_reference(const float *x, ptrdiff_t count) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < count; i++) sum += x[i];
  return sum;
}

double ctk_sum_of_squares_reference(const float *x, ptrdiff_t count) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < count; i++) sum += (double)x[i] * x[i];
  return sum;
}

void ctk_copy_rows_reference(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width,
                             float *y, ptrdiff_t y_stride) {
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t j = 0; j < width; j++) y[r * y_stride + j] = x[r * x_stride + j];
}

void ctk_add_rows_reference(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width,
                            float *y, ptrdiff_t y_stride) {
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t j = 0; j < width; j++) y[r * y_stride + j] += x[r * x_stride + j];
}

void ctk_transpose_reference(const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t c = 0; c < columns; c++) y[c * rows + r] = x[r * columns + c];
}
