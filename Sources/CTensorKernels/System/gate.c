// Waiting at a gate: a futex on Linux, a condition variable elsewhere.
#define _GNU_SOURCE
#include "gate.h"

#include <stdbool.h>
#include <time.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <pthread.h>
#endif

enum { PAUSES = 32 };

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#if defined(__linux__)
static void sleep_while(gate *gate, uint32_t value) {
  syscall(SYS_futex, &gate->value, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}
static void wake_all(gate *gate) {
  syscall(SYS_futex, &gate->value, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}
#else
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void sleep_while(gate *gate, uint32_t value) {
  pthread_mutex_lock(&mutex);
  while (atomic_load(&gate->value) == value) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}
static void wake_all(gate *gate) {
  (void)gate;
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}
#endif

int64_t ctk_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

static bool opens_soon(const gate *gate, uint32_t value) {
  for (int i = 0; i < PAUSES; i++) {
    if (atomic_load_explicit(&gate->value, memory_order_acquire) != value) return true;
    pause_briefly();
  }
  return false;
}

int64_t ctk_gate_wait(gate *gate, uint32_t value) {
  if (opens_soon(gate, value)) return 0;
  const int64_t start = ctk_now();
  int64_t now = start;
  while (now - start < SPINNING) {
    const bool is_open = opens_soon(gate, value);
    now = ctk_now();
    if (is_open) return now - start;
  }
  // Either the thread that opens the gate sees the sleeper, or the sleeper sees the new value.
  atomic_fetch_add(&gate->sleepers, 1);
  while (atomic_load(&gate->value) == value) sleep_while(gate, value);
  atomic_fetch_sub(&gate->sleepers, 1);
  return ctk_now() - start;
}

void ctk_gate_pass(gate *gate) {
  atomic_fetch_add(&gate->value, 1);
  if (atomic_load(&gate->sleepers) > 0) wake_all(gate);
}
