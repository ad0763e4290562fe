// Traces of real-time recurrent learning, in double precision.
#include "CTensorKernelsReference.h"

void ctk_advance_traces_reference(const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end) {
  const ctk_traces t = *traces;
  for (ptrdiff_t r = first; r < end; r++)
    for (ptrdiff_t c = 0; c < t.width; c++) {
      const ptrdiff_t at = r * t.width + c;
      double sums[CTK_MAX_TRACES + 1];
      for (int32_t p = 0; p <= t.states; p++) {
        sums[p] = t.right ? (double)t.left[p][r] * t.right[p][c] : t.left[p][at];
        for (int32_t q = 0; q < t.states; q++)
          sums[p] += (double)t.factors[p * t.states + q][r] * t.traces[q][at];
      }
      for (int32_t q = 0; q < t.states; q++) t.traces[q][at] = (float)sums[q];
      t.gradient[at] = (float)((t.adds ? t.gradient[at] : 0) + sums[t.states]);
    }
}
