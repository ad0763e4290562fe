// The elementwise words, each stated once.
//
// CTK_WORDS(WORD) expands WORD(NAME, name, operands, kernel, twin) for each word, in order. NAME makes the
// operation CTK_NAME; `kernel` gives the result from the vectors a, b and c, in the language of
// Instructions/vector.inc.h and functions.inc.h; `twin` gives it from doubles of the same names. From this list
// come the operations, their names and operand counts, the kernels of every instruction set and
// their twins.
#ifndef CTENSORWORDS_H
#define CTENSORWORDS_H

// Functions are within 2.5 units in the last place over all floats, infinities, NaN, subnormal
// numbers and the sign of zero included; the other operations are rounded correctly. A result
// depends on the values alone, not on their places. The maximum and the minimum are NaN if either
// operand is; a comparison gives 1 or 0; multiply_add is fused where the instruction set can.
#define CTK_WORDS(WORD)                                                                            \
  WORD(COPY, copy, 1, a, a)                                                                        \
  WORD(NEGATE, negate, 1, -a, -a)                                                                  \
  WORD(ABSOLUTE, absolute, 1, absolute(a), fabs(a))                                                \
  WORD(SIGN, sign, 1, choose(a > 0, splat(1), choose(a < 0, splat(-1), a)),                        \
       a > 0 ? 1 : a < 0 ? -1 : a)                                                                 \
  WORD(SIGMOID, sigmoid, 1, vector_sigmoid(a), a < 0 ? exp(a) / (1 + exp(a)) : 1 / (1 + exp(-a)))  \
  WORD(TANH, tanh, 1, vector_tanh(a), tanh(a))                                                     \
  WORD(RELU, relu, 1, at_least(a, splat(0)), a < 0 ? 0 : a)                                        \
  WORD(EXP, exp, 1, vector_exp(a), exp(a))                                                         \
  WORD(LOG, log, 1, vector_log(a), log(a))                                                         \
  WORD(SQRT, sqrt, 1, __builtin_elementwise_sqrt(a), sqrt(a))                                      \
  WORD(RECIPROCAL, reciprocal, 1, 1 / a, 1 / a)                                                    \
  WORD(SOFTPLUS, softplus, 1, vector_softplus(a), (a < 0 ? 0 : a) + log1p(exp(-fabs(a))))          \
  WORD(LOG_SIGMOID, log_sigmoid, 1, vector_log_sigmoid(a),                                         \
       -((a > 0 ? 0 : -a) + log1p(exp(-fabs(a)))))                                                 \
  WORD(SIN, sin, 1, vector_sin(a), sin(a))                                                         \
  WORD(COS, cos, 1, vector_cos(a), cos(a))                                                         \
  WORD(FLOOR, floor, 1, vector_floor(a), floor(a))                                                 \
  WORD(ADD, add, 2, a + b, a + b)                                                                  \
  WORD(SUBTRACT, subtract, 2, a - b, a - b)                                                        \
  WORD(MULTIPLY, multiply, 2, a * b, a * b)                                                        \
  WORD(DIVIDE, divide, 2, a / b, a / b)                                                            \
  WORD(MAXIMUM, maximum, 2, maximum(a, b), isnan(a) || a > b ? a : b)                              \
  WORD(MINIMUM, minimum, 2, minimum(a, b), isnan(a) || a < b ? a : b)                              \
  WORD(GREATER, greater, 2, choose(a > b, splat(1), splat(0)), a > b)                              \
  WORD(GREATER_EQUAL, greater_equal, 2, choose(a >= b, splat(1), splat(0)), a >= b)                \
  WORD(EQUAL, equal, 2, choose(a == b, splat(1), splat(0)), a == b)                                \
  WORD(SELECT, select, 3, choose(a != 0, b, c), a != 0 ? b : c)                                    \
  WORD(MULTIPLY_ADD, multiply_add, 3, multiply_add(a, b, c), a * b + c)

#endif
