/* The source archive that Cloud Build makes the image from. */
#ifndef MS_PLAN_ARCHIVE_H
#define MS_PLAN_ARCHIVE_H

#include "plan/plan.h"

enum { ARCHIVE_HASH = 65 };

/* SHA-256, in hex, of names, modes and contents of the files in the archive: of what is in it and not of its bytes, since those
 * depend on the compressor's version. */
bool archive_hash(const struct plan *p, char hash[ARCHIVE_HASH], struct err *e);

/* Calls each with every file of the archive, in the plan's order, until one call is false. */
typedef bool archive_file(void *arg, const struct render_row *row, const struct buf *text, struct err *e);
bool archive_each(const struct plan *p, archive_file *each, void *arg, struct err *e);

#endif
