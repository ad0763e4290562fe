// The elementwise machine's internals: a program, resolved for one call.
//
// Values live in slots, arrays of one block. A register has a slot of scratch memory; an operand
// whose elements lie as the block needs them is a slot itself, in place; a constant, or an operand
// that is the same for every block, is a slot that is filled once.
#ifndef MACHINE_H
#define MACHINE_H

#include "CTensorKernelTable.h"

enum {
  MAX_CONSTANTS = 256,
  MAX_SLOTS = CTK_MAX_REGISTERS + CTK_MAX_OPERANDS + MAX_CONSTANTS,
  SMALLEST_BLOCK = 32,
  LARGEST_BLOCK = 512,
  SCRATCH = MAX_SLOTS * SMALLEST_BLOCK,  // floats: less than most L1 caches
  NARROW = 128,                          // rows narrower than this share a block
};

// How a call reaches an operand.
typedef enum {
  IN_PLACE,     // the block is contiguous in the operand's memory
  FILLED_ONCE,  // every block is the same
  COPIED,       // block by block, to or from a register
} access;

typedef struct {
  ctk_map_function function;  // null: a copy from operand `load` or to operand `store`
  uint16_t destination, a, b, c;  // slots
  int16_t load, store;
} step;

typedef struct {
  const ctk_kernels *kernels;
  const ctk_operand *operands;
  // Slots are numbered without gaps: registers, then operands, then constants.
  int32_t first_operand, first_constant, slot_count;
  int32_t operand_count, step_count;
  ptrdiff_t rows, width;
  bool narrow;
  bool prefetches;  // the next row
  ptrdiff_t block_rows, block_width;
  access accesses[CTK_MAX_OPERANDS];
  bool has_scratch[MAX_SLOTS];
  float *slots[MAX_SLOTS];
  step steps[CTK_MAX_INSTRUCTIONS];
} call;

// Which operands a program reads and writes, and which have memory that it both reads and writes. Of these it uses in
// place those that are overwritten: what shares their memory has the same elements there, and is read before.
typedef struct {
  uint64_t loaded, stored, shared, overwritten;  // a bit for each operand
} operand_use;
_Static_assert(CTK_MAX_OPERANDS <= 64 && CTK_MAX_REGISTERS <= 64, "a bit for each");

static inline bool has_bit(uint64_t set, int32_t i) { return set >> i & 1; }

// A program with what was chosen for a call, for further calls over the same rows and width. With no program it is
// not prepared yet.
typedef struct {
  const ctk_program *program;
  operand_use use;
  ctk_operand operands[CTK_MAX_OPERANDS];
  call call;
  _Alignas(64) float scratch[SCRATCH];
} prepared;

// Chooses accesses, steps and slots for the operands' strides, and for how they share memory.
void ctk_prepare(prepared *self, const ctk_kernels *kernels, const ctk_program *program,
                 const ctk_operand *operands, const operand_use *use, ptrdiff_t rows, ptrdiff_t width);
// Fills the slots of operands that are the same for every block of a call.
void ctk_fill_operands(prepared *self);
// Runs the program, with its operands where they are now.
void ctk_run_blocks(prepared *self);

// ctk_program_run_with, prepared once for calls whose operands differ in their addresses.
void ctk_program_run_again(prepared *self, const ctk_kernels *kernels, const ctk_program *program,
                           const ctk_operand *operands, ptrdiff_t rows, ptrdiff_t width);

// Runs a prepared program with other addresses that share memory alike.
void ctk_program_run_prepared(prepared *self, const ctk_operand *operands);

operand_use ctk_operand_use(const ctk_program *program, const ctk_operand *operands, ptrdiff_t rows,
                            ptrdiff_t width);
// Runs a program with operands that have one number for each row, or one row for all; false if it can't.
bool ctk_program_run_matrices(const ctk_kernels *kernels, const ctk_program *program,
                              const operand_use *use, const ctk_operand *operands,
                              const ctk_tiling *tiling, ptrdiff_t rows, ptrdiff_t width);
// Fills in `call->steps` from the program, once the accesses are known.
void ctk_resolve(call *call, const ctk_program *program, const operand_use *use);

#endif
