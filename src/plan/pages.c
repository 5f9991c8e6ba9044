/* The pages of the wizard, in order. Which questions stand on a page is said by the questions' rows. */
#include "config.h"
#include "plan/question.h"

#include "base/gettext.h"

#include <string.h>

const struct page pages[] = {
    {"welcome", N_("Welcome"),
     N_("A few pages of questions, then a review of everything that will be made. Nothing is created before you agree on the "
	"review page.")},
    {"project", N_("Project"), N_("The Google Cloud project that will hold the server and pay for it.")},
    {"region", N_("Region"), N_("Where the server, its database and its files stand. Choose one near the people who use it.")},
    {"target", N_("Where it runs"), N_("The Google Cloud service that runs MLflow.")},
    {"exposure", N_("How people reach it"),
     N_("The address of the server. Whatever you choose, nobody enters without signing in.")},
    {"auth", N_("Who may enter"), N_("How people and programs sign in, and who may.")},
    {"database", N_("Database"),
     N_("MLflow keeps experiments, runs and metrics in a Cloud SQL database with no public address.")},
    {"artifacts", N_("Artifacts"), N_("Models and files go to a Cloud Storage bucket.")},
    {"image", N_("Image and server"), N_("The software that runs, and how much of it.")},
    {"review", N_("Review"), N_("What will be made. Nothing has been created so far.")},
    {"build", N_("Build"), N_("Everything runs as soon as what it needs is there.")},
    {"done", N_("Done"), N_("What stands now.")},
    {NULL, NULL, NULL},
};

const struct page *page_find(const char *id)
{
	for (const struct page *p = pages; p->id; p++) {
		if (!strcmp(p->id, id))
			return p;
	}
	return NULL;
}
