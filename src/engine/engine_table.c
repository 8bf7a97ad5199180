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
	.indexes = {"threads_pkey"},
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
	.indexes = {"mailbox_pkey"},
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
	.indexes = {"ready_pkey"},
};
