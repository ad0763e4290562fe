// Elementwise operations, one number at a time.
#include <math.h>

#include "CTensorKernelsReference.h"

double ctk_value_reference(ctk_operation operation, double a, double b, double c) {
#define VALUE_OF_WORD(NAME, name, operands, kernel, twin)                                          \
  case CTK_##NAME: return twin;
  switch (operation) {
    CTK_WORDS(VALUE_OF_WORD)
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
