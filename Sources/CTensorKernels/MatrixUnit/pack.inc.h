// Tiles of bf16 numbers, made from float32 matrices.
//
// A tile holds 16 lines (rows of the left side, columns of the right side) of 32 numbers each, as words
// of two: 16 words for each of 16 lines on the left, 16 lines for each of 16 words on the right. The
// unused part of a tile at an edge is zero.

enum { LINES = 16, DEPTH = 32, TILE = LINES * DEPTH / 2 };  // TILE: words

typedef uint32_t vu __attribute__((vector_size(LANES * 4)));

// The nearest bf16, ties to even, in the upper half of each lane; a NaN stays one.
INLINE vu rounded(vf x) {
  const vu bits = (vu)x, near = bits + 0x7fff + (bits >> 16 & 1);
  return (vu)choose(x != x, (vf)(bits | 0x400000), (vf)near) & 0xffff0000;
}

// The remainder of x without its first part; zero if that part is infinite or NaN.
INLINE vf without(vf x, vu part) {
  return choose((part & 0x7f800000) == 0x7f800000, splat(0), x - (vf)part);
}

#define every_second(a, b, first)                                                                 \
  __builtin_shufflevector(a, b, first, first + 2, first + 4, first + 6, first + 8, first + 10,    \
                          first + 12, first + 14, first + 16, first + 18, first + 20, first + 22, \
                          first + 24, first + 26, first + 28, first + 30)

// Where a tile's numbers stand: number p of line l at from[l * line_stride + p * depth_stride].
typedef struct {
  const float *from;
  ptrdiff_t line_stride, depth_stride;
  ptrdiff_t lines, depth;  // that there are
} tile_source;

static tile_source copied(tile_source source, float copy[LINES * DEPTH]) {
  memset(copy, 0, LINES * DEPTH * sizeof *copy);
  for (ptrdiff_t l = 0; l < source.lines; l++)
    for (ptrdiff_t p = 0; p < source.depth; p++)
      copy[l * DEPTH + p] = source.from[l * source.line_stride + p * source.depth_stride];
  return (tile_source){copy, DEPTH, 1, LINES, DEPTH};
}

// Packs a tile; its second part is stored two tiles after its first.
static void pack_tile(uint32_t *to, tile_source source, bool is_right, int32_t parts) {
  float copy[LINES * DEPTH];
  if (source.lines < LINES || source.depth < DEPTH ||
      (source.line_stride != 1 && source.depth_stride != 1))
    source = copied(source, copy);
  const bool is_by_lines = source.depth_stride == 1;
  vf first[LINES], second[LINES];  // numbers of the words
  for (int i = 0; i < LINES; i++) {
    if (is_by_lines) {
      const float *line = source.from + i * source.line_stride;
      const vf a = load(line), b = load(line + LANES);
      first[i] = every_second(a, b, 0);
      second[i] = every_second(a, b, 1);
    } else {
      const float *word = source.from + 2 * i * source.depth_stride;
      first[i] = load(word);
      second[i] = load(word + source.depth_stride);
    }
  }
  for (int32_t part = 0; part < parts; part++, to += 2 * TILE) {
    vf words[LINES];
    for (int i = 0; i < LINES; i++) {
      const vu a = rounded(first[i]), b = rounded(second[i]);
      words[i] = (vf)(a >> 16 | b);
      first[i] = without(first[i], a);
      second[i] = without(second[i], b);
    }
    if (is_by_lines == is_right) transpose_square(words);
    for (int i = 0; i < LINES; i++) store((float *)(to + i * LINES), words[i]);
  }
}

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

// Two tiles' lines, as deep as the source is: for each depth of a tile, for each part, both tiles.
static void pack_lines(uint32_t *to, tile_source source, bool is_right, int32_t parts) {
  const ptrdiff_t lines = source.lines, depth = source.depth;
  for (ptrdiff_t p = 0; p < depth; p += DEPTH, to += 2 * parts * TILE)
    for (ptrdiff_t l = 0; l < lines; l += LINES) {
      const tile_source part = {
          .from = source.from + l * source.line_stride + p * source.depth_stride,
          .line_stride = source.line_stride,
          .depth_stride = source.depth_stride,
          .lines = smaller(LINES, lines - l),
          .depth = smaller(DEPTH, depth - p),
      };
      pack_tile(to + l / LINES * TILE, part, is_right, parts);
    }
}

// Words of two tiles' lines over k numbers.
INLINE ptrdiff_t panel_size(ptrdiff_t k, int32_t parts) {
  return (k + DEPTH - 1) / DEPTH * 2 * parts * TILE;
}

static void pack(float *packed, const float *w, ptrdiff_t k_stride, ptrdiff_t n_stride, ptrdiff_t n,
                 ptrdiff_t k, int32_t parts) {
  uint32_t *panel = (uint32_t *)packed;
  for (ptrdiff_t j = 0; j < n; j += 2 * LINES, panel += panel_size(k, parts)) {
    const ptrdiff_t lines = smaller(2 * LINES, n - j);
    pack_lines(panel, (tile_source){w + j * n_stride, n_stride, k_stride, lines, k}, true, parts);
  }
}
