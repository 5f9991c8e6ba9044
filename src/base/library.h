/* Shared libraries that are looked up at the first use. Linked in, libcurl and libarchive map some fifty libraries before the first frame is
 * drawn: several milliseconds of start-up for pages that need neither. */
#ifndef MS_BASE_LIBRARY_H
#define MS_BASE_LIBRARY_H

#include "base/err.h"

#include <stddef.h>

struct library_row {
	const char *symbol;
	void **slot; /* gets the function's address */
};

/* Loads soname and fills every slot; the handle stays good until library_unload. NULL with EXIT_CONFIG, naming the Debian package, when it
 * or one of its functions is not there. */
void *library_load(const char *soname, const char *package, const struct library_row *rows, size_t count, struct err *e);

/* Ends the use of what library_load gave; its slots must not be called any more. */
void library_unload(void *handle);

/* Unmaps from this process the pages of code and read-only data that are as they are in their files: a page that is needed again comes
 * back from the page cache at its next use. Loading thirty libraries reads all their symbol and relocation tables once (some 5 MB), and
 * initialising them code that never runs again. */
void library_trim(void);

#endif
