/* The real network, to a server in this process: what is there is told at once. */
#include "config.h"
#include "base/mem.h"
#include "net/transport.h"
#include "tests/tap.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char reply[] = "HTTP/1.1 204 No Content\r\n\r\n";

struct asked {
	struct loop *loop;
	int status;
};

static void on_reply(void *arg, struct http_reply *r)
{
	struct asked *a = arg;
	a->status = r->failure == HTTP_OK ? r->status : -1;
}

static int listens(char *url, size_t room)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 8) || getsockname(fd, (struct sockaddr *)&at, &len))
		return -1;
	snprintf(url, room, "http://127.0.0.1:%d/", ntohs(at.sin_port));
	return fd;
}

/* Turns until something is to be read there. */
static bool reaches(struct asked *a, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	double until = loop_now(a->loop) + 20;
	while (poll(&p, 1, 0) == 0 && loop_now(a->loop) < until)
		loop_turn(a->loop, 0.01, -1);
	return p.revents & POLLIN;
}

/* A server that ends the connection in the middle of what it says, or resets it once that was heard. */
static void cut_off(const char *said, bool resets, int wanted, const char *what)
{
	struct linger at_once = {.l_onoff = 1};
	struct asked a = {.loop = loop_new(LOOP_REAL, 1)};
	struct transport *t = transport_curl(a.loop, NULL, NULL, 0);
	char url[64], request[4096];
	int listener = listens(url, sizeof url), there = -1;
	t->send(t, &(struct http_request){.method = "POST", .url = url, .body = "{}", .body_len = 2}, on_reply, &a);
	bool asked = reaches(&a, listener) && (there = accept(listener, NULL, NULL)) >= 0 && reaches(&a, there) &&
		     read(there, request, sizeof request) > 0;
	ok(asked && send(there, said, strlen(said), 0) == (ssize_t)strlen(said), "%s: it is asked", what);
	for (int i = 0; resets && i < 10; i++)
		loop_turn(a.loop, 0.01, -1);
	ok(!resets || setsockopt(there, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0, "%s: it ends", what);
	close(there);
	double until = loop_now(a.loop) + 20;
	while (!a.status && loop_now(a.loop) < until)
		loop_turn(a.loop, 0.01, -1);
	ok(a.status == wanted, "%s: %s", what, wanted > 0 ? "is a reply" : "is none");
	t->free(t);
	close(listener);
	loop_free(a.loop);
}

/* Whoever waits before it looks at what came, or looks and does not tell, takes as long as it may wait at all. */
static void at_once(void)
{
	struct asked a = {.loop = loop_new(LOOP_REAL, 1)};
	struct transport *t = transport_curl(a.loop, NULL, NULL, 0);
	char url[64], request[4096];
	int listener = listens(url, sizeof url), there = -1;
	t->send(t, &(struct http_request){.method = "GET", .url = url}, on_reply, &a);
	bool asked = reaches(&a, listener) && (there = accept(listener, NULL, NULL)) >= 0 && reaches(&a, there) &&
		     read(there, request, sizeof request) > 0;
	ok(asked && !a.status, "a request arrives");
	ok(send(there, reply, strlen(reply), 0) == (ssize_t)strlen(reply), "it is answered");
	double began = loop_now(a.loop);
	while (!a.status && loop_now(a.loop) < began + 60)
		loop_turn(a.loop, 30, -1);
	is_int(a.status, 204, "the reply is told");
	ok(loop_now(a.loop) - began < 20, "at once, however long might have been waited");
	t->free(t);
	close(there);
	close(listener);
	loop_free(a.loop);
}

/* gcloud's proxy is for what gcloud would ask: not for a server that a kubeconfig file names, and not for what no_proxy excepts. */
static void falls_back(void)
{
	static const struct {
		const char *what, *no_proxy;
		bool elsewhere, through;
	} rows[] = {{"a host of gcloud's", "", false, true},
		    {"a server of which it knows nothing", "", true, false},
		    {"a host that is excepted", "0.0.0.0", false, false}};
	char proxy[64], url[64], request[4096];
	int listener = listens(proxy, sizeof proxy);
	snprintf(url, sizeof url, "http://0.0.0.0:%s",
		 strrchr(proxy, ':') + 1); /* this machine as well, and no loopback by its looks */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct asked a = {.loop = loop_new(LOOP_REAL, 1)};
		struct transport *t = transport_curl(a.loop, NULL, NULL, 0);
		ssize_t len = 0;
		int there = -1;
		setenv("no_proxy", rows[i].no_proxy, true);
		transport_curl_fallback(t, proxy);
		t->send(t, &(struct http_request){.method = "GET", .url = url, .elsewhere = rows[i].elsewhere}, on_reply, &a);
		if (reaches(&a, listener) && (there = accept(listener, NULL, NULL)) >= 0 && reaches(&a, there))
			len = read(there, request, sizeof request - 1);
		request[len > 0 ? len : 0] = '\0';
		ok(rows[i].through ? !strncmp(request, "GET http://0.0.0.0", 18) : !strncmp(request, "GET / HTTP", 10),
		   "%s: %.24s", rows[i].what, request);
		close(there);
		t->free(t);
		loop_free(a.loop);
	}
	unsetenv("no_proxy");
	close(listener);
}

/* A key that came with a reply is told first, and alone; pressed on and on, it keeps no reply waiting. */
static void key_first(void)
{
	struct asked a = {.loop = loop_new(LOOP_REAL, 1)};
	struct transport *t = transport_curl(a.loop, NULL, NULL, 0);
	char url[64], request[4096];
	int listener = listens(url, sizeof url), there = -1, keys[2];
	t->send(t, &(struct http_request){.method = "GET", .url = url}, on_reply, &a);
	bool asked = pipe(keys) == 0 && reaches(&a, listener) && (there = accept(listener, NULL, NULL)) >= 0 &&
		     reaches(&a, there) && read(there, request, sizeof request) > 0;
	ok(asked && send(there, reply, strlen(reply), 0) == (ssize_t)strlen(reply) && write(keys[1], "x", 1) == 1,
	   "a reply and a key are there");
	ok(loop_turn(a.loop, 10, keys[0]) && !a.status, "the key goes before the reply");
	double until = loop_now(a.loop) + 20;
	bool told = true;
	for (; !a.status && loop_now(a.loop) < until;)
		told &= loop_turn(a.loop, 10, keys[0]);
	is_int(a.status, 204, "the reply is told though nobody reads the key");
	ok(told, "and the key at every turn");
	t->free(t);
	close(keys[0]);
	close(keys[1]);
	close(there);
	close(listener);
	loop_free(a.loop);
}

int main(void)
{
	mem_install();
	at_once();
	falls_back();
	key_first();
	cut_off("HTTP/1.1 401 Unauthorized\r\nContent-Length: 129\r\n\r\n", false, 401, "nobody is let in, and why is lost");
	cut_off("HTTP/1.1 401 Unauthorized\r\nContent-Length: 129\r\n\r\n{\"kind\":", false, 401,
		"nobody is let in, and why breaks off");
	cut_off("HTTP/1.1 401 Unauthorized\r\nContent-Length: 129\r\n\r\n{\"kind\":", true, 401,
		"nobody is let in, and the connection is reset");
	cut_off("HTTP/1.1 403 Forbidden\r\nContent-Length: 129\r\n\r\n{\"kind\":", false, -1,
		"a refusal whose text breaks off");
	cut_off("HTTP/1.1 200 OK\r\nContent-Length: 129\r\n\r\n{\"kind\":", false, -1, "what was asked for and breaks off");
	return tap_done();
}
