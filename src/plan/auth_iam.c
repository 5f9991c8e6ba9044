/* Auth mode iam: Google's own check of who may invoke what answers; for machines, and for people through a proxy or tunnel of their own. Nothing is
 * added to the server. */
#include "config.h"
#include "plan/axes.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "plan/people.h"

static const char *const asks[] = {"auth.users", "auth.groups", "auth.domains", "auth.service_accounts", "auth.tokens", NULL};

static bool auth_iam_prepare(struct design *d, struct err *e)
{
	(void)e;
	if (!d->axes.exposure->reach)
		design_prover(d);
	return true;
}

static void auth_iam_guard(struct design *d)
{
	if (d->front.invoke.holder)
		people_let_in(d, &d->front.invoke, d->front.invoked);
	if (d->axes.target->admit)
		d->axes.target->admit(d, people_members(d->answers));
}

/* Google asks before anything of the stack does, and never by a sign-in page: 401 or 403. A tunnel is where it asks, of the operator as of people. */
static void auth_iam_wall(const struct design *d, struct wall *out)
{
	out->shows = CREDENTIAL_CHANNEL;
	out->spreads = 900;
	out->refuses = 403;
	if (d->axes.exposure->reach)
		return;
	out->shows = CREDENTIAL_ID_TOKEN;
	out->audience = xstrdup(d->plan->url);
}

static void auth_iam_connect(const struct plan *p, struct buf *out)
{
	if (p->wall.shows == CREDENTIAL_CHANNEL)
		return;
	buf_printf(out, "%s\n", _("# People who are let in may use a token of their own: gcloud auth print-identity-token"));
	if (p->axes.target->browse)
		p->axes.target->browse(p, out);
}

const struct auth_mode auth_mode_iam = {
    .choice =
	{
	    .id = "iam",
	    .title = N_("IAM"),
	    .help = N_("Only who may invoke the service; meant for machines and tunnels, not for browsers."),
	    .asks = asks,
	    .check = people_check,
	},
    .door = DOOR_IAM,
    .prepare = auth_iam_prepare,
    .guard = auth_iam_guard,
    .wall = auth_iam_wall,
    .connect = auth_iam_connect,
};
