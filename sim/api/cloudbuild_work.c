/* A build at work: fetches the source archive as the build's account, goes through the steps, and writes the log that Cloud Build
 * would write. */
#include "config.h"
#include "sim/api/cloudbuild.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

static void fail(struct build_work *w, const char *type, int step, char *detail)
{
	w->failure = type;
	w->failed_step = step;
	w->detail = detail;
}

static char *fetch_problem(const char *why, const char *who, const char *bucket, const char *object)
{
	const char *email = strchr(who, ':') ? strchr(who, ':') + 1 : who;
	if (!strcmp(why, "permission"))
		return xasprintf("%s does not have storage.objects.get access to the Google Cloud Storage object. Permission "
				 "'storage.objects.get' denied on resource (or it may not exist).",
				 email);
	if (!strcmp(why, "bucket"))
		return xasprintf("The specified bucket does not exist: %s", bucket);
	return xasprintf("No such object: %s/%s", bucket, object);
}

/* The files of the source; NULL when it failed. A build without a source has an empty folder. */
static cJSON *fetch(struct sim *s, const cJSON *build, const char *who, struct build_work *w, struct buf *log)
{
	const cJSON *source = json_at(build, "source.storageSource");
	if (!source)
		return cJSON_CreateObject();
	const char *bucket = json_str(source, "bucket", ""), *object = json_str(source, "object", ""), *why = NULL;
	const char *generation = json_str(source, "generation", "");
	const char *url = sim_tmp("gs://%s/%s%s%s", bucket, object, *generation ? "#" : "", generation);
	buf_printf(log, "FETCHSOURCE\nFetching storage object: %s\n", url);
	size_t len = 0;
	char *data = sim_object_read(s, who, bucket, object, generation, &len, &why);
	cJSON *files = data ? build_unpack(data, len) : NULL;
	free(data);
	if (files) {
		const char *size = sim_tmp("%.1f KiB", (double)len / 1024);
		buf_printf(log, "Copying %s...\n/ [1 files][%s/%s]\nOperation completed over 1 objects/%s.\n", url, size, size,
			   size);
		return files;
	}
	char *problem = why ? fetch_problem(why, who, bucket, object) : xasprintf("%s is not a .tar.gz or .zip archive", url);
	buf_printf(log, "ERROR: failed to fetch source: %s\n", problem);
	fail(w, "FETCH_SOURCE_FAILED", -1, xasprintf("failed to fetch source: %s", problem));
	free(problem);
	return NULL;
}

struct docker_args {
	const char *file, *context;
	cJSON *tags;
};

/* docker build's arguments as far as they name files and tags. */
static void docker_args(const cJSON *args, struct docker_args *d)
{
	d->file = NULL;
	d->context = ".";
	for (const cJSON *a = args->child ? args->child->next : NULL; a; a = a->next) {
		const char *text = cJSON_IsString(a) ? a->valuestring : "",
			   *next = a->next && cJSON_IsString(a->next) ? a->next->valuestring : "";
		if (!strcmp(text, "-t") || !strcmp(text, "--tag")) {
			cJSON_AddItemToArray(d->tags, cJSON_CreateString(next));
			a = a->next ? a->next : a;
		} else if (text_starts(text, "--tag=")) {
			cJSON_AddItemToArray(d->tags, cJSON_CreateString(text + 6));
		} else if (!strcmp(text, "-f") || !strcmp(text, "--file")) {
			d->file = next;
			a = a->next ? a->next : a;
		} else if (text_starts(text, "--file=")) {
			d->file = text + 7;
		} else if (!strcmp(text, "--network") || !strcmp(text, "--build-arg") || !strcmp(text, "--platform") ||
			   !strcmp(text, "--label") || !strcmp(text, "--target") || !strcmp(text, "--cache-from")) {
			a = a->next ? a->next : a;
		} else if (*text != '-') {
			d->context = text;
		}
	}
}

static bool docker_build(struct build_work *w, const cJSON *step, const cJSON *files, struct buf *log, int number)
{
	struct docker_args d = {.tags = cJSON_CreateArray()};
	docker_args(json_at(step, "args"), &d);
	const char *dir = json_str(step, "dir", ""), *context = strcmp(d.context, ".") || !*dir ? d.context : dir;
	const char *file = d.file ? d.file : !strcmp(context, ".") ? "Dockerfile" : sim_tmp("%s/Dockerfile", context);
	buf_puts(log, "Sending build context to Docker daemon  12.29kB\n");
	char *why = NULL;
	cJSON *facts = build_docker(files, file, context, log, &why);
	if (facts) {
		buf_printf(log, "Successfully built %.12s\n", sim_sha256(buf_text(log), log->len) + 7);
		for (const cJSON *t = d.tags->child; t; t = t->next) {
			const char *tag = strchr(t->valuestring, ':') ? t->valuestring : sim_tmp("%s:latest", t->valuestring);
			buf_printf(log, "Successfully tagged %s\n", tag);
			cJSON_DeleteItemFromObjectCaseSensitive(w->facts, tag);
			cJSON_AddItemToObject(w->facts, tag, cJSON_Duplicate(facts, 1));
		}
		cJSON_Delete(facts);
	} else {
		const char *name = json_str(step, "name", "");
		buf_printf(log, "%s\nERROR\nERROR: build step %d \"%s\" failed: step exited with non-zero status: 1\n", why,
			   number, name);
		fail(w, "USER_BUILD_STEP", number,
		     xasprintf("build step %d \"%s\" failed: step exited with non-zero status: 1", number, name));
	}
	free(why);
	cJSON_Delete(d.tags);
	return !w->failure;
}

/* Buildpacks want no Dockerfile: a file that is there tells the language, or a Procfile what is run. */
static bool pack_detects(const cJSON *files)
{
	static const char *const told_by[] = {"Procfile", "requirements.txt", "pyproject.toml", "main.py", "package.json",
					      "go.mod",   "pom.xml",          "build.gradle",   "Gemfile", "index.php"};
	for (size_t i = 0; i < sizeof told_by / sizeof *told_by; i++)
		if (cJSON_GetObjectItemCaseSensitive(files, told_by[i]))
			return true;
	return false;
}

static bool pack_build(struct build_work *w, const cJSON *step, const cJSON *files, struct buf *log, int number)
{
	const char *image = json_str(step, "args.1", "");
	if (!pack_detects(files)) {
		buf_puts(log, "ERROR: No buildpack groups passed detection.\nERROR: failed to build: executing lifecycle\n");
		fail(w, "USER_BUILD_STEP", number,
		     xasprintf("build step %d \"%s\" failed: step exited with non-zero status: 1", number,
			       json_str(step, "name", "")));
		return false;
	}
	const char *tag = strrchr(image, ':') > strrchr(image, '/') ? image : sim_tmp("%s:latest", image);
	buf_printf(log, "Successfully built image %s\n", image);
	cJSON_DeleteItemFromObjectCaseSensitive(w->facts, tag);
	cJSON_AddItemToObject(w->facts, tag, json_make("{'entrypoint':['/cnb/process/web']}"));
	return true;
}

static bool step_run(struct build_work *w, const cJSON *step, const cJSON *files, struct buf *log, int number)
{
	const char *name = json_str(step, "name", ""), *first = json_str(step, "args.0", "");
	bool docker = strstr(name, "docker") && !*json_str(step, "entrypoint", "");
	buf_printf(log, "Already have image (with digest): %s\n", name);
	if (docker && !strcmp(first, "build"))
		return docker_build(w, step, files, log, number);
	if (strstr(name, "/pack") && !strcmp(first, "build"))
		return pack_build(w, step, files, log, number);
	if (docker && !strcmp(first, "push"))
		cJSON_AddItemToArray(w->pushed, cJSON_CreateString(json_str(step, "args.1", "")));
	return true;
}

static void steps_run(struct build_work *w, const cJSON *build, const cJSON *files, struct buf *log)
{
	const cJSON *steps = json_at(build, "steps");
	int count = cJSON_GetArraySize(steps), number = 0;
	buf_puts(log, "BUILD\n");
	for (const cJSON *step = steps ? steps->child : NULL; step; step = step->next, number++) {
		struct buf own = {0};
		bool going = step_run(w, step, files, &own, number);
		if (count > 1)
			buf_printf(log, "Starting Step #%d\n", number);
		for (const char *p = buf_text(&own); *p;) {
			size_t len = strcspn(p, "\n");
			if (count > 1)
				buf_printf(log, "Step #%d: ", number);
			buf_printf(log, "%.*s\n", (int)len, p);
			p += len + (p[len] == '\n');
		}
		if (count > 1 && going)
			buf_printf(log, "Finished Step #%d\n", number);
		buf_free(&own);
		if (!going)
			return;
	}
}

/* Every image that the build promises must have been tagged by a step. */
static void images_found(struct build_work *w, const cJSON *build)
{
	const cJSON *images = json_at(build, "images");
	for (const cJSON *i = images ? images->child : NULL; i && !w->failure; i = i->next) {
		const char *name = strrchr(i->valuestring, ':') > strrchr(i->valuestring, '/')
				       ? i->valuestring
				       : sim_tmp("%s:latest", i->valuestring);
		if (!cJSON_GetObjectItemCaseSensitive(w->facts, name))
			fail(w, "PUSH_IMAGE_NOT_FOUND", -1,
			     xasprintf("failed to find one or more images after execution of build steps: [\"%s\"]",
				       i->valuestring));
	}
}

void build_work(struct sim *s, const struct sim_object *build, const char *principal, struct build_work *w)
{
	*w = (struct build_work){.failed_step = -1, .facts = cJSON_CreateObject(), .pushed = cJSON_CreateArray()};
	struct buf log = {0};
	buf_printf(&log, "starting build \"%s\"\n\n", json_str(build->doc, "id", ""));
	cJSON *files = fetch(s, build->doc, principal, w, &log);
	if (files)
		steps_run(w, build->doc, files, &log);
	if (!w->failure)
		images_found(w, build->doc);
	cJSON_Delete(files);
	w->log = buf_take(&log);
}

void build_work_free(struct build_work *w)
{
	free(w->log);
	free(w->detail);
	cJSON_Delete(w->facts);
	cJSON_Delete(w->pushed);
}
