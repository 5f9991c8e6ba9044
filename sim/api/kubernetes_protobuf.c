/* Bodies in Kubernetes' protocol buffers, as kubectl's typed commands send them: read by the numbers of the fields. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

struct wire {
	const unsigned char *p, *end;
	bool bad;
};

/* One field of a message: a number, or bytes. */
struct wire_field {
	unsigned number, kind;
	uint64_t value;
	struct wire bytes;
};

static uint64_t varint(struct wire *w)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 64; shift += 7) {
		if (w->p >= w->end)
			break;
		unsigned char c = *w->p++;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
	w->bad = true;
	return 0;
}

static bool next_field(struct wire *w, struct wire_field *f)
{
	if (w->p >= w->end || w->bad)
		return false;
	uint64_t tag = varint(w), len;
	*f = (struct wire_field){.number = (unsigned)(tag >> 3), .kind = tag & 7};
	switch (f->kind) {
	case 0:
		f->value = varint(w);
		break;
	case 1:
	case 5:
		len = f->kind == 1 ? 8 : 4;
		w->bad = w->bad || (uint64_t)(w->end - w->p) < len;
		for (uint64_t i = 0; !w->bad && i < len; i++)
			f->value |= (uint64_t)*w->p++ << (8 * i);
		break;
	case 2:
		len = varint(w);
		w->bad = w->bad || (uint64_t)(w->end - w->p) < len;
		if (!w->bad) {
			f->bytes = (struct wire){w->p, w->p + len, false};
			w->p += len;
		}
		break;
	default:
		w->bad = true;
	}
	return !w->bad;
}

static cJSON *text_of(const struct wire *w)
{
	cJSON *out = cJSON_CreateString(sim_tmp("%.*s", (int)(w->end - w->p), (const char *)w->p));
	return out;
}

static cJSON *base64_of(const struct wire *w)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf b = {0};
	for (const unsigned char *p = w->p; p < w->end; p += 3) {
		size_t left = (size_t)(w->end - p);
		unsigned n = (unsigned)p[0] << 16 | (left > 1 ? (unsigned)p[1] << 8 : 0) | (left > 2 ? p[2] : 0u);
		buf_putc(&b, digits[n >> 18]);
		buf_putc(&b, digits[n >> 12 & 63]);
		buf_putc(&b, left > 1 ? digits[n >> 6 & 63] : '=');
		buf_putc(&b, left > 2 ? digits[n & 63] : '=');
	}
	cJSON *out = cJSON_CreateString(buf_text(&b));
	buf_free(&b);
	return out;
}

static cJSON *message_of(const struct kubernetes_type *type, struct wire w, int depth);

/* Of a message with one number for each way: IntOrString's {1 kind, 2 number, 3 text}, Quantity's and Time's 1. */
static cJSON *small_of(const struct kubernetes_shape *s, struct wire w)
{
	struct wire_field f;
	uint64_t kind = 0, number = 0;
	struct wire text = {0};
	while (next_field(&w, &f)) {
		if (f.number == 1 && f.kind == 0)
			kind = f.value;
		if (f.number == 2)
			number = f.value;
		if (f.kind == 2)
			text = f.bytes;
	}
	if (s->what == KUBERNETES_INT_OR_STRING)
		return kind ? text_of(&text) : cJSON_CreateNumber((double)(int32_t)number);
	/* An empty Time is none; a set one is not sent by who creates. */
	return s->what == KUBERNETES_QUANTITY ? text_of(&text) : cJSON_CreateNull();
}

static cJSON *value_of(const struct kubernetes_shape *s, const struct wire_field *f, int depth)
{
	switch (s->what) {
	case KUBERNETES_STRING:
		return text_of(&f->bytes);
	case KUBERNETES_BYTES:
		return base64_of(&f->bytes);
	case KUBERNETES_BOOLEAN:
		return cJSON_CreateBool(f->value != 0);
	case KUBERNETES_INTEGER:
		return cJSON_CreateNumber((double)(int64_t)f->value);
	case KUBERNETES_OBJECT:
		return message_of(s->type, f->bytes, depth + 1);
	case KUBERNETES_TIME:
	case KUBERNETES_QUANTITY:
	case KUBERNETES_INT_OR_STRING:
		return small_of(s, f->bytes);
	default:
		return cJSON_CreateNull();
	}
}

static void take(const struct kubernetes_field *field, const struct wire_field *f, cJSON *out, int depth)
{
	const struct kubernetes_shape *s = field->shape;
	cJSON *have = cJSON_GetObjectItemCaseSensitive(out, field->name);
	if (s->what == KUBERNETES_LIST) {
		have = have ? have : cJSON_AddArrayToObject(out, field->name);
		cJSON_AddItemToArray(have, value_of(s->of, f, depth));
	} else if (s->what == KUBERNETES_MAP) {
		struct wire entry = f->bytes;
		struct wire_field part, value = {0};
		cJSON *key = NULL;
		have = have ? have : cJSON_AddObjectToObject(out, field->name);
		while (next_field(&entry, &part)) {
			if (part.number == 1 && !key)
				key = text_of(&part.bytes);
			else if (part.number == 2)
				value = part;
		}
		if (key)
			cJSON_AddItemToObject(have, key->valuestring, value_of(s->of, &value, depth));
		cJSON_Delete(key);
	} else if (!have) {
		cJSON_AddItemToObject(out, field->name, value_of(s, f, depth));
	}
}

/* The fields of a message that JSON shows among those of the one round it, or of the type's own. */
static void take_all(const struct kubernetes_type *type, struct wire w, unsigned inside, cJSON *out, int depth)
{
	struct wire_field f;
	while (next_field(&w, &f)) {
		bool hidden = false;
		for (size_t i = 0; i < type->count; i++) {
			const unsigned char *n = type->fields[i].number;
			if (inside ? n[0] == inside && n[1] == f.number : n[0] == f.number && !n[1])
				take(&type->fields[i], &f, out, depth);
			hidden = hidden || (!inside && n[0] == f.number && n[1]);
		}
		if (hidden && f.kind == 2)
			take_all(type, f.bytes, f.number, out, depth);
	}
}

static cJSON *message_of(const struct kubernetes_type *type, struct wire w, int depth)
{
	cJSON *out = cJSON_CreateObject();
	if (depth < DEPTH_MAX)
		take_all(type, w, 0, out, depth);
	return out;
}

/* runtime.Unknown: {1 {1 apiVersion, 2 kind}, 2 the message}. */
cJSON *kubernetes_from_protobuf(const char *body, size_t len)
{
	struct wire w = {(const unsigned char *)body + 4, (const unsigned char *)body + len, false}, raw = {0};
	struct wire_field f, part;
	cJSON *version = NULL, *kind = NULL, *out = NULL;
	if (len < 4 || memcmp(body, "k8s\0", 4))
		return NULL;
	while (next_field(&w, &f)) {
		if (f.number == 2)
			raw = f.bytes;
		struct wire meta = f.bytes;
		while (f.number == 1 && next_field(&meta, &part)) {
			cJSON **which = part.number == 1 ? &version : &kind;
			cJSON_Delete(*which);
			*which = text_of(&part.bytes);
		}
	}
	const struct kubernetes_type *type = kind ? kubernetes_type_find(kind->valuestring) : NULL;
	if (type && !type->custom && version) {
		out = message_of(type, raw, 0);
		json_put_str(out, "apiVersion", version->valuestring);
		json_put_str(out, "kind", kind->valuestring);
	}
	cJSON_Delete(version);
	cJSON_Delete(kind);
	return out;
}
