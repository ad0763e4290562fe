// Products from tiles: two by two of them are summed in the unit's registers.
//
// k is cut into blocks, whose sums are added to y one after the other.

enum {
  BLOCK_LINES = 2 * LINES,
  BLOCK_DEPTH = 512,
  BLOCK_COLUMNS = 512,  // that are gathered at a time
};

// Registers 0 to 3 are sums, 4 and 5 the left side, 6 and 7 the right side.
#define MULTIPLY_ALL(heights)    \
  do {                           \
    TILE_MULTIPLY(0, 4, 6);      \
    TILE_MULTIPLY(1, 4, 7);      \
    if (heights > 1) {           \
      TILE_MULTIPLY(2, 5, 6);    \
      TILE_MULTIPLY(3, 5, 7);    \
    }                            \
  } while (0)

#define LOAD_LEFT(heights, from)                      \
  do {                                                \
    TILE_LOAD(4, from);                               \
    if (heights > 1) TILE_LOAD(5, (from) + TILE);     \
  } while (0)

#define LOAD_RIGHT(from)          \
  do {                            \
    TILE_LOAD(6, from);           \
    TILE_LOAD(7, (from) + TILE);  \
  } while (0)

// sums: the four tiles of y, each 16 rows of 16 numbers.
INLINE void multiply_tiles(const int heights, const int parts, ptrdiff_t depth,
                           const uint32_t *left, const uint32_t *right, float *sums) {
  TILE_ZERO(0);
  TILE_ZERO(1);
  TILE_ZERO(2);
  TILE_ZERO(3);
  for (ptrdiff_t p = 0; p < depth; p += DEPTH) {
    LOAD_LEFT(heights, left);
    if (parts > 1) {
      LOAD_RIGHT(right + 2 * TILE);
      MULTIPLY_ALL(heights);
    }
    LOAD_RIGHT(right);
    MULTIPLY_ALL(heights);
    if (parts > 1) {
      LOAD_LEFT(heights, left + 2 * TILE);
      MULTIPLY_ALL(heights);
    }
    left += 2 * parts * TILE;
    right += 2 * parts * TILE;
  }
  TILE_STORE(0, sums);
  TILE_STORE(1, sums + LINES * LINES);
  if (heights > 1) {
    TILE_STORE(2, sums + 2 * LINES * LINES);
    TILE_STORE(3, sums + 3 * LINES * LINES);
  }
}

typedef struct {
  ptrdiff_t rows, columns, depth;
  int32_t parts;
  const uint32_t *left, *right;
  const float *bias;  // or null
  bool add;           // to what y holds
  float *y;
  ptrdiff_t y_stride;
} block_work;

static void multiply_block(const block_work *work) {
  _Alignas(64) float sums[4 * LINES * LINES];
  const bool is_high = work->rows > LINES;
  if (work->parts == 1 && is_high) multiply_tiles(2, 1, work->depth, work->left, work->right, sums);
  else if (work->parts == 1) multiply_tiles(1, 1, work->depth, work->left, work->right, sums);
  else if (is_high) multiply_tiles(2, 2, work->depth, work->left, work->right, sums);
  else multiply_tiles(1, 2, work->depth, work->left, work->right, sums);

  for (ptrdiff_t r = 0; r < work->rows; r++)
    for (ptrdiff_t c = 0; c < work->columns; c += LINES) {
      const float *from = sums + (r / LINES * 2 + c / LINES) * LINES * LINES + r % LINES * LINES;
      const float *bias = work->bias ? work->bias + c : NULL;
      float *y = work->y + r * work->y_stride + c;
      const ptrdiff_t count = work->columns - c;
      if (count >= LINES) {
        vf sum = load(from);
        if (bias) sum += load(bias);
        store(y, work->add ? sum + load(y) : sum);
      } else {
        for (ptrdiff_t j = 0; j < count; j++) {
          const float sum = bias ? from[j] + bias[j] : from[j];
          y[j] = work->add ? sum + y[j] : sum;
        }
      }
    }
}

static void product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *x, ptrdiff_t x_row_stride,
                    ptrdiff_t x_column_stride, const float *packed, int32_t parts,
                    const float *bias, bool accumulate, float *y, ptrdiff_t y_stride) {
  _Alignas(64) uint32_t block[BLOCK_DEPTH / DEPTH * 2 * 2 * TILE];
  TILES_BEGIN();
  for (ptrdiff_t i = 0; i < m; i += BLOCK_LINES) {
    ptrdiff_t p = 0;
    do {
      block_work work = {
          .rows = smaller(BLOCK_LINES, m - i),
          .depth = smaller(BLOCK_DEPTH, k - p),
          .parts = parts,
          .left = block,
          .add = accumulate || p > 0,
          .y_stride = y_stride,
      };
      const float *from = x + i * x_row_stride + p * x_column_stride;
      const tile_source source = {from, x_row_stride, x_column_stride, work.rows, work.depth};
      pack_lines(block, source, false, parts);
      work.right = (const uint32_t *)packed + panel_size(p, parts);
      for (ptrdiff_t j = 0; j < n; j += BLOCK_LINES) {
        work.columns = smaller(BLOCK_LINES, n - j);
        work.bias = p == 0 && bias ? bias + j : NULL;
        work.y = y + i * y_stride + j;
        multiply_block(&work);
        work.right += panel_size(k, parts);
      }
      p += BLOCK_DEPTH;
    } while (p < k);
  }
  TILES_END();
}

// Where a tile's rows begin among the pieces.
typedef struct {
  const ctk_rows *piece;
  ptrdiff_t row;  // of the piece
} row_position;

static row_position advanced(row_position position, ptrdiff_t rows) {
  while (rows > 0 && rows >= position.piece->count - position.row) {
    rows -= position.piece->count - position.row;
    position = (row_position){position.piece + 1, 0};
  }
  position.row += rows;
  return position;
}

// Two tiles' columns of either matrix, over some rows.
static void pack_gathered(uint32_t *to, row_position from, bool is_right, ptrdiff_t column,
                          ptrdiff_t lines, ptrdiff_t depth, int32_t parts) {
  float copy[DEPTH * BLOCK_LINES];
  for (ptrdiff_t p = 0; p < depth; p += DEPTH, to += 2 * parts * TILE) {
    const ptrdiff_t rows = smaller(DEPTH, depth - p);
    tile_source source = {copy, 1, BLOCK_LINES, lines, rows};
    ptrdiff_t some;
    for (ptrdiff_t r = 0; r < rows; r += some, from = advanced(from, some)) {
      const ctk_rows *piece = from.piece;
      const ptrdiff_t stride = is_right ? piece->b_stride : piece->a_stride;
      const float *row = (is_right ? piece->b : piece->a) + from.row * stride + column;
      some = smaller(rows - r, piece->count - from.row);
      if (some == rows) {
        source.from = row;
        source.depth_stride = stride;
      } else {
        for (ptrdiff_t i = 0; i < some; i++)
          memcpy(copy + (r + i) * BLOCK_LINES, row + i * stride, lines * sizeof *row);
      }
    }
    pack_lines(to, source, is_right, parts);
  }
}

static void gathered_product(ptrdiff_t m, ptrdiff_t n, const ctk_rows *pieces,
                             ptrdiff_t piece_count, int32_t parts, bool accumulate, float *y,
                             ptrdiff_t y_stride, float *scratch) {
  _Alignas(64) uint32_t block[BLOCK_DEPTH / DEPTH * 2 * 2 * TILE];
  uint32_t *const packed = (uint32_t *)scratch;
  ptrdiff_t k = 0;
  for (ptrdiff_t i = 0; i < piece_count; i++) k += pieces[i].count;
  TILES_BEGIN();
  for (ptrdiff_t column = 0; column < n; column += BLOCK_COLUMNS) {
    const ptrdiff_t columns = smaller(BLOCK_COLUMNS, n - column);
    row_position from = {pieces, 0};
    for (ptrdiff_t p = 0, depth; p < k; p += depth, from = advanced(from, depth)) {
      depth = smaller(BLOCK_DEPTH, k - p);
      const ptrdiff_t panel = panel_size(depth, parts);
      for (ptrdiff_t j = 0; j < columns; j += BLOCK_LINES)
        pack_gathered(packed + j / BLOCK_LINES * panel, from, true, column + j,
                      smaller(BLOCK_LINES, columns - j), depth, parts);
      for (ptrdiff_t i = 0; i < m; i += BLOCK_LINES) {
        block_work work = {
            .rows = smaller(BLOCK_LINES, m - i),
            .depth = depth,
            .parts = parts,
            .left = block,
            .right = packed,
            .add = accumulate || p > 0,
            .y_stride = y_stride,
        };
        pack_gathered(block, from, false, i, work.rows, depth, parts);
        for (ptrdiff_t j = 0; j < columns; j += BLOCK_LINES, work.right += panel) {
          work.columns = smaller(BLOCK_LINES, columns - j);
          work.y = y + i * y_stride + column + j;
          multiply_block(&work);
        }
      }
    }
  }
  TILES_END();
}
