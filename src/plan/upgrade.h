/* Another release of MLflow on a database that stands. */
#ifndef MS_PLAN_UPGRADE_H
#define MS_PLAN_UPGRADE_H

#include "plan/design.h"

/* Sets p's release, upgrades and downgrade: which release the answers ask for, and what that means for the tables that the database has. */
void upgrade_judge(const struct answers *a, struct plan *p);
/* Where the tables' release changes, "backup": one of the database, taken before, once all is there that the new server needs; and "stop": a resource of this
 * kind that stops what writes to the database. The migration then needs what this returns, else NULL. Takes spec. */
const char *upgrade_stop(struct design *d, const char *kind, const char *name, cJSON *spec);

/* Notes newest in p->newer when it is newer than the version that question is answered with. */
void upgrade_offer(const struct answers *a, struct plan *p, const char *question, const char *newest);

#endif
