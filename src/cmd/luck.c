#include "config.h"
#include "cmd/luck.h"

#include <sodium.h>
#include <string.h>

static struct {
	uint64_t seed, drawn;
} luck;

static const char *luck_name(void)
{
	return "rehearsal";
}

static void luck_draw(void *into, size_t len)
{
	unsigned char seed[randombytes_SEEDBYTES] = {0};
	luck.drawn++;
	memcpy(seed, &luck, sizeof luck);
	randombytes_buf_deterministic(into, len, seed);
}

static uint32_t luck_draw_one(void)
{
	uint32_t value;
	luck_draw(&value, sizeof value);
	return value;
}

void luck_fix(uint64_t seed)
{
	static randombytes_implementation drawn = {.implementation_name = luck_name, .random = luck_draw_one, .buf = luck_draw};
	luck.seed = seed;
	randombytes_set_implementation(&drawn);
}
