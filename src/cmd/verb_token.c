/* token FILE: what a program shows at the stack's wall, fresh, and nothing else on stdout. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "base/secret.h"
#include "cmd/open.h"
#include "plan/axes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Not by stdio, whose buffer would keep it. */
static bool verb_token_write(const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);
		if (n < 0 && errno != EINTR)
			return false;
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static void verb_token_print(struct secret *token, struct err *e)
{
	size_t len;
	const char *bytes = secret_open(token, &len);
	if (!verb_token_write(bytes, len) || !verb_token_write("\n", 1))
		err_set(e, EXIT_CANTWRITE, "token", NULL, _("it cannot be written: %s."), strerror(errno));
	secret_close(token);
}

/* Some walls want no token: what they want is said. */
static bool verb_token_is_there(const struct cli *cli, const struct plan *p, struct err *e)
{
	switch (p->wall.shows) {
	case CREDENTIAL_PASSWORD:
		return err_set(
		    e, EXIT_CONFIG, cli->file,
		    _("Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD: mlflow-setup connect prints both."),
		    _("programs show a user name and a password here, not a token."));
	case CREDENTIAL_CHANNEL:
		return err_set(e, EXIT_CONFIG, cli->file, _("Open the tunnel that mlflow-setup connect prints."),
			       _("programs come through a tunnel here, which asks who opens it; a token is not needed."));
	default:
		return true;
	}
}

static enum exit_code verb_token_run(const struct cli *cli, struct err *e)
{
	struct answers *a = NULL;
	struct plan *p = cli_applied(cli, &a, e);
	struct session *s = p && verb_token_is_there(cli, p, e) ? open_session(cli, false, e) : NULL;
	struct secret *token = s ? session_token(s, p, e) : NULL;
	if (token)
		verb_token_print(token, e);
	secret_free(token);
	session_free(s);
	plan_free(p);
	answers_free(a);
	return e->exit;
}

const struct verb verb_token = {
    .name = "token",
    .title = N_("print a fresh token for a client, and nothing else"),
    .takes = "FILE",
    .run = verb_token_run,
};
