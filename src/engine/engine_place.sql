-- engine: the place where this database answers customers, and the guard against
-- copies.  A copy is told by what it cannot share with the original: see
-- engine_place.c.  A site token that the operator has put in place says more: with
-- the right one a standby goes on by itself, with another one nothing does.

CREATE OR REPLACE FUNCTION frontdesk.machine_mark() RETURNS text
LANGUAGE c STABLE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_machine_mark';
COMMENT ON FUNCTION frontdesk.machine_mark() IS
'SHA-256, in hexadecimal digits, of this machine''s id (/etc/machine-id) with the name of the product; null when it has none, or in a container, whose image would bring one. No role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.directory_marks(INOUT directory text, OUT file_number text, OUT file_born timestamptz,
  OUT control_number text, OUT control_born timestamptz)
LANGUAGE c STABLE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_directory_marks';
COMMENT ON FUNCTION frontdesk.directory_marks(text) IS
'What tells a data directory from a copy of it: its path without links, the numbers (inodes) of its files PG_VERSION and global/pg_control, and when these were made, where the file system knows. All null when there is no such directory; the path alone when we may not look at it. No role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.wal_timeline() RETURNS bigint
LANGUAGE c STABLE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_wal_timeline';
COMMENT ON FUNCTION frontdesk.wal_timeline() IS
'The timeline that this cluster writes WAL on; null on a standby and in recovery. No role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.site_token() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
  file text := coalesce(current_setting('frontdesk.site_token_file', true), '');
  home text := current_setting('data_directory') || '/';
  token bytea;
BEGIN
  IF file = '' THEN
    RETURN NULL;
  END IF;
  IF left(file, 1) <> '/' THEN
    file := home || file;
  END IF;
  IF starts_with(file, home) AND file !~ '/\.\./' THEN
    RAISE EXCEPTION 'it lies in the data directory, where a copy would take it along'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  token := pg_read_binary_file(file, 0, 4096, true);
  IF coalesce(length(token), 0) < 16 THEN
    RAISE EXCEPTION 'it does not exist or is shorter than 16 bytes'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN encode(sha256(token), 'hex');
END
$$;
COMMENT ON FUNCTION frontdesk.site_token() IS
'SHA-256 of the file frontdesk.site_token_file, in hexadecimal digits; null when none is set. Raises 55000 and errors of reading files. For superusers.';

CREATE OR REPLACE FUNCTION frontdesk.place_here() RETURNS frontdesk.place
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT NULL::uuid, control.system_identifier, databases.oid, frontdesk.site_token(),
    frontdesk.machine_mark(), marks.directory, marks.file_number, marks.file_born,
    marks.control_number, marks.control_born, frontdesk.wal_timeline(), now(), frontdesk.caller()
  FROM pg_control_system() AS control, pg_database AS databases,
    frontdesk.directory_marks(current_setting('data_directory')) AS marks
  WHERE databases.datname = current_database();
$$;
COMMENT ON FUNCTION frontdesk.place_here() IS
'The row of frontdesk.place that would be right for this database, but for its id. Raises as site_token(). No role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.is_same_directory(recorded frontdesk.place, here frontdesk.place) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(recorded.directory = here.directory AND recorded.file_number = here.file_number, false)
    AND coalesce(recorded.file_born = here.file_born, true)
    AND coalesce(recorded.control_number = here.control_number, true)
    AND coalesce(recorded.control_born = here.control_born, true);
$$;
COMMENT ON FUNCTION frontdesk.is_same_directory(frontdesk.place, frontdesk.place) IS
'Whether two places are the same data directory, as far as the file system tells. No role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.place_difference(recorded frontdesk.place, here frontdesk.place) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  original frontdesk.place := recorded;
BEGIN
  IF recorded.system_identifier <> here.system_identifier THEN
    RETURN 'The database was accepted in another cluster.';
  ELSIF recorded.database_oid <> here.database_oid THEN
    RETURN 'It was another database of this cluster that was accepted.';
  ELSIF recorded.site_token IS NOT NULL AND here.site_token IS NULL THEN
    RETURN 'It was accepted with a site token, and frontdesk.site_token_file is not set.';
  ELSIF recorded.site_token <> here.site_token THEN
    RETURN 'It was accepted with another site token than that of frontdesk.site_token_file.';
  ELSIF recorded.machine IS NOT DISTINCT FROM here.machine AND frontdesk.is_same_directory(recorded, here)
    AND coalesce(recorded.timeline = here.timeline, true) THEN
    RETURN NULL;
  ELSIF recorded.site_token = here.site_token THEN
    -- on a machine with the token; but the original may be there as well
    SELECT m.* INTO original.directory, original.file_number, original.file_born, original.control_number, original.control_born
    FROM frontdesk.directory_marks(recorded.directory) AS m;
    IF original.directory IS NOT NULL AND original.file_number IS NULL THEN
      RETURN 'The data directory where it was accepted may be on this machine, too; this server may not look at it.';
    END IF;
    RETURN CASE WHEN frontdesk.is_same_directory(recorded, original) AND NOT frontdesk.is_same_directory(original, here)
      THEN 'The data directory where it was accepted is on this machine, too: this one is a copy with the same site token, or a standby beside it.' END;
  ELSIF recorded.machine IS DISTINCT FROM here.machine THEN
    RETURN 'It was accepted on another machine: this is a copy, a standby that was promoted, or a disk that has moved.';
  ELSIF frontdesk.is_same_directory(recorded, here) THEN
    RETURN 'Its cluster has gone over to another timeline since it was accepted: this is a backup that was restored, or a standby that was promoted.';
  ELSIF recorded.file_number = here.file_number AND coalesce(recorded.file_born = here.file_born, true) THEN
    RETURN CASE WHEN recorded.directory = here.directory
      THEN 'The file global/pg_control is another one than when it was accepted: a backup was restored over the data directory.'
      ELSE 'Its data directory was accepted under another path: it was moved, or this is a snapshot.' END;
  ELSE
    RETURN 'It was accepted in another data directory: this is a copy, a backup that was restored, or a standby that was promoted.';
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.place_difference(frontdesk.place, frontdesk.place) IS
'Why here is not the place that was recorded, in one sentence; null when it is. For place_problem(); no role may call it.';

CREATE OR REPLACE FUNCTION frontdesk.place_problem() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  recorded frontdesk.place;
  here frontdesk.place;
  problem text;
BEGIN
  BEGIN
    here := frontdesk.place_here();
  EXCEPTION WHEN OTHERS THEN
    RETURN 'The file frontdesk.site_token_file cannot be used: ' || sqlerrm || '.';
  END;
  SELECT * INTO recorded FROM frontdesk.place;
  problem := CASE
    WHEN NOT FOUND THEN 'No place was accepted.'
    WHEN (SELECT count(*) FROM frontdesk.place) > 1 THEN 'A dump was restored into this database.'
    ELSE frontdesk.place_difference(recorded, here) END;
  RETURN problem || ' If customers shall be answered from here, and from nowhere else, run SELECT frontdesk.resume_work() in this database.';
END
$$;
COMMENT ON FUNCTION frontdesk.place_problem() IS
'Why this database is taken for a copy, and what to do if it is none, in two sentences; null when it stands where it was accepted. A copy stores messages and does nothing else, until resume_work() accepts its place. On a standby: what it will be once it is promoted.';

CREATE OR REPLACE FUNCTION frontdesk.accept_place() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  here frontdesk.place := frontdesk.place_here();
BEGIN
  here.id := frontdesk.uuid();
  DELETE FROM frontdesk.place;
  INSERT INTO frontdesk.place SELECT here.*;
  IF here.machine IS NULL AND here.site_token IS NULL THEN
    RAISE NOTICE 'a clone of the volume of this server, started elsewhere, would answer customers as well'
      USING DETAIL = 'The machine has no id of its own, as in a container.',
        HINT = 'Set frontdesk.site_token_file to a file that is not on the volume.';
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.accept_place() IS
'Records that this database answers customers from here: cluster, database, site token, machine, data directory and timeline. A step of CREATE EXTENSION and of resume_work(). Says so when a clone of the volume could not be told from it. For superusers.';

CREATE OR REPLACE FUNCTION frontdesk.confirm_place() RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  recorded frontdesk.place;
  here frontdesk.place;
BEGIN
  IF frontdesk.place_problem() IS NOT NULL THEN
    RETURN false;
  END IF;
  here := frontdesk.place_here();
  SELECT * INTO recorded FROM frontdesk.place FOR UPDATE;
  IF NOT FOUND OR (recorded.site_token, recorded.machine, recorded.directory, recorded.file_number, recorded.file_born,
      recorded.control_number, recorded.control_born, recorded.timeline)
    IS NOT DISTINCT FROM (here.site_token, here.machine, here.directory, here.file_number, here.file_born,
      here.control_number, here.control_born, here.timeline) THEN
    RETURN false;
  END IF;
  UPDATE frontdesk.place SET site_token = here.site_token, machine = here.machine, directory = here.directory,
    file_number = here.file_number, file_born = here.file_born, control_number = here.control_number, control_born = here.control_born,
    timeline = here.timeline, accepted_at = here.accepted_at, accepted_by = here.accepted_by;
  PERFORM frontdesk.record_audit(0, 'place.settled', '', jsonb_build_object('from', recorded.directory, 'to', here.directory,
    'same_machine', recorded.machine IS NOT DISTINCT FROM here.machine, 'site_token', recorded.site_token IS NOT DISTINCT FROM here.site_token));
  RETURN true;
END
$$;
COMMENT ON FUNCTION frontdesk.confirm_place() IS
'Where the place is right, records what has changed about it: a site token that was set, a mark that was not recorded before, or the machine, directory and timeline of a standby with the token, from where the next copy is told. The coordinator calls it. No role may.';

