/* Preloaded into the program: at the ATTACK_AT-th call that touches a file it kills itself, before the call or after it (ATTACK_HOW=before, after),
 * or lets the call fail (ATTACK_HOW=ENOSPC, EIO, EDQUOT, EROFS, EINTR, short). ATTACK_COUNT names a file that
 * is given a letter for each call: w(rite), r(ead), f(sync), (re)n(ame), o(ther). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static long calls, at;
static const char *how;
static char kinds[1 << 18];

static void count_out(void)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, getenv("ATTACK_COUNT"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || calls > (long)sizeof kinds || syscall(SYS_write, fd, kinds, calls) != calls)
		abort();
}

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("ATTACK_AT");
	at = text ? atol(text) : 0;
	how = getenv("ATTACK_HOW");
	if (getenv("ATTACK_COUNT"))
		atexit(count_out);
}

/* Only files: what goes to sockets, pipes and terminals is the cloud's and the operator's. */
static int is_file(int fd)
{
	struct stat st;
	return fd > 2 && fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static int due(int counts, char kind)
{
	long n = counts ? __sync_add_and_fetch(&calls, 1) : 0;
	if (n > 0 && n <= (long)sizeof kinds)
		kinds[n - 1] = kind;
	return n > 0 && n == at && how;
}

/* 0: go on; else the call fails with that. */
static int before(int mine)
{
	static const struct {
		const char *name;
		int code;
	} codes[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EINTR", EINTR}};
	if (mine && !strcmp(how, "before"))
		raise(SIGKILL);
	for (size_t i = 0; mine && i < sizeof codes / sizeof *codes; i++)
		if (!strcmp(how, codes[i].name))
			return codes[i].code;
	return 0;
}

static void after(int mine)
{
	if (mine && !strcmp(how, "after"))
		raise(SIGKILL);
}

#define AROUND(type, name, kind, counts, parameters, arguments)                                                                \
	type name parameters                                                                                                   \
	{                                                                                                                      \
		static type(*real) parameters;                                                                                 \
		real = real ? real : (type(*) parameters)dlsym(RTLD_NEXT, #name);                                              \
		int mine = due(counts, kind), code = before(mine);                                                             \
		if (code) {                                                                                                    \
			errno = code;                                                                                          \
			return (type)-1;                                                                                       \
		}                                                                                                              \
		type result = real arguments;                                                                                  \
		after(mine);                                                                                                   \
		return result;                                                                                                 \
	}

AROUND(ssize_t, read, 'r', is_file(fd), (int fd, void *data, size_t len), (fd, data, len))
AROUND(int, fsync, 'f', is_file(fd), (int fd), (fd))
AROUND(int, fdatasync, 'f', is_file(fd), (int fd), (fd))
AROUND(int, ftruncate, 'o', is_file(fd), (int fd, off_t len), (fd, len))
AROUND(int, rename, 'n', 1, (const char *from, const char *to), (from, to))
AROUND(int, mkostemp, 'o', 1, (char *name, int flags), (name, flags))
AROUND(int, fchmod, 'o', 1, (int fd, mode_t mode), (fd, mode))

ssize_t write(int fd, const void *data, size_t len)
{
	static ssize_t (*real)(int, const void *, size_t);
	real = real ? real : (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	int mine = due(is_file(fd), 'w'), code = before(mine);
	if (code) {
		errno = code;
		return -1;
	}
	if (mine && !strcmp(how, "short"))
		return real(fd, data, len > 1 ? len / 2 : len);
	if (mine && !strcmp(how, "torn")) {
		(void)!real(fd, data, len / 2);
		raise(SIGKILL);
	}
	ssize_t n = real(fd, data, len);
	after(mine);
	return n;
}
