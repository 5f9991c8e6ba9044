#include "config.h"
#include "plan/connect.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"

#include <stdlib.h>
#include <string.h>

#define CREDENTIALS_API "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"

static bool shows_token(const struct plan *p)
{
	return p->wall.shows == CREDENTIAL_ID_TOKEN || p->wall.shows == CREDENTIAL_JWT;
}

static void add_remarks(const struct plan *p, struct buf *out)
{
	if (shows_token(p))
		buf_printf(out, "%s\n",
			   _("# The token lasts an hour. A longer run wants the package in client/ that render writes."));
	if (p->axes.exposure->connect)
		p->axes.exposure->connect(p, out);
	if (p->axes.auth->connect)
		p->axes.auth->connect(p, out);
	if (p->axes.artifacts->connect)
		p->axes.artifacts->connect(p, out);
}

/* A shell ------------------------------------------------------------------------------------------------------------------- */

static void export_word(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "export %s=", name);
	escape_word(value, out);
	buf_putc(out, '\n');
}

/* What is exported is set by a line of its own before: only so does a command that fails end a job (sh -e). */
static void export_id_token(const struct plan *p, struct buf *out)
{
	buf_puts(out, "MLFLOW_TRACKING_TOKEN=$(gcloud auth print-identity-token --impersonate-service-account=");
	escape_word(p->prover, out);
	buf_puts(out, " \\\n    --audiences=");
	escape_word(p->wall.audience, out);
	buf_puts(out, " --include-email)\nexport MLFLOW_TRACKING_TOKEN\n");
}

/* Its claims go in by stdin, and it comes by stdout. Nothing in them needs escaping. */
static void export_jwt(const struct plan *p, struct buf *out)
{
	buf_printf(out,
		   "MLFLOW_TRACKING_TOKEN=$(now=$(date +%%s) && \\\n"
		   "    printf '{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"iat\":%%d,\"exp\":%%d}' \"$now\" \"$((now + "
		   "3600))\" | \\\n"
		   "    gcloud iam service-accounts sign-jwt --iam-account=%s /dev/stdin -)\nexport MLFLOW_TRACKING_TOKEN\n",
		   p->prover, p->prover, p->wall.audience, p->prover);
}

static void export_password(const struct plan *p, struct buf *out)
{
	export_word(out, "MLFLOW_TRACKING_USERNAME", p->wall.user);
	buf_printf(out,
		   "MLFLOW_TRACKING_PASSWORD=$(gcloud secrets versions access latest --secret=%s-%s --project=%s)\nexport "
		   "MLFLOW_TRACKING_PASSWORD\n",
		   p->stack, p->wall.password, p->project);
}

static void export_credential(const struct plan *p, struct buf *out)
{
	switch (p->wall.shows) {
	case CREDENTIAL_ID_TOKEN:
		export_id_token(p, out);
		break;
	case CREDENTIAL_JWT:
		export_jwt(p, out);
		break;
	case CREDENTIAL_PASSWORD:
		export_password(p, out);
		break;
	case CREDENTIAL_CHANNEL:
		break;
	}
}

static void print_shell(const struct plan *p, struct buf *out)
{
	export_word(out, "MLFLOW_TRACKING_URI", p->url);
	export_credential(p, out);
	add_remarks(p, out);
}

/* What is secret reaches curl by its standard input: arguments are everybody's to read. */
static void print_curl(const struct plan *p, struct buf *out)
{
	print_shell(p, out);
	if (shows_token(p))
		buf_puts(out, "printf 'header = \"Authorization: Bearer %s\"\\n' \"$MLFLOW_TRACKING_TOKEN\" | \\\n    ");
	else if (p->wall.shows == CREDENTIAL_PASSWORD)
		buf_puts(out,
			 "printf 'user = \"%s:%s\"\\n' \"$MLFLOW_TRACKING_USERNAME\" \"$MLFLOW_TRACKING_PASSWORD\" | \\\n    ");
	buf_printf(
	    out,
	    "curl --silent --show-error --fail%s --header 'Content-Type: application/json' --data '{\"max_results\":5}' \\\n",
	    p->wall.shows == CREDENTIAL_CHANNEL ? "" : " --config -");
	buf_puts(out, "    \"$MLFLOW_TRACKING_URI/api/2.0/mlflow/experiments/search\"\n");
}

/* Later steps of a job have them too, where the runner keeps variables in a file; its log is told to hide what is secret. */
static void print_ci(const struct plan *p, struct buf *out)
{
	const char *secret = shows_token(p) ? "MLFLOW_TRACKING_TOKEN" : "MLFLOW_TRACKING_PASSWORD";
	print_shell(p, out);
	if (p->wall.shows == CREDENTIAL_CHANNEL)
		return;
	buf_printf(out, "%s\n", _("# In GitHub Actions, for the steps that follow:"));
	buf_printf(out,
		   "if [ -n \"${GITHUB_ENV:-}\" ]; then\n    echo \"::add-mask::$%s\"\n    env | grep '^MLFLOW_TRACKING_' "
		   ">>\"$GITHUB_ENV\"\nfi\n",
		   secret);
}

/* Python -------------------------------------------------------------------------------------------------------------------- */

static void add_quoted(struct buf *out, const char *before, const char *value, const char *after)
{
	buf_puts(out, before);
	buf_putc(out, '"');
	escape_add(ESCAPE_JSON, value, out);
	buf_putc(out, '"');
	buf_puts(out, after);
}

static void begin_python(const struct plan *p, struct buf *out)
{
	bool jwt = p->wall.shows == CREDENTIAL_JWT, password = p->wall.shows == CREDENTIAL_PASSWORD;
	buf_puts(out, password ? "import base64\n" : jwt ? "import json\n" : "");
	buf_printf(out, "import os\n%s\n", jwt ? "import time\n" : "");
	if (p->wall.shows != CREDENTIAL_CHANNEL)
		buf_puts(out,
			 "import google.auth\n"
			 "from google.auth.transport.requests import AuthorizedSession\n\n"
			 "credentials, _ = google.auth.default(scopes=[\"https://www.googleapis.com/auth/cloud-platform\"])\n"
			 "google_api = AuthorizedSession(credentials)\n");
	add_quoted(out, "os.environ[\"MLFLOW_TRACKING_URI\"] = ", p->url, "\n");
}

static void python_id_token(const struct plan *p, struct buf *out)
{
	add_quoted(out, "reply = google_api.post(\"" CREDENTIALS_API "\" + ", p->prover, " + \":generateIdToken\",\n");
	add_quoted(out, "                        json={\"audience\": ", p->wall.audience, ", \"includeEmail\": True})\n");
	buf_puts(out, "reply.raise_for_status()\nos.environ[\"MLFLOW_TRACKING_TOKEN\"] = reply.json()[\"token\"]\n");
}

static void python_jwt(const struct plan *p, struct buf *out)
{
	add_quoted(out, "account, now = ", p->prover, ", int(time.time())\n");
	add_quoted(out, "claims = {\"iss\": account, \"sub\": account, \"aud\": ", p->wall.audience,
		   ", \"iat\": now, \"exp\": now + 3600}\n");
	buf_puts(out, "reply = google_api.post(\"" CREDENTIALS_API
		      "\" + account + \":signJwt\", json={\"payload\": json.dumps(claims)})\n"
		      "reply.raise_for_status()\nos.environ[\"MLFLOW_TRACKING_TOKEN\"] = reply.json()[\"signedJwt\"]\n");
}

static void python_password(const struct plan *p, struct buf *out)
{
	add_quoted(out, "os.environ[\"MLFLOW_TRACKING_USERNAME\"] = ", p->wall.user, "\n");
	buf_printf(
	    out,
	    "reply = "
	    "google_api.get(\"https://secretmanager.googleapis.com/v1/projects/%s/secrets/%s-%s/versions/latest:access\")\n"
	    "reply.raise_for_status()\n"
	    "os.environ[\"MLFLOW_TRACKING_PASSWORD\"] = base64.b64decode(reply.json()[\"payload\"][\"data\"]).decode()\n",
	    p->project, p->stack, p->wall.password);
}

static void print_python(const struct plan *p, struct buf *out)
{
	begin_python(p, out);
	if (p->wall.shows == CREDENTIAL_ID_TOKEN)
		python_id_token(p, out);
	else if (p->wall.shows == CREDENTIAL_JWT)
		python_jwt(p, out);
	else if (p->wall.shows == CREDENTIAL_PASSWORD)
		python_password(p, out);
	add_remarks(p, out);
}

/* The release's own client, or the newest where the image is somebody else's. */
static void print_notebook(const struct plan *p, struct buf *out)
{
	bool known = p->release && strspn(p->release, "0123456789.") == strlen(p->release);
	buf_printf(out, "%%pip install --quiet mlflow%s%s google-auth requests\n", known ? "==" : "", known ? p->release : "");
	print_python(p, out);
}

const struct client_form client_forms[] = {
    {"shell", print_shell}, {"python", print_python}, {"notebook", print_notebook},
    {"curl", print_curl},   {"ci", print_ci},         {NULL, NULL},
};

const struct client_form *client_form_find(const char *id)
{
	const struct client_form *f = client_forms;
	while (id && f->id && strcmp(f->id, id) != 0)
		f++;
	return f->id ? f : NULL;
}

/* The package ----------------------------------------------------------------------------------------------------------------- */

static const struct render_row package_files[] = {
    {"client/pyproject.toml.mustache", "client/pyproject.toml", ESCAPE_TOML, 0644, false},
    {"client/build_client.py.mustache", "client/build_client.py", ESCAPE_JSON, 0644, false},
    {"client/mlflow_setup_client.py.mustache", "client/mlflow_setup_client.py", ESCAPE_JSON, 0644, false},
    {"client/try_it.py.mustache", "client/try_it.py", ESCAPE_JSON, 0644, false},
    {NULL, NULL, 0, 0, false},
};

void client_package(const struct answers *a, struct plan *p)
{
	static const char *const words[] = {
	    [CREDENTIAL_ID_TOKEN] = "id-token", [CREDENTIAL_JWT] = "jwt", [CREDENTIAL_PASSWORD] = "password"};
	const struct wall *w = &p->wall;
	if (w->shows == CREDENTIAL_CHANNEL)
		return;
	const char *version = w->password ? json_str(json_at(a->resolved, "secret_versions"), w->password, "1") : NULL;
	char *secret = w->password
			   ? xasprintf("projects/%s/secrets/%s-%s/versions/%s", p->project, p->stack, w->password, version)
			   : xstrdup("");
	json_put_str(p->render, "client_shows", words[w->shows]);
	json_put_str(p->render, "client_account", p->prover ? p->prover : "");
	json_put_str(p->render, "client_audience", w->audience ? w->audience : "");
	json_put_str(p->render, "client_user", w->user ? w->user : "");
	json_put_str(p->render, "client_secret_name", secret);
	plan_files(p, package_files);
	free(secret);
}
