/* Between the files that hold bodies (check.c) and their values (check_values.c) to the contract. */
#ifndef MS_SIM_CORE_CHECK_H
#define MS_SIM_CORE_CHECK_H

#include "sim/core/inside.h"

struct check {
	const struct contract_api *api;
	bool reply, lenient;
	struct exchange *x;
	struct buf message; /* of all violations, one a line */
	const char *reason; /* of the first one, for errors[] */
	cJSON *violations;
	int count;
};

/* check.c: a value at a path of proto names is not of its proto type, with more of why, or "". */
void check_wrong_value(struct check *k, const char *path, const char *proto, const cJSON *value, const char *more);
/* Has the API errors[]? */
bool check_legacy(const struct check *k);

/* check_values.c: each respells a value that Google takes in another spelling. */
void check_enum(struct check *k, struct span type, cJSON *v, const char *path, const char *name);
void check_string_format(struct check *k, struct span type, const cJSON *v, const char *path, const char *name);
void check_number(struct check *k, struct span type, cJSON *v, const char *path);
/* The n-th value of an enum, n is 0 past the last; and its proto number. */
struct span check_enum_value(struct span type, int n);
int check_enum_number(struct span type, int place);

#endif
