/* The axes' tables and the rules between their choices. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"

#include <string.h>

enum axis_id {
	AXIS_target,
	AXIS_exposure,
	AXIS_auth_mode,
	AXIS_database,
	AXIS_database_path,
	AXIS_network_mode,
	AXIS_artifact_mode,
	AXES
};

const char *const axis_questions[AXES + 1] = {
    [AXIS_target] = "target",
    [AXIS_exposure] = "exposure",
    [AXIS_auth_mode] = "auth.mode",
    [AXIS_database] = "database.engine",
    [AXIS_database_path] = "database.path",
    [AXIS_network_mode] = "network.mode",
    [AXIS_artifact_mode] = "artifacts.mode",
};

#define CHOICE(axis, name) {AXIS_##axis, &axis##_##name.choice},
#define LATER(axis, text, words, sentence)                                                                                     \
	{AXIS_##axis, &(const struct choice){.id = text, .title = words, .help = sentence, .later = true}},
static const struct {
	enum axis_id axis;
	const struct choice *choice;
} rows[] = {
#include "plan/axes.tbl"
};
#undef CHOICE
#undef LATER

#define REFUSE(question, choice, with, and, why) {question, choice, with, and, why},
#define PREFER(question, choice, with)
static const struct {
	const char *question, *choice, *with, *and, *why;
} refusals[] = {
#include "plan/pairs.tbl"
};
#undef REFUSE
#undef PREFER

#define REFUSE(question, choice, with, and, why)
#define PREFER(question, choice, with) {question, choice, with},
static const struct {
	const char *question, *choice, *with;
} preferences[] = {
#include "plan/pairs.tbl"
};
#undef REFUSE
#undef PREFER

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct choice *nth(enum axis_id axis, size_t i)
{
	for (size_t r = 0; r < COUNT(rows); r++)
		if (rows[r].axis == axis && i-- == 0)
			return rows[r].choice;
	return NULL;
}

#define NTH(axis)                                                                                                              \
	const struct choice *axis_##axis(size_t i)                                                                             \
	{                                                                                                                      \
		return nth(AXIS_##axis, i);                                                                                    \
	}
NTH(target)
NTH(exposure)
NTH(auth_mode)
NTH(database)
NTH(database_path)
NTH(network_mode)
NTH(artifact_mode)

const struct choice *axis_version(size_t i)
{
	const struct choice *engine;
	for (size_t n = 0; (engine = axis_database(n)); n++) {
		const struct choice *version = engine->later ? NULL : ((const struct database *)engine)->versions;
		for (; version && version->id; version++)
			if (i-- == 0)
				return version;
	}
	return NULL;
}

/* What is chosen ----------------------------------------------------------------------------------------------------------------- */

static const struct choice *chosen(const struct answers *a, enum axis_id axis)
{
	const char *id = answers_str(a, axis_questions[axis]);
	for (size_t r = 0; r < COUNT(rows); r++)
		if (rows[r].axis == axis && !rows[r].choice->later && !strcmp(rows[r].choice->id, id))
			return rows[r].choice;
	return axis_default(question_find(axis_questions[axis]), a);
}

const struct target *axes_target(const struct answers *a)
{
	return (const struct target *)chosen(a, AXIS_target);
}

/* A choice is the first member of its axis' struct. */
struct axes axes_of(const struct answers *a)
{
	return (struct axes){
	    .target = (const struct target *)chosen(a, AXIS_target),
	    .exposure = (const struct exposure *)chosen(a, AXIS_exposure),
	    .auth = (const struct auth_mode *)chosen(a, AXIS_auth_mode),
	    .database = (const struct database *)chosen(a, AXIS_database),
	    .path = (const struct database_path *)chosen(a, AXIS_database_path),
	    .network = (const struct network_mode *)chosen(a, AXIS_network_mode),
	    .artifacts = (const struct artifact_mode *)chosen(a, AXIS_artifact_mode),
	};
}

const struct choice *axes_nth(const struct axes *x, size_t i)
{
	const struct choice *const all[] = {
	    &x->target->choice, &x->exposure->choice, &x->auth->choice,      &x->database->choice,
	    &x->path->choice,   &x->network->choice,  &x->artifacts->choice, NULL};
	return all[i];
}

static bool asks(const struct choice *c, const char *id)
{
	for (const char *const *asked = c->asks; asked && *asked; asked++)
		if (!strcmp(*asked, id))
			return true;
	return false;
}

bool axes_ask(const struct answers *a, const struct question *q)
{
	struct axes x = axes_of(a);
	const struct choice *c;
	for (size_t i = 0; (c = axes_nth(&x, i)); i++)
		if (c == q->owner || asks(c, q->id))
			return true;
	return false;
}

bool axes_networked(const struct axes *x, const struct answers *a)
{
	bool housed = x->target->housed && x->target->housed(a);
	return x->path->networked || (x->target->networked && !housed);
}

/* What goes together -------------------------------------------------------------------------------------------------------------- */

/* Is the answer as "QUESTION=CHOICE" says? "" always is. */
static bool holds(const struct answers *a, const char *condition)
{
	char id[64];
	size_t len = strcspn(condition, "=");
	if (!*condition)
		return true;
	if (len >= sizeof id)
		return false;
	memcpy(id, condition, len);
	id[len] = '\0';
	return !strcmp(answers_str(a, id), condition + len + 1);
}

const char *axis_refuses(const struct question *q, const struct answers *a, const char *id)
{
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (!strcmp(refusals[i].question, q->id) && !strcmp(refusals[i].choice, id) && holds(a, refusals[i].with) &&
		    holds(a, refusals[i].and))
			return refusals[i].why;
	const struct choice *c = choice_find(q, id);
	if (c && c->later)
		return N_("Not yet in this version.");
	return c && c->refused ? c->refused(a) : NULL;
}

const struct choice *axis_default(const struct question *q, const struct answers *a)
{
	const struct choice *first = NULL;
	for (const struct choice *c = q->choices; c->id; c++)
		if (c->recommended && c->recommended(a) && !axis_refuses(q, a, c->id))
			return q->nth((size_t)(c - q->choices));
	for (size_t i = 0; i < COUNT(preferences); i++)
		if (!strcmp(preferences[i].question, q->id) && holds(a, preferences[i].with) &&
		    !axis_refuses(q, a, preferences[i].choice))
			return q->nth((size_t)(choice_find(q, preferences[i].choice) - q->choices));
	for (size_t i = 0; !first && q->nth(i); i++)
		if (!axis_refuses(q, a, q->nth(i)->id))
			first = q->nth(i);
	return first ? first : q->nth(0);
}
