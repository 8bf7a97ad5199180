-- The functions that people call: all of those named are there, and each is explained.
SELECT topic, count(*), bool_and(comment <> '') AS explained FROM frontdesk.help GROUP BY topic ORDER BY topic;
SELECT name, arguments FROM frontdesk.help WHERE topic = 'graphs' ORDER BY name;
-- every function that the view names exists
SELECT named FROM regexp_matches(pg_get_viewdef('frontdesk.help'), '\{([a-z_,]+)\}', 'g') AS m (names), regexp_split_to_table(m.names[1], ',') AS named
WHERE NOT EXISTS (SELECT FROM frontdesk.help AS h WHERE h.name = named);
-- people see what they may call
SELECT count(*) > 0 AS roles FROM frontdesk.setup_roles();
SET ROLE frontdesk_operator;
SELECT name FROM frontdesk.help WHERE name IN ('set_secret', 'rotate_secrets', 'copy_graph', 'setup_roles', 'add_account') ORDER BY name;
RESET ROLE;
