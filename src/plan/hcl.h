/* Terraform's language, laid out as `terraform fmt` has it. A tree is printed as the inside of a block: texts, numbers, truths and lists of them are
 * arguments, objects are nested blocks, lists of objects are repeated blocks; keys stand as they are. Nodes with one key say otherwise:
 * {"$hcl":TEXT} is an expression that is printed as it is (one of several lines brings their indents along), {"$map":{...}} an argument whose value is a map. null and empty lists are left out. */
#ifndef MS_PLAN_HCL_H
#define MS_PLAN_HCL_H

#include "base/buf.h"

#include <cjson/cJSON.h>

/* Appends the members of object, depth blocks deep: arguments first, then blocks, each kind in its order. */
void hcl_body(struct buf *b, const cJSON *object, int depth);
/* Appends text between quotes, so that nothing in it is an expression. */
void hcl_text(struct buf *b, const char *text);
/* The same without the quotes around it, for a piece of a longer text: the next after one that ended with "$" or "%" is no
 * expression either. */
void hcl_escape(struct buf *b, const char *text);
/* Appends what expression gives to a text that hcl_escape began, whatever that ended with. */
void hcl_insert(struct buf *b, const char *expression);
/* The node {"$hcl":...} of a format; the caller owns it. */
cJSON *hcl_expression(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
