// The decays of a recurrence's steps: whether they are mild, and their cotangents.
#include "CTensorKernelTable.h"
#include "recurrence.h"

bool ctk_recurrence_is_mild(const ctk_recurrence *self, const ctk_area *areas,
                            const ctk_step_block *first, ptrdiff_t count, ptrdiff_t stride,
                            ptrdiff_t head) {
  if (self->decays == 0) return true;
  const head_steps steps = {self, areas, *first, count, stride, head};
  const step_vectors decays = ctk_vectors_of(&self->decay, &steps, areas);
  float products[MOST];
  uint32_t is_other = 0;  // an integer, of which several are found at once
  for (ptrdiff_t r = 0; r < self->decays; r++) products[r] = 1;
  for (ptrdiff_t i = 0; i < count && !is_other; i++)
    for (ptrdiff_t r = 0; r < self->decays; r++) {
      const float decay = decays.rows[i][r];
      is_other |= !(decay >= 0x1p-6f) | !(decay <= 0x1p6f);  // of NaN too
      products[r] *= decay;
    }
  for (ptrdiff_t r = 0; r < self->decays; r++)
    is_other |= !(products[r] >= 0x1p-60f) | !(products[r] <= 0x1p60f);
  return !is_other;
}

// Adds the products of some terms to the sums, or takes them away.
static void change(const ctk_decay_term *terms, int32_t count, bool is_before, float sign,
                   const head_steps *steps, const ctk_area *cotangent_areas, ptrdiff_t index,
                   float *sums) {
  for (const ctk_decay_term *term = terms; term < terms + count; term++) {
    if (term->is_before != is_before) continue;
    const float *x =
        ctk_factor_address(&term->x, steps, term->x_is_forward ? steps->areas : cotangent_areas, index);
    const float *y = ctk_factor_address(&term->y, steps, cotangent_areas, index);
    for (ptrdiff_t r = 0; r < steps->self->rows; r++) sums[r] += sign * x[r] * y[r];
  }
}

void ctk_recurrence_decay_cotangents(const ctk_decay_cotangents *self, const ctk_area *areas,
                                     const ctk_area *cotangent_areas, const ctk_step_block *first,
                                     ptrdiff_t count, ptrdiff_t stride, ptrdiff_t head) {
  const ctk_recurrence *recurrence = self->recurrence;
  const ptrdiff_t rows = recurrence->rows, columns = recurrence->columns;
  const head_steps steps = {recurrence, areas, *first, count, stride, head};
  const ctk_decay_term *shrinking = self->terms + self->growing_count;
  const int32_t shrinking_count = self->term_count - self->growing_count;
  const ctk_kernels *kernels = ctk_kernels_active();
  float sums[MOST];
  kernels->row_products(
      ctk_factor_address(&recurrence->before, &steps, areas, 0), columns,
      ctk_factor_address(&self->matrix_cotangent, &steps, cotangent_areas, 0), columns, rows, columns, sums);
  for (ptrdiff_t i = 0; i < count; i++) {
    change(shrinking, shrinking_count, true, -1, &steps, cotangent_areas, i, sums);
    const float *decay = ctk_factor_address(&recurrence->decay, &steps, areas, i);
    float *cotangent = ctk_factor_address(&self->decay_cotangent, &steps, cotangent_areas, i);
    if (self->is_total) {
      kernels->row_sum(sums, rows, 1, rows, cotangent, 1);
      *cotangent /= *decay;
    } else {
      for (ptrdiff_t r = 0; r < rows; r++)
        cotangent[r] = sums[r] / decay[recurrence->decays == 1 ? 0 : r];
    }
    change(self->terms, self->growing_count, false, 1, &steps, cotangent_areas, i, sums);
    change(shrinking, shrinking_count, false, -1, &steps, cotangent_areas, i, sums);
  }
}
