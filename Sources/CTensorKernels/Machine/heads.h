// Steps of one head, bound once and run one by one.
#ifndef HEADS_H
#define HEADS_H

#include "CTensorKernels.h"

typedef struct head_run head_run;

// At most CTK_MOST_OF_HEADS steps, bound for a head at its first time, of `times` that are `stride` apart. It is valid
// until this thread runs or makes others.
head_run *ctk_head_run_make(const ctk_step *steps, int32_t count, const ctk_area *areas,
                            const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride, ptrdiff_t head);
void ctk_head_run_step(head_run *run, int32_t index, const ctk_area *areas,
                       const ctk_step_block *block, ptrdiff_t head);

#endif
