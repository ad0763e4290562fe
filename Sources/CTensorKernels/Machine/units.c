// Runs a time loop inside out: a block of units goes through all steps before the next block begins.
//
// The programs of the loop act on each unit of each sample alone, so that blocks are independent. Those few rows that a
// block has of each state stay in the L1 cache, and what a program needs besides the addresses of its operands is found
// out once for a block.
#include "../System/thread_memory.h"
#include "CTensorLoops.h"
#include "machine.h"

enum {
  BLOCK_UNITS = 2048,  // of a row, at most
  BLOCK_SIZE = 4096,   // of all rows, about: two steps of a state are in the L1 cache
  LINE = 16,           // floats of a cache line
};

// Where an operand of a block stands at each step.
typedef struct {
  float *base, *other_base;
  ptrdiff_t time_stride, shift, step_mask, other_step;
} moving_operand;

typedef struct {
  prepared prepared;
  moving_operand operands[CTK_MAX_OPERANDS];
  // Whether an operand that fills a slot has another value at each step.
  bool refills;
} unit_program;

// The rows and units of a block.
typedef struct {
  ptrdiff_t row, rows, first, width;
} unit_block;

static bool is_repeated(const ctk_step *step, int32_t operand) {
  return step->places[operand].columns == 1 && step->width > 1;
}

static void bind(unit_program *program, const ctk_step *step, const ctk_area *areas,
                 const unit_block *block) {
  for (int32_t i = 0; i < step->place_count; i++) {
    const ctk_place *place = &step->places[i];
    const ctk_area *area = &areas[place->area];
    moving_operand *operand = &program->operands[i];
    const ptrdiff_t first = place->offset + (is_repeated(step, i) ? 0 : block->first);
    const ptrdiff_t row_stride = area->is_matrix ? area->sample_stride : area->row_stride;
    *operand = (moving_operand){
        .base = area->base + first + block->row * row_stride, .step_mask = -1, .other_step = -1};
    if (area->is_matrix) continue;
    operand->time_stride = area->time_stride;
    operand->shift = area->shifts[place->slot];
    operand->step_mask = area->step_mask;
    if (!area->other_base) continue;
    operand->other_step = area->other_step;
    operand->other_base = area->other_base + first + block->row * area->other_row_stride;
  }
}

static float *address(const moving_operand *operand, ptrdiff_t step) {
  const ptrdiff_t i = (step + operand->shift) & operand->step_mask;
  return i == operand->other_step ? operand->other_base : operand->base + i * operand->time_stride;
}

static void move_to(unit_program *program, int32_t count, ptrdiff_t step) {
  for (int32_t i = 0; i < count; i++)
    program->prepared.operands[i].base = address(&program->operands[i], step);
}

static void prepare(unit_program *program, const ctk_kernels *kernels, const ctk_step *step,
                    const ctk_area *areas, const unit_block *block, ptrdiff_t first_step) {
  ctk_operand operands[CTK_MAX_OPERANDS];
  for (int32_t i = 0; i < step->place_count; i++) {
    const ctk_area *area = &areas[step->places[i].area];
    operands[i].base = address(&program->operands[i], first_step);
    operands[i].row_stride = area->is_matrix ? 0 : area->row_stride;
    operands[i].column_stride = is_repeated(step, i) ? 0 : 1;
  }
  const operand_use use = ctk_operand_use(step->program, operands, block->rows, block->width);
  ctk_prepare(&program->prepared, kernels, step->program, operands, &use, block->rows, block->width);
  program->refills = false;
  for (int32_t i = 0; i < step->place_count; i++) {
    if (has_bit(use.loaded, i) && program->prepared.call.accesses[i] == FILLED_ONCE &&
        program->operands[i].time_stride != 0)
      program->refills = true;
  }
}

static void run_block(unit_program *programs, const ctk_kernels *kernels, const ctk_step *steps,
                      ptrdiff_t count, const ctk_area *areas, const unit_block *block,
                      const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride) {
  for (ptrdiff_t p = 0; p < count; p++) {
    bind(&programs[p], &steps[p], areas, block);
    prepare(&programs[p], kernels, &steps[p], areas, block, first->step);
    ctk_fill_operands(&programs[p].prepared);
  }
  ptrdiff_t step = first->step;
  for (ptrdiff_t t = 0; t < times; t++, step += stride) {
    for (ptrdiff_t p = 0; p < count; p++) {
      unit_program *program = &programs[p];
      move_to(program, steps[p].place_count, step);
      if (program->refills) ctk_fill_operands(&program->prepared);
      ctk_run_blocks(&program->prepared);
    }
  }
}

// The rows that share a block: several if they are narrow, and follow each other in the same way at every step.
static ptrdiff_t rows_of_block(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas) {
  for (ptrdiff_t p = 0; p < count; p++)
    for (int32_t i = 0; i < steps[p].place_count; i++) {
      const ctk_area *area = &areas[steps[p].places[i].area];
      if (area->is_matrix ? area->sample_stride != 0
                          : area->other_base && area->other_row_stride != area->row_stride)
        return 1;
    }
  const ptrdiff_t width = steps[0].width < BLOCK_UNITS ? steps[0].width : BLOCK_UNITS;
  return BLOCK_SIZE / width > 1 ? BLOCK_SIZE / width : 1;
}

void ctk_steps_run_units(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                         const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride) {
  ctk_step_block block = *first;
  if (block.parts > 1 && ctk_team_is_apart()) {
    if (block.part > 0) return;
    block.parts = 1;
  }
  ctk_steps_run_part_of_units(steps, count, areas, &block, times, stride);
}

void ctk_steps_run_part_of_units(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                                 const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride) {
  if (count == 0 || times <= 0 || first->rows <= 0) return;
  const ctk_kernels *kernels = ctk_kernels_active();
  unit_program *programs =
      ctk_thread_memory_of(MEMORY_OF_UNITS, CTK_MOST_UNIT_PROGRAMS * sizeof *programs);
  const ptrdiff_t width = steps[0].width, lines = (width + LINE - 1) / LINE;
  const ptrdiff_t part = first->part, parts = first->parts > 1 ? first->parts : 1;
  const ptrdiff_t begin = lines * part / parts * LINE;
  ptrdiff_t end = lines * (part + 1) / parts * LINE;
  if (end > width) end = width;
  const ptrdiff_t most_rows = rows_of_block(steps, count, areas);
  for (ptrdiff_t row = 0; row < first->rows; row += most_rows)
    for (ptrdiff_t unit = begin; unit < end; unit += BLOCK_UNITS) {
      const unit_block block = {
          .row = first->row + row,
          .rows = first->rows - row < most_rows ? first->rows - row : most_rows,
          .first = unit,
          .width = end - unit < BLOCK_UNITS ? end - unit : BLOCK_UNITS,
      };
      run_block(programs, kernels, steps, count, areas, &block, first, times, stride);
    }
}
