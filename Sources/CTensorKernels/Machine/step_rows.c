// Copies rows of batches of different lengths.
#include "CTensorStepRows.h"

#include <string.h>

void ctk_pack_rows(const float *x, ptrdiff_t step_stride, ptrdiff_t sample_stride, ptrdiff_t width,
                   const ctk_step_rows *rows, ptrdiff_t steps, const ptrdiff_t *samples, float *y) {
  for (ptrdiff_t t = 0; t < steps; t++) {
    float *row = y + rows->starts[t] * width;
    for (ptrdiff_t b = 0; b < rows->counts[t]; b++, row += width)
      memcpy(row, x + t * step_stride + samples[b] * sample_stride, width * sizeof(float));
  }
}

void ctk_unpack_rows(const float *x, ptrdiff_t width, const ctk_step_rows *rows, ptrdiff_t steps,
                     const ptrdiff_t *samples, float *y, ptrdiff_t step_stride, ptrdiff_t sample_stride) {
  for (ptrdiff_t t = 0; t < steps; t++) {
    const float *row = x + rows->starts[t] * width;
    for (ptrdiff_t b = 0; b < rows->counts[t]; b++, row += width)
      memcpy(y + t * step_stride + samples[b] * sample_stride, row, width * sizeof(float));
  }
}
