/* The escapes of base/escape.h. TOML 1.0, YAML 1.2 and JSON share one form: \uXXXX for what any of them forbids. */
#include "config.h"
#include "base/escape.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

static bool is_control(unsigned code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* What str.strip() of Python takes off at the ends of a configparser value. */
static bool is_blank(unsigned code)
{
	static const unsigned blanks[] = {0x20, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
	for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
		if (code == blanks[i])
			return true;
	return is_control(code) || (code >= 0x2000 && code <= 0x200a);
}

static const char *as_quoted(const char *value, struct buf *out)
{
	static const char letters[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	for (size_t left = strlen(value), n; left; value += n, left -= n) {
		unsigned code = 0;
		n = text_utf8(value, left, &code);
		if (!n)
			return "is not valid UTF-8";
		const char *named = code < 0x80 ? strchr(letters, (int)code) : NULL;
		/* Line separators, the byte order mark and non-characters are not printable in YAML. */
		bool unprintable = is_control(code) || code == 0x2028 || code == 0x2029 || code == 0xfeff || code == 0xfffe ||
				   code == 0xffff;
		if (named)
			buf_printf(out, "\\%c", names[named - letters]);
		else if (unprintable)
			buf_printf(out, "\\u%04X", code);
		else
			buf_add(out, value, n);
	}
	return NULL;
}

static const char *as_html(const char *value, struct buf *out)
{
	for (; *value; value++) {
		switch (*value) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&#39;");
			break;
		default:
			buf_putc(out, *value);
		}
	}
	return NULL;
}

static const char *as_word(const char *value, struct buf *out)
{
	buf_putc(out, '\'');
	for (; *value; value++) {
		if (*value == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *value);
	}
	buf_putc(out, '\'');
	return NULL;
}

/* One line of text with some characters preceded by another. trimmed: the reader drops blanks at the ends, so it may have none, and may be one of YAML. */
static const char *as_line(const char *value, const char *marked, char mark, bool trimmed, struct buf *out)
{
	unsigned code = 0;
	bool first = true;
	for (size_t left = strlen(value), n; left; value += n, left -= n, first = false) {
		n = text_utf8(value, left, &code);
		if (!n)
			return "is not valid UTF-8";
		/* Such lines stand in blocks of YAML, whose version 1.1 breaks them at NEL, LS and PS as well. */
		if (code == '\n' || code == '\r' || (trimmed && (code == 0x85 || code == 0x2028 || code == 0x2029)))
			return "has a line end";
		if ((is_control(code) && code != '\t') || code == 0xfffe || code == 0xffff) /* the latter no YAML may hold */
			return "has a control character";
		if (trimmed && is_blank(code) && (first || left == n))
			return "starts or ends with a blank";
		if (code < 0x80 && strchr(marked, (int)code))
			buf_putc(out, mark);
		buf_add(out, value, n);
	}
	return NULL;
}

const char *escape_add(enum escape escape, const char *value, struct buf *out)
{
	switch (escape) {
	case ESCAPE_TOML:
	case ESCAPE_YAML:
	case ESCAPE_JSON:
		return as_quoted(value, out);
	case ESCAPE_HTML:
		return as_html(value, out);
	case ESCAPE_SHELL:
		return as_word(value, out);
	case ESCAPE_INI:
		return as_line(value, "%", '%', true, out);
	case ESCAPE_DOCKERFILE:
		return as_line(value, "\"\\$", '\\', false, out);
	case ESCAPE_LINE:
		return as_line(value, "", 0, true, out);
	case ESCAPE_NONE:
		break;
	}
	buf_puts(out, value);
	return NULL;
}

size_t escape_plain(const char *value)
{
	return strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:@%+=,");
}

const char *escape_name(const char *name, const char *instead)
{
	return *name && *name != '-' && !name[escape_plain(name)] ? name : instead;
}

void escape_word(const char *value, struct buf *out)
{
	if (*value && !value[escape_plain(value)])
		buf_puts(out, value);
	else
		as_word(value, out);
}
