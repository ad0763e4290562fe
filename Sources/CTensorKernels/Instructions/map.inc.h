// The elementwise words: one loop each over arrays.

// Defines map_NAME. `expression` gives the result from the vectors a, b and c; only the first
// `operands` of them are loaded.
#define DEFINE_MAP(name, operands, expression)                                                     \
  INLINE vf apply_##name(vf a, vf b, vf c) {                                                       \
    (void)a, (void)b, (void)c;                                                                     \
    return expression;                                                                             \
  }                                                                                                \
  static void map_##name(float *destination, const float *pa, const float *pb, const float *pc,   \
                         ptrdiff_t count) {                                                        \
    (void)pb, (void)pc;                                                                            \
    ptrdiff_t i = 0;                                                                               \
    for (; i + LANES <= count; i += LANES)                                                         \
      store(destination + i, apply_##name(load(pa + i), operands > 1 ? load(pb + i) : (vf){},      \
                                          operands > 2 ? load(pc + i) : (vf){}));                  \
    if (i < count) {                                                                               \
      const ptrdiff_t rest = count - i;                                                            \
      store_partial(destination + i,                                                               \
                    apply_##name(load_partial(pa + i, rest),                                       \
                                 operands > 1 ? load_partial(pb + i, rest) : (vf){},               \
                                 operands > 2 ? load_partial(pc + i, rest) : (vf){}),              \
                    rest);                                                                         \
    }                                                                                              \
  }

#define DEFINE_WORD(NAME, name, operands, kernel, twin) DEFINE_MAP(name, operands, kernel)
CTK_WORDS(DEFINE_WORD)

#define MAP_OF_WORD(NAME, name, ...) [CTK_##NAME] = map_##name,
static const ctk_map_function map_functions[] = {CTK_WORDS(MAP_OF_WORD)};
