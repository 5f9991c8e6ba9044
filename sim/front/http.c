/* Requests and replies of the front door. */
#include "config.h"
#include "sim/front/http.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

void visit_begin(struct visit *v, struct sim *s, const struct sim_request *q)
{
	size_t len = strcspn(q->target, "?#");
	*v = (struct visit){.sim = s, .q = q, .path = xstrndup(q->target, len), .params = cJSON_CreateObject()};
	text_unpercent(v->path);
	v->query = q->target[len] == '?' ? q->target + len + 1 : "";
	sim_parse_query(v->query, v->params);
	const char *host = sim_request_header(q, "Host");
	v->host = host ? host : q->host;
}

void visit_end(struct visit *v)
{
	free(v->path);
	cJSON_Delete(v->params);
	cJSON_Delete(v->told);
	cJSON_Delete(v->writes.labels);
}

void visit_writes(struct visit *v, const char *project, const char *type, cJSON *labels, const char *log, bool wrapped)
{
	cJSON_Delete(v->writes.labels);
	v->writes.project = sim_tmp("%s", project);
	v->writes.type = type;
	v->writes.log = log;
	v->writes.labels = labels;
	v->writes.wrapped = wrapped;
}

void visit_write(const struct visit *v, const char *text)
{
	if (v->writes.project)
		sim_log_fields(v->sim, v->writes.project, v->writes.type, cJSON_Duplicate(v->writes.labels, true),
			       v->writes.log, "INFO",
			       v->writes.wrapped ? json_make("{'jsonPayload':{'message':%s}}", text)
						 : json_make("{'textPayload':%s}", text));
}

void visit_tell(struct visit *v, const char *name, const char *value)
{
	if (!v->told)
		v->told = cJSON_CreateObject();
	cJSON_DeleteItemFromObject(v->told, name);
	cJSON_AddStringToObject(v->told, name, value);
}

void visit_untell(struct visit *v)
{
	static const char *const names[] = {"X-Goog-IAP-JWT-Assertion", "X-Goog-Authenticated-User-Email",
					    "X-Goog-Authenticated-User-Id"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		visit_tell(v, names[i], "");
}

const char *visit_header(const struct visit *v, const char *name)
{
	const cJSON *told = cJSON_GetObjectItem(v->told, name); /* whatever its case */
	if (told)
		return *told->valuestring ? told->valuestring : NULL;
	return sim_request_header(v->q, name);
}

const char *visit_param(const struct visit *v, const char *name)
{
	const cJSON *p = cJSON_GetObjectItemCaseSensitive(v->params, name);
	return cJSON_IsString(p) ? p->valuestring : "";
}

char *visit_cookie(const struct visit *v, const char *name)
{
	size_t len = strlen(name);
	const char *p = visit_header(v, "Cookie");
	while (p && *p) {
		p += strspn(p, " ;");
		if (!strncmp(p, name, len) && p[len] == '=')
			return xstrndup(p + len + 1, strcspn(p + len + 1, ";"));
		p += strcspn(p, ";");
	}
	return NULL;
}

void answer_header(struct sim_reply *out, const char *name, const char *value)
{
	char *all = xasprintf("%s%s: %s\r\n", out->headers ? out->headers : "", name, value);
	free(out->headers);
	out->headers = all;
}

void answer_set(struct sim_reply *out, int status, const char *type, const void *data, size_t len)
{
	out->status = status;
	buf_clear(&out->body);
	buf_add(&out->body, data, len);
	answer_header(out, "Content-Type", type);
}

void answer_text(struct sim_reply *out, int status, const char *type, const char *text)
{
	answer_set(out, status, type, text, strlen(text));
}

void answer_json(struct sim_reply *out, int status, cJSON *body)
{
	char *text = json_text(body, -1);
	answer_text(out, status, "application/json", text);
	free(text);
	cJSON_Delete(body);
}

void answer_redirect(struct sim_reply *out, int status, const char *location)
{
	answer_header(out, "Location", location);
	answer_text(out, status, "text/html; charset=utf-8", "");
}

const char *http_sign(const char *key, const char *text)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text, strlen(text), sum, &len);
	return sim_base64(sum, len, true);
}
