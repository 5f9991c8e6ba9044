/* DEFLATE, undone: RFC 1951. Huffman codes are counted and read bit by bit (section 3.2.2); header blocks are short. */
#include "config.h"
#include "sim/api/spdy.h"

#include <string.h>

#define BITS_MOST 15
#define LITERALS 288
#define DISTANCES 30

struct bits {
	const unsigned char *data;
	size_t len, at; /* at: in bits */
	bool short_of;  /* more was read than there is */
};

static unsigned bits_take(struct bits *b, unsigned count)
{
	unsigned value = 0;
	for (unsigned i = 0; i < count; i++, b->at++) {
		if (b->at / 8 >= b->len) {
			b->short_of = true;
			return 0;
		}
		value |= (unsigned)(b->data[b->at / 8] >> b->at % 8 & 1) << i;
	}
	return value;
}

/* A canonical code: how many symbols have each length, and the symbols in the order of their codes. */
struct code {
	unsigned short count[BITS_MOST + 1], symbol[LITERALS];
};

static void code_make(struct code *c, const unsigned char *lengths, unsigned n)
{
	unsigned short next[BITS_MOST + 2] = {0};
	memset(c, 0, sizeof *c);
	for (unsigned i = 0; i < n; i++)
		c->count[lengths[i]]++;
	c->count[0] = 0;
	for (unsigned l = 1; l <= BITS_MOST; l++)
		next[l + 1] = (unsigned short)(next[l] + c->count[l]);
	for (unsigned i = 0; i < n; i++)
		if (lengths[i])
			c->symbol[next[lengths[i]]++] = (unsigned short)i;
}

/* A symbol, or -1. */
static int code_read(const struct code *c, struct bits *b)
{
	int code = 0, first = 0, index = 0;
	for (unsigned l = 1; l <= BITS_MOST && !b->short_of; l++) {
		code |= (int)bits_take(b, 1);
		int count = c->count[l];
		if (code - first < count)
			return b->short_of ? -1 : c->symbol[index + code - first];
		index += count;
		first = (first + count) << 1;
		code <<= 1;
	}
	return -1;
}

static bool inflate_stored(struct bits *b, struct buf *out)
{
	b->at = (b->at + 7) / 8 * 8;
	unsigned len = bits_take(b, 16), check = bits_take(b, 16);
	if (b->short_of || len != (check ^ 0xffff) || b->len - b->at / 8 < len)
		return false;
	buf_add(out, b->data + b->at / 8, len);
	b->at += (size_t)len * 8;
	return true;
}

/* The codes of a block that brings its own (3.2.7). */
static bool read_codes(struct bits *b, struct code *literals, struct code *distances)
{
	static const unsigned char order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	unsigned char lengths[LITERALS + 32] = {0};
	unsigned literal_count = bits_take(b, 5) + 257, distance_count = bits_take(b, 5) + 1, count = bits_take(b, 4) + 4;
	struct code meta;
	for (unsigned i = 0; i < count; i++)
		lengths[order[i]] = (unsigned char)bits_take(b, 3);
	code_make(&meta, lengths, 19);
	memset(lengths, 0, sizeof lengths);
	for (unsigned i = 0; i < literal_count + distance_count;) {
		int symbol = code_read(&meta, b);
		if (symbol < 0 || (symbol == 16 && !i))
			return false;
		unsigned char value = symbol < 16 ? (unsigned char)symbol : symbol == 16 ? lengths[i - 1] : 0;
		unsigned times = symbol < 16    ? 1
				 : symbol == 16 ? bits_take(b, 2) + 3
				 : symbol == 17 ? bits_take(b, 3) + 3
						: bits_take(b, 7) + 11;
		if (i + times > literal_count + distance_count)
			return false;
		memset(lengths + i, value, times);
		i += times;
	}
	if (b->short_of || literal_count > 286 || distance_count > DISTANCES)
		return false;
	code_make(literals, lengths, literal_count);
	code_make(distances, lengths + literal_count, distance_count);
	return true;
}

static void fixed_codes(struct code *literals, struct code *distances)
{
	unsigned char lengths[LITERALS];
	memset(lengths, 8, sizeof lengths);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	code_make(literals, lengths, LITERALS);
	memset(lengths, 5, DISTANCES);
	code_make(distances, lengths, DISTANCES);
}

/* A length that was read, and how far back it is copied from. */
static bool inflate_copy(struct bits *b, const struct code *distances, unsigned symbol, struct buf *out)
{
	static const unsigned short lengths[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
						   31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258},
				    far[DISTANCES] = {1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
						      33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
						      1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
	if (symbol >= 29)
		return false;
	unsigned more = symbol < 8 || symbol == 28 ? 0 : symbol / 4 - 1, len = lengths[symbol] + bits_take(b, more);
	int back = code_read(distances, b);
	if (back < 0 || back >= DISTANCES)
		return false;
	size_t distance = far[back] + bits_take(b, back < 4 ? 0 : (unsigned)back / 2 - 1);
	if (b->short_of || distance > out->len)
		return false;
	while (len--)
		buf_putc(out, out->data[out->len - distance]);
	return true;
}

static bool inflate_coded(struct bits *b, bool fixed, struct buf *out, size_t ceiling)
{
	struct code literals, distances;
	if (fixed)
		fixed_codes(&literals, &distances);
	else if (!read_codes(b, &literals, &distances))
		return false;
	for (;;) {
		int symbol = code_read(&literals, b);
		if (symbol < 0 || out->len > ceiling)
			return false;
		if (symbol == 256)
			return true;
		if (symbol < 256)
			buf_putc(out, (char)symbol);
		else if (!inflate_copy(b, &distances, (unsigned)symbol - 257, out))
			return false;
	}
}

bool inflate_blocks(const char *data, size_t len, struct buf *out, size_t most)
{
	struct bits b = {.data = (const unsigned char *)data, .len = len};
	size_t ceiling = out->len + most;
	while (b.at < len * 8) {
		bool last = bits_take(&b, 1);
		unsigned type = bits_take(&b, 2);
		bool fine = !b.short_of && type < 3 &&
			    (type ? inflate_coded(&b, type == 1, out, ceiling) : inflate_stored(&b, out));
		if (!fine || out->len > ceiling)
			return false;
		if (last)
			return true;
	}
	return true;
}
