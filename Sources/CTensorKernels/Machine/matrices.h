// A program over matrices, as passes over blocks of their rows.
#ifndef MATRICES_H
#define MATRICES_H

#include "machine.h"

enum {
  TEMPORARIES = 6144,  // floats: half of most L1 caches
  BLOCK = 1024,        // floats of a matrix that several passes read one after the other
  LONGEST = 128,       // instructions
};

// What an instruction gives.
typedef enum {
  MATRIX,  // a number for each element, in a slot
  ROW,     // one number for each row, or for all
  COLUMN,  // one number for each column
  SCALED,  // a ROW times a MATRIX, not computed yet
  OUTER,   // a ROW times a COLUMN, not computed yet
} form;

// Slots are the operands, then temporary memory. Rows and columns are operands, then constants. -1: none.
typedef struct value {
  form form;
  int16_t slot, row, column;
} value;

// The sum over an update's rows, weighted by the second of its places, into the third.
typedef struct {
  const ctk_operand *operands;
  bool adds;
} weighted_sum;

typedef struct {
  ctk_map_function function;  // null: an update
  int16_t destination, x, y, z, row, outer_row, column;
  bool is_exponential;      // of an update
  const weighted_sum *sum;  // of an update, or null
} pass;

typedef struct {
  const ctk_kernels *kernels;
  const ctk_program *program;
  const ctk_operand *operands;  // of the current tile
  ptrdiff_t rows, width, block_rows;
  int32_t pass_count, temporary_count;
  pass passes[2 * LONGEST];
  // By instruction: those that it reads, its value, the slot that it is computed in or -1, and whether its only reader
  // is an addition or an exponential, whose pass may compute it.
  int16_t operands_of[LONGEST][3];
  value values[LONGEST];
  int16_t slots[LONGEST];
  bool is_joined[LONGEST];
  float *scratch;
} matrix_call;

// Resolves a program with operands that have one number for each row, or one row for all; false if it can't.
// `call->operands` and `call->scratch` are to be set before it runs.
bool ctk_matrix_call_make(matrix_call *call, const ctk_kernels *kernels, const ctk_program *program,
                          const operand_use *use, const ctk_operand *operands, ptrdiff_t rows,
                          ptrdiff_t width);
// Runs the passes over a block of at most `call->block_rows` rows.
void ctk_matrix_call_run(const matrix_call *call, ptrdiff_t row, ptrdiff_t rows);

#endif
