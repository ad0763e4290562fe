// A counter that threads wait at: first they spin, then they sleep.
#ifndef GATE_H
#define GATE_H

#include <stdatomic.h>
#include <stdint.h>

// How long threads spin: longer than the gap between two parts of a step, and short beside a slice of the scheduler.
enum { SPINNING = 100000 /* nanoseconds */ };

typedef struct {
  _Alignas(64) atomic_uint value;
  atomic_uint sleepers;
} gate;

// A clock, in nanoseconds.
int64_t ctk_now(void);

// Returns, with what other threads wrote before they passed it, once the value is not `value`: the nanoseconds that it
// took, 0 if the gate was open or opened at once.
int64_t ctk_gate_wait(gate *gate, uint32_t value);
// Adds one, and wakes those who wait.
void ctk_gate_pass(gate *gate);

#endif
