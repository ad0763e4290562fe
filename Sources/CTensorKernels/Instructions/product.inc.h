// Matrix products, from tiles.
//
// k is cut into blocks of DEPTH, whose sums are added to y one after the other. So an element's
// bits depend on its row of x, its column of w and k, whatever the loops around the tiles do.

enum {
  DEPTH = 256,
  // Rows of x that meet all of w before the next ones do: they stay in the L2 cache.
  BLOCK_ROWS = 128,
  SMALL_BLOCK_ROWS = 64,  // where x or w may have to be packed
};

static void product_packed(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x,
                           ptrdiff_t x_row_stride, ptrdiff_t x_column_stride, const float *packed,
                           const float *bias, bool accumulate, float *y, ptrdiff_t y_stride) {
  for (ptrdiff_t i = 0; i < m; i += BLOCK_ROWS) {
    const ptrdiff_t rows = smaller(BLOCK_ROWS, m - i);
    ptrdiff_t p = 0;
    do {
      tile_work work = {
          .k = smaller(DEPTH, k - p),
          .x = x + i * x_row_stride + p * x_column_stride,
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
        if (wide) run_row(&work, PANEL * k);
        else multiply_panel(rows, work);
        j += work.columns;
      }
      p += DEPTH;
    } while (p < k);
  }
}

// A block of x whose rows are not contiguous is packed in groups of rows, as w is in panels: whole
// tiles, as many as fit a vector.
enum {
  GROUP_ROWS = TILE_ROWS * (LANES > TILE_ROWS ? LANES / TILE_ROWS : 1),
  GROUP_WIDTH = (GROUP_ROWS + LANES - 1) / LANES * LANES,
  GROUPS = (SMALL_BLOCK_ROWS + GROUP_ROWS - 1) / GROUP_ROWS,
};

static void pack_block(float *block, const tile_work *work, ptrdiff_t rows) {
  for (ptrdiff_t i = 0; i < rows; i += GROUP_ROWS, block += work->k * GROUP_WIDTH)
    pack_panel(block, work->x + i * work->x_row_stride, work->x_column_stride, work->x_row_stride,
               smaller(GROUP_ROWS, rows - i), work->k);
}

static void multiply_packed_block(ptrdiff_t rows, const float *block, tile_work work) {
  work.x_row_stride = 1;
  for (ptrdiff_t i = 0; i < rows; i += GROUP_ROWS) {
    const ptrdiff_t group = smaller(GROUP_ROWS, rows - i);
    work.x = block;
    work.x_column_stride = rounded_up(group);
    multiply_panel(group, work);
    work.y += GROUP_ROWS * work.y_stride;
    block += work.k * GROUP_WIDTH;
  }
}

// The two buffers take 112 KiB of stack at most. Rows of b are read in place, but for the last
// columns.
static void product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_row_stride,
                    ptrdiff_t a_column_stride, const float *b, ptrdiff_t b_row_stride,
                    ptrdiff_t b_column_stride, bool accumulate, float *y, ptrdiff_t y_stride) {
  _Alignas(64) float panel[DEPTH * PANEL];
  _Alignas(64) float block[DEPTH * GROUPS * GROUP_WIDTH];
  const bool packs_a = a_column_stride != 1 && n > PANEL;
  ptrdiff_t p = 0;
  do {
    for (ptrdiff_t i = 0; i < m; i += SMALL_BLOCK_ROWS) {
      const ptrdiff_t rows = smaller(SMALL_BLOCK_ROWS, m - i);
      tile_work work = {
          .k = smaller(DEPTH, k - p),
          .x = a + i * a_row_stride + p * a_column_stride,
          .x_row_stride = a_row_stride,
          .x_column_stride = a_column_stride,
          .add = accumulate || p > 0,
          .y_stride = y_stride,
      };
      if (packs_a) pack_block(block, &work, rows);
      for (ptrdiff_t j = 0; j < n; j += PANEL) {
        work.columns = smaller(PANEL, n - j);
        work.w = b + p * b_row_stride + j * b_column_stride;
        work.w_stride = b_row_stride;
        work.y = y + i * y_stride + j;
        if (b_column_stride != 1 || work.columns % LANES != 0) {
          pack_panel(panel, work.w, b_row_stride, b_column_stride, work.columns, work.k);
          work.w = panel;
          work.w_stride = rounded_up(work.columns);
        }
        if (packs_a) multiply_packed_block(rows, block, work);
        else multiply_panel(rows, work);
      }
    }
    p += DEPTH;
  } while (p < k);
}
