// The steps of one head of a recurrence, and where their vectors stand.
#ifndef RECURRENCE_H
#define RECURRENCE_H

#include "CTensorRecurrence.h"

enum { STEPS = CTK_RECURRENCE_STEPS, MOST = CTK_RECURRENCE_MOST_UNITS };

// The steps of one head.
typedef struct {
  const ctk_recurrence *self;
  const ctk_area *areas;
  ctk_step_block first;
  ptrdiff_t count, stride, head;
} head_steps;

// Where the vectors of the steps stand.
typedef struct {
  float *rows[STEPS];
  ptrdiff_t stride;  // from one to the next, if it is always the same
  bool has_stride;
} step_vectors;

// Where a factor stands in one of the steps.
float *ctk_factor_address(const ctk_factor *factor, const head_steps *steps, const ctk_area *areas,
                          ptrdiff_t index);
// Where it stands in all of them. The next head's are prefetched: the steps' rows lie in too many pages for a processor to
// see what comes.
step_vectors ctk_vectors_of(const ctk_factor *factor, const head_steps *steps, const ctk_area *areas);

#endif
