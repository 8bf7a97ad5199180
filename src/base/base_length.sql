-- base: how long what people write may be.

CREATE OR REPLACE FUNCTION frontdesk.require_length(what text, bytes bigint, most bigint, hint text DEFAULT 'Make it shorter.') RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF bytes > most THEN
    RAISE EXCEPTION '% would have % bytes', what, bytes
      USING ERRCODE = '54000', DETAIL = format('At most %s are held.', most), HINT = hint;
  END IF;
END
$$;
COMMENT ON FUNCTION frontdesk.require_length(text, bigint, bigint, text) IS
'Raises 54000 when something is longer than it may be. For the functions of the product that take what is read as a whole later: a constraint would refuse it then, or cost every row its time.';
