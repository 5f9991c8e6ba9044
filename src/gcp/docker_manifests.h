/* What a registry is asked for: an index of several platforms' images, or one image. */
#ifndef MS_GCP_DOCKER_MANIFESTS_H
#define MS_GCP_DOCKER_MANIFESTS_H

#define DOCKER_MANIFESTS                                                                                                       \
	"application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "                 \
	"application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"

#endif
