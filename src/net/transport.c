/* What both transports share: replies. */
#include "config.h"
#include "net/transport.h"

#include <stdlib.h>
#include <strings.h>

const char *http_header(const struct http_reply *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (!strcasecmp(r->headers[i].name, name))
			return r->headers[i].value;
	return NULL;
}

void http_reply_free(struct http_reply *r)
{
	for (size_t i = 0; i < r->header_count; i++) {
		free(r->headers[i].name);
		free(r->headers[i].value);
	}
	free(r->headers);
	free(r->failure_text);
	buf_free(&r->body);
	*r = (struct http_reply){0};
}
