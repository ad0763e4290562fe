// The public functions that only call the kernels in use.
#include "CTensorKernelTable.h"

void ctk_map(ctk_operation operation, float *destination, const float *a, const float *b,
             const float *c, ptrdiff_t count) {
  ctk_kernels_active()->map[operation](destination, a, b, c, count);
}

void ctk_program_run(const ctk_program *program, const ctk_operand *operands, ptrdiff_t rows,
                     ptrdiff_t width) {
  ctk_program_run_with(ctk_kernels_active(), program, operands, rows, width);
}

ptrdiff_t ctk_panel_columns(void) { return ctk_kernels_active()->panel_columns; }

ptrdiff_t ctk_packed_count(ptrdiff_t n, ptrdiff_t k) {
  return ctk_kernels_active()->packed_count(n, k);
}

void ctk_pack(float *packed, const float *w, ptrdiff_t k_stride, ptrdiff_t n_stride, ptrdiff_t n,
              ptrdiff_t k) {
  ctk_kernels_active()->pack(packed, w, k_stride, n_stride, n, k);
}

void ctk_packed_column(const float *packed, ptrdiff_t n, ptrdiff_t k, ptrdiff_t j, float *column) {
  ctk_kernels_active()->packed_column(packed, n, k, j, column);
}

void ctk_product_packed(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                        ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                        const float *bias, bool accumulate, float *y, ptrdiff_t y_stride) {
  ctk_kernels_active()->product_packed(m, n, k, x, x_row_stride, x_column_stride, packed, bias,
                                       accumulate, y, y_stride);
}

void ctk_product_encoded(ctk_encoding encoding, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                         ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                         const float *bias, bool accumulate, float *y, ptrdiff_t y_stride) {
  ctk_kernels_active()->product_encoded(encoding, m, n, k, x, x_row_stride, x_column_stride, packed, bias,
                                        accumulate, y, y_stride);
}

ptrdiff_t ctk_product_scratch(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {
  return ctk_kernels_active()->product_scratch(m, n, k);
}

void ctk_product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_row_stride,
                 ptrdiff_t a_column_stride, const float *b, ptrdiff_t b_row_stride,
                 ptrdiff_t b_column_stride, const float *bias, bool accumulate, float *y,
                 ptrdiff_t y_stride, float *scratch) {
  ctk_kernels_active()->product(m, n, k, a, a_row_stride, a_column_stride, b, b_row_stride,
                                b_column_stride, bias, accumulate, y, y_stride, scratch);
}

ptrdiff_t ctk_gathered_scratch(ptrdiff_t m, ptrdiff_t n) {
  return ctk_kernels_active()->gathered_scratch(m, n);
}

void ctk_gathered_product(ptrdiff_t m, ptrdiff_t n, const ctk_rows *pieces, ptrdiff_t piece_count,
                          bool accumulate, float *y, ptrdiff_t y_stride, float *scratch) {
  ctk_kernels_active()->gathered_product(m, n, pieces, piece_count, accumulate, y, y_stride,
                                         scratch);
}

void ctk_row_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width, float *sums,
                 ptrdiff_t sums_stride) {
  ctk_kernels_active()->row_sum(x, stride, rows, width, sums, sums_stride);
}

void ctk_row_maximum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                     float *maxima, ptrdiff_t maxima_stride) {
  ctk_kernels_active()->row_maximum(x, stride, rows, width, maxima, maxima_stride);
}

void ctk_row_cumulative_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                            bool reversed, float *y, ptrdiff_t y_stride) {
  ctk_kernels_active()->row_cumulative_sum(x, stride, rows, width, reversed, y, y_stride);
}

void ctk_column_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                    bool accumulate, float *sums) {
  ctk_kernels_active()->column_sum(x, stride, rows, width, accumulate, sums);
}

double ctk_sum(const float *x, ptrdiff_t count) { return ctk_kernels_active()->sum(x, count); }

double ctk_sum_of_squares(const float *x, ptrdiff_t count) {
  return ctk_kernels_active()->sum_of_squares(x, count);
}

void ctk_copy_rows(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width, float *y,
                   ptrdiff_t y_stride) {
  ctk_kernels_active()->copy_rows(x, x_stride, rows, width, y, y_stride);
}

void ctk_add_rows(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width, float *y,
                  ptrdiff_t y_stride) {
  ctk_kernels_active()->add_rows(x, x_stride, rows, width, y, y_stride);
}

void ctk_transpose(const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y) {
  ctk_kernels_active()->transpose(x, rows, columns, y);
}

void ctk_softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  ctk_kernels_active()->softmax(x, rows, width, y);
}

void ctk_log_softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y) {
  ctk_kernels_active()->log_softmax(x, rows, width, y);
}

void ctk_cross_entropy(const float *x, ptrdiff_t rows, ptrdiff_t width, const int32_t *targets,
                       float scale, float *losses, float *gradient) {
  ctk_kernels_active()->cross_entropy(x, rows, width, targets, scale, losses, gradient);
}

void ctk_gather_rows(const float *table, ptrdiff_t width, const int32_t *indices, ptrdiff_t count,
                     float *y) {
  ctk_kernels_active()->gather_rows(table, width, indices, count, y);
}

void ctk_scatter_add_rows(const float *x, ptrdiff_t stride, ptrdiff_t width, const int32_t *indices,
                          ptrdiff_t count, float *table, ptrdiff_t table_stride) {
  ctk_kernels_active()->scatter_add_rows(x, stride, width, indices, count, table, table_stride);
}

void ctk_adam_step(const ctk_adam *settings, ptrdiff_t count, const float *gradient,
                   float *parameter, float *first_moment, float *second_moment) {
  ctk_kernels_active()->adam_step(settings, count, gradient, parameter, first_moment,
                                  second_moment);
}

void ctk_sgd_step(float learning_rate, float momentum, float weight_decay, bool nesterov,
                  float gradient_scale, ptrdiff_t count, const float *gradient, float *parameter,
                  float *velocity) {
  ctk_kernels_active()->sgd_step(learning_rate, momentum, weight_decay, nesterov, gradient_scale,
                                 count, gradient, parameter, velocity);
}

void ctk_advance_traces(const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end) {
  ctk_kernels_active()->advance_traces(traces, first, end);
}
