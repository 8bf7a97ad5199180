-- Rows written without a statement: what somebody adds to a table of ours is
-- taken part in, whenever it is added.
SELECT frontdesk.add_account('Rows') AS account \gset
SET client_min_messages = notice;
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'before') AS conversation \gset

-- an index that came later gets entries; a column its default
ALTER TABLE frontdesk.messages ADD COLUMN bytes integer NOT NULL DEFAULT 7;
CREATE INDEX messages_content_idx ON frontdesk.messages (content) WHERE content = 'indexed';
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'indexed') = :'conversation' AS same;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT content, bytes, channel FROM frontdesk.messages WHERE content = 'indexed';
SELECT content, bytes, channel, created_at <= now() AS has_time FROM frontdesk.messages WHERE content = 'indexed';
RESET enable_seqscan;

-- constraints are those of the table
ALTER TABLE frontdesk.messages ADD CONSTRAINT messages_polite_check CHECK (content NOT LIKE '%rude%') NOT VALID;
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'something rude');
ALTER TABLE frontdesk.messages ALTER COLUMN bytes DROP DEFAULT;
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'without bytes');
ALTER TABLE frontdesk.messages DROP COLUMN bytes, DROP CONSTRAINT messages_polite_check;
DROP INDEX frontdesk.messages_content_idx;

-- triggers fire, before and after, and a generated column is filled
CREATE TABLE public.seen (what text);
CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.seen VALUES (TG_TABLE_NAME || ' ' || TG_OP || ' ' || TG_WHEN);
  IF TG_TABLE_NAME = 'messages' AND TG_WHEN = 'BEFORE' THEN NEW.content := upper(NEW.content); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER see_before BEFORE INSERT OR UPDATE ON frontdesk.messages FOR EACH ROW EXECUTE FUNCTION public.see();
CREATE TRIGGER see_after AFTER INSERT OR UPDATE ON frontdesk.messages FOR EACH ROW EXECUTE FUNCTION public.see();
CREATE TRIGGER see_after AFTER INSERT OR UPDATE ON frontdesk.threads FOR EACH ROW EXECUTE FUNCTION public.see();
CREATE TRIGGER see_after AFTER INSERT OR UPDATE ON frontdesk.leads FOR EACH ROW EXECUTE FUNCTION public.see();
ALTER TABLE frontdesk.messages ADD COLUMN size integer GENERATED ALWAYS AS (length(content)) STORED;
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'seen', 'Ana') = :'conversation' AS same;
SELECT frontdesk.receive_message(:account, 'webchat', 'ben', 'seen') IS NOT NULL AS another;
SELECT what, count(*) FROM public.seen GROUP BY what ORDER BY what COLLATE "C";
SELECT content, size, seq FROM frontdesk.messages WHERE account_id = :account ORDER BY conversation_id, seq;
ALTER TABLE frontdesk.messages DROP COLUMN size;
DROP FUNCTION public.see() CASCADE;
DROP TABLE public.seen;

-- a lead that tells nothing new is not written; what it tells is
SELECT xmin AS before FROM frontdesk.leads WHERE account_id = :account AND chatwoot_contact_id = 'ana' \gset
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'again', 'Ana') = :'conversation' AS same;
SELECT xmin = :'before'::xid AS untouched, name FROM frontdesk.leads WHERE account_id = :account AND chatwoot_contact_id = 'ana';
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'again', 'Ana Maria') = :'conversation' AS same;
SELECT xmin = :'before'::xid AS untouched, name FROM frontdesk.leads WHERE account_id = :account AND chatwoot_contact_id = 'ana';

-- a column that an index holds is changed: the index leads to the row as it is
CREATE INDEX leads_name_idx ON frontdesk.leads (name) WHERE name LIKE 'Ana%';
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'again', 'Ana Lucia') = :'conversation' AS same;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT name FROM frontdesk.leads WHERE name = 'Ana Lucia' AND name LIKE 'Ana%';
SELECT name FROM frontdesk.leads WHERE name = 'Ana Lucia' AND name LIKE 'Ana%';
SELECT chatwoot_contact_id FROM frontdesk.leads WHERE chatwoot_contact_id = 'ana' AND site_id = 0 AND account_id = :account;
RESET enable_seqscan;
DROP INDEX frontdesk.leads_name_idx;

-- row security is not looked at, so only who is above it may come this way
CREATE ROLE regress_row_stranger;
GRANT USAGE ON SCHEMA frontdesk TO regress_row_stranger;
GRANT EXECUTE ON FUNCTION frontdesk.post_mail(integer, uuid, text, jsonb, interval) TO regress_row_stranger;
SET ROLE regress_row_stranger;
SELECT frontdesk.post_mail(:account, :'conversation', 'note');
RESET ROLE;
DROP OWNED BY regress_row_stranger;
DROP ROLE regress_row_stranger;

-- A table that Citus distributes is refused: what is written here would be in no
-- shard of it.  Citus keeps them in this catalog; the one made here has the shape
-- of it and stands in for it.
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (
  logicalrelid regclass NOT NULL, partmethod "char" NOT NULL, partkey text, colocationid integer NOT NULL DEFAULT 0,
  repmodel "char" NOT NULL DEFAULT 'c', autoconverted boolean NOT NULL DEFAULT false
);
INSERT INTO pg_catalog.pg_dist_partition (logicalrelid, partmethod) VALUES ('frontdesk.campaigns', 'h');
ALTER TABLE frontdesk.messages SET (fillfactor = 90);
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'beside a distributed table') = :'conversation' AS same;
INSERT INTO pg_catalog.pg_dist_partition (logicalrelid, partmethod) VALUES ('frontdesk.messages', 'h');
-- as Citus does with what it has begun to distribute
ALTER TABLE frontdesk.messages SET (fillfactor = 100);
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'into a distributed table');
SELECT count(*) FROM frontdesk.messages WHERE content = 'into a distributed table';
DROP TABLE pg_catalog.pg_dist_partition;
ALTER TABLE frontdesk.messages RESET (fillfactor);
SELECT frontdesk.receive_message(:account, 'webchat', 'ana', 'into a table of ours again') = :'conversation' AS same;
