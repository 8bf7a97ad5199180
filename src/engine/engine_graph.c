/*
 * engine_graph.c
 *	  Graphs in compiled form.
 *
 * A version of a graph that has threads never changes, but one that is being
 * drawn does, so each process compiles afresh when the configuration has
 * changed.  A turn holds the graph it began with to its end.
 *
 * A node of kind subgraph is resolved here: its graph's nodes become part of the
 * graph, under names outer/inner, and who leads to it leads to its first node.
 * The rest of the engine knows nothing of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/base_cache.h"
#include "base/base_errors.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "engine/engine_graph.h"
#include "engine/engine_internal.h"

#define MAX_NESTING 8

/* Its nodes are never run themselves. */
const EngineNodeKind engine_graph_subgraph_kind = {
	.name = "subgraph",
};

/* What names the active version of a graph. */
typedef struct ActiveGraph
{
	int			graph_account_id;
	int			version;
} ActiveGraph;

static BaseStatement read_active = {
	"SELECT g.account_id, g.version FROM frontdesk.graphs g "
	"WHERE g.name = $2 AND g.active AND g.account_id IN ($1, 0) ORDER BY g.account_id DESC LIMIT 1",
	{INT4OID, TEXTOID}
};

static BaseStatement read_graph = {
	"SELECT entry, succeeded_by FROM frontdesk.graphs WHERE account_id = $1 AND name = $2 AND version = $3",
	{INT4OID, TEXTOID, INT4OID}
};

/* The account's own, else the house's; the version that the settings pin, else
 * the active one. */
static BaseStatement read_subgraph = {
	"SELECT account_id, version FROM frontdesk.subgraph_of($1, $2) WHERE version IS NOT NULL",
	{INT4OID, JSONBOID}
};

static BaseStatement read_nodes = {
	"SELECT name, kind, agent, function, attempts, (extract(epoch FROM timeout) * 1000)::int4, error_node, settings "
	"FROM frontdesk.graph_nodes WHERE account_id = $1 AND graph = $2 AND version = $3 ORDER BY name",
	{INT4OID, TEXTOID, INT4OID}
};

static BaseStatement read_edges = {
	"SELECT source, target, condition "
	"FROM frontdesk.graph_edges WHERE account_id = $1 AND graph = $2 AND version = $3 ORDER BY source, position",
	{INT4OID, TEXTOID, INT4OID}
};

/* A subgraph is entered where its graph begins. */
static const EngineNode *
enter(const EngineNode *node)
{
	while (node != NULL && node->inner != NULL)
		node = node->inner->entry;
	return node;
}

const EngineNode *
engine_graph_find_node(const EngineGraph *graph, const char *name)
{
	for (int i = 0; name != NULL && i < graph->node_count; i++)
	{
		const EngineNode *node = &graph->nodes[i];
		size_t		bytes = strlen(node->name);

		if (strcmp(node->name, name) == 0)
			return enter(node);
		if (node->inner != NULL && strncmp(node->name, name, bytes) == 0 && name[bytes] == '/')
			return engine_graph_find_node(node->inner, name);
	}
	return NULL;
}

static Jsonb *
copy_jsonb(uint64 row, int column)
{
	bool		isnull;
	Datum		value = base_spi_value(row, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

/* Names in the rows of a subgraph are parts of a path. */
static char *
path_of(const EngineNode *outer, char *name)
{
	return outer != NULL && name != NULL ? psprintf("%s/%s", outer->name, name) : name;
}

/* The node of a row's name, at this level. */
static EngineNode *
find_here(EngineGraph *graph, const EngineNode *outer, char *name)
{
	char	   *path = path_of(outer, name);

	for (int i = 0; path != NULL && i < graph->node_count; i++)
		if (strcmp(graph->nodes[i].name, path) == 0)
			return &graph->nodes[i];
	return NULL;
}

static void
compile_node(EngineNode *node, const EngineNode *outer, uint64 row)
{
	char	   *kind = base_spi_text(row, 2);

	node->name = path_of(outer, base_spi_text(row, 1));
	node->outer = outer;
	node->kind = engine_turn_find_node_kind(kind);
	if (node->kind == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("node \"%s\" is of kind \"%s\", which this version cannot run", node->name, kind)));
	node->agent = base_spi_text(row, 3);
	node->function = base_spi_text(row, 4);
	node->attempts = base_spi_int32(row, 5, 0);
	node->timeout_ms = base_spi_int32(row, 6, 0);
	node->settings = copy_jsonb(row, 8);
}

static void
compile_nodes(EngineGraph *graph, const EngineNode *outer, Datum *key)
{
	uint64		count = base_spi_read(&read_nodes, key, NULL);

	graph->nodes = palloc0(count * sizeof(EngineNode));
	graph->node_count = (int) count;
	for (uint64 i = 0; i < count; i++)
		compile_node(&graph->nodes[i], outer, i);
	for (uint64 i = 0; i < count; i++)
		graph->nodes[i].error_node = find_here(graph, outer, base_spi_text(i, 7));
}

static void
add_edge(EngineGraph *graph, const EngineNode *outer, uint64 row)
{
	EngineNode *node = find_here(graph, outer, base_spi_text(row, 1));
	EngineEdge *edge;

	if (node->edges == NULL)
		node->edges = palloc0(sizeof(EngineEdge));
	else
		node->edges = repalloc(node->edges, (node->edge_count + 1) * sizeof(EngineEdge));
	edge = &node->edges[node->edge_count++];
	edge->target = enter(find_here(graph, outer, base_spi_text(row, 2)));
	edge->condition = copy_jsonb(row, 3);
}

static void compile(EngineGraph *graph, const EngineNode *outer, int depth);

/* Reads the graph that a node stands for. */
static void
compile_inner(EngineNode *node, int account_id, int depth)
{
	char	   *name = base_jsonb_text(node->settings, "graph");
	Datum		values[] = {Int32GetDatum(account_id), JsonbPGetDatum(node->settings)};

	if (depth > MAX_NESTING)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("subgraphs are nested too deeply at node \"%s\"", node->name)));
	if (base_spi_read(&read_subgraph, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("node \"%s\" cannot run: there is no graph \"%s\"", node->name, name ? name : "")));
	node->inner = palloc0(sizeof(EngineGraph));
	node->inner->name = name;
	node->inner->account_id = base_spi_int32(0, 1, 0);
	node->inner->version = base_spi_int32(0, 2, 0);
	compile(node->inner, node, depth);
}

/* Steps of a subgraph that have no error node of their own fail as a whole. */
static void
inherit_error_node(EngineGraph *graph, const EngineNode *error_node)
{
	for (int i = 0; i < graph->node_count; i++)
	{
		EngineNode *node = &graph->nodes[i];

		if (node->error_node == NULL)
			node->error_node = error_node;
		if (node->inner != NULL)
			inherit_error_node(node->inner, node->error_node);
	}
}

static void
compile_subgraphs(EngineGraph *graph, int depth)
{
	for (int i = 0; i < graph->node_count; i++)
		if (graph->nodes[i].kind == &engine_graph_subgraph_kind)
			compile_inner(&graph->nodes[i], graph->account_id, depth + 1);
	for (int i = 0; i < graph->node_count; i++)
	{
		EngineNode *node = &graph->nodes[i];

		node->error_node = enter(node->error_node);
		if (node->inner != NULL && node->error_node != NULL)
			inherit_error_node(node->inner, node->error_node);
	}
}

/* Makes nodes and edges of the rows: nodes first, with those of subgraphs, for
 * edges point at them. */
static void
compile(EngineGraph *graph, const EngineNode *outer, int depth)
{
	Datum		key[] = {Int32GetDatum(graph->account_id),
		CStringGetTextDatum(graph->name), Int32GetDatum(graph->version)};
	char	   *entry;
	uint64		count;

	if (base_spi_read(&read_graph, key, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("graph \"%s\" version %d of account %d does not exist",
						graph->name, graph->version, graph->account_id)));
	entry = base_spi_text(0, 1);
	graph->succeeded_by = base_spi_int32(0, 2, 0);
	compile_nodes(graph, outer, key);
	compile_subgraphs(graph, depth);
	count = base_spi_read(&read_edges, key, NULL);
	for (uint64 i = 0; i < count; i++)
		add_edge(graph, outer, i);
	graph->entry = enter(find_here(graph, outer, entry));
	if (graph->entry == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("graph \"%s\" has no node \"%s\" to begin with", graph->name, entry)));
}

static BaseCacheFinding
fill_graph(const BaseCacheKey *key, void *value)
{
	EngineGraph *graph = value;

	graph->account_id = key->account_id;
	graph->name = key->name;
	graph->version = key->number;
	compile(graph, NULL, 0);
	return BASE_CACHE_LASTING;
}

const EngineGraph *
engine_graph_get(int account_id, const char *name, int version, MemoryContext user)
{
	static BaseCache graphs = {
		.name = "graphs", .value_bytes = sizeof(EngineGraph), .fill = fill_graph
	};

	return base_cache_get(&graphs, &(BaseCacheKey) {
		.account_id = account_id, .number = version, .name = name
	}, user);
}

static BaseCacheFinding
fill_active(const BaseCacheKey *key, void *value)
{
	ActiveGraph *active = value;
	Datum		values[] = {Int32GetDatum(key->account_id), CStringGetTextDatum(key->name)};

	if (base_spi_read(&read_active, values, NULL) == 0)
		return BASE_CACHE_ABSENT;
	active->graph_account_id = base_spi_int32(0, 1, 0);
	active->version = base_spi_int32(0, 2, 0);
	return BASE_CACHE_LASTING;
}

bool
engine_graph_find_active(int account_id, const char *name, int *graph_account_id, int *version)
{
	static BaseCache active_graphs = {
		.name = "active graphs", .value_bytes = sizeof(ActiveGraph), .fill = fill_active
	};
	const ActiveGraph *found = base_cache_get(&active_graphs, &(BaseCacheKey) {
		.account_id = account_id, .name = name
	}, CurrentMemoryContext);

	if (found == NULL)
		return false;
	*graph_account_id = found->graph_account_id;
	*version = found->version;
	return true;
}

static const EngineNode *
target_of(const EngineNode *node, Jsonb *state)
{
	for (int i = 0; i < node->edge_count; i++)
	{
		const EngineEdge *edge = &node->edges[i];

		if (edge->condition == NULL || base_jsonb_contains(state, edge->condition))
			return edge->target;
	}
	return NULL;
}

const EngineNode *
engine_graph_next(const EngineNode *node, Jsonb *state)
{
	const EngineNode *target = NULL;

	for (; node != NULL && target == NULL; node = node->outer)
		target = target_of(node, state);
	return target;
}
