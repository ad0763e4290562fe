// Time loops that run inside out: a block of units goes through all steps before the next block.
#ifndef CTENSORLOOPS_H
#define CTENSORLOOPS_H

#include "CTensorKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CTK_MOST_UNIT_PROGRAMS = 6 };

// ctk_steps_run_times for steps that are at most CTK_MOST_UNIT_PROGRAMS programs over rows of one width, each acting on
// every unit alone: of what the loop writes a unit reads no other unit's. The same bits. Threads that split a step
// take units of their own, and none waits.
void ctk_steps_run_units(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                         const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride);
// The units of one part, whatever the thread team does.
void ctk_steps_run_part_of_units(const ctk_step *steps, ptrdiff_t count, const ctk_area *areas,
                                 const ctk_step_block *first, ptrdiff_t times, ptrdiff_t stride);

#ifdef __cplusplus
}
#endif

#endif
