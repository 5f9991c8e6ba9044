/* Buckets, objects, uploads and downloads. */
#include "config.h"
#include "tests/sim/identity.h"

#define GCS "storage.googleapis.com/storage/v1/b"
#define UP "storage.googleapis.com/upload/storage/v1/b"

static void buckets(void)
{
	begin(NULL);
	refused(404, "GET " GCS "/demo-b1", NULL, "The specified bucket does not exist.", "before it was made");
	ok(!json_at(reply, "error.status"), "in the legacy dialect");
	wants(200, "POST " GCS "?project=" P, "{\"name\":\"demo-b1\",\"location\":\"europe-west1\"}", "a bucket");
	is_str(said("location"), "EUROPE-WEST1", "its place in capitals");
	is_str(said("softDeletePolicy.retentionDurationSeconds"), "604800", "soft delete is a week by default");
	is_str(said("iamConfiguration.publicAccessPrevention"), "inherited", "public access prevention is inherited");
	is_str(said("etag"), "CAE=", "its etag is its metageneration");
	refused(409, "POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}",
		"Your previous request to create the named bucket succeeded and you already own it.", "mine already");
	refused(409, "POST " GCS "?project=" P, "{\"name\":\"mlflow\"}",
		"The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please "
		"select a different name "
		"and try again.",
		"somebody else's");
	refused(400, "POST " GCS "?project=" P, "{\"name\":\"Bad_Name\"}", "Invalid bucket name: 'Bad_Name'", "a bad name");
	wants(200, "PATCH " GCS "/demo-b1", "{\"versioning\":{\"enabled\":true},\"labels\":{\"a\":\"b\"}}", "a patch");
	is_str(said("metageneration"), "2", "counts up");
	wants(412, "PATCH " GCS "/demo-b1?ifMetagenerationMatch=1", "{}", "a stale metageneration is refused");
	wants(200, "PATCH " GCS "/demo-b1", "{\"labels\":null}", "null");
	ok(!json_at(reply, "labels"), "takes a field away");
}

static void public_access(void)
{
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\",\"iamConfiguration\":{\"publicAccessPrevention\":\"enforced\","
				       "\"uniformBucketLevelAccess\":{\"enabled\":true}}}");
	wants(200, "GET " GCS "/demo-b1/iam?optionsRequestedPolicyVersion=3", NULL, "its policy");
	is_str(said("kind"), "storage#policy", "is storage's kind");
	is_str(said("bindings.0.role"), "roles/storage.legacyBucketOwner", "with the project's own people");
	refused(412, "PUT " GCS "/demo-b1/iam",
		"{\"bindings\":[{\"role\":\"roles/storage.objectViewer\",\"members\":[\"allUsers\"]}]}",
		"The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is "
		"enforced.",
		"nobody makes it public");
}

static void uploads(void)
{
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}");
	send_bytes("POST " UP "/demo-b1/o?uploadType=media&name=dir%2Fa.txt", "Content-Type: text/plain", "hello", 5);
	is_int(status, 200, "a simple upload");
	is_str(said("name"), "dir/a.txt", "its name decoded");
	is_str(said("md5Hash"), "XUFAKrxLKna5cZ2REBfFkg==", "MD5");
	is_str(said("crc32c"), "mnG7TA==", "CRC-32C");
	is_str(said("size"), "5", "size as text");
	send_bytes("POST " UP "/demo-b1/o?uploadType=media&name=dir%2Fa.txt&ifGenerationMatch=0", NULL, "x", 1);
	is_int(status, 412, "only if it is not there: it is");
	static const char body[] =
	    "--B\r\nContent-Type: application/json\r\n\r\n{\"name\":\"m.bin\",\"md5Hash\":\"XUFAKrxLKna5cZ2REBfFkg==\"}\r\n"
	    "--B\r\nContent-Type: image/png\r\n\r\nhello\r\n--B--";
	send_bytes("POST " UP "/demo-b1/o?uploadType=multipart", "Content-Type: multipart/related; boundary=\"B\"", body,
		   sizeof body - 1);
	is_int(status, 200, "a multipart upload");
	is_str(said("contentType"), "image/png", "with its type");
	is_str(said("size"), "5", "and its bytes");
	static const char wrong[] =
	    "--B\r\nContent-Type: application/json\r\n\r\n{\"name\":\"w.bin\",\"md5Hash\":\"XUFAKrxLKna5cZ2REBfFkg==\"}\r\n"
	    "--B\r\nContent-Type: image/png\r\n\r\nhullo\r\n--B--";
	send_bytes("POST " UP "/demo-b1/o?uploadType=multipart", "Content-Type: multipart/related; boundary=B", wrong,
		   sizeof wrong - 1);
	is_int(status, 400, "bytes that are not what the checksum says are refused");
	wants(404, "GET " GCS "/demo-b1/o/w.bin", NULL, "and not kept");
}

static char *session_of(void)
{
	const char *at = strstr(reply_headers, "Location: https://");
	return at ? xasprintf("PUT %.*s", (int)strcspn(at + 18, "\r\n"), at + 18) : xstrdup("PUT storage.googleapis.com/none");
}

static void resumable(void)
{
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}");
	size_t quantum = 262144;
	char *data = xcalloc(quantum * 2, 1);
	memset(data, 'z', quantum * 2);
	ask("POST " UP "/demo-b1/o?uploadType=resumable&name=big", "{\"contentType\":\"application/x-model\"}");
	is_int(status, 200, "a resumable upload begins");
	char *session = session_of();
	send_bytes(session, "Content-Range: bytes 0-99/*", data, 100);
	is_int(status, 400, "chunks are multiples of 256 KiB");
	send_bytes(session, "Content-Range: bytes 0-262143/300000", data, quantum);
	is_int(status, 308, "a first chunk is kept");
	ok(strstr(reply_headers, "Range: bytes=0-262143"), "and counted");
	send_bytes(session, "Content-Range: bytes */300000", NULL, 0);
	is_int(status, 308, "it can be asked how far it got");
	send_bytes(session, "Content-Range: bytes */300000\nX-GUploader-No-308: yes", NULL, 0);
	ok(status == 200 && strstr(reply_headers, "X-HTTP-Status-Code-Override: 308"),
	   "without that status, for Google's Go clients");
	send_bytes(session, "Content-Range: bytes 262144-299999/300000", data, 300000 - quantum);
	is_int(status, 200, "the last chunk ends it");
	is_str(said("size"), "300000", "all bytes are there");
	is_str(said("contentType"), "application/x-model", "and its metadata");
	send_bytes("PUT " UP "/demo-b1/o?uploadType=resumable&upload_id=none", NULL, "x", 1);
	is_int(status, 404, "a session that is gone is gone");
	free(session), free(data);
}

static void downloads(void)
{
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}");
	send_bytes("POST " UP "/demo-b1/o?uploadType=media&name=dir%2Fa.txt", "Content-Type: text/plain", "hello\0you", 9);
	ask("GET " GCS "/demo-b1/o/dir%2Fa.txt?alt=media", NULL);
	ok(status == 200 && reply_bytes.len == 9 && !memcmp(reply_bytes.data, "hello\0you", 9),
	   "bytes come back as they went in");
	ok(strstr(reply_headers, "X-Goog-Hash: crc32c=") != NULL, "with their checksums");
	send_bytes("GET storage.googleapis.com/download/storage/v1/b/demo-b1/o/dir%2Fa.txt?alt=media", "Range: bytes=6-", NULL,
		   0);
	ok(status == 206 && reply_bytes.len == 3 && !memcmp(reply_bytes.data, "you", 3), "a range of them");
	ok(strstr(reply_headers, "Content-Range: bytes 6-8/9") != NULL, "says which");
	send_bytes("GET storage.googleapis.com/demo-b1/dir/a.txt", "Range: bytes=9-", NULL, 0);
	is_int(status, 416, "behind the end is nothing");
	ask("GET storage.googleapis.com/demo-b1/dir/a.txt", NULL);
	ok(status == 200 && reply_bytes.len == 9, "the XML API's way");
	ask("GET storage.googleapis.com/demo-b1/none", NULL);
	ok(status == 404 && strstr(buf_text(&reply_bytes), "<Code>NoSuchKey</Code>"), "and its errors");
}

static void put(const char *name)
{
	char *what = xasprintf("POST " UP "/demo-b1/o?uploadType=media&name=%s", name);
	send_bytes(what, "Content-Type: text/plain", name, strlen(name));
	free(what);
}

static void listing(void)
{
	static const char *const names[] = {"a", "d%2F1", "d%2F2", "d%2Fe%2F3", "f", "g%2F4"};
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}");
	ask("GET " GCS "/demo-b1/o", NULL);
	ok(!json_at(reply, "items"), "an empty list has no items");
	for (size_t i = 0; i < 6; i++)
		put(names[i]);
	ask("GET " GCS "/demo-b1/o?delimiter=/", NULL);
	is_int(cJSON_GetArraySize(json_at(reply, "items")), 2, "with a delimiter: what is at the top");
	is_str(said("prefixes.0"), "d/", "and folders");
	is_int(cJSON_GetArraySize(json_at(reply, "prefixes")), 2, "each once");
	ask("GET " GCS "/demo-b1/o?prefix=d/", NULL);
	is_int(cJSON_GetArraySize(json_at(reply, "items")), 3, "by prefix");
	ask("GET " GCS "/demo-b1/o?maxResults=4", NULL);
	is_int(cJSON_GetArraySize(json_at(reply, "items")), 4, "a page");
	char *next = xasprintf("GET " GCS "/demo-b1/o?maxResults=4&pageToken=%s", said("nextPageToken"));
	ask(next, NULL);
	is_int(cJSON_GetArraySize(json_at(reply, "items")), 2, "and the rest");
	is_str(said("items.0.name"), "f", "from where it ended");
	ask("GET " GCS "/demo-b1/o?matchGlob=d/*", NULL);
	is_int(cJSON_GetArraySize(json_at(reply, "items")), 2, "a glob's asterisk stops at slashes");
	free(next);
}

static void versions(void)
{
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\",\"versioning\":{\"enabled\":true}}");
	put("a");
	char *first = xstrdup(said("generation"));
	put("a");
	ok(strcmp(said("generation"), first) > 0, "generations go up");
	ask("GET " GCS "/demo-b1/o", NULL);
	is_int(cJSON_GetArraySize(json_at(reply, "items")), 1, "one is live");
	ask("GET " GCS "/demo-b1/o?versions=true", NULL);
	is_int(cJSON_GetArraySize(json_at(reply, "items")), 2, "two are kept");
	is_str(said("items.0.generation"), first, "the older first");
	wants(204, "DELETE " GCS "/demo-b1/o/a", NULL, "deleting");
	refused(404, "GET " GCS "/demo-b1/o/a", NULL, "No such object: demo-b1/a", "the live one is gone");
	refused(409, "DELETE " GCS "/demo-b1", NULL, "The bucket you tried to delete is not empty.",
		"but the bucket is not empty");
	for (;;) {
		ask("GET " GCS "/demo-b1/o?versions=true", NULL);
		if (!json_at(reply, "items.0"))
			break;
		char *what = xasprintf("DELETE " GCS "/demo-b1/o/a?generation=%s", said("items.0.generation"));
		ask(what, NULL);
		free(what);
		if (status != 204)
			break;
	}
	wants(200, "GET " GCS "/demo-b1/o?softDeleted=true", NULL, "what was deleted for good is kept for a week");
	is_int(cJSON_GetArraySize(json_at(reply, "items")), 2, "both of them");
	wants(204, "DELETE " GCS "/demo-b1", NULL, "then it can be deleted");
	wants(404, "GET " GCS "/demo-b1", NULL, "and is gone");
	wants(200, "GET " GCS "?softDeleted=true&project=" P, NULL, "it is kept for a week");
	char *soft = xasprintf("GET " GCS "/demo-b1?softDeleted=true&generation=%s", said("items.0.generation"));
	wants(200, soft, NULL, "and can be read by its generation");
	char *token = sim_token_new(cloud, "user:eve@elsewhere.com", 3600);
	as_token = token;
	wants(403, soft, NULL, "but not by who may not read buckets");
	as_token = NULL;
	free(token), free(soft);
	wants(200, "POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}", "its name is free at once");
	free(first);
}

static void copying(void)
{
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}");
	put("a");
	put("b");
	wants(200, "POST " GCS "/demo-b1/o/a/rewriteTo/b/demo-b1/o/dir%2Fc", "{}", "a rewrite");
	is_str(said("resource.name"), "dir/c", "to another name");
	wants(200, "POST " GCS "/demo-b1/o/all/compose",
	      "{\"sourceObjects\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"destination\":{}}", "composing");
	is_str(said("size"), "2", "adds up");
	ok(!json_at(reply, "md5Hash") && json_num(reply, "componentCount", 0) == 2, "without MD5");
	wants(200, "PATCH " GCS "/demo-b1/o/a", "{\"metadata\":{\"k\":\"v\"}}", "metadata");
	is_str(said("metageneration"), "2", "counts up");
}

static void rights(void)
{
	const char *why;
	size_t len;
	begin("{\"projects\":[{\"services\":[\"iam.googleapis.com\"]}]}");
	ask("POST " GCS "?project=" P,
	    "{\"name\":\"demo-b1\",\"iamConfiguration\":{\"uniformBucketLevelAccess\":{\"enabled\":true}}}");
	put("a");
	is_int(status, 200, "an owner of the project may write, by the bucket's first policy");
	ok(!sim_object_read(cloud, "serviceAccount:x@y.iam.gserviceaccount.com", "demo-b1", "a", NULL, &len, &why) &&
	       !strcmp(why, "permission"),
	   "a stranger may not read");
	ask("POST iam.googleapis.com/v1/projects/" P "/serviceAccounts", "{\"accountId\":\"app-sa\"}");
	pass(600);
	ask("GET " GCS "/demo-b1/iam", NULL);
	cJSON *policy = cJSON_Duplicate(reply, true);
	cJSON_AddItemToArray(
	    json_at(policy, "bindings"),
	    json_make("{'role':'roles/storage.objectUser','members':['serviceAccount:app-sa@" P ".iam.gserviceaccount.com']}"));
	char *text = json_text(policy, -1);
	wants(200, "PUT " GCS "/demo-b1/iam", text, "an account is let in");
	pass(3600);
	char *data = sim_object_read(cloud, "serviceAccount:app-sa@" P ".iam.gserviceaccount.com", "demo-b1", "a", NULL, &len,
				     &why);
	ok(data && len == 1, "and reads");
	wants(412, "PUT " GCS "/demo-b1/iam", text, "a stale etag is refused");
	free(data), free(text);
	cJSON_Delete(policy);
	char *token = sim_token_new(cloud, "user:eve@elsewhere.com", 3600);
	as_token = token;
	refused(403, "GET " GCS "/demo-b1/o/a", NULL,
		"eve@elsewhere.com does not have storage.objects.get access to the Google Cloud Storage object. Permission "
		"'storage.objects.get' denied "
		"on resource (or it may not exist).",
		"who may not is told so");
	as_token = NULL;
	free(token);
}

/* Uniform access can be left for ninety days. */
static void locked(void)
{
#define ACCESS(on) "{\"iamConfiguration\":{\"uniformBucketLevelAccess\":{\"enabled\":" on "}}}"
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}");
	wants(200, "PATCH " GCS "/demo-b1", ACCESS("true"), "uniform access");
	pass(80 * 86400.0);
	wants(200, "PATCH " GCS "/demo-b1", ACCESS("false"), "is left in time");
	wants(200, "PATCH " GCS "/demo-b1", ACCESS("true"), "and taken again");
	pass(91 * 86400.0);
	wants(412, "PATCH " GCS "/demo-b1", ACCESS("false"), "later it cannot be left");
	wants(200, "PATCH " GCS "/demo-b1", ACCESS("true"), "but kept");
}

static void forbidden(void)
{
	begin("{\"policies\":{\"gcp.resourceLocations\":{\"allow\":[\"in:eu-locations\"]},\"storage.uniformBucketLevelAccess\":"
	      "true}}");
	refused(412, "POST " GCS "?project=" P, "{\"name\":\"demo-b1\",\"location\":\"US\"}",
		"'us' violates constraint 'constraints/gcp.resourceLocations'", "a place that is forbidden");
	wants(412, "POST " GCS "?project=" P, "{\"name\":\"demo-b1\",\"location\":\"EU\"}",
	      "access controls that are forbidden");
	wants(200, "POST " GCS "?project=" P,
	      "{\"name\":\"demo-b1\",\"location\":\"EU\",\"iamConfiguration\":{\"uniformBucketLevelAccess\":{\"enabled\":true}}"
	      "}",
	      "as it must be");
}

/* Several requests in one, as the storage libraries delete objects. */
static void batched(void)
{
#define PART(id, line) "--B\r\nContent-Type: application/http\r\nContent-ID: <x+" id ">\r\n\r\n" line " HTTP/1.1\r\n\r\n\r\n"
	static const char body[] = PART("1", "GET https://" GCS "/demo-b1?fields=name")
	    PART("2", "GET /storage/v1/b/none") "--B--";
	begin(NULL);
	ask("POST " GCS "?project=" P, "{\"name\":\"demo-b1\"}");
	send_bytes("POST storage.googleapis.com/batch/storage/v1", "Content-Type: multipart/mixed; boundary=\"B\"", body,
		   sizeof body - 1);
	is_int(status, 200, "a batch");
	const char *text = buf_text(&reply_bytes), *first = strstr(text, "<response-x+1>"),
		   *second = strstr(text, "<response-x+2>");
	ok(first && strstr(first, "HTTP/1.1 200") && strstr(first, "\"demo-b1\"") < second, "answers what each part asks");
	ok(second && strstr(second, "HTTP/1.1 404"), "each with its own status");
}

/* What a bucket may not be called, where it may not be, and what it may not be told. */
static void impossible(void)
{
	begin(NULL);
	static const struct {
		int status;
		const char *body, *what;
	} cases[] = {
	    {400, "{\"name\":\"1.2.3.4\"}", "an address is no name"},
	    {403, "{\"name\":\"example.com\"}", "nor is a domain of somebody else's"},
	    {400, "{\"name\":\"demo-b2\",\"location\":\"MARS-NORTH1\"}", "there is no such region"},
	    {400, "{\"name\":\"demo-b2\",\"storageClass\":\"COLDEST\"}", "nor such a storage class"},
	    {400, "{\"name\":\"demo-b2\",\"softDeletePolicy\":{\"retentionDurationSeconds\":\"8640000\"}}",
	     "what is deleted is kept for 90 days at most"},
	    {400, "{\"name\":\"demo-b2\",\"retentionPolicy\":{\"retentionPeriod\":\"0\"}}", "a retention of no time"},
	    {400, "{\"name\":\"demo-b2\",\"lifecycle\":{\"rule\":[{\"action\":{\"type\":\"Delete\"},\"condition\":{}}]}}",
	     "a rule without a condition"},
	    {400,
	     "{\"name\":\"demo-b2\",\"lifecycle\":{\"rule\":[{\"action\":{\"type\":\"Burn\"},\"condition\":{\"age\":1}}]}}",
	     "an action that there is not"},
	    {200,
	     "{\"name\":\"demo-b2\",\"location\":\"US\",\"customPlacementConfig\":{\"dataLocations\":[\"US-CENTRAL1\","
	     "\"US-EAST1\"]}}",
	     "two regions"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		wants(cases[i].status, "POST " GCS "?project=" P, cases[i].body, cases[i].what);
	is_str(said("locationType"), "dual-region", "are a dual region");
	wants(400, "PATCH " GCS "/demo-b2", "{\"lifecycle\":{\"rule\":[{\"action\":{\"type\":\"Delete\"},\"condition\":{}}]}}",
	      "a change is looked at as well");
}

int main(void)
{
	batched();
	buckets();
	impossible();
	public_access();
	uploads();
	resumable();
	downloads();
	listing();
	versions();
	copying();
	rights();
	locked();
	forbidden();
	end();
	return tap_done();
}
