// Runs the steps of a recurrence over the memory that a table of areas names.
#include "CTensorKernelTable.h"
#include "CTensorMatrixUnit.h"
#include "machine.h"
#include "together.h"

float *ctk_place_address(const ctk_place *place, const ctk_area *areas, const ctk_step_block *block,
                         ptrdiff_t *stride) {
  const ctk_area *area = &areas[place->area];
  if (area->is_matrix) {
    *stride = 0;
    return area->base + place->offset + block->row * area->sample_stride;
  }
  const ptrdiff_t i = block->step + area->shifts[place->slot], step = i & area->step_mask;
  const ctk_step_rows *rows = area->rows;
  if (rows ? block->row >= rows->counts[i] : step == area->other_step) {
    *stride = area->other_row_stride;
    return area->other_base + place->offset + block->row * area->other_row_stride;
  }
  *stride = block->along_time ? area->time_stride : area->row_stride;
  const ptrdiff_t start =
      rows && area->step_mask == -1 ? rows->starts[i] * area->row_stride : step * area->time_stride;
  return area->base + place->offset + start + block->row * area->row_stride;
}

static void run_tiles(const ctk_kernels *kernels, const ctk_step *step, const ctk_area *areas,
                      const ctk_step_block *block) {
  ctk_operand operands[CTK_MAX_OPERANDS];
  ptrdiff_t samples[CTK_MAX_OPERANDS], tiles[CTK_MAX_OPERANDS];
  for (int32_t i = 0; i < step->place_count; i++) {
    operands[i].base = ctk_place_address(&step->places[i], areas, block, &samples[i]);
    operands[i].row_stride = step->strides[i].row;
    operands[i].column_stride = step->strides[i].column;
    tiles[i] = step->strides[i].tile;
  }
  const ctk_tiling tiling = {block->rows, step->tiles, samples, tiles, block->along_time};
  ctk_program_run_tiles(kernels, step->program, operands, &tiling, step->rows, step->width);
}

static void run_program(const ctk_kernels *kernels, const ctk_step *step, const ctk_area *areas,
                        const ctk_step_block *block, prepared *again) {
  if (step->tiles > 0) {
    run_tiles(kernels, step, areas, block);
    return;
  }
  ctk_operand operands[CTK_MAX_OPERANDS];
  for (int32_t i = 0; i < step->place_count; i++) {
    const ctk_place *place = &step->places[i];
    ptrdiff_t stride;
    operands[i].base = ctk_place_address(place, areas, block, &stride);
    if (step->matrix_rows > 0) stride = place->rows == 1 ? 0 : areas[place->area].row_stride;
    operands[i].row_stride = stride;
    operands[i].column_stride = place->columns == 1 && step->width > 1 ? 0 : 1;
  }
  const ptrdiff_t rows = step->matrix_rows > 0 ? step->matrix_rows : block->rows;
  const ctk_tiling once = {.samples = 1, .tiles = 1, .along_time = block->along_time};
  if (again) ctk_program_run_again(again, kernels, step->program, operands, rows, step->width);
  else ctk_program_run_tiles(kernels, step->program, operands, &once, rows, step->width);
}

// One group's product, or this thread's columns of it.
static void multiply(const ctk_kernels *kernels, const ctk_step *step, const ctk_weight *weight,
                     const ctk_step_block *block, const float *x, ptrdiff_t x_stride,
                     const float *bias, float *y, ptrdiff_t y_stride) {
  ptrdiff_t first = 0, end = weight->n;
  if (block->parts > 1) {
    const ptrdiff_t panel = weight->unit       ? CTK_UNIT_COLUMNS
                            : weight->encoding ? CTK_ENCODED_COLUMNS
                                               : kernels->panel_columns;
    const ptrdiff_t panels = (weight->n + panel - 1) / panel;
    first = panels * block->part / block->parts * panel;
    end = panels * (block->part + 1) / block->parts * panel;
    if (end > weight->n) end = weight->n;
    if (first >= end) return;
  }
  if (bias) bias += first;
  if (!weight->packed) {
    kernels->product(block->rows, end - first, weight->k, x, x_stride, 1,
                     weight->matrix + first * weight->n_stride, weight->k_stride, weight->n_stride, bias,
                     step->flag, y + first, y_stride, NULL);
    return;
  }
  if (weight->unit) {
    const float *packed =
        weight->packed + ctk_unit_packed_count(first, weight->k, weight->parts);
    weight->unit->product(block->rows, end - first, weight->k, x, x_stride, 1, packed,
                          weight->parts, bias, step->flag, y + first, y_stride);
    return;
  }
  if (weight->encoding) {
    const float *packed = weight->packed + first / CTK_ENCODED_COLUMNS *
                                               ctk_encoded_panel(weight->k, weight->encoding);
    kernels->product_encoded(weight->encoding, block->rows, end - first, weight->k, x, x_stride, 1, packed,
                             bias, step->flag, y + first, y_stride);
    return;
  }
  kernels->product_packed(block->rows, end - first, weight->k, x, x_stride, 1,
                          weight->packed + first * weight->k, bias, step->flag, y + first,
                          y_stride);
}

static void run_product(const ctk_kernels *kernels, const ctk_step *step, const ctk_area *areas,
                        const ctk_weight *weights, const ctk_step_block *block) {
  ptrdiff_t x_stride, y_stride, bias_stride;
  const float *x = ctk_place_address(&step->places[0], areas, block, &x_stride);
  float *y = ctk_place_address(&step->places[1], areas, block, &y_stride);
  const float *bias = NULL;
  if (step->place_count > 2)
    bias = ctk_place_address(&step->places[2], areas, block, &bias_stride);
  for (int32_t group = 0; group < step->groups; group++) {
    const ctk_weight *weight = &weights[step->weight + group];
    multiply(kernels, step, weight, block, x + group * weight->k, x_stride,
             bias ? bias + group * weight->n : NULL, y + group * weight->n, y_stride);
  }
}

static void pick_rows(const ctk_kernels *kernels, const ctk_step *step, const ctk_area *areas,
                      const ctk_step_block *block) {
  ptrdiff_t strides[3];
  const float *numbers = ctk_place_address(&step->places[0], areas, block, &strides[0]);
  const float *matrix = ctk_place_address(&step->places[1], areas, block, &strides[1]);
  float *y = ctk_place_address(&step->places[2], areas, block, &strides[2]);
  const ptrdiff_t width = step->places[2].columns, stride = areas[step->places[1].area].row_stride;
  for (ptrdiff_t r = 0; r < block->rows; r++, numbers += strides[0], y += strides[2]) {
    const float *row = matrix + (ptrdiff_t)*numbers * stride;
    if (step->flag) kernels->add_rows(row, 0, 1, width, y, width);
    else kernels->copy_rows(row, 0, 1, width, y, width);
  }
}

static void make_identity(const ctk_place *place, const ctk_area *areas, const ctk_step_block *block) {
  ptrdiff_t stride, size = place->columns;
  float *y = ctk_place_address(place, areas, block, &stride);
  for (ptrdiff_t i = 0; i < size * size; i++) y[i] = i % (size + 1) == 0;
}

static void run_rows(const ctk_kernels *kernels, const ctk_step *step, const ctk_area *areas,
                     const ctk_step_block *block) {
  const ctk_place *place = &step->places[0];
  const ctk_area *area = &areas[place->area];
  ptrdiff_t x_stride, y_stride, rows = block->rows;
  const float *x = ctk_place_address(place, areas, block, &x_stride);
  float *y = ctk_place_address(&step->places[1], areas, block, &y_stride);
  if (area->is_matrix) {
    x_stride = area->row_stride;
    y_stride = step->kind == CTK_STEP_CUMULATIVE_SUM ? areas[step->places[1].area].row_stride : 1;
    rows = place->rows;
  }
  switch (step->kind) {
    case CTK_STEP_ROW_SUM:
      kernels->row_sum(x, x_stride, rows, place->columns, y, y_stride);
      break;
    case CTK_STEP_ROW_MAXIMUM:
      kernels->row_maximum(x, x_stride, rows, place->columns, y, y_stride);
      break;
    case CTK_STEP_CUMULATIVE_SUM:
      kernels->row_cumulative_sum(x, x_stride, rows, place->columns, step->flag, y, y_stride);
      break;
    default:
      kernels->transpose(x, place->rows, place->columns, y);
  }
}

// y [outer, count, inner] from x [outer, inner].
static void spread(const ctk_kernels *kernels, const float *x, ptrdiff_t outer, ptrdiff_t count,
                   ptrdiff_t inner, float *y) {
  if (inner == 1) {
    kernels->repeat_columns(x, 1, outer, count, y);
    return;
  }
  for (ptrdiff_t i = 0; i < outer; i++)
    kernels->copy_rows(x + i * inner, 0, count, inner, y + i * count * inner, inner);
}

void ctk_sum_along(const ctk_kernels *kernels, const float *x, ptrdiff_t outer, ptrdiff_t count,
                   ptrdiff_t inner, float *y) {
  if (inner == 1) {
    kernels->row_sum(x, count, outer, count, y, 1);
    return;
  }
  for (ptrdiff_t i = 0; i < outer; i++)
    kernels->column_sum(x + i * count * inner, inner, count, inner, false, y + i * inner);
}

static void maximum_along(const ctk_kernels *kernels, const float *x, ptrdiff_t outer,
                          ptrdiff_t count, ptrdiff_t inner, float *y) {
  if (inner == 1) {
    kernels->row_maximum(x, count, outer, count, y, 1);
    return;
  }
  for (ptrdiff_t i = 0; i < outer; i++, y += inner) {
    kernels->copy_rows(x + i * count * inner, inner, 1, inner, y, inner);
    for (ptrdiff_t j = 1; j < count; j++)
      kernels->map[CTK_MAXIMUM](y, y, x + (i * count + j) * inner, NULL, inner);
  }
}

static void run_axis(const ctk_kernels *kernels, const ctk_step *step, const ctk_area *areas,
                     const ctk_step_block *block) {
  ptrdiff_t x_stride, y_stride;
  const float *x = ctk_place_address(&step->places[0], areas, block, &x_stride);
  float *y = ctk_place_address(&step->places[1], areas, block, &y_stride);
  const ptrdiff_t from = step->places[0].columns, to = step->places[1].columns;
  const ptrdiff_t inner = step->width, rows = areas[step->places[1].area].is_matrix ? 1 : block->rows;
  for (ptrdiff_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
    if (step->kind == CTK_STEP_SPREAD) spread(kernels, x, from / inner, to / from, inner, y);
    else if (step->kind == CTK_STEP_SUM_ALONG)
      ctk_sum_along(kernels, x, to / inner, from / to, inner, y);
    else maximum_along(kernels, x, to / inner, from / to, inner, y);
  }
}

// Products of the matrices of a step with a signal, summed along their rows or columns.
static void run_matrices(const ctk_kernels *kernels, const ctk_step *step, const ctk_area *areas,
                         const ctk_step_block *block) {
  ptrdiff_t strides[3];
  const float *matrix = ctk_place_address(&step->places[0], areas, block, &strides[0]);
  const float *other = ctk_place_address(&step->places[1], areas, block, &strides[1]);
  float *y = ctk_place_address(&step->places[2], areas, block, &strides[2]);
  const ptrdiff_t rows = step->rows, width = step->width, size = rows * width;
  for (ptrdiff_t r = 0; r < block->rows; r++) {
    for (ptrdiff_t i = 0; i < step->tiles; i++) {
      const float *a = matrix + r * strides[0] + i * size, *b = other + r * strides[1];
      if (step->kind == CTK_STEP_WEIGHTED_ROWS)
        kernels->weighted_rows(b + i * rows, a, width, rows, width, false,
                               y + r * strides[2] + i * width);
      else if (step->flag)
        kernels->row_products(a, width, b + i * size, width, rows, width,
                              y + r * strides[2] + i * rows);
      else
        kernels->row_products(a, width, b + i * width, 0, rows, width,
                              y + r * strides[2] + i * rows);
    }
  }
}

enum { MOST_PREPARED = 2 };

// What the steps of one time have in common with those of the next.
typedef struct {
  const ctk_kernels *kernels;
  const ctk_area *areas;
  const ctk_weight *weights;
  // For the first programs among several steps; else none.
  int32_t prepared_count;
  prepared *prepared;
} loop;

static void run_step(const loop *loop, const ctk_step *step, const ctk_step_block *block,
                     prepared *again) {
  switch (step->kind) {
    case CTK_STEP_PROGRAM: run_program(loop->kernels, step, loop->areas, block, again); break;
    case CTK_STEP_PRODUCT:
      run_product(loop->kernels, step, loop->areas, loop->weights, block);
      break;
    case CTK_STEP_PICKED_ROWS: pick_rows(loop->kernels, step, loop->areas, block); break;
    case CTK_STEP_SPREAD:
    case CTK_STEP_SUM_ALONG:
    case CTK_STEP_MAXIMUM_ALONG: run_axis(loop->kernels, step, loop->areas, block); break;
    case CTK_STEP_ROW_PRODUCTS:
    case CTK_STEP_WEIGHTED_ROWS: run_matrices(loop->kernels, step, loop->areas, block); break;
    case CTK_STEP_IDENTITY: make_identity(&step->places[0], loop->areas, block); break;
    default: run_rows(loop->kernels, step, loop->areas, block);
  }
}

// Runs the steps of one time. Threads that split columns share them until they work apart; then thread 0 alone goes on.
static void run_time(const loop *loop, const ctk_step *steps, ptrdiff_t count,
                     ctk_step_block block) {
  int32_t programs = 0;
  for (const ctk_step *step = steps; step < steps + count; step++) {
    if (step->together > 1 && block.parts == 1 && step->together <= steps + count - step &&
        ctk_steps_run_together(loop->kernels, step, step->together, loop->areas, &block)) {
      step += step->together - 1;
      continue;
    }
    const bool is_program = step->kind == CTK_STEP_PROGRAM && step->tiles == 0;
    prepared *again =
        is_program && programs < loop->prepared_count ? &loop->prepared[programs++] : NULL;
    if (block.parts > 1 && ctk_team_is_apart()) {
      if (block.part > 0) return;
      block.parts = 1;
    }
    if (block.part == 0 || step->kind == CTK_STEP_PRODUCT) run_step(loop, step, &block, again);
    if (block.parts > 1 && step->precedes_barrier) ctk_team_barrier();
  }
}

void ctk_steps_run(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                   const ctk_weight *weights, const ctk_step_block *block) {
  run_time(&(loop){ctk_kernels_active(), areas, weights, 0, NULL}, steps, count, *block);
}

void ctk_steps_run_times(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                         const ctk_weight *weights, const ctk_step_block *first, ptrdiff_t times,
                         ptrdiff_t stride) {
  prepared prepared[MOST_PREPARED];
  for (int i = 0; i < MOST_PREPARED; i++) prepared[i].program = NULL;
  const loop loop = {ctk_kernels_active(), areas, weights, times > 1 ? MOST_PREPARED : 0, prepared};
  ctk_step_block block = *first;
  for (ptrdiff_t i = 0; i < times; i++, block.step += stride)
    run_time(&loop, steps, count, block);
}
