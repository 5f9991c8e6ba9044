/* The JSON Schema (draft 2020-12) of the answers file, from the question table. */
#include "config.h"
#include "plan/answers.h"
#include "plan/resolved.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

static cJSON *choice_ids(const struct question *q)
{
	cJSON *ids = cJSON_CreateArray();
	for (const struct choice *c = q->choices; c->id; c++)
		cJSON_AddItemToArray(ids, cJSON_CreateString(c->id));
	return ids;
}

/* An empty text stands for "not answered", which is fine where the question may not be asked. */
static cJSON *text_schema(const struct question *q)
{
	cJSON *s = json_make("{'type':'string'}");
	bool may_be_empty = q->optional || q->when || q->owner || q->shared;
	if (q->pattern) {
		char *or_empty = xasprintf("^$|%s", q->pattern);
		json_put_str(s, "pattern", may_be_empty ? or_empty : q->pattern);
		free(or_empty);
	} else if (!may_be_empty) {
		json_put_num(s, "minLength", 1);
	}
	return s;
}

static cJSON *list_schema(const struct question *q)
{
	cJSON *items = json_make("{'type':'string','minLength':1}");
	if (q->pattern)
		json_put_str(items, "pattern", q->pattern);
	return json_make("{'type':'array','uniqueItems':true,'items':%j}", items);
}

static cJSON *value_schema(const struct question *q)
{
	switch (q->type) {
	case TYPE_BOOL:
		return json_make("{'type':'boolean'}");
	case TYPE_INT:
		return json_make("{'type':'integer','minimum':%d,'maximum':%d}", q->min, q->max);
	case TYPE_CHOICE:
		return json_make("{'type':'string','enum':%j}", choice_ids(q));
	case TYPE_LIST:
		return list_schema(q);
	case TYPE_TEXT:
	case TYPE_SECRET:
		break;
	}
	return text_schema(q);
}

static cJSON *question_schema(const struct question *q, const struct answers *none)
{
	cJSON *s = value_schema(q);
	cJSON_AddStringToObject(s, "title", q->title);
	cJSON_AddStringToObject(s, "description", q->help);
	cJSON_AddItemToObject(s, "default", question_default(q, none));
	return s;
}

cJSON *answers_schema(void)
{
	struct answers *none = answers_new();
	cJSON *properties = cJSON_CreateObject();
	for (const struct question *q = questions; q->id; q++)
		cJSON_AddItemToObject(properties, q->id, question_schema(q, none));
	answers_free(none);
	return json_make(
	    "{'$schema':'https://json-schema.org/draft/2020-12/schema','$id':'urn:mlflow-setup:answers:1',"
	    "'title':'Answers of mlflow-setup','type':'object','additionalProperties':false,'required':['format','answers'],"
	    "'properties':{'$schema':{'type':'string'},'format':{'type':'integer','minimum':1,'maximum':%d},"
	    "'answers':{'type':'object','additionalProperties':false,'properties':%j},"
	    "'resolved':%j}}",
	    ANSWERS_FORMAT, properties, resolved_schema());
}
