#ifndef C_BUILD_COMMIT_H
#define C_BUILD_COMMIT_H

// The commit that the package was built from, with a + after it if files were changed since; empty if it is not known.
const char *build_commit(void);

#endif
