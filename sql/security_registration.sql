-- Who may come in, and whether what comes is genuine.
SELECT frontdesk.add_account('Registrations Ltd') AS account \gset
SELECT id, transport, url FROM frontdesk.sites WHERE account_id = :account;
SELECT frontdesk.add_site(:account, 'https://chat.example.com/', 7) AS site \gset
SELECT id, transport, url, chatwoot_account_id FROM frontdesk.sites
WHERE account_id = :account ORDER BY id;
SELECT frontdesk.add_site(:account, 'https://chat.example.com', 8, 'bot', 'person');
SELECT purpose FROM frontdesk.secret_list WHERE account_id = :account ORDER BY purpose;

-- refused addresses
\set VERBOSITY terse
SELECT frontdesk.add_site(:account, 'ftp://chat.example.com', 7);
SELECT frontdesk.add_site(:account, 'https://user:pass@chat.example.com', 7);
SELECT frontdesk.add_site(:account, 'https://chat.example.com/?a=b', 7);
SELECT frontdesk.add_site(:account, NULL, 7);
\set VERBOSITY sqlstate
SELECT frontdesk.add_site(:account, 'https://chat.example.com///', 7);
\set VERBOSITY terse
SELECT frontdesk.add_site(987654, 'https://chat.example.com', 7);

-- credentials
SELECT * FROM frontdesk.register_webhook(:account, :site, '3sVQ7vLkN2hWq9TzXcRbY4Ej', 'main') \gset
SELECT :'login' ~ format('^%s[.][1-9A-HJ-NP-Za-km-z]{16}$', :account) AS login,
  :'password' ~ '^[1-9A-HJ-NP-Za-km-z]{33}$' AS password, :'url_path' AS url_path;
SELECT site_id, signed, active, label,
  password_sha256 = sha256(convert_to(:'password', 'UTF8')) AS digest
FROM frontdesk.registrations WHERE login = :'login';
SELECT count(*) FROM frontdesk.registrations WHERE registrations::text LIKE '%' || :'password' || '%';
\set VERBOSITY sqlstate
SELECT frontdesk.register_webhook(:account, 99);
\set VERBOSITY terse
SELECT count(DISTINCT frontdesk.random_token(12)) FROM generate_series(1, 1000);
SELECT frontdesk.random_token(0);

-- the published test vector, at its time
SELECT frontdesk.shift_clock(to_timestamp(1781691330) - clock_timestamp());
\set body '{"event":"message_created","id":84213,"content":"Olá \\u003cb\\u003e"}'
\set signature sha256=08935bf3b1f11eea1d60c19e2c3023ce8f5d99df5ee353ae927531a5d9ac20ab
SELECT :'body' AS body;
SELECT frontdesk.verify_signature(:'login', :'body', :'signature', '1781691330');
-- every way to be wrong
SELECT frontdesk.verify_signature('nobody', :'body', :'signature', '1781691330');
SELECT frontdesk.verify_signature(NULL, :'body', :'signature', '1781691330');
SELECT frontdesk.verify_signature(repeat('x', 100), :'body', :'signature', '1781691330');
SELECT frontdesk.verify_signature(:'login', :'body' || ' ', :'signature', '1781691330');
SELECT frontdesk.verify_signature(:'login', NULL, :'signature', '1781691330');
SELECT frontdesk.verify_signature(:'login', :'body', :'signature', '1781691331');
SELECT frontdesk.verify_signature(:'login', :'body', NULL, '1781691330');
SELECT frontdesk.verify_signature(:'login', :'body', :'signature', NULL);
SELECT stamp, frontdesk.verify_signature(:'login', :'body', :'signature', stamp)
FROM unnest('{"",+1781691330,1781691330.0," 1781691330",-1,0x6a3,1781691330000,99999999999999999999}'::text[]) AS stamp;
SELECT signature, frontdesk.verify_signature(:'login', :'body', signature, '1781691330')
FROM unnest(ARRAY['', 'sha256=', 'sha1=' || repeat('0', 64), 'sha256=' || repeat('0', 63),
  'sha256=' || repeat('0', 65), 'sha256=' || repeat('A', 64), upper(:'signature'),
  'sha256=' || repeat('0', 64)]) AS signature;

-- the window is open to both sides, and not further
SELECT late, frontdesk.verify_signature(:'login', :'body', :'signature', '1781691330')
FROM (VALUES (-310), (-290), (290), (310)) AS shifts (late),
  LATERAL (SELECT frontdesk.shift_clock(to_timestamp(1781691330 + late) - clock_timestamp())) AS shifted;
SELECT frontdesk.shift_clock(to_timestamp(1781691330) - clock_timestamp());

-- a registration without its secret, one that is not signed, one that is revoked
SELECT login AS bare FROM frontdesk.register_webhook(:account, :site) \gset
SELECT frontdesk.verify_signature(:'bare', :'body', :'signature', '1781691330');
SELECT frontdesk.set_secret(:account, 'webhook:' || :'bare', '3sVQ7vLkN2hWq9TzXcRbY4Ej');
SELECT frontdesk.verify_signature(:'bare', :'body', :'signature', '1781691330');
SELECT login AS unsigned FROM frontdesk.register_webhook(:account, :site, signed => false) \gset
SELECT frontdesk.verify_signature(:'unsigned', :'body', :'signature', '1781691330');
SELECT frontdesk.revoke_registration(:'login');
SELECT frontdesk.revoke_registration(:'login');
SELECT frontdesk.verify_signature(:'login', :'body', :'signature', '1781691330');
SELECT count(*) FROM frontdesk.secret_list WHERE purpose = 'webhook:' || :'login';
UPDATE frontdesk.accounts SET active = false WHERE id = :account;
SELECT frontdesk.verify_signature(:'bare', :'body', :'signature', '1781691330');
SELECT action, count(*) FROM frontdesk.audit WHERE account_id = :account GROUP BY action ORDER BY action;
SELECT frontdesk.shift_clock('0');
DELETE FROM frontdesk.accounts WHERE id = :account;
