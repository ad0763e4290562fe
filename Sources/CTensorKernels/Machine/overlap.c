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

static bool are_same(const ctk_operand *a, const ctk_operand *b) {
  return a->base == b->base && a->row_stride == b->row_stride && a->column_stride == b->column_stride;
}

// Whether every store comes after all computations, and stores a computed value.
static bool stores_at_end(const ctk_program *program) {
  uint64_t computed = 0;  // a bit for each register
  bool has_stored = false;
  for (int32_t i = 0; i < program->instruction_count; i++) {
    const ctk_instruction *instruction = &program->instructions[i];
    if (instruction->operation == CTK_STORE) {
      if (!has_bit(computed, instruction->a)) return false;
      has_stored = true;
      continue;
    }
    if (has_stored) return false;
    const uint64_t destination = UINT64_C(1) << instruction->destination;
    if (instruction->operation == CTK_LOAD || instruction->operation == CTK_CONSTANT) computed &= ~destination;
    else computed |= destination;
  }
  return true;
}

operand_use ctk_operand_use(const ctk_program *program, const ctk_operand *operands, ptrdiff_t rows,
                            ptrdiff_t width) {
  operand_use use = {0};
  for (int32_t i = 0; i < program->instruction_count; i++) {
    const ctk_instruction *instruction = &program->instructions[i];
    if (instruction->operation == CTK_LOAD) use.loaded |= UINT64_C(1) << instruction->a;
    if (instruction->operation == CTK_STORE) use.stored |= UINT64_C(1) << instruction->destination;
  }
  span spans[CTK_MAX_OPERANDS];
  for (int32_t i = 0; i < program->operand_count; i++) spans[i] = span_of(&operands[i], rows, width);
  uint64_t different = 0;  // of those that share memory, which are not the same
  for (uint64_t stored = use.stored; stored; stored &= stored - 1) {
    const int32_t s = __builtin_ctzll(stored);
    for (uint64_t loaded = use.loaded; loaded; loaded &= loaded - 1) {
      const int32_t l = __builtin_ctzll(loaded);
      if (spans[s].start >= spans[l].end || spans[l].start >= spans[s].end ||
          are_separate_columns(&operands[s], &operands[l], width))
        continue;
      const uint64_t both = UINT64_C(1) << s | UINT64_C(1) << l;
      use.shared |= both;
      if (!are_same(&operands[s], &operands[l])) different |= both;
    }
  }
  if (use.shared && stores_at_end(program)) use.overwritten = use.shared & ~different;
  return use;
}
