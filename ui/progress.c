/* The run's events taken apart. */
#include "config.h"
#include "ui/progress.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/lines.h"
#include "ui/causes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_BYTES = 2 << 20, LOG_LINES = 20000, LOG_OURS = 2000 };

/* Parts ------------------------------------------------------------------------------------------------------------------------------ */

const struct part_words parts[PARTS] = {
    [PART_UNSAID] = {"", ""},
    [PART_APIS] = {"apis", N_("APIs")},
    [PART_NETWORK] = {"network", N_("Network")},
    [PART_IDENTITIES] = {"identities", N_("Identities")},
    [PART_STORAGE] = {"storage", N_("Storage")},
    [PART_SECRETS] = {"secrets", N_("Secrets")},
    [PART_DATABASE] = {"database", N_("Database")},
    [PART_IMAGE] = {"image", N_("Image")},
    [PART_ACCESS] = {"access", N_("Access")},
    [PART_SERVER] = {"server", N_("Server")},
    [PART_PROOF] = {"proof", N_("Proof")},
};

/* Steps ------------------------------------------------------------------------------------------------------------------------------ */

static void free_step(struct step *s)
{
	free(s->id);
	free(s->title);
	free(s->name);
	free(s->console);
	free(s->log);
	free(s->message);
	free(s->fix);
}

void progress_free(struct progress *p)
{
	for (size_t i = 0; i < p->count; i++)
		free_step(&p->steps[i]);
	for (size_t i = 0; i < p->line_count; i++)
		free(p->lines[i].text);
	causes_clear(p);
	cJSON_Delete(p->tasks);
	free(p->steps);
	free(p->lines);
	free(p->causes);
	*p = (struct progress){0};
}

/* The index of the step with this id, or -1. */
static int progress_find(const struct progress *p, const char *id)
{
	if (p->last < p->count && !strcmp(p->steps[p->last].id, id))
		return (int)p->last;
	for (size_t i = 0; i < p->count; i++) {
		if (!strcmp(p->steps[i].id, id))
			return (int)i;
	}
	return -1;
}

static struct step *step_of(struct progress *p, const char *id)
{
	int at = progress_find(p, id);
	if (at < 0) {
		p->steps = xgrow(p->steps, p->count, &p->room, sizeof *p->steps);
		p->steps[at = (int)p->count++] = (struct step){.id = xstrdup(id),
							       .title = xstrdup(""),
							       .name = xstrdup(""),
							       .console = xstrdup(""),
							       .log = xstrdup(""),
							       .state = STATE_WAITING,
							       .message = xstrdup(""),
							       .fix = xstrdup(""),
							       .phase = PHASE_WAITING,
							       .part = PART_SERVER};
	}
	p->last = (size_t)at;
	return &p->steps[at];
}

static void replace(char **text, const cJSON *event, const char *field)
{
	const char *now = json_str(event, field, NULL);
	if (!now || !strcmp(*text, now))
		return;
	free(*text);
	*text = xstrdup(now);
}

static enum phase phase_of(enum event_state state)
{
	static const enum phase phases[STATES] = {
	    [STATE_WAITING] = PHASE_WAITING,  [STATE_FAILED] = PHASE_FAILED,    [STATE_SKIPPED] = PHASE_SKIPPED,
	    [STATE_DONE] = PHASE_DONE,        [STATE_KEPT] = PHASE_DONE,        [STATE_PASSED] = PHASE_DONE,
	    [STATE_YOURS] = PHASE_YOURS,      [STATE_READING] = PHASE_RUNNING,  [STATE_CREATING] = PHASE_RUNNING,
	    [STATE_UPDATING] = PHASE_RUNNING, [STATE_DELETING] = PHASE_RUNNING, [STATE_POLLING] = PHASE_RUNNING,
	    [STATE_RUNNING] = PHASE_RUNNING,
	};
	return state == STATE_NONE ? PHASE_RUNNING : phases[state]; /* a later engine may say more */
}

double step_seconds(const struct progress *p, const struct step *s)
{
	return s->phase == PHASE_RUNNING ? p->now - s->began : s->elapsed;
}

double step_compared(const struct step *s)
{
	return s->attempt > 1 ? 0 : s->usual;
}

char *step_what(const struct step *s)
{
	const char *title = *s->title ? _(s->title) : s->id;
	bool named = *s->name && strcmp(s->name, title) != 0 &&
		     strcmp(s->name, s->title) != 0; /* "APIs" is the name of itself */
	return named ? xasprintf("%s %s", title, s->name) : xstrdup(title);
}

const char *step_link(const struct step *s)
{
	return *s->log ? s->log : s->console;
}

/* The state of a step in a sentence, "creating the Cloud SQL instance mlflow-k3x9"; freed by the caller. */
static char *step_sentence(const struct step *s)
{
	static const char *const sentences[STATES] = {
	    /* TRANSLATORS: %s is a resource and its name, "Cloud SQL instance mlflow-k3x9". */
	    [STATE_READING] = N_("looking at %s"),
	    [STATE_CREATING] = N_("creating %s"),
	    [STATE_UPDATING] = N_("changing %s"),
	    [STATE_DELETING] = N_("deleting %s"),
	    [STATE_POLLING] = N_("Google works on %s"),
	    [STATE_YOURS] = N_("%s waits for you"),
	    [STATE_DONE] = N_("%s is done"),
	    [STATE_KEPT] = N_("%s is as it should be"),
	    [STATE_FAILED] = N_("%s failed"),
	    [STATE_SKIPPED] = N_("%s was not begun"),
	    [STATE_WAITING] = N_("%s waits for others"),
	    [STATE_RUNNING] = N_("checking: %s"),
	    [STATE_PASSED] = N_("proven: %s"),
	};
	char *what = step_what(s), *text = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (sentences[s->state])
		text = xasprintf(_(sentences[s->state]), what);
#pragma GCC diagnostic pop
	if (!text)
		return what;
	free(what);
	return text;
}

/* Log -------------------------------------------------------------------------------------------------------------------------------- */

/* The oldest quarter goes when there is too much, but for what the run itself said: memory stays bounded however much a build says, and no flood of
 * that washes away when a step began and why it failed. */
static void make_room(struct progress *p)
{
	if (p->line_count < LOG_LINES && p->log_bytes < LOG_BYTES)
		return;
	size_t go = p->line_count / 4 + 1, kept = 0;
	for (size_t i = 0; i < go; i++) {
		if (p->lines[i].ours && kept < LOG_OURS) {
			p->lines[kept++] = p->lines[i];
			continue;
		}
		p->log_bytes -= strlen(p->lines[i].text);
		free(p->lines[i].text);
	}
	memmove(p->lines + kept, p->lines + go, (p->line_count - go) * sizeof *p->lines);
	p->line_count -= go - kept;
	p->dropped += go - kept;
}

static void log_line(struct progress *p, double at, int step, bool ours, char *text)
{
	make_room(p);
	p->lines = xgrow(p->lines, p->line_count, &p->line_room, sizeof *p->lines);
	p->lines[p->line_count++] = (struct log_line){at, step, ours, text};
	p->log_bytes += strlen(text);
}

int progress_line_part(const struct progress *p, size_t at)
{
	int step = p->lines[at].step;
	return step < 0 ? PART_UNSAID : p->steps[step].part;
}

void progress_log(const struct progress *p, int part, struct buf *out)
{
	char at[32];
	for (size_t i = 0; i < p->line_count; i++) {
		int step = p->lines[i].step;
		if (part >= 0 && progress_line_part(p, i) != part)
			continue;
		char *what = step < 0 ? xstrdup("") : step_what(&p->steps[step]);
		buf_printf(out, "%8s  %s%s%s\n", clock_text(p->lines[i].at, at), what, *what ? ": " : "", p->lines[i].text);
		free(what);
	}
}

/* What a change of state means, as one would say it. */
static char *state_line(const struct step *s)
{
	char usual[32], took[32];
	char *what = step_what(s), *text = NULL;
	if (s->state == STATE_POLLING && s->usual >= 20)
		/* TRANSLATORS: "Cloud SQL instance mlflow: Google has begun; it usually takes about 9 min" */
		text = xasprintf(_("%s: Google has begun; it usually takes %s"), what, about_text(s->usual, usual));
	else if (s->state == STATE_POLLING)
		text = xasprintf(_("%s: Google has begun"), what);
	else if (s->state == STATE_DONE && s->elapsed >= 1)
		text = xasprintf(_("%s: done after %s"), what, clock_text(s->elapsed, took));
	free(what);
	return text ? text : step_sentence(s);
}

static void log_step(struct progress *p, const cJSON *event, int at, bool changed)
{
	const struct step *s = &p->steps[at];
	double when = json_num(event, "at", 0);
	bool quiet = s->phase == PHASE_WAITING || s->state == STATE_KEPT || s->state == STATE_READING;
	if (changed && !quiet && !(s->phase == PHASE_SKIPPED && !*s->message))
		log_line(p, when, at, true, state_line(s));
	if (*json_str(event, "message", ""))
		log_line(p, when, at, true, xstrdup(s->message));
	if (*json_str(event, "fix", ""))
		log_line(p, when, at, true, xstrdup(s->fix));
}

/* Events ----------------------------------------------------------------------------------------------------------------------------- */

static void on_step(struct progress *p, const cJSON *event, bool proof)
{
	char *id = xasprintf("%s%s", proof ? "proof/" : "", json_str(event, "id", ""));
	struct step *s = step_of(p, id);
	enum event_state state = event_state(event);
	bool changed = s->state != state;
	enum phase before = s->phase;
	replace(&s->title, event, "title");
	replace(&s->name, event, "name");
	replace(&s->console, event, "console");
	replace(&s->log, event, "log");
	s->state = state;
	s->refused = cJSON_HasObjectItem(event, "verdict") ? event_is(event, VERDICT_REFUSE) : s->refused;
	replace(&s->message, event, "message");
	replace(&s->fix, event, "fix");
	s->exit = (int)json_num(event, "exit", s->exit);
	s->proof = proof;
	s->optional |= json_bool(event, "optional", false);
	s->phase = phase_of(s->state);
	s->question = question_find(json_str(event, "question", ""));
	s->kind = kind_find(json_str(event, "kind", ""));
	s->part = proof ? PART_PROOF : s->kind ? s->kind->part : PART_SERVER;
	s->usual = json_num(event, "usual", s->usual);
	if (before != PHASE_RUNNING && s->phase == PHASE_RUNNING)
		s->began = s->tried = p->now;
	int attempt = (int)json_num(event, "attempt", s->attempt);
	if (attempt != s->attempt)
		s->tried = p->now;
	s->attempt = attempt;
	s->elapsed = json_num(event, "elapsed", s->began > 0 ? p->now - s->began : 0);
	log_step(p, event, (int)(s - p->steps), changed);
	if (changed && (s->phase == PHASE_FAILED || before == PHASE_FAILED))
		causes_sort(p);
	free(id);
}

/* A line with the id of no step is of the run: no step comes to be by it, which would wait for ever in a part that is none of its business. */
static void on_log(struct progress *p, const cJSON *event)
{
	int step = progress_find(p, json_str(event, "id", ""));
	log_line(p, json_num(event, "at", 0), step, step < 0, xstrdup(json_str(event, "line", "")));
}

static void on_run(struct progress *p, const cJSON *event)
{
	p->expected = fmax(json_num(event, "expected", 0), p->expected);
	p->surveyed |= event_state(event) == STATE_SURVEYED;
}

/* It is shown as long as it is to be done, and what was seen instead is a line of the log. */
static void on_errand(struct progress *p, const cJSON *event)
{
	const char *id = json_str(event, "id", "");
	p->tasks = p->tasks ? p->tasks : cJSON_CreateObject();
	cJSON_DeleteItemFromObjectCaseSensitive(p->tasks, id);
	if (event_state(event) != STATE_SEEN)
		cJSON_AddItemToObject(p->tasks, id, cJSON_Duplicate(event, true));
	if (*json_str(event, "message", ""))
		log_line(p, json_num(event, "at", 0), progress_find(p, id), true, xstrdup(json_str(event, "message", "")));
}

static void on_counts(struct progress *p, const cJSON *event)
{
	p->done = (int)json_num(event, "done", 0);
	p->running = (int)json_num(event, "running", 0);
	p->left = (int)json_num(event, "left", 0);
	p->failed = (int)json_num(event, "failed", 0);
	p->skipped = (int)json_num(event, "skipped", 0);
}

void progress_event(struct progress *p, const cJSON *event, double now)
{
	p->now = now;
	switch (event_name(event)) {
	case EVENT_STEP:
		on_step(p, event, false);
		break;
	case EVENT_PROOF:
		on_step(p, event, true);
		break;
	case EVENT_LOG:
		on_log(p, event);
		break;
	case EVENT_RUN:
		on_run(p, event);
		break;
	case EVENT_ERRAND:
		on_errand(p, event);
		break;
	case EVENT_COUNTS:
		on_counts(p, event);
		break;
	default:
		break;
	}
}

/* Resources stand after what they need, so one pass from the end is enough. */
void progress_plan(struct progress *p, const struct plan *plan, const struct change *const *changes)
{
	double *tails = xcalloc(plan->count + 1, sizeof *tails);
	for (size_t i = plan->count; i-- > 0;) {
		const struct resource *r = &plan->resources[i];
		bool kept = changes[i] && changes[i]->verdict == VERDICT_KEEP;
		int at = progress_find(p, r->id);
		tails[i] += kept ? 0 : kind_time(r->kind, r->spec).usual;
		for (size_t n = 0; n < r->need_count; n++) {
			const struct resource *need = plan_find(plan, r->needs[n]);
			if (need)
				tails[need - plan->resources] = fmax(tails[need - plan->resources], tails[i]);
		}
		if (at >= 0) {
			p->steps[at].tail = tails[i];
			p->steps[at].kept = kept;
		}
	}
	free(tails);
	p->planned = true;
}

/* Parts and time --------------------------------------------------------------------------------------------------------------------- */

int progress_part_count(const struct progress *p, int part, enum phase phase)
{
	int n = 0;
	for (size_t i = 0; i < p->count; i++)
		n += p->steps[i].part == part && (phase == PHASE_COUNT || p->steps[i].phase == phase);
	return n;
}

int progress_count(const struct progress *p, enum phase phase)
{
	int n = 0;
	for (size_t i = 0; i < p->count; i++)
		n += !p->steps[i].proof && p->steps[i].phase == phase;
	return n;
}

enum phase progress_part_phase(const struct progress *p, int part)
{
	int all = progress_part_count(p, part, PHASE_COUNT);
	if (progress_part_count(p, part, PHASE_FAILED))
		return PHASE_FAILED;
	if (progress_part_count(p, part, PHASE_YOURS))
		return PHASE_YOURS;
	if (progress_part_count(p, part, PHASE_RUNNING))
		return PHASE_RUNNING;
	if (progress_part_count(p, part, PHASE_DONE) == all)
		return PHASE_DONE;
	return progress_part_count(p, part, PHASE_SKIPPED) ? PHASE_SKIPPED : PHASE_WAITING;
}

double progress_part_elapsed(const struct progress *p, int part)
{
	double first = INFINITY, last = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct step *s = &p->steps[i];
		if (s->part != part || s->began <= 0)
			continue;
		first = fmin(first, s->began);
		last = fmax(last, s->phase == PHASE_RUNNING ? p->now : s->began + s->elapsed);
	}
	return last > first ? last - first : 0;
}

static double own_left(const struct progress *p, const struct step *s)
{
	double left = s->phase == PHASE_RUNNING ? s->usual - (p->now - s->tried) : s->usual;
	return left > 0 ? left : 0;
}

/* To the end of the whole through this step. */
static double left_through(const struct progress *p, const struct step *s)
{
	double after = s->tail > s->usual ? s->tail - s->usual : 0;
	return own_left(p, s) + after;
}

static int deciding(const struct progress *p, int part)
{
	int best = -1;
	for (size_t i = 0; i < p->count; i++) {
		const struct step *s = &p->steps[i];
		if (s->phase != PHASE_RUNNING || (part >= 0 && s->part != part))
			continue;
		if (best < 0 || left_through(p, s) > left_through(p, &p->steps[best]))
			best = (int)i;
	}
	return best;
}

int progress_deciding(const struct progress *p)
{
	return deciding(p, -1);
}

int progress_part_deciding(const struct progress *p, int part)
{
	return deciding(p, part);
}

double progress_left(const struct progress *p)
{
	double left = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct step *s = &p->steps[i];
		if (s->phase == PHASE_RUNNING || (s->phase == PHASE_WAITING && !s->kept))
			left = fmax(left, left_through(p, s));
	}
	return left;
}

/* What was to be done and is not: what failed, and what was not begun for that, too. */
static double undone_left(const struct progress *p)
{
	double left = progress_left(p);
	for (size_t i = 0; i < p->count; i++) {
		const struct step *s = &p->steps[i];
		if ((s->phase == PHASE_FAILED || s->phase == PHASE_SKIPPED) && !s->kept)
			left = fmax(left, left_through(p, s));
	}
	return left;
}

double progress_share(struct progress *p)
{
	double over = p->now - p->started, left = undone_left(p);
	bool all = p->count && progress_count(p, PHASE_DONE) && left <= 0 && !p->cause_count &&
		   !progress_count(p, PHASE_WAITING) && !progress_count(p, PHASE_RUNNING) && !progress_count(p, PHASE_YOURS) &&
		   !progress_count(p, PHASE_SKIPPED);
	double share = !p->planned ? 0 : all ? 1 : over / fmax(over + left, 1);
	p->shown = fmax(p->shown, fmin(share, all ? 1 : 0.99));
	return p->shown;
}

char *clock_text(double seconds, char *into)
{
	long s = (long)(seconds > 0 ? seconds : 0);
	if (s < 3600)
		snprintf(into, 32, "%ld:%02ld", s / 60, s % 60);
	else
		snprintf(into, 32, "%ld:%02ld:%02ld", s / 3600 % 1000000, s / 60 % 60, s % 60);
	return into;
}

char *about_text(double seconds, char *into)
{
	long s = lround(seconds > 0 ? seconds : 0), minutes = (s + 30) / 60;
	if (s < 10)
		snprintf(into, 32, "%s", _("a few seconds"));
	else if (s < 55)
		snprintf(into, 32, _("about %ld s"), (s + 5) / 10 * 10);
	else if (minutes < 60)
		snprintf(into, 32, _("about %ld min"), minutes);
	else
		snprintf(into, 32, _("about %ld h %02ld min"), minutes / 60 % 100000, minutes % 60);
	return into;
}
