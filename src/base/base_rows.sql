-- base: what check() looks at, and a word to whoever installs where nobody serves.

INSERT INTO frontdesk.checks (name, function, comment) VALUES
  ('library', 'library_problems', 'the library and the database');

DO $$
DECLARE
  found frontdesk.problem;
BEGIN
  FOR found IN
    SELECT * FROM frontdesk.library_problems() AS p WHERE p.problem IN ('library_not_preloaded', 'database_not_listed', 'no_workers_wanted')
  LOOP
    RAISE WARNING 'nothing serves this database: %', found.message USING DETAIL = found.effect, HINT = found.remedy;
  END LOOP;
END
$$;
