/*
 * engine_graph.c
 *	  Graphs in compiled form.
 *
 * A version of a graph that has threads never changes, but one that is being
 * drawn does, so the cache of a process starts afresh when the configuration
 * count moves.  Graphs that turns may still point to are kept: a forgotten
 * graph is freed only by the end of the process (there are few).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_errors.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "engine/engine_graph.h"
#include "engine/engine_internal.h"

typedef struct CachedGraph
{
	EngineGraph graph;
	struct CachedGraph *next;
} CachedGraph;

static CachedGraph *cache = NULL;
static uint64 cache_configuration = 0;

/* What the last look-ups of active versions found. */
typedef struct ActiveGraph
{
	int			account_id;
	char		name[NAMEDATALEN];
	int			graph_account_id;
	int			version;
	uint64		configuration;
} ActiveGraph;

static ActiveGraph active_graphs[64];

static BaseStatement read_active = {
	"SELECT g.account_id, g.version FROM frontdesk.graphs g "
	"WHERE g.name = $2 AND g.active AND g.account_id IN ($1, 0) ORDER BY g.account_id DESC LIMIT 1",
	{INT4OID, TEXTOID}
};

static BaseStatement read_graph = {
	"SELECT entry, succeeded_by FROM frontdesk.graphs WHERE account_id = $1 AND name = $2 AND version = $3",
	{INT4OID, TEXTOID, INT4OID}
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

const EngineNode *
engine_graph_find_node(const EngineGraph *graph, const char *name)
{
	for (int i = 0; name != NULL && i < graph->node_count; i++)
		if (strcmp(graph->nodes[i].name, name) == 0)
			return &graph->nodes[i];
	return NULL;
}

static Jsonb *
copy_jsonb(uint64 row, int column)
{
	bool		isnull;
	Datum		value = base_spi_value(row, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

static void
compile_node(EngineNode *node, uint64 row)
{
	char	   *kind = base_spi_text(row, 2);

	node->name = base_spi_text(row, 1);
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
compile_nodes(EngineGraph *graph, Datum *key)
{
	uint64		count = base_spi_read(&read_nodes, key, NULL);

	graph->nodes = palloc0(count * sizeof(EngineNode));
	graph->node_count = (int) count;
	for (uint64 i = 0; i < count; i++)
		compile_node(&graph->nodes[i], i);
	for (uint64 i = 0; i < count; i++)
		graph->nodes[i].error_node = engine_graph_find_node(graph, base_spi_text(i, 7));
}

static void
add_edge(EngineGraph *graph, uint64 row)
{
	EngineNode *node = unconstify(EngineNode *, engine_graph_find_node(graph, base_spi_text(row, 1)));
	EngineEdge *edge;

	if (node->edges == NULL)
		node->edges = palloc0(sizeof(EngineEdge));
	else
		node->edges = repalloc(node->edges, (node->edge_count + 1) * sizeof(EngineEdge));
	edge = &node->edges[node->edge_count++];
	edge->target = engine_graph_find_node(graph, base_spi_text(row, 2));
	edge->condition = copy_jsonb(row, 3);
}

static void
compile(EngineGraph *graph)
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
	compile_nodes(graph, key);
	count = base_spi_read(&read_edges, key, NULL);
	for (uint64 i = 0; i < count; i++)
		add_edge(graph, i);
	graph->entry = engine_graph_find_node(graph, entry);
	if (graph->entry == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("graph \"%s\" has no node \"%s\" to begin with", graph->name, entry)));
}

const EngineGraph *
engine_graph_get(int account_id, const char *name, int version)
{
	uint64		configuration = base_configuration_count();
	MemoryContext caller;
	CachedGraph *found;

	if (configuration != cache_configuration)
		cache = NULL;
	for (found = cache; found != NULL; found = found->next)
		if (found->graph.account_id == account_id && found->graph.version == version &&
			strcmp(found->graph.name, name) == 0)
			return &found->graph;

	caller = MemoryContextSwitchTo(TopMemoryContext);
	found = palloc0(sizeof(CachedGraph));
	found->graph.account_id = account_id;
	found->graph.name = pstrdup(name);
	found->graph.version = version;
	compile(&found->graph);
	MemoryContextSwitchTo(caller);
	found->next = cache;
	cache = found;
	cache_configuration = configuration;
	return &found->graph;
}

bool
engine_graph_find_active(int account_id, const char *name, int *graph_account_id, int *version)
{
	uint64		configuration = base_configuration_count();
	ActiveGraph *known = &active_graphs[(uint32) account_id % lengthof(active_graphs)];
	Datum		values[] = {Int32GetDatum(account_id), CStringGetTextDatum(name)};

	if (configuration == 0 || known->configuration != configuration || base_configuration_pending() ||
		known->account_id != account_id || strcmp(known->name, name) != 0)
	{
		known->configuration = 0;
		if (base_spi_execute(&read_active, values, NULL) == 0)
			return false;
		known->account_id = account_id;
		strlcpy(known->name, name, sizeof(known->name));
		known->graph_account_id = base_spi_int32(0, 1, 0);
		known->version = base_spi_int32(0, 2, 0);
		if (!base_configuration_pending())
			known->configuration = configuration;
	}
	*graph_account_id = known->graph_account_id;
	*version = known->version;
	return true;
}

const EngineNode *
engine_graph_next(const EngineNode *node, Jsonb *state)
{
	for (int i = 0; i < node->edge_count; i++)
	{
		const EngineEdge *edge = &node->edges[i];

		if (edge->condition == NULL || base_jsonb_contains(state, edge->condition))
			return edge->target;
	}
	return NULL;
}
