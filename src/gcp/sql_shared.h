/* What Cloud SQL's kinds share. */
#ifndef MS_GCP_SQL_SHARED_H
#define MS_GCP_SQL_SHARED_H

#include "gcp/kind.h"

/* Is the instance not there? Cloud SQL answers 404, or 403 notAuthorized, for it and for all that is in it. */
bool sql_absent(int http, const cJSON *reply);
/* Was it refused because the instance was stopped? Then out says that what is in it stands as spec has it: that cannot be seen before it runs again, and
 * once it does, it is looked at anew. */
bool sql_rests(const struct view *v, int http, const cJSON *reply, struct observation *out);
/* Decodes a list of a kind that is found only among those of its instance: found is the one that choose takes of the items, and there is none where that
 * takes none. False when it is not there, or cannot be told. */
bool sql_decode_listed(const struct view *v, int http, const cJSON *reply,
		       const cJSON *(*choose)(const struct view *v, const cJSON *items), struct observation *out);
/* One change at a time for the whole instance: the lock of its kinds (kind.h). spec names the "instance", but for the instance itself. */
char *sql_lock(const struct view *v);
/* What people notice where database flags change (kind.h's downtime). */
const char *sql_flags_downtime(void);

#endif
