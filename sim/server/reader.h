/* A request's bytes taken apart: by llhttp where that is at hand, else by http_parser, which it grew out of and which nobody maintains any more. */
#ifndef MS_SIM_READER_H
#define MS_SIM_READER_H

#include <stdbool.h>
#include <stddef.h>

#if HAVE_LLHTTP
#include <llhttp.h>
typedef llhttp_t http_reader;
typedef llhttp_settings_t http_reader_settings;
#else
#include <http_parser.h>
typedef http_parser http_reader;
typedef http_parser_settings http_reader_settings;
#endif

/* Begins a request. The callbacks of settings, which must last, find data in their reader's data. */
void reader_start(http_reader *r, const http_reader_settings *settings, void *data);
/* Takes bytes, up to the end of a request where on_message_complete stops it with reader_stop; how many. False in *well when they are no HTTP. */
size_t reader_take(http_reader *r, const http_reader_settings *settings, const char *data, size_t len, bool *well);
/* What on_message_complete returns so that what follows is left alone. */
int reader_stop(http_reader *r);
const char *reader_method(const http_reader *r);
/* Does the connection go on after this request? */
bool reader_goes_on(const http_reader *r);
/* The length that the headers tell of the body; 0 when they tell none. */
unsigned long long reader_length(const http_reader *r);

#endif
