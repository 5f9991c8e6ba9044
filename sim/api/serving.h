/* What the serving APIs (artifactregistry, cloudbuild, run, appengine, logging) share: google.longrunning operations, passing texts,
 * names and regions. */
#ifndef MS_SIM_API_SERVING_H
#define MS_SIM_API_SERVING_H

#include "sim/api/shared.h"

/* The n-th segment as sim_segment, without a custom verb: "mlflow" of ".../services/mlflow:setIamPolicy". */
const char *sim_part(const struct sim_call *c, int n);
/* "projects/P/locations/R" of a call whose path is /VERSION/projects/P/locations/R...; P folded to the id. */
const char *sim_parent(const struct sim_call *c);
/* Is this a region (not a zone, not a multi-region) where Cloud Run and its neighbours are on offer? */
bool sim_is_region(const char *name);
/* The two letters of a region in hash URLs and appspot hosts: "uc" of us-central1. */
const char *sim_region_code(const char *region);
/* locations.list: all regions on offer, plain or with their labels; the same as an array of what location makes of each; and a plain one. */
sim_handler sim_location_list, sim_location_list_labelled;
cJSON *sim_locations(const struct sim_call *c, cJSON *(*location)(const struct sim_call *c, const char *id));
cJSON *sim_location(const struct sim_call *c, const char *id);
/* "sha256:" and 64 hexadecimal digits of some bytes. */
const char *sim_sha256(const void *data, size_t len);
/* Base64 as bytes fields have it, or its URL form without padding. */
const char *sim_base64(const void *data, size_t len, bool url);
/* Decodes either alphabet of base64, up to what is none, into at most room bytes; how many there are. */
size_t sim_unbase64(const char *text, char *into, size_t room);
/* Seconds of a google-duration ("600s"), or the fallback. */
double sim_seconds(const char *duration, double fallback);
/* Does the caller, a person or an account, hold the permission on a service account (iam.serviceAccounts.actAs)? */
bool sim_may_act_as(struct sim_call *c, const char *email);

/* Operations. A collection each API; the name is the key. metadata and response are owned by the store afterwards. ----------- */
struct sim_object *sim_lro(struct sim *s, const char *collection, const char *name, cJSON *metadata);
void sim_lro_done(struct sim *s, const char *collection, const char *name, cJSON *metadata, cJSON *response);
void sim_lro_failed(struct sim *s, const char *collection, const char *name, cJSON *metadata, cJSON *status);
/* Answers a create call with the operation as it stands. */
void sim_lro_reply(struct sim_call *c, const struct sim_object *op);
/* operations.get of /VERSION/NAME; :wait, which answers when the operation ends or the timeout is over; operations.list. */
void sim_lro_get(struct sim_call *c, const char *collection);
void sim_lro_wait(struct sim_call *c, const char *collection);
/* Tells :wait when the operation is due. */
void sim_lro_due(struct sim_object *op, double seconds_from_now, double now);
/* A copy of a document with "@type" in front, as metadata and response carry it. */
cJSON *sim_typed(const cJSON *doc, const char *type);

#endif
