// A program of the elementwise machine, one element at a time, in float32 after every operation.
#include "CTensorKernelsReference.h"

void ctk_program_run_reference(const ctk_program *program, const ctk_operand *operands,
                               ptrdiff_t rows, ptrdiff_t width) {
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t j = 0; j < width; j++) {
      float registers[CTK_MAX_REGISTERS] = {0};
      for (int32_t i = 0; i < program->instruction_count; i++) {
        const ctk_instruction *in = &program->instructions[i];
        const bool stores = in->operation == CTK_STORE, loads = in->operation == CTK_LOAD;
        const ctk_operand *operand = &operands[stores ? in->destination : in->a];
        if (stores) {
          operand->base[r * operand->row_stride + j * operand->column_stride] = registers[in->a];
        } else if (loads) {
          registers[in->destination] =
              operand->base[r * operand->row_stride + j * operand->column_stride];
        } else if (in->operation == CTK_CONSTANT) {
          registers[in->destination] = program->constants[in->a];
        } else {
          const int reads = ctk_operand_count(in->operation);
          registers[in->destination] =
              (float)ctk_value_reference(in->operation, registers[in->a],
                                         reads > 1 ? registers[in->b] : 0,
                                         reads > 2 ? registers[in->c] : 0);
        }
      }
    }
}
