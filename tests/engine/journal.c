#include "config.h"
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
	journal_operation(j, "a", &op, DIALECT_SQL, &e);
	journal_outcome(j, "a", "done", &e);
	call_set(&c, DIALECT_NONE, "POST", NULL, "https://x/b");
	journal_intend(j, "b", &c, "uuid-b", &e);
	journal_operation(j, "b", &op, DIALECT_SQL, &e);
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
	ok(b && !strcmp(b->request_id, "uuid-b") && !strcmp(b->operation, "https://x/op-1") && b->dialect == DIALECT_SQL,
	   "what has none is known with its request and operation");
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
	full_disk();
	snprintf(lock, sizeof lock, "%s.lock", path);
	unlink(path);
	unlink(lock);
	rmdir(dir);
	return tap_done();
}
