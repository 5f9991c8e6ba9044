/* IAM conditions: the part of the Common Expression Language, and the attributes, that cloud.google.com/iam/docs/conditions-attribute-reference
 * describes. */
#ifndef MS_SIM_API_IAM_CONDITION_H
#define MS_SIM_API_IAM_CONDITION_H

#include "sim/api/shared.h"

struct condition_place {
	double time;                       /* request.time, seconds since 1970 */
	const char *service, *type, *name; /* of the resource */
	const cJSON *modified;             /* roles whose grants a setIamPolicy changes, or NULL */
};
/* Does the expression hold? One that cannot be evaluated does not; *why (may be NULL) then says what is wrong with it, a static text. */
bool condition_holds(const char *expression, const struct condition_place *place, const char **why);
/* The service and type ("storage.googleapis.com/Bucket") and the resource.name of a policy holder, into buffers of their size. */
void condition_resource(struct sim *s, const char *holder, char service[static 64], char type[static 96],
			char name[static 512]);

#endif
