// The environment variables that the kernels read.
#include "environment.h"

#include "CTensorTeam.h"

#include <stdio.h>
#include <stdlib.h>

const char *ctk_environment(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

static bool ends_process;

void ctk_environment_end_process(void) { ends_process = true; }

void ctk_environment_refuse(const char *name, const char *expected, const char *found) {
  const char *start = ends_process ? "Error" : "Fatal error";
  fprintf(stderr, "%s: %s: expected %s, found \"%s\"\n", start, name, expected, found);
  if (ends_process) _Exit(1);
  abort();
}
