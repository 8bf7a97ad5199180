/*
 * inbox_detail.c
 *	  What others have set at a conversation, as much of it as is kept.
 *
 * Runs in backends that take events in, and in workers.  Visitors set attributes and
 * whoever sends an account's webhooks sets both, but each later turn of the
 * conversation reads them: so there is a bound, far above what people use.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/base_json.h"
#include "base/base_object.h"
#include "inbox/inbox_detail.h"

/* Stands for attributes that are not kept; explain_conversation() knows it. */
#define LEFT_OUT "frontdesk_left_out"

Datum
inbox_detail_labels(const char *labels)
{
	Jsonb	   *parsed = base_jsonb_parse(labels);
	JsonbIterator *it = JsonbIteratorInit(&parsed->root);
	ArrayBuildState *array = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	JsonbIteratorToken token;
	JsonbValue	value;

	while (array->nelems < INBOX_DETAIL_LABELS &&
		   (token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
		if (token == WJB_ELEM && value.type == jbvString &&
			pg_mbstrlen_with_len(value.val.string.val, value.val.string.len) <= INBOX_DETAIL_LABEL_CHARACTERS)
			array = accumArrayResult(array, PointerGetDatum(cstring_to_text_with_len(value.val.string.val,
																				   value.val.string.len)),
									 false, TEXTOID, CurrentMemoryContext);
	return makeArrayResult(array, CurrentMemoryContext);
}

Jsonb *
inbox_detail_attributes(const char *attributes)
{
	Size		bytes = strlen(attributes);
	BaseObject	object;

	if (bytes <= INBOX_DETAIL_BYTES)
		return base_jsonb_parse(attributes);
	base_object_begin(&object);
	base_object_add_int(&object, LEFT_OUT, bytes);
	return base_object_end_jsonb(&object);
}

bool
inbox_detail_has_all_labels(Jsonb *labels)
{
	return labels == NULL || JB_ROOT_COUNT(labels) < INBOX_DETAIL_LABELS;
}

bool
inbox_detail_has_all_attributes(Jsonb *attributes)
{
	return attributes == NULL || base_jsonb_number(attributes, LEFT_OUT, -1) < 0;
}
