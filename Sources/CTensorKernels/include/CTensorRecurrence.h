// Recurrences of matrices, some steps at a time.
//
// A head's matrix S [rows, columns] goes from step to step as S' = diag(a) S + k vᵀ or S' = diag(a) (S + k vᵀ), where each
// step has its own a, k and v. It may have several k vᵀ, added before the decay or after it, or taken away.
#ifndef CTENSORRECURRENCE_H
#define CTENSORRECURRENCE_H

#include "CTensorKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// The most steps that are taken together, the most rows and columns of a matrix, and the most sums k vᵀ of a step.
#define CTK_RECURRENCE_STEPS 16
#define CTK_RECURRENCE_MOST_UNITS 256
#define CTK_RECURRENCE_MOST_ADDITIONS 2
// The most reads that later steps depend on.
#define CTK_RECURRENCE_MOST_EARLY_READS 2

// The place of the first head's vector, number or matrix, and the floats to the next head's.
typedef struct ctk_factor {
  ctk_place place;
  ptrdiff_t head_stride;
} ctk_factor;

typedef struct ctk_addition {
  ctk_factor left, right;  // k and v
  bool is_decayed;         // whether it comes after the decay
  bool is_negative;
  bool is_late;            // whether v is computed by the sequence below
} ctk_addition;

typedef struct ctk_recurrence {
  ptrdiff_t rows, columns;
  ctk_factor before, after;  // S and S'
  ctk_factor decay;          // a
  ptrdiff_t decays;          // the numbers in a: none, one, or one for each row
  int32_t addition_count;
  ctk_addition additions[CTK_RECURRENCE_MOST_ADDITIONS];
} ctk_recurrence;

// What each step reads: y = Mᵀ x or, of columns, y = M x, or minus that. M is S with the decay, if `is_decayed`, and with
// the first `seen` of the step's additions.
typedef struct ctk_matrix_read {
  ctk_factor x, y;
  bool of_rows, is_decayed, is_negative;
  bool x_is_elsewhere, y_is_elsewhere;  // in the other areas
  int32_t seen;
} ctk_matrix_read;

// What is done step by step, since one step depends on the one before: in each, some reads of rows, and work on vectors of
// which additions are made.
typedef struct ctk_event {
  int32_t read, step;  // the number of one of them; the other is -1
} ctk_event;
typedef struct ctk_sequence {
  const ctk_event *events;
  ptrdiff_t event_count;
  const ctk_step *steps;
  ptrdiff_t step_count;
  const ctk_matrix_read *reads;
  ptrdiff_t read_count;
} ctk_sequence;

// Takes a head's matrix through `count` steps, of which the first is that of a block with one row and the others are
// `stride` apart. S' is written after the last one alone, if it is asked for. `reads` are the others, which nothing here
// depends on. If `is_strict`, whether all that was read is finite: else an infinity of one step may stand, as NaN, in steps
// before it, and S' has not been written.
bool ctk_recurrence_run(const ctk_recurrence *self, const ctk_sequence *sequence, const ctk_area *areas,
                        const ctk_matrix_read *reads, ptrdiff_t read_count, const ctk_area *other_areas,
                        bool updates, bool is_strict, const ctk_step_block *first, ptrdiff_t count,
                        ptrdiff_t stride, ptrdiff_t head);

// Whether all decays of the steps are between 2^-6 and 2^6 and their products between 2^-60 and 2^60: these are then
// multiplied and divided without a loss of digits.
bool ctk_recurrence_is_mild(const ctk_recurrence *self, const ctk_area *areas,
                            const ctk_step_block *first, ptrdiff_t count, ptrdiff_t stride,
                            ptrdiff_t head);

// A part of the change of g from one step to the next: x y, element by element.
typedef struct ctk_decay_term {
  ctk_factor x, y;
  bool x_is_forward;  // x is in the recurrence's areas, not in the cotangents'
  bool is_before;     // it changes g before the step, not after it
} ctk_decay_term;

// The cotangents of a recurrence's decays, from vectors instead of matrices.
//
// With D the cotangent of diag(a_i) S_(i-1), g_i = a_i times the sums of D * S_(i-1) along the rows. From step to step g
// grows by k dk for what step i adds to S, and shrinks by q dq for what is added to D there, where S is read with q. It
// starts from the matrices before the first step.
typedef struct ctk_decay_cotangents {
  const ctk_recurrence *recurrence;
  ctk_factor matrix_cotangent;  // of S before the first step
  ctk_factor decay_cotangent;   // da
  bool is_total;                // whether da is one number
  const ctk_decay_term *terms;  // those that g grows by, then the others
  int32_t growing_count, term_count;
} ctk_decay_cotangents;

void ctk_recurrence_decay_cotangents(const ctk_decay_cotangents *self, const ctk_area *areas,
                                     const ctk_area *cotangent_areas, const ctk_step_block *first,
                                     ptrdiff_t count, ptrdiff_t stride, ptrdiff_t head);

#ifdef __cplusplus
}
#endif

#endif
