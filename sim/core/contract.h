/* The contract: methods, parameters and schemas of Google's APIs, read where they lie in the embedded tables (sim/contract/, made by
 * dev/distill-contract). Nothing is copied: a table is indexed when its API is first asked for. */
#ifndef MS_SIM_CONTRACT_H
#define MS_SIM_CONTRACT_H

#include "sim/core/core.h"
#include "sim/core/table.h"

struct contract_api {
	const char *name, *version;
	const char *service; /* "run.googleapis.com" */
	const char *title;   /* "Cloud Run Admin API", as error messages call it */
	const char *package; /* "google.cloud.run.v2": of type names in error messages */
	enum sim_error_dialect errors;
	const char *const *hosts; /* ended by NULL */
	const char *text, *end;   /* the table */
	bool anonymous;           /* asks for no credentials */
};

struct contract_method {
	const struct contract_api *api;
	struct span id, verb, template, request, reply, flags;
	const char *params; /* where its query parameters begin */
	bool lenient;       /* asked through a beta path: unknown fields are let pass and dropped */
};
struct contract_field {
	struct span name, type, flags;
};

/* The method that serves this request, with the path's parameters added to params (decoded); false when there is none such. path is
 * as sent (percent-encoded), without query. known is set when the host is one of Google's APIs. */
bool contract_find(const char *host, const char *verb, const char *path, struct contract_method *out, cJSON *params,
		   bool *known);

/* All methods of the contract's API at this place; NULL behind the last. */
const struct contract_method *contract_methods(size_t api, size_t *count);
/* A query parameter of the method; false when there is none such. */
bool contract_param(const struct contract_method *m, const char *name, struct contract_field *out);
/* The next parameter after *at (start with m->params), for walking. */
bool contract_next(const char **at, const char *end, struct contract_field *out);
/* Where the fields of a schema begin; NULL when there is no such schema. */
const char *contract_schema(const struct contract_api *api, struct span name);
/* A field by its JSON name or by its proto name (snake_case); of a map-like schema ("*") that one. */
bool contract_field(const struct contract_api *api, const char *fields, const char *name, struct contract_field *out);
/* How much has been indexed: bytes of memory in use by the indices. */
size_t contract_memory(void);

/* "google.run" style names to proto's: "maxInstanceCount" -> "max_instance_count". Appended to b. */
void contract_snake(struct buf *b, const char *camel, size_t len);

#endif
