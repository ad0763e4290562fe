// Turns the instructions of a program into steps over slots.
//
// A load in place costs nothing: the register becomes a name of the operand. A value that is stored
// in place is computed there. Operands that share memory are `IN_PLACE` only where they are overwritten:
// such a value is computed there if no later step reads what it replaces, else copied at the end.
#include "machine.h"

// Where a register's value is now, and the step that computed it into the register's own slot (or
// -1).
typedef struct {
  uint16_t slot;
  int32_t definition;
} place;

static uint16_t operand_slot(const call *call, int32_t operand) {
  return (uint16_t)(call->first_operand + operand);
}
static uint16_t constant_slot(const call *call, int32_t constant) {
  return (uint16_t)(call->first_constant + constant);
}

static step *added_step(call *call) {
  step *new = &call->steps[call->step_count++];
  *new = (step){.load = -1, .store = -1};
  return new;
}

// From its definition on, the value in slot `from` lives in slot `to`.
static void move_value(call *call, int32_t definition, uint16_t from, uint16_t to) {
  call->steps[definition].destination = to;
  for (int32_t i = definition + 1; i < call->step_count; i++) {
    step *reader = &call->steps[i];
    if (reader->a == from) reader->a = to;
    if (reader->b == from) reader->b = to;
    if (reader->c == from) reader->c = to;
  }
}

static void resolve_load(call *call, const ctk_instruction *instruction, place *register_place) {
  const int32_t operand = instruction->a;
  if (call->accesses[operand] != COPIED) {
    *register_place = (place){operand_slot(call, operand), -1};
    return;
  }
  *register_place = (place){instruction->destination, call->step_count};
  step *copy = added_step(call);
  copy->destination = instruction->destination;
  copy->load = (int16_t)operand;
}

// Whether a step after the one of a value reads the memory of an operand.
static bool is_read_after(const call *call, int32_t definition, int32_t operand) {
  for (int32_t i = 0; i < call->operand_count; i++) {
    if (call->operands[i].base != call->operands[operand].base) continue;
    const uint16_t slot = operand_slot(call, i);
    for (int32_t j = definition + 1; j < call->step_count; j++) {
      const step *reader = &call->steps[j];
      if (reader->a == slot || reader->b == slot || reader->c == slot) return true;
    }
  }
  return false;
}

static void resolve_store(call *call, const ctk_instruction *instruction, const operand_use *use,
                          place *source) {
  const int32_t operand = instruction->destination;
  if (call->accesses[operand] == COPIED) {
    step *copy = added_step(call);
    copy->a = source->slot;
    copy->store = (int16_t)operand;
  } else if (source->definition >= 0 &&
             !(has_bit(use->overwritten, operand) && is_read_after(call, source->definition, operand))) {
    move_value(call, source->definition, source->slot, operand_slot(call, operand));
    *source = (place){operand_slot(call, operand), -1};
  } else {
    step *copy = added_step(call);
    copy->function = call->kernels->map[CTK_COPY];
    copy->destination = operand_slot(call, operand);
    copy->a = source->slot;
  }
}

void ctk_resolve(call *call, const ctk_program *program, const operand_use *use) {
  place places[CTK_MAX_REGISTERS];
  for (int32_t i = 0; i < program->instruction_count; i++) {
    const ctk_instruction *instruction = &program->instructions[i];
    switch (instruction->operation) {
      case CTK_LOAD:
        resolve_load(call, instruction, &places[instruction->destination]);
        break;
      case CTK_STORE:
        resolve_store(call, instruction, use, &places[instruction->a]);
        break;
      case CTK_CONSTANT:
        places[instruction->destination] = (place){constant_slot(call, instruction->a), -1};
        break;
      default: {
        const int32_t definition = call->step_count;
        const int reads = ctk_operand_count(instruction->operation);
        step *new = added_step(call);
        new->function = call->kernels->map[instruction->operation];
        new->destination = instruction->destination;
        new->a = places[instruction->a].slot;
        if (reads > 1) new->b = places[instruction->b].slot;
        if (reads > 2) new->c = places[instruction->c].slot;
        places[instruction->destination] = (place){instruction->destination, definition};
      }
    }
  }
}
