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

// The current caller and the workers take parts of its job one by one, so that a worker that comes late does not
// keep the caller waiting: the caller takes its part too.
static struct {
  atomic_bool busy;
  // Under `busy`, like the job.
  int32_t thread_count;  // with the caller
  part_body body;
  void *context;
  int32_t parts;
  int64_t start;  // in nanoseconds
  _Alignas(64) _Atomic uint64_t untaken;  // the job's number, and how many of its parts nobody has taken yet
  _Alignas(64) atomic_int unfinished;
  gate finished;
  gate starts[MAX_THREADS];  // worker t waits at starts[t]
  _Alignas(64) atomic_int arrived;
  gate barrier;
  bool is_apart;  // changes only while all parts stand at the barrier
} team = {.thread_count = 1};

// The parts that meet at barriers, in the job that this thread runs now.
static _Thread_local int32_t barrier_parts = 1;
// Whether this thread is the job's caller.
static _Thread_local bool is_caller = false;

// The next part that nobody has taken; -1 if there is none. Nothing of the job changes before all its parts end.
static int32_t take_part(void) {
  uint64_t untaken = atomic_load(&team.untaken);
  while ((uint32_t)untaken > 0)
    if (atomic_compare_exchange_weak(&team.untaken, &untaken, untaken - 1))
      return team.parts - (int32_t)(uint32_t)untaken;
  return -1;
}

// Runs a part that this thread has taken, and whatever others have not taken then.
static void run_parts(int32_t part) {
  for (; part >= 0; part = take_part()) {
    barrier_parts = team.parts;
    team.body(team.context, part);
    barrier_parts = 1;
    if (atomic_fetch_sub(&team.unfinished, 1) == 1) ctk_gate_pass(&team.finished);
  }
}

// MARK: How far the threads are from each other

// The time from the start of a job to its start on a thread that waits for it: some 100 nanoseconds between cores that share
// a cache, several times as much between others, where every line of the results takes as long. Systems move threads
// between cores, so that it changes. The first worker measures it for all.
_Alignas(64) static atomic_bool is_far;

int64_t ctk_team_typical_handover(int64_t typical, int64_t time) {
  // About the median: a thread that comes a slice of the scheduler later counts like one that is a little late.
  const int64_t step = typical / 8 + 1;
  return time > typical ? typical + step : typical - step;
}

static void note_handover(int64_t start) {
  const int64_t quick = 300;
  static int64_t typical;  // of the first worker alone
  typical = ctk_team_typical_handover(typical, ctk_now() - start);
  const bool is_far_now = typical > quick;
  if (is_far_now != atomic_load_explicit(&is_far, memory_order_relaxed))
    atomic_store_explicit(&is_far, is_far_now, memory_order_relaxed);
}

int64_t ctk_team_least_work(void) {
  // Distant threads are tried again now and then, with enough jobs to wake and to measure them.
  enum { PERIOD = 8192, TRIES = 64 };
  static _Thread_local uint32_t asked;
  if (!atomic_load_explicit(&is_far, memory_order_relaxed) || asked++ % PERIOD < TRIES) return 100000;
  return 500000;
}

static void *work(void *argument) {
  const intptr_t thread = (intptr_t)argument;
  gate *start = &team.starts[thread];
  for (uint32_t jobs = 0;;) {
    const int64_t waited = ctk_gate_wait(start, jobs);
    jobs = atomic_load(&start->value);
    const int32_t part = take_part();
    if (thread == 1 && part >= 0 && waited < SPINNING) note_handover(team.start);
    run_parts(part);
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

// MARK: Whether threads are worth their waiting

enum { MICROSECOND = 1000, MILLISECOND = 1000 * MICROSECOND };

// On a machine that others use too a thread may come a slice of the scheduler later than the others. A caller that
// waits longer for the others than they save would be faster alone: it works alone for a while, then tries again.
static struct {
  int64_t worked, waited;  // of callers, in the last jobs
  _Atomic int64_t until;   // when threads are tried again
  int64_t pause;           // how long they were left out last time
} alone;

// Of the caller, in this job.
static _Atomic int64_t waited;

static bool is_faster_alone(int64_t worked_now, int64_t waited_now) {
  const int64_t work = alone.worked + worked_now, wait = alone.waited + waited_now;
  return wait > MILLISECOND && wait > (team.parts - 1) * work;
}

static bool works_alone(void) {
  const int64_t until = atomic_load_explicit(&alone.until, memory_order_relaxed);
  return until > 0 && ctk_now() < until;
}

// Draws conclusions from a job that has ended.
static void note_job(int64_t end) {
  const int64_t shortest = 20 * MILLISECOND, longest = 1000 * MILLISECOND, memory = 10 * MILLISECOND;
  const int64_t wait = atomic_load(&waited), work = end - team.start - wait;
  if (team.is_apart || is_faster_alone(work, wait)) {
    alone.pause = alone.pause == 0 ? shortest : alone.pause < longest / 2 ? 2 * alone.pause : longest;
    atomic_store(&alone.until, end + alone.pause);
    alone.worked = alone.waited = 0;
    return;
  }
  alone.worked += work;
  alone.waited += wait;
  if (alone.worked + alone.waited < memory) return;
  alone.worked /= 2;
  alone.waited /= 2;
  alone.pause = 0;
}

static void wait_at(gate *gate, uint32_t value) {
  const int64_t time = ctk_gate_wait(gate, value);
  if (is_caller && time > 0) atomic_fetch_add(&waited, time);
}

// MARK: Jobs

// Runs the parts on at most `threads` threads; the team is this caller's, which takes part 0.
static void run_job(int32_t parts, int32_t threads, part_body body, void *context) {
  const uint64_t number = (atomic_load(&team.untaken) >> 32) + 1;
  const uint32_t jobs = atomic_load(&team.finished.value);
  team.body = body;
  team.context = context;
  team.parts = parts;
  team.is_apart = false;
  team.start = ctk_now();
  atomic_store(&waited, 0);
  atomic_store(&team.unfinished, parts);
  atomic_store(&team.untaken, number << 32 | (uint32_t)(parts - 1));
  for (int32_t t = 1; t < threads; t++) ctk_gate_pass(&team.starts[t]);
  is_caller = true;
  run_parts(0);
  wait_at(&team.finished, jobs);
  is_caller = false;
  note_job(ctk_now());
}

static void run_alone(int32_t parts, part_body body, void *context) {
  const int32_t before = barrier_parts;
  barrier_parts = 1;
  for (int32_t part = 0; part < parts; part++) body(context, part);
  barrier_parts = before;
}

static bool take_team(void) {
  return !atomic_exchange_explicit(&team.busy, true, memory_order_acquire);
}
static void leave_team(void) {
  atomic_store_explicit(&team.busy, false, memory_order_release);
}

void ctk_team_run(int32_t parts, void (*body)(void *context, int32_t part), void *context) {
  const int32_t limit = ctk_thread_count(), useful = parts < limit ? parts : limit;
  if (useful <= 1 || works_alone() || !take_team()) {
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
  if (parts > ctk_thread_count() || works_alone() || !take_team()) return false;
  const bool enough = grown_to(parts) >= parts;
  if (enough) run_job(parts, parts, body, context);
  leave_team();
  return enough;
}

void ctk_team_barrier(void) {
  if (barrier_parts <= 1) return;
  const uint32_t round = atomic_load(&team.barrier.value);
  if (atomic_fetch_add(&team.arrived, 1) < barrier_parts - 1) {
    wait_at(&team.barrier, round);
    return;
  }
  const int64_t wait = atomic_load(&waited);
  if (wait > MILLISECOND && is_faster_alone(ctk_now() - team.start - wait, wait)) team.is_apart = true;
  atomic_store(&team.arrived, 0);
  ctk_gate_pass(&team.barrier);
}

bool ctk_team_is_apart(void) { return team.is_apart; }

bool ctk_team_is_worth(int64_t work) {
  const int64_t least_work = 2000000;  // waking a thread takes tens of microseconds
  static _Atomic int64_t asked, missed;  // when sleepers were asked for last, and the work for which they were not woken
  if (atomic_load(&team.starts[1].sleepers) == 0) return true;
  const int64_t now = ctk_now();
  if (now - atomic_exchange(&asked, now) > SPINNING) atomic_store(&missed, 0);
  return atomic_fetch_add(&missed, work) + work >= least_work;
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
