// One table of kernels for each instruction set.
//
// The functions of CTensorKernels.h call through the table in use. Tests and benchmarks take a
// table by name instead, so that they compare instruction sets without changing anything for
// others.
#ifndef CTENSORKERNELTABLE_H
#define CTENSORKERNELTABLE_H

#include "CTensorKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// One elementwise operation over arrays: see ctk_map.
typedef void (*ctk_map_function)(float *destination, const float *a, const float *b, const float *c,
                                 ptrdiff_t count);

// Each function does what the function of the same name in CTensorKernels.h or CTensorEncodings.h does.
typedef struct ctk_kernels {
  ctk_isa isa;
  ptrdiff_t panel_columns;
  const ctk_map_function *map;  // of every word, by ctk_operation

  void (*pack)(float *packed, const float *w, ptrdiff_t k_stride, ptrdiff_t n_stride, ptrdiff_t n,
               ptrdiff_t k);
  ptrdiff_t (*packed_count)(ptrdiff_t n, ptrdiff_t k);
  void (*packed_column)(const float *packed, ptrdiff_t n, ptrdiff_t k, ptrdiff_t j, float *column);
  void (*product_packed)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                         ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                         const float *bias, bool accumulate, float *y, ptrdiff_t y_stride);
  void (*product_encoded)(ctk_encoding encoding, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                          ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                          const float *bias, bool accumulate, float *y, ptrdiff_t y_stride);
  void (*product)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_row_stride,
                  ptrdiff_t a_column_stride, const float *b, ptrdiff_t b_row_stride,
                  ptrdiff_t b_column_stride, const float *bias, bool accumulate, float *y,
                  ptrdiff_t y_stride, float *scratch);
  ptrdiff_t (*product_scratch)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k);
  void (*gathered_product)(ptrdiff_t m, ptrdiff_t n, const ctk_rows *pieces, ptrdiff_t piece_count,
                           bool accumulate, float *y, ptrdiff_t y_stride, float *scratch);
  ptrdiff_t (*gathered_scratch)(ptrdiff_t m, ptrdiff_t n);

  void (*row_sum)(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width, float *sums,
                  ptrdiff_t sums_stride);
  // y[r] = the sum of a(r, j) * b(r, j) over j, a [rows, width] and b, whose stride may be 0.
  void (*row_products)(const float *a, ptrdiff_t a_stride, const float *b, ptrdiff_t b_stride,
                       ptrdiff_t rows, ptrdiff_t width, float *y);
  // y[j] = the sum of x[r] * a(r, j) over r, a [rows, width]; `accumulate` goes on with the sum in y.
  void (*weighted_rows)(const float *x, const float *a, ptrdiff_t stride, ptrdiff_t rows,
                        ptrdiff_t width, bool accumulate, float *y);
  // y(r, j) = [scale[r]] x(r, j) [+ left[r] * right[j]]: see ctk_matrix_update.
  void (*matrix_update)(const ctk_matrix_update *update, ptrdiff_t rows, ptrdiff_t width, float *y,
                        ptrdiff_t y_stride);
  void (*row_maximum)(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                      float *maxima, ptrdiff_t maxima_stride);
  void (*row_cumulative_sum)(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                             bool reversed, float *y, ptrdiff_t y_stride);
  void (*column_sum)(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                     bool accumulate, float *sums);
  double (*sum)(const float *x, ptrdiff_t count);
  double (*sum_of_squares)(const float *x, ptrdiff_t count);
  void (*copy_rows)(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width, float *y,
                    ptrdiff_t y_stride);
  void (*add_rows)(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width, float *y,
                   ptrdiff_t y_stride);
  // y(r, j) = x[r * x_stride], y [rows, width] contiguous.
  void (*repeat_columns)(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width,
                         float *y);
  void (*transpose)(const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y);

  void (*softmax)(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y);
  void (*log_softmax)(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y);
  void (*cross_entropy)(const float *x, ptrdiff_t rows, ptrdiff_t width, const int32_t *targets,
                        float scale, float *losses, float *gradient);
  void (*gather_rows)(const float *table, ptrdiff_t width, const int32_t *indices, ptrdiff_t count,
                      float *y);
  void (*scatter_add_rows)(const float *x, ptrdiff_t stride, ptrdiff_t width,
                           const int32_t *indices, ptrdiff_t count, float *table,
                           ptrdiff_t table_stride);

  void (*adam_step)(const ctk_adam *settings, ptrdiff_t count, const float *gradient,
                    float *parameter, float *first_moment, float *second_moment);
  void (*sgd_step)(float learning_rate, float momentum, float weight_decay, bool nesterov,
                   float gradient_scale, ptrdiff_t count, const float *gradient, float *parameter,
                   float *velocity);
  void (*advance_traces)(const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end);
} ctk_kernels;

// The kernels of an instruction set, or null if the processor does not have it.
const ctk_kernels *ctk_kernels_for(ctk_isa isa);
// The kernels in use.
const ctk_kernels *ctk_kernels_active(void);

// Parts of a program's rows that lie at distances of their own for each operand: the matrices of
// heads, of samples.
typedef struct ctk_tiling {
  ptrdiff_t samples, tiles;
  // By operand; of one sample and one tile they are not read.
  const ptrdiff_t *sample_strides, *tile_strides;
  // The samples, or the rows of one sample and tile, are steps of time: the next ones are prefetched, since they lie in
  // other pages for each operand, and a processor would see too late what comes.
  bool along_time;
} ctk_tiling;

// ctk_program_run over every tile of every sample, with `rows` and `width` of one tile.
void ctk_program_run_tiles(const ctk_kernels *kernels, const ctk_program *program,
                           const ctk_operand *operands, const ctk_tiling *tiling, ptrdiff_t rows,
                           ptrdiff_t width);

// ctk_program_run with the kernels of one instruction set.
void ctk_program_run_with(const ctk_kernels *kernels, const ctk_program *program,
                          const ctk_operand *operands, ptrdiff_t rows, ptrdiff_t width);

#ifdef __cplusplus
}
#endif

#endif
