// Kernels over float32 arrays, each compiled for several instruction sets and chosen at run time.
//
// Conventions. Matrices are row-major; a stride counts floats, not bytes. Sizes are never negative;
// a size of zero is legal and writes nothing but what an empty sum writes. Pointers need no
// alignment (64 bytes is fastest). Output may alias an input only where a function says so. No
// function allocates memory, except where its name says `create`; none keeps a pointer after it
// returns. Every sum has one fixed order for given sizes, so that results repeat to the bit.
#ifndef CTENSORKERNELS_H
#define CTENSORKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CTensorEncodings.h"
#include "CTensorStepRows.h"
#include "CTensorTeam.h"
#include "CTensorWords.h"

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Instruction sets

typedef enum ctk_isa : int32_t {
  CTK_ISA_PORTABLE = 0,
  CTK_ISA_AVX2 = 1,    // AVX2 and FMA
  CTK_ISA_AVX512 = 2,  // AVX-512 F, VL, DQ, BW
  CTK_ISA_NEON = 3,
} ctk_isa;

// The instruction set in use: the best one that the processor has, or the one that the environment
// variable SWIFT_RNN_ISA (portable, avx2, avx512, neon) names, if the processor has it. Read once.
ctk_isa ctk_isa_active(void);
bool ctk_isa_supported(ctk_isa isa);
const char *ctk_isa_name(ctk_isa isa);
// For tests: chooses the set from now on. Returns false, and changes nothing, if it is not
// supported.
bool ctk_isa_select(ctk_isa isa);

// MARK: Elementwise operations

typedef enum ctk_operation : uint8_t {
#define CTK_OPERATION(NAME, ...) CTK_##NAME,
  CTK_WORDS(CTK_OPERATION)
#undef CTK_OPERATION
  // elementwise machine only
  CTK_LOAD,           // destination <- operand a
  CTK_STORE,          // operand `destination` <- register a
  CTK_CONSTANT,       // destination <- constant a
  CTK_OPERATION_COUNT
} ctk_operation;

// The number of words, which are the first operations.
enum { CTK_WORD_COUNT = CTK_LOAD };

// The number of operands that an operation reads (0 for CTK_CONSTANT, 1 for CTK_LOAD and CTK_STORE).
int ctk_operand_count(ctk_operation operation);
// The name of a word, as in CTensorWords.h; null for other operations.
const char *ctk_word_name(ctk_operation operation);

// destination[i] = operation(a[i], b[i], c[i]), 0 <= i < count. Unused operands may be null.
// `destination` may be the same array as any operand.
void ctk_map(ctk_operation operation, float *destination, const float *a, const float *b,
             const float *c, ptrdiff_t count);

// MARK: The elementwise machine
//
// A program computes values from its operands at (r, j), for every row r < rows and column j <
// width, and stores values to its operands there. It runs over blocks that stay in the L1 cache: a
// register is a block of floats, an instruction one loop over a block.

#define CTK_SMALLEST_MATRIX 512  // floats of a tile for which a program over matrices is worth its start
#define CTK_MOST_TOGETHER 8      // steps that may go through the same matrices together
#define CTK_MOST_OF_HEADS 32     // steps that the heads take one after the other
#define CTK_MAX_REGISTERS 64
#define CTK_MAX_OPERANDS 64
#define CTK_MAX_INSTRUCTIONS 512

typedef struct ctk_instruction {
  ctk_operation operation;
  uint8_t destination;  // a register; for CTK_STORE an operand
  uint8_t a, b, c;      // registers; for CTK_LOAD an operand, for CTK_CONSTANT a constant
} ctk_instruction;

typedef struct ctk_program {
  const ctk_instruction *instructions;
  const float *constants;
  int32_t instruction_count, constant_count, register_count, operand_count;
} ctk_program;

// Element (r, j) of an operand stands at base[r * row_stride + j * column_stride]. Column stride 1:
// a row of floats; 0: one float for the whole row. Row stride 0: the same row for all.
typedef struct ctk_operand {
  float *base;
  ptrdiff_t row_stride;
  ptrdiff_t column_stride;  // 0 or 1
} ctk_operand;

// y(r, j) = scale[r] x(r, j) + left[r] right[j], each product and the sum rounded, without what is null: x with `left` null
// is x * right; without x it is the outer product or, of one factor, that factor repeated; an exponential is
// exp(scale[r] x(r, j)). With weights there are sums too: sums[j] = (adds ? sums[j] : 0) + the sum over r of
// weights[r] y(r, j), as ctk_kernels.weighted_rows has them.
typedef struct ctk_matrix_update {
  const float *x;
  ptrdiff_t x_stride;
  const float *scale, *left;
  ptrdiff_t scale_stride, left_stride;  // 0: the same for all rows
  const float *right, *weights;
  float *sums;
  bool adds, is_exponential;
} ctk_matrix_update;

// Null if the program is well formed, else what is wrong with which instruction (a static text).
// Well formed: known operations; registers, operands and constants in range; a register is written
// before it is read; every store comes after every load; no operand is stored twice.
const char *ctk_program_check(const ctk_program *program);

// Runs a well-formed program. A stored operand has column stride 1 and a row stride other than 0
// (for more than one row). It may be the same memory, with the same strides, as a loaded one, which
// is a little slower than memory of its own; it must not overlap one in any other way, nor another
// stored operand in any. Each element depends only on its own (r, j), so any split of the rows
// gives the same bits.
void ctk_program_run(const ctk_program *program, const ctk_operand *operands, ptrdiff_t rows,
                     ptrdiff_t width);

// MARK: Matrix products

// The right-hand matrix of a product, W [k, n], stored as panels of columns for the instruction set
// in use when it was packed. `ctk_packed_count` floats are needed (64-byte alignment is fastest).
ptrdiff_t ctk_packed_count(ptrdiff_t n, ptrdiff_t k);
// Its columns [j, n) are themselves packed, at packed[j * k], if j is a multiple of `ctk_panel_columns`.
ptrdiff_t ctk_panel_columns(void);
// Element W(p, j) stands at w[p * k_stride + j * n_stride].
void ctk_pack(float *packed, const float *w, ptrdiff_t k_stride, ptrdiff_t n_stride, ptrdiff_t n,
              ptrdiff_t k);
// Column j of W, as it was packed.
void ctk_packed_column(const float *packed, ptrdiff_t n, ptrdiff_t k, ptrdiff_t j, float *column);
// y[m, n] = (accumulate ? y : 0) + bias (a row of n, or null) + x[m, k] * W.
// Element x(i, p) stands at x[i * x_row_stride + p * x_column_stride], y(i, j) at
// y[i * y_stride + j]. The bits of y(i, j) depend on row i of x, column j of W, bias(j) and the old
// y(i, j) alone: not on m, n, i, j, strides or alignment.
void ctk_product_packed(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                        ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                        const float *bias, bool accumulate, float *y, ptrdiff_t y_stride);

// y[m, n] = (accumulate ? y : 0) + bias (a row of n, or null) + a[m, k] * b[k, n], with any strides.
// The same bits as ctk_product_packed. A product for which `ctk_product_scratch` is not zero runs
// faster with that many floats of scratch memory; without (null), and for all others, packed matrices
// are on the stack, 100 KiB at most. One row packs nothing: b is read once.
ptrdiff_t ctk_product_scratch(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k);
void ctk_product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_row_stride,
                 ptrdiff_t a_column_stride, const float *b, ptrdiff_t b_row_stride,
                 ptrdiff_t b_column_stride, const float *bias, bool accumulate, float *y,
                 ptrdiff_t y_stride, float *scratch);

// Consecutive rows of two matrices: row r at a[r * a_stride] and b[r * b_stride].
typedef struct ctk_rows {
  const float *a;
  ptrdiff_t a_stride;
  const float *b;
  ptrdiff_t b_stride;
  ptrdiff_t count;
} ctk_rows;

// y[m, n] = (accumulate ? y : 0) + the sum over all rows of a(r, i) * b(r, j), in the order of the
// pieces: one product over rows that need not follow each other in memory. There is at least one
// piece, and none is empty. The bits do not depend on how the rows are cut into pieces.
// `ctk_gathered_scratch` floats of scratch memory are needed.
ptrdiff_t ctk_gathered_scratch(ptrdiff_t m, ptrdiff_t n);
void ctk_gathered_product(ptrdiff_t m, ptrdiff_t n, const ctk_rows *pieces, ptrdiff_t piece_count,
                          bool accumulate, float *y, ptrdiff_t y_stride, float *scratch);

// MARK: Rows and columns of a matrix x [rows, width], element (r, j) at x[r * stride + j]

void ctk_row_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width, float *sums,
                 ptrdiff_t sums_stride);
void ctk_row_maximum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                     float *maxima, ptrdiff_t maxima_stride);
// y(r, j) = sum of x(r, i) over i <= j, or over i >= j if reversed. y may be x.
void ctk_row_cumulative_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                            bool reversed, float *y, ptrdiff_t y_stride);
// sums[j] = (accumulate ? sums[j] : 0) + sum over r of x(r, j).
void ctk_column_sum(const float *x, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width,
                    bool accumulate, float *sums);
// Sum, and sum of squares, of `count` floats, added up in double precision.
double ctk_sum(const float *x, ptrdiff_t count);
double ctk_sum_of_squares(const float *x, ptrdiff_t count);
// Copies a block, y(r, j) = x(r, j), or adds one, y(r, j) += x(r, j).
void ctk_copy_rows(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width, float *y,
                   ptrdiff_t y_stride);
void ctk_add_rows(const float *x, ptrdiff_t x_stride, ptrdiff_t rows, ptrdiff_t width, float *y,
                  ptrdiff_t y_stride);
// y [columns, rows] = the transpose of x [rows, columns], both contiguous.
void ctk_transpose(const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y);

// MARK: Softmax, cross-entropy, embeddings

// Softmax and log-softmax of each row of x [rows, width], contiguous. y may be x.
void ctk_softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y);
void ctk_log_softmax(const float *x, ptrdiff_t rows, ptrdiff_t width, float *y);
// losses[r] = -log softmax(x(r, .))[targets[r]], and, unless it is null,
// gradient(r, j) = scale * (softmax(x(r, .))[j] - (j == targets[r])).
// A negative target means no loss for that row: loss 0, gradient 0. Targets must be less than
// `width`. gradient may be x.
void ctk_cross_entropy(const float *x, ptrdiff_t rows, ptrdiff_t width, const int32_t *targets,
                       float scale, float *losses, float *gradient);
// y(r, .) = table(indices[r], .), table [any, width].
void ctk_gather_rows(const float *table, ptrdiff_t width, const int32_t *indices, ptrdiff_t count,
                     float *y);
// table(indices[r], j) += x(r, j) for j < width, in the order of r; both with strides.
void ctk_scatter_add_rows(const float *x, ptrdiff_t stride, ptrdiff_t width, const int32_t *indices,
                          ptrdiff_t count, float *table, ptrdiff_t table_stride);

// MARK: Optimizers, one pass over memory

typedef struct ctk_adam {
  // In double precision: 1 - beta2 from a float would be wrong in the fifth digit.
  double learning_rate, beta1, beta2, epsilon;
  double weight_decay;           // added to the gradient (Adam) or ...
  double decoupled_decay;        // ... taken from the parameter, times the learning rate (AdamW)
  double bias_correction1;       // 1 - beta1^step
  double bias_correction2_sqrt;  // sqrt(1 - beta2^step)
  double gradient_scale;         // every gradient is multiplied by it first (clipping)
} ctk_adam;
// PyTorch's update, in PyTorch's order of operations.
void ctk_adam_step(const ctk_adam *settings, ptrdiff_t count, const float *gradient,
                   float *parameter, float *first_moment, float *second_moment);
// g = gradient * scale + decay * parameter; velocity = momentum * velocity + g;
// parameter -= learning_rate * (nesterov ? g + momentum * velocity : velocity).
// `velocity` may be null if momentum is zero.
void ctk_sgd_step(float learning_rate, float momentum, float weight_decay, bool nesterov,
                  float gradient_scale, ptrdiff_t count, const float *gradient, float *parameter,
                  float *velocity);

// MARK: Real-time recurrent learning

#define CTK_MAX_TRACES 6

// One step of the traces of a matrix of parameters whose row r belongs to unit r of every state: for each
// state p, and for the loss's gradient p = states,
//   sum_p(r, c) = left[p][r] * right[p][c] + the sum over states q of factors[p * states + q][r] * trace_q(r, c).
typedef struct ctk_traces {
  ptrdiff_t width;
  int32_t states;        // at most CTK_MAX_TRACES
  float *const *traces;  // trace_q [any, width], which becomes sum_q
  float *gradient;       // [any, width], which becomes sum_states
  bool adds;             // to what gradient holds
  const float *const *factors;
  const float *const *left;
  const float *const *right;  // null where left[p] [any, width] stands for the product
} ctk_traces;
// Rows first to end - 1.
void ctk_advance_traces(const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end);

// MARK: Checksums

// zlib's CRC-32 (polynomial EDB88320, reflected) over the first bytes, updating `crc`. Returns how
// many bytes it covered: a multiple of 16, or 0 where there are too few or the processor has no
// carry-less multiplication.
ptrdiff_t ctk_crc32_fold(uint32_t *crc, const uint8_t *bytes, ptrdiff_t count);
// zlib's Adler-32, continued from `adler`, which is 1 at the start.
uint32_t ctk_adler32(uint32_t adler, const uint8_t *bytes, ptrdiff_t count);

// MARK: Steps of a recurrence
//
// A list of steps, made once, that runs over any memory: a step names the places of its signals, and
// a table of areas says where they are.

// Where a signal lies: the row of sample b at step t at base[i * time_stride + b * row_stride], with
// i = (t + shift) & step_mask. A matrix, which is the same for all steps, has rows of its own.
typedef struct ctk_area {
  float *base;
  ptrdiff_t time_stride, row_stride, step_mask;
  ptrdiff_t shifts[3];  // by ctk_slot
  // The value for i = `other_step` is at `other_base` instead. -1: no such value.
  ptrdiff_t other_step;
  float *other_base;
  ptrdiff_t other_row_stride;
  bool is_matrix;
  ptrdiff_t sample_stride;  // floats from one sample's matrix to the next one's
  // Null, or the row of sample b is row starts[i] + b if the mask is -1, and at `other_base` if step i has no such sample.
  const ctk_step_rows *rows;
} ctk_area;

// Which step's value of a signal a place holds.
typedef enum ctk_slot : int32_t {
  CTK_SLOT_CURRENT,   // the step's own
  CTK_SLOT_PREVIOUS,  // a state, before the step
  CTK_SLOT_NEXT,      // a state, after the step
} ctk_slot;

typedef struct ctk_place {
  int32_t area;
  ctk_slot slot;
  ptrdiff_t offset;  // floats from the start of a row or, in a matrix, from its start
  int32_t rows, columns;
} ctk_place;

// Strides of a program's operand over the tiles, rows and columns of a step's units.
typedef struct ctk_tile_strides {
  ptrdiff_t tile, row, column;
} ctk_tile_strides;

typedef enum ctk_step_kind : int32_t {
  CTK_STEP_PROGRAM,         // places: the program's operands
  CTK_STEP_PRODUCT,         // places: signal, destination and, if there is one, bias
  CTK_STEP_PICKED_ROWS,     // places: numbers of rows, a matrix, destination
  CTK_STEP_ROW_SUM,         // places: source, destination; so from here on
  CTK_STEP_ROW_MAXIMUM,
  CTK_STEP_CUMULATIVE_SUM,  // flag: reversed
  // Along an axis of a row's units, seen as [outer, count, inner] with inner = width: repeats
  // [outer, inner], or takes the sum or the maximum.
  CTK_STEP_SPREAD,
  CTK_STEP_SUM_ALONG,
  CTK_STEP_MAXIMUM_ALONG,
  // places: matrices [tiles, rows, width] of a step, another signal, destination.
  CTK_STEP_ROW_PRODUCTS,    // sums along the width; the other: [tiles, width]; flag: as matrices
  CTK_STEP_WEIGHTED_ROWS,   // sums over the rows; the other: [tiles, rows]
  CTK_STEP_TRANSPOSE,
  CTK_STEP_IDENTITY,        // places: destination, a square matrix
} ctk_step_kind;

typedef struct ctk_step {
  ctk_step_kind kind;
  int32_t place_count;
  const ctk_place *places;
  const ctk_program *program;
  ptrdiff_t width;         // of a program; the inner units of an axis
  ptrdiff_t matrix_rows;   // of a program over matrices; 0 where the rows are samples
  int32_t weight, groups;  // of a product: group g of the units has the weight number weight + g
  ptrdiff_t tiles, rows;   // of matrices of a step; no tiles: a program over plain rows
  const ctk_tile_strides *strides;  // by operand of a program over tiles
  // The steps from this one on, at least two, that may go through the same matrices together; else less.
  int32_t together;
  // Of the first head's step: by place, the floats to the next head's; a bit for each matrix that only its group uses.
  const ptrdiff_t *head_strides;
  uint64_t temporaries;
  bool adds_heads;         // the first head's sum over its rows is one over the rows of all: each head adds to it
  bool flag;               // a product or picked row adds to its destination; a cumulative sum is reversed
  bool precedes_barrier;   // threads that split columns wait for each other after it
} ctk_step;

// A packed right-hand side: see ctk_pack or, where it is not float32, CTensorEncodings.h or, where there is a
// unit, CTensorMatrixUnit.h. With `packed` null it is float32 and not packed: element (p, j) stands at
// matrix[p * k_stride + j * n_stride].
typedef struct ctk_weight {
  const float *packed, *matrix;
  ptrdiff_t k_stride, n_stride;
  ptrdiff_t n, k;
  ctk_encoding encoding;
  const struct ctk_matrix_unit *unit;  // or null
  int32_t parts;
} ctk_weight;

// Rows that are computed together: samples of one step, or steps of one sample.
typedef struct ctk_step_block {
  ptrdiff_t step, row, rows;
  bool along_time;
  // This thread's index among the `parts` threads that split a product's columns; thread 0 does
  // everything else. Barriers stand between their steps.
  int32_t part, parts;
} ctk_step_block;

void ctk_steps_run(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                   const ctk_weight *weights, const ctk_step_block *block);
// The same `times` times, over the rows of `first` at its step and at each `stride` steps later.
void ctk_steps_run_times(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                         const ctk_weight *weights, const ctk_step_block *first, ptrdiff_t times,
                         ptrdiff_t stride);
// The same for one row and the heads from `head` to `end` - 1, one after the other. The steps, at most CTK_MOST_OF_HEADS,
// are programs, sums of products with a signal, and sums along an axis, of one tile at most.
void ctk_steps_run_heads(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                         const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride,
                         ptrdiff_t head, ptrdiff_t end);
// The address of a place in a block, and the distance of its rows.
float *ctk_place_address(const ctk_place *place, const ctk_area *areas, const ctk_step_block *block,
                         ptrdiff_t *stride);

// Whether the bits of `count` floats are all zero: they are 0 and not -0.
bool ctk_is_zero(const float *x, ptrdiff_t count);

// MARK: Memory and locks

// 64-byte aligned memory for `count` floats from the system; null if there is none.
float *ctk_memory_create(ptrdiff_t count);
void ctk_memory_destroy(float *memory);

typedef struct ctk_lock ctk_lock;
ctk_lock *ctk_lock_create(void);
void ctk_lock_destroy(ctk_lock *lock);
void ctk_lock_acquire(ctk_lock *lock);
void ctk_lock_release(ctk_lock *lock);

#ifdef __cplusplus
}
#endif

#endif
