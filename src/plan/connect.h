/* What a client needs to get to the stack, for each kind of client, as lines to paste. They follow from the plan's wall alone; the choices on the axes
 * add remarks, which are comments in a shell and in Python alike. */
#ifndef MS_PLAN_CONNECT_H
#define MS_PLAN_CONNECT_H

#include "base/buf.h"
#include "plan/answers.h"
#include "plan/plan.h"

struct client_form {
	const char *id; /* "shell": what --for takes */
	void (*print)(const struct plan *p, struct buf *out);
};
/* Ended by a NULL id; the first is the one that is meant when none is named. */
extern const struct client_form client_forms[];

/* The form with this id, the first for NULL; or NULL. */
const struct client_form *client_form_find(const char *id);

/* Adds to the plan's files, once its wall is known, a Python package that signs MLflow's client in and renews what it shows; nothing where nothing is shown. */
void client_package(const struct answers *a, struct plan *p);

#endif
