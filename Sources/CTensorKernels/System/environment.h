// The environment variables that the kernels read.
#ifndef CTK_ENVIRONMENT_H
#define CTK_ENVIRONMENT_H

// The value of a variable; NULL where it is not set or empty.
const char *ctk_environment(const char *name);

// Stops the process, for a variable with a value that is none of those that there are. The message has all three.
_Noreturn void ctk_environment_refuse(const char *name, const char *expected, const char *found);

#endif
