/* A DNS record that a person makes where the host's zone is kept. It is seen by asking Google Public DNS, which sees what
 * Google's own authorities see, and by HTTPS like everything else. spec: {"title","steps","paste", "host"
 * ("mlflow.example.com"),"type","data":[...]}; the name has these data and no others. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 1035's numbers, and those of later RFCs. */
static const struct {
	const char *name;
	int number;
} types[] = {{"A", 1}, {"NS", 2}, {"CNAME", 5}, {"TXT", 16}, {"AAAA", 28}, {"CAA", 257}};

static int number_of(const char *type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].name, type))
			return types[i].number;
	return 0;
}

static void errand_record_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://dns.google/resolve?name=%s&type=%s", json_str(v->spec, "host", ""),
		 json_str(v->spec, "type", ""));
	out->audience = AUDIENCE_NOBODY;
}

/* Names are the same with and without the dot at their end, in large and in small letters. */
static bool same_data(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	n -= n && a[n - 1] == '.';
	m -= m && b[m - 1] == '.';
	return n == m && !strncasecmp(a, b, n);
}

static bool among(const cJSON *list, const char *data)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, list)
		if (cJSON_IsString(one) && same_data(one->valuestring, data))
			return true;
	return false;
}

static bool all_among(const cJSON *some, const cJSON *list)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, some)
		if (!cJSON_IsString(one) || !among(list, one->valuestring))
			return false;
	return true;
}

/* Of the type that was asked for: an alias on the way is none. */
static cJSON *data_of(const cJSON *reply, int number)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *answer;
	cJSON_ArrayForEach(answer, json_at(reply, "Answer"))
		if ((int)json_num(answer, "type", 0) == number)
			cJSON_AddItemToArray(list, cJSON_CreateString(json_str(answer, "data", "")));
	return list;
}

static char *in_words(const cJSON *list)
{
	struct buf b = {0};
	const cJSON *one;
	cJSON_ArrayForEach(one, list)
		buf_printf(&b, "%s%s", b.len ? ", " : "", cJSON_IsString(one) ? one->valuestring : "");
	return buf_take(&b);
}

/* What is there, and what should be. */
static void say_missing(const struct view *v, const cJSON *there, struct observation *out)
{
	const cJSON *wanted = json_at(v->spec, "data");
	const char *host = json_str(v->spec, "host", ""), *type = json_str(v->spec, "type", "");
	char *is = in_words(there), *should = in_words(wanted);
	if (cJSON_GetArraySize(there))
		kind_say(out, PRESENT_NO, _("%s has the %s record %s, which should be %s."), host, type, is, should);
	else
		kind_say(out, PRESENT_NO, _("%s has no %s record that can be seen yet; it should be %s."), host, type, should);
	free(should);
	free(is);
}

enum { NOERROR = 0, NXDOMAIN = 3 };

/* Whoever cannot be asked tells nothing: it is taken for not done, and asked again. */
static void errand_record_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const char *host = json_str(v->spec, "host", "");
	const cJSON *wanted = json_at(v->spec, "data"), *first = cJSON_GetArrayItem(wanted, 0);
	int status = (int)json_num(reply, "Status", -1);
	out->presence = PRESENT_NO;
	if (!cJSON_IsString(first)) /* what it should be is not known yet */
		return;
	if (http != 200 || status < 0) {
		kind_say(out, PRESENT_NO, _("whether %s has its record cannot be seen: dns.google does not answer."), host);
		return;
	}
	if (status != NOERROR && status != NXDOMAIN) {
		kind_say(out, PRESENT_NO, _("the name servers of %s do not answer (DNS status %d)."), host, status);
		return;
	}
	cJSON *there = data_of(reply, number_of(json_str(v->spec, "type", "")));
	if (cJSON_GetArraySize(there) && all_among(there, wanted) && all_among(wanted, there)) {
		out->presence = PRESENT_YES;
		out->found = json_make("{'data':%j}", there);
		return;
	}
	say_missing(v, there, out);
	cJSON_Delete(there);
}

/* One that is seen is as it is wanted. */
static void errand_record_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v, (void)seen;
	out->verdict = VERDICT_KEEP;
}

const struct kind kind_errand_record = {
    .id = "errand.record",
    .title = N_("DNS record, by hand"),
    .part = PART_ACCESS,
    .by_hand = true,
    .observe = errand_record_observe,
    .decode = errand_record_decode,
    .compare = errand_record_compare,
    .stays = N_("you made it where the host's zone is kept: remove it there, since its address is no longer yours."),
    .terraform = {.none = "A person makes it, where the domain's zone is."},
};
