// The choice of the matrix unit, once, at the first use.
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../System/environment.h"
#include "CTensorMatrixUnit.h"

static const ctk_matrix_unit none;  // stands for no unit: null is for not chosen yet

static const ctk_matrix_unit *chosen_at_start(void) {
  const char *wish = ctk_environment("SWIFT_RNN_MATRIX_UNIT");
  if (wish && strcmp(wish, "none") == 0) return &none;
  if (wish && strcmp(wish, "emulated") == 0) return ctk_matrix_unit_emulated();
  const ctk_matrix_unit *amx = ctk_matrix_unit_amx();
  if (wish && !(amx && strcmp(wish, "amx") == 0))
    ctk_environment_refuse("SWIFT_RNN_MATRIX_UNIT", amx ? "amx, emulated or none" : "emulated or none", wish);
  return amx ? amx : &none;
}

static _Atomic(const ctk_matrix_unit *) active;

const ctk_matrix_unit *ctk_matrix_unit_active(void) {
  const ctk_matrix_unit *unit = atomic_load_explicit(&active, memory_order_relaxed);
  if (!unit) {
    // Two threads that arrive here at once make the same choice.
    const ctk_matrix_unit *unchosen = NULL;
    unit = chosen_at_start();
    if (!atomic_compare_exchange_strong(&active, &unchosen, unit)) unit = unchosen;
  }
  return unit == &none ? NULL : unit;
}

void ctk_matrix_unit_select(const ctk_matrix_unit *unit) {
  atomic_store(&active, unit ? unit : &none);
}
