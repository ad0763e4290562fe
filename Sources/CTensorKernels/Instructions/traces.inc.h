// Traces of real-time recurrent learning: one pass over the old traces advances them and adds to the
// gradient.

enum { MAX_TRACES = CTK_MAX_TRACES };

// Element c of the sum of a place p: what old traces, and this step, contribute.
INLINE vf trace_sum(const int states, vf sum, bool starts, const vf *old, const vf *factors, vf left,
                    vf right) {
#pragma clang loop unroll(full)
  for (int q = 0; q < states; q++)
    sum = starts && q == 0 ? factors[0] * old[0] : multiply_add(factors[q], old[q], sum);
  return multiply_add(left, right, sum);
}

INLINE void trace_columns(const int states, const ctk_traces *traces, ptrdiff_t row,
                          ptrdiff_t column, ptrdiff_t count,
                          const vf factors[MAX_TRACES + 1][MAX_TRACES], const vf *left) {
  const ptrdiff_t at = row * traces->width + column;
  vf old[MAX_TRACES], new[MAX_TRACES];
#pragma clang loop unroll(full)
  for (int q = 0; q < states; q++) old[q] = load_some(traces->traces[q] + at, count);
#pragma clang loop unroll(full)
  for (int p = 0; p < states; p++)
    new[p] = trace_sum(states, splat(0), true, old, factors[p], left[p],
                       load_some(traces->right[p] + column, count));
  const vf gradient =
      trace_sum(states, load_some(traces->gradient + at, count), false, old, factors[states],
                left[states], load_some(traces->right[states] + column, count));
#pragma clang loop unroll(full)
  for (int q = 0; q < states; q++) store_some(traces->traces[q] + at, new[q], count);
  store_some(traces->gradient + at, gradient, count);
}

INLINE void trace_rows(const int states, const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end) {
  for (ptrdiff_t r = first; r < end; r++) {
    vf factors[MAX_TRACES + 1][MAX_TRACES], left[MAX_TRACES + 1];
#pragma clang loop unroll(full)
    for (int p = 0; p <= states; p++) {
      left[p] = splat(traces->left[p][r]);
#pragma clang loop unroll(full)
      for (int q = 0; q < states; q++) factors[p][q] = splat(traces->factors[p * states + q][r]);
    }
    ptrdiff_t c = 0;
    for (; c + LANES <= traces->width; c += LANES)
      trace_columns(states, traces, r, c, LANES, factors, left);
    if (c < traces->width) trace_columns(states, traces, r, c, traces->width - c, factors, left);
  }
}

static void advance_traces(const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end) {
  switch (traces->states) {
    case 0: trace_rows(0, traces, first, end); break;
    case 1: trace_rows(1, traces, first, end); break;
    case 2: trace_rows(2, traces, first, end); break;
    case 3: trace_rows(3, traces, first, end); break;
    case 4: trace_rows(4, traces, first, end); break;
    case 5: trace_rows(5, traces, first, end); break;
    case 6: trace_rows(6, traces, first, end); break;
  }
}
