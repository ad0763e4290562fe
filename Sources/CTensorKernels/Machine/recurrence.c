// Some steps of a recurrence of a matrix that is linear in it, S' = diag(a) S + k vᵀ, as products.
//
// With p_i the product of the decays up to step i, S_i = diag(p_i) (S_0 + the sum of (k_j / p_j) v_jᵀ over j <= i). So
// what all steps read of the matrix, S_iᵀ w_i or S_i u_i, is one product of S_0 with their vectors and one with a
// triangle of numbers, and the matrix is written once for all steps. Where v_j depends on what step j reads, as by the
// delta rule, the rows of the triangle are worked off one after the other. The step by step form is the specification.
#include "recurrence.h"

#include <math.h>
#include <string.h>

#include "../System/thread_memory.h"
#include "CTensorKernelTable.h"
#include "heads.h"

enum {
  ADDITIONS = CTK_RECURRENCE_MOST_ADDITIONS,
  EARLY_READS = CTK_RECURRENCE_MOST_EARLY_READS,
};

// What the steps add.
typedef struct {
  float left[MOST * STEPS];  // [rows, STEPS]: k over its product
  const float *right;        // [count, columns], `right_stride` apart: v
  ptrdiff_t right_stride;
  float rights[STEPS * MOST];
} addition;

typedef struct {
  const ctk_kernels *kernels;
  bool is_strict;
  // [count + 1, rows], or [count + 1] of matrices with one decay each: of the decays before each step, and of all. Null
  // without decays.
  const float *products;
  bool has_negative_products;
  addition additions[ADDITIONS];
  float vectors[STEPS * MOST], turned[MOST * STEPS], sums[STEPS * MOST], triangle[STEPS * STEPS];
  // Of a read that later steps depend on: the part of S_0, and the triangles.
  float bases[EARLY_READS][STEPS * MOST], triangles[EARLY_READS][ADDITIONS][STEPS * STEPS];
  _Alignas(64) float all_products[(STEPS + 1) * MOST], negative_products[(STEPS + 1) * MOST];
} workspace;

float *ctk_factor_address(const ctk_factor *factor, const head_steps *steps, const ctk_area *areas,
                          ptrdiff_t index) {
  ctk_step_block block = steps->first;
  block.step += index * steps->stride;
  ptrdiff_t row_stride;
  return ctk_place_address(&factor->place, areas, &block, &row_stride) +
         steps->head * factor->head_stride;
}

step_vectors ctk_vectors_of(const ctk_factor *factor, const head_steps *steps, const ctk_area *areas) {
  enum { LINE = 16 };  // floats of a cache line
  const ctk_area *area = &areas[factor->place.area];
  const bool is_regular =
      area->is_matrix || (!area->rows && !area->other_base && area->step_mask == -1);
  step_vectors found = {.has_stride = true};
  for (ptrdiff_t i = 0; i < steps->count; i++) {
    found.rows[i] = is_regular && i > 1 ? found.rows[i - 1] + found.stride
                                        : ctk_factor_address(factor, steps, areas, i);
    if (i == 1) found.stride = found.rows[1] - found.rows[0];
    if (i > 1) found.has_stride &= found.rows[i] - found.rows[i - 1] == found.stride;
    // What has memory for a chunk of steps alone is in a cache.
    for (int32_t j = 0; area->row_stride > 0 && j < factor->place.columns; j += LINE)
      __builtin_prefetch(found.rows[i] + factor->head_stride + j);
  }
  return found;
}

// Rows as columns, of which those of steps that are not there are zero.
static void turn(const ctk_kernels *kernels, float *rows, ptrdiff_t count, ptrdiff_t width,
                 float *columns) {
  memset(rows + count * width, 0, (size_t)((STEPS - count) * width) * sizeof(float));
  kernels->transpose(rows, STEPS, width, columns);
}

static void multiply_decays(workspace *work, const head_steps *steps) {
  const ctk_recurrence *self = steps->self;
  work->products = NULL;
  if (self->decays == 0) return;
  float *product = work->all_products;
  work->products = product;
  work->has_negative_products = false;
  const step_vectors decays = ctk_vectors_of(&self->decay, steps, steps->areas);
  for (ptrdiff_t r = 0; r < self->decays; r++) product[r] = 1;
  for (ptrdiff_t i = 0; i < steps->count; i++, product += self->decays)
    if (self->decays == 1) product[1] = product[0] * *decays.rows[i];
    else
      work->kernels->map[CTK_MULTIPLY](product + self->decays, product, decays.rows[i], NULL, self->decays);
}

// The products of the decays in the steps' matrices, with the steps' own or without, or minus that; null without decays.
static const float *products(workspace *work, const head_steps *steps, bool is_decayed,
                             bool is_negative) {
  const ptrdiff_t decays = steps->self->decays;
  if (!work->products) return NULL;
  const float *found = work->products;
  if (is_negative) {
    found = work->negative_products;
    if (!work->has_negative_products)
      work->kernels->map[CTK_NEGATE](work->negative_products, work->products, NULL, NULL,
                                     (steps->count + 1) * decays);
    work->has_negative_products = true;
  }
  return found + (is_decayed ? decays : 0);
}

static step_vectors rows_from(float *first, ptrdiff_t stride, ptrdiff_t count) {
  step_vectors rows = {.stride = stride, .has_stride = true};
  for (ptrdiff_t r = 0; r < count; r++) rows.rows[r] = first + r * stride;
  return rows;
}

// Rows times one number each, or as they stand; with one distance between rows on both sides it is one call.
static void scale_rows(const ctk_kernels *kernels, const step_vectors *x, const float *scale,
                       ptrdiff_t count, ptrdiff_t width, const step_vectors *y) {
  const ptrdiff_t together = x->has_stride && y->has_stride ? count : 1;
  for (ptrdiff_t r = 0; r < count; r += together) {
    if (!scale) {
      kernels->copy_rows(x->rows[r], x->stride, together, width, y->rows[r], y->stride);
      continue;
    }
    const ctk_matrix_update scaled = {
        .x = x->rows[r], .x_stride = x->stride, .scale = scale + r, .scale_stride = 1};
    kernels->matrix_update(&scaled, together, width, y->rows[r], y->stride);
  }
}

// A vector of each step times products of decays or over them, which may be null; maybe negated without these.
static void weigh_rows(const workspace *work, const head_steps *steps, const step_vectors *x,
                       ctk_operation operation, const float *others, bool is_negative, ptrdiff_t width,
                       const step_vectors *y) {
  if (others && steps->self->decays > 1) {
    for (ptrdiff_t i = 0; i < steps->count; i++)
      work->kernels->map[operation](y->rows[i], x->rows[i], others + i * width, NULL, width);
    return;
  }
  float scale[STEPS];
  for (ptrdiff_t i = 0; i < steps->count; i++) {
    const float number = others ? others[i] : -1;
    scale[i] = operation == CTK_DIVIDE ? 1 / number : number;
  }
  scale_rows(work->kernels, x, others || is_negative ? scale : NULL, steps->count, width, y);
}

// A vector of each step as a row, times the step's product of decays or over it, or as it stands; maybe negated.
static void gather(workspace *work, const ctk_factor *factor, const head_steps *steps,
                   const ctk_area *areas, ctk_operation operation, bool is_decayed, bool is_negative,
                   ptrdiff_t width, float *rows) {
  const step_vectors from = ctk_vectors_of(factor, steps, areas);
  const step_vectors to = rows_from(rows, width, steps->count);
  weigh_rows(work, steps, &from, operation,
             operation == CTK_COPY ? NULL : products(work, steps, is_decayed, is_negative), is_negative,
             width, &to);
}

// Whether no number is an infinity or NaN, neither of which a sum in doubles loses or comes to by itself; true where nobody
// asks.
static bool is_finite(const workspace *work, const float *x, ptrdiff_t count) {
  return !work->is_strict || isfinite(work->kernels->sum(x, count));
}

static void find_left(workspace *work, const head_steps *steps, int32_t number) {
  const ctk_recurrence *self = steps->self;
  const ctk_addition *added = &self->additions[number];
  gather(work, &added->left, steps, steps->areas, CTK_DIVIDE, added->is_decayed, added->is_negative,
         self->rows, work->vectors);
  turn(work->kernels, work->vectors, steps->count, self->rows, work->additions[number].left);
}

// What the steps add to the right. It is read where it stands if its rows are one distance apart.
static void find_right(workspace *work, const head_steps *steps, int32_t number) {
  const ctk_factor *factor = &steps->self->additions[number].right;
  addition *found = &work->additions[number];
  const step_vectors vectors = ctk_vectors_of(factor, steps, steps->areas);
  found->right = vectors.rows[0];
  found->right_stride = vectors.stride;
  if (vectors.has_stride) return;
  gather(work, factor, steps, steps->areas, CTK_COPY, false, false, steps->self->columns, found->rights);
  found->right = found->rights;
  found->right_stride = steps->self->columns;
}

// How many steps a step's read sees of the addition with a number: of its own those before the read.
static ptrdiff_t seen_steps(const ctk_matrix_read *read, int32_t number, ptrdiff_t step) {
  return step + (number < read->seen);
}

// Rows and columns of the triangle are steps: those that a step's read does not see become zero.
static void cut_triangle(float *triangle, ptrdiff_t count, const ctk_matrix_read *read, int32_t number,
                         bool rows_are_later) {
  for (ptrdiff_t later = 0; later < count; later++)
    for (ptrdiff_t earlier = seen_steps(read, number, later); earlier < count; earlier++)
      triangle[rows_are_later ? later * STEPS + earlier : earlier * STEPS + later] = 0;
}

// The part of S_0 in y_i = S_iᵀ x_i, rows of the matrix, weighted. The weights stay in `work->vectors`.
static void read_rows_before(workspace *work, const head_steps *steps, const float *matrix,
                             const ctk_matrix_read *read, const ctk_area *areas, float *sums,
                             ptrdiff_t sums_stride) {
  const ptrdiff_t rows = steps->self->rows, columns = steps->self->columns;
  gather(work, &read->x, steps, areas, CTK_MULTIPLY, read->is_decayed, read->is_negative, rows,
         work->vectors);
  work->kernels->product(steps->count, columns, rows, work->vectors, rows, 1, matrix, columns, 1, NULL,
                         false, sums, sums_stride, NULL);
}

// What each step's weights read of each addition's left factor.
static void weigh(const workspace *work, const head_steps *steps, const ctk_matrix_read *read,
                  int32_t number, float *triangle) {
  const ptrdiff_t count = steps->count, rows = steps->self->rows;
  work->kernels->product(count, STEPS, rows, work->vectors, rows, 1, work->additions[number].left, STEPS,
                         1, NULL, false, triangle, STEPS, NULL);
  cut_triangle(triangle, count, read, number, true);
}

static bool read_rows(workspace *work, const head_steps *steps, const float *matrix,
                      const ctk_matrix_read *read, const ctk_area *x_areas, const ctk_area *y_areas) {
  const ptrdiff_t count = steps->count, columns = steps->self->columns;
  const step_vectors y = ctk_vectors_of(&read->y, steps, y_areas);
  float *sums = y.has_stride ? y.rows[0] : work->sums;
  const ptrdiff_t stride = y.has_stride ? y.stride : columns;
  read_rows_before(work, steps, matrix, read, x_areas, sums, stride);
  for (int32_t i = 0; i < steps->self->addition_count; i++) {
    weigh(work, steps, read, i, work->triangle);
    work->kernels->product(count, columns, count, work->triangle, STEPS, 1, work->additions[i].right,
                           work->additions[i].right_stride, 1, NULL, true, sums, stride, NULL);
  }
  if (!y.has_stride) {
    const step_vectors found = rows_from(sums, stride, count);
    scale_rows(work->kernels, &found, NULL, count, columns, &y);
  }
  bool are_finite = true;
  for (ptrdiff_t i = 0; i < count; i++) are_finite &= is_finite(work, y.rows[i], columns);
  return are_finite;
}

// y_i = S_i x_i.
static bool read_columns(workspace *work, const head_steps *steps, const float *matrix,
                         const ctk_matrix_read *read, const ctk_area *x_areas,
                         const ctk_area *y_areas) {
  const ctk_kernels *kernels = work->kernels;
  const ptrdiff_t count = steps->count, rows = steps->self->rows, columns = steps->self->columns;
  gather(work, &read->x, steps, x_areas, CTK_COPY, false, read->is_negative, columns, work->vectors);
  turn(kernels, work->vectors, count, columns, work->turned);
  float *sums = work->vectors;  // [rows, STEPS]
  kernels->product(rows, STEPS, columns, matrix, columns, 1, work->turned, STEPS, 1, NULL, false, sums,
                   STEPS, NULL);
  for (int32_t i = 0; i < steps->self->addition_count; i++) {
    const addition *added = &work->additions[i];
    kernels->product(count, STEPS, columns, added->right, added->right_stride, 1, work->turned, STEPS, 1,
                     NULL, false, work->triangle, STEPS, NULL);
    cut_triangle(work->triangle, count, read, i, false);
    kernels->product(rows, STEPS, count, added->left, STEPS, 1, work->triangle, STEPS, 1, NULL, true,
                     sums, STEPS, NULL);
  }
  kernels->transpose(sums, rows, STEPS, work->sums);
  const step_vectors found = rows_from(work->sums, rows, count);
  const step_vectors y = ctk_vectors_of(&read->y, steps, y_areas);
  weigh_rows(work, steps, &found, CTK_MULTIPLY, products(work, steps, read->is_decayed, false), false, rows,
             &y);
  return is_finite(work, work->sums, count * rows);
}

static void update(workspace *work, const head_steps *steps, const float *matrix) {
  const ctk_kernels *kernels = work->kernels;
  const ptrdiff_t count = steps->count, rows = steps->self->rows, columns = steps->self->columns;
  const float *total = work->products ? work->products + count * steps->self->decays : NULL;
  const ptrdiff_t total_stride = steps->self->decays > 1;
  float *after = ctk_factor_address(&steps->self->after, steps, steps->areas, count - 1);
  if (total) {
    const ctk_matrix_update scaled = {
        .x = matrix, .x_stride = columns, .scale = total, .scale_stride = total_stride};
    kernels->matrix_update(&scaled, rows, columns, after, columns);
  } else if (after != matrix) {
    kernels->copy_rows(matrix, columns, rows, columns, after, columns);
  }
  for (int32_t i = 0; i < steps->self->addition_count; i++) {
    const addition *added = &work->additions[i];
    const float *left = added->left;
    if (total) {
      const ctk_matrix_update scaled = {
          .x = left, .x_stride = STEPS, .scale = total, .scale_stride = total_stride};
      left = work->turned;
      kernels->matrix_update(&scaled, rows, STEPS, work->turned, STEPS);
    }
    kernels->product(rows, columns, count, left, STEPS, 1, added->right, added->right_stride, 1, NULL,
                     true, after, columns, NULL);
  }
}

// A step's read that later steps depend on.
static void read_early(workspace *work, const head_steps *steps, const ctk_matrix_read *read,
                       ptrdiff_t number, ptrdiff_t step) {
  const ptrdiff_t columns = steps->self->columns;
  float *sums = work->bases[number] + step * columns;
  for (int32_t i = 0; i < steps->self->addition_count; i++) {
    const ptrdiff_t seen = seen_steps(read, i, step);
    if (seen > 0)
      work->kernels->weighted_rows(work->triangles[number][i] + step * STEPS, work->additions[i].rights,
                                   columns, seen, columns, true, sums);
  }
  work->kernels->map[CTK_COPY](ctk_factor_address(&read->y, steps, steps->areas, step), sums, NULL, NULL, columns);
}

static void copy_right(workspace *work, const head_steps *steps, ptrdiff_t step, bool is_late) {
  const ptrdiff_t columns = steps->self->columns;
  for (int32_t i = 0; i < steps->self->addition_count; i++) {
    const ctk_addition *added = &steps->self->additions[i];
    if (added->is_late == is_late)
      work->kernels->map[CTK_COPY](work->additions[i].rights + step * columns,
                                   ctk_factor_address(&added->right, steps, steps->areas, step), NULL, NULL,
                                   columns);
  }
}

static bool run_sequence(workspace *work, const head_steps *steps, const ctk_sequence *sequence,
                         const float *matrix) {
  head_run *run = ctk_head_run_make(sequence->steps, (int32_t)sequence->step_count, steps->areas,
                                    &steps->first, steps->count, steps->stride, steps->head);
  for (ptrdiff_t r = 0; r < sequence->read_count; r++) {
    const ctk_matrix_read *read = &sequence->reads[r];
    read_rows_before(work, steps, matrix, read, steps->areas, work->bases[r], steps->self->columns);
    for (int32_t i = 0; i < steps->self->addition_count; i++)
      weigh(work, steps, read, i, work->triangles[r][i]);
  }
  ctk_step_block block = steps->first;
  for (ptrdiff_t step = 0; step < steps->count; step++, block.step += steps->stride) {
    copy_right(work, steps, step, false);
    for (const ctk_event *event = sequence->events; event < sequence->events + sequence->event_count;
         event++) {
      if (event->read >= 0)
        read_early(work, steps, &sequence->reads[event->read], event->read, step);
      else
        ctk_head_run_step(run, event->step, steps->areas, &block, steps->head);
    }
    copy_right(work, steps, step, true);
  }
  for (int32_t i = 0; i < steps->self->addition_count; i++) {
    work->additions[i].right = work->additions[i].rights;
    work->additions[i].right_stride = steps->self->columns;
  }
  bool are_finite = true;
  for (ptrdiff_t r = 0; r < sequence->read_count; r++)
    are_finite &= is_finite(work, work->bases[r], steps->count * steps->self->columns);
  return are_finite;
}

bool ctk_recurrence_run(const ctk_recurrence *self, const ctk_sequence *sequence, const ctk_area *areas,
                        const ctk_matrix_read *reads, ptrdiff_t read_count, const ctk_area *other_areas,
                        bool updates, bool is_strict, const ctk_step_block *first, ptrdiff_t count,
                        ptrdiff_t stride, ptrdiff_t head) {
  workspace *work = ctk_thread_memory_of(MEMORY_OF_RECURRENCES, sizeof *work);
  const head_steps steps = {self, areas, *first, count, stride, head};
  work->kernels = ctk_kernels_active();
  work->is_strict = is_strict;
  multiply_decays(work, &steps);
  for (int32_t i = 0; i < self->addition_count; i++) find_left(work, &steps, i);
  const float *matrix = ctk_factor_address(&self->before, &steps, areas, 0);
  bool are_finite = true;
  if (sequence) are_finite = run_sequence(work, &steps, sequence, matrix);
  else
    for (int32_t i = 0; i < self->addition_count; i++) find_right(work, &steps, i);
  for (const ctk_matrix_read *read = reads; read < reads + read_count; read++) {
    const ctk_area *x_areas = read->x_is_elsewhere ? other_areas : areas;
    const ctk_area *y_areas = read->y_is_elsewhere ? other_areas : areas;
    are_finite &= read->of_rows ? read_rows(work, &steps, matrix, read, x_areas, y_areas)
                                : read_columns(work, &steps, matrix, read, x_areas, y_areas);
  }
  if (updates && (are_finite || !is_strict)) update(work, &steps, matrix);
  return are_finite;
}
