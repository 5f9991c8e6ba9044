#include "config.h"
#include "plan/naming.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKET_MAX = 63, LABEL_MAX = 63, SOCKET_MAX = 107 };

char *name_of(const char *stack, const char *what)
{
	return xasprintf("%s-%s", stack, what);
}

char *name_email(const char *stack, const char *what, const char *project)
{
	return xasprintf("%s-%s@%s.iam.gserviceaccount.com", stack, what, project);
}

char *name_bucket(const char *project, const char *stack, const char *what, const char *suffix)
{
	size_t rest = strlen(stack) + strlen(what) + strlen(suffix) + 3, room = rest < BUCKET_MAX ? BUCKET_MAX - rest : 0;
	size_t keep = strlen(project) < room ? strlen(project) : room;
	while (keep && project[keep - 1] == '-')
		keep--;
	if (strstr(project, "goog") || !keep)
		return xasprintf("%s-%s-%s", stack, what, suffix);
	return xasprintf("%.*s-%s-%s-%s", (int)keep, project, stack, what, suffix);
}

char *name_run_host(const char *stack, const char *number, const char *region)
{
	return xasprintf("%s-%s.%s.run.app", stack, number, region);
}

bool name_check(const char *project, const char *region, const char *stack, const char *suffix, const char *socket,
		struct err *e)
{
	char *path = xasprintf("/cloudsql/%s:%s:%s-%s%s%s", project, region, stack, suffix, socket ? "/" : "",
			       socket ? socket : "");
	bool fits = strlen(path) <= SOCKET_MAX;
	free(path);
	return fits || err_set(e, EXIT_ANSWERS, "stack.name", _("Choose a shorter one."),
			       _("the name is too long for the path of the database's socket."));
}

bool name_check_host(const char *host, struct err *e)
{
	return strcspn(host, ".") <= LABEL_MAX || err_set(e, EXIT_ANSWERS, "stack.name", _("Choose a shorter one."),
							  _("the name is too long for the service's address."));
}
