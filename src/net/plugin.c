#include "config.h"
#include "net/plugin.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define LOOK_SECONDS 0.02 /* between two looks at what it says */
#define PATIENCE 60.0
#define OUTPUT_MAX ((size_t)1 << 20)
#define WORDS_MAX ((size_t)4 << 10) /* of its complaints */
#define INFO "KUBERNETES_EXEC_INFO"

struct plugin {
	struct loop *loop;
	loop_id timer;
	pid_t pid;         /* 0: it was not started, or has ended */
	int said, grumble; /* its standard output and error; -1: closed */
	struct buf output, words;
	double deadline;
	char *command, *hint;
	int failure; /* errno of the start */
	plugin_done *done;
	void *arg;
};

static void plugin_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void plugin_free(struct plugin *p)
{
	loop_cancel(p->loop, p->timer);
	plugin_close(&p->said);
	plugin_close(&p->grumble);
	if (p->output.data)
		sodium_memzero(p->output.data, p->output.room);
	buf_free(&p->output);
	buf_free(&p->words);
	free(p->command);
	free(p->hint);
	free(p);
}

/* It has a process group of its own, so that what it started goes too. */
static void plugin_kill(struct plugin *p)
{
	if (p->pid <= 0)
		return;
	kill(-p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	p->pid = 0;
}

void plugin_stop(struct plugin *p)
{
	if (!p)
		return;
	plugin_kill(p);
	plugin_free(p);
}

/* The end ------------------------------------------------------------------------------------------------------------------- */

static void plugin_end(struct plugin *p, struct err *e)
{
	plugin_kill(p);
	p->done(p->arg, e->exit ? NULL : buf_text(&p->output), p->output.len, e);
	err_free(e);
	plugin_free(p);
}

static void plugin_unstarted(void *arg)
{
	struct plugin *p = arg;
	struct err e = {0};
	p->timer = 0;
	err_set(&e, EXIT_CONFIG, p->command, p->hint, _("the program that gets the cluster's credential cannot be run: %s."),
		strerror(p->failure));
	plugin_end(p, &e);
}

static void plugin_ended(struct plugin *p, int status)
{
	struct err e = {0};
	p->pid = 0;
	/* What it complains of, on one line. */
	char *words = xstrndup(buf_text(&p->words), p->words.len);
	for (size_t len = strlen(words); len && strchr(" \t\r\n", words[len - 1]); len--)
		words[len - 1] = '\0';
	if (WIFSIGNALED(status))
		err_set(&e, EXIT_CONFIG, p->command, _("Run kubectl with this context: it shows the same."),
			_("the program that gets the cluster's credential was ended by signal %d: %s"), WTERMSIG(status),
			words);
	else if (WEXITSTATUS(status))
		err_set(&e, EXIT_CONFIG, p->command, _("Run kubectl with this context: it shows the same."),
			_("the program that gets the cluster's credential failed with exit code %d: %s"), WEXITSTATUS(status),
			words);
	free(words);
	plugin_end(p, &e);
}

/* Looking ------------------------------------------------------------------------------------------------------------------- */

/* Reads what is there; false when it said more than anything that is expected. */
static bool plugin_read(int *fd, struct buf *into, bool cut)
{
	char bytes[4096];
	bool fits = true;
	while (fits && *fd >= 0) {
		ssize_t n = read(*fd, bytes, sizeof bytes);
		if (n == 0)
			plugin_close(fd);
		else if (n > 0)
			fits = buf_add(into, bytes, (size_t)n) || cut;
		else if (errno != EINTR)
			break;
		sodium_memzero(bytes, sizeof bytes);
	}
	return fits;
}

static void plugin_look(void *arg)
{
	struct plugin *p = arg;
	struct err e = {0};
	int status = 0;
	p->timer = 0;
	pid_t ended = waitpid(p->pid, &status, WNOHANG);
	bool fits = plugin_read(&p->said, &p->output, false);
	plugin_read(&p->grumble, &p->words, true);
	if (!fits)
		err_set(&e, EXIT_CONFIG, p->command, _("Run kubectl with this context: it shows the same."),
			_("it prints more than any credential is long."));
	else if (ended != p->pid && loop_machine_time(p->loop) > p->deadline)
		err_set(&e, EXIT_CONFIG, p->command, _("Sign in with it first: kubectl with this context does."),
			_("the program that gets the cluster's credential has not ended within a minute."));
	if (e.exit)
		plugin_end(p, &e);
	else if (ended == p->pid)
		plugin_ended(p, status);
	else
		p->timer = loop_after(p->loop, LOOK_SECONDS, plugin_look, p);
}

/* Starting ------------------------------------------------------------------------------------------------------------------ */

/* Words for a program: copies, ended by NULL. */
struct words {
	char **list;
	size_t count, room;
};

static void words_add(struct words *w, char *word)
{
	w->list = xgrow(w->list, w->count, &w->room, sizeof *w->list);
	w->list[w->count++] = word;
}

static void words_free(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->list[i]);
	free(w->list);
}

static bool names_same(const char *variable, const char *setting)
{
	size_t len = strcspn(setting, "=");
	return !strncmp(variable, setting, len) && variable[len] == '=';
}

/* Sets a variable, in place of one of this name. */
static void words_set(struct words *w, char *setting)
{
	for (size_t i = 0; i < w->count; i++)
		if (names_same(w->list[i], setting)) {
			free(w->list[i]);
			w->list[i] = setting;
			return;
		}
	words_add(w, setting);
}

static struct words plugin_arguments(const struct plugin_program *g)
{
	struct words w = {0};
	const cJSON *arg;
	words_add(&w, xstrdup(g->command));
	cJSON_ArrayForEach(arg, g->args)
		if (cJSON_IsString(arg))
			words_add(&w, xstrdup(arg->valuestring));
	words_add(&w, NULL);
	return w;
}

static struct words plugin_environment(const struct plugin_program *g)
{
	struct words w = {0};
	const cJSON *one;
	for (char **v = environ; v && *v; v++)
		words_add(&w, xstrdup(*v));
	cJSON_ArrayForEach(one, g->env) {
		const char *name = json_str(one, "name", "");
		if (*name && !strchr(name, '='))
			words_set(&w, xasprintf("%s=%s", name, json_str(one, "value", "")));
	}
	words_set(&w, xasprintf(INFO "=%s", g->info));
	words_add(&w, NULL);
	return w;
}

/* Nothing of ours is its: no terminal, no ignored or blocked signals, no process group. */
static int plugin_spawn(struct plugin *p, const struct plugin_program *g, int out, int err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;
	struct words args = plugin_arguments(g), env = plugin_environment(g);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, err, 2);
	posix_spawnattr_init(&how);
	sigemptyset(&none);
	sigfillset(&usual);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &usual);
	posix_spawnattr_setpgroup(&how, 0);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	int failure = posix_spawnp(&p->pid, g->command, &files, &how, args.list, env.list);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	words_free(&args);
	words_free(&env);
	return failure;
}

struct plugin *plugin_start(struct loop *loop, const struct plugin_program *g, plugin_done *done, void *arg)
{
	struct plugin *p = xcalloc(1, sizeof *p);
	int out[2] = {-1, -1}, err[2] = {-1, -1};
	*p = (struct plugin){.loop = loop,
			     .said = -1,
			     .grumble = -1,
			     .deadline = loop_machine_time(loop) + PATIENCE,
			     .command = xstrdup(g->command),
			     .hint = g->hint ? xstrdup(g->hint) : NULL,
			     .done = done,
			     .arg = arg};
	p->output.max = OUTPUT_MAX;
	p->words.max = WORDS_MAX;
	buf_reserve(&p->output, (size_t)64 << 10);
	if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
		p->failure = errno;
	else
		p->failure = plugin_spawn(p, g, out[1], err[1]);
	if (p->failure)
		p->pid = 0;
	plugin_close(&out[1]);
	plugin_close(&err[1]);
	p->said = out[0];
	p->grumble = err[0];
	if (!p->failure) {
		fcntl(p->said, F_SETFL, O_NONBLOCK);
		fcntl(p->grumble, F_SETFL, O_NONBLOCK);
	}
	p->timer = loop_after(loop, p->failure ? 0 : LOOK_SECONDS, p->failure ? plugin_unstarted : plugin_look, p);
	return p;
}
