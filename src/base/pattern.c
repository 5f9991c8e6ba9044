#include "config.h"
#include "base/pattern.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A pattern as a machine of states, all of whose ways are gone at once (Thompson). It is made from its end, so that each state knows the next. */
struct state {
	const char *reads;        /* the item of the pattern that takes a character, or an anchor; NULL: a fork */
	unsigned next, otherwise; /* otherwise: of a fork */
	unsigned seen;            /* at which character it was last reached */
};
enum { END = 0 };

struct machine {
	struct state *states;
	size_t count, room;
	unsigned *now, *then; /* the states that are on their way before and after a character */
	size_t now_count, then_count;
};

static unsigned state_add(struct machine *m, const char *reads, unsigned next, unsigned otherwise)
{
	m->states = xgrow(m->states, m->count, &m->room, sizeof *m->states);
	m->states[m->count] = (struct state){.reads = reads, .next = next, .otherwise = otherwise};
	return (unsigned)m->count++;
}

/* Behind "[...]": a ']' that comes first is one of the set. */
static const char *set_end(const char *p)
{
	p += p[1] == '^' ? 2 : 1;
	p = *p ? strchr(p + 1, ']') : NULL;
	if (!p)
		abort();
	return p + 1;
}

static const char *group_end(const char *p);

/* Behind the item at p: a character, a set, a group. */
static const char *item_end(const char *p)
{
	if (*p == '\\' && p[1])
		return p + 2;
	if (!*p || *p == '\\')
		abort();
	return *p == '[' ? set_end(p) : *p == '(' ? group_end(p) : p + 1;
}

static const char *group_end(const char *p)
{
	for (p++; *p != ')';)
		p = item_end(p);
	return p + 1;
}

struct times {
	unsigned least, most; /* most is 0: as often as one likes */
};

/* How often the item before p is wanted; p is then behind that. */
static struct times times_read(const char **p)
{
	switch (**p) {
	case '*':
		return ++*p, (struct times){0, 0};
	case '+':
		return ++*p, (struct times){1, 0};
	case '?':
		return ++*p, (struct times){0, 1};
	case '{':
		break;
	default:
		return (struct times){1, 1};
	}
	char *at;
	struct times t;
	t.least = t.most = (unsigned)strtoul(*p + 1, &at, 10);
	if (*at == ',')
		t.most = at[1] == '}' ? 0 : (unsigned)strtoul(at + 1, &at, 10);
	*p = strchr(at, '}') + 1;
	return t;
}

static unsigned choice_make(struct machine *m, const char *p, const char *end, unsigned next);

static unsigned item_make(struct machine *m, const char *p, const char *end, unsigned next)
{
	return *p == '(' ? choice_make(m, p + 1, end - 1, next) : state_add(m, p, next, END);
}

static unsigned sequence_make(struct machine *m, const char *p, const char *end, unsigned next)
{
	if (p == end)
		return next;
	const char *behind = item_end(p), *rest = behind;
	struct times t = times_read(&rest);
	unsigned after = sequence_make(m, rest, end, next), at = after;
	if (!t.most) {
		at = state_add(m, NULL, END, after);
		unsigned again = item_make(m, p, behind, at);
		m->states[at].next = again;
	}
	for (unsigned i = t.least; i < t.most; i++)
		at = state_add(m, NULL, item_make(m, p, behind, at), after);
	for (unsigned i = 0; i < t.least; i++)
		at = item_make(m, p, behind, at);
	return at;
}

static unsigned choice_make(struct machine *m, const char *p, const char *end, unsigned next)
{
	const char *bar = p;
	while (bar < end && *bar != '|')
		bar = item_end(bar);
	unsigned first = sequence_make(m, p, bar, next);
	return bar == end ? first : state_add(m, NULL, first, choice_make(m, bar + 1, end, next));
}

static bool set_has(const char *set, char c)
{
	bool others = set[1] == '^', found = false;
	const char *p = set + (others ? 2 : 1), *end = set_end(set) - 1;
	for (; p < end; p++) {
		bool range = p[1] == '-' && p + 2 < end;
		found |= range ? (unsigned char)c >= (unsigned char)*p && (unsigned char)c <= (unsigned char)p[2] : c == *p;
		p += range ? 2 : 0;
	}
	return found != others;
}

static bool item_takes(const char *item, char c)
{
	return *item == '[' ? set_has(item, c) : *item == '\\' ? c == item[1] : *item == '.' || c == *item;
}

/* This state is on its way before the character at this place, and whatever follows it without one. */
static void reach(struct machine *m, unsigned at, const char *text, size_t place)
{
	struct state *s = &m->states[at];
	if (s->seen == place + 1)
		return;
	s->seen = (unsigned)place + 1;
	if (at != END && !s->reads) {
		reach(m, s->next, text, place);
		reach(m, s->otherwise, text, place);
	} else if (at != END && (*s->reads == '^' || *s->reads == '$')) {
		if (*s->reads == '^' ? place == 0 : !text[place])
			reach(m, s->next, text, place);
	} else {
		m->then[m->then_count++] = at;
	}
}

static void swap(struct machine *m)
{
	unsigned *now = m->now;
	m->now = m->then;
	m->now_count = m->then_count;
	m->then = now;
	m->then_count = 0;
}

static bool run(struct machine *m, unsigned start, const char *text)
{
	for (size_t place = 0;; place++) {
		reach(m, start, text, place); /* a match may begin anywhere */
		swap(m);
		if (m->states[END].seen)
			return true;
		if (!text[place])
			return false;
		for (size_t i = 0; i < m->now_count; i++) {
			const struct state *s = &m->states[m->now[i]];
			if (item_takes(s->reads, text[place]))
				reach(m, s->next, text, place + 1);
		}
	}
}

bool pattern_matches(const char *pattern, const char *text)
{
	struct machine m = {0};
	state_add(&m, NULL, END, END);
	unsigned start = choice_make(&m, pattern, pattern + strlen(pattern), END);
	m.now = xcalloc(m.count, sizeof *m.now);
	m.then = xcalloc(m.count, sizeof *m.then);
	bool matches = run(&m, start, text);
	free(m.states);
	free(m.now);
	free(m.then);
	return matches;
}
