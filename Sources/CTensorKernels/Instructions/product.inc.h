// Matrix products, from tiles.
//
// k is cut into blocks of DEPTH, whose sums are added to y one after the other. So an element's
// bits depend on its row of x, its column of w and k, whatever the loops around the tiles do.

enum {
  DEPTH = 256,
  // Rows of x that are multiplied with all of w before the next ones: they stay in the L2 cache.
  BLOCK_ROWS = 96,
  GATHERED_ROWS = 192,  // of gathered ones, which are read faster in longer pieces of memory
  SMALL_BLOCK_ROWS = 48,  // where they are packed on the stack
  // Columns of b that are packed at a time.
  BLOCK_COLUMNS = 1024,
};

static void product_packed(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                           ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                           const float *bias, bool accumulate, float *y, ptrdiff_t y_stride) {
  for (ptrdiff_t i = 0; i < m; i += BLOCK_ROWS) {
    const ptrdiff_t rows = smaller(BLOCK_ROWS, m - i);
    ptrdiff_t p = 0;
    do {
      const float *const first = x + i * x_row_stride + p * x_column_stride;
      tile_work work = {
          .k = smaller(DEPTH, k - p),
          .x = first,
          .x_row_stride = x_row_stride,
          .x_column_stride = x_column_stride,
          .add = accumulate || p > 0,
          .y_stride = y_stride,
      };
      for (ptrdiff_t j = 0; j < n;) {
        const bool wide = rows == 1 && n - j >= ROW_PANELS * PANEL;
        work.columns = wide ? ROW_PANELS * PANEL : smaller(PANEL, n - j);
        work.w_stride = wide ? PANEL : rounded_up(work.columns);
        work.w = packed + j * k + p * work.w_stride;
        work.bias = p == 0 && bias ? bias + j : NULL;
        work.y = y + i * y_stride + j;
        const bool last = n - j < 2 * PANEL;
        if (wide) run_row(&work, PANEL * k);
        else multiply_panel(rows, first, &work, last ? NULL : work.w + PANEL * k);
        j += work.columns;
      }
      p += DEPTH;
    } while (p < k);
  }
}

// Packed rows of x, in the order in which the tiles read them: tile after tile, each with its rows'
// elements for p, then for p + 1. A tile takes `tile_size` floats.
static ptrdiff_t tile_size(ptrdiff_t rows, ptrdiff_t k) { return rows * k + LANES; }

enum {
  PACKED_BLOCK = BLOCK_ROWS * DEPTH + (BLOCK_ROWS / ENOUGH_ROWS + 1) * LANES,
  GATHERED_BLOCK = GATHERED_ROWS * DEPTH + (GATHERED_ROWS / ENOUGH_ROWS + 1) * LANES,
  SMALL_PACKED_BLOCK = SMALL_BLOCK_ROWS * DEPTH + (SMALL_BLOCK_ROWS / ENOUGH_ROWS + 1) * LANES,
};

// The rows' elements for `depth` values of p, as part of one tile.
INLINE void pack_tile(float *to, const float *from, ptrdiff_t row_stride, ptrdiff_t column_stride,
                      ptrdiff_t height, ptrdiff_t rows_in_x, ptrdiff_t depth) {
  const bool reads_whole = rows_in_x >= TILE_ROWS + LANES;
  for (; depth > 0; depth--, to += height, from += column_stride) {
    if (row_stride == 1) {
      // The next store overwrites the excess lanes of this one.
#pragma clang loop unroll(full)
      for (ptrdiff_t r = 0; r < TILE_ROWS; r += LANES) {
        if (reads_whole) store(to + r, load(from + r));
        else if (r < height) store(to + r, load_some(from + r, height - r));
      }
    } else {
      for (ptrdiff_t r = 0; r < height; r++) to[r] = from[r * row_stride];
    }
  }
}

// Some values of p together, whose cache lines are still there when the next tile comes for its part
// of them. `rows_in_x`: how many rows of x there are from the first one on. The block is for k values
// of p; `count` of them are packed, from `first` on; x points to the first of these.
static void pack_block_part(float *block, const float *x, ptrdiff_t row_stride,
                            ptrdiff_t column_stride, ptrdiff_t rows, ptrdiff_t rows_in_x,
                            ptrdiff_t k, ptrdiff_t first, ptrdiff_t count) {
  enum { TOGETHER = 4 };
  for (ptrdiff_t p = 0; p < count; p += TOGETHER) {
    float *tile = block;
    for (ptrdiff_t i = 0, height; i < rows; i += height, tile += tile_size(height, k)) {
      height = tile_rows(rows - i);
      pack_tile(tile + (first + p) * height, x + p * column_stride + i * row_stride, row_stride,
                column_stride, height, rows_in_x - i, smaller(TOGETHER, count - p));
    }
  }
}

static void pack_block(float *block, const tile_work *work, ptrdiff_t rows, ptrdiff_t rows_in_x) {
  pack_block_part(block, work->x, work->x_row_stride, work->x_column_stride, rows, rows_in_x,
                  work->k, 0, work->k);
}

static void multiply_packed_block(ptrdiff_t rows, const float *block, tile_work *work) {
  const ptrdiff_t vectors = (work->columns + LANES - 1) / LANES;
  prefetch_panel(work, NULL, vectors, 1);
  work->x_row_stride = 1;
  while (rows > 0) {
    const ptrdiff_t height = tile_rows(rows);
    work->x = block;
    work->x_column_stride = height;
    tiles[height - 1][vectors - 1](work);
    work->y += height * work->y_stride;
    block += tile_size(height, work->k);
    rows -= height;
  }
}

// Both sides are packed, b in blocks of DEPTH rows that stay in the cache.
static void product_large(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a,
                          ptrdiff_t a_row_stride, ptrdiff_t a_column_stride, const float *b,
                          ptrdiff_t b_row_stride, ptrdiff_t b_column_stride, const float *bias,
                          bool accumulate, float *y, ptrdiff_t y_stride, float *scratch) {
  float *const block = scratch, *const packed = scratch + PACKED_BLOCK;
  for (ptrdiff_t column = 0; column < n; column += BLOCK_COLUMNS) {
    const ptrdiff_t columns = smaller(BLOCK_COLUMNS, n - column);
    for (ptrdiff_t p = 0; p < k; p += DEPTH) {
      const ptrdiff_t depth = smaller(DEPTH, k - p);
      pack(packed, b + p * b_row_stride + column * b_column_stride, b_row_stride, b_column_stride,
           columns, depth);
      for (ptrdiff_t i = 0; i < m; i += BLOCK_ROWS) {
        const ptrdiff_t rows = smaller(BLOCK_ROWS, m - i);
        const float *const first = a + i * a_row_stride + p * a_column_stride;
        tile_work work = {
            .k = depth,
            .x = first,
            .x_row_stride = a_row_stride,
            .x_column_stride = a_column_stride,
            .add = accumulate || p > 0,
            .y_stride = y_stride,
        };
        if (a_column_stride != 1) pack_block(block, &work, rows, m - i);
        for (ptrdiff_t j = 0; j < columns; j += PANEL) {
          work.columns = smaller(PANEL, columns - j);
          work.w_stride = rounded_up(work.columns);
          work.w = packed + j * depth;
          work.bias = p == 0 && bias ? bias + column + j : NULL;
          work.y = y + i * y_stride + column + j;
          if (a_column_stride != 1) multiply_packed_block(rows, block, &work);
          else multiply_panel(rows, first, &work, NULL);
        }
      }
    }
  }
}

static ptrdiff_t gathered_scratch(ptrdiff_t m, ptrdiff_t n) {
  (void)m;
  return GATHERED_BLOCK + rounded_up(smaller(n, BLOCK_COLUMNS)) * DEPTH;
}

// Some rows that follow each other over the pieces.
typedef struct {
  const ctk_rows *piece;
  ptrdiff_t row;  // of the piece
} row_position;

// The next rows up to `limit` that are in one piece.
INLINE ptrdiff_t rows_at(row_position position, ptrdiff_t limit) {
  return smaller(limit, position.piece->count - position.row);
}
INLINE row_position advanced(row_position position, ptrdiff_t rows) {
  position.row += rows;
  if (position.row == position.piece->count) position = (row_position){position.piece + 1, 0};
  return position;
}

static void pack_gathered_block(float *block, row_position from, ptrdiff_t depth, ptrdiff_t i,
                                ptrdiff_t rows, ptrdiff_t rows_in_a) {
  for (ptrdiff_t p = 0, some; p < depth; p += some, from = advanced(from, some)) {
    some = rows_at(from, depth - p);
    const float *a = from.piece->a + from.row * from.piece->a_stride + i;
    pack_block_part(block, a, 1, from.piece->a_stride, rows, rows_in_a, depth, p, some);
  }
}

static void gathered_product(ptrdiff_t m, ptrdiff_t n, const ctk_rows *pieces,
                             ptrdiff_t piece_count, bool accumulate, float *y, ptrdiff_t y_stride,
                             float *scratch) {
  float *const block = scratch, *const packed = scratch + GATHERED_BLOCK;
  ptrdiff_t k = 0;
  for (ptrdiff_t i = 0; i < piece_count; i++) k += pieces[i].count;
  for (ptrdiff_t column = 0; column < n; column += BLOCK_COLUMNS) {
    const ptrdiff_t columns = smaller(BLOCK_COLUMNS, n - column);
    row_position start = {pieces, 0};
    ptrdiff_t p = 0;
    do {
      const ptrdiff_t depth = smaller(DEPTH, k - p);
      // A few rows of one piece that are read once are read in place.
      const bool packs_a = n > PANEL || m > SMALL_BLOCK_ROWS || rows_at(start, depth) < depth;
      row_position from = start;
      for (ptrdiff_t q = 0, some; q < depth; q += some, from = advanced(from, some)) {
        some = rows_at(from, depth - q);
        const float *b = from.piece->b + from.row * from.piece->b_stride + column;
        pack_part(packed, b, from.piece->b_stride, 1, columns, depth, q, some);
      }
      for (ptrdiff_t i = 0; i < m; i += GATHERED_ROWS) {
        const ptrdiff_t rows = smaller(GATHERED_ROWS, m - i);
        const float *const first = start.piece->a + start.row * start.piece->a_stride + i;
        tile_work work = {
            .k = depth,
            .x_row_stride = 1,
            .x_column_stride = start.piece->a_stride,
            .add = accumulate || p > 0,
            .y_stride = y_stride,
        };
        if (packs_a) pack_gathered_block(block, start, depth, i, rows, m - i);
        for (ptrdiff_t j = 0; j < columns; j += PANEL) {
          work.columns = smaller(PANEL, columns - j);
          work.w_stride = rounded_up(work.columns);
          work.w = packed + j * depth;
          work.y = y + i * y_stride + column + j;
          if (packs_a) multiply_packed_block(rows, block, &work);
          else multiply_panel(rows, first, &work, NULL);
        }
      }
      start = from;
      p += DEPTH;
    } while (p < k);
  }
}

// One row of a: b is read once, so it is not packed.
static void product_row(ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_column_stride,
                        const float *b, ptrdiff_t b_row_stride, ptrdiff_t b_column_stride,
                        const float *bias, bool accumulate, float *y) {
  ptrdiff_t p = 0;
  do {
    tile_work work = {
        .k = smaller(DEPTH, k - p),
        .x = a + p * a_column_stride,
        .x_column_stride = a_column_stride,
        .w_stride = b_row_stride,
        .add = accumulate || p > 0,
    };
    for (ptrdiff_t j = 0; j < n; j += work.columns) {
      work.w = b + p * b_row_stride + j * b_column_stride;
      work.bias = p == 0 && bias ? bias + j : NULL;
      work.y = y + j;
      if (b_column_stride != 1) {
        work.columns = smaller(ROW_SQUARES * LANES, n - j);
        run_row_of_columns(&work, b_column_stride);
      } else if (n - j >= ROW_PANELS * PANEL) {
        work.columns = ROW_PANELS * PANEL;
        run_row(&work, PANEL);
      } else {
        work.columns = n - j >= LANES ? smaller(PANEL, (n - j) / LANES * LANES) : n - j;
        run_row_of_rows(&work);
      }
    }
    p += DEPTH;
  } while (p < k);
}

enum { SMALL_PRODUCT = 1 << 16 };

static ptrdiff_t product_scratch(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {
  if (m <= TILE_ROWS || n <= PANEL || k < LANES || m * n < SMALL_PRODUCT / k) return 0;
  return PACKED_BLOCK + rounded_up(smaller(n, BLOCK_COLUMNS)) * smaller(k, DEPTH);
}

// Rows of b are read in place where possible; packed ones are on the stack.
static void product_small(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a,
                          ptrdiff_t a_row_stride, ptrdiff_t a_column_stride, const float *b,
                          ptrdiff_t b_row_stride, ptrdiff_t b_column_stride, const float *bias,
                          bool accumulate, float *y, ptrdiff_t y_stride) {
  _Alignas(64) float panel[DEPTH * PANEL];
  _Alignas(64) float block[SMALL_PACKED_BLOCK];
  const bool packs_a = a_column_stride != 1 && n > PANEL;
  ptrdiff_t p = 0;
  do {
    for (ptrdiff_t i = 0; i < m; i += SMALL_BLOCK_ROWS) {
      const ptrdiff_t rows = smaller(SMALL_BLOCK_ROWS, m - i);
      const float *const first = a + i * a_row_stride + p * a_column_stride;
      tile_work work = {
          .k = smaller(DEPTH, k - p),
          .x = first,
          .x_row_stride = a_row_stride,
          .x_column_stride = a_column_stride,
          .add = accumulate || p > 0,
          .y_stride = y_stride,
      };
      if (packs_a) pack_block(block, &work, rows, m - i);
      for (ptrdiff_t j = 0; j < n; j += PANEL) {
        work.columns = smaller(PANEL, n - j);
        work.w = b + p * b_row_stride + j * b_column_stride;
        work.w_stride = b_row_stride;
        work.bias = p == 0 && bias ? bias + j : NULL;
        work.y = y + i * y_stride + j;
        if (b_column_stride != 1 || work.columns % LANES != 0) {
          pack_panel(panel, work.w, b_row_stride, b_column_stride, work.columns, work.k);
          work.w = panel;
          work.w_stride = rounded_up(work.columns);
        }
        if (packs_a) multiply_packed_block(rows, block, &work);
        else multiply_panel(rows, first, &work, NULL);
      }
    }
    p += DEPTH;
  } while (p < k);
}

static void product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_row_stride,
                    ptrdiff_t a_column_stride, const float *b, ptrdiff_t b_row_stride,
                    ptrdiff_t b_column_stride, const float *bias, bool accumulate, float *y,
                    ptrdiff_t y_stride, float *scratch) {
  if (m == 1 && (b_row_stride == 1 || b_column_stride == 1)) {
    product_row(n, k, a, a_column_stride, b, b_row_stride, b_column_stride, bias, accumulate, y);
  } else if (scratch && product_scratch(m, n, k) > 0) {
    product_large(m, n, k, a, a_row_stride, a_column_stride, b, b_row_stride, b_column_stride, bias,
                  accumulate, y, y_stride, scratch);
  } else {
    product_small(m, n, k, a, a_row_stride, a_column_stride, b, b_row_stride, b_column_stride, bias,
                  accumulate, y, y_stride);
  }
}
