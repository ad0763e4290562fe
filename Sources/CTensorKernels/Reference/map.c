// Elementwise operations, one number at a time.
#include <math.h>

#include "CTensorKernelsReference.h"

double ctk_value_reference(ctk_operation operation, double a, double b, double c) {
  switch (operation) {
    case CTK_COPY: return a;
    case CTK_NEGATE: return -a;
    case CTK_ABSOLUTE: return fabs(a);
    case CTK_SIGN: return a > 0 ? 1 : a < 0 ? -1 : a;
    case CTK_SIGMOID: return a < 0 ? exp(a) / (1 + exp(a)) : 1 / (1 + exp(-a));
    case CTK_TANH: return tanh(a);
    case CTK_RELU: return a < 0 ? 0 : a;
    case CTK_EXP: return exp(a);
    case CTK_LOG: return log(a);
    case CTK_SQRT: return sqrt(a);
    case CTK_RECIPROCAL: return 1 / a;
    case CTK_SOFTPLUS: return (a < 0 ? 0 : a) + log1p(exp(-fabs(a)));
    case CTK_LOG_SIGMOID: return -((a > 0 ? 0 : -a) + log1p(exp(-fabs(a))));
    case CTK_SIN: return sin(a);
    case CTK_COS: return cos(a);
    case CTK_FLOOR: return floor(a);
    case CTK_ADD: return a + b;
    case CTK_SUBTRACT: return a - b;
    case CTK_MULTIPLY: return a * b;
    case CTK_DIVIDE: return a / b;
    case CTK_MAXIMUM: return isnan(a) || a > b ? a : b;
    case CTK_MINIMUM: return isnan(a) || a < b ? a : b;
    case CTK_GREATER: return a > b;
    case CTK_GREATER_EQUAL: return a >= b;
    case CTK_EQUAL: return a == b;
    case CTK_SELECT: return a != 0 ? b : c;
    case CTK_MULTIPLY_ADD: return a * b + c;
    default: return NAN;
  }
}

void ctk_map_reference(ctk_operation operation, float *destination, const float *a, const float *b,
                       const float *c, ptrdiff_t count) {
  const int operands = ctk_operand_count(operation);
  for (ptrdiff_t i = 0; i < count; i++)
    destination[i] = (float)ctk_value_reference(operation, a[i], operands > 1 ? b[i] : 0,
                                                operands > 2 ? c[i] : 0);
}

// The distance between two floats near x.
static double unit_in_the_last_place(double x) {
  int exponent;
  frexp(x, &exponent);
  return ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static double error(double expected, float found) {
  const float rounded = (float)expected;
  if (isnan(expected) || isnan(found)) return isnan(expected) && isnan(found) ? 0 : INFINITY;
  if (isinf(rounded) || isinf(found)) {
    // Just below the largest float, overflow is one unit away.
    const bool near = fabs(expected) > 0x1.fffff0p127 && signbit(rounded) == signbit(found);
    if (rounded == found) return 0;
    return near && fabsf(found) > 0x1.fffff0p127f && !isinf(expected) ? 1 : INFINITY;
  }
  if (expected == 0 || found == 0) {
    if (!signbit(expected) != !signbit(found)) return INFINITY;
  }
  return fabs(expected - found) / unit_in_the_last_place(expected);
}

double ctk_map_error_reference(ctk_operation operation, const float *a, const float *results,
                               ptrdiff_t count) {
  double largest = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double e = error(ctk_value_reference(operation, a[i], 0, 0), results[i]);
    if (e > largest) largest = e;
  }
  return largest;
}
