#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "net/retry.h"
#include "tests/tap.h"

#include <stdlib.h>
#include <string.h>

/* Google's words for each condition of reference/gcp-api.md 1.4, and what is to be done. */
static const struct {
	int http;
	const char *body;
	bool look_first, just_enabled, quota;
	enum retry_class class;
	const char *name;
} rows[] = {
    {429, "{\"error\":{\"code\":429,\"message\":\"Too many\"}}", true, false, false, RETRY_LATER,
     "429 passes, even for a create"},
    {429, "{\"error\":{\"code\":429,\"message\":\"Maximum number of service accounts on project reached.\"}}", true, false,
     false, RETRY_NEVER, "T9: one of how many there may be stays"},
    {503, "<html>busy</html>", false, false, false, RETRY_LATER, "503 of a read passes"},
    {503, "", true, false, false, RETRY_UNKNOWN, "503 of a create: look first"},
    {501, "", false, false, false, RETRY_NEVER, "501 does not pass"},
    {401, "{}", false, false, false, RETRY_SIGN_IN, "401 wants a new token"},
    {404, "{}", false, false, false, RETRY_NEVER, "404 is an answer"},
    {403, "{\"error\":{\"message\":\"Quota exceeded for quota metric 'x' and limit 'y per minute'\"}}", true, false, false,
     RETRY_LATER, "a rate quota is a 429 by another name"},
    {403,
     "{\"error\":{\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":"
     "\"CONCURRENT_OPERATIONS_QUOTA_EXCEEDED\"}]}}",
     true, false, false, RETRY_LATER, "too many operations at once pass"},
    {403,
     "{\"error\":{\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"SERVICE_DISABLED\","
     "\"metadata\":{\"service\":\"run.googleapis.com\",\"consumer\":\"projects/1\"}}]}}",
     false, true, false, RETRY_LATER, "a service that we just enabled comes up"},
    {403,
     "{\"error\":{\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"SERVICE_DISABLED\","
     "\"metadata\":{\"service\":\"run.googleapis.com\",\"consumer\":\"projects/1\"}}]}}",
     false, false, false, RETRY_NEVER, "one that we did not enable does not"},
    {403,
     "{\"error\":{\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"SERVICE_DISABLED\","
     "\"metadata\":{\"service\":\"run.googleapis.com\",\"consumer\":\"projects/764086051850\"}}]}}",
     false, true, false, RETRY_NEVER, "nor one that is off in gcloud's own project"},
    {403,
     "{\"error\":{\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"USER_PROJECT_DENIED\"}]}}",
     false, false, true, RETRY_PLAIN, "a denied quota project is left out"},
    {403, "{\"error\":{\"message\":\"Permission 'run.services.create' denied\"}}", false, true, false, RETRY_NEVER,
     "a refusal is final"},
    {403,
     "{\"error\":{\"message\":\"Permission denied on X. If you granted it just now, it might take a few minutes to "
     "propagate.\"}}",
     true, false, false, RETRY_LATER, "T9: a permission that spreads"},
    {403, "{\"error\":{\"message\":\"The caller lacks it. Wait several minutes for the change to propagate and retry.\"}}",
     false, false, false, RETRY_LATER, "T9: in other words"},
    {403,
     "{\"error\":{\"message\":\"Cloud Run Admin API has not been used. If you enabled this API recently, wait a few minutes "
     "for the action to "
     "propagate to our systems and retry.\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":"
     "\"SERVICE_DISABLED\",\"metadata\":{\"service\":\"run.googleapis.com\",\"consumer\":\"projects/1\"}}]}}",
     false, false, false, RETRY_NEVER, "T9: a service that is off stays off"},
    {409, "{\"error\":{\"errors\":[{\"reason\":\"operationInProgress\"}]}}", true, false, false, RETRY_LATER, "SQL is busy"},
    {409, "{\"error\":{\"errors\":[{\"reason\":\"instanceAlreadyExists\"}]}}", true, false, false, RETRY_NEVER, "SQL exists"},
    {400,
     "{\"error\":{\"errors\":[{\"reason\":\"resourceNotReady\"}],\"message\":\"The resource 'projects/p/global/networks/n' is "
     "not ready\"}}",
     true, false, false, RETRY_LATER, "a network that is not ready"},
    {400, "{\"error\":{\"message\":\"There is a peering operation in progress on the local or peer network.\"}}", true, false,
     false, RETRY_LATER, "a peering under way"},
    {400, "{\"error\":{\"message\":\"Invalid value for field\"}}", false, false, false, RETRY_NEVER, "a bad request stays bad"},
};

static void classes(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e = {0};
		cJSON *body = json_parse(rows[i].body, strlen(rows[i].body), "t", &e);
		struct api_error error;
		api_error_decode(rows[i].http, body, rows[i].body, &error);
		struct retry r = retry_decide(&(struct retry_facts){.error = &error,
								    .tries = 1,
								    .chance = 0.5,
								    .look_first = rows[i].look_first,
								    .just_enabled = rows[i].just_enabled,
								    .quota_project = rows[i].quota});
		is_int((int)r.class, (int)rows[i].class, rows[i].name);
		api_error_free(&error);
		cJSON_Delete(body);
		err_free(&e);
	}
}

static struct retry failed(enum http_failure failure, bool look_first)
{
	return retry_decide(&(struct retry_facts){.failure = failure, .tries = 1, .chance = 0.5, .look_first = look_first});
}

static void failures(void)
{
	ok(failed(HTTP_UNREACHABLE, true).class == RETRY_LATER, "no connection: nothing was sent, try again");
	ok(failed(HTTP_BROKEN, true).class == RETRY_UNKNOWN, "a cut reply to a create: look first");
	ok(failed(HTTP_BROKEN, false).class == RETRY_LATER, "a cut reply to a read: again");
	ok(failed(HTTP_TIMEOUT, true).class == RETRY_UNKNOWN, "a timeout of a create: look first");
	ok(failed(HTTP_TLS, false).class == RETRY_NEVER, "bad TLS is never tried again");
	ok(failed(HTTP_TOO_LARGE, false).class == RETRY_NEVER, "nor is a reply too large");
}

static double told(const char *value)
{
	struct api_error error = {.http = 429, .retry_after = -1};
	return retry_decide(
		   &(struct retry_facts){.error = &error, .tries = 1, .chance = 0, .retry_after = value, .wall = 784111777})
	    .delay;
}

static void delays(void)
{
	ok(retry_after_seconds("30", 0) == 30, "Retry-After in seconds");
	ok(retry_after_seconds("Sun, 06 Nov 1994 08:49:47 GMT", 784111777) == 10, "as a date");
	ok(retry_after_seconds("Sun, 06 Nov 1994 08:49:07 GMT", 784111777) == 0, "as a date that has passed");
	ok(retry_after_seconds("1000000000", 0) == RETRY_AFTER_CAP, "capped");
	ok(retry_after_seconds("soon", 0) < 0 && retry_after_seconds("3x", 0) < 0, "garbage is ignored");
	ok(told("30") == 30, "it is honoured");
	ok(told("0") > 0 && told("0") < 1, "zero is not a hot loop");
	ok(told("garbage") >= 0.5, "without it the delay is ours");
	ok(retry_backoff(1, 1, 30, 0.5) == 1 && retry_backoff(3, 1, 30, 0.5) == 4, "it doubles");
	ok(retry_backoff(1000, 1, 30, 1) <= 37.5, "up to the cap");
	ok(retry_backoff(2, 1, 30, 0) < retry_backoff(2, 1, 30, 1), "with jitter");
}

/* What may have acted is not taken for refused: other alerts may come whenever something breaks between. */
static void alerts(void)
{
	static const char *const refused[] = {"certificate required", "bad certificate", "certificate expired", "unknown ca",
					      "access denied"};
	static const char *const broken[] = {"internal error", "bad record mac", "decode error", "user canceled",
					     "unrecognized name"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		char *refusal = xasprintf("OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert %s, errno 0",
					  refused[i]);
		char *fault = xasprintf("OpenSSL SSL_read: error:0A000438:SSL routines::tlsv1 alert %s, errno 0", broken[i]);
		ok(http_refuses_certificate(refusal) && !http_refuses_certificate(fault),
		   "%s is about a certificate of ours, %s is not", refused[i], broken[i]);
		free(refusal), free(fault);
	}
	ok(!http_refuses_certificate("SSL certificate problem: self-signed certificate"), "nor is what we say of theirs");
}

int main(void)
{
	mem_install();
	classes();
	failures();
	delays();
	alerts();
	return tap_done();
}
