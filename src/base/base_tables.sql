-- base: tables that other domains register into.

CREATE TABLE frontdesk.checks (
  name text NOT NULL,
  function text NOT NULL,
  comment text NOT NULL,
  CONSTRAINT checks_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE frontdesk.checks IS
'What frontdesk.check() looks at: functions of schema frontdesk without arguments that return SETOF frontdesk.problem, added by every domain. They raise nothing, also where the library is not preloaded, and read little.';
