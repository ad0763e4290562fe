// Programs over matrices whose operands are one number for each row, or one row for all: `a S + k vᵀ`.
//
// The general machine (run.c) writes such operands out, block by block. Here they are read where they stand, and a
// scaled matrix plus an outer product is one pass, as is the exponential of a scaled matrix. Every value has the bits of the general machine: the same operations,
// each rounded.
#include "matrices.h"

static pass *added_pass(matrix_call *call, int32_t index) {
  if (call->slots[index] < 0)
    call->slots[index] = (int16_t)(call->program->operand_count + call->temporary_count++);
  pass *new = &call->passes[call->pass_count++];
  *new = (pass){NULL, call->slots[index], -1, -1, -1, -1, -1, -1, false, NULL};
  return new;
}

// The slot of an instruction's value, which is computed now if it is not yet.
static int16_t computed(matrix_call *call, int32_t index) {
  value *value = &call->values[index];
  if (value->form == MATRIX) return value->slot;
  pass *new = added_pass(call, index);
  new->x = value->slot;
  new->column = value->column;
  *(value->form == OUTER ? &new->outer_row : &new->row) = value->row;
  value->form = MATRIX;
  return value->slot = new->destination;
}

// The operand of an instruction that has a form; -1 if none has it.
static int32_t operand_of(const matrix_call *call, int32_t index, form form) {
  const int16_t *operands = call->operands_of[index];
  if (call->values[operands[0]].form == form) return operands[0];
  return call->values[operands[1]].form == form ? operands[1] : -1;
}

// A product with a row or a column; false if it is another.
static bool resolve_product(matrix_call *call, int32_t index) {
  const int32_t row = operand_of(call, index, ROW), column = operand_of(call, index, COLUMN);
  const int32_t matrix = operand_of(call, index, MATRIX);
  value *value = &call->values[index];
  if (row >= 0 && column >= 0) {
    *value = (struct value){OUTER, -1, call->values[row].row, call->values[column].column};
  } else if (matrix >= 0 && row >= 0) {
    *value = (struct value){SCALED, call->values[matrix].slot, call->values[row].row, -1};
  } else if (matrix >= 0 && column >= 0) {
    pass *new = added_pass(call, index);
    new->x = call->values[matrix].slot;
    new->column = call->values[column].column;
    *value = (struct value){MATRIX, new->destination, -1, -1};
  } else {
    return false;
  }
  if (!call->is_joined[index]) computed(call, index);
  return true;
}

// The sum of an outer product and a matrix, scaled or not; false if it is another.
static bool resolve_sum(matrix_call *call, int32_t index) {
  const int16_t *operands = call->operands_of[index];
  const int32_t outer = operand_of(call, index, OUTER);
  if (outer < 0 || operands[0] == operands[1]) return false;
  const int32_t other = operands[0] == outer ? operands[1] : operands[0];
  value x = call->values[other];
  if (x.form != SCALED) x = (value){MATRIX, computed(call, other), -1, -1};
  pass *new = added_pass(call, index);
  new->x = x.slot;
  new->row = x.row;
  new->outer_row = call->values[outer].row;
  new->column = call->values[outer].column;
  call->values[index] = (value){MATRIX, new->destination, -1, -1};
  return true;
}

// The exponential of a scaled matrix; false if it is another.
static bool resolve_exponential(matrix_call *call, int32_t index) {
  const value x = call->values[call->operands_of[index][0]];
  if (x.form != SCALED) return false;
  pass *new = added_pass(call, index);
  new->x = x.slot;
  new->row = x.row;
  new->is_exponential = true;
  call->values[index] = (value){MATRIX, new->destination, -1, -1};
  return true;
}

static void resolve_word(matrix_call *call, int32_t index) {
  const ctk_operation operation = call->program->instructions[index].operation;
  if (operation == CTK_MULTIPLY && resolve_product(call, index)) return;
  if (operation == CTK_ADD && resolve_sum(call, index)) return;
  if (operation == CTK_EXP && resolve_exponential(call, index)) return;
  int16_t slots[3] = {-1, -1, -1};
  for (int i = 0; i < ctk_operand_count(operation); i++)
    slots[i] = computed(call, call->operands_of[index][i]);
  pass *new = added_pass(call, index);
  new->function = call->kernels->map[operation];
  new->x = slots[0];
  new->y = slots[1];
  new->z = slots[2];
  call->values[index] = (value){MATRIX, new->destination, -1, -1};
}

static value loaded(const matrix_call *call, int16_t operand) {
  const ctk_operand *from = &call->operands[operand];
  if (from->column_stride == 0) return (value){ROW, -1, operand, -1};
  if (from->row_stride == 0) return (value){COLUMN, -1, -1, operand};
  return (value){MATRIX, operand, -1, -1};
}

// Finds what each instruction reads, and where what is stored is computed.
static void find_readers(matrix_call *call) {
  const ctk_program *program = call->program;
  int16_t definitions[CTK_MAX_REGISTERS], reads[LONGEST] = {0}, joins[LONGEST] = {0};
  for (int32_t i = 0; i < program->instruction_count; i++) {
    const ctk_instruction *in = &program->instructions[i];
    call->slots[i] = -1;
    if (in->operation == CTK_STORE) {
      const int16_t stored = call->operands_of[i][0] = definitions[in->a];
      const ctk_operation source = program->instructions[stored].operation;
      reads[stored]++;
      if (source != CTK_LOAD && source != CTK_CONSTANT && call->slots[stored] < 0)
        call->slots[stored] = in->destination;
      continue;
    }
    if (in->operation != CTK_LOAD && in->operation != CTK_CONSTANT) {
      const uint8_t registers[3] = {in->a, in->b, in->c};
      for (int j = 0; j < ctk_operand_count(in->operation); j++) {
        const int16_t read = call->operands_of[i][j] = definitions[registers[j]];
        reads[read]++;
        joins[read] += in->operation == CTK_ADD || in->operation == CTK_EXP;
      }
    }
    definitions[in->destination] = (int16_t)i;
  }
  for (int32_t i = 0; i < program->instruction_count; i++)
    call->is_joined[i] = reads[i] == 1 && joins[i] == 1;
}

static void resolve(matrix_call *call) {
  find_readers(call);
  for (int32_t i = 0; i < call->program->instruction_count; i++) {
    const ctk_instruction *in = &call->program->instructions[i];
    switch (in->operation) {
      case CTK_LOAD: call->values[i] = loaded(call, in->a); break;
      case CTK_CONSTANT:
        call->values[i] = (value){ROW, -1, (int16_t)(call->program->operand_count + in->a), -1};
        break;
      case CTK_STORE: {
        const int16_t slot = computed(call, call->operands_of[i][0]);
        if (slot == in->destination) break;
        pass *copy = &call->passes[call->pass_count++];
        *copy = (pass){call->kernels->map[CTK_COPY], in->destination, slot, -1, -1, -1, -1, -1,
                       false, NULL};
        break;
      }
      default: resolve_word(call, i);
    }
  }
}

// A slot's rows from one on, and their distance.
static float *address(const matrix_call *call, int16_t slot, ptrdiff_t row, ptrdiff_t *stride) {
  if (slot < 0) return NULL;
  const int32_t temporary = slot - call->program->operand_count;
  *stride = temporary < 0 ? call->operands[slot].row_stride : call->width;
  return temporary < 0 ? call->operands[slot].base + row * *stride
                       : call->scratch + temporary * call->block_rows * call->width;
}

// The numbers of an operand that has one a row, or of a constant.
static const float *numbers(const matrix_call *call, int16_t index, ptrdiff_t row,
                            ptrdiff_t *stride) {
  if (index < 0) return NULL;
  const int32_t constant = index - call->program->operand_count;
  *stride = constant < 0 ? call->operands[index].row_stride : 0;
  return constant < 0 ? call->operands[index].base + row * *stride
                      : call->program->constants + constant;
}

static void run_pass(const matrix_call *call, const pass *pass, ptrdiff_t row, ptrdiff_t rows) {
  ptrdiff_t stride, x_stride = 0, y_stride = 0, z_stride = 0, width = call->width;
  float *to = address(call, pass->destination, row, &stride);
  const float *x = address(call, pass->x, row, &x_stride);
  if (!pass->function) {
    ctk_matrix_update update = {
        .x = x, .x_stride = x_stride, .is_exponential = pass->is_exponential};
    update.scale = numbers(call, pass->row, row, &update.scale_stride);
    update.left = numbers(call, pass->outer_row, row, &update.left_stride);
    if (pass->column >= 0) update.right = call->operands[pass->column].base;
    if (pass->sum) {
      update.weights = pass->sum->operands[1].base + row;
      update.sums = pass->sum->operands[2].base;
      update.adds = row > 0 || pass->sum->adds;
    }
    call->kernels->matrix_update(&update, rows, width, to, stride);
    return;
  }
  const float *y = address(call, pass->y, row, &y_stride);
  const float *z = address(call, pass->z, row, &z_stride);
  const bool is_flat = stride == width && x_stride == width && (!y || y_stride == width) &&
                       (!z || z_stride == width);
  if (is_flat) {
    width *= rows;
    rows = 1;
  }
  for (ptrdiff_t r = 0; r < rows; r++)
    pass->function(to + r * stride, x + r * x_stride, y ? y + r * y_stride : NULL,
                   z ? z + r * z_stride : NULL, width);
}

bool ctk_matrix_call_make(matrix_call *call, const ctk_kernels *kernels, const ctk_program *program,
                          const operand_use *use, const ctk_operand *operands, ptrdiff_t rows,
                          ptrdiff_t width) {
  bool has_rows = false;
  for (int32_t i = 0; i < program->operand_count; i++) {
    const bool is_matrix = operands[i].column_stride == 1 && operands[i].row_stride != 0;
    if (has_bit(use->shared, i) || (has_bit(use->stored, i) && !is_matrix)) return false;
    has_rows = has_rows || (has_bit(use->loaded, i) && !is_matrix);
  }
  if (!has_rows || rows < 2 || width < 8 || program->instruction_count > LONGEST) return false;
  call->kernels = kernels;
  call->program = program;
  call->operands = operands;
  call->rows = rows;
  call->width = width;
  call->pass_count = call->temporary_count = 0;
  resolve(call);
  call->block_rows = call->pass_count > 1 ? (BLOCK + width - 1) / width : rows;
  if (call->temporary_count * call->block_rows * width > TEMPORARIES)
    call->block_rows = TEMPORARIES / (call->temporary_count * width);
  return call->block_rows > 0;
}

void ctk_matrix_call_run(const matrix_call *call, ptrdiff_t row, ptrdiff_t rows) {
  for (int32_t i = 0; i < call->pass_count; i++) run_pass(call, &call->passes[i], row, rows);
}

bool ctk_program_run_matrices(const ctk_kernels *kernels, const ctk_program *program,
                              const operand_use *use, const ctk_operand *operands,
                              const ctk_tiling *tiling, ptrdiff_t rows, ptrdiff_t width) {
  matrix_call call;
  if (!ctk_matrix_call_make(&call, kernels, program, use, operands, rows, width)) return false;
  _Alignas(64) float scratch[TEMPORARIES];
  ctk_operand moved[CTK_MAX_OPERANDS];
  call.scratch = scratch;
  call.operands = moved;
  for (ptrdiff_t sample = 0; sample < tiling->samples; sample++)
    for (ptrdiff_t tile = 0; tile < tiling->tiles; tile++) {
      for (int32_t i = 0; i < program->operand_count; i++) {
        moved[i] = operands[i];
        if (sample + tile > 0)
          moved[i].base +=
              sample * tiling->sample_strides[i] + tile * tiling->tile_strides[i];
      }
      for (ptrdiff_t row = 0; row < rows; row += call.block_rows)
        ctk_matrix_call_run(&call, row,
                            row + call.block_rows < rows ? call.block_rows : rows - row);
    }
  return true;
}
