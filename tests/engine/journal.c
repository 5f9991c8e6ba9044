#include "config.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "engine/journal.h"
#include "tests/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[128];

static void fill(void)
{
	struct err e = {0};
	struct journal *j = journal_open_file(path, "apply", &e);
	struct call c = {0};
	struct operation op = {.name = (char[]){"op-1"}, .poll_url = (char[]){"https://x/op-1"}};
	call_set(&c, DIALECT_NONE, "POST", NULL, "https://x/a");
	journal_intend(j, "a", &c, "uuid-a", &e);
	journal_operation(j, "a", &op, &e);
	journal_outcome(j, "a", "done", &e);
	call_set(&c, DIALECT_NONE, "POST", NULL, "https://x/b");
	journal_intend(j, "b", &c, "uuid-b", &e);
	journal_operation(j, "b", &op, &e);
	call_free(&c);
	ok(!e.exit, "a run writes its journal");
	journal_close(j);
}

static void resume(void)
{
	struct err e = {0};
	struct journal *j = journal_open_file(path, "apply", &e);
	const struct journal_intent *b = journal_pending(j, "b");
	ok(!journal_pending(j, "a") && journal_pending_count(j) == 1, "what has an outcome is closed");
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "POST", NULL, "https://x/b");
	ok(b && !strcmp(b->request_id, "uuid-b") && !strcmp(b->operation, "op-1") && journal_is_same(b, &c),
	   "what has none is known with its request and operation");
	call_set(&c, DIALECT_NONE, "POST", NULL, "https://x/c");
	ok(!journal_is_same(b, &c), "another request is not taken for it");
	call_free(&c);
	journal_close(j);
	j = journal_open_file(path, "apply", &e);
	ok(journal_pending(j, "b") != NULL, "and stays known until it has one");
	journal_outcome(j, "b", "done", &e);
	journal_end(j, &e);
	journal_close(j);
	j = journal_open_file(path, "apply", &e);
	is_int((long long)journal_pending_count(j), 0, "an ended run leaves nothing open");
	journal_close(j);
	struct stat st;
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "mode 0600");
}

/* Power goes at every byte: what is left must be read as the records that are whole. */
static void torn(void)
{
	struct err e = {0};
	struct buf whole = {0};
	unlink(path);
	fill();
	file_read(path, 1 << 20, &whole, &e);
	size_t bad = 0, last = 0;
	for (size_t len = 0; len <= whole.len; len++) {
		file_write(path, whole.data, len, 0600, &e);
		struct journal *j = journal_open_file(path, "apply", &e);
		size_t open = j ? journal_pending_count(j) : 99;
		bad += !j || open > 1 || e.exit;
		last = open;
		journal_close(j);
	}
	is_int((long long)bad, 0, "cut at every byte, it opens");
	is_int((long long)last, 1, "whole, it has its open intent");
	size_t refused = 0, middle = whole.len / 2;
	whole.data[middle] ^= 1;
	file_write(path, whole.data, whole.len, 0600, &e);
	struct journal *j = journal_open_file(path, "apply", &e);
	refused += !j && e.exit == EXIT_CONFIG;
	is_int((long long)refused, 1, "a flipped bit in the middle is refused");
	journal_close(j);
	err_free(&e);
	buf_free(&whole);
	unlink(path);
}

static void locked(void)
{
	struct err e = {0};
	int ready[2], go[2];
	char byte = 0;
	if (pipe(ready) || pipe(go))
		return;
	pid_t child = fork();
	if (!child) {
		struct journal *j = journal_open_file(path, "destroy", &e);
		if (write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		(void)j;
		_exit(0); /* without closing: the kernel drops the lock */
	}
	ok(read(ready[0], &byte, 1) == 1, "another run works");
	struct journal *j = journal_open_file(path, "apply", &e);
	char pid[32];
	snprintf(pid, sizeof pid, "process %d", (int)child);
	ok(!j && e.exit == EXIT_TRYAGAIN && strstr(e.what, "destroy") && strstr(e.what, pid), "this one is refused with who");
	err_free(&e);
	ok(write(go[1], "g", 1) == 1 && waitpid(child, NULL, 0) == child, "it dies");
	j = journal_open_file(path, "apply", &e);
	ok(j != NULL, "its lock is not in the way");
	journal_close(j);
}

/* What stands in the journal's place is read only when nobody else can have put it there. */
static bool refused_with(const char *words)
{
	struct err e = {0};
	alarm(20); /* a hang ends the test */
	struct journal *j = journal_open_file(path, "apply", &e);
	alarm(0);
	bool so = !j && e.exit == EXIT_CONFIG && e.what && strstr(e.what, words);
	if (!so)
		printf("# %d %s\n", (int)e.exit, e.what ? e.what : "");
	journal_close(j);
	err_free(&e);
	unlink(path);
	return so;
}

static void plant(const char *json, mode_t mode)
{
	struct err e = {0};
	char *text = xasprintf("%08zx %08x %s\n", strlen(json), (unsigned)encode_crc32c(json, strlen(json)), json);
	file_write(path, text, strlen(text), mode, &e);
	err_free(&e);
	free(text);
}

static void planted(void)
{
	static const char header[] = "{\"format\":2,\"t\":\"journal\"}";
	char other[160];
	snprintf(other, sizeof other, "%s.other", path);
	plant(header, 0666);
	ok(refused_with("others can write"), "S8: a journal that everybody can write is refused");
	plant(header, 0620);
	ok(refused_with("others can write"), "S8: and one that its group can write");
	if (geteuid() == 0) {
		plant(header, 0600);
		if (chown(path, 65534, 65534))
			printf("# chown failed\n");
		ok(refused_with("another user"), "S8: another user's journal is refused");
	} else {
		skip("S8: another user's journal is refused", "only root can make one");
	}
	plant("{\"format\":3,\"t\":\"journal\"}", 0600);
	ok(refused_with("newer"), "S8: a newer format is refused");
	plant("{\"t\":\"intent\",\"step\":\"b\"}", 0600);
	ok(refused_with("no journal"), "S8: so is a file that does not begin as one");
	if (mkfifo(path, 0600) == 0)
		ok(refused_with("pipe"), "S8: a FIFO is refused, and nobody hangs");
	plant(header, 0600);
	if (rename(path, other) == 0 && symlink(other, path) == 0)
		ok(refused_with("open"), "S8: a symbolic link is not followed");
	unlink(other);
	snprintf(other, sizeof other, "%s.lock", path);
	unlink(other);
	if (mkfifo(other, 0600) == 0)
		ok(refused_with("pipe"), "S8: nor is a FIFO taken for the lock");
	unlink(other);
}

static void full_disk(void)
{
	struct err e = {0};
	struct journal *j = journal_open_file(path, "apply", &e);
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "POST", NULL, "https://x/a");
	/* The descriptor after the lock's is the journal's: a full device in its place. */
	int full = open("/dev/full", O_WRONLY);
	for (int fd = 3; fd < full; fd++) {
		struct stat a, b;
		if (fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino)
			dup2(full, fd);
	}
	ok(!journal_intend(j, "a", &c, NULL, &e) && e.exit == EXIT_CANTWRITE, "a full disk is told");
	err_free(&e);
	ok(!journal_outcome(j, "a", "done", &e), "and nothing is trusted after it");
	err_free(&e);
	call_free(&c);
	close(full);
	journal_close(j);
}

int main(void)
{
	struct err e = {0};
	char dir[] = "/tmp/ms-journal-XXXXXX", lock[160];
	mem_install();
	if (!secret_init(&e) || !mkdtemp(dir))
		return 99;
	snprintf(path, sizeof path, "%s/p.s.journal", dir);
	fill();
	resume();
	torn();
	locked();
	planted();
	full_disk();
	snprintf(lock, sizeof lock, "%s.lock", path);
	unlink(path);
	unlink(lock);
	rmdir(dir);
	return tap_done();
}
