#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/lines.h"
#include "tests/tap.h"

#include <stdlib.h>

/* Feeds events (JSON with single quotes, a line each) and gives what went to the two streams. */
static void feed(const char *events, bool quiet, char **progress, char **data)
{
	size_t n1, n2;
	FILE *p = open_memstream(progress, &n1), *d = open_memstream(data, &n2);
	struct lines *l = lines_new(p, d, quiet);
	while (*events) {
		size_t len = strcspn(events, "\n");
		char *one = xstrndup(events, len);
		cJSON *event = json_make(one);
		lines_event(l, event);
		cJSON_Delete(event);
		free(one);
		events += len + (events[len] == '\n');
	}
	lines_free(l);
	fclose(p);
	fclose(d);
}

static const char run[] =
    "{'event':'run','at':0,'state':'started','verb':'apply','stack':'mlflow','project':'demo-proj','total':3}\n"
    "{'event':'run','at':1,'state':'surveyed','total':3,'changes':2,'expected':725}\n"
    "{'event':'step','at':1,'id':'network','title':'VPC network','name':'mlflow-x','state':'reading'}\n"
    "{'event':'step','at':2,'id':'network','title':'VPC network','name':'mlflow-x','state':'creating','verdict':'create'}\n"
    "{'event':'step','at':3,'id':'network','title':'VPC network','name':'mlflow-x','state':'creating','verdict':'create'}\n"
    "{'event':'step','at':20,'id':'network','title':'VPC "
    "network','name':'mlflow-x','state':'done','verdict':'create','elapsed':18}\n"
    "{'event':'step','at':20,'id':'bucket','title':'Bucket','name':'b','state':'kept','verdict':'keep'}\n"
    "{'event':'counts','at':30,'done':2,'running':1,'left':4}\n"
    "{'event':'counts','at':90,'done':2,'running':1,'left':4}\n"
    "{'event':'log','at':91,'id':'build','line':'Step 1/3'}\n"
    "{'event':'step','at':95,'id':'sql','title':'Database','name':'db','state':'failed','verdict':'create','message':'Quota.','"
    "fix':'Ask.'}\n"
    "{'event':'proof','at':96,'id':'anon','title':'An anonymous request is refused','state':'passed'}\n"
    "{'event':'something-new','at':97}\n"
    "{'event':'result','at':98,'outcome':'partly','url':'https://x.run.app','undo':'mlflow-setup destroy "
    "f','file':'f','created':1,"
    "'updated':0,'deleted':0,'kept':1,'seconds':98}\n";

int main(void)
{
	mem_install();
	char *progress, *data;
	feed(run, false, &progress, &data);
	is_str(progress,
	       "  0:00  apply: stack mlflow in project demo-proj\n"
	       "  0:01  2 of 3 resources are to be made, changed or deleted, usually 12 min 05 s\n"
	       "  0:02  creating  VPC network mlflow-x\n"
	       "  0:20  created   VPC network mlflow-x (18 s)\n"
	       "  1:30  still working: 2 done, 1 running, 4 to go\n"
	       "  1:31  | build: Step 1/3\n"
	       "  1:35  failed    Database db\n"
	       "        Quota.\n"
	       "        Ask.\n"
	       "  1:36  proven    An anonymous request is refused\n"
	       "\n"
	       "Not everything stands. What was made is kept; the same command goes on from there.\n"
	       "1 created, 0 updated, 0 deleted, 1 kept in 1 min 38 s\n"
	       "Answers:               f\n"
	       "To undo:               mlflow-setup destroy f\n",
	       "a run as lines: one a change");
	is_str(data, "https://x.run.app\n", "the URL alone goes to the data stream");
	free(progress);
	free(data);
	feed(run, true, &progress, &data);
	ok(!strstr(progress, "creating") && strstr(progress, "failed    Database db") && strstr(progress, "To undo"),
	   "quiet: failures, result");
	free(progress);
	free(data);
	/* A step that fails before anything was decided for it; the steps of a plan, which only look. */
	feed("{'event':'step','at':1,'id':'n','title':'VPC "
	     "network','name':'m','state':'failed','verdict':'keep','message':'Not ours.'}\n",
	     false, &progress, &data);
	is_str(progress, "  0:01  failed    VPC network m\n        Not ours.\n", "a step that is only read and fails is told");
	free(progress);
	free(data);
	feed("{'event':'run','at':0,'state':'started','verb':'plan','stack':'mlflow','project':'p'}\n"
	     "{'event':'step','at':1,'id':'n','title':'VPC network','name':'m','state':'done','verdict':'create'}\n"
	     "{'event':'result','at':2,'outcome':'nothing','created':0}\n",
	     false, &progress, &data);
	is_str(progress, "  0:00  plan: stack mlflow in project p\n", "a plan says nothing of having created");
	free(progress);
	free(data);
	feed("{'event':'result','at':98,'outcome':'partly','file':'f','created':1,'updated':0,'deleted':0,'kept':0,'seconds':2,"
	     "'real_seconds':98,'next':'mlflow-setup "
	     "apply --rehearse f'}\n",
	     false, &progress, &data);
	is_str(progress,
	       "\nNot everything stood in this rehearsal. What it made ends with it: the next one begins anew.\n"
	       "This was a rehearsal: nothing was built or deleted.\n"
	       "1 created, 0 updated, 0 deleted, 0 kept in 2 s; a real run would take about 1 min 38 s\n"
	       "Answers:               f\n"
	       "Again:                 mlflow-setup apply --rehearse f\n",
	       "of a rehearsal nothing is kept, and nothing goes on");
	free(progress);
	free(data);
	return tap_done();
}
