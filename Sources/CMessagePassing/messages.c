// Nothing is compiled without the trait MPI.
#ifdef SWIFT_RNN_MPI

#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#include <sys/prctl.h>
#endif
#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "CMessagePassing.h"

// A program that is linked with both fails at its start.
#if __has_include(<mpi_portable_platform.h>) && __has_include(<mpi_proto.h>)
#error "Open MPI and MPICH are both installed: set SWIFT_RNN_MPI=openmpi or SWIFT_RNN_MPI=mpich in the build's environment"
#endif

static _Thread_local char error_text[MPI_MAX_ERROR_STRING + 1];

static const char *text_of(int code) {
  int length = 0;
  if (code == MPI_SUCCESS) return NULL;
  if (MPI_Error_string(code, error_text, &length) != MPI_SUCCESS)
    snprintf(error_text, sizeof error_text, "MPI error %d", code);
  return error_text;
}

const char *cmp_start(int *rank, int *ranks) {
  int provided = 0;
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (code != MPI_SUCCESS) return text_of(code);
  if (provided < MPI_THREAD_SERIALIZED) return "the MPI library does not support threads";
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, ranks);
  return NULL;
}

void cmp_end(void) { MPI_Finalize(); }

void cmp_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

const char *cmp_neighbours(int ranks, int *is_neighbour) {
  MPI_Comm machine;
  int rank = 0, count = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  int code = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &machine);
  if (code != MPI_SUCCESS) return text_of(code);
  MPI_Comm_size(machine, &count);
  int *members = calloc((size_t)count, sizeof *members);
  if (!members) return "no memory";
  code = MPI_Allgather(&rank, 1, MPI_INT, members, 1, MPI_INT, machine);
  for (int i = 0; i < ranks; i++) is_neighbour[i] = 0;
  for (int i = 0; code == MPI_SUCCESS && i < count; i++) is_neighbour[members[i]] = 1;
  free(members);
  MPI_Comm_free(&machine);
  return text_of(code);
}

// Waits for requests. MPI's own wait takes a processor all the time, which the computing threads need: this one looks
// often at first, and then rests between two looks.
static int wait_for(int count, MPI_Request *requests, MPI_Status *statuses) {
#ifdef __linux__
  prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
#endif
  for (int look = 0;; look++) {
    int done = 0;
    const int code = MPI_Testall(count, requests, &done, statuses);
    if (code != MPI_SUCCESS || done) return code;
    if (look > 100) {
      const struct timespec rest = {0, look < 3000 ? 10000 : 100000};
      nanosleep(&rest, NULL);
    }
  }
}

// Starts to receive from all other ranks and to send to them; each begins with its successor, so that no rank is
// everybody's first. Sets the number of requests, and the rank at which it failed.
static const char *start_exchange(int rank, int ranks, const void *const *messages,
                                  const size_t *sizes, void *const *places,
                                  const size_t *capacities, MPI_Request *requests, int *count,
                                  int *failed) {
  for (int step = 1; step < ranks; step++) {
    const int from = (rank - step + ranks) % ranks;
    const int capacity = capacities[from] > INT_MAX ? INT_MAX : (int)capacities[from];
    const int code = MPI_Irecv(places[from], capacity, MPI_BYTE, from, 0, MPI_COMM_WORLD,
                               &requests[(*count)++]);
    if (code == MPI_SUCCESS) continue;
    *failed = from;
    return text_of(code);
  }
  for (int step = 1; step < ranks; step++) {
    const int to = (rank + step) % ranks;
    if (sizes[to] > INT_MAX) return "a message of more than 2 GiB";
    const int code = MPI_Isend(messages[to], (int)sizes[to], MPI_BYTE, to, 0, MPI_COMM_WORLD,
                               &requests[(*count)++]);
    if (code == MPI_SUCCESS) continue;
    *failed = to;
    return text_of(code);
  }
  return NULL;
}

const char *cmp_exchange(int rank, int ranks, const void *const *messages, const size_t *sizes,
                         void *const *places, const size_t *capacities, size_t *received,
                         int *failed) {
  *failed = -1;
  MPI_Request *requests = calloc(2 * (size_t)ranks, sizeof *requests);
  MPI_Status *statuses = calloc(2 * (size_t)ranks, sizeof *statuses);
  int count = 0;
  const char *error = requests && statuses ? NULL : "no memory";
  if (!error) {
    error = start_exchange(rank, ranks, messages, sizes, places, capacities, requests, &count, failed);
  }
  if (!error) {
    int code = wait_for(count, requests, statuses);
    for (int i = 0; code == MPI_ERR_IN_STATUS && i < count; i++) {
      if (statuses[i].MPI_ERROR == MPI_SUCCESS || statuses[i].MPI_ERROR == MPI_ERR_PENDING) continue;
      *failed = i < ranks - 1 ? (rank - 1 - i + ranks) % ranks : (rank + 2 + i - ranks) % ranks;
      code = statuses[i].MPI_ERROR;
    }
    error = text_of(code);
  }
  received[rank] = 0;
  for (int step = 1; !error && step < ranks; step++) {
    int size = 0;
    MPI_Get_count(&statuses[step - 1], MPI_BYTE, &size);
    received[(rank - step + ranks) % ranks] = (size_t)size;
  }
  free(requests);
  free(statuses);
  return error;
}

#ifdef __linux__

int cmp_share_processors(int index, int count) {
  cpu_set_t bound, all, share;
  sched_getaffinity(0, sizeof bound, &bound);
  // Of all processors the system takes those that the job may use.
  memset(&all, 0xff, sizeof all);
  if (sched_setaffinity(0, sizeof all, &all) != 0) return CPU_COUNT(&bound);
  sched_getaffinity(0, sizeof all, &all);
  const int total = CPU_COUNT(&all), number = CPU_COUNT(&bound);
  if (number == total) return total > count ? total / count : 1;
  if (number >= total / count) {
    sched_setaffinity(0, sizeof bound, &bound);
    return number;
  }
  // The launcher gave it less than its share: Open MPI gives each of two processes a single core.
  CPU_ZERO(&share);
  int place = 0;
  for (int processor = 0; processor < CPU_SETSIZE; processor++) {
    if (!CPU_ISSET(processor, &all)) continue;
    if (place >= total * index / count && place < total * (index + 1) / count)
      CPU_SET(processor, &share);
    place++;
  }
  sched_setaffinity(0, sizeof share, &share);
  return CPU_COUNT(&share);
}

uint64_t cmp_process_start(int process) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  const size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[size] = 0;
  // The name, in parentheses, may have spaces. After it: the state, then 18 numbers, then the start.
  const char *rest = strrchr(text, ')');
  if (!rest || rest[1] != ' ' || rest[2] == 'Z' || rest[2] == 'X') return 0;
  rest += 2;
  for (int field = 0; field < 19; field++) {
    rest = strchr(rest + 1, ' ');
    if (!rest) return 0;
  }
  return strtoull(rest, NULL, 10);
}

#else

int cmp_share_processors(int index, int count) {
  (void)index;
  const long total = sysconf(_SC_NPROCESSORS_ONLN);
  return total > count ? (int)(total / count) : 1;
}

uint64_t cmp_process_start(int process) {
  (void)process;
  return 1;
}

#endif

int cmp_own_process(void) { return (int)getpid(); }

#endif
