/* A run as its events tell it, without a screen: parts, causes, time, the log. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/roles.h"
#include "tests/tap.h"
#include "ui/command.h"
#include "ui/progress.h"

#include <locale.h>
#include <stdlib.h>

static void tell(struct progress *p, cJSON *event, double now)
{
	json_put_num(event, "at", now);
	progress_event(p, event, now);
	cJSON_Delete(event);
}

static void step(struct progress *p, const char *id, const char *kind, const char *state, double usual, double now)
{
	cJSON *e = json_make("{'event':'step','id':%s,'kind':%s,'title':%s,'name':%s,'state':%s,'verdict':'create'}", id, kind,
			     kind, id, state);
	json_put_num(e, "usual", usual);
	tell(p, e, now);
}

static void fail(struct progress *p, const char *id, const char *message)
{
	tell(
	    p,
	    json_make("{'event':'step','id':%s,'kind':'secretmanager.secret','name':%s,'state':'failed','message':%s,'fix':''}",
		      id, id, message),
	    9);
}

static int part_named(const char *id)
{
	int n = 0;
	while (strcmp(parts[n].id, id) != 0)
		n++;
	return n;
}

static void two_hundred_steps(void)
{
	struct progress p = {0};
	char id[32];
	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof id, "secret/%d", i);
		step(&p, id, "secretmanager.secret", "creating", 1, i);
	}
	for (int i = 0; i < 150; i++) {
		snprintf(id, sizeof id, "secret/%d", i);
		step(&p, id, "secretmanager.secret", "done", 1, 200 + i);
	}
	int secrets = part_named("secrets");
	is_int(progress_part_count(&p, secrets, PHASE_COUNT), 200, "200 steps are one part");
	is_int(progress_part_count(&p, secrets, PHASE_DONE), 150, "of which 150 are done");
	is_int(progress_part_phase(&p, secrets), PHASE_RUNNING, "and the part runs");
	progress_free(&p);
}

static void causes(void)
{
	struct progress p = {0};
	fail(&p, "secret/a",
	     "Permission 'secretmanager.secrets.create' denied on resource 'projects/demo-proj' (or it may not exist).");
	fail(&p, "secret/b",
	     "Permission 'secretmanager.secrets.create' denied on resource 'projects/demo-proj' (or it may not exist).");
	fail(&p, "secret/c", "Secret 'secret/c' is reserved.");
	fail(&p, "secret/d", "Secret 'secret/d' is reserved.");
	is_int((long long)p.cause_count, 2, "failures with one cause stand together");
	is_int(p.causes[0].count, 2, "with their number");
	char *line = cause_command(&p, &p.causes[0], "ada@example.com", "demo-proj");
	is_str(
	    line,
	    "gcloud projects add-iam-policy-binding demo-proj --member=user:ada@example.com --role=roles/secretmanager.admin",
	    "and the line that mends them");
	free(line);
	for (int i = 0; i < 2; i++)
		tell(
		    &p,
		    json_make("{'event':'step','id':%s,'kind':'secretmanager.secret','name':%s,'state':'failed','message':'the "
			      "repository exists.','fix':''}",
			      i ? "repository/quay" : "repository", i ? "mlflow-quay" : "mlflow"),
		    9);
	is_int((long long)p.cause_count, 3, "a word that is also a step's id is none of its names");
	step(&p, "repository", "secretmanager.secret", "creating", 1, 10);
	step(&p, "repository/quay", "secretmanager.secret", "creating", 1, 10);
	step(&p, "secret/c", "secretmanager.secret", "creating", 1, 10);
	step(&p, "secret/d", "secretmanager.secret", "creating", 1, 10);
	is_int((long long)p.cause_count, 1, "a retry takes its cause away");
	progress_free(&p);
}

/* A sentence's command in whatever language, without its full stop, its brackets and the words behind it. */
static void commands(void)
{
	static const struct {
		const char *text, *command;
	} rows[] = {
	    {"Sign in again: gcloud auth application-default login.", "gcloud auth application-default login"},
	    {"\u3082\u3046\u4e00\u5ea6: gcloud auth application-default login\u3002", "gcloud auth application-default login"},
	    {"\u8bf7\u542f\u7528\uff1agcloud services enable run.googleapis.com\u3002",
	     "gcloud services enable run.googleapis.com"},
	    {"Open: gcloud billing projects link PROJECT --billing-account=ACCOUNT. It takes some minutes to spread.",
	     "gcloud billing projects link demo-proj --billing-account=ACCOUNT"},
	    {"Use another type (gcloud auth application-default login), or none.", "gcloud auth application-default login"},
	    {"gcloud compute shared-vpc associated-projects add a --host-project=b verbindet es.",
	     "gcloud compute shared-vpc associated-projects add a --host-project=b"},
	    {"Empty it: gcloud storage rm --recursive gs://a", "gcloud storage rm --recursive gs://a"},
	    {"Make one: gcloud compute routers create r --region=a, then gcloud compute routers nats create n --router=r.",
	     "gcloud compute routers create r --region=a && gcloud compute routers nats create n --router=r"},
	    {"Add it by gcloud services vpc-peerings update.", NULL},
	    {"Ask for more.", NULL},
	    {"Make it: gcloud a b 'c d' --e='f|g'.", "gcloud a b 'c d' --e='f|g'"},
	    /* what came from outside is no more than words, or none of it is copied */
	    {"Give it some: gcloud a resize b --node-pool=c|sh --num-nodes=2.", NULL},
	    {"Give it some: gcloud a resize b --node-pool=c&sh --num-nodes=2.", NULL},
	    {"Give it some: gcloud a resize b --node-pool=`sh` --num-nodes=2.", NULL},
	    {"Give it some: gcloud a resize b --node-pool=$(sh) --num-nodes=2.", NULL},
	    {"Give it some: gcloud a resize b --node-pool=$HOME --num-nodes=2.", NULL},
	    {"Give it some: gcloud a resize b --node-pool=\"c --num-nodes=2.", NULL},
	    {"Give it some: gcloud a resize b --node-pool='c;sh' --num-nodes=2.", NULL},
	    {"Give it some: gcloud a resize b > /etc/c.", NULL},
	    {"Give it some: gcloud a resize b || sh.", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *told = command_told(rows[i].text, "demo-proj");
		is_str(told, rows[i].command, rows[i].text);
		free(told);
	}
}

/* The text of a line of a .po file in quotes, its signs taken literally, is appended. */
static void po_text(const char *line, struct buf *b)
{
	const char *p = strchr(line, '"');
	for (p = p ? p + 1 : ""; *p && *p != '"'; p++) {
		p += *p == '\\' && p[1];
		buf_putc(b, *p);
	}
}

static int same_command(struct buf *id, struct buf *words)
{
	char *told = command_told(buf_text(id), ""), *translated = words->len ? command_told(buf_text(words), "") : NULL;
	bool same = !words->len || (told ? translated && !strcmp(told, translated) : !translated);
	if (!same)
		printf("# %s\n# %s: %s\n", buf_text(words), told ? told : "none", translated ? translated : "none");
	free(told);
	free(translated);
	buf_clear(id);
	buf_clear(words);
	return !same;
}

static void translated_commands(const char *language)
{
	char *path = xasprintf("%s/po/%s.po", getenv("TOP_SRCDIR"), language), line[8192];
	struct buf id = {0}, words = {0}, *into = NULL;
	int wrong = 0, entries = 0;
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file)) {
		if (!strncmp(line, "msgid ", 6)) {
			wrong += same_command(&id, &words);
			entries++;
			into = &id;
		} else if (!strncmp(line, "msg", 3)) {
			into = !strncmp(line, "msgstr ", 7) ? &words : NULL; /* no plural tells a command */
		} else if (*line != '"') {
			into = NULL;
		}
		if (into)
			po_text(line, into);
	}
	wrong += same_command(&id, &words);
	ok(file && entries > 1000 && !wrong, "%s: the same commands are told", language);
	if (file)
		fclose(file);
	free(path);
	buf_free(&id);
	buf_free(&words);
}

static void translations(void)
{
	char *path = xasprintf("%s/po/LINGUAS", getenv("TOP_SRCDIR")), line[64];
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line && *line != '#')
			translated_commands(line);
	}
	ok(file != NULL, "po/LINGUAS is there");
	if (file)
		fclose(file);
	free(path);
}

/* A command is broken so that a shell takes it back as it was. */
static void command_in_rows(void)
{
	static const char command[] = "gcloud projects add-iam-policy-binding demo-proj --member=user:ada@example.com "
				      "--role=roles/secretmanager.admin";
	is_int(command_rows(command, 200), 1, "where there is room it is one row");
	is_int(command_rows(command, 80), 2, "else it is broken, at an option");
	is_int(command_rows(command, 40), 4, "at any blank where that is not enough");
	is_int(command_rows("python3 -c 'import mlflow; mlflow.log_metric(1)'", 30), 3, "and within quotes at no blank");
	is_int(link_rows("a\u65e5\u672c\u8a9e.json", 6), 3, "what has to be whole is broken between characters");
}

static void permissions(void)
{
	static const struct {
		const char *text, *permission;
	} rows[] = {
	    {"Required 'compute.networks.create' permission for 'projects/p/global/networks/n'", "compute.networks.create"},
	    {"Enable it by visiting https://console.developers.google.com/apis/api/run.googleapis.com/overview", NULL},
	    {"Permission iam.serviceAccounts.actAs denied on service account a@p.iam.gserviceaccount.com",
	     "iam.serviceAccounts.actAs"},
	    {"The service mlflow-1.us-central1.run.app answered", NULL},
	    {"", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *found = permission_named(rows[i].text);
		is_str(found, rows[i].permission, *rows[i].text ? rows[i].text : "no text");
		free(found);
	}
	is_str(role_holding("iam.serviceAccounts.actAs"), "roles/iam.serviceAccountUser",
	       "the most special row tells the role");
	is_str(role_holding("nobody.knows.this"), NULL, "what is not known has none");
}

/* The bar never goes back, and ends full. */
static void bar(void)
{
	struct progress p = {.started = 0, .surveyed = true, .planned = true};
	double last = 0;
	bool forward = true;
	step(&p, "sql", "sqladmin.instance", "waiting", 600, 0);
	step(&p, "image", "cloudbuild.image", "waiting", 60, 0);
	for (int t = 1; t <= 900; t += 7) {
		step(&p, "sql", "sqladmin.instance", t < 700 ? "creating" : "done", 600, t);
		step(&p, "image", "cloudbuild.image", t < 300 ? "creating" : "done", 60, t);
		forward &= progress_share(&p) >= last;
		last = progress_share(&p);
		if (t == 302)
			is_int((long long)(progress_share(&p) * 100), 50,
			       "half of the time is half of the bar, however many steps are done");
		if (t == 8)
			is_int(progress_deciding(&p), 0, "the database decides the time");
	}
	ok(forward, "the bar does not go back");
	ok(last == 1, "and ends full");
	progress_free(&p);
}

/* Where something failed early the bar does not tell of an end that is near: what was not begun for that counts. */
static void bar_of_a_failure(void)
{
	struct progress p = {.started = 0, .surveyed = true, .planned = true};
	step(&p, "secret/a", "secretmanager.secret", "waiting", 10, 0);
	step(&p, "sql", "sqladmin.instance", "waiting", 600, 0);
	step(&p, "secret/a", "secretmanager.secret", "creating", 10, 50);
	double before = progress_share(&p);
	fail(&p, "secret/a", "Secret 'secret/a' is reserved.");
	step(&p, "sql", "sqladmin.instance", "skipped", 600, 60);
	ok(progress_share(&p) < 0.2 && progress_share(&p) >= before, "a failure at the beginning leaves the bar there");
	progress_free(&p);
}

/* What a later engine says is shown as something that goes on, never taken for done. */
static void words_to_come(void)
{
	struct progress p = {0};
	cJSON *e = json_make("{'event':'juggle','state':'failed','outcome':'shiny'}");
	ok(event_name(e) == EVENT_NONE && event_state(e) == STATE_FAILED && event_outcome(e) == OUTCOME_NONE,
	   "a word that is not known is none");
	tell(&p, e, 1);
	is_int((long long)p.count, 0, "an event that is not known tells nothing");
	step(&p, "sql", "sqladmin.instance", "thinking", 600, 1);
	is_int(p.steps[0].phase, PHASE_RUNNING, "a state that is not known goes on");
	is_int(p.steps[0].part, PART_DATABASE, "in the part that its kind says");
	step(&p, "sql", "sqladmin.instance", "done", 600, 2);
	is_int(p.steps[0].phase, PHASE_DONE, "until it is done");
	step(&p, "thing", "no.such.kind", "failed", 1, 3);
	ok(p.steps[1].phase == PHASE_FAILED && p.steps[1].part == PART_SERVER,
	   "a kind that is not known stands with the server");
	progress_free(&p);
}

static void log_lines(void)
{
	struct progress p = {0};
	struct buf all = {0};
	step(&p, "image", "cloudbuild.image", "creating", 60, 1);
	for (int i = 0; i < 100000; i++)
		tell(&p,
		     json_make("{'event':'log','id':'image','line':'Step 5/9 : a line of an endless build, with a text of some "
			       "length'}"),
		     2);
	ok(p.line_count <= 20000 && p.log_bytes <= 2 << 20 && p.line_count + p.dropped == 100001,
	   "an endless log is bounded, and what went is counted");
	progress_free(&p);
	step(&p, "image", "cloudbuild.image", "creating", 60, 1);
	tell(&p, json_make("{'event':'log','id':'image','line':'one'}"), 2);
	tell(&p, json_make("{'event':'log','id':'image','line':'two'}"), 3);
	tell(&p, json_make("{'event':'log','id':'policies','line':'three'}"), 4);
	progress_log(&p, -1, &all);
	ok(strstr(buf_text(&all), ": one\n") && strstr(buf_text(&all), ": two\n"), "the log that is saved holds every line");
	ok(strstr(buf_text(&all), "  three\n") && progress_line_part(&p, p.line_count - 1) == PART_UNSAID && p.count == 1,
	   "a line of the run as a whole stands under no part, and makes no step that would wait for ever");
	buf_free(&all);
	progress_free(&p);
}

/* However much a build says, what the run itself said stays, and the newest lines are there without a hole. */
static void flood(void)
{
	struct progress p = {0};
	char line[32];
	step(&p, "image", "cloudbuild.image", "creating", 60, 1);
	step(&p, "network", "compute.network", "creating", 9, 1);
	for (int i = 0; i < 100000; i++) {
		snprintf(line, sizeof line, "line %d", i);
		tell(&p, json_make("{'event':'log','id':'image','line':%s}", line), 2);
	}
	size_t ours = 0, first = p.line_count;
	for (size_t i = p.line_count; i-- > 0;) {
		ours += p.lines[i].ours;
		first = p.lines[i].ours ? first : i;
	}
	bool whole = first < p.line_count;
	for (size_t i = first; i < p.line_count; i++) {
		snprintf(line, sizeof line, "line %zu", 100000 - (p.line_count - i));
		whole = whole && !strcmp(p.lines[i].text, line);
	}
	is_int(ours, 2, "a flood of lines leaves what the run itself said");
	ok(whole && p.line_count >= 14000 && p.line_count + p.dropped == 100002,
	   "and its newest lines, without a hole: %zu of them", p.line_count);
	progress_free(&p);
}

/* A build that lacked a permission at first: the seconds of all attempts are not held against the time of one. */
static void tried_again(void)
{
	struct progress p = {0};
	step(&p, "image", "cloudbuild.image", "creating", 60, 10);
	p.now = 70;
	is_int((int)step_compared(&p.steps[0]), 60, "the first attempt is held against what one takes");
	tell(&p,
	     json_make(
		 "{'event':'step','id':'image','kind':'cloudbuild.image','title':'image','name':'image','state':'creating',"
		 "'attempt':2,'usual':60}"),
	     300);
	p.now = 310;
	is_int((int)step_seconds(&p, &p.steps[0]), 300, "a second attempt goes on counting");
	is_int((int)step_compared(&p.steps[0]), 0, "and is held against nothing");
	is_int((int)progress_left(&p), 50, "what is left is left of the attempt");
	progress_free(&p);
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	words_to_come();
	mem_install();
	two_hundred_steps();
	causes();
	commands();
	command_in_rows();
	translations();
	permissions();
	bar();
	bar_of_a_failure();
	log_lines();
	tried_again();
	flood();
	return tap_done();
}
