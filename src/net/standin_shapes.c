/* Secrets that their form gives away, wherever they stand. Replies come from anybody, so a text is gone through once, whatever it holds: each step looks at
 * letters that no later one of its shape looks at again, but for so many as a prefix or the least length of a secret has. */
#include "config.h"
#include "net/standin_inside.h"

#include <ctype.h>
#include <string.h>

struct look {
	standin_found *found;
	void *arg;
	size_t steps;
};

struct shape {
	const char *prefix;  /* letters, [sets] of them */
	const char *letters; /* of what follows, beside letters and digits; AKIA's are upper case alone */
	size_t least, most;  /* so many of these; most 0: as many as there are */
	enum {
		WHOLE,
		BEHIND,
		BLANKS,
		BLANK
	} part; /* the prefix is a part of it; what is behind it, behind blanks that may, or that must be there */
	bool upper;
};

static const struct shape shapes[] = {
    {"ya29.", "._-", 6, 0, WHOLE, false},
    {"GOCSPX-", "_-", 4, 0, WHOLE, false},
    {"1//0", "_-", 10, 0, WHOLE, false},
    {"AIza", "_-", 20, 0, WHOLE, false},
    {"gh[opsu]_", "", 30, 0, WHOLE, false},
    {"github_pat_", "_", 30, 0, WHOLE, false},
    {"AKIA", "", 16, 16, WHOLE, true},
    {"xox[abprs]-", "-", 20, 0, WHOLE, false},
    {"[?&]access_token=", "._~%+-", 8, 0, BEHIND, false},
    {"[Pp]assword=", "._~%+!*-", 8, 0, BEHIND, false},
    {"client_secret=", "._~%+-", 8, 0, BEHIND, false},
    {"[Aa][Pp][Ii]-[Kk]ey:", "._~+/=-", 8, 0, BLANKS, false},
    {"[ \t\n\v\f\r]token:", "._~+/=-", 16, 0, BLANK, false},
    {"[Bb]earer", "._~+/=-", 8, 0, BLANK, false},
};

/* What is at p when it begins with the prefix; behind it, NULL when it does not. */
static const char *behind(const char *p, const char *prefix, size_t *steps)
{
	for (; *prefix; p++, prefix++) {
		const char *end = *prefix == '[' ? strchr(prefix, ']') : prefix;
		++*steps;
		if (!*p || !memchr(prefix, *p, (size_t)(end - prefix) + 1) || (end > prefix && (*p == '[' || *p == ']')))
			return NULL;
		prefix = end;
	}
	return p;
}

/* Behind the letters and digits at p, and those of more; at most so many, when most is not 0. */
static const char *run(const char *p, const char *more, bool upper, size_t most, size_t *steps)
{
	const char *start = p;
	for (; *p && (!most || (size_t)(p - start) < most); p++) {
		unsigned char c = (unsigned char)*p;
		bool in = (c < 0x80 && isalnum(c) && !(upper && islower(c))) || strchr(more, c);
		++*steps;
		if (!in)
			break;
	}
	return p;
}

/* Behind what is none of these letters. */
static const char *until(const char *p, const char *letters, size_t *steps)
{
	size_t n = strcspn(p, letters);
	*steps += n;
	return p + n;
}

static void look_for(struct look *l, const struct shape *shape, const char *text)
{
	for (const char *p = text; *p;) {
		const char *start = behind(p, shape->prefix, &l->steps);
		if (start && shape->part >= BLANKS) {
			const char *blanks = start + strspn(start, " ");
			l->steps += (size_t)(blanks - start);
			start = shape->part == BLANK && blanks == start ? NULL : blanks;
		}
		const char *end = start ? run(start, shape->letters, shape->upper, shape->most, &l->steps) : NULL;
		if (!end || (size_t)(end - start) < shape->least) {
			p++;
			continue;
		}
		start = shape->part == WHOLE ? p : start;
		l->found(l->arg, start, (size_t)(end - start));
		p = end;
	}
}

/* A JWT. Where the letters from one "eyJ" on are none, those from a later one among them are none either. */
static void look_for_jwt(struct look *l, const char *text)
{
	for (const char *p = text; (p = strstr(p, "eyJ")) != NULL;) {
		const char *head = run(p + 3, "_-", false, 0, &l->steps), *body = NULL, *end = NULL;
		if (head - p >= 3 + 8 && *head == '.')
			body = run(head + 1, "_-", false, 0, &l->steps);
		if (body && body - head >= 1 + 4 && *body == '.')
			end = run(body + 1, "_-", false, 0, &l->steps);
		if (end)
			l->found(l->arg, p, (size_t)(end - p));
		p = end ? end : head;
	}
	l->steps += strlen(text);
}

/* The password of a URL: "://user:password@". */
static void look_for_password(struct look *l, const char *text)
{
	static const char ends[] = "/:@ \t\n\v\f\r\"";
	for (const char *p = text; (p = strstr(p, "://")) != NULL;) {
		const char *user = p + 3, *colon = until(user, ends, &l->steps);
		p = user;
		if (colon == user || *colon != ':')
			continue;
		const char *start = colon + 1, *end = start;
		do /* it may have colons, and anything but what ends it */
			end = until(end + (*end == ':'), ends, &l->steps);
		while (*end == ':');
		if (*end == '@' && end > start)
			l->found(l->arg, start, (size_t)(end - start));
		p = end > start ? end - (*end != '@') : user;
	}
	l->steps += strlen(text);
}

/* Behind "-----BEGIN ", or END, at p and all of its line; NULL when it is none of a private key. */
static const char *behind_mark(const char *p, const char *mark, size_t *steps)
{
	static const char name[] = "PRIVATE KEY", dashes[] = "-----";
	size_t len = sizeof name - 1, words;
	p = behind(p, mark, steps);
	words = p ? strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ") : 0;
	*steps += words;
	bool is = words >= len && !memcmp(p + words - len, name, len) && !strncmp(p + words, dashes, sizeof dashes - 1);
	return is ? p + words + sizeof dashes - 1 : NULL;
}

/* A private key, up to the last end before a quote. Where there is none, there is none for a later beginning before that quote. */
static void look_for_key(struct look *l, const char *text)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	for (const char *p = text; (p = strstr(p, begin)) != NULL;) {
		const char *q = behind_mark(p, begin, &l->steps), *last = NULL;
		if (!q) {
			p++;
			continue;
		}
		for (; *q && *q != '"'; q++) {
			const char *after = behind_mark(q, end, &l->steps);
			last = after ? after : last;
		}
		if (last)
			l->found(l->arg, p, (size_t)(last - p));
		p = q;
	}
	l->steps += strlen(text);
}

size_t standin_shapes(const char *text, standin_found *found, void *arg)
{
	struct look l = {.found = found, .arg = arg};
	look_for_jwt(&l, text);
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		look_for(&l, &shapes[i], text);
	look_for_password(&l, text);
	look_for_key(&l, text);
	return l.steps;
}
