/* Passing texts: keys, messages, parts of paths. They live as long as what they were made for: one request, one timer, one world's making. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct {
	char **texts;
	size_t count, room;
	unsigned depth; /* a request may bring about another */
} scratch;

void scratch_begin(void)
{
	scratch.depth++;
}

void scratch_end(void)
{
	if (--scratch.depth)
		return;
	while (scratch.count)
		free(scratch.texts[--scratch.count]);
	free(scratch.texts);
	scratch.texts = NULL;
	scratch.room = 0;
}

char *sim_keep(char *text)
{
	scratch.texts = xgrow(scratch.texts, scratch.count, &scratch.room, sizeof *scratch.texts);
	scratch.texts[scratch.count++] = text;
	return text;
}

const char *sim_tmp(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	return sim_keep(text);
}
