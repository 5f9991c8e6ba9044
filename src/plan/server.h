/* The settings that every MLflow server behind a gate runs with, whatever its target. */
#ifndef MS_PLAN_SERVER_H
#define MS_PLAN_SERVER_H

#include "plan/design.h"

/* Adds MLflow's variables to its container: the database's and the artifacts' by their choices, but no address of the database and no secret. */
void server_settings(struct design *d, struct container *c);

#endif
