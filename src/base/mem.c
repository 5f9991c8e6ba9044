#include "config.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

void (*mem_exhausted)(void);

_Noreturn void mem_out(void)
{
	if (mem_exhausted)
		mem_exhausted();
	fputs("mlflow-setup: out of memory\n", stderr);
	exit(EX_OSERR);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		mem_out();
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);
	if (!p)
		mem_out();
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);
	if (!p)
		mem_out();
	return p;
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t len)
{
	size_t n = strnlen(text, len);
	char *copy = xmalloc(n + 1);
	memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

char *xvasprintf(const char *format, va_list args)
{
	char *text;
	if (vasprintf(&text, format, args) < 0)
		mem_out();
	return text;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	return text;
}

void *xgrow(void *array, size_t count, size_t *room, size_t element)
{
	if (array && count < *room)
		return array;
	size_t want = *room ? *room * 2 : 8;
	if (want > SIZE_MAX / element)
		mem_out();
	*room = want;
	return xrealloc(array, want * element);
}

static void *json_alloc(size_t size)
{
	return xmalloc(size);
}

void mem_install(void)
{
	cJSON_Hooks hooks = {.malloc_fn = json_alloc, .free_fn = free};
	cJSON_InitHooks(&hooks);
}
