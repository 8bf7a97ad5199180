-- llm: providers, agents and what models cost.

CREATE TABLE frontdesk.providers (
  account_id integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  base_url text NOT NULL DEFAULT '',
  settings jsonb NOT NULL DEFAULT '{}',
  max_concurrent integer,
  requests_per_minute integer,
  tokens_per_minute integer,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT providers_pkey PRIMARY KEY (account_id, name),
  CONSTRAINT providers_kind_check CHECK (kind = ANY (frontdesk.provider_kinds())),
  CONSTRAINT providers_limits_check CHECK (max_concurrent > 0 AND requests_per_minute > 0 AND tokens_per_minute > 0),
  CONSTRAINT providers_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.providers IS
'Where models are asked. An account''s row hides account 0''s row of the same name. The key is the secret provider:<name> of the account, else, for a row of account 0 only, that of account 0: the house''s key never goes to an address an account has set. A provider without a key, unless it is of kind local, is passed over for the agent''s fallback, unless settings say {"key": "none"}.';
COMMENT ON COLUMN frontdesk.providers.kind IS
'How it is spoken to; provider_kinds() lists the kinds. local is this database itself.';
COMMENT ON COLUMN frontdesk.providers.settings IS
'For kind openai: {"limit_field": "max_completion_tokens"|"max_tokens", "system_role": "developer"|"system", "structured": "json_schema"|"json_object"|"prompt", "strict": true, "finish_reason": "required"|"optional", "omit": ["store", "reasoning_effort"], "key": "required"|"none", "key_header": "authorization"|"api-key", "headers": {"Name": "value"}}. For the other kinds all but limit_field, system_role and key_header. Where strict is false or structured is not json_schema, the schema is told in the system text too and an answer wrapped in prose or a fence is accepted. omit names what the server refuses and is not sent: store, reasoning_effort or effort, cache_control, output_config, response_format (then structured is prompt), strict. finish_reason is optional for a server whose answers do not say that they are whole: without it such a text counts as cut.';
COMMENT ON COLUMN frontdesk.providers.base_url IS
'Address with or without its version, as https://api.openai.com or http://127.0.0.1:11434/v1.';

COMMENT ON COLUMN frontdesk.providers.max_concurrent IS
'Requests in flight at the same time, of all workers together, per key. This and the two limits per minute: null means as many as the provider itself allows, learned from its headers and its refusals. Campaigns and bulk work leave a quarter of each to conversations.';
COMMENT ON COLUMN frontdesk.providers.tokens_per_minute IS
'Tokens of prompts and answers; a call counts with an estimate until its answer tells.';

CREATE TABLE frontdesk.provider_presets (
  name text NOT NULL,
  kind text NOT NULL,
  base_url text NOT NULL,
  settings jsonb NOT NULL DEFAULT '{}',
  comment text NOT NULL,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT provider_presets_pkey PRIMARY KEY (name),
  CONSTRAINT provider_presets_kind_check CHECK (kind = ANY (frontdesk.provider_kinds()))
);
COMMENT ON TABLE frontdesk.provider_presets IS
'Providers to start from, for servers that speak as another one does but for what their settings say; add_provider() makes a row of frontdesk.providers of one. What else a server or a model does not know check_provider() finds out.';

CREATE TABLE frontdesk.agents (
  account_id integer NOT NULL,
  name text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  prompt text NOT NULL,
  output jsonb,
  output_type text,
  max_tokens integer NOT NULL DEFAULT 2000,
  effort text,
  history_limit integer NOT NULL DEFAULT 20,
  timeout interval,
  settings jsonb NOT NULL DEFAULT '{}',
  fallback text[] NOT NULL DEFAULT '{local}',
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT agents_pkey PRIMARY KEY (account_id, name),
  CONSTRAINT agents_size_check CHECK (octet_length(name) + octet_length(provider)
    + octet_length(model) + octet_length(prompt) + octet_length(coalesce(output::text, ''))
    + octet_length(coalesce(effort, '')) + octet_length(settings::text)
    + octet_length(fallback::text) <= 131072),
  CONSTRAINT agents_fallback_check CHECK (cardinality(fallback) <= 20),
  CONSTRAINT agents_max_tokens_check CHECK (max_tokens > 0),
  CONSTRAINT agents_history_limit_check CHECK (history_limit BETWEEN 0 AND 100),
  CONSTRAINT agents_timeout_check CHECK (timeout > interval '0'),
  CONSTRAINT agents_tell_check CHECK (NOT settings ? 'tell' OR pg_catalog.jsonb_typeof(settings -> 'tell') = 'array'
    AND NOT settings @? 'strict $.tell[*] ? (@.type() != "string" || @ == "")'),
  CONSTRAINT agents_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.agents IS
'A model with a job. An account''s row hides account 0''s row of the same name.';
COMMENT ON COLUMN frontdesk.agents.settings IS
'What a request tells the agent besides its prompt and the conversation: {"grounding": "knowledge", "tell": ["order_status", "entities"]}. grounding: knowledge are the account''s knowledge rows that fit best. tell: members of the state, as functions and agents before it have left them, in the member "known" of the newest customer''s turn; those that are absent or null are left out. Every agent is told the situation, in the member "situation" beside it: local time, office hours, channel, what is known of the person, the campaign message sent to them last, their stock alerts, open jobs.';
COMMENT ON COLUMN frontdesk.agents.history_limit IS
'How many of the newest messages of a conversation a request holds, up to 100; as far as there is room (frontdesk.prompt_limit).';
COMMENT ON COLUMN frontdesk.agents.output IS
'JSON Schema of the answer; null together with a null output_type means the answer is text. Bounds (minimum, maxLength, maxItems …) may be given: vendors refuse them, so they are not sent, but answers are held against them. Properties are sent in the order of "required".';
COMMENT ON COLUMN frontdesk.agents.fallback IS
'Who answers when the provider cannot be asked (no key is stored, its key cannot be read, its row makes no sense), when its breaker is open, when it has to be waited for longer than frontdesk.fallback_after, and when the call has failed for good; tried in order. The name of another agent; "provider/model", the same agent asked there; "local", the local provider, unless a model or a filter has declined what was asked, or no model can read it: that is for another model or a person; "human", the error node of the step; "wait", until the provider can be asked again. When the list ends: a provider that is merely closed is waited for, but not for more than a minute that it asked for where the step has an error node; a failure goes to the error node; for one that cannot be asked the local provider answers when the list is empty or the step has no error node. The first that can be asked has the attempts of the step, those behind it one each. The checkpoint''s model and failure tell who answered, and why not the first.';
COMMENT ON COLUMN frontdesk.agents.output_type IS
'Composite SQL type, schema-qualified, whose JSON Schema is derived with frontdesk.json_schema(); used when output is null.';
COMMENT ON COLUMN frontdesk.agents.effort IS
'Reasoning effort sent to the model (none, minimal, low, medium, high …); null sends none.';

CREATE TABLE frontdesk.model_prices (
  model text NOT NULL,
  valid_from date NOT NULL,
  input numeric NOT NULL,
  cached_input numeric NOT NULL,
  cache_write numeric NOT NULL,
  output numeric NOT NULL,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT model_prices_pkey PRIMARY KEY (model, valid_from),
  CONSTRAINT model_prices_check CHECK (input >= 0 AND cached_input >= 0 AND cache_write >= 0 AND output >= 0)
);
COMMENT ON TABLE frontdesk.model_prices IS
'US dollars per million tokens; the newest row not in the future counts. A model without a row costs nothing; but where a row of frontdesk.budgets applies and the house''s key pays, the dearest of each column.';

CREATE TABLE frontdesk.knowledge (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  language text NOT NULL DEFAULT 'en',
  question text NOT NULL,
  answer text NOT NULL,
  phrasings text[] NOT NULL DEFAULT '{}',
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT knowledge_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT knowledge_size_check CHECK (octet_length(language) + octet_length(question)
    + octet_length(answer) + octet_length(array_to_string(phrasings, '')) <= 65536),
  CONSTRAINT knowledge_phrasings_check CHECK (cardinality(phrasings) <= 200),
  CONSTRAINT knowledge_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.knowledge IS
'What the account''s bot may say as fact: question and answer pairs. Replies are grounded in these rows, by models and by the local provider alike. Of one account so many are read, oldest first: 20,000 with their phrasings, 200,000 words that differ, 8 MB of text; check() tells of more.';
COMMENT ON COLUMN frontdesk.knowledge.phrasings IS
'Other words in which customers ask the same, at most 200. The row is found by them as by its question; models are not shown them.';

CREATE TABLE frontdesk.classifier_examples (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  content text NOT NULL,
  intent text NOT NULL,
  route text NOT NULL,
  priority text NOT NULL DEFAULT 'medium',
  sentiment real NOT NULL DEFAULT 0,
  language text NOT NULL DEFAULT 'en',
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT classifier_examples_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT classifier_examples_size_check CHECK (octet_length(content) + octet_length(intent)
    + octet_length(route) + octet_length(priority) + octet_length(language) <= 65536),
  CONSTRAINT classifier_examples_priority_check CHECK (priority IN ('high', 'medium', 'low')),
  CONSTRAINT classifier_examples_sentiment_check CHECK (sentiment BETWEEN -1 AND 1)
);
COMMENT ON TABLE frontdesk.classifier_examples IS
'Labelled messages from which train_classifier() learns. The shipped rows belong to account 0.';

CREATE TABLE frontdesk.error_costs (
  account_id integer NOT NULL,
  missed_danger double precision NOT NULL DEFAULT 10,
  false_alarm double precision NOT NULL DEFAULT 1,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT error_costs_pkey PRIMARY KEY (account_id),
  CONSTRAINT error_costs_check CHECK (missed_danger > 0 AND missed_danger <= 1000000 AND false_alarm > 0 AND false_alarm <= 1000000),
  CONSTRAINT error_costs_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.error_costs IS
'What wrong decisions of the local classifier cost: a message that needed a person at once and got none (missed_danger), against a person called for nothing (false_alarm). A message is for a person from the danger false_alarm / (false_alarm + missed_danger) on. An account without a row goes by account 0''s.';

CREATE TABLE frontdesk.classifiers (
  account_id integer NOT NULL,
  name text NOT NULL,
  trained_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  report jsonb NOT NULL DEFAULT '{}',
  model bytea NOT NULL,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT classifiers_pkey PRIMARY KEY (account_id, name)
);
-- to compress a model takes as long as to learn it, and saves little
ALTER TABLE frontdesk.classifiers ALTER COLUMN model SET STORAGE EXTERNAL;
COMMENT ON TABLE frontdesk.classifiers IS
'Trained local classifiers. report tells of the training: examples, classes, features, cross-validated accuracy.';
