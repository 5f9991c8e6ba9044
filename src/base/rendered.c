#include "config.h"
#include "base/rendered.h"

#include "base/mem.h"

#include <sodium.h>
#include <string.h>

struct mark {
	unsigned char hash[crypto_generichash_BYTES];
};

static struct mark *marks;
static size_t count, space;

static struct mark mark_of(const char *text, size_t len)
{
	struct mark m;
	crypto_generichash(m.hash, sizeof m.hash, (const unsigned char *)text, len, NULL, 0);
	return m;
}

static bool is_marked(const struct mark *m)
{
	for (size_t i = 0; i < count; i++)
		if (!memcmp(marks[i].hash, m->hash, sizeof m->hash))
			return true;
	return false;
}

void rendered_note(const char *text, size_t len)
{
	struct mark m = mark_of(text, len);
	if (is_marked(&m))
		return;
	marks = xgrow(marks, count, &space, sizeof *marks);
	marks[count++] = m;
}

bool rendered_known(const char *text, size_t len)
{
	struct mark m = mark_of(text, len);
	return is_marked(&m);
}
