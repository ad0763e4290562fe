// A counter that threads wait at: first they spin, then they sleep.
#ifndef GATE_H
#define GATE_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct {
  _Alignas(64) atomic_uint value;
  atomic_uint sleepers;
} gate;

// Returns, with what other threads wrote before they passed it, once the value is not `value`.
void ctk_gate_wait(gate *gate, uint32_t value);
// Adds one, and wakes those who wait.
void ctk_gate_pass(gate *gate);

#endif
