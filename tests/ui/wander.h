/* A wandering operator: keys drawn from a seed drive the wizard on a screen that is nowhere, in front of the real engine and the simulated cloud, and after
 * each key it is looked whether what holds for every screen still holds. */
#ifndef MS_TESTS_UI_WANDER_H
#define MS_TESTS_UI_WANDER_H

#include "ui/state.h"

#include <stdint.h>

/* What is typed where a secret is asked for, and nowhere else: no screen and no file may have it. */
#define WANDER_SECRET "GOCSPX-wandering-must-not-leak"
#define WANDER_FILE "mlflow.json"

enum { WANDER_RECENT = 40 };

struct wander {
	uint64_t drawn; /* the state of what is drawn */
	const char *from;
	struct session *session;
	struct wizard *w;
	struct wizard_options options;
	int keys, faults;
	char recent[WANDER_RECENT][24]; /* the names of the last keys */
	/* As it was before the key that is being taken. */
	const struct overlay *over;
	const char *page;
	struct answers *answers;
	const struct question *focused;
	char name[64]; /* what stood in the overlay's field */
	bool agreed;   /* to a build, which waits for its secret */
	struct key key;
	bool ended, undoing; /* the run that it shows */
	bool nothing;        /* the plan that is shown, of the answers as they are, changes nothing */
	bool current;        /* it is the plan of the answers as they are */
	cJSON *built_from;   /* the answers of the last run that somebody agreed to */
};
extern struct wander wander;

/* A number below n; what is drawn depends on the seed and on what was drawn before alone. */
unsigned wander_draw(unsigned n);
/* Says what is wrong, with the seed, the last keys and the screen. */
__attribute__((format(printf, 1, 2))) void wander_complain(const char *format, ...);

/* wander_keys.c */
/* Presses a key by its name (key_named), types a text, takes so many turns of the session. */
void wander_press(const char *name);
void wander_type(const char *text);
void wander_turns(int n);
/* One drawn key, or turns of the session, a resize, a paste. */
void wander_step(void);
/* Until it has ended; false when no key leads out. */
bool wander_leave(void);

/* wander_checks.c */
void wander_before(const struct key *k);
void wander_after(void);
/* What is on the screen; to be freed. */
char *wander_screen(void);
/* It was left: what is said at the end, and the file. */
void wander_left(void);

#endif
