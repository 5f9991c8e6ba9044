/* A hand at the keys of a wizard on an in-memory screen, with a session behind it: what tests of the screen share. Each test opens both itself. */
#ifndef MS_TESTS_UI_HAND_H
#define MS_TESTS_UI_HAND_H

#include "base/mem.h"
#include "ui/screen.h"
#include "ui/state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct wizard *w;
static struct session *session;

static inline void turns(int n)
{
	while (n--) {
		session_turn(session, 0, -1);
		wizard_settle(w);
	}
}

/* Keys by name, separated by blanks; so many turns after each. */
static inline void keys(const char *names, int after)
{
	char *copy = xstrdup(names), *rest;
	for (char *one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		struct key k = key_named(one);
		wizard_take(w, &k);
		turns(after);
	}
	free(copy);
}

static inline void press(const char *names)
{
	keys(names, 1);
}

/* A text, all of it before the next turn. */
static inline void type_ahead(const char *text)
{
	for (; *text; text++) {
		char name[2] = {*text, 0};
		keys(*text == ' ' ? "Space" : name, 0);
	}
}

static inline void type(const char *text)
{
	type_ahead(text);
	turns(1);
}

static inline bool screen_says(const char *text)
{
	struct buf drawn = {0};
	wizard_draw(w);
	screen_dump(&drawn);
	bool says = strstr(buf_text(&drawn), text);
	buf_free(&drawn);
	return says;
}

/* Closes both and the screen; the answers file stays. */
static inline void close_keeping(void)
{
	struct answers *a = w->answers;
	wizard_free(w);
	answers_free(a);
	session_free(session);
	screen_close();
}

static inline void close_it(void)
{
	close_keeping();
	unlink("mlflow.json");
}

#endif
