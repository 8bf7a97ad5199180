-- engine: graphs as rows, threads that walk them, and what each step wrote.
--
-- threads, ready, mailbox, checkpoints and deliveries are written by the engine
-- alone and carry no CHECK constraints: PostgreSQL parses these anew for every
-- statement, which is a tenth of what a short one costs. No role may write them;
-- how long a state, mail and a payload may be, and which classes failures have, is
-- seen to by whoever makes them: engine_turn.c, engine_mail.c and, of what people
-- write, require_length().

CREATE TABLE frontdesk.place (
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  system_identifier bigint NOT NULL,
  database_oid oid NOT NULL,
  site_token text,
  machine text,
  directory text,
  file_number text,
  file_born timestamptz,
  control_number text,
  control_born timestamptz,
  timeline bigint,
  accepted_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  accepted_by text NOT NULL DEFAULT CURRENT_USER,
  CONSTRAINT place_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE frontdesk.place IS
'The place where this database answers customers: written by CREATE EXTENSION and by resume_work(). A second row has come with a dump that was restored here, and freezes the database as a row of another place does; place_problem() tells.';
COMMENT ON COLUMN frontdesk.place.site_token IS
'SHA-256, in hexadecimal digits, of the file frontdesk.site_token_file; null when there was none.';
COMMENT ON COLUMN frontdesk.place.machine IS
'See machine_mark(); null when the machine has no id of its own.';
COMMENT ON COLUMN frontdesk.place.file_number IS
'Number of the file PG_VERSION in the data directory, which stays while the directory is where it is, whatever is restarted, and which a copy does not share.';
COMMENT ON COLUMN frontdesk.place.file_born IS
'When that file was made, for a copy may get the same number on another file system; null where the file system does not know.';
COMMENT ON COLUMN frontdesk.place.control_number IS
'Number of the file global/pg_control, which the server and its tools only ever write into, and which a backup restored over the directory replaces, but for a plain copy of each file into the old one. Null where it was not recorded: nothing is compared with it.';
COMMENT ON COLUMN frontdesk.place.control_born IS
'When that file was made; null as file_born, and where it was not recorded.';
COMMENT ON COLUMN frontdesk.place.timeline IS
'The timeline that WAL was written on: a recovery from an archive and a promotion begin another one, a restart and a crash do not. Null where it was not recorded: nothing is compared with it.';

CREATE TABLE frontdesk.pauses (
  account_id integer NOT NULL,
  mode text NOT NULL,
  reason text NOT NULL DEFAULT '',
  since timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  set_by text NOT NULL,
  CONSTRAINT pauses_pkey PRIMARY KEY (account_id),
  CONSTRAINT pauses_mode_check CHECK (mode IN ('pause', 'drain')),
  CONSTRAINT pauses_size_check CHECK (octet_length(reason) <= 8192),
  CONSTRAINT pauses_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.pauses IS
'Accounts whose work somebody has paused or drained; account 0 stands for the whole database. Set with pause() and drain(), ended with resume_work().';

CREATE TABLE frontdesk.graphs (
  account_id integer NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  entry text NOT NULL,
  active boolean NOT NULL DEFAULT false,
  succeeded_by integer,
  builtin boolean NOT NULL DEFAULT false,
  comment text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT graphs_pkey PRIMARY KEY (account_id, name, version),
  CONSTRAINT graphs_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX graphs_active_key ON frontdesk.graphs (account_id, name) WHERE active;
COMMENT ON TABLE frontdesk.graphs IS
'Workflows, versioned. A thread keeps the version it started with; an account without an active graph of a name uses account 0''s.';
COMMENT ON COLUMN frontdesk.graphs.succeeded_by IS
'Version of the same graph that threads of this one move to at their next turn; null: they stay. Set by activate_graph().';

CREATE TABLE frontdesk.graph_checks (
  function text NOT NULL,
  CONSTRAINT graph_checks_pkey PRIMARY KEY (function)
);
COMMENT ON TABLE frontdesk.graph_checks IS
'Functions frontdesk.<function>(account_id integer, graph text, version integer) RETURNS SETOF text by which higher domains take part in graph_problems().';

CREATE TABLE frontdesk.graph_nodes (
  account_id integer NOT NULL,
  graph text NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  agent text,
  function text,
  attempts integer,
  timeout interval,
  error_node text,
  settings jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT graph_nodes_pkey PRIMARY KEY (account_id, graph, version, name),
  CONSTRAINT graph_nodes_graph_fkey FOREIGN KEY (account_id, graph, version) REFERENCES frontdesk.graphs (account_id, name, version) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.graph_nodes IS
'The steps of a graph. Kind llm runs the agent named in "agent", kind function the function (integer, uuid, jsonb) RETURNS jsonb named in "function", of schema frontdesk unless the name has one, which gets account, thread and state and returns a patch, or null to change nothing; one that is not shipped runs in the tool worker; a member "deliver" of it, an array of {"kind": …}, names deliveries. Kind subgraph runs the graph named in its settings, {"graph": …}, whose steps are called <node>/<step>; kind interrupt asks a person, see frontdesk.interrupts. An llm node may name a function too: it runs on the state with the model''s answer in it, in the same step.';
COMMENT ON COLUMN frontdesk.graph_nodes.attempts IS
'Attempts before the step counts as failed; null means frontdesk.node_attempts.';
COMMENT ON COLUMN frontdesk.graph_nodes.error_node IS
'Node that continues after this one has failed for good; null ends the turn and makes the thread a dead letter.';

CREATE TABLE frontdesk.graph_edges (
  account_id integer NOT NULL,
  graph text NOT NULL,
  version integer NOT NULL,
  source text NOT NULL,
  position integer NOT NULL,
  target text,
  condition jsonb,
  CONSTRAINT graph_edges_pkey PRIMARY KEY (account_id, graph, version, source, position),
  CONSTRAINT graph_edges_source_fkey FOREIGN KEY (account_id, graph, version, source) REFERENCES frontdesk.graph_nodes (account_id, graph, version, name) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.graph_edges IS
'Where a node leads. Edges are tried by position; the first whose condition is null or contained in the state (jsonb @>) is taken; a null target is the end.';

CREATE TABLE frontdesk.threads (
  account_id integer NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  graph text NOT NULL,
  graph_account_id integer NOT NULL,
  graph_version integer NOT NULL,
  class smallint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  epoch bigint NOT NULL DEFAULT 0,
  incarnation bigint,
  slot integer,
  generation bigint,
  queued_seq bigint NOT NULL DEFAULT 0,
  event_seq bigint NOT NULL DEFAULT 0,
  wake_seq bigint NOT NULL DEFAULT 0,
  read_seq bigint NOT NULL DEFAULT 0,
  step_seq bigint NOT NULL DEFAULT 0,
  lane_seq bigint NOT NULL DEFAULT 0,
  lane_head bigint NOT NULL DEFAULT 1,
  turns integer NOT NULL DEFAULT 0,
  resumed_count integer NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'idle',
  status_reason text,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  state jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT threads_pkey PRIMARY KEY (account_id, id)
) WITH (fillfactor = 50);
COMMENT ON TABLE frontdesk.threads IS
'The durable state of one subject moving through one graph: a conversation, a watched page, a campaign message, a lead to sync.';
COMMENT ON COLUMN frontdesk.threads.class IS 'Quota class: 0 conversations, 1 campaigns, 2 bulk work.';
COMMENT ON COLUMN frontdesk.threads.epoch IS 'Bumped by every claim; every write of a turn checks it.';
COMMENT ON COLUMN frontdesk.threads.slot IS 'Worker slot that owns the thread; null when nobody does. Valid together with incarnation and generation only.';
COMMENT ON COLUMN frontdesk.threads.queued_seq IS 'Number of the mail that put the thread into ready; 0 when it has no row there. Changed under the thread''s lock only.';
COMMENT ON COLUMN frontdesk.threads.event_seq IS 'Last number handed out under the thread''s lock, to mail and to messages.';
COMMENT ON COLUMN frontdesk.threads.wake_seq IS 'Number of the newest mail.';
COMMENT ON COLUMN frontdesk.threads.read_seq IS 'Number of the newest mail that a finished turn has taken in.';
COMMENT ON COLUMN frontdesk.threads.step_seq IS 'Last checkpoint that state includes; younger checkpoints hold patches of a turn not yet at rest.';
COMMENT ON COLUMN frontdesk.threads.lane_seq IS 'Number of the newest delivery.';
COMMENT ON COLUMN frontdesk.threads.lane_head IS 'Number of the oldest delivery that is not settled; lane_seq + 1 when all are.';
COMMENT ON COLUMN frontdesk.threads.resumed_count IS 'Times a turn was taken over after its worker had died or was lost.';
COMMENT ON COLUMN frontdesk.threads.status IS
'idle: at rest. asking: a question is open, see frontdesk.questions. waiting: to be tried again or taken over, see status_reason. failed: a dead letter, see status_reason.';

CREATE TABLE frontdesk.ready (
  account_id integer NOT NULL,
  thread_id uuid NOT NULL,
  class smallint NOT NULL,
  due_at timestamptz NOT NULL,
  first_at timestamptz NOT NULL,
  incarnation bigint,
  slot integer,
  generation bigint,
  CONSTRAINT ready_pkey PRIMARY KEY (account_id, thread_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX ready_due_idx ON frontdesk.ready (class, due_at) WHERE slot IS NULL;
CREATE INDEX ready_account_idx ON frontdesk.ready (class, account_id, due_at) WHERE slot IS NULL;
COMMENT ON TABLE frontdesk.ready IS
'One narrow row per thread with unfinished business. Without an owner, due_at is when a worker may claim it; with one, it is the end of the lease. Rows are written under the thread''s lock only and go away when the thread comes to rest.';

CREATE TABLE frontdesk.mailbox (
  account_id integer NOT NULL,
  thread_id uuid NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  payload jsonb,
  CONSTRAINT mailbox_pkey PRIMARY KEY (account_id, thread_id, seq)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE frontdesk.mailbox IS
'What arrived for a thread and is not yet part of a finished turn. payload is merged into the state when a turn takes it in.';

CREATE TABLE frontdesk.checkpoints (
  account_id integer NOT NULL,
  thread_id uuid NOT NULL,
  seq bigint NOT NULL,
  turn integer NOT NULL,
  node text NOT NULL,
  next_node text,
  patch jsonb NOT NULL,
  snapshot jsonb,
  model text,
  tokens_in integer,
  tokens_out integer,
  cost numeric(12,8),
  duration_ms double precision,
  attempt smallint NOT NULL DEFAULT 1,
  mail_seq bigint NOT NULL DEFAULT 0,
  failure jsonb,
  created_at timestamptz NOT NULL,
  CONSTRAINT checkpoints_pkey PRIMARY KEY (account_id, thread_id, seq)
);
COMMENT ON TABLE frontdesk.checkpoints IS
'What each step wrote: the node, the patch it merged into the state, the node that followed (null at the end), model, tokens, cost in US dollars and duration. Ordered by seq they are the thread''s story; append-only.';
COMMENT ON COLUMN frontdesk.checkpoints.seq IS
'From 1, in order. A negative one is minus the epoch of a turn that was overtaken: it books what that turn had cost and belongs to no story.';
COMMENT ON COLUMN frontdesk.checkpoints.mail_seq IS
'Newest mail that the turn had taken in by then; what a claim after a crash finds beyond it has not been read.';
COMMENT ON COLUMN frontdesk.checkpoints.snapshot IS
'The whole state after this step, every frontdesk.checkpoint_snapshot_every steps.';
COMMENT ON COLUMN frontdesk.checkpoints.failure IS
'Why the step failed for good, or what was answered without: {"class", "code", "text"} of the model that failed where column model says that the local provider took its place. Class joined: new mail came, the turn starts over at next_node. Class overtaken: see seq. Null when nothing failed.';

CREATE TABLE frontdesk.budgets (
  account_id integer NOT NULL,
  per_day numeric(12,4),
  per_month numeric(12,4),
  per_conversation numeric(12,4),
  at_limit text NOT NULL DEFAULT 'local',
  CONSTRAINT budgets_pkey PRIMARY KEY (account_id),
  CONSTRAINT budgets_amounts_check CHECK (per_day >= 0 AND per_month >= 0 AND per_conversation >= 0),
  CONSTRAINT budgets_at_limit_check CHECK (at_limit IN ('local', 'human', 'wait')),
  CONSTRAINT budgets_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.budgets IS
'What an account may spend on models, in US dollars, per day and month (UTC) and in one conversation as a whole; null means no limit. The row of account 0 counts for every account without a row, each on its own. Before a call leaves, what it costs at most (prompt and max_tokens at the model''s price) is set aside, so that no number of conversations at once spends more; a model without a row in frontdesk.model_prices counts with the dearest prices there if the house''s key pays, and costs nothing with a key of the account''s own.';
COMMENT ON COLUMN frontdesk.budgets.at_limit IS
'What happens when a call would exceed a budget. local: the local provider answers. human: the node''s error node takes over, escalate_to_human in the shipped graph. wait: the turn waits for the next day or month; a conversation''s own budget never fills up again, so there wait means human.';

CREATE TABLE frontdesk.deliveries (
  account_id integer NOT NULL,
  thread_id uuid NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  due_at timestamptz,
  sent_at timestamptz,
  settled_at timestamptz,
  remote_id text,
  failure jsonb,
  mail_seq bigint NOT NULL DEFAULT 0,
  CONSTRAINT deliveries_pkey PRIMARY KEY (account_id, thread_id, seq)
) WITH (fillfactor = 70);
COMMENT ON TABLE frontdesk.deliveries IS
'The lane of a thread: requests with an effect on the world, in order of seq, each recorded in the commit that decided it and effective once. The marker that finds one at the remote side is <thread_id>/<seq>.';
COMMENT ON COLUMN frontdesk.deliveries.due_at IS 'When one that failed is tried, or looked up, again; null when it is not waiting for a time.';
COMMENT ON COLUMN frontdesk.deliveries.mail_seq IS
'Newest mail that the turn had taken in when it decided this, or the mail that asked for it; what came later was not known.';
COMMENT ON COLUMN frontdesk.deliveries.status IS
'pending: not begun. sending: committed before its first byte. uncertain: failed after the first byte, to be looked up. sent: settled. arrived: a person says that an uncertain one took effect, to be settled. dead: given up, see failure. withdrawn: no longer wanted, for a person has taken over or has said so. held: decided by a rehearsal, never sent.';

CREATE TABLE frontdesk.interrupts (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  thread_id uuid NOT NULL,
  seq bigint NOT NULL,
  node text NOT NULL,
  question text NOT NULL,
  payload jsonb NOT NULL DEFAULT '{}',
  schema jsonb,
  deadline timestamptz,
  escalation jsonb,
  asked_at timestamptz NOT NULL,
  status text NOT NULL,
  answered_at timestamptz,
  answered_by text,
  answer jsonb,
  CONSTRAINT interrupts_answer_check CHECK (pg_column_size(answer) <= 262144),
  CONSTRAINT interrupts_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT interrupts_status_check CHECK (status IN ('open', 'answered', 'expired', 'withdrawn'))
);
CREATE UNIQUE INDEX interrupts_thread_id_seq_key ON frontdesk.interrupts (thread_id, seq, account_id);
CREATE INDEX interrupts_open_idx ON frontdesk.interrupts (asked_at, account_id) WHERE status = 'open';
COMMENT ON TABLE frontdesk.interrupts IS
'Questions that interrupt nodes asked. The node''s settings: "question", a text in which {name} stands for a member of the state; "payload", names of members of the state that are shown with it; "schema", a JSON Schema (of an object) that the answer must fit; "deadline", an interval; "on_deadline", {"answer": …} or {"node": …}, without which the step has failed when nobody answered; "on_message", "wait" (default: what the customer writes is read after the answer) or "restart" (the question is withdrawn and a new turn begins); "result", the member of the state that gets the answer (by default the node''s name).';
COMMENT ON COLUMN frontdesk.interrupts.seq IS 'Number of the checkpoint of the step that asked.';
COMMENT ON COLUMN frontdesk.interrupts.status IS
'open: to be answered with frontdesk.answer_interrupt(). answered. expired: nobody did before the deadline. withdrawn: no longer wanted. See answered_by and answered_at for who and when.';

CREATE TABLE frontdesk.rehearsals (
  account_id integer NOT NULL,
  thread_id uuid NOT NULL,
  source_id uuid NOT NULL,
  kind text NOT NULL,
  checkpoint bigint NOT NULL,
  known_event bigint NOT NULL,
  replay_id uuid,
  turn integer,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT rehearsals_pkey PRIMARY KEY (account_id, thread_id)
);
COMMENT ON TABLE frontdesk.rehearsals IS
'Threads of kind rehearsal: what each was forked from. A rehearsal walks its graph as a thread does and asks models for real, but nothing of it takes effect: its deliveries stay held, and what its functions change is rolled back.';
COMMENT ON COLUMN frontdesk.rehearsals.source_id IS 'The thread that was forked.';
COMMENT ON COLUMN frontdesk.rehearsals.kind IS 'Kind of that thread.';
COMMENT ON COLUMN frontdesk.rehearsals.checkpoint IS 'Checkpoint of the source that it begins behind; 0 before the first.';
COMMENT ON COLUMN frontdesk.rehearsals.known_event IS 'Newest event of the source that it knows of; what was said later is not in its history.';
COMMENT ON COLUMN frontdesk.rehearsals.replay_id IS 'The call of replay_conversation() it belongs to; null when it was forked alone.';
COMMENT ON COLUMN frontdesk.rehearsals.turn IS 'Turn of the source that it replays; null when it was forked alone.';

CREATE TABLE frontdesk.alarms (
  account_id integer NOT NULL,
  thread_id uuid NOT NULL,
  name text NOT NULL,
  due_at timestamptz NOT NULL,
  payload jsonb,
  attempts integer NOT NULL DEFAULT 0,
  CONSTRAINT alarms_pkey PRIMARY KEY (account_id, thread_id, name),
  CONSTRAINT alarms_thread_fkey FOREIGN KEY (account_id, thread_id) REFERENCES frontdesk.threads (account_id, id) ON DELETE CASCADE
);
CREATE INDEX alarms_due_idx ON frontdesk.alarms (due_at);
COMMENT ON TABLE frontdesk.alarms IS
'What is to be done about a thread at a time ahead, minutes or months: name is the function that is called then. One alarm of a name per thread; ordinary mail does not move it.';
COMMENT ON COLUMN frontdesk.alarms.attempts IS 'Times it was rung and raised; it is tried again, more and more slowly.';

CREATE TABLE frontdesk.retention_kinds (
  what text NOT NULL,
  function text NOT NULL,
  keep interval,
  comment text NOT NULL,
  CONSTRAINT retention_kinds_pkey PRIMARY KEY (what)
);
COMMENT ON TABLE frontdesk.retention_kinds IS
'What can be pruned, and by which function frontdesk.<function>(account_id integer, before timestamptz, after uuid, most integer, OUT pruned bigint, OUT last uuid), which each domain adds: it removes at most so many rows older than "before" behind the key "after", and returns how far it came, null at the end. keep holds where frontdesk.retention_policies says nothing; null is for ever.';

CREATE TABLE frontdesk.retention_policies (
  account_id integer NOT NULL,
  what text NOT NULL,
  keep interval,
  CONSTRAINT retention_policies_pkey PRIMARY KEY (account_id, what),
  CONSTRAINT retention_policies_keep_check CHECK (keep >= interval '1 day'),
  CONSTRAINT retention_policies_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE,
  CONSTRAINT retention_policies_what_fkey FOREIGN KEY (what) REFERENCES frontdesk.retention_kinds (what)
);
COMMENT ON TABLE frontdesk.retention_policies IS
'How long rows are kept, per account and kind (frontdesk.retention_kinds). An account without a row of a kind follows account 0''s; without one there either, what the kind says. Changed by the owner of the extension alone: who may shorten a trail may hide in it.';
COMMENT ON COLUMN frontdesk.retention_policies.keep IS
'Age from which rows are removed, at least a day, so that nothing goes that a repeated webhook or an uncertain delivery may still need; null keeps for ever.';

CREATE TABLE frontdesk.retention_runs (
  account_id integer NOT NULL,
  what text NOT NULL,
  last uuid,
  began_at timestamptz NOT NULL,
  touched_at timestamptz NOT NULL,
  finished_at timestamptz,
  pruned bigint NOT NULL DEFAULT 0,
  CONSTRAINT retention_runs_pkey PRIMARY KEY (account_id, what),
  CONSTRAINT retention_runs_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.retention_runs IS
'How far pruning has come, per account and kind: the key behind which the next batch looks, the rows removed by this run so far, and when it ended (null while it is under way).';

CREATE TABLE frontdesk.tool_runs (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  thread_id uuid NOT NULL,
  seq bigint NOT NULL,
  node text NOT NULL,
  function text NOT NULL,
  original_id uuid NOT NULL,
  rehearsal boolean NOT NULL DEFAULT false,
  timeout_ms integer NOT NULL,
  status text NOT NULL,
  takes integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  incarnation bigint,
  generation bigint,
  patch jsonb,
  failure jsonb,
  CONSTRAINT tool_runs_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT tool_runs_status_check CHECK (status IN ('queued', 'running', 'done', 'failed', 'withdrawn'))
);
CREATE UNIQUE INDEX tool_runs_thread_id_seq_key ON frontdesk.tool_runs (thread_id, seq, account_id);
CREATE INDEX tool_runs_due_idx ON frontdesk.tool_runs (account_id, created_at, id) WHERE status IN ('queued', 'running');
CREATE INDEX tool_runs_started_idx ON frontdesk.tool_runs (account_id, started_at);
COMMENT ON TABLE frontdesk.tool_runs IS
'One row per run of a function that is not shipped with the product: nodes of kind function that name one wait here until a tool worker, whose role is frontdesk_tool, has run it. The account served longest ago is next. A run is repeated after a crash, under the same id.';
COMMENT ON COLUMN frontdesk.tool_runs.original_id IS 'What the function gets as its second argument: the thread, or in a rehearsal the one it was taken from.';
COMMENT ON COLUMN frontdesk.tool_runs.status IS
'queued: waits for the tool worker. running. done: its patch is, or will be, taken into the state. failed: see failure, {"class", "code", "text", "retryable"}; the node is tried again or its error node is next. withdrawn: nobody waits for it any more.';
COMMENT ON COLUMN frontdesk.tool_runs.takes IS 'How often it was begun: more than once when the worker was lost.';
