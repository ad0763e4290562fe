// Packing: the right-hand matrix of a product as panels of columns.
//
// A panel holds PANEL columns, the last panel only the remaining vectors; row p of a panel is
// contiguous, and row p + 1 follows. The panel of column j (a multiple of PANEL) starts at
// packed[j * k].
//
// Where the columns don't fill the last vector, it holds the last LANES of them, some a second time:
// whole vectors are faster to store. Fewer than LANES columns are padded with zeros.

enum { PANEL = TILE_VECTORS * LANES };

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t rounded_up(ptrdiff_t n) { return (n + LANES - 1) / LANES * LANES; }

// The first column of vector v of a panel.
INLINE ptrdiff_t vector_column(ptrdiff_t v, ptrdiff_t vectors, ptrdiff_t columns) {
  return v == vectors - 1 && columns >= LANES ? columns - LANES : v * LANES;
}

static ptrdiff_t packed_count(ptrdiff_t n, ptrdiff_t k) { return rounded_up(n) * k; }

// Each row is contiguous in w.
static void pack_rows(float *panel, const float *w, ptrdiff_t k_stride, ptrdiff_t columns,
                      ptrdiff_t k) {
  const ptrdiff_t whole = columns / LANES * LANES;
  for (ptrdiff_t p = 0; p < k; p++, w += k_stride) {
    for (ptrdiff_t j = 0; j < whole; j += LANES, panel += LANES) store(panel, load(w + j));
    if (whole < columns) {
      store(panel, whole > 0 ? load(w + columns - LANES) : load_partial(w, columns));
      panel += LANES;
    }
  }
}

// Each column is contiguous in w: squares of LANES columns and rows are transposed.
static void pack_columns(float *panel, const float *w, ptrdiff_t n_stride, ptrdiff_t columns,
                         ptrdiff_t k) {
  const ptrdiff_t width = rounded_up(columns);
  for (ptrdiff_t j = 0; j < width; j += LANES)
    for (ptrdiff_t p = 0; p < k; p += LANES) {
      const ptrdiff_t depth = smaller(LANES, k - p);
      const ptrdiff_t first = vector_column(j / LANES, width / LANES, columns);
      vf square[LANES];
      for (int i = 0; i < LANES; i++) {
        const float *from = w + (first + i) * n_stride + p;
        if (i >= columns) square[i] = splat(0);
        else square[i] = depth == LANES ? load(from) : load_partial(from, depth);
      }
      transpose_square(square);
      for (int i = 0; i < LANES; i++)
        if (i < depth) store(panel + (p + i) * width + j, square[i]);
    }
}

static void pack_panel(float *panel, const float *w, ptrdiff_t k_stride, ptrdiff_t n_stride,
                       ptrdiff_t columns, ptrdiff_t k) {
  if (n_stride == 1) {
    pack_rows(panel, w, k_stride, columns, k);
  } else if (k_stride == 1) {
    pack_columns(panel, w, n_stride, columns, k);
  } else {
    const ptrdiff_t width = rounded_up(columns);
    for (ptrdiff_t p = 0; p < k; p++)
      for (ptrdiff_t j = 0; j < width; j++) {
        const ptrdiff_t column =
            vector_column(j / LANES, width / LANES, columns) + j % LANES;
        *panel++ = column < columns ? w[p * k_stride + column * n_stride] : 0;
      }
  }
}

// Column j of a packed matrix.
static void packed_column(const float *packed, ptrdiff_t n, ptrdiff_t k, ptrdiff_t j, float *column) {
  const ptrdiff_t first = j / PANEL * PANEL, columns = smaller(PANEL, n - first);
  const ptrdiff_t width = rounded_up(columns), vector = (j - first) / LANES;
  const ptrdiff_t lane = j - first - vector_column(vector, width / LANES, columns);
  const float *from = packed + first * k + vector * LANES + lane;
  for (ptrdiff_t p = 0; p < k; p++) column[p] = from[p * width];
}

// Rows whose panels are written together, so that each is read from end to end.
enum { PACK_ROWS = 8 };

// Rows `first` to `first + count` of a matrix with k rows; w points to the first of them.
static void pack_part(float *packed, const float *w, ptrdiff_t k_stride, ptrdiff_t n_stride,
                      ptrdiff_t n, ptrdiff_t k, ptrdiff_t first, ptrdiff_t count) {
  const ptrdiff_t height = n_stride == 1 ? PACK_ROWS : count;
  for (ptrdiff_t p = 0; p < count; p += height)
    for (ptrdiff_t j = 0; j < n; j += PANEL) {
      const ptrdiff_t columns = smaller(PANEL, n - j);
      pack_panel(packed + j * k + (first + p) * rounded_up(columns),
                 w + p * k_stride + j * n_stride, k_stride, n_stride, columns,
                 smaller(height, count - p));
    }
}

static void pack(float *packed, const float *w, ptrdiff_t k_stride, ptrdiff_t n_stride, ptrdiff_t n,
                 ptrdiff_t k) {
  pack_part(packed, w, k_stride, n_stride, n, k, 0, k);
}
