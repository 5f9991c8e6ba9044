/* Secrets in libsodium's guarded memory: unreadable unless opened, locked out of swap where the system allows it. */
#include "config.h"
#include "base/secret.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 64 << 10, RANDOM_BYTES = 32 };

struct secret {
	char *bytes; /* len of them and a NUL, from sodium_malloc */
	size_t len;
	unsigned opened;
	struct secret *next, **at; /* the list of all */
};

static struct secret *all;

bool secret_init(struct err *e)
{
	if (sodium_init() < 0)
		return err_set(e, EXIT_CONFIG, NULL, _("Check that this system has a working random generator."),
			       _("libsodium cannot be started."));
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}))
		return err_set(e, EXIT_CONFIG, NULL, NULL, _("core files cannot be switched off: %s."), strerror(errno));
#ifndef __SANITIZE_ADDRESS__ /* the leak checker attaches to its own process */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return err_set(e, EXIT_CONFIG, NULL, NULL, _("this process cannot be kept from being dumped: %s."),
			       strerror(errno));
#endif
	return true;
}

/* Writable room for len bytes; sealed by seal(). */
static struct secret *room(size_t len)
{
	struct secret *s = xmalloc(sizeof *s);
	*s = (struct secret){.bytes = sodium_malloc(len + 1), .len = len, .next = all, .at = &all};
	if (!s->bytes)
		mem_out();
	if (all)
		all->at = &s->next;
	all = s;
	return s;
}

static struct secret *seal(struct secret *s)
{
	s->bytes[s->len] = '\0';
	sodium_mprotect_noaccess(s->bytes);
	return s;
}

void secret_each(void (*fn)(void *arg, struct secret *s), void *arg)
{
	for (struct secret *s = all; s; s = s->next)
		fn(arg, s);
}

bool secret_any(void)
{
	return all != NULL;
}

struct secret *secret_copy(const void *data, size_t len)
{
	struct secret *s = room(len);
	if (len)
		memcpy(s->bytes, data, len);
	return seal(s);
}

/* Every class of characters that a password policy may ask for; what is none of letters and digits stands within, and is one that no address, shell or
 * option takes for its own. */
static struct secret *draw_password(size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	struct secret *s = room(len);
	bool upper, lower, digit;
	do {
		upper = lower = digit = false;
		size_t mark = 1 + randombytes_uniform((uint32_t)len - 2);
		for (size_t i = 0; i < len; i++) {
			char c = i == mark ? '_' : letters[randombytes_uniform(sizeof letters - 1)];
			s->bytes[i] = c;
			upper |= c >= 'A' && c <= 'Z';
			lower |= c >= 'a' && c <= 'z';
			digit |= c >= '0' && c <= '9';
		}
	} while (!upper || !lower || !digit);
	return seal(s);
}

static struct secret *draw_letters(size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	struct secret *s = room(len);
	for (size_t i = 0; i < len; i++)
		s->bytes[i] = letters[randombytes_uniform(sizeof letters - 1)];
	return seal(s);
}

static struct secret *draw_bytes(bool hex)
{
	unsigned char *random = sodium_malloc(RANDOM_BYTES);
	if (!random)
		mem_out();
	randombytes_buf(random, RANDOM_BYTES);
	const int base64 = sodium_base64_VARIANT_URLSAFE;
	struct secret *s = room(hex ? (size_t)2 * RANDOM_BYTES : sodium_base64_encoded_len(RANDOM_BYTES, base64) - 1);
	if (hex)
		sodium_bin2hex(s->bytes, s->len + 1, random, RANDOM_BYTES);
	else
		sodium_bin2base64(s->bytes, s->len + 1, random, RANDOM_BYTES, base64);
	sodium_free(random);
	return seal(s);
}

struct secret *secret_draw(enum secret_recipe recipe)
{
	switch (recipe) {
	case SECRET_PASSWORD:
		return draw_password(32);
	case SECRET_KEK:
		return draw_letters(40);
	case SECRET_FLASK:
		return draw_bytes(true);
	case SECRET_COOKIE:
	case SECRET_FERNET:
	case SECRET_RECIPES:
		break;
	}
	return draw_bytes(false);
}

const char *secret_open(struct secret *s, size_t *len)
{
	if (!s->opened++)
		sodium_mprotect_readonly(s->bytes);
	if (len)
		*len = s->len;
	return s->bytes;
}

void secret_close(struct secret *s)
{
	if (!--s->opened)
		sodium_mprotect_noaccess(s->bytes);
}

size_t secret_length(const struct secret *s)
{
	return s->len;
}

bool secret_equal(struct secret *a, struct secret *b)
{
	const char *x = secret_open(a, NULL), *y = secret_open(b, NULL);
	bool same = a->len == b->len && !sodium_memcmp(x, y, a->len);
	secret_close(b);
	secret_close(a);
	return same;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	sodium_free(s->bytes);
	free(s);
}

void secret_wipe_tree(cJSON *tree)
{
	for (cJSON *child = tree ? tree->child : NULL; child; child = child->next)
		secret_wipe_tree(child);
	if (tree && tree->valuestring)
		sodium_memzero(tree->valuestring, strlen(tree->valuestring));
}

/* References ------------------------------------------------------------------------------------------------------------------ */

static struct secret *not_empty(struct secret *s, const char *reference, struct err *e)
{
	if (s->len)
		return s;
	secret_free(s);
	err_set(e, EXIT_CONFIG, reference, _("Put the secret there."), _("it is empty."));
	return NULL;
}

static struct secret *from_env(const char *reference, const char *name, struct err *e)
{
	const char *value = getenv(name);
	if (value)
		return not_empty(secret_copy(value, strlen(value)), reference, e);
	err_set(e, EXIT_CONFIG, reference, _("Set and export it."), _("the variable is not set."));
	return NULL;
}

/* A pipe's other side, `<(command)` of a shell, has this long between two parts; a person at a terminal as long as they like. */
#define PATIENCE_MS 15000

static bool comes(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ready = poll(&p, 1, isatty(fd) ? -1 : PATIENCE_MS);
	if (!ready)
		errno = ETIMEDOUT;
	return ready > 0;
}

/* Reads until the end or until room is full; -1 with errno on failure, an interruption among them. */
static ssize_t read_whole(int fd, char *into, size_t room)
{
	size_t len = 0;
	while (len < room) {
		ssize_t n = comes(fd) ? read(fd, into + len, room - len) : -1;
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0)
			return n ? n : (ssize_t)len;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static struct secret *from_fd(int fd, const char *reference, struct err *e)
{
	struct stat st;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_mode & (S_IROTH | S_IWOTH)) {
		err_set(e, EXIT_CONFIG, reference, _("Take those rights away: chmod 600."),
			_("everybody on this machine may read or write it."));
		return NULL;
	}
	char *bytes = sodium_malloc(FILE_MAX_BYTES + 1);
	if (!bytes)
		mem_out();
	ssize_t len = read_whole(fd, bytes, FILE_MAX_BYTES + 1);
	struct secret *s = NULL;
	if (len < 0)
		err_set(e, EXIT_CONFIG, reference, NULL, _("it cannot be read: %s."), strerror(errno));
	else if (len > FILE_MAX_BYTES)
		err_set(e, EXIT_CONFIG, reference, NULL, _("it is larger than 64 KiB."));
	else
		s = not_empty(secret_copy(bytes, (size_t)len - (len && bytes[len - 1] == '\n')), reference, e);
	sodium_free(bytes);
	return s;
}

static struct secret *from_file(const char *reference, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		err_set(e, EXIT_CONFIG, reference, _("Check the path."), _("it cannot be opened: %s."), strerror(errno));
		return NULL;
	}
	struct secret *s = from_fd(fd, reference, e);
	close(fd);
	return s;
}

struct secret *secret_from_reference(const char *reference, struct err *e)
{
	if (text_starts(reference, "env:"))
		return from_env(reference, reference + strlen("env:"), e);
	if (text_starts(reference, "file:"))
		return from_file(reference, reference + strlen("file:"), e);
	err_set(e, EXIT_CONFIG, reference, _("Use env:NAME or file:PATH."),
		_("this is no reference to a secret on this machine."));
	return NULL;
}
