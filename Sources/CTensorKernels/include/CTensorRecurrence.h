// Recurrences of matrices, some steps at a time.
//
// A head's matrix S [rows, columns] goes from step to step as S' = diag(a) S + k vᵀ or, with the decays last,
// S' = diag(a) (S + k vᵀ), where each step has its own a, k and v.
#ifndef CTENSORRECURRENCE_H
#define CTENSORRECURRENCE_H

#include "CTensorKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// The most steps that are taken together, and the most rows and columns of a matrix.
#define CTK_RECURRENCE_STEPS 16
#define CTK_RECURRENCE_MOST_UNITS 256

// The place of the first head's vector, number or matrix, and the floats to the next head's.
typedef struct ctk_factor {
  ctk_place place;
  ptrdiff_t head_stride;
} ctk_factor;

typedef struct ctk_recurrence {
  ptrdiff_t rows, columns;
  ctk_factor before, after;  // S and S'
  ctk_factor decay, left, right;  // a, k and v
  ptrdiff_t decays;  // the numbers in a: none, one, or one for each row
  bool decays_last;
} ctk_recurrence;

// What each step reads: y = Mᵀ x or, of columns, y = M x, with M the matrix once k vᵀ is added or, before, S.
typedef struct ctk_matrix_read {
  ctk_factor x, y;
  bool of_rows, is_before;
} ctk_matrix_read;

// Takes a head's matrix through `count` steps, of which the first is that of a block with one row and the others are
// `stride` apart. S' is written after the last one alone, if it is asked for. Reads have areas of their own.
void ctk_recurrence_run(const ctk_recurrence *self, const ctk_area *areas,
                        const ctk_matrix_read *reads, ptrdiff_t read_count, const ctk_area *read_areas,
                        bool updates, const ctk_step_block *first, ptrdiff_t count, ptrdiff_t stride,
                        ptrdiff_t head);

// Whether all decays of the steps are between 2^-6 and 2^6 and their products between 2^-60 and 2^60: these are then
// multiplied and divided without a loss of digits.
bool ctk_recurrence_is_mild(const ctk_recurrence *self, const ctk_area *areas,
                            const ctk_step_block *first, ptrdiff_t count, ptrdiff_t stride,
                            ptrdiff_t head);

// The cotangents of a recurrence's decays, from vectors instead of matrices.
//
// With D the cotangent of S_i before step i adds to it, g_i = a_i times the sums of D * S_(i-1) along the rows obeys
// g_(i+1) = g_i + k_i dk_i - q_i dq_i, where q is what the steps read S' with; where they read S, q and dq are those of
// step i + 1. It starts from the matrices before the first step.
typedef struct ctk_decay_cotangents {
  const ctk_recurrence *recurrence;
  ctk_factor matrix_cotangent;  // of S before the first step
  ctk_factor left_cotangent, read, read_cotangent, decay_cotangent;  // dk, q, dq and da
  bool is_before, is_total;  // whether q reads S, and da is one number
} ctk_decay_cotangents;

void ctk_recurrence_decay_cotangents(const ctk_decay_cotangents *self, const ctk_area *areas,
                                     const ctk_area *cotangent_areas, const ctk_step_block *first,
                                     ptrdiff_t count, ptrdiff_t stride, ptrdiff_t head);

#ifdef __cplusplus
}
#endif

#endif
