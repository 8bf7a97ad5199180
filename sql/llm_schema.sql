-- JSON Schemas of composite types
CREATE SCHEMA llm_schema;
SET search_path = llm_schema;

CREATE TYPE size AS ENUM ('small', 'large');
CREATE DOMAIN sure AS text CONSTRAINT sure_not_null NOT NULL;
COMMENT ON DOMAIN sure IS 'always stated';
CREATE DOMAIN percent AS integer CONSTRAINT percent_check CHECK (VALUE BETWEEN 0 AND 100);
CREATE TYPE part AS (name sure, count integer);
CREATE TYPE thing AS (
  title text, code varchar(5), flag boolean, n2 smallint, n4 integer, n8 bigint,
  f4 real, f8 double precision, num numeric(10, 2), born date, at timestamptz,
  id uuid, doc jsonb, size size, sizes size[], share percent,
  main part, parts part[], words text[]);
COMMENT ON TYPE thing IS 'a thing';
COMMENT ON COLUMN thing.title IS 'what it says "on the box"';
COMMENT ON COLUMN thing.main IS 'the biggest part';
SELECT jsonb_pretty(frontdesk.json_schema('thing'));

-- order of the attributes, dropped ones left out
ALTER TYPE part ADD ATTRIBUTE gone text, ADD ATTRIBUTE a text;
ALTER TYPE part DROP ATTRIBUTE gone;
SELECT frontdesk.json_schema('part')->'required';
-- a table's row type: NOT NULL columns take no null
CREATE TABLE row_type (id integer NOT NULL, note text);
SELECT frontdesk.json_schema('row_type')->'properties';

-- the shipped types: every property required, at most 16 unions
WITH RECURSIVE node (value) AS (
  SELECT frontdesk.json_schema('frontdesk.extraction')
  UNION ALL
  SELECT child.value FROM node, LATERAL (
    SELECT value FROM jsonb_each(CASE jsonb_typeof(node.value) WHEN 'object' THEN node.value END)
    UNION ALL
    SELECT value FROM jsonb_array_elements(CASE jsonb_typeof(node.value) WHEN 'array' THEN node.value END)) child)
SELECT count(*) FILTER (WHERE value ? 'anyOf' OR jsonb_typeof(value->'type') = 'array') AS unions,
  count(*) FILTER (WHERE value->>'type' = 'object') AS objects,
  bool_and(value->'additionalProperties' = 'false'
    AND (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(value->'properties') k)
      = (SELECT array_agg(k ORDER BY k) FROM jsonb_array_elements_text(value->'required') k))
    FILTER (WHERE value->>'type' = 'object') AS closed
FROM node WHERE jsonb_typeof(value) = 'object';
SELECT provolatile, proparallel, proisstrict FROM pg_proc WHERE oid = 'frontdesk.json_schema(regtype)'::regprocedure;

-- what has no schema
SELECT frontdesk.json_schema('text');
SELECT frontdesk.json_schema('size');
CREATE TYPE odd AS (place point);
SELECT frontdesk.json_schema('odd');
CREATE TYPE d1 AS (v text);
CREATE TYPE d2 AS (v d1);
CREATE TYPE d3 AS (v d2);
CREATE TYPE d4 AS (v d3);
CREATE TYPE d5 AS (v d4);
CREATE TYPE d6 AS (v d5);
CREATE TYPE d7 AS (v d6);
CREATE TYPE d8 AS (v d7);
CREATE TYPE d9 AS (v d8);
CREATE TYPE d10 AS (v d9);
CREATE TYPE d11 AS (v d10);
SELECT frontdesk.json_schema('d10') IS NOT NULL AS ten_levels;
SELECT frontdesk.json_schema('d11');

RESET search_path;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA llm_schema CASCADE;

-- how much work a check may be is bounded, whatever the schema and the answer are
\set VERBOSITY terse
CREATE FUNCTION pg_temp.branching(levels integer) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('type', 'object', 'required', jsonb_build_array('a'),
    'properties', jsonb_build_object('a', jsonb_build_object('$ref', '#/$defs/x0')),
    '$defs', jsonb_object_agg('x' || n, CASE WHEN n = levels THEN jsonb_build_object('type', 'integer')
      ELSE jsonb_build_object('anyOf', jsonb_build_array(jsonb_build_object('$ref', '#/$defs/x' || n + 1), jsonb_build_object('$ref', '#/$defs/x' || n + 1))) END))
  FROM generate_series(0, levels) n $$;
CREATE FUNCTION pg_temp.verdict(schema jsonb, answer jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE why text;
BEGIN
  PERFORM frontdesk.fit_answer(schema, answer);
  RETURN 'fits';
EXCEPTION WHEN invalid_parameter_value THEN
  GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
  RETURN left(why, 80);
END $$;
SELECT levels, pg_temp.verdict(pg_temp.branching(levels), '{"a": "x"}') AS verdict FROM unnest('{5, 60}'::integer[]) levels;
SELECT pg_temp.verdict(pg_temp.branching(60), '{"a": 3}') AS one_that_fits;
-- an enum of many members for many values; many properties for many members
SELECT pg_temp.verdict(jsonb_build_object('type', 'object', 'properties', jsonb_build_object('a', jsonb_build_object('type', 'array',
    'items', jsonb_build_object('enum', (SELECT jsonb_agg('m' || n) FROM generate_series(1, 9000) n))))),
  jsonb_build_object('a', (SELECT jsonb_agg('m9000'::text) FROM generate_series(1, 9000)))) AS enum_times_values;
SELECT pg_temp.verdict(jsonb_build_object('type', 'object', 'properties', (SELECT jsonb_object_agg('p' || n, '{}'::jsonb) FROM generate_series(1, 20000) n)),
  (SELECT jsonb_object_agg('m' || n, 1) FROM generate_series(1, 20000) n)) AS properties_times_members;
SELECT pg_temp.verdict(jsonb_build_object('type', 'object', 'properties', jsonb_build_object('a', jsonb_build_object('type', 'array', 'items', jsonb_build_object('type', 'integer')))),
  jsonb_build_object('a', (SELECT jsonb_agg(n) FROM generate_series(1, 20000) n))) AS many_that_fit;
-- nor does a type that holds others many times over take long to describe
CREATE TYPE pg_temp.r0 AS (a integer, b integer, c integer, d integer);
SELECT format('CREATE TYPE pg_temp.r%s AS (a pg_temp.r%2$s, b pg_temp.r%2$s, c pg_temp.r%2$s, d pg_temp.r%2$s)', n, n - 1) FROM generate_series(1, 8) n \gexec
SELECT frontdesk.json_schema('pg_temp.r8');
