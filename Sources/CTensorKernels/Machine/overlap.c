// Finds the operands of a program that share memory.
#include "machine.h"

// Addresses from the first float to past the last, whatever the strides' signs.
typedef struct {
  intptr_t start, end;
} span;

static span span_of(const ctk_operand *operand, ptrdiff_t rows, ptrdiff_t width) {
  const ptrdiff_t down = (rows - 1) * operand->row_stride;
  const ptrdiff_t across = (width - 1) * operand->column_stride;
  const ptrdiff_t first = (down < 0 ? down : 0) + (across < 0 ? across : 0);
  const ptrdiff_t last = (down > 0 ? down : 0) + (across > 0 ? across : 0);
  const intptr_t base = (intptr_t)operand->base, size = sizeof(float);
  return (span){base + first * size, base + (last + 1) * size};
}

// Two column ranges of one matrix do not overlap, though their spans do.
static bool are_separate_columns(const ctk_operand *a, const ctk_operand *b, ptrdiff_t width) {
  const ptrdiff_t stride = a->row_stride;
  if (stride <= 0 || stride != b->row_stride || a->column_stride != 1 || b->column_stride != 1)
    return false;
  const ptrdiff_t distance = (ptrdiff_t)(((intptr_t)b->base - (intptr_t)a->base) /
                                         (intptr_t)sizeof(float)) % stride;
  const ptrdiff_t column = distance < 0 ? distance + stride : distance;
  return column >= width && column + width <= stride;
}

static bool overlap(const ctk_operand *a, const ctk_operand *b, ptrdiff_t rows, ptrdiff_t width) {
  const span x = span_of(a, rows, width), y = span_of(b, rows, width);
  return x.start < y.end && y.start < x.end && !are_separate_columns(a, b, width);
}

static bool are_same(const ctk_operand *a, const ctk_operand *b) {
  return a->base == b->base && a->row_stride == b->row_stride && a->column_stride == b->column_stride;
}

// Whether every store comes after all computations, and stores a computed value.
static bool stores_at_end(const ctk_program *program) {
  bool is_computed[CTK_MAX_REGISTERS] = {false}, has_stored = false;
  for (int32_t i = 0; i < program->instruction_count; i++) {
    const ctk_instruction *instruction = &program->instructions[i];
    if (instruction->operation == CTK_STORE) {
      if (!is_computed[instruction->a]) return false;
      has_stored = true;
    } else if (has_stored) {
      return false;
    } else {
      is_computed[instruction->destination] =
          instruction->operation != CTK_LOAD && instruction->operation != CTK_CONSTANT;
    }
  }
  return true;
}

operand_use ctk_operand_use(const ctk_program *program, const ctk_operand *operands, ptrdiff_t rows,
                            ptrdiff_t width) {
  operand_use use = {0};
  for (int32_t i = 0; i < program->instruction_count; i++) {
    const ctk_instruction *instruction = &program->instructions[i];
    if (instruction->operation == CTK_LOAD) use.loaded[instruction->a] = true;
    if (instruction->operation == CTK_STORE) use.stored[instruction->destination] = true;
  }
  bool differs[CTK_MAX_OPERANDS] = {false}, any_shared = false;
  for (int32_t s = 0; s < program->operand_count; s++) {
    if (!use.stored[s]) continue;
    for (int32_t l = 0; l < program->operand_count; l++) {
      if (!use.loaded[l] || !overlap(&operands[s], &operands[l], rows, width)) continue;
      use.shared[s] = use.shared[l] = any_shared = true;
      if (!are_same(&operands[s], &operands[l])) differs[s] = differs[l] = true;
    }
  }
  if (!any_shared || !stores_at_end(program)) return use;
  for (int32_t i = 0; i < program->operand_count; i++) use.overwritten[i] = use.shared[i] && !differs[i];
  return use;
}
