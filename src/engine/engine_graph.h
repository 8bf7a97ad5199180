/*
 * engine_graph.h
 *	  A graph in its compiled form: immutable, cached per process.
 */
#ifndef ENGINE_GRAPH_H
#define ENGINE_GRAPH_H

#include "utils/jsonb.h"

struct EngineNodeKind;
typedef struct EngineNode EngineNode;

typedef struct EngineEdge
{
	Jsonb	   *condition;		/* NULL: always */
	const EngineNode *target;	/* NULL: the end */
} EngineEdge;

struct EngineNode
{
	const char *name;			/* inside a subgraph: outer/inner */
	const struct EngineNodeKind *kind;
	const char *agent;			/* NULL unless kind llm */
	const char *function;		/* NULL unless kind function */
	int			attempts;
	int			timeout_ms;		/* 0: setting */
	const EngineNode *error_node;	/* NULL: none */
	Jsonb	   *settings;
	int			edge_count;
	EngineEdge *edges;
	const EngineNode *outer;	/* of kind subgraph, which this is inside of; NULL none */
	struct EngineGraph *inner;	/* with kind subgraph: what it stands for */
};

typedef struct EngineGraph
{
	int			account_id;		/* owner of the graph's rows; 0 is the house */
	const char *name;
	int			version;
	int			succeeded_by;	/* version that threads at rest move to; 0 none */
	const EngineNode *entry;
	int			node_count;
	EngineNode *nodes;
} EngineGraph;

/* Reads and compiles a graph, or finds it in the cache; good until `user` ends.
 * Raises when it does not exist or names an unknown node kind. */
extern const EngineGraph *engine_graph_get(int account_id, const char *name, int version,
										   MemoryContext user);

/* Names the active version of a graph for an account: its own, else the
 * house's.  False when there is none. */
extern bool engine_graph_find_active(int account_id, const char *name,
									 int *graph_account_id, int *version);

/* Node of that name, which may be a path into subgraphs, or NULL.  Never one of
 * kind subgraph: that stands for the node its graph begins with. */
extern const EngineNode *engine_graph_find_node(const EngineGraph *graph, const char *name);

/* The first edge of `node` whose condition `state` contains decides; at the end
 * of a subgraph the edges of the node that stands for it do. */
extern const EngineNode *engine_graph_next(const EngineNode *node, Jsonb *state);

/* Stands for the node its graph begins with; never run itself. */
extern const struct EngineNodeKind engine_graph_subgraph_kind;

#endif							/* ENGINE_GRAPH_H */
