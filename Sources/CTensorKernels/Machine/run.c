// Runs a program of the elementwise machine, block by block.
#include "machine.h"

// Matrices whose rows all follow each other are one long row.
static bool is_flat(const ctk_program *program, const ctk_operand *operands, ptrdiff_t rows,
                    ptrdiff_t width) {
  for (int32_t i = 0; i < program->operand_count; i++) {
    const ctk_operand *operand = &operands[i];
    const ptrdiff_t row_stride = rows == 1 ? operand->column_stride * width : operand->row_stride;
    if (row_stride != operand->column_stride * width) return false;
  }
  return true;
}

static access access_of(const call *call, const ctk_operand *operand) {
  const bool same_in_row = operand->column_stride == 0;
  const bool same_in_column = operand->row_stride == 0 || call->rows == 1;
  if (same_in_row && same_in_column) return FILLED_ONCE;
  if (!call->narrow) return same_in_row ? COPIED : IN_PLACE;
  if (same_in_column) return FILLED_ONCE;
  return !same_in_row && operand->row_stride == call->width ? IN_PLACE : COPIED;
}

static void copy_in(const call *call, const ctk_operand *operand, ptrdiff_t row, ptrdiff_t column,
                    ptrdiff_t rows, ptrdiff_t width, float *slot) {
  const float *from = operand->base + row * operand->row_stride + column * operand->column_stride;
  if (operand->column_stride == 0)
    call->kernels->repeat_columns(from, operand->row_stride, rows, width, slot);
  else
    call->kernels->copy_rows(from, operand->row_stride, rows, width, slot, width);
}

// Gives scratch memory to the slots that the steps need it for, and chooses the block.
static void place_slots(call *call, const operand_use *use, float *scratch) {
  for (int32_t i = 0; i < call->step_count; i++)
    if (call->steps[i].destination < call->first_operand && call->steps[i].store < 0)
      call->has_scratch[call->steps[i].destination] = true;
  for (int32_t i = 0; i < call->operand_count; i++)
    if (has_bit(use->loaded, i) && call->accesses[i] == FILLED_ONCE)
      call->has_scratch[call->first_operand + i] = true;
  for (int32_t i = call->first_constant; i < call->slot_count; i++) call->has_scratch[i] = true;

  ptrdiff_t used = 1;
  for (int32_t i = 0; i < call->slot_count; i++) used += call->has_scratch[i];
  ptrdiff_t block = SCRATCH / used / 16 * 16;
  if (block > LARGEST_BLOCK) block = LARGEST_BLOCK;
  if (block < SMALLEST_BLOCK) block = SMALLEST_BLOCK;

  if (call->narrow) {
    call->block_rows = block / call->width;
    call->block_width = call->width;
  } else {
    const ptrdiff_t count = (call->width + block - 1) / block;
    call->block_rows = 1;
    call->block_width = (((call->width + count - 1) / count) + 15) / 16 * 16;
  }
  for (int32_t i = 0; i < call->slot_count; i++) {
    if (!call->has_scratch[i]) continue;
    call->slots[i] = scratch;
    scratch += block;
  }
}

void ctk_fill_operands(prepared *self) {
  call *call = &self->call;
  const ptrdiff_t rows = call->block_rows < call->rows ? call->block_rows : call->rows;
  for (int32_t i = 0; i < call->operand_count; i++)
    if (has_bit(self->use.loaded, i) && call->accesses[i] == FILLED_ONCE)
      copy_in(call, &call->operands[i], 0, 0, rows, call->block_width,
              call->slots[call->first_operand + i]);
}

static void fill_constants(call *call, const float *constants) {
  const ptrdiff_t rows = call->block_rows < call->rows ? call->block_rows : call->rows;
  for (int32_t i = call->first_constant; i < call->slot_count; i++)
    call->kernels->repeat_columns(&constants[i - call->first_constant], 0, 1,
                                  rows * call->block_width, call->slots[i]);
}

static void run_block(call *call, ptrdiff_t row, ptrdiff_t column, ptrdiff_t rows,
                      ptrdiff_t width) {
  for (int32_t i = 0; i < call->operand_count; i++)
    if (call->accesses[i] == IN_PLACE)
      call->slots[call->first_operand + i] =
          call->operands[i].base + row * call->operands[i].row_stride + column;

  for (int32_t i = 0; i < call->step_count; i++) {
    const step *step = &call->steps[i];
    if (step->function) {
      step->function(call->slots[step->destination], call->slots[step->a], call->slots[step->b],
                     call->slots[step->c], rows * width);
    } else if (step->load >= 0) {
      copy_in(call, &call->operands[step->load], row, column, rows, width,
              call->slots[step->destination]);
    } else {
      const ctk_operand *operand = &call->operands[step->store];
      call->kernels->copy_rows(call->slots[step->a], width, rows, width,
                               operand->base + row * operand->row_stride + column,
                               operand->row_stride);
    }
  }
}

static void prefetch_rows(const float *from, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width) {
  enum { LINE = 16 };  // floats of a cache line
  for (ptrdiff_t r = 0; r < rows; r++, from += stride)
    for (ptrdiff_t j = 0; j < width; j += LINE) __builtin_prefetch(from + j);
}

// Prefetches what a block has in place, unless it follows what came before.
static void prefetch_block(const call *call, ptrdiff_t row, ptrdiff_t column) {
  for (int32_t i = 0; i < call->operand_count; i++) {
    const ctk_operand *operand = &call->operands[i];
    if (call->accesses[i] == IN_PLACE && operand->row_stride != call->width)
      prefetch_rows(operand->base + row * operand->row_stride + column, 0, 1, call->block_width);
  }
}

void ctk_run_blocks(prepared *self) {
  call *call = &self->call;
  for (ptrdiff_t row = 0; row < call->rows; row += call->block_rows) {
    const ptrdiff_t rows_left = call->rows - row;
    for (ptrdiff_t column = 0; column < call->width; column += call->block_width) {
      const ptrdiff_t columns_left = call->width - column;
      if (call->prefetches && row + 1 < call->rows) prefetch_block(call, row + 1, column);
      run_block(call, row, column, rows_left < call->block_rows ? rows_left : call->block_rows,
                columns_left < call->block_width ? columns_left : call->block_width);
    }
  }
}

void ctk_prepare(prepared *self, const ctk_kernels *kernels, const ctk_program *program,
                 const ctk_operand *operands, const operand_use *use, ptrdiff_t rows,
                 ptrdiff_t width) {
  self->program = program;
  self->use = *use;
  for (int32_t i = 0; i < program->operand_count; i++) self->operands[i] = operands[i];
  call *call = &self->call;
  const bool flat = is_flat(program, operands, rows, width);
  call->rows = flat ? 1 : rows;
  call->width = flat ? rows * width : width;
  call->kernels = kernels;
  call->operands = self->operands;
  call->operand_count = program->operand_count;
  call->first_operand = program->register_count;
  call->first_constant = call->first_operand + program->operand_count;
  call->slot_count = call->first_constant + program->constant_count;
  call->step_count = 0;
  call->prefetches = false;
  call->narrow = call->rows > 1 && call->width < NARROW && call->slot_count < SCRATCH / NARROW;
  for (int32_t i = 0; i < call->slot_count; i++) {
    call->has_scratch[i] = false;
    call->slots[i] = NULL;
  }
  for (int32_t i = 0; i < program->operand_count; i++)
    call->accesses[i] = has_bit(use->shared & ~use->overwritten, i) ? COPIED : access_of(call, &operands[i]);
  ctk_resolve(call, program, use);
  place_slots(call, use, self->scratch);
  fill_constants(call, program->constants);
}

void ctk_program_run_prepared(prepared *self, const ctk_operand *operands) {
  for (int32_t i = 0; i < self->program->operand_count; i++)
    self->operands[i].base = operands[i].base;
  ctk_fill_operands(self);
  ctk_run_blocks(self);
}

// Whether the operands differ from those it was prepared for in their addresses alone.
static bool fits(const prepared *self, const ctk_program *program, const ctk_operand *operands,
                 const operand_use *use) {
  if (self->program != program || self->use.shared != use->shared ||
      self->use.overwritten != use->overwritten)
    return false;
  for (int32_t i = 0; i < program->operand_count; i++)
    if (self->operands[i].row_stride != operands[i].row_stride) return false;
  return true;
}

void ctk_program_run_again(prepared *self, const ctk_kernels *kernels, const ctk_program *program,
                           const ctk_operand *operands, ptrdiff_t rows, ptrdiff_t width) {
  if (rows <= 0 || width <= 0) return;
  const operand_use use = ctk_operand_use(program, operands, rows, width);
  if (fits(self, program, operands, &use))
    for (int32_t i = 0; i < program->operand_count; i++) self->operands[i].base = operands[i].base;
  else
    ctk_prepare(self, kernels, program, operands, &use, rows, width);
  ctk_fill_operands(self);
  ctk_run_blocks(self);
}

void ctk_program_run_with(const ctk_kernels *kernels, const ctk_program *program,
                          const ctk_operand *operands, ptrdiff_t rows, ptrdiff_t width) {
  const ctk_tiling once = {.samples = 1, .tiles = 1};
  ctk_program_run_tiles(kernels, program, operands, &once, rows, width);
}

static void prefetch_sample(const call *call, const ctk_tiling *tiling, ptrdiff_t rows,
                            ptrdiff_t width) {
  for (int32_t i = 0; i < call->operand_count; i++) {
    const ctk_operand *operand = &call->operands[i];
    const ptrdiff_t stride = tiling->sample_strides[i];
    if (call->accesses[i] == IN_PLACE && stride != rows * width)
      prefetch_rows(operand->base + stride, operand->row_stride, rows, width);
  }
}

void ctk_program_run_tiles(const ctk_kernels *kernels, const ctk_program *program,
                           const ctk_operand *operands, const ctk_tiling *tiling, ptrdiff_t rows,
                           ptrdiff_t width) {
  if (rows <= 0 || width <= 0) return;
  const operand_use use = ctk_operand_use(program, operands, rows, width);
  const bool has_matrices = tiling->tile_strides && rows * width >= CTK_SMALLEST_MATRIX;
  if (has_matrices &&
      ctk_program_run_matrices(kernels, program, &use, operands, tiling, rows, width))
    return;
  prepared self;
  ctk_prepare(&self, kernels, program, operands, &use, rows, width);
  self.call.prefetches = tiling->along_time && tiling->samples == 1 && !self.call.narrow;
  for (ptrdiff_t sample = 0; sample < tiling->samples; sample++)
    for (ptrdiff_t tile = 0; tile < tiling->tiles; tile++) {
      if (sample + tile > 0)
        for (int32_t i = 0; i < program->operand_count; i++)
          self.operands[i].base = operands[i].base + sample * tiling->sample_strides[i] +
                                  tile * tiling->tile_strides[i];
      if (tiling->along_time && sample + 1 < tiling->samples)
        prefetch_sample(&self.call, tiling, rows, width);
      ctk_fill_operands(&self);
      ctk_run_blocks(&self);
    }
}
