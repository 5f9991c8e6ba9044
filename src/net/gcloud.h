/* What gcloud's configuration says. */
#ifndef MS_NET_GCLOUD_H
#define MS_NET_GCLOUD_H

/* The configuration directory: $CLOUDSDK_CONFIG, else under HOME; NULL without either. The caller frees. */
char *gcloud_dir(void);
/* A setting of the active configuration, such as "core", "project"; the variable CLOUDSDK_SECTION_KEY goes before the file. NULL when it is not
 * set. The caller frees. */
char *gcloud_setting(const char *section, const char *key);
/* The proxy that gcloud goes through by its own settings (proxy/type, proxy/address, proxy/port), as curl's URL; NULL for none. The caller frees. */
char *gcloud_proxy(void);

#endif
