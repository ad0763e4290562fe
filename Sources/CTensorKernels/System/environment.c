// The environment variables that the kernels read.
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>

const char *ctk_environment(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

void ctk_environment_refuse(const char *name, const char *expected, const char *found) {
  fprintf(stderr, "Fatal error: %s: expected %s, found \"%s\"\n", name, expected, found);
  abort();
}
