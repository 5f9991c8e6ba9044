/* The wizard on a session without a cloud, for tests on a real terminal: wizard-fake [--real] [--plain] [--ascii] [--color WHEN]
 * [--words LANGUAGE DIR (of po/, by way of an empty folder)] [--flood LINES-A-SECOND LINES] FILE. */
#include "config.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tests/ui/fake_session.h"
#include "tests/ui/translation.h"
#include "ui/wizard.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double flood_rate;
static int flood_lines;

static struct session *open_fake(void *arg, struct err *e)
{
	struct session *s = fake_session(((struct wizard_options *)arg)->rehearsal);
	(void)e;
	fake_flood(s, flood_rate, flood_lines);
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
