#include "config.h"
#include "net/trust.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "net/gcloud.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)8 << 20)

/* A file that lacks or holds something else would only be seen as one failed connection after the other. */
static bool holds_certificates(const char *by, const char *path, struct err *e)
{
	struct buf text = {0};
	struct err why = {0};
	bool fine = file_read(path, FILE_MAX, &text, &why) && strstr(buf_text(&text), "-----BEGIN ");
	if (!fine)
		err_set(e, EXIT_CONFIG, by, _("Name a file of certificates in PEM form."),
			_("the certificate authorities cannot be read: %s."),
			why.what ? why.what : _("the file holds no certificate."));
	err_free(&why);
	buf_free(&text);
	return fine;
}

bool trust_file(const char *option, char **file, struct err *e)
{
	static const char *const variables[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
	const char *by = "--cloud-ca", *path = option;
	for (size_t i = 0; !path && i < sizeof variables / sizeof *variables; i++) {
		by = variables[i];
		path = getenv(by);
		path = path && *path ? path : NULL;
	}
	*file = path ? xstrdup(path) : gcloud_setting("core", "custom_ca_certs_file");
	by = path ? by : "core/custom_ca_certs_file";
	if (!*file || holds_certificates(by, *file, e))
		return true;
	free(*file);
	*file = NULL;
	return false;
}
