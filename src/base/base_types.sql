-- base: what every domain says of what was forgotten.

CREATE TYPE frontdesk.problem AS (
  problem text,
  account_id integer,
  subject text,
  since timestamptz,
  message text,
  effect text,
  remedy text
);
COMMENT ON TYPE frontdesk.problem IS
'A row of frontdesk.check(): a short code that stays the same, whose it is (account 0: the house), of what, since when (null: not known), what is wrong, what it causes, and what to do: a statement, or a setting, or a sentence.';
