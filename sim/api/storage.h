/* Between the files of storage.googleapis.com: buckets, objects and their bytes. */
#ifndef MS_SIM_API_STORAGE_H
#define MS_SIM_API_STORAGE_H

#include "sim/api/identity.h"

/* Requests. Names in paths are percent-encoded with their slashes, so they are read from the request as it was sent. nth counts
 * from 0: the second "b" of a copy is the destination. "" when there is none; a passing text. */
const char *storage_name(const struct sim_call *c, const char *segment, int nth);
/* A query parameter as sent, also of calls that no method of the contract describes; "" when absent. */
const char *storage_query(const struct sim_call *c, const char *name);
bool storage_query_bool(const struct sim_call *c, const char *name);
/* A header of the request, or "". */
const char *storage_header(const struct sim_call *c, const char *name);

/* Refusals in the words of Cloud Storage. */
void storage_no_bucket(struct sim_call *c);
void storage_no_object(struct sim_call *c, const char *bucket, const char *object);
void storage_unmet(struct sim_call *c);
void storage_denied(struct sim_call *c, const char *permission, const char *what);

/* Buckets. By its name, whoever owns it; or NULL. */
struct sim_object *storage_bucket(struct sim *s, const char *name);
/* The n-th bucket of the path, when the caller has the permission on it (NULL: none is needed); sets the call's project. NULL:
 * answered. */
struct sim_object *storage_bucket_for(struct sim_call *c, int nth, const char *permission, const char *what);
/* The id of the project that it belongs to. */
const char *storage_project(struct sim *s, const struct sim_object *bucket);
/* Is access to it by policies alone? */
bool storage_uniform(const struct sim_object *bucket);
/* The policy of a new one: the roles that it gives to the project's own people; and of one that goes. */
void storage_first_policy(struct sim *s, const struct sim_object *bucket);
void storage_forget_policy(struct sim *s, const struct sim_object *bucket);
/* What Google fills into a bucket's document that is new (old is NULL) or was old. */
void storage_bucket_complete(struct sim *s, cJSON *doc, const cJSON *old);
/* "region", "dual-region", "multi-region"; NULL: there is no such place. In capitals. */
const char *storage_location_type(const char *location);
/* A place in capitals, as a bucket shows it. A passing text. */
const char *storage_location(const char *location);
/* May a bucket have this name, as far as what it looks like goes; and such fields? False: answered. */
bool storage_bucket_named_well(struct sim_call *c, const char *name);
bool storage_bucket_acceptable(struct sim_call *c, const cJSON *doc);
bool storage_may(struct sim *s, const char *principal, const char *permission, const struct sim_object *bucket);
/* A bucket of this name that Google keeps for a project: none of its own, never listed, but what is in it is read by the project's people. Made when
 * there is none. */
struct sim_object *storage_of_google(struct sim *s, const char *project, const char *name);
/* A bucket of the project's that comes with its application; the one that is there. */
struct sim_object *storage_of_application(struct sim *s, const char *project, const char *name, const char *location);
bool storage_has_objects(struct sim *s, const char *bucket);
/* The etag of a metageneration, and of a generation with it; a passing text. */
const char *storage_etag(long long generation, long long metageneration);

/* Objects. The live one (generation ""), or one generation of it, live or not; NULL when there is none. */
struct sim_object *storage_object(struct sim *s, const char *bucket, const char *object, const char *generation);
/* Key of an object's generation, or with generation 0 the prefix of all of them. The caller frees. */
char *storage_key(const char *bucket, const char *object, long long generation);
/* The object that the path's n-th bucket and object name, with generation and preconditions of the query, when the caller may;
 * NULL: answered. */
struct sim_object *storage_object_for(struct sim_call *c, int nth, const char *permission);
/* Preconditions ifGenerationMatch and so on, with a prefix for sources ("Source" or ""); false: answered with 412. o may be
 * NULL. */
bool storage_conditions(struct sim_call *c, const struct sim_object *o, const char *source);
/* A new live generation; meta (borrowed, may be NULL) gives what the client may set. data is then owned by the store. NULL when
 * there is no room left. */
struct sim_object *storage_put(struct sim *s, struct sim_object *bucket, const char *object, const cJSON *meta, char *data,
			       size_t len);
const char *storage_data(const struct sim_object *o, size_t *len);
/* Takes an object out of the live ones: to the noncurrent ones when the bucket keeps versions and no generation was named, else
 * to the soft-deleted ones, else away. */
void storage_drop(struct sim *s, struct sim_object *bucket, struct sim_object *o, bool for_good);
void storage_full(struct sim_call *c);

#define STORAGE_OBJECTS "storage.objects"
#define STORAGE_SOFT "storage.softDeletedObjects"

/* storage_download.c: answers with the object's bytes, or a range of them. */
void storage_send(struct sim_call *c, const struct sim_object *o);
/* The object as the JSON API shows it; projection=full adds its access controls where they are in use. */
cJSON *storage_show(const struct sim_call *c, const struct sim_object *o);

#endif
