// Steps over the same matrices that go through them together, a block of rows at a time, so that the rows stay in a cache:
// programs, and products with a signal that are summed along rows or over them.
//
// Each step does what it does alone, in the same order; only the order among the steps is another. `StepSequence` marks the
// steps for which that is the same: what one reads of another's results are the same rows of a matrix.
#include "../System/thread_memory.h"
#include "matrices.h"
#include "together.h"

enum { LEAST_ROWS = 4 };

typedef struct {
  const ctk_step *step;
  // Of the block's first sample, and the strides from sample to sample.
  ctk_operand operands[CTK_MAX_OPERANDS];
  ptrdiff_t sample_strides[CTK_MAX_OPERANDS];
  float *bases[CTK_MAX_OPERANDS];
} bound_step;

static void bind(bound_step *bound, const ctk_step *step, const ctk_area *areas,
                 const ctk_step_block *block) {
  bound->step = step;
  for (int32_t i = 0; i < step->place_count; i++) {
    bound->bases[i] = ctk_place_address(&step->places[i], areas, block, &bound->sample_strides[i]);
    bound->operands[i] = (ctk_operand){.base = bound->bases[i]};
    if (step->kind != CTK_STEP_PROGRAM) continue;
    bound->operands[i].row_stride = step->strides[i].row;
    bound->operands[i].column_stride = step->strides[i].column;
  }
}

// The matrices of a sum: those of the first place and, where `flag` says so, of the second; of a sum along an axis, their rows.
static void run_sum(const ctk_kernels *kernels, const bound_step *bound, const ctk_step *shape,
                    ptrdiff_t sample, ptrdiff_t tile, ptrdiff_t row, ptrdiff_t rows) {
  const ptrdiff_t width = shape->width, first = tile * shape->rows + row;
  const float *matrix = bound->bases[0] + sample * bound->sample_strides[0] + first * width;
  float *other = bound->bases[1] + sample * bound->sample_strides[1];
  if (bound->step->kind == CTK_STEP_SUM_ALONG) {
    kernels->row_sum(matrix, width, rows, width, other + first, 1);
    return;
  }
  float *y = bound->bases[2] + sample * bound->sample_strides[2];
  if (bound->step->kind == CTK_STEP_WEIGHTED_ROWS)
    kernels->weighted_rows(other + first, matrix, width, rows, width, row > 0, y + tile * width);
  else if (bound->step->flag)
    kernels->row_products(matrix, width, other + first * width, width, rows, width, y + first);
  else
    kernels->row_products(matrix, width, other + tile * width, 0, rows, width, y + first);
}

typedef struct {
  bound_step bound[CTK_MOST_TOGETHER];
  matrix_call calls[CTK_MOST_TOGETHER];
} run_memory;

bool ctk_steps_run_together(const ctk_kernels *kernels, const ctk_step *steps, int32_t count,
                            const ctk_area *areas, const ctk_step_block *block) {
  if (count > CTK_MOST_TOGETHER) return false;
  const ctk_step *shape = &steps[0];
  run_memory *memory = ctk_thread_memory_of(MEMORY_OF_STEPS_TOGETHER, sizeof *memory);
  bound_step *bound = memory->bound;
  matrix_call *calls = memory->calls;
  _Alignas(64) float scratch[TEMPORARIES];
  ptrdiff_t block_rows = (BLOCK + shape->width - 1) / shape->width;
  if (block_rows < LEAST_ROWS) block_rows = LEAST_ROWS;
  for (int32_t i = 0; i < count; i++) {
    bind(&bound[i], &steps[i], areas, block);
    if (steps[i].kind != CTK_STEP_PROGRAM) continue;
    const operand_use use =
        ctk_operand_use(steps[i].program, bound[i].operands, shape->rows, shape->width);
    if (!ctk_matrix_call_make(&calls[i], kernels, steps[i].program, &use, bound[i].operands,
                              shape->rows, shape->width))
      return false;
    calls[i].operands = bound[i].operands;
    calls[i].scratch = scratch;
    if (calls[i].block_rows < block_rows) block_rows = calls[i].block_rows;
  }
  for (ptrdiff_t sample = 0; sample < block->rows; sample++)
    for (ptrdiff_t tile = 0; tile < shape->tiles; tile++) {
      for (int32_t i = 0; i < count; i++)
        for (int32_t j = 0; steps[i].kind == CTK_STEP_PROGRAM && j < steps[i].place_count; j++)
          bound[i].operands[j].base = bound[i].bases[j] + sample * bound[i].sample_strides[j] +
                                      tile * steps[i].strides[j].tile;
      for (ptrdiff_t row = 0; row < shape->rows; row += block_rows) {
        const ptrdiff_t rows = row + block_rows < shape->rows ? block_rows : shape->rows - row;
        for (int32_t i = 0; i < count; i++)
          if (steps[i].kind == CTK_STEP_PROGRAM) ctk_matrix_call_run(&calls[i], row, rows);
          else run_sum(kernels, &bound[i], shape, sample, tile, row, rows);
      }
    }
  return true;
}
