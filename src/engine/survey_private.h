/* Surveys from inside: what the files of one share. */
#ifndef MS_ENGINE_SURVEY_PRIVATE_H
#define MS_ENGINE_SURVEY_PRIVATE_H

#include "engine/survey.h"
#include "net/api.h"

#define CRM "https://cloudresourcemanager.googleapis.com"

struct survey;

/* A read of limits that is under way. */
struct limit_read {
	struct survey *survey;
	unsigned long call;
};

struct survey_kind {
	const char *id;
	void (*begin)(struct survey *s);
	bool plans; /* it goes by the plan of the answers */
	bool here;  /* it asks this machine, and no cloud */
};

struct survey {
	struct surveys *owner;
	struct survey *next;
	const struct survey_kind *kind;
	char *project, *stack, *kubeconfig;
	cJSON *result;
	cJSON *needed, *tested;    /* preflight: permissions that an apply needs, and all; NULL when the answers make no plan */
	cJSON *held;               /* of them: an object with those that are held */
	cJSON *abroad;             /* {PROJECT: [permissions]} that are needed elsewhere and were not asked for yet */
	int tested_to, testing_to; /* how many of `tested` were asked for, and are being */
	struct limits *limits;     /* limits: of the plan; NULL when the answers make none */
	struct limit_read *reads;
	size_t reads_left;
	struct catalog_read *prices; /* prices: what is being read */
	unsigned long call;
	loop_id timer;
	survey_done *done;
	void *arg;
};

struct surveys {
	struct loop *loop;
	struct credentials *credentials;
	struct contexts *contexts;
	struct api *api;
	char *sign_in_log; /* the filter that finds a person's sign-in, or NULL */
	double since;      /* when they were made, seconds since 1970 */
	struct survey *list;
	bool simulated; /* what this cloud says of prices is not to be kept for another */
};

/* survey.c */
/* It is over: done is told its result, or why there is none. */
void survey_answer(struct survey *s, const struct err *why);
/* Asks for what stands between `before` and `after` of a project: the survey's own, or another. */
void survey_ask_project(struct survey *s, const char *before, const char *after, const char *method, cJSON *body,
			api_done *then);
void survey_ask_of(struct survey *s, const char *project, const char *before, const char *after, const char *method,
		   cJSON *body, api_done *then);

/* survey_preflight.c */
void survey_preflight(struct survey *s);
/* Which permissions it will ask for: those of the plan of these answers, where they make one. */
void survey_list_permissions(struct survey *s, const struct answers *a);

#endif
