// Messages between the processes of an MPI job. MPI's names are macros, which Swift does not see; these are functions.
//
// Functions return null, or what went wrong: a text that lasts until the thread's next call.
#ifndef C_MESSAGE_PASSING_H
#define C_MESSAGE_PASSING_H

#include <stddef.h>
#include <stdint.h>

// Joins the job. Later calls must not overlap; they may come from any thread.
const char *cmp_start(int *rank, int *ranks);
// Leaves the job when all processes have called it.
void cmp_end(void);
// Ends all processes of the job.
void cmp_abort(int code);

// is_neighbour[r] = whether rank r runs on this machine.
const char *cmp_neighbours(int ranks, int *is_neighbour);

// Sends sizes[r] bytes to each other rank r, and receives at most capacities[r] bytes from it; received[r] is their
// number. `failed` is the rank that the error is about, or -1.
const char *cmp_exchange(int rank, int ranks, const void *const *messages, const size_t *sizes,
                         void *const *places, const size_t *capacities, size_t *received,
                         int *failed);

// Lets this process run on its share of the machine's processors, number `index` of `count`, unless it may run on as
// many already; the number of processors that it may run on.
int cmp_share_processors(int index, int count);

// A number that no other process with this identifier has had: its start in ticks; 0 if there is no such process or it
// has ended.
uint64_t cmp_process_start(int process);
int cmp_own_process(void);

#endif
