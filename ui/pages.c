/* Which questions stand on which page of the wizard, and what a section's answers say in a line. */
#include "config.h"
#include "ui/pages.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

const struct wizard_page wizard_pages[] = {
    {.id = "project",
     .title = N_("Project"),
     .intro = N_("An MLflow tracking server that only your people can reach. Which project holds it and pays for it, and where "
		 "does it stand?"),
     .sections = {"project", "region"}},
    {.id = "where",
     .title = N_("Where it runs"),
     .intro = N_(
	 "The Google Cloud service that runs MLflow, and its address. Whatever you choose, nobody enters without signing in."),
     .sections = {"target", "exposure"}},
    {.id = "access", .title = N_("Access"), .intro = N_("How people and programs sign in, and who may."), .sections = {"auth"}},
    {.id = "size",
     .title = N_("Size and cost"),
     .intro = N_("How large it is. Sizes can be changed later; what cannot be changed says so."),
     .sections = {"database", "artifacts", "image"},
     .basics = true},
    {.id = "review", .title = N_("Review"), .intro = N_("This is what will be built. Nothing has been created so far.")},
    {.id = "build", .title = N_("Build"), .intro = N_("Everything runs as soon as what it needs is there.")},
    {.id = "done", .title = N_("Done"), .intro = N_("What stands now.")},
    {.id = NULL},
};

bool page_holds(const struct wizard_page *p, const char *section)
{
	for (const char *const *s = p->sections; *s; s++) {
		if (!strcmp(*s, section))
			return true;
	}
	return false;
}

/* How many of q's choices can be chosen now. */
static int choices_possible(const struct question *q, const struct answers *a)
{
	int n = 0;
	for (const struct choice *c = q->choices; c->id; c++)
		n += !question_refuses(q, a, c->id);
	return n;
}

static bool is_empty(const cJSON *v)
{
	return cJSON_IsArray(v) ? !v->child : cJSON_IsString(v) && !*v->valuestring;
}

bool question_lacks(const struct question *q, const struct answers *a)
{
	return !q->optional && is_empty(answers_get(a, q->id));
}

bool page_asks(const struct wizard_page *p, const struct answers *a, const struct question *q)
{
	if (!page_holds(p, q->page) || !answers_asked(a, q))
		return false;
	if (q->type == TYPE_CHOICE && choices_possible(q, a) < 2)
		return false;
	return !p->basics || q->basic || question_lacks(q, a);
}

bool page_has_questions(const struct wizard_page *p, const struct answers *a)
{
	for (const struct question *q = questions; q->id; q++) {
		if (page_asks(p, a, q))
			return true;
	}
	return false;
}

static char *counted_words(const struct answers *a, const struct question *q)
{
	char *words = answers_words(a, q);
	/* TRANSLATORS: "Workers: 2", "Disk: 10 GB" */
	char *text = xasprintf(_("%s: %s"), _(q->title), words);
	free(words);
	return text;
}

/* One answer in few words: a switch that is on is its title, a long list its length. */
static char *words_of(const struct answers *a, const struct question *q)
{
	const cJSON *v = answers_get(a, q->id);
	int n = cJSON_IsArray(v) ? cJSON_GetArraySize(v) : 0;
	if (q->type == TYPE_BOOL)
		return xstrdup(cJSON_IsTrue(v) ? _(q->title) : "");
	if (q->type == TYPE_LIST && n > 1)
		/* TRANSLATORS: "People: 3" */
		return xasprintf(_("%s: %d"), _(q->title), n);
	if (q->type == TYPE_INT)
		return counted_words(a, q);
	if (q->type == TYPE_SECRET || is_empty(v))
		return xstrdup("");
	char *words = answers_words(a, q);
	if (!q->product)
		return words;
	char *named = xasprintf("%s %s", q->product, words);
	free(words);
	return named;
}

/* What was chosen stands first, then what was written, then what was counted or switched. */
static int rank_of(const struct question *q)
{
	return q->type == TYPE_CHOICE || q->type == TYPE_LIST ? 0 : q->type == TYPE_TEXT ? 1 : 2;
}

static bool at_default(const struct question *q, const struct answers *a)
{
	cJSON *usual = question_default(q, a);
	bool same = json_equal(usual, answers_get(a, q->id));
	cJSON_Delete(usual);
	return same;
}

/* The OAuth client by which people sign in says nothing of who they are. */
static bool is_client(const struct question *q)
{
	for (const struct question *secret = questions; secret->id; secret++) {
		if (secret->client && !strcmp(secret->client, q->id))
			return true;
	}
	return false;
}

/* Does it say what the piece before, which begins at last, says, and more? "PostgreSQL 17" after "PostgreSQL" */
static bool extends(const struct buf *b, size_t last, const char *words)
{
	return b->len && !strncmp(words, b->data + last, b->len - last);
}

/* The longer of two stands alone. */
static void add_piece(struct buf *b, size_t *last, const char *words)
{
	bool said = extends(b, *last, words);
	b->len = said ? *last : b->len;
	if (b->len && !said)
		buf_puts(b, ", ");
	*last = b->len;
	buf_puts(b, words);
}

static void add_words(struct buf *b, const struct answers *a, const char *section, bool all)
{
	size_t last = 0;
	for (int rank = 0; rank < 3; rank++) {
		for (const struct question *q = questions; q->id; q++) {
			if (strcmp(q->page, section) != 0 || !answers_asked(a, q) || rank_of(q) != rank)
				continue;
			if ((q->quiet && at_default(q, a)) || is_client(q))
				continue;
			char *words = words_of(a, q);
			bool fixed = !all && q->type == TYPE_CHOICE && choices_possible(q, a) < 2;
			if (*words && (!fixed || extends(b, last, words))) /* what cannot be otherwise says nothing by itself */
				add_piece(b, &last, words);
			free(words);
		}
	}
}

char *section_words(const struct answers *a, const char *section)
{
	struct buf b = {0};
	add_words(&b, a, section, false);
	if (!b.len)
		add_words(&b, a, section, true);
	return buf_take(&b);
}
