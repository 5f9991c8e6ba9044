/* Passing texts: keys, messages, parts of paths. They live as long as what they were made for: one request, one timer, one world's making, each of
 * which owns its own. A request may bring about another, whose texts are gone when that is over. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* What is at work, innermost. */
static struct scratch *current;

void scratch_begin(struct scratch *own)
{
	*own = (struct scratch){.outer = current};
	current = own;
}

void scratch_end(struct scratch *own)
{
	while (own->count)
		free(own->texts[--own->count]);
	free(own->texts);
	current = own->outer;
}

char *sim_keep(char *text)
{
	if (!current) {
		fprintf(stderr, "a passing text that belongs to nothing: %s\n", text);
		abort();
	}
	current->texts = xgrow(current->texts, current->count, &current->room, sizeof *current->texts);
	current->texts[current->count++] = text;
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
