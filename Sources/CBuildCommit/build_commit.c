#include "CBuildCommit.h"

#ifndef SWIFT_RNN_COMMIT
#define SWIFT_RNN_COMMIT ""
#endif

const char *build_commit(void) { return SWIFT_RNN_COMMIT; }
