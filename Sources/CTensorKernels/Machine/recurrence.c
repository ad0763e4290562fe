// Some steps of a recurrence of a matrix that is linear in it, S' = diag(a) S + k vᵀ, as products.
//
// With p_i the product of the decays up to step i, S_i = diag(p_i) (S_0 + the sum of (k_j / p_j) v_jᵀ over j <= i). So
// what all steps read of the matrix, S_iᵀ w_i or S_i u_i, is one product of S_0 with their vectors and one with a
// triangle of numbers, and the matrix is written once for all steps. The step by step form is the specification.
#include "CTensorRecurrence.h"

#include "CTensorKernelTable.h"

#include <string.h>

enum { STEPS = CTK_RECURRENCE_STEPS, MOST = CTK_RECURRENCE_MOST_UNITS };

// The steps of one head.
typedef struct {
  const ctk_recurrence *self;
  const ctk_area *areas;
  ctk_step_block first;
  ptrdiff_t count, stride, head;
} head_steps;

typedef struct {
  const ctk_kernels *kernels;
  // [count + 1, rows]: of the decays before each step, and of all.
  _Alignas(64) float products[(STEPS + 1) * MOST];
  // Those up to what each step adds and, where the matrix before it is read, up to there: rows of `products`, or null.
  const float *added, *before, *total;
  float left[MOST * STEPS];  // [rows, STEPS]: what the steps add, over its product
  const float *right;        // [count, columns], `right_stride` apart
  ptrdiff_t right_stride;
  float rights[STEPS * MOST], vectors[STEPS * MOST], turned[MOST * STEPS], sums[STEPS * MOST];
  float triangle[STEPS * STEPS];
} workspace;

static float *address(const ctk_factor *factor, const head_steps *steps, const ctk_area *areas,
                      ptrdiff_t index) {
  ctk_step_block block = steps->first;
  block.step += index * steps->stride;
  ptrdiff_t row_stride;
  return ctk_place_address(&factor->place, areas, &block, &row_stride) +
         steps->head * factor->head_stride;
}

// A vector of each step as a row, times the other side's row or over it.
static void gather(const ctk_kernels *kernels, const ctk_factor *factor, const head_steps *steps,
                   const ctk_area *areas, ctk_operation operation, const float *others,
                   ptrdiff_t width, float *rows) {
  const ctk_map_function function = kernels->map[others ? operation : CTK_COPY];
  for (ptrdiff_t i = 0; i < steps->count; i++)
    function(rows + i * width, address(factor, steps, areas, i), others ? others + i * width : NULL,
             NULL, width);
}

// Rows as columns, of which those of steps that are not there are zero.
static void turn(const ctk_kernels *kernels, float *rows, ptrdiff_t count, ptrdiff_t width,
                 float *columns) {
  memset(rows + count * width, 0, (size_t)((STEPS - count) * width) * sizeof(float));
  kernels->transpose(rows, STEPS, width, columns);
}

static void multiply_decays(workspace *work, const head_steps *steps) {
  const ctk_recurrence *self = steps->self;
  const ptrdiff_t rows = self->rows;
  work->added = work->before = work->total = NULL;
  if (self->decays == 0) return;
  float *product = work->products;
  for (ptrdiff_t r = 0; r < rows; r++) product[r] = 1;
  for (ptrdiff_t i = 0; i < steps->count; i++, product += rows) {
    const float *decay = address(&self->decay, steps, steps->areas, i);
    if (self->decays > 1) work->kernels->map[CTK_MULTIPLY](product + rows, product, decay, NULL, rows);
    else
      for (ptrdiff_t r = 0; r < rows; r++) product[rows + r] = product[r] * *decay;
  }
  work->before = work->products;
  work->added = self->decays_last ? work->products : work->products + rows;
  work->total = product;
}

// What the steps add to the right. It is read where it stands if its rows are one distance apart.
static void find_right(workspace *work, const head_steps *steps) {
  const ctk_factor *factor = &steps->self->right;
  work->right = address(factor, steps, steps->areas, 0);
  work->right_stride =
      steps->count > 1 ? address(factor, steps, steps->areas, 1) - work->right : 0;
  for (ptrdiff_t i = 2; i < steps->count; i++)
    if (address(factor, steps, steps->areas, i) != work->right + i * work->right_stride) {
      gather(work->kernels, factor, steps, steps->areas, CTK_COPY, NULL, steps->self->columns,
             work->rights);
      work->right = work->rights;
      work->right_stride = steps->self->columns;
      return;
    }
}

static void prepare(workspace *work, const head_steps *steps) {
  const ctk_recurrence *self = steps->self;
  work->kernels = ctk_kernels_active();
  multiply_decays(work, steps);
  gather(work->kernels, &self->left, steps, steps->areas, CTK_DIVIDE, work->added, self->rows,
         work->vectors);
  turn(work->kernels, work->vectors, steps->count, self->rows, work->left);
  find_right(work, steps);
}

// Rows and columns of the triangle are steps: those that a step's read does not see become zero.
static void cut_triangle(float *triangle, ptrdiff_t count, bool is_before, bool rows_are_later) {
  for (ptrdiff_t later = 0; later < count; later++)
    for (ptrdiff_t earlier = later + !is_before; earlier < count; earlier++)
      triangle[rows_are_later ? later * STEPS + earlier : earlier * STEPS + later] = 0;
}

// y_i = S_iᵀ x_i: rows of the matrix, weighted.
static void read_rows(workspace *work, const head_steps *steps, const float *matrix,
                      const ctk_matrix_read *read, const ctk_area *areas) {
  const ctk_kernels *kernels = work->kernels;
  const ptrdiff_t count = steps->count, rows = steps->self->rows, columns = steps->self->columns;
  gather(kernels, &read->x, steps, areas, CTK_MULTIPLY, read->is_before ? work->before : work->added, rows,
         work->vectors);
  kernels->product(count, columns, rows, work->vectors, rows, 1, matrix, columns, 1, NULL, false,
                   work->sums, columns, NULL);
  kernels->product(count, STEPS, rows, work->vectors, rows, 1, work->left, STEPS, 1, NULL, false,
                   work->triangle, STEPS, NULL);
  cut_triangle(work->triangle, count, read->is_before, true);
  kernels->product(count, columns, count, work->triangle, STEPS, 1, work->right, work->right_stride, 1,
                   NULL, true, work->sums, columns, NULL);
  for (ptrdiff_t i = 0; i < count; i++)
    kernels->map[CTK_COPY](address(&read->y, steps, areas, i), work->sums + i * columns, NULL, NULL,
                           columns);
}

// y_i = S_i x_i.
static void read_columns(workspace *work, const head_steps *steps, const float *matrix,
                         const ctk_matrix_read *read, const ctk_area *areas) {
  const ctk_kernels *kernels = work->kernels;
  const ptrdiff_t count = steps->count, rows = steps->self->rows, columns = steps->self->columns;
  gather(kernels, &read->x, steps, areas, CTK_COPY, NULL, columns, work->vectors);
  turn(kernels, work->vectors, count, columns, work->turned);
  kernels->product(count, STEPS, columns, work->right, work->right_stride, 1, work->turned, STEPS, 1,
                   NULL, false, work->triangle, STEPS, NULL);
  cut_triangle(work->triangle, count, read->is_before, false);
  float *sums = work->vectors;  // [rows, STEPS]
  kernels->product(rows, STEPS, columns, matrix, columns, 1, work->turned, STEPS, 1, NULL, false, sums,
                   STEPS, NULL);
  kernels->product(rows, STEPS, count, work->left, STEPS, 1, work->triangle, STEPS, 1, NULL, true, sums,
                   STEPS, NULL);
  kernels->transpose(sums, rows, STEPS, work->sums);
  const float *products = read->is_before ? work->before : work->added;
  for (ptrdiff_t i = 0; i < count; i++)
    kernels->map[products ? CTK_MULTIPLY : CTK_COPY](
        address(&read->y, steps, areas, i), work->sums + i * rows, products ? products + i * rows : NULL,
        NULL, rows);
}

static void update(workspace *work, const head_steps *steps, const float *matrix) {
  const ctk_kernels *kernels = work->kernels;
  const ptrdiff_t count = steps->count, rows = steps->self->rows, columns = steps->self->columns;
  float *after = address(&steps->self->after, steps, steps->areas, count - 1), *left = work->left;
  if (work->total) {
    const ctk_matrix_update scaled = {
        .x = matrix, .x_stride = columns, .scale = work->total, .scale_stride = 1};
    kernels->matrix_update(&scaled, rows, columns, after, columns);
    const ctk_matrix_update added = {
        .x = left, .x_stride = STEPS, .scale = work->total, .scale_stride = 1};
    left = work->turned;
    kernels->matrix_update(&added, rows, STEPS, left, STEPS);
  } else if (after != matrix) {
    kernels->copy_rows(matrix, columns, rows, columns, after, columns);
  }
  kernels->product(rows, columns, count, left, STEPS, 1, work->right, work->right_stride, 1, NULL, true,
                   after, columns, NULL);
}

void ctk_recurrence_run(const ctk_recurrence *self, const ctk_area *areas,
                        const ctk_matrix_read *reads, ptrdiff_t read_count, const ctk_area *read_areas,
                        bool updates, const ctk_step_block *first, ptrdiff_t count, ptrdiff_t stride,
                        ptrdiff_t head) {
  static _Thread_local workspace work;
  const head_steps steps = {self, areas, *first, count, stride, head};
  prepare(&work, &steps);
  const float *matrix = address(&self->before, &steps, areas, 0);
  for (const ctk_matrix_read *read = reads; read < reads + read_count; read++) {
    if (read->of_rows) read_rows(&work, &steps, matrix, read, read_areas);
    else read_columns(&work, &steps, matrix, read, read_areas);
  }
  if (updates) update(&work, &steps, matrix);
}

bool ctk_recurrence_is_mild(const ctk_recurrence *self, const ctk_area *areas,
                            const ctk_step_block *first, ptrdiff_t count, ptrdiff_t stride,
                            ptrdiff_t head) {
  const head_steps steps = {self, areas, *first, count, stride, head};
  float products[MOST];
  for (ptrdiff_t r = 0; r < self->decays; r++) products[r] = 1;
  bool is_mild = true;
  for (ptrdiff_t i = 0; i < count && self->decays > 0 && is_mild; i++) {
    const float *decay = address(&self->decay, &steps, areas, i);
    for (ptrdiff_t r = 0; r < self->decays; r++) {
      is_mild &= decay[r] >= 0x1p-6f && decay[r] <= 0x1p6f;  // false for NaN
      products[r] *= decay[r];
    }
  }
  for (ptrdiff_t r = 0; r < self->decays; r++)
    is_mild &= products[r] >= 0x1p-60f && products[r] <= 0x1p60f;
  return is_mild;
}

void ctk_recurrence_decay_cotangents(const ctk_decay_cotangents *self, const ctk_area *areas,
                                     const ctk_area *cotangent_areas, const ctk_step_block *first,
                                     ptrdiff_t count, ptrdiff_t stride, ptrdiff_t head) {
  const ctk_recurrence *recurrence = self->recurrence;
  const ptrdiff_t rows = recurrence->rows, columns = recurrence->columns;
  const head_steps steps = {recurrence, areas, *first, count, stride, head};
  float sums[MOST];
  ctk_kernels_active()->row_products(
      address(&recurrence->before, &steps, areas, 0), columns,
      address(&self->matrix_cotangent, &steps, cotangent_areas, 0), columns, rows, columns, sums);
  for (ptrdiff_t i = 0; i < count; i++) {
    const float *left = address(&recurrence->left, &steps, areas, i);
    const float *left_cotangent = address(&self->left_cotangent, &steps, cotangent_areas, i);
    const float *read = address(&self->read, &steps, cotangent_areas, i);
    const float *read_cotangent = address(&self->read_cotangent, &steps, cotangent_areas, i);
    const float *decay = address(&recurrence->decay, &steps, areas, i);
    float *cotangent = address(&self->decay_cotangent, &steps, cotangent_areas, i);
    float total = 0;
    for (ptrdiff_t r = 0; r < rows; r++) {
      const float here = sums[r] - (self->is_before ? read[r] * read_cotangent[r] : 0);
      const float quotient = here / decay[recurrence->decays == 1 ? 0 : r];
      if (self->is_total) total += quotient;
      else cotangent[r] = quotient;
      sums[r] += left[r] * left_cotangent[r] - read[r] * read_cotangent[r];
    }
    if (self->is_total) *cotangent = total;
  }
}
