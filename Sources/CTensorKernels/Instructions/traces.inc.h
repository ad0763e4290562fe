// Traces of real-time recurrent learning: one pass over the old traces advances them and gives the gradient.

enum { MAX_TRACES = CTK_MAX_TRACES };

// What some elements need, in registers as far as there are enough.
typedef struct {
  float *traces[MAX_TRACES], *gradient;
  const float *direct[MAX_TRACES + 1];  // by sum p: the right side of a product, or the sum itself
  vf factors[MAX_TRACES + 1][MAX_TRACES];
  vf left[MAX_TRACES + 1];  // of the products
  bool adds;
} trace_work;

INLINE trace_work trace_work_of(const int states, const bool is_product, const ctk_traces *traces) {
  trace_work work;
#pragma clang loop unroll(full)
  for (int q = 0; q < states; q++) work.traces[q] = traces->traces[q];
#pragma clang loop unroll(full)
  for (int p = 0; p <= states; p++)
    work.direct[p] = is_product ? traces->right[p] : traces->left[p];
  work.gradient = traces->gradient;
  work.adds = traces->adds;
  return work;
}

// Some elements of sum p, after what stands in `sum`: what old traces, and this step, contribute.
INLINE vf trace_sum(const int states, const bool is_product, const trace_work *work, const int p,
                    const vf *old, vf sum, ptrdiff_t at, ptrdiff_t column, ptrdiff_t count) {
  const bool starts = p < states;
#pragma clang loop unroll(full)
  for (int q = 0; q < states; q++) {
    const vf factor = work->factors[p][q];
    sum = starts && q == 0 ? factor * old[0] : multiply_add(factor, old[q], sum);
  }
  const vf direct = load_some(work->direct[p] + (is_product ? column : at), count);
  return is_product ? multiply_add(work->left[p], direct, sum) : sum + direct;
}

INLINE void trace_elements(const int states, const bool is_product, const trace_work *work,
                           ptrdiff_t at, ptrdiff_t column, ptrdiff_t count) {
  vf old[MAX_TRACES], new[MAX_TRACES];
#pragma clang loop unroll(full)
  for (int q = 0; q < states; q++) old[q] = load_some(work->traces[q] + at, count);
#pragma clang loop unroll(full)
  for (int p = 0; p < states; p++)
    new[p] = trace_sum(states, is_product, work, p, old, splat(0), at, column, count);
  const vf start = work->adds ? load_some(work->gradient + at, count) : splat(0);
  const vf gradient = trace_sum(states, is_product, work, states, old, start, at, column, count);
#pragma clang loop unroll(full)
  for (int q = 0; q < states; q++) store_some(work->traces[q] + at, new[q], count);
  store_some(work->gradient + at, gradient, count);
}

// Rows of one element each: some of them in a vector.
INLINE void trace_units(const int states, const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end) {
  trace_work work = trace_work_of(states, false, traces);
  for (ptrdiff_t r = first; r < end; r += LANES) {
    const ptrdiff_t count = smaller(LANES, end - r);
#pragma clang loop unroll(full)
    for (int i = 0; i < (states + 1) * states; i++)
      work.factors[i / states][i % states] = load_some(traces->factors[i] + r, count);
    trace_elements(states, false, &work, r, 0, count);
  }
}

INLINE void trace_rows(const int states, const bool is_product, const ctk_traces *traces,
                       ptrdiff_t first, ptrdiff_t end) {
  const ptrdiff_t width = traces->width;
  if (!is_product && width == 1) return trace_units(states, traces, first, end);
  trace_work work = trace_work_of(states, is_product, traces);
  for (ptrdiff_t r = first; r < end; r++) {
#pragma clang loop unroll(full)
    for (int p = 0; p <= states; p++) {
      if (is_product) work.left[p] = splat(traces->left[p][r]);
#pragma clang loop unroll(full)
      for (int q = 0; q < states; q++)
        work.factors[p][q] = splat(traces->factors[p * states + q][r]);
    }
    ptrdiff_t c = 0;
    for (; c + LANES <= width; c += LANES)
      trace_elements(states, is_product, &work, r * width + c, c, LANES);
    if (c < width) trace_elements(states, is_product, &work, r * width + c, c, width - c);
  }
}

INLINE void trace_some_rows(const int states, const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end) {
  if (traces->right) trace_rows(states, true, traces, first, end);
  else trace_rows(states, false, traces, first, end);
}

static void advance_traces(const ctk_traces *traces, ptrdiff_t first, ptrdiff_t end) {
  switch (traces->states) {
    case 0: trace_some_rows(0, traces, first, end); break;
    case 1: trace_some_rows(1, traces, first, end); break;
    case 2: trace_some_rows(2, traces, first, end); break;
    case 3: trace_some_rows(3, traces, first, end); break;
    case 4: trace_some_rows(4, traces, first, end); break;
    case 5: trace_some_rows(5, traces, first, end); break;
    case 6: trace_some_rows(6, traces, first, end); break;
  }
}
