// Rows of batches of different lengths.
#pragma once

#include <stddef.h>

// Of each step i of a batch of different lengths, the longest first: the number of its samples, 0 for the steps -1 and T,
// and the first one's row in memory.
typedef struct ctk_step_rows { const ptrdiff_t *counts, *starts; } ctk_step_rows;

// Copies the rows of all samples at their steps: between any layout, where sample s at step t is at
// x[t * step_stride + s * sample_stride], and memory by step, where samples[b] is the sample of row b.
void ctk_pack_rows(const float *x, ptrdiff_t step_stride, ptrdiff_t sample_stride, ptrdiff_t width,
                   const ctk_step_rows *rows, ptrdiff_t steps, const ptrdiff_t *samples, float *y);
void ctk_unpack_rows(const float *x, ptrdiff_t width, const ctk_step_rows *rows, ptrdiff_t steps,
                     const ptrdiff_t *samples, float *y, ptrdiff_t step_stride, ptrdiff_t sample_stride);
