// Memory and locks.
#include <pthread.h>
#include <stdlib.h>

#include "CTensorKernels.h"

float *ctk_memory_create(ptrdiff_t count) {
  if (count < 0 || (size_t)count > PTRDIFF_MAX / sizeof(float)) return NULL;
  void *memory = NULL;
  const size_t size = count > 0 ? (size_t)count * sizeof(float) : sizeof(float);
  return posix_memalign(&memory, 64, size) == 0 ? memory : NULL;
}

void ctk_memory_destroy(float *memory) { free(memory); }

struct ctk_lock {
  pthread_mutex_t mutex;
};

ctk_lock *ctk_lock_create(void) {
  ctk_lock *lock = malloc(sizeof *lock);
  if (lock) pthread_mutex_init(&lock->mutex, NULL);
  return lock;
}

void ctk_lock_destroy(ctk_lock *lock) {
  if (!lock) return;
  pthread_mutex_destroy(&lock->mutex);
  free(lock);
}

void ctk_lock_acquire(ctk_lock *lock) { pthread_mutex_lock(&lock->mutex); }
void ctk_lock_release(ctk_lock *lock) { pthread_mutex_unlock(&lock->mutex); }
