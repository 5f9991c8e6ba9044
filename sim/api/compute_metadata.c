/* What a client says about a machine in its own words: metadata, network tags, labels. Each has its form and its most. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"

#include <ctype.h>
#include <string.h>

enum { VALUE_MOST = 262144, METADATA_MOST = 524288, KEY_MOST = 128, TAGS_MOST = 64, LABELS_MOST = 64, WORD_MOST = 63 };

/* Metadata: keys of [a-zA-Z0-9-_]+ below 128 bytes, each once; values to 256 KiB, 512 KiB in all (discovery, Metadata). --------------- */

static bool is_key(const char *key)
{
	size_t len = 0;
	while (isalnum((unsigned char)key[len]) || key[len] == '-' || key[len] == '_')
		len++;
	return len && !key[len] && len <= KEY_MOST;
}

static bool item_ok(struct sim_call *c, const cJSON *item, const char *where)
{
	const char *key = json_str(item, "key", NULL);
	size_t size = strlen(json_str(item, "value", ""));
	if (!key)
		return compute_required(c, sim_tmp("%s.key", where));
	if (!is_key(key))
		return compute_invalid(c, sim_tmp("%s.key", where), key, "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'");
	if (size <= VALUE_MOST)
		return true;
	sim_fail_with(c, 413, "INVALID_ARGUMENT", "fieldSizeTooLarge", NULL,
		      "Value for field 'resource.%s.value' is too large: maximum size %d character(s); actual size %zu.", where,
		      VALUE_MOST, size);
	return false;
}

static bool is_twice(const cJSON *items, const cJSON *item)
{
	for (const cJSON *other = items->child; other != item; other = other->next)
		if (!strcmp(json_str(other, "key", ""), json_str(item, "key", "")))
			return true;
	return false;
}

bool compute_metadata_ok(struct sim_call *c, const cJSON *metadata, const char *field)
{
	const cJSON *items = json_at(metadata, "items"), *item;
	size_t size = 0;
	int i = 0;
	cJSON_ArrayForEach(item, items) {
		if (!item_ok(c, item, sim_tmp("%s.items[%d]", field, i++)))
			return false;
		if (is_twice(items, item))
			return compute_invalid(c, field, "",
					       sim_tmp("Metadata has duplicate keys: %s", json_str(item, "key", "")));
		size += strlen(json_str(item, "key", "")) + strlen(json_str(item, "value", ""));
	}
	return size <= METADATA_MOST ||
	       compute_invalid(c, field, "", "Metadata size exceeds the maximum of 512 KB for all entries.");
}

/* Tags: names as of resources. ------------------------------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
	size_t len = strlen(name);
	return len && len <= WORD_MOST && islower((unsigned char)*name) && name[len - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

bool compute_tags_ok(struct sim_call *c, const cJSON *tags)
{
	const cJSON *items = json_at(tags, "items"), *tag;
	int i = 0;
	if (cJSON_GetArraySize(items) > TAGS_MOST)
		return compute_invalid(c, "tags", "", sim_tmp("Too many tags: at most %d may be specified.", TAGS_MOST));
	cJSON_ArrayForEach(tag, items) {
		const char *text = cJSON_IsString(tag) ? tag->valuestring : "";
		if (!is_name(text))
			return compute_invalid(c, sim_tmp("tags.items[%d]", i), text,
					       "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'");
		i++;
	}
	return true;
}

/* Labels: small letters, digits, - and _, and letters of other scripts. --------------------------------------------------------------- */

static bool is_word(const char *text, bool key)
{
	size_t count = 0;
	for (const char *p = text; *p; p++) {
		unsigned char b = (unsigned char)*p;
		if (b < 0x80 && !islower(b) && !isdigit(b) && b != '-' && b != '_')
			return false;
		count += (b & 0xc0) != 0x80;
	}
	unsigned char first = (unsigned char)*text;
	return count <= WORD_MOST && (!key || islower(first) || first >= 0x80);
}

bool compute_labels_ok(struct sim_call *c, const cJSON *labels)
{
	const cJSON *l;
	if (cJSON_GetArraySize(labels) > LABELS_MOST)
		return compute_invalid(c, "labels", "", sim_tmp("Too many labels: at most %d may be specified.", LABELS_MOST));
	cJSON_ArrayForEach(l, labels) {
		const char *value = cJSON_IsString(l) ? l->valuestring : "";
		if (!is_word(l->string, true))
			return compute_invalid(
			    c, "labels", "",
			    sim_tmp("Label key '%s' violates format constraints. The key must start with a lowercase "
				    "character, can only contain lowercase letters, numeric characters, underscores and "
				    "dashes. The key can be at most 63 characters long. International characters are allowed.",
				    l->string));
		if (!is_word(value, false))
			return compute_invalid(
			    c, "labels", "",
			    sim_tmp("Label value '%s' violates format constraints. The value can only contain lowercase "
				    "letters, numeric characters, underscores and dashes. The value can be at most 63 "
				    "characters long. International characters are allowed.",
				    value));
	}
	return true;
}
