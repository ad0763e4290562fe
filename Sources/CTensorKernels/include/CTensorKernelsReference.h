// The plain twin of every kernel: its specification, and the reference for tests.
//
// Simple loops, in double precision where a kernel may choose the order of its sum or the way to
// its result; rounded to float32 at the end. Slow on purpose, and the same on every processor.
#ifndef CTENSORKERNELSREFERENCE_H
#define CTENSORKERNELSREFERENCE_H

#include "CTensorKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// The operation on single numbers, in double precision.
double ctk_value_reference(ctk_operation operation, double a, double b, double c);
void ctk_map_reference(ctk_operation operation, float *destination, const float *a, const float *b,
                       const float *c, ptrdiff_t count);
// The largest distance of results[i] from operation(a[i]), for operations with one operand, in
// units in the last place of the exact result; infinite if one is NaN, infinite or of the other
// sign where the result is not.
double ctk_map_error_reference(ctk_operation operation, const float *a, const float *results,
                               ptrdiff_t count);

void ctk_program_run_reference(const ctk_program *program, const ctk_operand *operands,
                               ptrdiff_t rows, ptrdiff_t width);

// y = (accumulate ? y : 0) + bias (or null) + a * b.
void ctk_product_reference(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a,
                           ptrdiff_t a_row_stride, ptrdiff_t a_column_stride, const float *b,
                           ptrdiff_t b_row_stride, ptrdiff_t b_column_stride, const float *bias,
                           bool accumulate, float *y, ptrdiff_t y_stride);

// ctk_product_encoded for int8, with weights as they are before packing. The kernels give the same bits.
void ctk_product_int8_reference(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                                ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const int8_t *codes,
                                const float *scales, const float *bias, bool accumulate, float *y,
                                ptrdiff_t y_stride);

uint32_t ctk_crc32_reference(uint32_t crc, const uint8_t *bytes, ptrdiff_t count);
uint32_t ctk_adler32_reference(uint32_t adler, const uint8_t *bytes, ptrdiff_t count);

void ctk_row_sum_reference(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                           float *sums, ptrdiff_t sums_stride);
void ctk_row_products_reference(const float *a, ptrdiff_t a_stride, const float *b,
                                ptrdiff_t b_stride, ptrdiff_t rows, ptrdiff_t width, float *y);
void ctk_weighted_rows_reference(const float *x, const float *a, ptrdiff_t stride, ptrdiff_t rows,
                                 ptrdiff_t width, float *y);
void ctk_matrix_update_reference(const ctk_matrix_update *update, ptrdiff_t rows, ptrdiff_t width,
                                 float *y, ptrdiff_t y_stride);
void ctk_row_maximum_reference(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                               float *maxima, ptrdiff_t maxima_stride);
void ctk_row_cumulative_sum_reference(const float *x, ptrdiff_t stride, ptrdiff_t rows,
                                      ptrdiff_t width, bool reversed, float *y, ptrdiff_t y_stride);
void ctk_column_sum_reference(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                              bool accumulate, float *sums);
double ctk_sum_reference(const float *x, ptrdiff_t count);
double ctk_sum_of_squares_reference(const float *x, ptrdiff_t count);
void ctk_copy_rows_reference(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width,
                             float *y, ptrdiff_t y_stride);
void ctk_add_rows_reference(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width,
                            float *y, ptrdiff_t y_stride);
void ctk_transpose_reference(const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y);

void ctk_softmax_reference(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y);
void ctk_log_softmax_reference(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y);
void ctk_cross_entropy_reference(const float *x, ptrdiff_t rows, ptrdiff_t width,
                                 const int32_t *targets, float scale, float *losses, float *gradient);
void ctk_gather_rows_reference(const float *table, ptrdiff_t width, const int32_t *indices,
                               ptrdiff_t count, float *y);
void ctk_scatter_add_rows_reference(const float *x, ptrdiff_t stride, ptrdiff_t width,
                                    const int32_t *indices, ptrdiff_t count, float *table,
                                    ptrdiff_t table_stride);

void ctk_adam_step_reference(const ctk_adam *settings, ptrdiff_t count, const float *gradient,
                             float *parameter, float *first_moment, float *second_moment);
void ctk_advance_traces_reference(const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end);
void ctk_sgd_step_reference(float learning_rate, float momentum, float weight_decay, bool nesterov,
                            float gradient_scale, ptrdiff_t count, const float *gradient,
                            float *parameter, float *velocity);

#ifdef __cplusplus
}
#endif

#endif
