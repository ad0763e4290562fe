// Elementary functions of a vector, each within 4 units in the last place over the whole range,
// subnormal results, infinities, NaN and the sign of zero included.
//
// Cody and Waite's argument reductions; polynomials in Horner's form. ln 2 is split so that its
// upper part (9 bits) times any exponent is exact without a fused multiply-add.

#define LN2_UPPER 0.693359375f
#define LN2_LOWER -2.12194440054690583e-4f

// e^x = 2^exponent * (1 + fraction), |fraction| < 0.42, for |x| <= 127.
typedef struct {
  vf fraction;
  vi exponent;
  vf whole;  // the same as exponent
} exponential_parts;

INLINE exponential_parts split_exponential(vf x) {
  const float rounder = 12582912.0f;  // 1.5 * 2^23: adding it leaves an integer in the last bits
  const vf rounded = multiply_add(x, splat(1.44269504088896341f), splat(rounder));
  const vf n = rounded - rounder;
  vf r = multiply_add(n, splat(-LN2_UPPER), x);
  r = multiply_add(n, splat(-LN2_LOWER), r);
  // (e^r - 1 - r) / r^2: minimax over |r| <= ln(2) / 2, relative error of e^r 3.1e-9.
  vf p = splat(0.00139506030857f);
  p = multiply_add(p, r, splat(0.00836895350134f));
  p = multiply_add(p, r, splat(0.0416662041262f));
  p = multiply_add(p, r, splat(0.166665183062f));
  p = multiply_add(p, r, splat(0.50000000957f));
  return (exponential_parts){multiply_add(p, r * r, r), (vi)rounded - (vi)splat(rounder), n};
}

// 2^exponent, -126 <= exponent <= 127.
INLINE vf power_of_two(vi exponent) { return (vf)((exponent + 127) << 23); }

// 2^exponent * (1 + fraction) with one rounding, -252 <= exponent <= 254.
INLINE vf exponential(exponential_parts e) {
#if KERNELS_AVX512
  return (vf)_mm512_scalef_ps((__m512)(1 + e.fraction), (__m512)e.whole);
#else
  const vi half = e.exponent >> 1;
  return (1 + e.fraction) * power_of_two(half) * power_of_two(e.exponent - half);
#endif
}

INLINE vf vector_exp(vf x) {
  return exponential(split_exponential(at_most(at_least(x, splat(-104)), splat(89))));
}

// e^-|x|
INLINE vf decaying_exp(vf x) {
  return exponential(split_exponential(at_least(-absolute(x), splat(-104))));
}

INLINE vf vector_sigmoid(vf x) {
  const vf e = decaying_exp(x);
  return choose(x < 0, e, splat(1)) / (1 + e);
}

// -E / (E + 2) with E = e^-2|x| - 1, whose terms never cancel.
INLINE vf vector_tanh(vf x) {
  const exponential_parts e = split_exponential(at_least(-2 * absolute(x), splat(-40)));
  const vf power = power_of_two(e.exponent);
  const vf expm1 = multiply_add(power, e.fraction, power - 1);
  return with_sign_of(expm1 / (expm1 + 2), x);
}

// ln(1 + f) + n ln 2, for sqrt(1/2) <= 1 + f <= sqrt(2); the polynomial is that of the Cephes
// library.
INLINE vf log_of_parts(vf f, vf n) {
  vf p = splat(7.0376836292e-2f);
  p = multiply_add(p, f, splat(-1.1514610310e-1f));
  p = multiply_add(p, f, splat(1.1676998740e-1f));
  p = multiply_add(p, f, splat(-1.2420140846e-1f));
  p = multiply_add(p, f, splat(1.4249322787e-1f));
  p = multiply_add(p, f, splat(-1.6668057665e-1f));
  p = multiply_add(p, f, splat(2.0000714765e-1f));
  p = multiply_add(p, f, splat(-2.4999993993e-1f));
  p = multiply_add(p, f, splat(3.3333331174e-1f));
  const vf square = f * f;
  vf rest = multiply_add(p * f, square, n * LN2_LOWER);
  rest = multiply_add(splat(-0.5f), square, rest);
  return multiply_add(n, splat(LN2_UPPER), f + rest);
}

INLINE vf vector_log(vf x) {
  const vi tiny = x < 1.17549435e-38f;  // subnormal: moved up by 2^23 first
  const vi bits = (vi)choose(tiny, x * 8388608.0f, x);
  const vi exponent = (bits - 0x3f3504f3) >> 23;  // of the power of two nearest by ratio
  const vf mantissa = (vf)(bits - (exponent << 23));
  const vf n = __builtin_convertvector(exponent, vf) - choose(tiny, splat(23), splat(0));
  const vf regular = log_of_parts(mantissa - 1, n);
  const vf zero_or_less = choose(x == 0, splat(-__builtin_inff()), splat(__builtin_nanf("")));
  return choose(x > 0, choose(x < __builtin_inff(), regular, x), zero_or_less);
}

// ln(1 + e^-|x|)
INLINE vf log_one_plus_decaying_exp(vf x) {
  const vf e = decaying_exp(x);
  const vi upper = e > 0.41421356f;  // 1 + e > sqrt(2)
  return log_of_parts(choose(upper, 0.5f * e - 0.5f, e), choose(upper, splat(1), splat(0)));
}

INLINE vf vector_softplus(vf x) { return at_least(x, splat(0)) + log_one_plus_decaying_exp(x); }
INLINE vf vector_log_sigmoid(vf x) { return -vector_softplus(-x); }

// sin(x + quarters * pi / 2), in double precision; past 2^20 the lane goes to the C library.
INLINE vf sine_of_quarters(vf x, int quarters) {
  const double rounder = 6755399441055744.0;  // 1.5 * 2^52
  const vi regular = absolute(x) < 1048576.0f;
  const vd wide = __builtin_convertvector(choose(regular, x, splat(0)), vd);
  const vd rounded = wide * 0.63661977236758134 + rounder;
  const vd n = rounded - rounder;
  const vl quadrant = (vl)rounded + quarters;
  const vd r = (wide - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11;
  const vd s = r * r;
  const vd sine = r * (1 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 +
                           s * (1.0 / 362880 - s * (1.0 / 39916800))))));
  const vd cosine = 1 + s * (-0.5 + s * (1.0 / 24 + s * (-1.0 / 720 +
                        s * (1.0 / 40320 - s * (1.0 / 3628800)))));
  const vl swapped = -(quadrant & 1), sign = quadrant << 62 & INT64_MIN;
  const vl magnitude = (swapped & (vl)cosine) | (~swapped & (vl)sine);
  vf result = __builtin_convertvector((vd)(magnitude ^ sign), vf);
  for (int i = 0; i < LANES; i++)
    if (!regular[i]) result[i] = (float)(quarters ? __builtin_cos(x[i]) : __builtin_sin(x[i]));
  return result;
}

INLINE vf vector_sin(vf x) { return sine_of_quarters(x, 0); }
INLINE vf vector_cos(vf x) { return sine_of_quarters(x, 1); }

INLINE vf vector_floor(vf x) {
  const vf rounder = with_sign_of(splat(8388608.0f), x);  // 2^23
  const vf rounded = (x + rounder) - rounder;
  const vf lowered = choose(rounded > x, rounded - 1, rounded);
  return choose(absolute(x) < 8388608.0f, with_sign_of(lowered, x), x);
}
