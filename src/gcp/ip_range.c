#include "config.h"
#include "gcp/ip_range.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static uint32_t mask_of(int bits)
{
	return bits ? ~(uint32_t)0 << (32 - bits) : 0;
}

bool ip_range_parse(const char *text, struct ip_range *out)
{
	char base[INET_ADDRSTRLEN];
	struct in_addr a;
	const char *slash = text ? strchr(text, '/') : NULL;
	size_t len = slash ? (size_t)(slash - text) : 0;
	if (!len || len >= sizeof base || strspn(slash + 1, "0123456789") != strlen(slash + 1) || !slash[1] ||
	    strlen(slash + 1) > 2)
		return false;
	memcpy(base, text, len);
	base[len] = '\0';
	*out = (struct ip_range){.bits = atoi(slash + 1)};
	if (out->bits > 32 || inet_pton(AF_INET, base, &a) != 1)
		return false;
	out->base = ntohl(a.s_addr);
	return (out->base & ~mask_of(out->bits)) == 0;
}

bool ip_ranges_overlap(struct ip_range a, struct ip_range b)
{
	uint32_t mask = mask_of(a.bits < b.bits ? a.bits : b.bits);
	return (a.base & mask) == (b.base & mask);
}

bool ip_range_holds(struct ip_range a, struct ip_range b)
{
	return a.bits <= b.bits && ip_ranges_overlap(a, b);
}

bool ip_range_private(struct ip_range r)
{
	static const struct ip_range private[] = {{10u << 24, 8}, {172u << 24 | 16u << 16, 12}, {192u << 24 | 168u << 16, 16}};
	for (size_t i = 0; i < sizeof private / sizeof *private; i++)
		if (ip_range_holds(private[i], r))
			return true;
	return false;
}

const char *ip_range_refused(struct ip_range r)
{
	static const struct ip_range docker = {172u << 24 | 17u << 16, 16};
	if (!ip_range_private(r))
		return N_("A private range: in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.");
	if (ip_ranges_overlap(r, docker))
		return N_("None that touches 172.17.0.0/16: Cloud SQL cannot speak with addresses there, which are Docker's "
			  "inside its machines.");
	return NULL;
}

char *ip_range_text(struct ip_range r)
{
	return xasprintf("%u.%u.%u.%u/%d", r.base >> 24, r.base >> 16 & 255, r.base >> 8 & 255, r.base & 255, r.bits);
}
