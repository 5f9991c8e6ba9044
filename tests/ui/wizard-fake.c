/* The wizard on a session without a cloud, for tests on a real terminal: wizard-fake [--real] [--plain] [--ascii] [--color WHEN]
 * [--words LANGUAGE DIR (of po/, by way of an empty folder)] [--flood LINES-A-SECOND LINES] [--calls PROXY CA COUNT] FILE. */
#include "config.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tests/ui/fake_session.h"
#include "net/loop.h"
#include "net/transport.h"
#include "tests/ui/translation.h"
#include "ui/wizard.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double flood_rate;
static int flood_lines;

/* Calls by HTTP that are in flight while the wizard is watched: one that ends is followed by another, so that there are as many all the time. */
static struct calls {
	const char *proxy, *ca;
	int count, sent;
	struct loop *loop;
	struct transport *transport;
} calls;

enum { CALLS_A_HOST = 5 };

static void send_call(void);

static void call_ended(void *arg, struct http_reply *reply)
{
	(void)arg, (void)reply;
	send_call();
}

static void send_call(void)
{
	char url[64];
	snprintf(url, sizeof url, "https://h%d.googleapis.com/v1/%d", calls.sent % calls.count / CALLS_A_HOST, calls.sent);
	calls.sent++;
	calls.transport->send(calls.transport, &(struct http_request){.method = "GET", .url = url, .timeout = 3600}, call_ended,
			      NULL);
}

static bool wait_among_calls(void *arg, double seconds, int keyboard_fd)
{
	(void)arg;
	return loop_turn(calls.loop, seconds, keyboard_fd);
}

static void begin_calls(struct session *s)
{
	calls.loop = loop_new(LOOP_REAL, 1);
	calls.transport = transport_curl(calls.loop, calls.proxy, calls.ca, calls.count);
	for (int i = 0; i < calls.count; i++)
		send_call();
	fake_wait(s, wait_among_calls, NULL);
}

static struct session *open_fake(void *arg, struct err *e)
{
	struct session *s = fake_session(((struct wizard_options *)arg)->rehearsal);
	(void)e;
	fake_flood(s, flood_rate, flood_lines);
	if (calls.count)
		begin_calls(s);
	return s;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	struct wizard_options o = {.rehearsal = true, .open = open_fake, .arg = &o};
	bool words = true;
	setlocale(LC_ALL, "");
	mem_install();
	secret_init(&e);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--real"))
			o.rehearsal = false;
		else if (!strcmp(argv[i], "--plain"))
			o.plain = true;
		else if (!strcmp(argv[i], "--ascii"))
			o.ascii = true;
		else if (!strcmp(argv[i], "--color") && i + 1 < argc)
			o.color = argv[++i];
		else if (!strcmp(argv[i], "--words") && i + 2 < argc) {
			words = translation_load(argv[i + 2], argv[i + 1],
						 "cp \"$TOP_SRCDIR/po/$language.po\" \"$dir/words.po\"");
			i += 2;
		} else if (!strcmp(argv[i], "--flood") && i + 2 < argc) {
			flood_rate = atof(argv[++i]);
			flood_lines = atoi(argv[++i]);
		} else if (!strcmp(argv[i], "--calls") && i + 3 < argc) {
			calls.proxy = argv[++i];
			calls.ca = argv[++i];
			calls.count = atoi(argv[++i]);
		} else
			o.file = argv[i];
	}
	if (!words) {
		fprintf(stderr, "no words: msgfmt or the locales' sources are not installed\n");
		return EXIT_CONFIG;
	}
	struct answers *a = access(o.file, F_OK) == 0 ? answers_load(o.file, &e) : answers_new();
	if (!a) {
		fprintf(stderr, "%s\n", e.what);
		return e.exit;
	}
	int code = wizard_run(NULL, a, &o);
	answers_free(a);
	return code;
}
