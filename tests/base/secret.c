/* Guarded memory, recipes and references of base/secret.h. */
#include "config.h"
#include "base/sealed.h"

#include "base/file.h"

#include "base/mem.h"
#include "tests/tap.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* oauth2-proxy's rule, written again from its documentation: URL-safe base64 with or without padding that gives 16, 24 or 32
 * bytes, else the text itself must have one of these lengths. */
static bool key_size(size_t n)
{
	return n == 16 || n == 24 || n == 32;
}

static bool cookie_accepted(const char *text)
{
	size_t len = strlen(text), letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
	size_t pad = strspn(text + letters, "=");
	bool base64 = letters + pad == len && letters % 4 != 1 && (!pad || len % 4 == 0) && pad <= 2;
	return (base64 && key_size(letters * 3 / 4)) || key_size(len);
}

static void cookie_vectors(void)
{
	static const struct {
		const char *text;
		bool accepted;
	} vectors[] = {
	    {"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN-_A=", true},
	    {"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN-_A", true},
	    {"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN+_A=", false},
	    {"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN-/A=", false},
	    {"00112233445566778899aabbccddeeff", true},
	    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", false},
	    {"abcdefghijklmnopqrstuvwxyzabcdef", true},
	    {"abcdefghijklmnop", true},
	    {"\"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN-_A=\"", false},
	    {"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN-_A=\n", false},
	};
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		ok(cookie_accepted(vectors[i].text) == vectors[i].accepted, "cookie vector %zu is judged as by oauth2-proxy",
		   i);
}

static bool only(const char *text, size_t len, int (*class)(int), const char *more)
{
	for (size_t i = 0; i < len; i++)
		if (!class((unsigned char)text[i]) && !strchr(more, text[i]))
			return false;
	return true;
}

/* A password policy of Cloud SQL's asks for each class, and the mark is not where an option's would be. */
static bool policy_accepts(const char *text)
{
	bool upper = false, lower = false, digit = false;
	for (const char *p = text; *p; p++) {
		upper |= isupper((unsigned char)*p) != 0;
		lower |= islower((unsigned char)*p) != 0;
		digit |= isdigit((unsigned char)*p) != 0;
	}
	const char *mark = strchr(text, '_');
	return upper && lower && digit && mark && mark > text && mark[1] && !strchr(mark + 1, '_');
}

static void recipes(void)
{
	static const struct {
		const char *name;
		size_t len;
		int (*class)(int);
		const char *more;
	} rows[SECRET_RECIPES] = {
	    [SECRET_PASSWORD] = {"password", 32, isalnum, "_"},
	    [SECRET_COOKIE] = {"cookie", 44, isalnum, "-_="},
	    [SECRET_FLASK] = {"flask", 64, isxdigit, ""},
	    [SECRET_FERNET] = {"fernet", 44, isalnum, "-_="},
	    [SECRET_KEK] = {"kek", 40, isalnum, ""},
	};
	for (int i = 0; i < SECRET_RECIPES; i++) {
		int good = 0, cookies = 0, policies = 0, same = 0;
		struct secret *last = secret_copy("", 0);
		for (int n = 0; n < 200; n++) {
			struct secret *s = secret_draw(i);
			size_t len;
			const char *text = secret_open(s, &len);
			good += len == rows[i].len && text[len] == '\0' && strlen(text) == len &&
				only(text, len, rows[i].class, rows[i].more);
			cookies += cookie_accepted(text);
			policies += policy_accepts(text);
			same += secret_equal(s, last);
			secret_close(s);
			secret_free(last);
			last = s;
		}
		secret_free(last);
		ok(good == 200 && !same, "%s: 200 different ones of %zu characters of its alphabet", rows[i].name, rows[i].len);
		if (i == SECRET_PASSWORD)
			is_int(policies, 200, "every drawn password is one that a password policy takes");
		if (i == SECRET_COOKIE)
			is_int(cookies, 200, "every drawn cookie secret is one that oauth2-proxy takes");
	}
}

/* Runs look in a child that may be killed by the guard. */
static bool killed(void (*look)(struct secret *), struct secret *s)
{
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		look(s);
		_exit(0);
	}
	int status = 0;
	waitpid(child, &status, 0);
	return WIFSIGNALED(status);
}

static const char *stale;

static void look_when_closed(struct secret *s)
{
	(void)s;
	_exit(*(const volatile char *)stale);
}

static void look_when_open(struct secret *s)
{
	secret_open(s, NULL);
	_exit(*(const volatile char *)stale);
}

static void guards(void)
{
	struct secret *s = secret_copy("hunter2", 7), *t = secret_copy("hunter2", 7), *u = secret_copy("hunter3", 7);
	size_t len;
	stale = secret_open(s, &len);
	is_str(stale, "hunter2", "an opened secret can be read");
	secret_open(s, NULL);
	secret_close(s);
	ok(!strcmp(stale, "hunter2"), "opening nests");
	secret_close(s);
	ok(killed(look_when_closed, s), "a closed secret cannot be read");
	ok(!killed(look_when_open, s), "it can be opened again");
	ok(secret_equal(s, t) && !secret_equal(s, u), "secrets are compared by content");
	is_int((long long)secret_length(u), 7, "the length is known without opening");
	secret_free(s);
	secret_free(t);
	secret_free(u);
	secret_free(NULL);
	struct rlimit core;
	getrlimit(RLIMIT_CORE, &core);
	ok(core.rlim_cur == 0 && core.rlim_max == 0, "no core is ever written");
}

static void refused(const char *reference, const char *what)
{
	struct err e = {0};
	struct secret *s = secret_from_reference(reference, &e);
	ok(!s && e.exit == EXIT_CONFIG && e.place && !strcmp(e.place, reference), "refused: %s", what);
	secret_free(s);
	err_free(&e);
}

static void is_secret(const char *reference, const char *wanted, const char *name)
{
	struct err e = {0};
	struct secret *s = secret_from_reference(reference, &e);
	is_str(s ? secret_open(s, NULL) : e.what, wanted, name);
	secret_free(s);
	err_free(&e);
}

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) || chmod(path, mode))
		printf("Bail out! %s cannot be written\n", path), exit(1);
}

static void references(void)
{
	char folder[] = "/tmp/mlflow-setup-secret.XXXXXX";
	if (!mkdtemp(folder))
		printf("Bail out! no temporary folder\n"), exit(1);
	char *path = xasprintf("%s/s", folder), *reference = xasprintf("file:%s", path);
	put(path, "p@ss w\n", 0600);
	is_secret(reference, "p@ss w", "a file loses one newline");
	put(path, "p@ss\n\n", 0640);
	is_secret(reference, "p@ss\n", "and only one");
	put(path, "p@ss", 0644);
	refused(reference, "a file that everybody may read");
	put(path, "\n", 0600);
	refused(reference, "a file with nothing in it");
	truncate(path, 70000) ? (void)0 : refused(reference, "a file that is too large");
	unlink(path);
	refused(reference, "a file that is not there");
	setenv("MLFLOW_SETUP_TEST_SECRET", "x y", 1);
	is_secret("env:MLFLOW_SETUP_TEST_SECRET", "x y", "a variable");
	unsetenv("MLFLOW_SETUP_TEST_SECRET");
	refused("env:MLFLOW_SETUP_TEST_SECRET", "a variable that is not set");
	refused("hunter2", "a secret in place of its reference");
	rmdir(folder);
	free(path);
	free(reference);
}

/* A sealed file with one field replaced. */
static void damaged(const char *path, const char *field, cJSON *value, struct secret *key)
{
	struct err e = {0};
	struct buf text = {0};
	file_read(path, 65536, &text, &e);
	cJSON *j = cJSON_Parse(buf_text(&text));
	cJSON_ReplaceItemInObject(j, field, value);
	char *other = xasprintf("%s.damaged", path), *bad = cJSON_Print(j);
	put(other, bad, 0600);
	struct secret *s = sealed_read(other, "auth.client_secret", key, &e);
	ok(!s && e.exit == EXIT_CONFIG, "sealed: another %s opens nothing", field);
	secret_free(s);
	unlink(other);
	free(other);
	free(bad);
	cJSON_Delete(j);
	buf_free(&text);
	err_free(&e);
}

/* What stands in a sealed file's place is refused at once, and never waited for. */
static void not_sealed(const char *path, struct secret *key, const char *what)
{
	struct err e = {0};
	struct secret *s = sealed_read(path, "auth.client_secret", key, &e);
	ok(!s && e.exit == EXIT_CONFIG, "sealed: %s opens nothing", what);
	secret_free(s);
	err_free(&e);
	unlink(path);
}

static void in_its_place(const char *path, struct secret *key)
{
	struct err e = {0};
	struct buf text = {0};
	char *other = xasprintf("%s.other", path);
	file_read(path, 65536, &text, &e);
	text.data[text.len / 2] = '\0';
	put(other, text.data, 0600);
	not_sealed(other, key, "half a file");
	put(other, "", 0600);
	not_sealed(other, key, "an empty file");
	put(other, "[1]", 0600);
	not_sealed(other, key, "a list");
	ok(mkfifo(other, 0600) == 0, "a FIFO stands there");
	not_sealed(other, key, "a FIFO");
	ok(symlink("/dev/zero", other) == 0, "a link to a device stands there");
	not_sealed(other, key, "a link to a device");
	buf_free(&text);
	err_free(&e);
	free(other);
}

static void sealing(void)
{
	struct err e = {0};
	char folder[] = "/tmp/mlflow-setup-sealed.XXXXXX", *name = sealed_name("/x/stack.one.json"),
	     *beside = sealed_path("/x/a.json", "sealed:a.sealed"), *here = sealed_path("a.json", "sealed:a.sealed"),
	     *far = sealed_path("/x/a.json", "sealed:/y/a.sealed");
	if (!mkdtemp(folder))
		printf("Bail out! no temporary folder\n"), exit(1);
	is_str(name, "stack.one.sealed", "a sealed file is named as the answers");
	ok(!strcmp(beside, "/x/a.sealed") && !strcmp(here, "a.sealed") && !strcmp(far, "/y/a.sealed"),
	   "and looked for beside them");
	char *path = xasprintf("%s/a.sealed", folder);
	struct secret *value = secret_copy("GOCSPX-hunter2", 14), *key = secret_copy("correct horse battery", 21),
		      *wrong = secret_copy("correct horse pattery", 21), *brief = secret_copy("hunter2", 7);
	ok(!sealed_write(path, "q", value, brief, &e) && access(path, F_OK) != 0, "a short passphrase is refused");
	err_free(&e);
	put(path, "{\"format\":1,\"answers\":{}}", 0600);
	ok(!sealed_write(path, "q", value, key, &e) && e.exit == EXIT_CANTWRITE, "a file that is something else is left");
	err_free(&e);
	unlink(path);
	ok(sealed_write(path, "auth.client_secret", value, key, &e), "a secret is sealed");
	struct secret *opened = sealed_read(path, "auth.client_secret", key, &e);
	ok(opened && secret_equal(opened, value), "and opened");
	struct secret *other = sealed_read(path, "auth.client_secret", wrong, &e);
	ok(!other && e.exit == EXIT_CONFIG, "another passphrase opens nothing");
	err_free(&e);
	other = sealed_read(path, "iap.client_secret", key, &e);
	ok(!other && e.exit == EXIT_CONFIG, "nor does it for another answer");
	err_free(&e);
	in_its_place(path, key);
	damaged(path, "nonce", cJSON_CreateString("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), key);
	damaged(path, "memory", cJSON_CreateNumber(1e12), key);
	damaged(path, "operations", cJSON_CreateNumber(1e9), key);
	damaged(path, "sealed", cJSON_CreateString("AAAA"), key);
	damaged(path, "salt", cJSON_CreateString(""), key);
	damaged(path, "kdf", cJSON_CreateString("md5"), key);
	secret_free(opened);
	secret_free(value);
	secret_free(key);
	secret_free(wrong);
	secret_free(brief);
	unlink(path);
	rmdir(folder);
	free(path);
	free(name);
	free(beside);
	free(here);
	free(far);
}

int main(void)
{
	struct err e = {0};
	ok(secret_init(&e), "libsodium starts");
	err_free(&e);
	cookie_vectors();
	recipes();
	guards();
	references();
	sealing();
	return tap_done();
}
