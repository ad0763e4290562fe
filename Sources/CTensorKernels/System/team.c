// The thread team: one for the process, made on demand, never ended.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "CTensorKernels.h"
#include "environment.h"
#include "gate.h"

enum { MAX_THREADS = 256 /* as ThreadTeam.swift says */, STACK_SIZE = 8 << 20 };

typedef void (*part_body)(void *context, int32_t part);

// The current caller is thread 0; thread t waits at starts[t].
static struct {
  atomic_bool busy;
  int32_t thread_count;  // with the caller; changes only under `busy`, like the job
  part_body body;
  void *context;
  int32_t parts, workers;
  gate starts[MAX_THREADS];
  _Alignas(64) atomic_int running;
  gate finished;
  _Alignas(64) atomic_int arrived;
  gate barrier;
} team = {.thread_count = 1};

// The number of threads that a barrier waits for, in the job that this thread runs now.
static _Thread_local int32_t barrier_threads = 1;

static void run_parts(int32_t thread) {
  const int32_t before = barrier_threads;
  barrier_threads = team.workers;
  for (int32_t part = thread; part < team.parts; part += team.workers)
    team.body(team.context, part);
  barrier_threads = before;
}

static void *work(void *argument) {
  const int32_t thread = (int32_t)(intptr_t)argument;
  for (uint32_t jobs = 0;; jobs++) {
    ctk_gate_wait(&team.starts[thread], jobs);
    run_parts(thread);
    if (atomic_fetch_sub(&team.running, 1) == 1) ctk_gate_pass(&team.finished);
  }
  return NULL;
}

// Makes threads until there are `count`, if the system gives them; returns how many there are.
static int32_t grown_to(int32_t count) {
  pthread_attr_t attributes;
  if (team.thread_count >= count || pthread_attr_init(&attributes) != 0) return team.thread_count;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_SIZE);
  while (team.thread_count < count) {
    pthread_t thread;
    void *argument = (void *)(intptr_t)team.thread_count;
    if (pthread_create(&thread, &attributes, work, argument) != 0) break;
    team.thread_count++;
  }
  pthread_attr_destroy(&attributes);
  return team.thread_count;
}

// Runs the parts on `threads` threads; the team is this caller's.
static void run_job(int32_t parts, int32_t threads, part_body body, void *context) {
  team.body = body;
  team.context = context;
  team.parts = parts;
  team.workers = threads;
  atomic_store(&team.running, threads);
  const uint32_t jobs = atomic_load(&team.finished.value);
  for (int32_t t = 1; t < threads; t++) ctk_gate_pass(&team.starts[t]);
  run_parts(0);
  if (atomic_fetch_sub(&team.running, 1) == 1) ctk_gate_pass(&team.finished);
  ctk_gate_wait(&team.finished, jobs);
}

static void run_alone(int32_t parts, part_body body, void *context) {
  const int32_t before = barrier_threads;
  barrier_threads = 1;
  for (int32_t part = 0; part < parts; part++) body(context, part);
  barrier_threads = before;
}

static bool take_team(void) {
  return !atomic_exchange_explicit(&team.busy, true, memory_order_acquire);
}
static void leave_team(void) {
  atomic_store_explicit(&team.busy, false, memory_order_release);
}

void ctk_team_run(int32_t parts, void (*body)(void *context, int32_t part), void *context) {
  const int32_t limit = ctk_thread_count(), useful = parts < limit ? parts : limit;
  if (useful <= 1 || !take_team()) {
    run_alone(parts, body, context);
    return;
  }
  const int32_t available = grown_to(useful);
  run_job(parts, available < useful ? available : useful, body, context);
  leave_team();
}

bool ctk_team_try_run(int32_t parts, void (*body)(void *context, int32_t part), void *context) {
  if (parts <= 1) {
    run_alone(parts, body, context);
    return true;
  }
  if (parts > ctk_thread_count() || !take_team()) return false;
  const bool enough = grown_to(parts) >= parts;
  if (enough) run_job(parts, parts, body, context);
  leave_team();
  return enough;
}

void ctk_team_barrier(void) {
  if (barrier_threads <= 1) return;
  const uint32_t round = atomic_load(&team.barrier.value);
  if (atomic_fetch_add(&team.arrived, 1) == barrier_threads - 1) {
    atomic_store(&team.arrived, 0);
    ctk_gate_pass(&team.barrier);
  } else {
    ctk_gate_wait(&team.barrier, round);
  }
}

// MARK: The thread count

static atomic_int chosen_count;  // 0: not chosen yet

static int32_t clamped(long count) {
  return count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : (int32_t)count;
}

static int32_t count_at_start(void) {
  const char *wish = ctk_environment("SWIFT_RNN_THREADS");
  if (wish) {
    char *end = NULL;
    const long wished = strtol(wish, &end, 10);
    if (*end || wished < 1 || wished > MAX_THREADS)
      ctk_environment_refuse("SWIFT_RNN_THREADS", "a number from 1 to 256", wish);
    return (int32_t)wished;
  }
#if defined(__linux__)
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof processors, &processors) == 0)
    return clamped(CPU_COUNT(&processors));
#endif
  return clamped(sysconf(_SC_NPROCESSORS_ONLN));
}

int32_t ctk_thread_count(void) {
  const int32_t count = atomic_load_explicit(&chosen_count, memory_order_relaxed);
  if (count > 0) return count;
  int none = 0;
  const int32_t first = count_at_start();
  return atomic_compare_exchange_strong(&chosen_count, &none, first) ? first : none;
}

void ctk_set_thread_count(int32_t count) { atomic_store(&chosen_count, clamped(count)); }
