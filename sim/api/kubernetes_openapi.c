/* OpenAPI: which kinds' patches take which parameters, which kubectl asks before it writes, and what their fields are; version 3 as JSON, version 2 as the protocol buffers
 * of gnostic (openapi_v2.Document), which is all that kubectl reads of it. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_discovery.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define TITLE "Kubernetes"
#define RELEASE "v1.35.6-gke.1250000"

static char *object_path(const struct kubernetes_resource *r)
{
	const char *scope = r->namespaced ? "namespaces/{namespace}/" : "";
	return *r->group ? xasprintf("/apis/%s/%s/%s%s/{name}", r->group, r->version, scope, r->plural)
			 : xasprintf("/api/%s/%s%s/{name}", r->version, scope, r->plural);
}

/* The head of a field: its number, and how many bytes it has. */
static void put_head(struct buf *b, unsigned number, size_t len)
{
	buf_putc(b, (char)(number << 3 | 2));
	for (; len > 0x7f; len >>= 7)
		buf_putc(b, (char)(len & 0x7f) | (char)0x80);
	buf_putc(b, (char)len);
}

static void put_text(struct buf *b, unsigned number, const char *text)
{
	put_head(b, number, strlen(text));
	buf_puts(b, text);
}

static void put_message(struct buf *b, unsigned number, struct buf *message)
{
	put_head(b, number, message->len);
	buf_add(b, message->data ? message->data : "", message->len);
	buf_free(message);
	*message = (struct buf){0};
}

/* A parameter of the query: ParametersItem {1 Parameter {2 NonBodyParameter {3 QueryParameterSubSchema {2 in, 4 name, 6 type}}}}. */
static void put_parameter(struct buf *operation, const char *name)
{
	struct buf a = {0}, b = {0};
	put_text(&a, 2, "query");
	put_text(&a, 4, name);
	put_text(&a, 6, "string");
	put_message(&b, 3, &a);
	put_message(&a, 2, &b);
	put_message(&b, 1, &a);
	put_message(operation, 8, &b);
}

/* NamedPathItem {1 name, 2 PathItem {8 patch: Operation {8 parameters, 13 NamedAny {1 name, 2 Any {2 yaml}}}}}. */
static void put_path(struct buf *paths, const struct kubernetes_resource *r)
{
	static const char *const parameters[] = {"dryRun", "fieldManager", "fieldValidation"};
	struct buf operation = {0}, a = {0}, b = {0};
	char *path = object_path(r);
	const char *kind = sim_tmp("group: \"%s\"\nkind: %s\nversion: %s\n", r->group, r->kind, r->version);
	for (size_t i = 0; i < 3; i++)
		put_parameter(&operation, parameters[i]);
	put_text(&a, 2, kind);
	put_text(&b, 1, "x-kubernetes-group-version-kind");
	put_message(&b, 2, &a);
	put_message(&operation, 13, &b);
	put_message(&a, 8, &operation);
	put_text(&b, 1, path);
	put_message(&b, 2, &a);
	put_message(paths, 2, &b);
	free(path);
}

void kubernetes_openapi_v2(struct sim_call *c)
{
	struct buf document = {0}, info = {0}, paths = {0};
	const struct kubernetes_resource *r;
	for (size_t i = 0; (r = kubernetes_resource_at(i)); i++)
		put_path(&paths, r);
	put_text(&info, 1, TITLE);
	put_text(&info, 2, RELEASE);
	put_text(&document, 1, "2.0");
	put_message(&document, 2, &info);
	put_message(&document, 8, &paths);
	sim_bytes(c, 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", document.data, document.len);
	buf_free(&document);
}

/* Schemas. ------------------------------------------------------------------------------------------------------------------ */
static void add_type(cJSON *schemas, const struct kubernetes_type *type, const struct kubernetes_resource *r);

static cJSON *schema_of(cJSON *schemas, const struct kubernetes_shape *s)
{
	switch (s->what) {
	case KUBERNETES_STRING:
	case KUBERNETES_QUANTITY:
		return json_make("{'type':'string'}");
	case KUBERNETES_INT_OR_STRING:
		return json_make("{'type':'string','format':'int-or-string'}");
	case KUBERNETES_BYTES:
		return json_make("{'type':'string','format':'byte'}");
	case KUBERNETES_TIME:
		return json_make("{'type':'string','format':'date-time'}");
	case KUBERNETES_INTEGER:
		return json_make("{'type':'integer','format':%s}", s->go);
	case KUBERNETES_NUMBER:
		return json_make("{'type':'number','format':'double'}");
	case KUBERNETES_BOOLEAN:
		return json_make("{'type':'boolean'}");
	case KUBERNETES_LIST:
		return json_make("{'type':'array','items':%j}", schema_of(schemas, s->of));
	case KUBERNETES_MAP:
		return json_make("{'type':'object','additionalProperties':%j}", schema_of(schemas, s->of));
	case KUBERNETES_OBJECT:
		add_type(schemas, s->type, NULL);
		return json_make("{'allOf':[{'$ref':%s}]}", sim_tmp("#/components/schemas/io.k8s.%s", s->type->name));
	default:
		return json_make("{'type':'object'}");
	}
}

/* The type with all that it names; r: the resource that it is of, or NULL. */
static void add_type(cJSON *schemas, const struct kubernetes_type *type, const struct kubernetes_resource *r)
{
	const char *name = sim_tmp("io.k8s.%s", type->name);
	if (cJSON_HasObjectItem(schemas, name))
		return;
	cJSON *schema = cJSON_AddObjectToObject(schemas, name), *properties = cJSON_CreateObject(),
	      *required = cJSON_CreateArray();
	for (size_t i = 0; i < type->count; i++) {
		const struct kubernetes_field *f = &type->fields[i];
		cJSON_AddItemToObject(properties, f->name, schema_of(schemas, f->shape));
		if (f->required || (!type->custom && !f->omit_empty))
			cJSON_AddItemToArray(required, cJSON_CreateString(f->name));
	}
	cJSON_AddStringToObject(schema, "type", "object");
	cJSON_AddItemToObject(schema, "properties", properties);
	sim_put_list(schema, "required", required);
	if (r)
		cJSON_AddItemToObject(schema, "x-kubernetes-group-version-kind",
				      json_make("[{'group':%s,'version':%s,'kind':%s}]", r->group, r->version, r->kind));
}

cJSON *kubernetes_openapi_v3(const char *group, const char *version)
{
	cJSON *paths = cJSON_CreateObject(), *schemas = cJSON_CreateObject();
	const struct kubernetes_resource *r;
	for (size_t i = 0; (r = kubernetes_resource_at(i)); i++) {
		if (strcmp(r->group, group) || strcmp(r->version, version))
			continue;
		add_type(schemas, kubernetes_type_find(r->type), r);
		char *path = object_path(r);
		cJSON_AddItemToObject(
		    paths, path,
		    json_make("{'patch':{'parameters':[{'name':'dryRun','in':'query','schema':{'type':'string'}},{'name':'"
			      "fieldManager','in':"
			      "'query','schema':{'type':'string'}},{'name':'fieldValidation','in':'query','schema':{'type':'"
			      "string'}}],"
			      "'x-kubernetes-group-version-kind':{'group':%s,'version':%s,'kind':%s},'responses':{}}}",
			      group, version, r->kind));
		free(path);
	}
	return json_make("{'openapi':'3.0.0','info':{'title':%s,'version':%s},'paths':%j,'components':{'schemas':%j}}", TITLE,
			 RELEASE, paths, schemas);
}
