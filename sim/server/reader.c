/* The two parsers of HTTP as one. */
#include "config.h"
#include "sim/server/reader.h"

#include <stdint.h>

#if HAVE_LLHTTP
void reader_start(http_reader *r, const http_reader_settings *settings, void *data)
{
	llhttp_init(r, HTTP_REQUEST, settings);
	r->data = data;
}

size_t reader_take(http_reader *r, const http_reader_settings *settings, const char *data, size_t len, bool *well)
{
	(void)settings;
	enum llhttp_errno error = llhttp_execute(r, data, len);
	bool stopped = error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE;
	size_t taken = error == HPE_OK ? len : (size_t)(llhttp_get_error_pos(r) - data);
	if (error == HPE_PAUSED)
		llhttp_resume(r);
	else if (error == HPE_PAUSED_UPGRADE)
		llhttp_resume_after_upgrade(r);
	*well = error == HPE_OK || stopped;
	return taken;
}

int reader_stop(http_reader *r)
{
	(void)r;
	return HPE_PAUSED;
}

const char *reader_method(const http_reader *r)
{
	return llhttp_method_name((llhttp_method_t)r->method);
}

bool reader_goes_on(const http_reader *r)
{
	return llhttp_should_keep_alive(r);
}

unsigned long long reader_length(const http_reader *r)
{
	return r->content_length;
}
#else
void reader_start(http_reader *r, const http_reader_settings *settings, void *data)
{
	(void)settings;
	http_parser_init(r, HTTP_REQUEST);
	r->data = data;
}

size_t reader_take(http_reader *r, const http_reader_settings *settings, const char *data, size_t len, bool *well)
{
	http_parser_pause(r, 0);
	size_t taken = http_parser_execute(r, settings, data, len);
	enum http_errno error = HTTP_PARSER_ERRNO(r);
	if (error == HPE_PAUSED)
		http_parser_pause(r, 0);
	*well = error == HPE_OK || error == HPE_PAUSED;
	return taken;
}

int reader_stop(http_reader *r)
{
	http_parser_pause(r, 1);
	return 0;
}

const char *reader_method(const http_reader *r)
{
	return http_method_str((enum http_method)r->method);
}

bool reader_goes_on(const http_reader *r)
{
	return http_should_keep_alive(r);
}

unsigned long long reader_length(const http_reader *r)
{
	return r->content_length == UINT64_MAX ? 0 : r->content_length;
}
#endif
