/*
 * engine_table.c
 *	  The engine's hot tables for base_row.h.
 *
 * Declarations alone; each process looks the tables up for itself.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "engine/engine_table.h"

BaseTable	engine_threads = {
	.name = "threads",
	.columns = {
		[THREAD_ACCOUNT_ID] = {"account_id", INT4OID},
		[THREAD_ID] = {"id", UUIDOID},
		[THREAD_KIND] = {"kind", TEXTOID},
		[THREAD_GRAPH] = {"graph", TEXTOID},
		[THREAD_GRAPH_ACCOUNT_ID] = {"graph_account_id", INT4OID},
		[THREAD_GRAPH_VERSION] = {"graph_version", INT4OID},
		[THREAD_CLASS] = {"class", INT2OID},
		[THREAD_EPOCH] = {"epoch", INT8OID},
		[THREAD_INCARNATION] = {"incarnation", INT8OID},
		[THREAD_SLOT] = {"slot", INT4OID},
		[THREAD_GENERATION] = {"generation", INT8OID},
		[THREAD_QUEUED_SEQ] = {"queued_seq", INT8OID},
		[THREAD_EVENT_SEQ] = {"event_seq", INT8OID},
		[THREAD_WAKE_SEQ] = {"wake_seq", INT8OID},
		[THREAD_READ_SEQ] = {"read_seq", INT8OID},
		[THREAD_STEP_SEQ] = {"step_seq", INT8OID},
		[THREAD_LANE_SEQ] = {"lane_seq", INT8OID},
		[THREAD_LANE_HEAD] = {"lane_head", INT8OID},
		[THREAD_TURNS] = {"turns", INT4OID},
		[THREAD_STATUS] = {"status", TEXTOID},
		[THREAD_STATUS_REASON] = {"status_reason", TEXTOID},
		[THREAD_UPDATED_AT] = {"updated_at", TIMESTAMPTZOID},
		[THREAD_STATE] = {"state", JSONBOID},
	},
	.searches = {{"threads_pkey", 2, {THREAD_ACCOUNT_ID, THREAD_ID}}},
};

BaseTable	engine_mailbox = {
	.name = "mailbox",
	.columns = {
		[MAIL_ACCOUNT_ID] = {"account_id", INT4OID},
		[MAIL_THREAD_ID] = {"thread_id", UUIDOID},
		[MAIL_SEQ] = {"seq", INT8OID},
		[MAIL_KIND] = {"kind", TEXTOID},
		[MAIL_PAYLOAD] = {"payload", JSONBOID},
	},
	.searches = {{"mailbox_pkey", 3, {MAIL_ACCOUNT_ID, MAIL_THREAD_ID, MAIL_SEQ}}},
};

BaseTable	engine_ready = {
	.name = "ready",
	.columns = {
		[READY_ACCOUNT_ID] = {"account_id", INT4OID},
		[READY_THREAD_ID] = {"thread_id", UUIDOID},
		[READY_CLASS] = {"class", INT2OID},
		[READY_DUE_AT] = {"due_at", TIMESTAMPTZOID},
		[READY_FIRST_AT] = {"first_at", TIMESTAMPTZOID},
		[READY_INCARNATION] = {"incarnation", INT8OID},
		[READY_SLOT] = {"slot", INT4OID},
		[READY_GENERATION] = {"generation", INT8OID},
	},
	.searches = {{"ready_pkey", 2, {READY_ACCOUNT_ID, READY_THREAD_ID}}},
};

BaseTable	engine_checkpoints = {
	.name = "checkpoints",
	.columns = {
		[CHECKPOINT_ACCOUNT_ID] = {"account_id", INT4OID},
		[CHECKPOINT_THREAD_ID] = {"thread_id", UUIDOID},
		[CHECKPOINT_SEQ] = {"seq", INT8OID},
		[CHECKPOINT_TURN] = {"turn", INT4OID},
		[CHECKPOINT_NODE] = {"node", TEXTOID},
		[CHECKPOINT_NEXT_NODE] = {"next_node", TEXTOID},
		[CHECKPOINT_PATCH] = {"patch", JSONBOID},
		[CHECKPOINT_SNAPSHOT] = {"snapshot", JSONBOID},
		[CHECKPOINT_MODEL] = {"model", TEXTOID},
		[CHECKPOINT_TOKENS_IN] = {"tokens_in", INT4OID},
		[CHECKPOINT_TOKENS_OUT] = {"tokens_out", INT4OID},
		[CHECKPOINT_COST] = {"cost", NUMERICOID},
		[CHECKPOINT_DURATION_MS] = {"duration_ms", FLOAT8OID},
		[CHECKPOINT_ATTEMPT] = {"attempt", INT2OID},
		[CHECKPOINT_MAIL_SEQ] = {"mail_seq", INT8OID},
		[CHECKPOINT_FAILURE] = {"failure", JSONBOID},
		[CHECKPOINT_CREATED_AT] = {"created_at", TIMESTAMPTZOID},
	},
	.searches = {{"checkpoints_pkey", 3, {CHECKPOINT_ACCOUNT_ID, CHECKPOINT_THREAD_ID, CHECKPOINT_SEQ}}},
};

BaseTable	engine_deliveries = {
	.name = "deliveries",
	.columns = {
		[DELIVERY_ACCOUNT_ID] = {"account_id", INT4OID},
		[DELIVERY_THREAD_ID] = {"thread_id", UUIDOID},
		[DELIVERY_SEQ] = {"seq", INT8OID},
		[DELIVERY_KIND] = {"kind", TEXTOID},
		[DELIVERY_PAYLOAD] = {"payload", JSONBOID},
		[DELIVERY_CREATED_AT] = {"created_at", TIMESTAMPTZOID},
		[DELIVERY_STATUS] = {"status", TEXTOID},
		[DELIVERY_ATTEMPTS] = {"attempts", INT4OID},
		[DELIVERY_DUE_AT] = {"due_at", TIMESTAMPTZOID},
		[DELIVERY_SENT_AT] = {"sent_at", TIMESTAMPTZOID},
		[DELIVERY_SETTLED_AT] = {"settled_at", TIMESTAMPTZOID},
		[DELIVERY_REMOTE_ID] = {"remote_id", TEXTOID},
		[DELIVERY_FAILURE] = {"failure", JSONBOID},
		[DELIVERY_MAIL_SEQ] = {"mail_seq", INT8OID},
	},
	.searches = {{"deliveries_pkey", 3, {DELIVERY_ACCOUNT_ID, DELIVERY_THREAD_ID, DELIVERY_SEQ}}},
};
