/* A wandering operator, from several beginnings: some hundred keys each, drawn from a seed. MLFLOW_SETUP_WANDER=FROM-TO walks these seeds instead of the few
 * of a quick test, MLFLOW_SETUP_WANDER_KEYS so many keys in each. What breaks is told with its seed, which breaks it again. */
#include "config.h"
#include "tests/tap.h"
#include "tests/ui/wander.h"

#include "base/err.h"
#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "cmd/cli.h"
#include "cmd/luck.h"
#include "cmd/rehearsal.h"

#include <dirent.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEDS = 6, KEYS = 100, MOST_TOLD = 3 };

struct wander wander;

unsigned wander_draw(unsigned n)
{
	wander.drawn += 0x9e3779b97f4a7c15u; /* splitmix64 */
	uint64_t z = wander.drawn;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ (z >> 31)) % n);
}

void wander_complain(const char *format, ...)
{
	va_list args;
	if (wander.faults++ >= MOST_TOLD)
		return;
	va_start(args, format);
	char *text = xvasprintf(format, args), *screen = wander_screen(), *rest;
	va_end(args);
	printf("# %s\n# after %d keys, the last ones:", text, wander.keys);
	for (int i = wander.keys > WANDER_RECENT ? wander.keys - WANDER_RECENT : 0; i < wander.keys; i++)
		printf(" %s", wander.recent[i % WANDER_RECENT]);
	printf("\n");
	for (char *one = strtok_r(screen, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
		printf("#   %s\n", one);
	free(screen);
	free(text);
}

/* Files -------------------------------------------------------------------------------------------------------------------------------- */

/* The name of a drawn file of a folder of the sources; to be freed. */
static char *drawn_file(const char *folder)
{
	char *path = xasprintf("%s/%s", getenv("TOP_SRCDIR"), folder);
	struct dirent **list = NULL;
	int n = scandir(path, &list, NULL, alphasort);
	char *file = NULL;
	for (int left = n > 0 ? (int)wander_draw((unsigned)n) + n : 0, i = 0; left >= 0 && n > 0; i = (i + 1) % n, left--) {
		if (strstr(list[i]->d_name, ".json")) {
			free(file);
			file = xasprintf("%s/%s", path, list[i]->d_name);
		}
	}
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	free(path);
	return file;
}

/* Drops drawn answers of the file: one that an earlier run left half filled. */
static void leave_half(cJSON *file)
{
	cJSON *answers = json_at(file, "answers"), *next;
	for (cJSON *one = answers->child; one; one = next) {
		next = one->next;
		if (!wander_draw(3))
			cJSON_DeleteItemFromObjectCaseSensitive(answers, one->string);
	}
}

static void put_file(const char *from, bool half, const char *id, const char *value)
{
	struct buf text = {0};
	struct err e = {0};
	if (!file_read(from, 1 << 20, &text, &e))
		exit(99);
	cJSON *file = cJSON_Parse(buf_text(&text));
	if (half)
		leave_half(file);
	if (id)
		cJSON_ReplaceItemInObjectCaseSensitive(json_at(file, "answers"), id, cJSON_CreateString(value));
	char *printed = json_text(file, 0);
	if (!file_write(WANDER_FILE, printed, strlen(printed), 0600, &e))
		exit(99);
	free(printed);
	cJSON_Delete(file);
	buf_free(&text);
}

/* The wizard ---------------------------------------------------------------------------------------------------------------------------- */

static void open_wizard(void)
{
	struct err e = {0};
	struct answers *a = access(WANDER_FILE, F_OK) == 0 ? answers_load(WANDER_FILE, &e) : answers_new();
	if (!a) {
		wander.w = NULL;
		printf("# %s\n", e.what);
		wander.faults++;
		return;
	}
	wander.over = NULL;
	wander.page = "";
	wander.w = wizard_new(wander.session, a, &wander.options);
}

/* The session outlives this wizard here, and must have no question of it left to answer. */
static bool is_asking(void)
{
	bool asking = false;
	for (enum survey_id id = 0; id < SURVEY_COUNT; id++)
		asking |= wander.w->surveys[id].state == SURVEY_CHECKING;
	return asking;
}

static void close_wizard(void)
{
	struct answers *a = wander.w->answers;
	for (int i = 0; i < 20000 && is_asking(); i++)
		session_turn(wander.session, 0, -1);
	wizard_free(wander.w);
	answers_free(a);
	wander.w = NULL;
	cJSON_Delete(wander.built_from);
	wander.built_from = NULL;
}

/* Leaves, and begins again with the file that is left, in the cloud as it is. */
static void begin_again(void)
{
	if (!wander_leave())
		wander_complain("no key leads out");
	wander_left();
	close_wizard();
	open_wizard();
}

/* Goes from the review into the build, with all that is asked for. */
static void go_build(void)
{
	for (int i = 0; i < 40 && wander.w && strcmp(wizard_page(wander.w), "build") != 0 && !wander.w->ended; i++) {
		const struct overlay *over = wander.w->over;
		if (over == &overlay_consent)
			wander_press("y");
		else if (over == &overlay_secret)
			wander_type(WANDER_SECRET), wander_press("Enter");
		else if (over == &overlay_data)
			wander_type(answers_str(wander.w->answers, "stack.name")), wander_press("Enter");
		else if (over)
			wander_press("Esc");
		else
			wander_press(wizard_on(wander.w, "review") ? "b" : "Enter");
		wander_turns(100);
	}
}

static void finish_build(void)
{
	go_build();
	for (int i = 0; i < 300 && wander.w && work_running(wander.w); i++)
		wander_turns(100);
}

static void build_and_come_back(void)
{
	finish_build();
	begin_again();
}

static void undo(void)
{
	finish_build();
	wander_press("u");
	wander_type(answers_str(wander.w->answers, "stack.name"));
	wander_press("Enter");
	wander_turns(300);
}

/* Beginnings ---------------------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *file, *id, *value; /* file: an example, "" for a drawn one, NULL for none */
	bool half, faults, nobody;            /* faults: drawn rules; nobody: no hand does what a person has to */
	void (*then)(void);
} beginnings[] = {
    {.name = "nothing"},
    {.name = "a file", .file = ""},
    {.name = "half a file", .file = "", .half = true},
    {.name = "a standing stack", .file = "", .then = build_and_come_back},
    {.name = "a build", .file = "", .then = go_build},
    {.name = "a build with faults", .file = "", .faults = true, .then = finish_build},
    {.name = "a build that waits", .file = "cloud-run-domain", .nobody = true, .then = finish_build},
    {.name = "the last page", .file = "cloud-run", .then = finish_build},
    {.name = "what is taken away", .file = "cloud-run-basic", .then = undo},
    {.name = "an older release",
     .file = "cloud-run",
     .id = "image.mlflow_version",
     .value = "3.16.1",
     .then = build_and_come_back},
    {.name = "a trial", .file = "trial", .then = build_and_come_back},
};
enum { BEGINNINGS = sizeof beginnings / sizeof *beginnings };

static bool open_cloud(size_t n, struct cli *cli)
{
	struct err e = {0};
	*cli = (struct cli){.file = WANDER_FILE, .seed = 1 + wander_draw(1000)};
	char *faults = beginnings[n].faults ? drawn_file("tests/faults") : NULL;
	if (beginnings[n].nobody && file_write("world.json", "{\"dns\":\"nobody\"}", 16, 0600, &e))
		cli->world = "world.json";
	cli->faults = faults;
	wander.session = rehearsal_open(cli, false, &e);
	if (!wander.session)
		printf("# %s\n", e.what);
	free(faults);
	err_free(&e);
	return wander.session;
}

static bool begin(uint64_t seed)
{
	size_t n = seed % BEGINNINGS;
	static struct cli cli;
	wander = (struct wander){.drawn = seed, .from = beginnings[n].name};
	wander.options = (struct wizard_options){.file = WANDER_FILE, .rehearsal = wander_draw(3) == 0};
	unlink(WANDER_FILE);
	char *drawn = drawn_file("examples"),
	     *file = beginnings[n].file && *beginnings[n].file
			 ? xasprintf("%s/examples/%s.json", getenv("TOP_SRCDIR"), beginnings[n].file)
			 : xstrdup(drawn);
	if (beginnings[n].file)
		put_file(file, beginnings[n].half, beginnings[n].id, beginnings[n].value);
	free(file);
	free(drawn);
	static const int sizes[][2] = {{24, 80}, {24, 80}, {20, 60}, {50, 132}, {60, 200}};
	const int *size = sizes[wander_draw(5)];
	if (!open_cloud(n, &cli) || !screen_open_nowhere(size[0], size[1], wander_draw(2), wander_draw(4) == 0))
		return false;
	open_wizard();
	if (wander.w && beginnings[n].then)
		beginnings[n].then();
	return wander.w;
}

static bool walk(uint64_t seed, int keys)
{
	bool begun = begin(seed);
	while (begun && wander.w && wander.keys < keys && !wander.faults) {
		if (wander.w->ended)
			begin_again();
		else
			wander_step();
	}
	if (wander.w) {
		if (!wander_leave())
			wander_complain("no key leads out");
		wander_left();
		close_wizard();
	}
	session_free(wander.session);
	screen_close();
	answers_free(wander.answers);
	return begun && !wander.faults;
}

/* In a process of its own: the same seed walks the same way, whatever was walked before, and a crash is told. */
static void walk_apart(uint64_t seed, int keys)
{
	int status = -1;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct err e = {0};
		luck_fix(seed);
		bool well = secret_init(&e) && walk(seed, keys);
		printf("# seed %llu: %d keys\n", (unsigned long long)seed, wander.keys);
		exit(well ? 0 : 1);
	}
	if (child > 0)
		waitpid(child, &status, 0);
	ok(child > 0 && status == 0, "seed %llu, from %s, status %d", (unsigned long long)seed,
	   beginnings[seed % BEGINNINGS].name, status);
}

int main(void)
{
	char dir[] = "/tmp/wander-XXXXXX";
	unsigned long long from = 1, to = SEEDS;
	const char *range = getenv("MLFLOW_SETUP_WANDER"), *keys = getenv("MLFLOW_SETUP_WANDER_KEYS");
	setlocale(LC_ALL, "C.UTF-8");
	mem_install();
	if (!getenv("TOP_SRCDIR") || !mkdtemp(dir) || chdir(dir) != 0)
		return 99;
	setenv("HOME", dir, 1);
	setenv("SHELL", "/bin/true", 1);
	if (range && sscanf(range, "%llu-%llu", &from, &to) < 2)
		to = from;
	for (unsigned long long seed = from; seed <= to; seed++)
		walk_apart(seed, keys ? atoi(keys) : KEYS);
	char *clean = xasprintf("rm -r '%s'", dir);
	ok(!system(clean), "cleaned up");
	free(clean);
	return tap_done();
}
