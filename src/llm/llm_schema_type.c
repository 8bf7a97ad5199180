/*
 * llm_schema_type.c
 *	  The JSON Schema of a composite SQL type.
 *
 * An attribute may be null unless its type is a domain declared NOT NULL;
 * arrays say nothing by being empty, so that few unions are needed (one vendor
 * allows 16 in a schema).  Comments on attributes become descriptions: they
 * are what the model reads.
 *
 * Runs in any session with a snapshot.  Memory is the caller's context.
 */
#include "postgres.h"

#include <limits.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tupdesc.h"
#include "catalog/pg_class.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "llm/llm_schema.h"

/* What one vendor lets a schema nest. */
#define MAX_DEPTH 10

/* More than any vendor takes; types that contain others many times over write
 * far more. */
#define MAX_BYTES (256 * 1024)

typedef struct Position
{
	Oid			type;
	int32		typmod;
	bool		nullable;
	const char *description;	/* NULL: none */
	int			depth;
} Position;

typedef struct Scalar
{
	Oid			type;
	const char *json_type;
	const char *format;
	const char *bounds;
} Scalar;

static const Scalar scalars[] = {
	{BOOLOID, "boolean"},
	{INT2OID, "integer", NULL, "\"minimum\":-32768,\"maximum\":32767"},
	{INT4OID, "integer", NULL, "\"minimum\":-2147483648,\"maximum\":2147483647"},
	{INT8OID, "integer"},
	{FLOAT4OID, "number", NULL, "\"minimum\":-1e37,\"maximum\":1e37"},
	{FLOAT8OID, "number"},
	{NUMERICOID, "number"},
	{TEXTOID, "string"},
	{VARCHAROID, "string"},
	{BPCHAROID, "string"},
	{DATEOID, "string", "date"},
	{TIMEOID, "string", "time"},
	{TIMESTAMPOID, "string", "date-time"},
	{TIMESTAMPTZOID, "string", "date-time"},
	{UUIDOID, "string", "uuid"},
	{JSONOID, "string"},
	{JSONBOID, "string"},
};

static void append_position(StringInfo out, Position position);

static void
append_type(StringInfo out, const char *json_type, bool nullable)
{
	if (nullable)
		appendStringInfo(out, "\"type\":[\"%s\",\"null\"]", json_type);
	else
		appendStringInfo(out, "\"type\":\"%s\"", json_type);
}

static void
append_description(StringInfo out, const char *description)
{
	if (description == NULL)
		return;
	appendStringInfoString(out, "\"description\":");
	escape_json(out, description);
	appendStringInfoChar(out, ',');
}

/* Writes the schema of a scalar type; what JSON cannot carry is refused when
 * the type is named, not when an answer comes. */
static void
append_scalar(StringInfo out, const Position *position)
{
	const Scalar *scalar = NULL;

	for (int i = 0; i < lengthof(scalars) && scalar == NULL; i++)
		if (scalars[i].type == position->type)
			scalar = &scalars[i];
	if (scalar == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("type %s has no JSON Schema", format_type_be(position->type)),
				 errhint("Use text, a number, boolean, date, time, timestamp, uuid, an enum, or arrays and composite types of these.")));
	append_type(out, scalar->json_type, position->nullable);
	if (scalar->format)
		appendStringInfo(out, ",\"format\":\"%s\"", scalar->format);
	if (scalar->bounds)
		appendStringInfo(out, ",%s", scalar->bounds);
	if ((position->type == VARCHAROID || position->type == BPCHAROID) &&
		position->typmod > (int32) VARHDRSZ)
		appendStringInfo(out, ",\"maxLength\":%d",
						 position->typmod - (int32) VARHDRSZ);
}

/* Writes the labels in their order, as they are committed or seen by this
 * transaction. */
static void
append_enum(StringInfo out, const Position *position)
{
	Relation	table = table_open(EnumRelationId, AccessShareLock);
	Relation	index = index_open(EnumTypIdSortOrderIndexId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	const char *comma = "";

	append_type(out, "string", position->nullable);
	appendStringInfoString(out, ",\"enum\":[");
	ScanKeyInit(&key, Anum_pg_enum_enumtypid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(position->type));
	scan = systable_beginscan_ordered(table, index, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		appendStringInfoString(out, comma);
		escape_json(out, NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel));
		comma = ",";
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(table, AccessShareLock);
	if (position->nullable)
		appendStringInfo(out, "%snull", comma);
	appendStringInfoChar(out, ']');
}

static void
append_attribute(StringInfo out, Form_pg_attribute attribute, const Position *owner)
{
	Oid			relation = get_typ_typrelid(owner->type);
	Position		position = {
		.type = attribute->atttypid,
		.typmod = attribute->atttypmod,
		.nullable = !attribute->attnotnull,
		.description = GetComment(relation, RelationRelationId, attribute->attnum),
		.depth = owner->depth + 1,
	};

	escape_json(out, NameStr(attribute->attname));
	appendStringInfoChar(out, ':');
	append_position(out, position);
}

/* Writes a composite type: every attribute is required, and null where it may
 * be. */
static void
append_object(StringInfo out, const Position *position)
{
	TupleDesc	row = lookup_rowtype_tupdesc_copy(position->type, -1);
	StringInfoData required;
	const char *comma = "";

	initStringInfo(&required);
	if (position->nullable)
		appendStringInfoString(out, "\"anyOf\":[{");
	appendStringInfoString(out, "\"type\":\"object\",\"properties\":{");
	for (int i = 0; i < row->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(row, i);

		if (attribute->attisdropped)
			continue;
		appendStringInfoString(out, comma);
		append_attribute(out, attribute, position);
		appendStringInfoString(&required, comma);
		escape_json(&required, NameStr(attribute->attname));
		comma = ",";
	}
	appendStringInfo(out, "},\"required\":[%s],\"additionalProperties\":false",
					 required.data);
	if (position->nullable)
		appendStringInfoString(out, "},{\"type\":\"null\"}]");
}

static void
append_array(StringInfo out, const Position *position, Oid element)
{
	Position		item = {
		.type = element,
		.typmod = position->typmod,
		.depth = position->depth + 1,
	};

	appendStringInfoString(out, "\"type\":\"array\",\"items\":");
	append_position(out, item);
}

/* Sees through domains: the type below, and whether one forbids null. */
static void
resolve_domain(Position *position)
{
	while (get_typtype(position->type) == TYPTYPE_DOMAIN)
	{
		HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(position->type));
		Form_pg_type domain;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for type %u", position->type);
		if (position->description == NULL)
			position->description = GetComment(position->type, TypeRelationId, 0);
		domain = (Form_pg_type) GETSTRUCT(tuple);
		if (domain->typnotnull)
			position->nullable = false;
		position->type = domain->typbasetype;
		position->typmod = domain->typtypmod;
		ReleaseSysCache(tuple);
	}
}

/* Writes the schema of one position in a type, as deep and as large as is
 * accepted. */
static void
append_position(StringInfo out, Position position)
{
	Oid			element;

	CHECK_FOR_INTERRUPTS();
	if (out->len > MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("type is too large for a JSON Schema"),
				 errdetail("Its schema would have more than %d bytes.", MAX_BYTES)));
	if (position.depth > MAX_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("type nests too deeply for a JSON Schema"),
				 errdetail("At most %d levels are accepted.", MAX_DEPTH)));
	resolve_domain(&position);
	element = get_element_type(position.type);
	if (position.description == NULL && position.type >= FirstNormalObjectId)
		position.description = GetComment(position.type, TypeRelationId, 0);

	appendStringInfoChar(out, '{');
	append_description(out, position.description);
	if (OidIsValid(element))
		append_array(out, &position, element);
	else if (get_typtype(position.type) == TYPTYPE_COMPOSITE)
		append_object(out, &position);
	else if (get_typtype(position.type) == TYPTYPE_ENUM)
		append_enum(out, &position);
	else
		append_scalar(out, &position);
	appendStringInfoChar(out, '}');
}

char *
llm_schema_of_type(Oid type)
{
	StringInfoData out;
	Position		root = {.type = type, .typmod = -1};

	resolve_domain(&root);
	if (get_typtype(root.type) != TYPTYPE_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("type %s is not composite", format_type_be(type)),
				 errhint("The answer of a model is an object: create a composite type for it.")));
	initStringInfo(&out);
	append_position(&out, root);
	return out.data;
}
