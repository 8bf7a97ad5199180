-- chatwoot: the graph of sweeps, and what a dump takes along.

INSERT INTO frontdesk.graphs (account_id, name, version, entry, active, builtin, comment) VALUES
  (0, 'sweep', 1, 'ask_site', true, true, 'What webhooks did not tell is asked for.');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind) VALUES
  (0, 'sweep', 1, 'ask_site', 'sweep');

INSERT INTO frontdesk.checks (name, function, comment) VALUES
  ('sites', 'site_problems', 'tokens of sites');

SELECT pg_catalog.pg_extension_config_dump('frontdesk.site_sweeps', '');
