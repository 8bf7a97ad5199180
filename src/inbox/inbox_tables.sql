-- inbox: who writes to us, on which channel, and every message exactly once.
--
-- account_id leads every primary key and ends every other one.  Were it to lead
-- two indexes of a table, the planner would know no better than to take either
-- for a look-up by account and id while the table is young, and walk through
-- all rows of the account.

CREATE TABLE frontdesk.leads (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  site_id integer NOT NULL DEFAULT 0,
  chatwoot_contact_id varchar(255),
  channel varchar(50) NOT NULL DEFAULT 'whatsapp',
  name text,
  email text,
  phone text,
  profile jsonb NOT NULL DEFAULT '{}',
  conversation_context jsonb,
  tags text[] NOT NULL DEFAULT '{}',
  qualification_status text NOT NULL DEFAULT 'new',
  crm_id text,
  crm_synced_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  blocked boolean NOT NULL DEFAULT false,
  CONSTRAINT leads_size_check CHECK (octet_length(coalesce(name, ''))
    + octet_length(coalesce(email, '')) + octet_length(coalesce(phone, ''))
    + octet_length(tags::text) + octet_length(qualification_status) <= 65536),
  CONSTRAINT leads_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT leads_contact_key UNIQUE (chatwoot_contact_id, site_id, account_id),
  CONSTRAINT leads_qualification_status_check CHECK (qualification_status IN ('new', 'in_progress', 'qualified', 'disqualified'))
) WITH (fillfactor = 70);
COMMENT ON TABLE frontdesk.leads IS
'A person who writes to us: customer, subscriber or candidate.';
COMMENT ON COLUMN frontdesk.leads.chatwoot_contact_id IS
'Chatwoot''s contact id; for transport local (site 0) what names the sender: a phone number, an address, a handle.';
COMMENT ON COLUMN frontdesk.leads.blocked IS
'Whether Chatwoot''s users have blocked the contact: nothing is said to it.';
COMMENT ON COLUMN frontdesk.leads.profile IS
'What is known of the person: Chatwoot''s custom attributes, and what the extraction agent found ("candidate", "job").';

CREATE TABLE frontdesk.conversations (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  site_id integer NOT NULL DEFAULT 0,
  display_id bigint NOT NULL,
  lead_id uuid NOT NULL,
  channel varchar(50) NOT NULL,
  inbox_id bigint,
  subject text,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  status text NOT NULL DEFAULT 'pending',
  handled_by text NOT NULL DEFAULT 'bot',
  taken_over_at timestamptz,
  assignee_id bigint,
  priority text,
  labels text[] NOT NULL DEFAULT '{}',
  attributes jsonb NOT NULL DEFAULT '{}',
  source_version double precision NOT NULL DEFAULT 0,
  draft_id uuid,
  team_id bigint,
  mute_below bigint NOT NULL DEFAULT 0,
  mute_from bigint NOT NULL DEFAULT 0,
  can_reply boolean NOT NULL DEFAULT true,
  CONSTRAINT conversations_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT conversations_display_key UNIQUE (display_id, site_id, account_id),
  CONSTRAINT conversations_status_check CHECK (status IN ('open', 'pending', 'resolved', 'snoozed')),
  CONSTRAINT conversations_handled_by_check CHECK (handled_by IN ('bot', 'human')),
  CONSTRAINT conversations_lead_fkey FOREIGN KEY (account_id, lead_id) REFERENCES frontdesk.leads (account_id, id)
) WITH (fillfactor = 80);
CREATE INDEX conversations_lead_idx ON frontdesk.conversations (lead_id, account_id);
COMMENT ON TABLE frontdesk.conversations IS
'One lead on one channel. The thread that carries its state has the same (account_id, id).';
COMMENT ON COLUMN frontdesk.conversations.display_id IS
'The number Chatwoot shows and puts in its addresses; a number of our own for transport local.';
COMMENT ON COLUMN frontdesk.conversations.labels IS
'Labels, priority and attributes are Chatwoot''s, as it last told them or as we last set them. 200 labels of up to 255 characters are kept, and attributes up to 65536 bytes; of longer ones how long they are ("frontdesk_left_out").';
COMMENT ON COLUMN frontdesk.conversations.assignee_id IS
'Chatwoot''s id of the person it is assigned to; null when nobody, or a bot, is.';
COMMENT ON COLUMN frontdesk.conversations.source_version IS
'The source''s updated_at (seconds since 1970) of the newest description that was taken in; an older one changes nothing.';
COMMENT ON COLUMN frontdesk.conversations.handled_by IS
'human from the moment a person has answered or taken over: the bot is silent until the conversation is given back.';

COMMENT ON COLUMN frontdesk.conversations.team_id IS
'Chatwoot''s id of the team that it is given to; null when none.';
COMMENT ON COLUMN frontdesk.conversations.mute_below IS
'A turn that has read no mail from this number on says nothing: the conversation was resolved meanwhile, or what it read was deleted.';
COMMENT ON COLUMN frontdesk.conversations.mute_from IS
'A turn that has read no mail from this number on is not meant by mute_below: what was deleted came later, and its answer may still be on its way.';
COMMENT ON COLUMN frontdesk.conversations.can_reply IS
'Whether anything may be written there, as the source last told it; how long it may is a row of frontdesk.channel_limits.';
COMMENT ON COLUMN frontdesk.conversations.draft_id IS
'The draft that waits for a decision; null when none does.';

CREATE TABLE frontdesk.messages (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  direction text NOT NULL,
  author text NOT NULL,
  private boolean NOT NULL DEFAULT false,
  channel varchar(50) NOT NULL DEFAULT 'whatsapp',
  content text,
  enclosed text,
  opaque text,
  reply_to text,
  aside boolean NOT NULL DEFAULT false,
  content_type text NOT NULL DEFAULT 'text',
  content_attributes jsonb,
  attachments jsonb,
  chatwoot_message_id varchar(255),
  source_id text,
  status text,
  failure text,
  sent_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  answers_up_to bigint,
  CONSTRAINT messages_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT messages_seq_key UNIQUE (conversation_id, seq, account_id),
  CONSTRAINT messages_chatwoot_key UNIQUE (chatwoot_message_id, conversation_id, account_id)
);
CREATE UNIQUE INDEX messages_source_key ON frontdesk.messages (source_id, account_id, conversation_id)
  WHERE direction = 'incoming' AND source_id IS NOT NULL;
COMMENT ON TABLE frontdesk.messages IS
'Every message of a conversation, in or out, exactly once. Prompts order by (sent_at, chatwoot_message_id, seq), for webhooks arrive in any order.';
COMMENT ON COLUMN frontdesk.messages.seq IS 'Handed out under the thread''s lock; the order in which the database learned of the messages.';
COMMENT ON COLUMN frontdesk.messages.author IS
'Who spoke: customer, bot (this product or another bot), human (an agent in Chatwoot or on the phone), automation (rules, campaigns), template (greetings, surveys).';
COMMENT ON COLUMN frontdesk.messages.content IS
'The text, at most 150,000 characters; what was cut off is told by content_attributes.truncated (bytes of the whole). Of an e-mail the newest reply without its history. Of a voice note its transcript, once there is one. Null for attachments alone and for deleted messages.';
COMMENT ON COLUMN frontdesk.messages.enclosed IS
'What came beside the text, in words for people and agents, one thing a line: "[voice note, 0:12]", "[location: 52.3702, 4.8952]", "[contact card: Ana Silva, +15550100101]". Null when nothing did.';
COMMENT ON COLUMN frontdesk.messages.opaque IS
'What of it must be heard or seen to be understood: audio, image, video, file, post or unsupported (Chatwoot itself could not show it). Null when the words say all.';
COMMENT ON COLUMN frontdesk.messages.reply_to IS
'Id at the source of the message that the sender quoted.';
COMMENT ON COLUMN frontdesk.messages.aside IS
'Whether it asks nothing: a reaction, a mention in a story, a rating, an emoji that answers no question of ours. Nobody waits for an answer to it; agents read it with what is asked next.';
COMMENT ON COLUMN frontdesk.messages.content_attributes IS
'As the source gave them. "frontdesk" is our marker <thread_id>/<seq of the delivery>; "submitted_values" what a customer chose, "refused_at" the source''s updated_at when it told that a provider had refused our message.';
COMMENT ON COLUMN frontdesk.messages.status IS
'Of an outgoing message: sent, delivered, read or failed; never goes back, as providers report in any order.';
COMMENT ON COLUMN frontdesk.messages.sent_at IS 'The time at the source.';
COMMENT ON COLUMN frontdesk.messages.answers_up_to IS
'Of a reply of ours the number up to which its turn had read: a customer''s message that came while the reply was on its way has a smaller number than the reply, and is not answered by it. 0 for the sentence that people take over, which answers nothing; null, of others'' messages: what stands before it.';
COMMENT ON COLUMN frontdesk.messages.source_id IS 'Id of the message at the channel''s provider, as WhatsApp''s wamid; guards against one message told twice.';

CREATE SEQUENCE frontdesk.conversation_numbers AS bigint;
COMMENT ON SEQUENCE frontdesk.conversation_numbers IS
'Display numbers of conversations of transport local.';

CREATE TABLE frontdesk.people_rules (
  account_id integer NOT NULL,
  approval text NOT NULL DEFAULT 'auto',
  approval_by_agent jsonb NOT NULL DEFAULT '{}',
  approval_deadline interval,
  approval_note boolean NOT NULL DEFAULT true,
  return_label text,
  return_after interval DEFAULT '24 hours',
  answer_on_return boolean NOT NULL DEFAULT true,
  command_prefix text DEFAULT '/',
  stuck_after interval DEFAULT '30 minutes',
  sweep_every interval DEFAULT '10 minutes',
  sweep_answers_within interval NOT NULL DEFAULT '2 hours',
  follow_up_on_message text NOT NULL DEFAULT 'cancel',
  handover_silent_intents text[] NOT NULL DEFAULT '{spam,phishing,machine,opt_out}',
  time_zone text,
  closed_days date[] NOT NULL DEFAULT '{}',
  opting_silent_channels text[] NOT NULL DEFAULT '{sms}',
  answer_within interval DEFAULT '1 day',
  team_takes_over boolean NOT NULL DEFAULT true,
  reply_limit integer DEFAULT 12,
  reply_limit_window interval NOT NULL DEFAULT '10 minutes',
  repeat_limit integer DEFAULT 3,
  split_within interval DEFAULT '5 seconds',
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT people_rules_pkey PRIMARY KEY (account_id),
  CONSTRAINT people_rules_size_check CHECK (octet_length(approval)
    + octet_length(approval_by_agent::text) + octet_length(coalesce(return_label, ''))
    + octet_length(coalesce(command_prefix, '')) + octet_length(follow_up_on_message)
    + octet_length(handover_silent_intents::text) + octet_length(closed_days::text)
    + octet_length(coalesce(time_zone, '')) + octet_length(opting_silent_channels::text) <= 65536),
  CONSTRAINT people_rules_approval_check CHECK (approval IN ('auto', 'approve', 'suggest')),
  CONSTRAINT people_rules_approval_by_agent_check CHECK (pg_catalog.jsonb_typeof(approval_by_agent) = 'object'
    AND NOT approval_by_agent @? '$.* ? (@ != "auto" && @ != "approve" && @ != "suggest")'),
  CONSTRAINT people_rules_approval_deadline_check CHECK (approval_deadline > interval '0'),
  CONSTRAINT people_rules_return_label_check CHECK (return_label <> ''),
  CONSTRAINT people_rules_return_after_check CHECK (return_after > interval '0'),
  CONSTRAINT people_rules_command_prefix_check CHECK (command_prefix <> ''),
  CONSTRAINT people_rules_stuck_after_check CHECK (stuck_after > interval '0'),
  CONSTRAINT people_rules_sweep_every_check CHECK (sweep_every >= interval '1 second'),
  CONSTRAINT people_rules_sweep_answers_within_check CHECK (sweep_answers_within >= interval '0'),
  CONSTRAINT people_rules_follow_up_check CHECK (follow_up_on_message IN ('cancel', 'keep')),
  CONSTRAINT people_rules_handover_silent_intents_check CHECK (array_position(handover_silent_intents, NULL) IS NULL),
  CONSTRAINT people_rules_time_zone_check CHECK ('2000-01-01 00:00:00+00'::timestamptz AT TIME ZONE time_zone IS NOT NULL OR time_zone IS NULL),
  CONSTRAINT people_rules_closed_days_check CHECK (array_position(closed_days, NULL) IS NULL),
  CONSTRAINT people_rules_answer_within_check CHECK (answer_within > interval '0'),
  CONSTRAINT people_rules_reply_limit_check CHECK (reply_limit BETWEEN 1 AND 1000
    AND reply_limit_window > interval '0'),
  CONSTRAINT people_rules_repeat_limit_check CHECK (repeat_limit BETWEEN 1 AND 5),
  CONSTRAINT people_rules_split_within_check CHECK (split_within > interval '0'),
  -- they are added to and taken from times, some for all accounts at once
  CONSTRAINT people_rules_intervals_check CHECK (greatest(approval_deadline, return_after, stuck_after, sweep_every,
    sweep_answers_within, answer_within, reply_limit_window, split_within) <= interval '100 years'),
  CONSTRAINT people_rules_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.people_rules IS
'How the bot and people share the conversations of an account. An account without a row of its own goes by account 0''s.';
COMMENT ON COLUMN frontdesk.people_rules.approval IS
'auto: replies are sent. approve: a reply waits as a draft until a person approves it. suggest: it is shown to people as a private note and never sent.';
COMMENT ON COLUMN frontdesk.people_rules.approval_by_agent IS
'The same for single agents, by name: {"campaign": "approve"}; goes before approval.';
COMMENT ON COLUMN frontdesk.people_rules.approval_deadline IS
'A draft that nobody has decided on by then expires, and the conversation is handed to people; null: it waits for ever.';
COMMENT ON COLUMN frontdesk.people_rules.approval_note IS
'Whether a draft that waits is also shown as a private note in Chatwoot.';
COMMENT ON COLUMN frontdesk.people_rules.return_label IS
'A label whose adding gives a conversation that a person has back to the bot; null: none does.';
COMMENT ON COLUMN frontdesk.people_rules.return_after IS
'So long after the last word of a person a conversation goes back to the bot; null: never. One that was only handed over and never answered by a person stays with people.';
COMMENT ON COLUMN frontdesk.people_rules.answer_on_return IS
'Whether what the customer wrote and nobody answered is answered, as one turn, when a conversation returns by label, by time or by command. When it returns because it was resolved or by give_back(), the bot waits for the next message.';
COMMENT ON COLUMN frontdesk.people_rules.command_prefix IS
'What a private note begins with that is a command to the bot; null: none is.';
COMMENT ON COLUMN frontdesk.people_rules.stuck_after IS
'A conversation in the bot''s hands whose customer has waited so long for an answer is handed to people, whatever went wrong; null: never.';
COMMENT ON COLUMN frontdesk.people_rules.sweep_every IS
'How often Chatwoot is asked what its webhooks did not tell, and how often stuck conversations are looked for; null: never.';
COMMENT ON COLUMN frontdesk.people_rules.sweep_answers_within IS
'A customer''s message that only a sweep has found is answered when it is younger than this, else only stored.';
COMMENT ON COLUMN frontdesk.people_rules.answer_within IS
'A customer''s message that was older than this when it was first told of is history: it is stored and starts no turn; null: however old.';
COMMENT ON COLUMN frontdesk.people_rules.team_takes_over IS
'Whether a conversation that Chatwoot gives to a team is the team''s at once, as one given to a person is that person''s. Off where rules of Chatwoot put every conversation into a team.';
COMMENT ON COLUMN frontdesk.people_rules.reply_limit IS
'So many replies of the bot within reply_limit_window, without a person''s word between, are those of two machines that talk to each other: the next one is not sent, and people are told. Null: no limit.';
COMMENT ON COLUMN frontdesk.people_rules.repeat_limit IS
'A long message that says for so many times what was answered before, but for its digits, is a machine''s, or a customer''s whom the answers do not help: it is not answered once more, and people are told. Null: no limit.';
COMMENT ON COLUMN frontdesk.people_rules.split_within IS
'Two conversations of one contact on one channel that begin within this time of each other, as of a photo and its question, are answered as one, in the younger; null: never. E-mail is left out.';
COMMENT ON COLUMN frontdesk.people_rules.follow_up_on_message IS
'What a customer''s message does to a follow-up that was planned: cancel it (the turn may plan another) or keep it.';
COMMENT ON COLUMN frontdesk.people_rules.handover_silent_intents IS
'Intents whose hand-over to people is not told to the sender: spam and the like. All others hear one sentence (frontdesk.templates, "handover").';
COMMENT ON COLUMN frontdesk.people_rules.time_zone IS
'Where the account is, as Europe/Berlin; null: the server''s time zone.';
COMMENT ON COLUMN frontdesk.people_rules.closed_days IS
'Days on which the office stays closed, whatever frontdesk.office_hours says.';
COMMENT ON COLUMN frontdesk.people_rules.opting_silent_channels IS
'Channels on which an opt-out and an opt-in are recorded and not confirmed: carriers of text messages confirm by themselves, and let nothing of ours through behind a STOP.';

CREATE TABLE frontdesk.channel_limits (
  account_id integer NOT NULL,
  channel text NOT NULL,
  max_length integer NOT NULL,
  counted_in text NOT NULL DEFAULT 'characters',
  max_parts integer NOT NULL DEFAULT 3,
  markup text NOT NULL DEFAULT 'none',
  media text[] NOT NULL DEFAULT '{}',
  reply_window interval,
  templates jsonb NOT NULL DEFAULT '{}',
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT channel_limits_pkey PRIMARY KEY (account_id, channel),
  CONSTRAINT channel_limits_size_check CHECK (octet_length(channel) + pg_column_size(media)
    + octet_length(counted_in) + octet_length(markup) + octet_length(templates::text) <= 65536),
  CONSTRAINT channel_limits_max_length_check CHECK (max_length >= 20),
  CONSTRAINT channel_limits_counted_in_check CHECK (counted_in IN ('characters', 'bytes', 'utf16')),
  CONSTRAINT channel_limits_max_parts_check CHECK (max_parts BETWEEN 1 AND 20),
  CONSTRAINT channel_limits_markup_check CHECK (markup IN ('none', 'stars', 'inline', 'blocks')),
  CONSTRAINT channel_limits_reply_window_check CHECK (reply_window > interval '0' AND reply_window <= interval '100 years'),
  CONSTRAINT channel_limits_templates_check CHECK (pg_catalog.jsonb_typeof(templates) = 'object'),
  CONSTRAINT channel_limits_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.channel_limits IS
'What a channel can carry, which every reply is held against before it leaves. An account''s row hides the house''s (account 0); a channel without a row goes by "other".';
COMMENT ON COLUMN frontdesk.channel_limits.max_length IS
'How long one message may be. A longer reply leaves in parts, each up to the end of a paragraph or a sentence.';
COMMENT ON COLUMN frontdesk.channel_limits.counted_in IS
'What is counted: characters, bytes (of UTF-8) or utf16 (units of UTF-16, of which an emoji has two).';
COMMENT ON COLUMN frontdesk.channel_limits.max_parts IS
'As how many messages a reply may leave; what the last one cannot hold is left out behind a sentence. 1 where every message costs.';
COMMENT ON COLUMN frontdesk.channel_limits.markup IS
'What the channel shows of signs that are not to be read: none (they are taken out), stars (bold, italic, struck out; one star is bold, as WhatsApp has it), inline (those, and links), blocks (all of Markdown, headings and tables too).';
COMMENT ON COLUMN frontdesk.channel_limits.media IS
'Which files it carries, of image, audio, video, file. For people and agents: replies are text, and an image in it becomes its address.';
COMMENT ON COLUMN frontdesk.channel_limits.reply_window IS
'So long after the customer''s last message anything may be written; null: always. Later a template leaves in its place, or a person is told.';
COMMENT ON COLUMN frontdesk.channel_limits.templates IS
'What may leave when the window is closed, by language: {"en": {"name": "answer_ready", "language": "en_US", "category": "UTILITY", "content": "We have an answer for you: {answer}", "params": {"1": "{answer}"}}}, as it was approved at the provider. {answer}, {name} and {business} are filled in; one with a blank that nothing fills does not leave.';

CREATE TABLE frontdesk.refusal_rules (
  account_id integer NOT NULL,
  position integer NOT NULL,
  channel text,
  pattern text NOT NULL,
  remedy text NOT NULL,
  wait interval NOT NULL DEFAULT '0',
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT refusal_rules_pkey PRIMARY KEY (account_id, position),
  CONSTRAINT refusal_rules_size_check CHECK (octet_length(coalesce(channel, '')) + octet_length(pattern)
    + octet_length(remedy) <= 2000),
  -- a reference back to what was matched may take for ever, a count is written out,
  -- and options can hide both
  CONSTRAINT refusal_rules_pattern_check CHECK (('' ~* pattern) IS NOT NULL
    AND pattern !~ E'\\\\[0-9]|\\{[0-9]|^\\*\\*\\*|^\\(\\?[a-z]'),
  CONSTRAINT refusal_rules_remedy_check CHECK (remedy IN ('again', 'plain', 'template', 'person')),
  CONSTRAINT refusal_rules_wait_check CHECK (wait BETWEEN interval '0' AND interval '1 day'),
  CONSTRAINT refusal_rules_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.refusal_rules IS
'What becomes of a reply that the far side accepted and the channel''s provider refused later. The first rule whose pattern is found in the provider''s words holds, by position, the account''s own, the first 100, before the house''s (account 0); what none is for goes to a person.';
COMMENT ON COLUMN frontdesk.refusal_rules.channel IS 'Null: of every channel.';
COMMENT ON COLUMN frontdesk.refusal_rules.pattern IS 'A regular expression, whatever the case; without options, references back and counts: \d\d\d in place of \d{3}.';
COMMENT ON COLUMN frontdesk.refusal_rules.remedy IS
'again: the same once more. plain: without signs, and in shorter parts. template: as a template of the channel (frontdesk.channel_limits). person: people get the conversation. Twice at most, then a person.';
COMMENT ON COLUMN frontdesk.refusal_rules.wait IS
'How long to wait before, in which the provider may say otherwise; four times as long before the second time.';

CREATE TABLE frontdesk.office_hours (
  account_id integer NOT NULL,
  weekday smallint NOT NULL,
  opens time NOT NULL,
  closes time NOT NULL,
  CONSTRAINT office_hours_pkey PRIMARY KEY (account_id, weekday, opens),
  CONSTRAINT office_hours_weekday_check CHECK (weekday BETWEEN 1 AND 7),
  CONSTRAINT office_hours_closes_check CHECK (closes > opens),
  CONSTRAINT office_hours_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.office_hours IS
'When people of an account are there, several rows a day where they pause. An account without rows is taken to be there.';
COMMENT ON COLUMN frontdesk.office_hours.weekday IS '1 is Monday, 7 Sunday, where the account is (people_rules.time_zone).';
COMMENT ON COLUMN frontdesk.office_hours.closes IS 'Not after midnight, which is 24:00.';

CREATE TABLE frontdesk.reply_drafts (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  conversation_id uuid NOT NULL,
  mode text NOT NULL,
  agent text,
  content text NOT NULL,
  created_at timestamptz NOT NULL,
  deadline_at timestamptz,
  status text NOT NULL DEFAULT 'open',
  decided_at timestamptz,
  decided_by text,
  decided_content text,
  reason text,
  answers_up_to bigint,
  CONSTRAINT reply_drafts_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT reply_drafts_mode_check CHECK (mode IN ('approve', 'suggest')),
  CONSTRAINT reply_drafts_status_check CHECK (status IN ('open', 'approved', 'rejected', 'withdrawn', 'expired', 'suggested')),
  CONSTRAINT reply_drafts_conversation_fkey FOREIGN KEY (account_id, conversation_id) REFERENCES frontdesk.conversations (account_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX reply_drafts_open_key ON frontdesk.reply_drafts (conversation_id, account_id) WHERE status = 'open';
COMMENT ON TABLE frontdesk.reply_drafts IS
'Replies that were not sent by themselves: they wait for approval, or were suggested to people. At most one of a conversation is open.';
COMMENT ON COLUMN frontdesk.reply_drafts.content IS 'What the agent wrote.';
COMMENT ON COLUMN frontdesk.reply_drafts.answers_up_to IS 'Number of the newest mail that the turn had read; see messages.answers_up_to.';
COMMENT ON COLUMN frontdesk.reply_drafts.decided_content IS 'What was sent: content, or what a person made of it; null unless approved.';
COMMENT ON COLUMN frontdesk.reply_drafts.status IS
'open: waits for approve_draft() or reject_draft(). approved, rejected: decided. withdrawn: overtaken by a newer turn, by a person, or by the end of the conversation. expired: nobody decided in time. suggested: shown to people, never sent.';

CREATE TABLE frontdesk.templates (
  account_id integer NOT NULL,
  name text NOT NULL,
  language text NOT NULL,
  content text NOT NULL,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT templates_pkey PRIMARY KEY (account_id, name, language),
  CONSTRAINT templates_size_check CHECK (octet_length(name) + octet_length(language)
    + octet_length(content) <= 65536),
  CONSTRAINT templates_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.templates IS
'Sentences of the local provider, by occasion and language; {name}, {product}, {product_url} and {business} are filled in. An account''s row hides the house''s.';

CREATE TABLE frontdesk.phrases (
  account_id integer NOT NULL,
  kind text NOT NULL,
  phrase text NOT NULL,
  language text NOT NULL DEFAULT 'en',
  channel varchar(50),
  active boolean NOT NULL DEFAULT true,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT phrases_pkey PRIMARY KEY (account_id, kind, phrase, language),
  CONSTRAINT phrases_kind_check CHECK (kind IN ('opt_out', 'opt_in', 'filler', 'promise', 'person', 'exception', 'negation')),
  CONSTRAINT phrases_phrase_check CHECK (phrase ~ '[[:alpha:]]'),
  CONSTRAINT phrases_size_check CHECK (octet_length(kind) + octet_length(phrase) + octet_length(language) <= 2048),
  CONSTRAINT phrases_account_id_fkey FOREIGN KEY (account_id) REFERENCES frontdesk.accounts (id) ON DELETE CASCADE
);
COMMENT ON TABLE frontdesk.phrases IS
'Phrases that mean something whoever writes them. An account''s rows, 2,000 at most, are added to the house''s; one that is the same but for active false takes it away.';
COMMENT ON COLUMN frontdesk.phrases.kind IS
'opt_out, opt_in: a message that is nothing else (but for words of kind filler) wants no more messages, or wants them again. promise, person: a text of ours that holds it promises that we, or a person, come back to the customer, so people are told; not in a question, nor in a sentence that holds an exception (an offer, or that we do not write any more). negation: a word that no gap takes in.';
COMMENT ON COLUMN frontdesk.phrases.phrase IS
'Words between blanks, without capitals, accents or punctuation counting: "a|b" is one of both, "word*" what begins so, "word?" may be missing, "..." stands for up to six words of the same sentence. A filler or a negation is one word.';
COMMENT ON COLUMN frontdesk.phrases.channel IS
'Only on this channel, as words are that a carrier reads so; null: on all.';

CREATE TABLE frontdesk.opt_outs (
  account_id integer NOT NULL,
  id uuid NOT NULL DEFAULT frontdesk.uuid(),
  lead_id uuid NOT NULL,
  channel varchar(50) NOT NULL,
  scope text NOT NULL DEFAULT 'all',
  opted_out boolean NOT NULL,
  message_id uuid,
  content text,
  recorded_by text,
  recorded_at timestamptz NOT NULL,
  CONSTRAINT opt_outs_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT opt_outs_size_check CHECK (octet_length(scope) + octet_length(coalesce(content, '')) + octet_length(coalesce(recorded_by, '')) <= 8192),
  CONSTRAINT opt_outs_lead_fkey FOREIGN KEY (account_id, lead_id) REFERENCES frontdesk.leads (account_id, id)
);
CREATE INDEX opt_outs_lead_idx ON frontdesk.opt_outs (lead_id, channel, account_id, id);
COMMENT ON TABLE frontdesk.opt_outs IS
'Who wants no messages that he did not ask for, and who wants them again: a row for each time it was said, none is ever changed. The newest of a person, channel and scope holds; is_opted_out() reads it, and everything proactive asks that. Answers to what a customer asks go on.';
COMMENT ON COLUMN frontdesk.opt_outs.scope IS 'all: everything proactive. campaign <id>: that campaign alone.';
COMMENT ON COLUMN frontdesk.opt_outs.message_id IS 'The message that said so, and content its words; null when a person of ours has recorded it (recorded_by).';
