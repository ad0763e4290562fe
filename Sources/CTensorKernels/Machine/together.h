#ifndef TOGETHER_H
#define TOGETHER_H

#include "CTensorKernelTable.h"

// Runs steps that go through matrices together; false if they have to run one after the other.
bool ctk_steps_run_together(const ctk_kernels *kernels, const ctk_step *steps, int32_t count,
                            const ctk_area *areas, const ctk_step_block *block);
// y [outer, inner] from x [outer, count, inner].
void ctk_sum_along(const ctk_kernels *kernels, const float *x, ptrdiff_t outer, ptrdiff_t count,
                   ptrdiff_t inner, float *y);

#endif
