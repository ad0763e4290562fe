// Checks that a program of the elementwise machine is well formed.
#include "CTensorKernels.h"

#define OPERANDS_OF_WORD(NAME, name, operands, ...) [CTK_##NAME] = operands,
static const uint8_t operand_counts[CTK_OPERATION_COUNT] = {
    CTK_WORDS(OPERANDS_OF_WORD)[CTK_LOAD] = 1, [CTK_STORE] = 1};

#define NAME_OF_WORD(NAME, name, ...) [CTK_##NAME] = #name,
static const char *const names[CTK_OPERATION_COUNT] = {CTK_WORDS(NAME_OF_WORD)};

int ctk_operand_count(ctk_operation operation) {
  return operation < CTK_OPERATION_COUNT ? operand_counts[operation] : 0;
}

const char *ctk_word_name(ctk_operation operation) {
  return operation < CTK_OPERATION_COUNT ? names[operation] : NULL;
}

static const char *fault(const ctk_program *program, const ctk_instruction *instruction,
                         const bool *written, bool *stored, bool *any_stored) {
  const int reads = ctk_operand_count(instruction->operation);
  switch (instruction->operation) {
    case CTK_LOAD:
      if (instruction->a >= program->operand_count) return "a load from an operand out of range";
      if (*any_stored) return "a load after a store";
      break;
    case CTK_CONSTANT:
      if (instruction->a >= program->constant_count) return "a constant out of range";
      break;
    case CTK_STORE:
      if (instruction->destination >= program->operand_count)
        return "a store to an operand out of range";
      if (stored[instruction->destination]) return "a second store to an operand";
      stored[instruction->destination] = *any_stored = true;
      break;
    default:
      if (instruction->operation >= CTK_OPERATION_COUNT) return "an unknown operation";
  }
  if (instruction->operation != CTK_STORE && instruction->destination >= program->register_count)
    return "a destination register out of range";
  if (instruction->operation == CTK_LOAD) return NULL;
  const uint8_t registers[3] = {instruction->a, instruction->b, instruction->c};
  for (int i = 0; i < reads; i++) {
    if (registers[i] >= program->register_count) return "a register out of range";
    if (!written[registers[i]]) return "a register that is read before it is written";
  }
  return NULL;
}

const char *ctk_program_check(const ctk_program *program) {
  if (program->register_count < 0 || program->register_count > CTK_MAX_REGISTERS)
    return "too many registers";
  if (program->operand_count < 0 || program->operand_count > CTK_MAX_OPERANDS)
    return "too many operands";
  if (program->instruction_count < 0 || program->instruction_count > CTK_MAX_INSTRUCTIONS)
    return "too many instructions";
  if (program->constant_count < 0) return "a negative count of constants";
  bool written[CTK_MAX_REGISTERS] = {false}, stored[CTK_MAX_OPERANDS] = {false};
  bool any_stored = false;
  for (int32_t i = 0; i < program->instruction_count; i++) {
    const ctk_instruction *instruction = &program->instructions[i];
    const char *what = fault(program, instruction, written, stored, &any_stored);
    if (what) return what;
    if (instruction->operation != CTK_STORE) written[instruction->destination] = true;
  }
  return NULL;
}
