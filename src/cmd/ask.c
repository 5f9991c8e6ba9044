/* Asking for secrets on the terminal. */
#include "config.h"
#include "cmd/ask.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/sealed.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct secret *ask_hidden(const char *title, const char *place, const char *fix, struct err *e)
{
	struct termios old, quiet;
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &old) != 0) {
		err_set(e, EXIT_CONFIG, place, fix, _("a secret has to be typed, and there is no terminal to ask on."));
		return NULL;
	}
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	outside_print(stderr, "%s: ", title);
	/* Not by stdio, whose buffer would keep it. */
	char line[4096]; /* what a terminal gives at once: the download of a client is a line too */
	struct secret *s = NULL;
	ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);
	line[n > 0 ? n : 0] = '\0';
	if (n > 0)
		s = secret_copy(line, strcspn(line, "\r\n"));
	else
		err_set(e, EXIT_CONFIG, place, NULL, _("no secret was typed."));
	explicit_bzero(line, sizeof line);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	return s;
}

static struct secret *ask_sealed(const char *path, const struct question *q, struct err *e)
{
	char *title = xasprintf(_("Passphrase of %s"), path);
	struct secret *passphrase = sealed_passphrase_given();
	if (!passphrase)
		passphrase = ask_hidden(title, path,
					_("Set MLFLOW_SETUP_PASSPHRASE, or refer to the secret by env:NAME or file:PATH."), e);
	struct secret *value = passphrase ? sealed_read(path, q->id, passphrase, e) : NULL;
	secret_free(passphrase);
	free(title);
	return value;
}

struct secret *ask_secret(const struct answers *a, const char *file, const struct question *q, struct err *e)
{
	const char *reference = answers_str(a, q->id);
	if (!sealed_is(reference))
		return ask_hidden(_(q->title), q->id, _("Refer to it by env:NAME or file:PATH."), e);
	char *path = sealed_path(file, reference);
	struct secret *value = ask_sealed(path, q, e);
	free(path);
	return value;
}
