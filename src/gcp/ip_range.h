/* Ranges of IPv4 addresses: "10.10.0.0/24". */
#ifndef MS_GCP_IP_RANGE_H
#define MS_GCP_IP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct ip_range {
	uint32_t base; /* its first address */
	int bits;      /* of the prefix */
};

/* False where the text is no range, or does not begin at a boundary of its size. */
bool ip_range_parse(const char *text, struct ip_range *out);
bool ip_ranges_overlap(struct ip_range a, struct ip_range b);
/* Does a hold all of b? */
bool ip_range_holds(struct ip_range a, struct ip_range b);
/* Is it among the private ones of RFC 1918? */
bool ip_range_private(struct ip_range r);
/* Why a stack's network cannot have it: an N_() sentence, or NULL when it can. It is private, and does not touch that of Docker's bridge, which Cloud SQL
 * cannot speak with (cloud.google.com/sql/docs/postgres/private-ip). */
const char *ip_range_refused(struct ip_range r);
/* "10.10.0.0/24", for the caller to free. */
char *ip_range_text(struct ip_range r);

#endif
