// The thread team.
#ifndef CTENSORTEAM_H
#define CTENSORTEAM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Runs body(context, part) for every part < parts, on at most min(parts, ctk_thread_count()) threads of
// the process's one team, and returns when all have ended. Threads take the parts one by one; the
// caller takes the first, and whatever others are too late for. If the team is busy (another thread's
// call, or a call from inside a body), or was slower than its caller alone just now, because other
// processes had the processors, the caller runs all parts itself, in order: so a body must not wait for
// another part unless `ctk_team_try_run` returned true for it.
void ctk_team_run(int32_t parts, void (*body)(void *context, int32_t part), void *context);
// The same, but returns false at once, having run nothing, if the caller would run all parts itself or
// there are fewer threads than parts. Parts run at the same time and may call ctk_team_barrier: all of
// them, or none.
bool ctk_team_try_run(int32_t parts, void (*body)(void *context, int32_t part), void *context);
void ctk_team_barrier(void);
// Whether the job's threads cost more time than they save: the same for all parts between two barriers,
// and final for the job. ctk_steps_run then leaves all steps to part 0.
bool ctk_team_is_apart(void);
// Whether a job is worth the team; `work` is its multiplications and additions. Yes where other threads are awake, as they
// are for a while after each job, and where the job, with those just before it, takes longer than waking them.
bool ctk_team_is_worth(int64_t work);
// The fewest multiplications and additions of a job for each thread: fewer take longer with threads than alone. More where a
// job takes long from core to core, as the team measures in each; now and then, it tries again with less.
int64_t ctk_team_least_work(void);
// What is taken for the typical time of a hand-over after one more that took `time` nanoseconds.
int64_t ctk_team_typical_handover(int64_t typical, int64_t time);
// Threads that work may be split over: at first the processors this process may run on, or the
// environment variable SWIFT_RNN_THREADS; at least 1.
int32_t ctk_thread_count(void);
void ctk_set_thread_count(int32_t count);

// For programs: from now on an environment variable with a wrong value ends the process with a line and status 1, as a
// wrong argument does. Without it, that aborts the process.
void ctk_environment_end_process(void);

#ifdef __cplusplus
}
#endif

#endif
