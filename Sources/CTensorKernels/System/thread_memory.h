// Memory of a thread's own, from its first use to the thread's end.
//
// Static memory of threads is for small things: all of it is cleared whenever a thread starts, and lies in its stack.
#ifndef THREAD_MEMORY_H
#define THREAD_MEMORY_H

#include <stddef.h>

// What the memory is for.
typedef enum {
  MEMORY_OF_HEADS,
  MEMORY_OF_RECURRENCES,
  MEMORY_OF_STEPS_TOGETHER,
  MEMORY_OF_UNITS,
  THREAD_MEMORIES,
} ctk_thread_memory;

// Zeros at first; on a cache line. Aborts the process, with a line, if there is no memory.
void *ctk_thread_memory_of(ctk_thread_memory use, size_t size);

#endif
