/* The wizard's state, which pages and overlays share, and what each of them is: a const struct in a table. */
#ifndef MS_UI_STATE_H
#define MS_UI_STATE_H

#include "base/secret.h"
#include "engine/session.h"
#include "plan/answers.h"
#include "ui/client.h"
#include "ui/draft.h"
#include "ui/edit.h"
#include "ui/pages.h"
#include "ui/progress.h"
#include "ui/screen.h"
#include "ui/survey.h"
#include "ui/wizard.h"
#include "ui/work.h"

struct wizard;

/* Handlers return what should happen; the loop does it. */
enum action { ACTION_NONE, ACTION_NEXT, ACTION_BACK, ACTION_QUIT, ACTION_JUMP /* to the settings: to jump_to */ };

/* One hint of the key bar. */
struct hint {
	const char *key, *label;
};
struct hints {
	struct hint list[12];
	size_t count;
};
void hint(struct hints *h, const char *key, const char *label);

/* How a page behaves. A page without a row here is a form of its questions. */
struct page_view {
	const char *id;
	void (*enter)(struct wizard *w); /* may be NULL */
	void (*draw)(struct wizard *w, struct rect r);
	enum action (*key)(struct wizard *w, const struct key *k);
	void (*hints)(struct wizard *w, struct hints *h);
	void (*event)(struct wizard *w, const cJSON *event); /* an event of the run; may be NULL */
	size_t size;                                         /* of what only the page's own file knows of its state; view_own */
	void (*forget)(struct wizard *w);                    /* frees what hangs on that; may be NULL */
	const char *help;                                    /* N_(), for ? where no question has the focus */
};
extern const struct page_view *const page_views[];
extern const struct page_view form_view, review_view, build_view, done_view;
const struct page_view *view_of(const char *page);
/* The page's own state, of its size, zeroed when the wizard opens. */
void *view_own(const struct wizard *w, const struct page_view *v);
void views_open(struct wizard *w);
void views_free(struct wizard *w);

/* What lies over a page and takes the keys. */
struct overlay {
	void (*draw)(struct wizard *w);
	/* False closes it. */
	bool (*key)(struct wizard *w, const struct key *k, enum action *action);
	void (*hints)(struct wizard *w, struct hints *h);
	size_t size; /* of what only its own file knows of its state; overlay_own, which needs a row in views.c */
	void (*forget)(struct wizard *w); /* frees what hangs on that; may be NULL */
};
extern const struct overlay overlay_help, overlay_quit, overlay_choice, overlay_consent, overlay_data, overlay_failure,
    overlay_undo, overlay_resources, overlay_settings, overlay_log, overlay_list, overlay_secret;
/* Its own state, of its size, zeroed when the wizard opens. */
void *overlay_own(const struct wizard *w, const struct overlay *o);

enum { VIEWS_MOST = 8, OVERLAYS_MOST = 4 };

struct wizard {
	struct session *session; /* NULL until it is open */
	struct answers *answers;
	const struct wizard_options *options;
	struct err sign_in;
	char *original;           /* the file's text at the start, "" when there was none */
	bool written;             /* the file was written since: it follows the answers, back to that text too */
	struct answers *before;   /* the answers that the file held, or NULL: then this is the first time */
	bool keep;                /* what was changed since goes into the file */
	cJSON *original_resolved; /* what a rehearsal must not overwrite, or NULL */
	char *save_failed;        /* why the answers could not be saved, or NULL */

	size_t page;                        /* index into wizard_pages */
	bool filled_people, filled_project; /* looked-up defaults were offered */
	bool want_next;                     /* Enter came while a needed default was still being looked up */
	char *message;                      /* said under the page until the next key */
	enum role message_role;
	const struct question *jump_to;

	/* Over the page; the line, the row and the top are whichever's has the keys. */
	const struct overlay *over, *under; /* under: what comes back when over closes, or NULL */
	struct edit over_edit;
	int over_focus, over_top;
	struct secret *secret; /* what the operator typed, or what a passphrase opened; NULL for nothing */
	char *secret_of;       /* the reference that it stands for: "prompt", "sealed:NAME" */
	struct client *client; /* the OAuth client, NULL before one is named */

	void *own[VIEWS_MOST], *over_own[OVERLAYS_MOST]; /* views.c: what each page, and what lies over one, keeps for itself */
	struct survey surveys[SURVEY_COUNT];
	cJSON *regions; /* those that are known without asking, as suggestions */
	struct work work;
	struct draft draft;
	cJSON *problems; /* section -> {text: what is wrong in it, as the answers stand; cures: ids of questions} */
	cJSON *result;   /* the last run's result event */
	event_fn *hears; /* who is told of the events of the run that builds besides the page, with hears_arg; or NULL */
	void *hears_arg;
	bool ended;
	int exit_code;
};

/* The parts. */
void wizard_say(struct wizard *w, enum role role, const char *text);
/* Rows at the foot of the page that what was said lies over, since it takes more than the one kept for it. */
int wizard_covered(const struct wizard *w);
bool wizard_save(struct wizard *w);
/* On a second run the file is the operator's: was anything changed that is written only when they say so? */
bool wizard_asks_to_keep(const struct wizard *w);
void wizard_go(struct wizard *w, size_t page);
const char *wizard_page(const struct wizard *w);
bool wizard_on(const struct wizard *w, const char *page);
size_t wizard_page_index(const char *id);
/* Opens, draws a frame, takes a key, one turn of the loop: what wizard_run does, for tests one by one. */
struct wizard *wizard_new(struct session *s, struct answers *a, const struct wizard_options *o);
void wizard_free(struct wizard *w);
void wizard_draw(struct wizard *w);
void wizard_take(struct wizard *w, const struct key *k);
/* The session is open, or there is none (NULL): surveys begin. */
void wizard_attach(struct wizard *w, struct session *s);
/* After a turn of the session: what follows from what came in. */
void wizard_settle(struct wizard *w);
/* What is said on the normal screen at the end. */
void wizard_farewell(const struct wizard *w, FILE *to);

/* "What. Fix." with a capital, freed by the caller. */
char *wizard_sentence(const struct err *e);
/* Asks again what failed; after a failure to sign in the session is opened anew. */
void wizard_reopen(struct wizard *w);

/* Form helpers that overlays use. */
const struct question *form_focused(const struct wizard *w);
void form_load(struct wizard *w);
/* What the chosen choice means had no room beside it: the page says it below. */
void form_leave_unsaid(struct wizard *w, const char *words);
/* The text as typed of a question's field that is no answer yet, or NULL. */
const char *form_draft(const struct wizard *w, const char *question);
/* Draws what is known, from y on, between the fields and the help; returns the line after (form_facts.c). */
int form_draw_facts(struct wizard *w, int y, struct rect r);
/* Seconds since the project was last edited, INFINITY when it was not. */
double form_typing_since(const struct wizard *w);
bool form_set(struct wizard *w, const struct question *q, cJSON *value);
/* After an answer was set by another way than form_set: what follows from it. */
void form_changed(struct wizard *w, const struct question *q);
/* What the server's name has to be typed for, in the overlay's field: what this key made of it. When it is another name that is said. */
enum named { NAMED_NOT, NAMED_LEFT, NAMED_RIGHT };
enum named overlay_named(struct wizard *w, const struct key *k);
/* What is asked before leaving, "Leave now? [y/n]", where there is no room for more; freed by the caller. */
char *quit_question(const struct wizard *w);
/* Opens a list for editing, over what lies over the page. */
void list_open(struct wizard *w, const struct question *q);
/* Opens the field for the secret that the operator types; what follows is the build when then_build is set. */
void secret_open_field(struct wizard *w, const struct question *q, bool then_build);
/* A line of q's other choices with their prices. */
void draw_choice_prices(const struct wizard *w, const struct question *q, struct rect r);
/* Opens the settings of a section (all for NULL) over the review. */
void settings_open(struct wizard *w, const char *section);
/* A line of the review of what stands is changed in place: what Enter took leads back to it, where it says what that changes; this tells whether, and
 * moves the focus there. Among several changes Space stays. */
bool settings_over(struct wizard *w, const struct question *q);
/* The settings that are asked, a section's or all (NULL), whose title, id or answer holds a text, in the order in which they are shown and counted everywhere:
 * by section, those first that the review's line speaks of. Returns how many. */
enum { SETTINGS_MOST = 128 };
int settings_list(const struct wizard *w, const char *section, const char *holding, const struct question *into[SETTINGS_MOST]);
/* What has the focus there, or NULL; and whether its choices or its text are open. */
const struct question *settings_focused(const struct wizard *w);
bool settings_changing(const struct wizard *w);
/* Puts the focus on a question among those that are shown there, if it is. */
void settings_focus(struct wizard *w, const struct question *q);
/* The answer in words; of a secret that the operator types whether that was done. For the caller to free. */
char *setting_words(const struct wizard *w, const struct question *q);
/* What may be chosen for a text question, as the cloud knows: [{"id","title"}], or NULL. */
const cJSON *form_suggestions(const struct wizard *w, const struct question *q);
/* The suggestion of a question that needs an answer, where there is but one; else NULL. */
const cJSON *form_only_suggestion(const struct wizard *w, const struct question *q);
/* Draws q's choices from y on; focus is the marked one; returns the line after. cursor puts the hardware cursor. */
int draw_choices(struct wizard *w, const struct question *q, struct rect r, int focus);
/* Lines that this takes at a width. */
int choices_height(const struct wizard *w, const struct question *q, int width);
/* Of the choices that belong to the answers. */
int choice_index(const struct wizard *w, const struct question *q, const char *id);
int choice_count(const struct wizard *w, const struct question *q);

/* The plan and the build, called by pages and by the ending. */
void review_start(struct wizard *w);
void review_stop(struct wizard *w);
void review_settle(struct wizard *w);
bool review_changes_nothing(const struct wizard *w);
/* The answers are not those any more that the plan was made from. */
bool review_stale(const struct wizard *w);
/* Where it is so, the review looks again, and whoever read the old plan agreed to nothing: that is said. Gives back stale. */
bool review_waits(struct wizard *w, bool stale);
/* The plan as plan/show.h's JSON, NULL while it is not known; why there is none (exit 0 for no reason); it is being made. */
const cJSON *review_plan(const struct wizard *w);
const struct err *review_err(const struct wizard *w);
bool review_planning(const struct wizard *w);
/* The operator agrees to exactly this plan; and, having typed the server's name, that the data go which it deletes. */
void review_agree(struct wizard *w, bool agreed);
bool review_agreed(const struct wizard *w);
void review_consent(struct wizard *w, bool given);
bool review_consented(const struct wizard *w);
/* Whose answer, a secret that the operator types or opens ("prompt", "sealed:NAME"), the plan stores; or NULL. */
const struct question *review_asks_secret(const struct wizard *w);
/* The focus goes to the line that builds. */
void review_focus_build(struct wizard *w);
/* And on the line of a section that is shown. */
void review_focus_section(struct wizard *w, const char *section);
/* A text of the engine's or a question's, which names settings by their ids as a file has them, as the pages have it: by their titles; freed by the caller.
 * put_titles does the same to the messages, cures and tasks in a tree. */
char *with_titles(const char *text);
void put_titles(cJSON *tree);
/* Finds out what is wrong with the answers, for each section; called when they changed. */
void problems_find(struct wizard *w);
/* What is wrong in a section, a sentence a line; NULL for nothing. */
const char *problem_of(const struct wizard *w, const char *section);
/* The n-th setting, from 0, that cures it, where there are several; NULL after the last. And a line of them, each behind the key that leads to it. */
const struct question *problem_cure(const struct wizard *w, const char *section, int n);
void problem_draw_cures(const struct wizard *w, const char *section, struct rect r);
/* Were answers changed since the file was read? */
bool review_has_changes(const struct wizard *w);
/* What is wrong with the project holds its page: a check that failed. */
bool checks_hold(const struct wizard *w);
/* The next finding of the checks that are known, from *at on; NULL at the end. */
const cJSON *checks_next(const struct wizard *w, size_t *at);
bool check_failed(const cJSON *check);
/* Other answers than project and region may cure it. */
bool check_elsewhere(const cJSON *check);
/* A failed check: nothing is built before it is put right; NULL when there is none. */
const cJSON *checks_hold_build(const struct wizard *w);
/* What a check is about and what it found, "Billing: off". The caller frees. */
char *check_words(const cJSON *check);
/* The line that an administrator runs to mend it, to be freed, or NULL; and that line into the clipboard. */
char *checks_command(const struct wizard *w);
void checks_copy(struct wizard *w);
/* What the plan deletes or replaces that holds users' data, "Cloud SQL instance NAME, Bucket NAME"; "" for nothing. The caller frees. */
char *review_data_lost(const struct wizard *w);
/* What people notice while it is built, a sentence a line: "The server does not answer..."; empty: nothing. To be freed. */
char *review_downtime(const struct wizard *w);
/* How what is built is taken away: a command, or in a rehearsal that nothing has to be. To be freed. */
char *review_undo(const struct wizard *w);
/* A group of the plan's resources as they are listed: what is in the way and what goes first, then by the part of the server that they belong to. */
struct resource_group {
	char *heading;      /* with how many they are */
	const cJSON **list; /* of plan/show.h's JSON */
	int count;
};
/* The n-th group with something in it, from 0, to be freed; false after the last. */
bool resources_group(const struct wizard *w, int n, struct resource_group *g);
void resource_group_free(struct resource_group *g);
/* A resource of the plan's JSON with its price, "Cloud SQL instance NAME, $51 a month"; the caller frees. */
char *resources_words(const cJSON *resource);
/* "Database size: 1 CPU -> 2 CPUs" with that sign between, in words alone for NULL; the caller frees. resources_difference is one of a resource. */
char *difference_words(const char *title, const char *was, const char *now, const char *to);
char *resources_difference(const struct wizard *w, const cJSON *difference, const char *to);
/* Begins to build, or to take away what stands when undo is set. */
void build_start(struct wizard *w, bool undo);
/* The cause under the focus, or the first one; NULL when nothing failed. */
const struct cause *build_cause(const struct wizard *w);
/* The part of the row under the focus, -1 for none. */
int build_focused_part(const struct wizard *w);
/* Opens the log over the page: one part's, or all for -1. */
void log_open(struct wizard *w, int part, bool search);
/* Writes the whole log beside the answers file and says where. */
void log_save(struct wizard *w);
/* Puts the last lines of a part's log (-1: of all) into the rectangle. */
void log_tail(const struct wizard *w, int part, struct rect r);
/* A shell with the project set, on the normal screen; comes back when it ends. shell_run is the same where there is no screen: false when none was started. */
void shell_open(struct wizard *w);
bool shell_run(const struct wizard *w);
/* The keys of what can be done about the failure, the likeliest first, into at least 16 bytes; and the words of one. */
const char *failure_menu(const struct wizard *w, char *into);
const char *failure_words(char key);
/* The question that decided about what failed; what failed outside the resources was stopped by the project. NULL: no answer decided it. */
const struct question *failure_question(const struct wizard *w);
/* Puts the focus on the n-th cause, from 0, if there is one. */
void build_focus_cause(struct wizard *w, size_t n);
/* The e-mail of who is signed in, "" when not known. */
const char *wizard_who(const struct wizard *w);
void build_settle(struct wizard *w);
/* Goes on without what the cause under the focus stopped, where all of it is optional. */
void build_leave_out(struct wizard *w);

#endif
