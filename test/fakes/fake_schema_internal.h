/*
 * fake_schema_internal.h
 *		A compiled schema, between its compiler and the making of answers.
 */
#ifndef FAKE_SCHEMA_INTERNAL_H
#define FAKE_SCHEMA_INTERNAL_H

#include "fake_schema.h"

typedef enum FakeNodeKind
{
	FAKE_NODE_STRING,
	FAKE_NODE_INTEGER,
	FAKE_NODE_NUMBER,
	FAKE_NODE_BOOLEAN,
	FAKE_NODE_NULL,
	FAKE_NODE_ARRAY,
	FAKE_NODE_OBJECT
} FakeNodeKind;

typedef struct FakeNode
{
	char *name;					/* the property's, "" at the root */
	FakeNodeKind kind;
	bool is_nullable;
	char **enum_values;			/* as JSON; a const is an enum of one */
	size_t enum_count;
	char *format;
	double minimum;
	double maximum;
	int min_items;
	struct FakeNode **children; /* properties, or the one item schema */
	size_t child_count;
} FakeNode;

struct FakeSchema
{
	FakeSlice source;
	FakeServiceKind dialect;
	char *fault;				/* why the vendor would refuse it, or NULL */
	FakeNode *root;
	struct FakeSchema *next;
};

#endif							/* FAKE_SCHEMA_INTERNAL_H */
