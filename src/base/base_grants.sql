-- base: closed by default.  What roles may do is granted by setup_roles() from
-- the rows that every domain adds to frontdesk.role_grants.

REVOKE ALL ON ALL ROUTINES IN SCHEMA frontdesk FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA frontdesk FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA frontdesk FROM PUBLIC;
