#include "thread_memory.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE = 64 };  // bytes of a cache line

static _Thread_local void *memories[THREAD_MEMORIES];
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *own) {
  void **memories = own;
  for (int i = 0; i < THREAD_MEMORIES; i++) {
    free(memories[i]);
    memories[i] = NULL;
  }
}

static void make_key(void) { pthread_key_create(&key, release); }

void *ctk_thread_memory_of(ctk_thread_memory use, size_t size) {
  if (!memories[use]) {
    memories[use] = calloc(1, size + LINE - 1);
    if (!memories[use]) {
      fprintf(stderr, "Fatal error: out of memory: %zu bytes of a thread\n", size);
      abort();
    }
    pthread_once(&once, make_key);
    pthread_setspecific(key, memories);
  }
  return (void *)(((uintptr_t)memories[use] + LINE - 1) / LINE * LINE);
}
