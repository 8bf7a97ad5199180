-- inbox_salutation: by what name a person is greeted.

CREATE OR REPLACE FUNCTION frontdesk.given_name(name text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'frontdesk_given_name';
COMMENT ON FUNCTION frontdesk.given_name(text) IS
'The first name to greet a person by, out of what a contact is called; null for what is no name (a number, a handle, a firm, signs, "Guest") and where only a family name stands behind a title.';
