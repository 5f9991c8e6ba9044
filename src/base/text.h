/* Words: nearest spelling, escapes, durations, percent-encoding. */
#ifndef MS_BASE_TEXT_H
#define MS_BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* The word of list (NULL-terminated) that word was probably meant to be, or NULL: at most a third of its letters differ. */
const char *text_nearest(const char *word, const char *const *list);

/* Bytes of the valid UTF-8 sequence at the start of text, with its code point; 0 when there is none. */
size_t text_utf8(const char *text, size_t left, unsigned *code);

/* Are all these bytes valid UTF-8, and none of them NUL? */
bool text_is_utf8(const char *text, size_t len);

/* Is this character one that a reader cannot see: a control, or a format character that reorders, joins or hides text? */
bool text_hidden(unsigned code);
/* Appends text as it may be shown on a terminal or in a log: hidden characters and invalid UTF-8 become \xNN, tabs and line ends blanks.
 * Newlines are kept when lines is set. Texts from outside go through base/outside.h, which calls this. */
void text_visible(struct buf *b, const char *text, size_t len, bool lines);

/* "8 s", "2 min 05 s", "1 h 03 min" for a number of seconds; into a buffer of at least 24 bytes, which is returned. */
char *text_duration(double seconds, char *into);
/* Is it a yes (1) or a no (0), in English or in the operator's language, the whole word or its first letter in either case? -1: neither. */
int text_yes_no(const char *typed);

/* Appends text percent-encoded: RFC 3986 unreserved characters stay, all others become %XX; '/' stays when keep_slash. */
void text_percent(struct buf *b, const char *text, bool keep_slash);
/* Decodes %XX in place; false when a sequence is malformed or gives NUL. */
bool text_unpercent(char *text);
/* The value of the first parameter of this name in a URL's query, decoded as a form's; NULL where there is none, or it is malformed. The caller frees. */
char *text_query(const char *url, const char *name);

/* "ipv4Enabled" as "ipv4_enabled", "enableCDN" as "enable_cdn"; the caller frees. */
char *text_snake(const char *camel);

/* True when text starts, or ends, with the part. */
bool text_starts(const char *text, const char *part);
bool text_ends(const char *text, const char *part);

/* Does "https://HOST[:PORT]/..." lead to this machine, its network or a metadata server: is HOST an IP address, a single label, or a name below a domain that the
 * public DNS does not have? */
bool text_is_local_url(const char *url);
/* Does it lead to this machine itself, by localhost or an address that says so? */
bool text_is_loopback_url(const char *url);
/* A text that quotes a URL, or may, without the name and the password in it: "in 'http://...@host:80'". The caller frees. */
char *text_without_login(const char *text);

/* RFC 3339 in UTC with a given number of decimals (0 to 9): "2026-11-22T10:00:00Z"; seconds since 1970 as a double. The result
 * is written to into (at least 40 bytes), which is returned. */
char *text_rfc3339(double when, int decimals, char *into);

/* Seconds since 1970 of an HTTP date in its one preferred form (RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT"); negative when it is none. */
double text_http_date(const char *text);

#endif
