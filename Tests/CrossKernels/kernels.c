// Every kernel against its plain twin, in C alone: for processors whose programs run in an emulator,
// where Swift's test runner does not. Scripts/check-neon builds and runs it. The tests in Swift go
// further; here each kernel meets every size from 1 to 70 with tails, strides and unaligned rows.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CTensorKernelTable.h"
#include "CTensorKernelsReference.h"
#include "CTensorMatrixUnit.h"

enum { LIMIT = 1 << 16 };

static const ctk_kernels *kernels;
static const char *what = "";
static int failures, comparisons;

static uint64_t random_state = 1;
static uint64_t next_random(void) {  // SplitMix64
  uint64_t z = random_state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
static int pick(int count) { return (int)(next_random() % (uint64_t)count); }
static void fill(float *x, ptrdiff_t count, float range) {
  for (ptrdiff_t i = 0; i < count; i++)
    x[i] = range * ((float)(next_random() >> 40) / (float)(1 << 23) - 1);
}

static float a[LIMIT], b[LIMIT], found[LIMIT], expected[LIMIT], magnitudes[LIMIT], scratch[1 << 20];

// Each found number is within `tolerance` times 1 + its magnitude of what is expected.
static void compare(ptrdiff_t count, float tolerance, const float *scale, int m, int n, int k) {
  comparisons++;
  for (ptrdiff_t i = 0; i < count; i++) {
    const float allowed = tolerance * (scale ? scale[i] : 1 + fabsf(expected[i]));
    if (fabsf(found[i] - expected[i]) <= allowed || (isnan(found[i]) && isnan(expected[i]))) continue;
    printf("%s, %s, %d x %d x %d, element %td: expected %g, found %g\n", ctk_isa_name(kernels->isa),
           what, m, n, k, i, (double)expected[i], (double)found[i]);
    failures++;
    return;
  }
}

static void absolute_values(float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) x[i] = fabsf(x[i]);
}

static void check_product(int m, int n, int k) {
  const int gap = pick(3), layout = pick(4);
  const ptrdiff_t a_row = layout & 1 ? k + gap : 1, a_column = layout & 1 ? 1 : m + gap;
  const ptrdiff_t b_row = layout & 2 ? n + gap : 1, b_column = layout & 2 ? 1 : k + gap;
  const float *x = a + pick(3), *w = b + pick(3);
  const bool accumulates = pick(2);
  fill(a, LIMIT, 1);
  fill(b, LIMIT, 1);
  fill(found, m * n, 1);
  static float start[LIMIT], packed[1 << 20];
  memcpy(start, found, sizeof start);
  memcpy(expected, found, sizeof expected);
  ctk_product_reference(m, n, k, x, a_row, a_column, w, b_row, b_column, NULL, accumulates,
                        expected, n);
  const float tolerance = (float)(k + 4) * 0x1p-23f;

  what = "product";
  kernels->product(m, n, k, x, a_row, a_column, w, b_row, b_column, NULL, accumulates, found, n,
                   scratch);
  compare(m * n, tolerance * (float)sqrt(k), NULL, m, n, k);
  what = "packed product";
  memcpy(found, start, sizeof found);
  kernels->pack(packed, w, b_row, b_column, n, k);
  kernels->product_packed(m, n, k, x, a_row, a_column, packed, NULL, accumulates, found, n);
  compare(m * n, tolerance * (float)sqrt(k), NULL, m, n, k);

  what = "packed column";
  static float saved[LIMIT];
  memcpy(saved, expected, sizeof saved);
  const int column = pick(n);
  for (int p = 0; p < k; p++) expected[p] = w[p * b_row + column * b_column];
  kernels->packed_column(packed, n, k, column, found);
  compare(k, 0, NULL, m, n, k);
  memcpy(expected, saved, sizeof expected);

  what = "gathered product";
  memcpy(expected, start, sizeof expected);
  memcpy(found, start, sizeof found);
  ctk_product_reference(m, n, k, x, 1, m + gap, w, n + gap, 1, NULL, accumulates, expected, n);
  const int cut = pick(k);
  ctk_rows pieces[2] = {{x, m + gap, w, n + gap, cut},
                        {x + cut * (m + gap), m + gap, w + cut * (n + gap), n + gap, k - cut}};
  kernels->gathered_product(m, n, pieces + (cut == 0), cut == 0 ? 1 : 2, accumulates, found, n,
                            scratch);
  compare(m * n, tolerance * (float)sqrt(k), NULL, m, n, k);

  // Both parts of every number, on the processor's matrix unit, if it has one, and on the model of it.
  const ctk_matrix_unit *units[] = {ctk_matrix_unit_emulated(), ctk_matrix_unit_amx()};
  float *aligned = (float *)(((uintptr_t)packed + 63) & ~(uintptr_t)63);
  memcpy(expected, start, sizeof expected);
  ctk_product_reference(m, n, k, x, a_row, a_column, w, b_row, b_column, NULL, accumulates,
                        expected, n);
  static float products[2][LIMIT];
  for (int i = 0; i < 2 && units[i]; i++) {
    units[i]->pack(aligned, w, b_row, b_column, n, k, 2);
    memcpy(products[i], start, sizeof products[i]);
    units[i]->product(m, n, k, x, a_row, a_column, aligned, 2, NULL, accumulates, products[i], n);
  }
  memcpy(magnitudes, start, sizeof magnitudes);
  absolute_values(a, LIMIT);
  absolute_values(b, LIMIT);
  absolute_values(magnitudes, m * n);
  ctk_product_reference(m, n, k, x, a_row, a_column, w, b_row, b_column, NULL, accumulates,
                        magnitudes, n);
  for (int i = 0; i < 2 && units[i]; i++) {
    what = i == 0 ? "product on the model of a matrix unit" : "product on the matrix unit";
    memcpy(found, products[i], sizeof found);
    compare(m * n, 0x3.1p-16f + tolerance, magnitudes, m, n, k);
  }
}

static void check_encoded_product(int m, int n, int k) {
  static int8_t codes[LIMIT];
  static uint16_t halves[LIMIT];
  static float scales[LIMIT], packed[1 << 18], weights[LIMIT], start[LIMIT];
  const int gap = pick(3), x_row = k + gap;
  const bool accumulates = pick(2);
  const float *x = a + pick(3);
  fill(a, LIMIT, 2);
  fill(b, n * k, 1);
  fill(start, LIMIT, 1);
  const float *bias = pick(2) ? start + LIMIT - 100 - n : NULL;

  what = "int8 product";
  ctk_int8_encode(b, n, k, codes, scales);
  ctk_encoded_pack(packed, codes, scales, n, k, CTK_INT8);
  memcpy(found, start, sizeof found);
  memcpy(expected, start, sizeof expected);
  kernels->product_encoded(CTK_INT8, m, n, k, x, x_row, 1, packed, bias, accumulates, found, n);
  ctk_product_int8_reference(m, n, k, x, x_row, 1, codes, scales, bias, accumulates, expected, n);
  compare(LIMIT, 0, NULL, m, n, k);

  what = "bf16 product";
  ctk_bf16_encode(b, n * k, halves);
  ctk_bf16_decode(halves, n * k, weights);
  ctk_encoded_pack(packed, halves, NULL, n, k, CTK_BF16);
  memcpy(found, start, sizeof found);
  memcpy(expected, start, sizeof expected);
  kernels->product_encoded(CTK_BF16, m, n, k, x, x_row, 1, packed, bias, accumulates, found, n);
  ctk_product_reference(m, n, k, x, x_row, 1, weights, 1, k, bias, accumulates, expected, n);
  compare(LIMIT, (float)(k + 4) * 0x1p-22f * (float)sqrt(k), NULL, m, n, k);
}

static void check_functions(void) {
  for (int operation = 0; operation < CTK_WORD_COUNT; operation++) {
    for (int count = 1; count <= 70; count++) {
      fill(a, 3 * 80, 8);
      const float *x = a + pick(3);
      kernels->map[operation](found, x, x + 80, x + 160, count);
      ctk_map_reference((ctk_operation)operation, expected, x, x + 80, x + 160, count);
      what = "elementwise operation";
      compare(count, 4 * 0x1p-23f, NULL, operation, count, 0);
    }
  }
}

static void check_rows(int rows, int width) {
  const int stride = width + pick(3);
  fill(a, LIMIT, 1);
  const float tolerance = (float)(rows + width) * 0x1p-22f;
#define CHECK(name, count, call, reference) \
  do {                                      \
    what = name;                            \
    memset(found, 0, sizeof found);         \
    memset(expected, 0, sizeof expected);   \
    kernels->call;                          \
    reference;                              \
    compare(count, tolerance, NULL, rows, width, 0); \
  } while (0)
  CHECK("row sums", rows, row_sum(a, stride, rows, width, found, 1),
        ctk_row_sum_reference(a, stride, rows, width, expected, 1));
  fill(b, LIMIT, 1);
  CHECK("row products", rows, row_products(a, stride, b, 0, rows, width, found),
        ctk_row_products_reference(a, stride, b, 0, rows, width, expected));
  CHECK("weighted rows", width, weighted_rows(b, a, stride, rows, width, false, found),
        ctk_weighted_rows_reference(b, a, stride, rows, width, expected));
  const ctk_matrix_update update = {.x = a, .x_stride = stride, .scale = b, .left = b + 1,
                                    .scale_stride = 1, .left_stride = 1, .right = b};
  CHECK("matrix updates", rows * width, matrix_update(&update, rows, width, found, width),
        ctk_matrix_update_reference(&update, rows, width, expected, width));
  CHECK("row maxima", rows, row_maximum(a, stride, rows, width, found, 1),
        ctk_row_maximum_reference(a, stride, rows, width, expected, 1));
  CHECK("cumulative sums", rows * width,
        row_cumulative_sum(a, stride, rows, width, true, found, width),
        ctk_row_cumulative_sum_reference(a, stride, rows, width, true, expected, width));
  CHECK("column sums", width, column_sum(a, stride, rows, width, false, found),
        ctk_column_sum_reference(a, stride, rows, width, false, expected));
  CHECK("copies", rows * width, copy_rows(a, stride, rows, width, found, width),
        ctk_copy_rows_reference(a, stride, rows, width, expected, width));
  fill(found, rows * width, 1);
  memcpy(expected, found, sizeof expected);
  what = "sums of blocks";
  kernels->add_rows(a, stride, rows, width, found, width);
  ctk_add_rows_reference(a, stride, rows, width, expected, width);
  compare(rows * width, tolerance, NULL, rows, width, 0);
  CHECK("transposes", rows * width, transpose(a, rows, width, found),
        ctk_transpose_reference(a, rows, width, expected));
  CHECK("softmax", rows * width, softmax(a, rows, width, found),
        ctk_softmax_reference(a, rows, width, expected));
  CHECK("log-softmax", rows * width, log_softmax(a, rows, width, found),
        ctk_log_softmax_reference(a, rows, width, expected));
  int32_t targets[80];
  for (int r = 0; r < rows; r++) targets[r] = pick(width + 1) - 1;
  int32_t indices[80];
  for (int r = 0; r < rows; r++) indices[r] = pick(rows);
  CHECK("gathered rows", rows * width, gather_rows(a, width, indices, rows, found),
        ctk_gather_rows_reference(a, width, indices, rows, expected));
  CHECK("cross-entropy", rows + rows * width,
        cross_entropy(a, rows, width, targets, 0.75f, found, found + rows),
        ctk_cross_entropy_reference(a, rows, width, targets, 0.75f, expected, expected + rows));
}

static void check_optimizers(int count) {
  const ctk_adam settings = {1e-3, 0.9, 0.999, 1e-8, 0.01, 0.02, 0.1, 0.0316, 0.5};
  fill(a, count, 1);
  fill(found, 3 * count, 1);
  absolute_values(found + 2 * count, count);
  memcpy(expected, found, sizeof expected);
  what = "Adam";
  kernels->adam_step(&settings, count, a, found, found + count, found + 2 * count);
  ctk_adam_step_reference(&settings, count, a, expected, expected + count, expected + 2 * count);
  compare(3 * count, 0x1p-20f, NULL, count, 0, 0);
  what = "SGD";
  memcpy(found, expected, sizeof found);
  kernels->sgd_step(0.1f, 0.9f, 0.01f, true, 0.5f, count, a, found, found + count);
  ctk_sgd_step_reference(0.1f, 0.9f, 0.01f, true, 0.5f, count, a, expected, expected + count);
  compare(2 * count, 0x1p-20f, NULL, count, 0, 0);
}

static void check_traces(int states, int rows, int width, bool is_product, bool adds) {
  float *own[CTK_MAX_TRACES];
  const float *factors[(CTK_MAX_TRACES + 1) * CTK_MAX_TRACES];
  const float *left[CTK_MAX_TRACES + 1], *right[CTK_MAX_TRACES + 1];
  ctk_traces traces = {width, states, own, NULL, adds, factors, left, is_product ? right : NULL};
  const int size = rows * width;
  fill(found, (states + 1) * size, 1);
  memcpy(expected, found, sizeof expected);
  fill(a, LIMIT, 1);
  fill(b, LIMIT, 1);
  for (int i = 0; i < (states + 1) * states; i++) factors[i] = a + i * rows;
  for (int p = 0; p <= states; p++) {
    left[p] = b + p * (is_product ? rows : size);
    right[p] = b + (states + 1) * rows + p * width;
  }
  for (int twin = 0; twin < 2; twin++) {
    float *memory = twin ? expected : found;
    traces.gradient = memory + states * size;
    for (int q = 0; q < states; q++) own[q] = memory + q * size;
    if (twin) ctk_advance_traces_reference(&traces, 0, rows);
    else kernels->advance_traces(&traces, 0, rows);
  }
  what = "traces";
  compare((states + 1) * size, 8 * (states + 1) * 0x1p-23f, NULL, states, rows, width);
}

// y = sigmoid(a) * tanh(b) + 0.5, over rows with gaps.
static void check_program(int rows, int width) {
  static const ctk_instruction code[] = {
      {CTK_LOAD, 0, 0, 0, 0},     {CTK_LOAD, 1, 1, 0, 0},     {CTK_SIGMOID, 0, 0, 0, 0},
      {CTK_TANH, 1, 1, 0, 0},     {CTK_CONSTANT, 2, 0, 0, 0}, {CTK_MULTIPLY_ADD, 0, 0, 1, 2},
      {CTK_STORE, 2, 0, 0, 0},
  };
  static const float half = 0.5f;
  const ctk_program program = {code, &half, sizeof code / sizeof *code, 1, 3, 3};
  const int stride = width + pick(3);
  fill(a, LIMIT, 4);
  fill(b, LIMIT, 4);
  memset(found, 0, sizeof found);
  memset(expected, 0, sizeof expected);
  ctk_operand operands[] = {{a, stride, 1}, {b, 0, 1}, {found, stride, 1}};
  ctk_program_run_with(kernels, &program, operands, rows, width);
  operands[2].base = expected;
  ctk_program_run_reference(&program, operands, rows, width);
  what = "program";
  compare(rows * stride, 8 * 0x1p-23f, NULL, rows, width, 0);
}

int main(void) {
  for (int isa = CTK_ISA_PORTABLE; isa <= CTK_ISA_NEON; isa++) {
    kernels = ctk_kernels_for((ctk_isa)isa);
    if (!kernels) continue;
    check_functions();
    for (int size = 1; size <= 70; size++) {
      check_product(size, pick(70) + 1, pick(70) + 1);
      check_product(pick(70) + 1, size, pick(70) + 1);
      check_product(pick(70) + 1, pick(70) + 1, size);
      check_encoded_product(size, pick(70) + 1, pick(70) + 1);
      check_encoded_product(pick(70) + 1, size, pick(70) + 1);
      check_encoded_product(pick(70) + 1, pick(70) + 1, size);
      check_rows(size, pick(70) + 1);
      check_rows(pick(70) + 1, size);
      check_optimizers(size);
      check_program(size, pick(70) + 1);
      check_program(pick(70) + 1, size);
      check_traces(size % (CTK_MAX_TRACES + 1), pick(8) + 1, size, pick(2), pick(2));
      check_traces(size % (CTK_MAX_TRACES + 1), size, 1, pick(2), pick(2));
    }
    check_product(20, 50, 600);
    check_product(1, 200, 300);
    check_product(200, 30, 100);
    check_encoded_product(1, 100, 600);
    check_encoded_product(7, 20, 2500);
    printf("%s: %d comparisons\n", ctk_isa_name(kernels->isa), comparisons);
    comparisons = 0;
  }
  return failures > 0;
}
