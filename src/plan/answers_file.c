/* The answers file on the disk. Somebody may edit it while a run goes on, so what is saved is what changed here, put into what the file says
 * then; where the two cannot be put together, ours is written beside it. */
#include "config.h"
#include "plan/answers.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

struct answers_file *answers_file_share(struct answers_file *f)
{
	if (!f)
		f = xcalloc(1, sizeof *f);
	f->users++;
	return f;
}

void answers_file_drop(struct answers_file *f)
{
	if (!f || --f->users)
		return;
	free(f->theirs);
	free(f->ours);
	free(f->beside);
	free(f);
}

static void remember(struct answers_file *f, const char *theirs, const char *ours)
{
	char *a = xstrdup(theirs), *b = xstrdup(ours);
	free(f->theirs);
	free(f->ours);
	f->theirs = a;
	f->ours = b;
}

struct answers *answers_load(const char *path, struct err *e)
{
	struct buf text = {0}, ours = {0};
	struct answers *a = NULL;
	if (file_read(path, FILE_MAX, &text, e))
		a = answers_parse(buf_text(&text), text.len, path, e);
	if (a) {
		answers_print(a, &ours);
		remember(a->file, buf_text(&text), buf_text(&ours));
	}
	buf_free(&text);
	buf_free(&ours);
	return a;
}

/* Merging -------------------------------------------------------------------------------------------------------------------- */

static struct answers *read_text(const char *text)
{
	struct err ignored = {0};
	struct answers *a = text ? answers_parse(text, strlen(text), "", &ignored) : answers_new();
	err_free(&ignored);
	return a;
}

/* The same key four times: as it is here, as it was here, as the file says, as the file said. True, with *take, when ours is to go into the file;
 * false when both changed it. */
static bool settle(const cJSON *now, const cJSON *was, const cJSON *says, const cJSON *said, bool *take)
{
	*take = !json_equal(now, was) && !json_equal(now, says);
	return !*take || json_equal(says, said);
}

static bool merge_answers(const struct answers *a, const struct answers *was, struct answers *says, const struct answers *said)
{
	for (const struct question *q = questions; q->id; q++) {
		const cJSON *now = answers_get(a, q->id);
		bool take,
		    fine = settle(now, answers_get(was, q->id), answers_get(says, q->id), answers_get(said, q->id), &take);
		if (!fine)
			return false;
		if (take)
			json_put_key(says->values, q->id, cJSON_Duplicate(now, true));
	}
	return true;
}

static bool merge_key(const char *key, const cJSON *now, const cJSON *was, cJSON *says, const cJSON *said)
{
	const cJSON *mine = cJSON_GetObjectItemCaseSensitive(now, key);
	bool take, fine = settle(mine, cJSON_GetObjectItemCaseSensitive(was, key), cJSON_GetObjectItemCaseSensitive(says, key),
				 cJSON_GetObjectItemCaseSensitive(said, key), &take);
	if (fine && take && mine)
		json_put_key(says, key, cJSON_Duplicate(mine, true));
	else if (fine && take)
		cJSON_DeleteItemFromObjectCaseSensitive(says, key);
	return fine;
}

static bool merge_resolved(const cJSON *now, const cJSON *was, cJSON *says, const cJSON *said)
{
	for (const cJSON *v = now->child; v; v = v->next)
		if (!merge_key(v->string, now, was, says, said))
			return false;
	for (const cJSON *v = was->child; v; v = v->next)
		if (!merge_key(v->string, now, was, says, said))
			return false;
	return true;
}

/* What the file is to say; false when it cannot be told. */
static bool merge(const struct answers *a, const char *text, struct buf *out)
{
	struct answers *was = read_text(a->file->ours), *says = read_text(text), *said = read_text(a->file->theirs);
	bool fine = was && says && said && merge_answers(a, was, says, said) &&
		    merge_resolved(a->resolved, was->resolved, says->resolved, said->resolved);
	if (fine)
		answers_print(says, out);
	answers_free(was);
	answers_free(says);
	answers_free(said);
	return fine;
}

/* Saving --------------------------------------------------------------------------------------------------------------------- */

static bool write_beside(const struct answers *a, const char *path, const struct buf *now, struct err *e)
{
	struct answers_file *f = a->file;
	free(f->beside);
	f->beside = xasprintf("%s.run", path);
	return file_write(f->beside, now->data, now->len, 0600, e);
}

/* It says what these answers said when they were read or saved last, and no more. That may be half-way: answers that do not go together yet, which could not
 * be read back. */
static bool is_as_left(const struct answers_file *f, const struct buf *text)
{
	return f->theirs && f->ours && !strcmp(f->theirs, f->ours) && strlen(f->theirs) == text->len &&
	       !memcmp(f->theirs, text->data, text->len);
}

bool answers_save(const struct answers *a, const char *path, struct err *e)
{
	struct answers_file *f = a->file;
	struct buf now = {0}, before = {0}, wanted = {0};
	struct err absent = {0};
	answers_print(a, &now);
	bool there = file_read(path, FILE_MAX, &before, &absent), saved;
	if (!there && absent.exit != EXIT_NOINPUT) {
		saved = err_set(e, EXIT_CANTWRITE, path, absent.fix, "%s", absent.what);
	} else if (there && !is_as_left(f, &before) && !merge(a, buf_text(&before), &wanted)) {
		saved = write_beside(a, path, &now, e);
	} else {
		const struct buf *text = wanted.len ? &wanted : &now;
		bool same = there && before.len == text->len && !memcmp(before.data, text->data, text->len);
		saved = same || file_update(path, text->data, text->len, e);
		if (saved)
			remember(f, buf_text(text), buf_text(&now));
	}
	err_free(&absent);
	buf_free(&now);
	buf_free(&before);
	buf_free(&wanted);
	return saved;
}

const char *answers_beside(const struct answers *a)
{
	return a->file->beside;
}
