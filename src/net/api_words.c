/* What went wrong with a call, in words for the operator: what and where, and what helps. */
#include "config.h"
#include "net/api_private.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/outside.h"
#include "net/context.h"
#include "net/cures.h"

#include <stdlib.h>
#include <string.h>

const char *api_tls_fix(void)
{
	return _("Check the clock of this machine. An authority of your own, such as that of a proxy that looks into TLS, is "
		 "named by --cloud-ca FILE, "
		 "SSL_CERT_FILE or CURL_CA_BUNDLE.");
}

/* A cluster's API server at an address of its own may be closed to this machine by where it stands, or by its authorized networks. */
static bool is_closed(const struct call *c)
{
	return c->audience == AUDIENCE_CLUSTER && c->ca;
}

static const char *unreached_fix(const struct call *c, const struct context *context)
{
	if (context)
		return _("Does the cluster run, and is it reached from here? kubectl with this context shows the same.");
	return is_closed(c)
		   ? _("Is the cluster's API server closed to this machine? Open its DNS endpoint, which IAM guards: gcloud "
		       "container "
		       "clusters update CLUSTER --location=LOCATION --enable-dns-access. Or run this within its network.")
		   : _("Check the network, then try again.");
}

void api_word_failure(const struct call *c, const struct context *context, bool stranger, const struct http_reply *reply,
		      struct err *e)
{
	char *host = api_host(c->url);
	const char *text = reply->failure_text ? reply->failure_text : "",
		   *fix = reply->failure_fix ? _(reply->failure_fix) : NULL;
	switch (reply->failure) {
	case HTTP_TLS:
		err_set(e, context ? EXIT_CONFIG : EXIT_UNAVAILABLE, host,
			context && http_refuses_certificate(text) ? _("The server takes no client certificate such as the "
								      "context's: let the tool of the cluster's provider "
								      "write the context again.")
			: context
			    ? _("Does the context name the cluster's own authority (certificate-authority-data)? kubectl with "
				"this context shows the same.")
			    : api_tls_fix(),
			_("the connection is not safe: %s."), text);
		break;
	case HTTP_REFUSED:
		err_set(e, EXIT_CONFIG, host, fix || !context ? fix : unreached_fix(c, context), _("it cannot be asked: %s."),
			text);
		break;
	case HTTP_TOO_LARGE:
		err_set(e, EXIT_UNAVAILABLE, host, NULL, _("the reply is larger than any that is expected."));
		break;
	case HTTP_UNREACHABLE:
		err_set(e, is_closed(c) || context ? EXIT_CONFIG : EXIT_UNAVAILABLE, host,
			fix ? fix : unreached_fix(c, context), _("no connection: %s."), text);
		break;
	default:
		err_set(e, context && stranger ? EXIT_CONFIG : EXIT_UNAVAILABLE, host,
			context && stranger ? unreached_fix(c, context)
					    : _("Try again: it looks before it sends anything twice."),
			_("no whole reply came: %s."), text);
	}
	free(host);
}

static enum exit_code exit_of(const struct api_error *error)
{
	bool quota = error->http == 429 ||
		     (error->message && strcasestr(error->message, "quota") && strcasestr(error->message, "exceeded"));
	if (error->http >= 500)
		return EXIT_UNAVAILABLE;
	if (quota || error->http == 408)
		return EXIT_TRYAGAIN;
	return error->http == 401 || error->http == 403 ? EXIT_PERMISSION : EXIT_GENERAL;
}

char *api_policy_fix(const char *constraint)
{
	return xasprintf(_("The organization policy %s forbids it: ask its administrator."), constraint);
}

/* What helps where who asks is not known, or not any more. The caller frees it; NULL for nothing. */
static char *sign_in_fix(const struct call *c, const struct context *context)
{
	if (api_shows_token(c))
		return xstrdup(_("Sign in again: gcloud auth application-default login."));
	if (!context)
		return NULL;
	char *expired = context_expired(context),
	     *fix =
		 expired
		     ? xasprintf(
			   _("The context's client certificate held until %s: let the tool of the cluster's provider write the "
			     "context again."),
			   expired)
		     : xasprintf(
			   _("Sign in to the cluster again, in its provider's own way. Whether it lets you in is told by: "
			     "kubectl --context=%s auth whoami"),
			   context_name(context));
	free(expired);
	return fix;
}

static bool has_reason(const struct api_error *error, const char *reason)
{
	return error->reason && !strcmp(error->reason, reason);
}

/* What came from outside goes into a line for the shell only when it is nothing but a name. */
static bool is_name(const char *text)
{
	return text && *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.")];
}

/* In the project that was charged: gcloud's own default may be another. NULL when the reply names no service. */
static char *enable_fix(const struct api_error *error)
{
	const char *slash = error->consumer ? strchr(error->consumer, '/') : NULL;
	if (!is_name(error->service))
		return NULL;
	char *named = slash && is_name(slash + 1) ? xasprintf("%s --project=%s", error->service, slash + 1)
						  : xstrdup(error->service),
	     *fix = xasprintf(_("Enable it: gcloud services enable %s."), named);
	free(named);
	return fix;
}

const char *api_between_fix(void)
{
	return _("A proxy or a firewall on the way may answer in its place: ask whoever runs it. "
		 "https://status.cloud.google.com tells whether it is Google itself; then try again later.");
}

/* Who fails from the first request on may be no more than something on the way. */
static const char *failing_fix(const struct call *c, const struct context *context)
{
	return context || is_closed(c) ? unreached_fix(c, context) : api_between_fix();
}

/* Google's APIs refuse in their own form, which names a status or a reason: what has neither is a page of somebody else's. */
static bool is_page(const struct call *c, const struct api_error *error)
{
	return c->audience == AUDIENCE_GOOGLE && error->http == 403 && !error->status && !error->reason;
}

/* The same of any other error. */
static char *error_fix(const struct call *c, const struct api_error *error, const struct context *context)
{
	if (error->http == 404 && context && !error->reason) /* an API server gives one */
		return xstrdup(_("Is this the address of the cluster's API server? kubectl with this context shows the same."));
	if (error->http == 403 && context)
		return xasprintf(_("Ask the cluster's administrator for that right. What it lets you do is told by: kubectl "
				   "--context=%s auth can-i --list"),
				 context_name(context));
	if (error->constraint && strcasestr(error->constraint, "constraints/"))
		return api_policy_fix(error->constraint);
	if (has_reason(error, "SERVICE_DISABLED"))
		return enable_fix(error);
	if (has_reason(error, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
		return xstrdup(_("Sign in with the scope cloud-platform: gcloud auth application-default login."));
	if (error->http == 403 && error->permission)
		return xasprintf(_("Ask for the permission %s, then try again."), error->permission);
	const char *cure = cure_of(error->message);
	if (!cure && is_page(c, error))
		cure = api_between_fix();
	return cure ? xstrdup(cure) : NULL;
}

void api_word_error(const struct call *c, const struct context *context, bool stranger, const struct api_error *error,
		    struct err *e)
{
	bool failing = stranger && error->http >= 500;
	char *host = api_host(c->url), *fix = error->http == 401 ? sign_in_fix(c, context) : NULL;
	struct buf message = {0};
	outside_text(&message, error->message, strlen(error->message), false, 1000);
	if (!fix && failing)
		fix = xstrdup(failing_fix(c, context));
	if (!fix)
		fix = error_fix(c, error, context);
	bool stop = message.len && strchr(".!?", message.data[message.len - 1]);
	if (failing) /* a context may lead anywhere: it is not gone on without it */
		err_set(e, context ? EXIT_CONFIG : exit_of(error), host, fix, _("it answers nothing but failures: %s%s"),
			buf_text(&message), stop ? "" : ".");
	else
		err_set(e, exit_of(error), host, fix, "%s%s", buf_text(&message), stop ? "" : ".");
	buf_free(&message);
	free(fix);
	free(host);
}
