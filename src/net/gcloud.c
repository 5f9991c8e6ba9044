#include "config.h"
#include "net/gcloud.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 20)

static const char *set_to(const char *variable)
{
	const char *value = getenv(variable);
	return value && *value ? value : NULL;
}

char *gcloud_dir(void)
{
	const char *dir = set_to("CLOUDSDK_CONFIG"), *home = set_to("HOME");
	if (dir)
		return xstrdup(dir);
	return home ? xasprintf("%s/.config/gcloud", home) : NULL;
}

/* The path of the active configuration's file; freed by the caller. */
static char *active_file(const char *dir)
{
	struct buf name = {0};
	struct err e = {0};
	char *path = xasprintf("%s/active_config", dir);
	const char *chosen = set_to("CLOUDSDK_ACTIVE_CONFIG_NAME");
	if (chosen)
		buf_puts(&name, chosen);
	else if (!file_read(path, 256, &name, &e))
		buf_puts(&name, "default");
	err_free(&e);
	free(path);
	path = xasprintf("%s/configurations/config_%.*s", dir, (int)strcspn(buf_text(&name), "\r\n/"), buf_text(&name));
	buf_free(&name);
	return path;
}

static char *find(char *text, const char *section, const char *key)
{
	bool here = false;
	for (char *save = NULL, *line = strtok_r(text, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		if (*line == '[')
			here = !strncmp(line + 1, section, strlen(section)) && line[1 + strlen(section)] == ']';
		size_t n = strcspn(line, " \t=:");
		if (!here || n != strlen(key) || strncmp(line, key, n))
			continue;
		const char *value = line + n + strspn(line + n, " \t=:");
		size_t len = strlen(value);
		while (len && isspace((unsigned char)value[len - 1]))
			len--;
		return len ? xstrndup(value, len) : NULL;
	}
	return NULL;
}

static char *from_file(const char *section, const char *key)
{
	struct buf text = {0};
	struct err e = {0};
	char *dir = gcloud_dir(), *path = dir ? active_file(dir) : NULL, *out = NULL;
	if (path && file_read(path, FILE_MAX, &text, &e) && text.len)
		out = find(text.data, section, key);
	err_free(&e);
	buf_free(&text);
	free(path);
	free(dir);
	return out;
}

char *gcloud_setting(const char *section, const char *key)
{
	char *variable = xasprintf("CLOUDSDK_%s_%s", section, key);
	for (char *p = variable; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	const char *value = set_to(variable);
	char *out = value ? xstrdup(value) : from_file(section, key);
	free(variable);
	return out;
}

/* The scheme by which curl knows a proxy of gcloud's type; NULL for those that it has not, such as http_no_tunnel. */
static const char *proxy_scheme(const char *type, bool names_go_along)
{
	static const struct {
		const char *type, *far, *near; /* who looks names up: the proxy, or this machine */
	} rows[] = {{"http", "http", "http"}, {"socks4", "socks4a", "socks4"}, {"socks5", "socks5h", "socks5"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcasecmp(type, rows[i].type))
			return names_go_along ? rows[i].far : rows[i].near;
	return NULL;
}

static bool is_host(const char *text)
{
	return *text && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]")];
}

static bool is_port(const char *text)
{
	return *text && !text[strspn(text, "0123456789")] && strlen(text) <= 5;
}

char *gcloud_proxy(void)
{
	char *type = gcloud_setting("proxy", "type"), *address = gcloud_setting("proxy", "address"),
	     *port = gcloud_setting("proxy", "port"), *user = gcloud_setting("proxy", "username"),
	     *password = gcloud_setting("proxy", "password"), *rdns = gcloud_setting("proxy", "rdns"), *out = NULL;
	const char *scheme = type ? proxy_scheme(type, !rdns || strcasecmp(rdns, "false") != 0) : NULL;
	if (scheme && address && is_host(address) && port && is_port(port)) {
		struct buf url = {0};
		bool bare = strchr(address, ':') && *address != '['; /* an address of IPv6 */
		buf_printf(&url, "%s://", scheme);
		if (user) {
			text_percent(&url, user, false);
			buf_puts(&url, password ? ":" : "");
			text_percent(&url, password ? password : "", false);
			buf_puts(&url, "@");
		}
		buf_printf(&url, "%s%s%s:%s", bare ? "[" : "", address, bare ? "]" : "", port);
		out = buf_take(&url);
	}
	free(type);
	free(address);
	free(port);
	free(user);
	free(password);
	free(rdns);
	return out;
}
