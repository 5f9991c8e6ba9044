/* The suffix of a stack's names: the same for the same project and stack, so that two who build it at once build one; and read from a name. */
#include "config.h"
#include "plan/plan.h"

#include "base/json.h"
#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SUFFIX_LENGTH = 5 };

char *plan_suffix_new(const char *number, const char *stack)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char hash[crypto_generichash_BYTES];
	char suffix[SUFFIX_LENGTH + 1] = "", *text = xasprintf("mlflow-setup/%s/%s", number, stack);
	crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
	for (int i = 0; i < SUFFIX_LENGTH; i++)
		suffix[i] = letters[hash[i] % (i ? 36 : 26)];
	free(text);
	return xstrdup(suffix);
}

char *plan_suffix_of(const struct answers *a, const struct kind *kind, const char *name)
{
	const char *dash = strrchr(name, '-');
	if (!dash || !dash[1])
		return NULL;
	struct answers *then = answers_copy(a);
	struct err e = {0};
	bool ours = false;
	json_put_str(then->resolved, "suffix", dash + 1);
	struct plan *p = plan_make(then, &e);
	for (size_t i = 0; p && i < p->count; i++)
		ours |= p->resources[i].kind == kind && !strcmp(p->resources[i].name, name) &&
			plan_keeps_data(&p->resources[i]);
	plan_free(p);
	answers_free(then);
	err_free(&e);
	return ours ? xstrdup(dash + 1) : NULL;
}
