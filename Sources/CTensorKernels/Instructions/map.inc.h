// The elementwise operations: one loop each over arrays.

// Defines map_NAME. `expression` gives the result from the vectors a, b and c, of which the first
// `operands` are loaded.
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

#define ONE_WHERE(condition) choose(condition, splat(1), splat(0))

DEFINE_MAP(copy, 1, a)
DEFINE_MAP(negate, 1, -a)
DEFINE_MAP(absolute, 1, absolute(a))
DEFINE_MAP(sign, 1, choose(a > 0, splat(1), choose(a < 0, splat(-1), a)))
DEFINE_MAP(sigmoid, 1, vector_sigmoid(a))
DEFINE_MAP(tanh, 1, vector_tanh(a))
DEFINE_MAP(relu, 1, at_least(a, splat(0)))
DEFINE_MAP(exp, 1, vector_exp(a))
DEFINE_MAP(log, 1, vector_log(a))
DEFINE_MAP(sqrt, 1, __builtin_elementwise_sqrt(a))
DEFINE_MAP(reciprocal, 1, 1 / a)
DEFINE_MAP(softplus, 1, vector_softplus(a))
DEFINE_MAP(log_sigmoid, 1, vector_log_sigmoid(a))
DEFINE_MAP(sin, 1, vector_sin(a))
DEFINE_MAP(cos, 1, vector_cos(a))
DEFINE_MAP(floor, 1, vector_floor(a))
DEFINE_MAP(add, 2, a + b)
DEFINE_MAP(subtract, 2, a - b)
DEFINE_MAP(multiply, 2, a * b)
DEFINE_MAP(divide, 2, a / b)
DEFINE_MAP(maximum, 2, maximum(a, b))
DEFINE_MAP(minimum, 2, minimum(a, b))
DEFINE_MAP(greater, 2, ONE_WHERE(a > b))
DEFINE_MAP(greater_equal, 2, ONE_WHERE(a >= b))
DEFINE_MAP(equal, 2, ONE_WHERE(a == b))
DEFINE_MAP(select, 3, choose(a != 0, b, c))
DEFINE_MAP(multiply_add, 3, multiply_add(a, b, c))

static const ctk_map_function map_functions[] = {
    [CTK_COPY] = map_copy,
    [CTK_NEGATE] = map_negate,
    [CTK_ABSOLUTE] = map_absolute,
    [CTK_SIGN] = map_sign,
    [CTK_SIGMOID] = map_sigmoid,
    [CTK_TANH] = map_tanh,
    [CTK_RELU] = map_relu,
    [CTK_EXP] = map_exp,
    [CTK_LOG] = map_log,
    [CTK_SQRT] = map_sqrt,
    [CTK_RECIPROCAL] = map_reciprocal,
    [CTK_SOFTPLUS] = map_softplus,
    [CTK_LOG_SIGMOID] = map_log_sigmoid,
    [CTK_SIN] = map_sin,
    [CTK_COS] = map_cos,
    [CTK_FLOOR] = map_floor,
    [CTK_ADD] = map_add,
    [CTK_SUBTRACT] = map_subtract,
    [CTK_MULTIPLY] = map_multiply,
    [CTK_DIVIDE] = map_divide,
    [CTK_MAXIMUM] = map_maximum,
    [CTK_MINIMUM] = map_minimum,
    [CTK_GREATER] = map_greater,
    [CTK_GREATER_EQUAL] = map_greater_equal,
    [CTK_EQUAL] = map_equal,
    [CTK_SELECT] = map_select,
    [CTK_MULTIPLY_ADD] = map_multiply_add,
};
