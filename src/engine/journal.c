/* Appending, reading back, locking. */
#include "config.h"
#include "engine/journal.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_MAX ((size_t)16 << 20)
/* "LENGTH CRC " before the JSON. */
enum { PREFIX = 18, RECORD_MAX = 1 << 20, FORMAT = 2 };

struct journal {
	char *path;
	int fd, lock;
	bool broken; /* a write failed: what is on the disk is not known any more */
	struct journal_intent *intents;
	size_t count, room;
	cJSON *changed; /* step -> seconds since 1970 of its last change, for as long as that may not be known everywhere */
};

/* Google makes new things and grants known within minutes. */
#define YOUNG 3600.0

/* Intents -------------------------------------------------------------------------------------------------------------------- */

static void intent_free(struct journal_intent *i)
{
	free(i->step);
	free(i->request);
	free(i->request_id);
	free(i->operation);
}

static struct journal_intent *intent_of(const struct journal *j, const char *step)
{
	for (size_t i = 0; i < j->count; i++)
		if (!strcmp(j->intents[i].step, step))
			return &j->intents[i];
	return NULL;
}

static void forget(struct journal *j, const char *step)
{
	struct journal_intent *i = intent_of(j, step);
	if (!i)
		return;
	intent_free(i);
	*i = j->intents[--j->count];
}

static void note_changed(struct journal *j, const char *step, double at)
{
	if (at <= 0)
		return;
	cJSON_DeleteItemFromObjectCaseSensitive(j->changed, step);
	cJSON_AddNumberToObject(j->changed, step, at);
}

double journal_changed(const struct journal *j, const char *step)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(j->changed, step)) > 0
		   ? cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(j->changed, step))
		   : 0;
}

static char *copy(const cJSON *record, const char *field)
{
	const char *text = json_str(record, field, NULL);
	return text ? xstrdup(text) : NULL;
}

static void replay(struct journal *j, const cJSON *record)
{
	const char *what = json_str(record, "t", ""), *step = json_str(record, "step", "");
	struct journal_intent *i = intent_of(j, step);
	if (!strcmp(what, "intent")) {
		forget(j, step);
		j->intents = xgrow(j->intents, j->count, &j->room, sizeof *j->intents);
		j->intents[j->count++] = (struct journal_intent){xstrdup(step), copy(record, "request"),
								 copy(record, "request_id"), NULL};
	} else if (!strcmp(what, "operation") && i) {
		free(i->operation);
		i->operation = copy(record, "name");
	} else if (!strcmp(what, "outcome")) {
		forget(j, step);
		note_changed(j, step, json_num(record, "at", 0));
	} else if (!strcmp(what, "changed")) {
		note_changed(j, step, json_num(record, "at", 0));
	}
}

/* The first record says what file this is. What an older program wrote is forgotten: the cloud tells the same, later. */
static bool read_header(const struct journal *j, const cJSON *record, bool *older, struct err *e)
{
	int format = (int)json_num(record, "format", 0);
	if (strcmp(json_str(record, "t", ""), "journal") || format < 1)
		return err_set(e, EXIT_CONFIG, j->path,
			       _("Move it away: the next run then finds everything by asking the cloud."),
			       _("this is no journal of mlflow-setup."));
	if (format > FORMAT)
		return err_set(e, EXIT_CONFIG, j->path, _("Use the mlflow-setup that wrote it, or a newer one."),
			       _("the journal's format %d is newer than this program knows (%d)."), format, FORMAT);
	*older = format < FORMAT;
	return true;
}

/* Reading -------------------------------------------------------------------------------------------------------------------- */

/* The record at text; its length, or 0 when it is torn or damaged. */
static size_t read_record(const char *text, size_t len, cJSON **out)
{
	char prefix[PREFIX + 1] = "", *end;
	*out = NULL;
	if (len <= PREFIX)
		return 0;
	memcpy(prefix, text, PREFIX);
	size_t size = strtoul(prefix, &end, 16);
	if (end != prefix + 8 || *end != ' ' || size > RECORD_MAX || len < PREFIX + size + 1 || text[PREFIX + size] != '\n')
		return 0;
	unsigned long crc = strtoul(prefix + 9, &end, 16);
	if (end != prefix + 17 || *end != ' ' || crc != encode_crc32c(text + PREFIX, size))
		return 0;
	struct err e = {0};
	*out = json_parse(text + PREFIX, size, "journal", &e);
	err_free(&e);
	return *out ? PREFIX + size + 1 : 0;
}

/* Is a whole record anywhere behind this place? Then the damage is in the middle. */
static bool more_behind(const char *text, size_t len)
{
	for (const char *p = memchr(text, '\n', len); p; p = memchr(p + 1, '\n', (size_t)(text + len - p - 1))) {
		cJSON *record;
		size_t size = read_record(p + 1, (size_t)(text + len - p - 1), &record);
		cJSON_Delete(record);
		if (size)
			return true;
	}
	return false;
}

static bool replay_all(struct journal *j, const char *text, size_t len, struct err *e)
{
	size_t at = 0;
	bool older = false, fine = true;
	while (at < len && fine && !older) {
		cJSON *record;
		size_t size = read_record(text + at, len - at, &record);
		if (!size && more_behind(text + at, len - at))
			return err_set(e, EXIT_CONFIG, j->path,
				       _("Move it away: the next run then finds everything by asking the cloud."),
				       _("the journal is damaged at byte %zu; the records before it are whole."), at);
		if (!size)
			break;
		if (!at)
			fine = read_header(j, record, &older, e);
		else
			replay(j, record);
		cJSON_Delete(record);
		at += size;
	}
	return fine;
}

/* Writing -------------------------------------------------------------------------------------------------------------------- */

static void add_record(struct buf *b, cJSON *record)
{
	char *text = json_text(record, -1);
	size_t len = strlen(text);
	buf_printf(b, "%08zx %08x %s\n", len, (unsigned)encode_crc32c(text, len), text);
	free(text);
	cJSON_Delete(record);
}

static bool cannot_write(struct journal *j, struct err *e)
{
	j->broken = true;
	return err_set(e, EXIT_CANTWRITE, j->path, _("Make room or mend the disk, then run the same command again."),
		       _("the journal cannot be written: %s."), strerror(errno));
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool append(struct journal *j, cJSON *record, struct err *e)
{
	struct buf b = {0};
	add_record(&b, record);
	errno = EIO;
	bool ok = !j->broken && write_all(j->fd, buf_text(&b), b.len) && fdatasync(j->fd) == 0;
	buf_free(&b);
	return ok || cannot_write(j, e);
}

/* The hash tells later whether the same thing was meant; the request itself could hold what is nobody's business. The caller frees it. */
static char *hash_of(const struct call *call)
{
	unsigned char hash[16];
	char hex[33], *body = call->body ? json_text(call->body, -1) : xstrdup("");
	char *text = xasprintf("%s %s\n%s", call->method, call->url, body);
	crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
	free(text);
	free(body);
	return xstrdup(sodium_bin2hex(hex, sizeof hex, hash, sizeof hash));
}

bool journal_is_same(const struct journal_intent *intent, const struct call *call)
{
	char *hash = hash_of(call);
	bool same = intent->request && !strcmp(intent->request, hash);
	free(hash);
	return same;
}

/* What it is, for whoever reads the file: a URL without its parameters. It is never read back. */
static char *words_of(const struct call *call)
{
	return xasprintf("%s %.*s", call->method, (int)strcspn(call->url, "?"), call->url);
}

bool journal_intend(struct journal *j, const char *step, const struct call *call, const char *request_id, struct err *e)
{
	char *hash = hash_of(call), *words = words_of(call);
	bool ok = append(
	    j, json_make("{'t':'intent','step':%s,'request':%s,'request_id':%s,'does':%s}", step, hash, request_id, words), e);
	free(words);
	free(hash);
	if (ok)
		forget(j, step);
	return ok;
}

bool journal_operation(struct journal *j, const char *step, const struct operation *op, struct err *e)
{
	return append(j, json_make("{'t':'operation','step':%s,'name':%s}", step, op->name), e);
}

bool journal_outcome(struct journal *j, const char *step, const char *outcome, struct err *e)
{
	cJSON *record = json_make("{'t':'outcome','step':%s,'outcome':%s}", step, outcome);
	forget(j, step);
	if (!strcmp(outcome, "done")) {
		note_changed(j, step, (double)time(NULL));
		json_put_num(record, "at", (double)time(NULL));
	}
	return append(j, record, e);
}

/* Opening -------------------------------------------------------------------------------------------------------------------- */

/* A new file with only what is still open, in place of the old one, so that it does not grow with each run. */
static bool start_file(struct journal *j, struct err *e)
{
	struct buf b = {0};
	add_record(&b, json_make("{'t':'journal','format':%d}", FORMAT));
	for (size_t i = 0; i < j->count; i++) {
		const struct journal_intent *n = &j->intents[i];
		add_record(
		    &b, json_make("{'t':'intent','step':%s,'request':%s,'request_id':%s}", n->step, n->request, n->request_id));
		if (n->operation)
			add_record(&b, json_make("{'t':'operation','step':%s,'name':%s}", n->step, n->operation));
	}
	const cJSON *c;
	cJSON_ArrayForEach(c, j->changed)
		if (c->valuedouble > (double)time(NULL) - YOUNG)
			add_record(
			    &b, json_make("{'t':'changed','step':%s,'at':%j}", c->string, cJSON_CreateNumber(c->valuedouble)));
	bool ok = file_write(j->path, buf_text(&b), b.len, 0600, e);
	buf_free(&b);
	if (!ok)
		return false;
	if (j->fd >= 0)
		close(j->fd);
	j->fd = open(j->path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	return j->fd >= 0 || cannot_write(j, e);
}

bool journal_end(struct journal *j, struct err *e)
{
	return j->broken ? cannot_write(j, e) : start_file(j, e);
}

/* Another run holds the lock: its words stand in the lock's file. */
static void say_who(const char *path, struct err *e)
{
	struct buf text = {0};
	struct err ignored = {0};
	cJSON *who = file_read_ours(path, 4096, &text, &ignored) ? cJSON_Parse(buf_text(&text)) : NULL;
	err_free(&ignored);
	err_set(e, EXIT_TRYAGAIN, path, _("Wait for it to end, then run the same command again."),
		_("another run works on this stack: %s, process %d on %s, since %s."), json_str(who, "verb", "?"),
		(int)json_num(who, "pid", 0), json_str(who, "host", "?"), json_str(who, "since", "?"));
	cJSON_Delete(who);
	buf_free(&text);
}

/* The lock is the kernel's: it goes with the process, however that ends, so a dead run's is never in the way. */
static bool take_lock(struct journal *j, const char *verb, struct err *e)
{
	char *path = xasprintf("%s.lock", j->path), host[256] = "?", when[40];
	j->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	bool ours = j->lock >= 0 && file_is_ours(j->lock, path, e);
	bool locked = ours && flock(j->lock, LOCK_EX | LOCK_NB) == 0;
	if (j->lock < 0) {
		err_set(e, EXIT_CANTWRITE, path, NULL, _("the lock cannot be made: %s."), strerror(errno));
	} else if (ours && !locked) {
		say_who(path, e);
	} else if (locked) {
		gethostname(host, sizeof host - 1);
		cJSON *who = json_make("{'verb':%s,'pid':%d,'host':%s,'since':%s}", verb, (int)getpid(), host,
				       text_rfc3339((double)time(NULL), 0, when));
		char *text = json_text(who, -1);
		if (ftruncate(j->lock, 0) != 0 || !write_all(j->lock, text, strlen(text)))
			locked = err_set(e, EXIT_CANTWRITE, path, NULL, _("the lock cannot be written: %s."), strerror(errno));
		free(text);
		cJSON_Delete(who);
	}
	free(path);
	return locked;
}

static bool read_old(struct journal *j, struct err *e)
{
	struct buf text = {0};
	struct stat st;
	if (lstat(j->path, &st) != 0 && errno == ENOENT)
		return true;
	bool ok = file_read_ours(j->path, JOURNAL_MAX, &text, e) && replay_all(j, buf_text(&text), text.len, e);
	buf_free(&text);
	return ok;
}

struct journal *journal_open_file(const char *path, const char *verb, struct err *e)
{
	struct journal *j = xcalloc(1, sizeof *j);
	*j = (struct journal){.path = xstrdup(path), .fd = -1, .lock = -1, .changed = cJSON_CreateObject()};
	if (take_lock(j, verb, e) && read_old(j, e) && start_file(j, e))
		return j;
	journal_close(j);
	return NULL;
}

struct journal *journal_open(const char *project, const char *stack, const char *verb, struct err *e)
{
	char *dir = file_xdg_dir("STATE"), *path = xasprintf("%s/%s.%s.journal", dir, project, stack);
	struct journal *j = file_make_dirs(dir, e) && file_dir_is_ours(dir, e) ? journal_open_file(path, verb, e) : NULL;
	free(path);
	free(dir);
	return j;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	if (j->lock >= 0)
		close(j->lock);
	for (size_t i = 0; i < j->count; i++)
		intent_free(&j->intents[i]);
	free(j->intents);
	cJSON_Delete(j->changed);
	free(j->path);
	free(j);
}

const struct journal_intent *journal_pending(const struct journal *j, const char *step)
{
	return intent_of(j, step);
}

size_t journal_pending_count(const struct journal *j)
{
	return j->count;
}
